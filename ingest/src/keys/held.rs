//! The keys as a running server holds them: found by the digest of a secret, without a call to the
//! system for each request.

use std::collections::BTreeMap;
use std::sync::Arc;

use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

use super::{Key, hexadecimal};

/// SHA-256 of a secret.
#[derive(Debug, Clone, Copy)]
pub(super) struct SecretDigest([u8; 32]);

impl SecretDigest {
    pub(super) fn of(secret: &str) -> Self {
        Self(Sha256::digest(secret.as_bytes()).into())
    }

    /// As the file of the keys holds it.
    pub(super) fn to_text(self) -> String {
        hexadecimal(&self.0)
    }
}

/// Keys by the text of their digest. What is looked up is the digest of a guess, which tells nothing
/// of how near the guess was; the digests themselves are compared in constant time.
#[derive(Debug, Default)]
pub(super) struct HeldKeys {
    by_start: BTreeMap<[u8; START], Vec<Arc<Key>>>,
}

/// Bytes of a digest's text that lead to the few keys that are compared whole.
const START: usize = 8;

impl HeldKeys {
    pub(super) fn of(keys: Vec<Key>) -> Self {
        let mut held = Self::default();
        for key in keys {
            if let Some(start) = start(&key.secret_sha256) {
                held.by_start.entry(start).or_default().push(Arc::new(key));
            }
        }
        held
    }

    pub(super) fn named(&self, id: &str) -> Option<&Arc<Key>> {
        self.by_start.values().flatten().find(|key| key.id == id)
    }

    pub(super) fn find(&self, digest: SecretDigest) -> Option<&Arc<Key>> {
        let text = digest.to_text();
        let candidates = self.by_start.get(&start(&text)?)?;
        candidates
            .iter()
            .find(|key| key.secret_sha256.as_bytes().ct_eq(text.as_bytes()).into())
    }
}

fn start(text: &str) -> Option<[u8; START]> {
    text.as_bytes().first_chunk().copied()
}
