//! Random words that open something, of which only hashes are kept.

use anyhow::Context as _;
use argon2::Argon2;
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

/// Random bytes of a token: nothing to guess, so that a plain hash of it is enough.
const TOKEN_BYTES: usize = 32;
/// Random bytes that make the hashes of the same password differ.
const SALT_BYTES: usize = 16;
const HASH_BYTES: usize = 32;

fn hexadecimal(bytes: &[u8]) -> String {
    let digit = |nibble: u8| char::from_digit(u32::from(nibble), 16).unwrap_or('0');
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    digits.map(digit).collect()
}

fn random<const BYTES: usize>() -> anyhow::Result<[u8; BYTES]> {
    let mut bytes = [0; BYTES];
    getrandom::fill(&mut bytes).context("the system has no random numbers")?;
    Ok(bytes)
}

/// A word that opens something, in hexadecimal.
///
/// # Errors
/// When the system has no random numbers.
pub(super) fn token() -> anyhow::Result<String> {
    Ok(hexadecimal(&random::<TOKEN_BYTES>()?))
}

/// A short name that opens nothing.
///
/// # Errors
/// When the system has no random numbers.
pub(super) fn name() -> anyhow::Result<String> {
    Ok(hexadecimal(&random::<4>()?))
}

/// The hash of a token, as files hold it.
pub(super) fn digest(token: &str) -> String {
    hexadecimal(&Sha256::digest(token.as_bytes()))
}

/// Whether two hashes are the same, in a time that tells nothing of where they differ.
pub(super) fn is_same(one: &str, other: &str) -> bool {
    one.as_bytes().ct_eq(other.as_bytes()).into()
}

/// A password that a person chose, as files hold it: salt and Argon2id (RFC 9106) of it. It takes
/// tens of milliseconds, by design: call it off the reactor.
///
/// # Errors
/// When the system has no random numbers.
pub(super) fn password(password: &str) -> anyhow::Result<String> {
    let salt = hexadecimal(&random::<SALT_BYTES>()?);
    let hash = stretched(password, &salt)?;
    Ok([salt.as_str(), "$", &hash].concat())
}

/// Whether a password is the one that was hashed. As slow as [`password`].
pub(super) fn is_password(kept: &str, guess: &str) -> bool {
    let Some((salt, hash)) = kept.split_once('$') else {
        return false;
    };
    stretched(guess, salt).is_ok_and(|guessed| is_same(&guessed, hash))
}

fn stretched(password: &str, salt: &str) -> anyhow::Result<String> {
    let mut hash = [0; HASH_BYTES];
    Argon2::default()
        .hash_password_into(password.as_bytes(), salt.as_bytes(), &mut hash)
        .map_err(|error| anyhow::anyhow!("the password cannot be hashed: {error}"))?;
    Ok(hexadecimal(&hash))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_opens_by_itself_alone_and_never_hashes_the_same_twice() {
        let kept = password("Zug um Zug").unwrap();
        assert!(is_password(&kept, "Zug um Zug"));
        for wrong in ["", "zug um zug", "Zug um Zug ", &kept] {
            assert!(!is_password(&kept, wrong), "{wrong:?}");
        }
        assert_ne!(kept, password("Zug um Zug").unwrap());
        assert!(!is_password("nonsense", "nonsense"));
    }

    #[test]
    fn a_token_is_kept_as_its_hash() {
        let (one, other) = (token().unwrap(), token().unwrap());
        assert_eq!((one.len(), one == other), (64, false));
        assert!(is_same(&digest(&one), &digest(&one)));
        assert!(!is_same(&digest(&one), &digest(&other)));
        // FIPS 180-4, the hash of "abc".
        assert!(digest("abc").starts_with("ba7816bf8f01cfea"));
    }
}
