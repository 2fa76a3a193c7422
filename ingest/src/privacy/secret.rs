//! Pseudonyms: a keyed hash of an id.
//!
//! HMAC-SHA-256 (RFC 2104) under a secret of the data folder, over the app and the id, of which the
//! first 128 bits are kept. Keyed, since ids are few and short: a plain hash of each could be tried
//! out. With the app, so that the same id in two apps gives two pseudonyms and nobody can join
//! them. 128 bits, so that no two of a billion ids fall together (one in 10^20).
//!
//! Whoever deletes the secret can never again tell whose a pseudonym is.

use std::fmt;
use std::fs;
use std::io::{self, ErrorKind};
use std::path::Path;

use sha2::{Digest as _, Sha256};

use crate::error::{Error, Result};
use crate::keys::{hexadecimal, write_private};

const FILE_NAME: &str = "privacy.secret";
const SECRET_BYTES: usize = 32;
const BLOCK_BYTES: usize = 64;
const PSEUDONYM_BYTES: usize = 16;
/// Tells a pseudonym from an id.
const PREFIX: &str = "p_";

/// The secret of a data folder, as the two states of the hash that HMAC begins with.
#[derive(Clone)]
pub(super) struct Secret {
    inner: Sha256,
    outer: Sha256,
}

impl fmt::Debug for Secret {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.debug_struct("Secret").finish_non_exhaustive()
    }
}

impl Secret {
    fn new(key: &[u8; SECRET_BYTES]) -> Self {
        let begun_with = |pad: u8| {
            let mut block = [pad; BLOCK_BYTES];
            for (byte, key) in block.iter_mut().zip(key) {
                *byte ^= key;
            }
            Sha256::new_with_prefix(block)
        };
        Self {
            inner: begun_with(0x36),
            outer: begun_with(0x5c),
        }
    }

    /// The secret of a data folder; a new one where there is none.
    pub(super) fn open(folder: &Path) -> Result<Self> {
        let path = folder.join(FILE_NAME);
        let failed = |action: &'static str| {
            let path = path.clone();
            move |source| Error::File {
                action,
                path,
                source,
            }
        };
        match fs::read(&path) {
            Ok(bytes) => {
                let key: [u8; SECRET_BYTES] = bytes.try_into().map_err(|_| {
                    let problem = "it does not hold 32 bytes; put the one of a backup there";
                    failed("reading")(io::Error::new(ErrorKind::InvalidData, problem))
                })?;
                Ok(Self::new(&key))
            }
            Err(error) if error.kind() == ErrorKind::NotFound => {
                let mut key = [0_u8; SECRET_BYTES];
                getrandom::fill(&mut key)
                    .map_err(|error| failed("making")(io::Error::other(error.to_string())))?;
                // Whole or absent: half a secret would be another one.
                let beside = folder.join(["#", FILE_NAME].concat());
                write_private(&beside, &key)
                    .and_then(|()| fs::rename(&beside, &path))
                    .map_err(failed("writing"))?;
                lake::files::sync_folder(folder).map_err(Error::lake("synced"))?;
                Ok(Self::new(&key))
            }
            Err(error) => Err(failed("reading")(error)),
        }
    }

    fn hmac(&self, parts: &[&[u8]]) -> [u8; 32] {
        let (mut inner, mut outer) = (self.inner.clone(), self.outer.clone());
        for part in parts {
            inner.update(part);
        }
        outer.update(inner.finalize());
        outer.finalize().into()
    }

    pub(super) fn pseudonym(&self, app: &str, id: &str) -> String {
        // No app's name holds a NUL.
        let hash = self.hmac(&[app.as_bytes(), &[0], id.as_bytes()]);
        [PREFIX, &hexadecimal(&hash[..PSEUDONYM_BYTES])].concat()
    }
}

#[cfg(test)]
mod tests {
    use std::fs::File;

    use super::*;

    #[test]
    fn hash_is_that_of_the_standard() {
        // RFC 4231, test cases 1 and 2, whose keys are shorter than a secret: HMAC pads with zeros.
        let mut key = [0; SECRET_BYTES];
        key[..20].fill(0x0b);
        assert_eq!(
            hexadecimal(&Secret::new(&key).hmac(&[b"Hi ", b"There"])),
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"
        );
        let mut key = [0; SECRET_BYTES];
        key[..4].copy_from_slice(b"Jefe");
        assert_eq!(
            hexadecimal(&Secret::new(&key).hmac(&[b"what do ya want for nothing?"])),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        );
    }

    #[test]
    fn secret_of_a_folder_stays_and_is_its_owners_alone() {
        let folder = tempfile::tempdir().unwrap();
        let pseudonym = |app| {
            Secret::open(folder.path())
                .unwrap()
                .pseudonym(app, "ada@example.com")
        };
        let first = pseudonym("shop");
        assert_eq!(first.len(), 34);
        assert_eq!(pseudonym("shop"), first);
        assert_ne!(pseudonym("bank"), first, "apps cannot be joined");
        let path = folder.path().join(FILE_NAME);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(
                fs::metadata(&path).unwrap().permissions().mode() & 0o777,
                0o600
            );
        }
        File::create(&path).unwrap();
        assert!(
            Secret::open(folder.path()).is_err(),
            "half a secret is none"
        );
    }
}
