//! What can go wrong with the keys.

use std::io;
use std::path::PathBuf;

/// What went wrong with the keys.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The file cannot be read or written.
    #[error("{action} {path}")]
    File {
        /// What was tried.
        action: &'static str,
        /// Where.
        path: PathBuf,
        /// Why it failed.
        source: io::Error,
    },
    /// The file could not be replaced.
    #[error("the keys could not be written")]
    Replace(#[source] Box<lake::Error>),
    /// The file is no list of keys.
    #[error("{path} holds no list of keys")]
    Unreadable {
        /// Where.
        path: PathBuf,
        /// Why.
        source: serde_json::Error,
    },
    /// The system gave no random bytes.
    #[error("the system gave no random bytes: {0}")]
    Random(getrandom::Error),
    /// The app's name is not allowed.
    #[error("an app is named with 1 to 63 of a-z, 0-9 and -, got {0:?}")]
    AppName(String),
    /// A key must have a scope.
    #[error("a key needs at least one scope of send, plan, read, admin")]
    NoScope,
    /// A plan key changes plans under a person's name.
    #[error("a key that plans needs the name of the person who holds it")]
    NoPerson,
    /// A key that is public by nature is for one app.
    #[error("a key that sends is for one app, not for all")]
    SendForAll,
    /// A page's origin is a scheme, a host and perhaps a port.
    #[error("an origin is written as https://example.com or http://localhost:3000, got {0:?}")]
    Origin(String),
    /// The key would never open anything.
    #[error("a key expires in the future")]
    Expired,
    /// There is no such key.
    #[error("there is no key {0:?}")]
    Unknown(String),
}
