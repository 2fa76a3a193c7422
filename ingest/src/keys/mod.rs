//! Keys: who may send, plan, read or administer, and for which app.
//!
//! Invariant: the file holds the SHA-256 of each secret and never the secret. A secret is shown
//! once, when its key is made. A revoked key stays in the file, so that its id in old rows still
//! names somebody.
//!
//! Why a file that is read again when it changes: `key create` and `key revoke` work beside a
//! running server: a new key opens with the next request, and when a key is said to be revoked it
//! opens nothing. Secrets hold 128 random bits, so that a
//! plain hash is enough: there is nothing to guess.

mod error;
mod held;
mod origin;
mod store;

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use error::KeyError;
pub use origin::Origin;
pub use store::KeyStore;
pub(crate) use store::write_private;

/// The app of a key that is for all apps: the request then names its app.
pub const ANY_APP: &str = "*";

/// What a key may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// Send events and feedback. Public by nature: it ships inside apps.
    Send,
    /// Change releases and backlog, under a person's name.
    Plan,
    /// Read.
    Read,
    /// Everything for its app, and to read the counters and arrivals of all apps.
    Admin,
}

impl Scope {
    /// All scopes, in the order in which they are listed.
    pub const ALL: [Self; 4] = [Self::Send, Self::Plan, Self::Read, Self::Admin];

    /// The scope as it is spelled in files and answers.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Send => "send",
            Self::Plan => "plan",
            Self::Read => "read",
            Self::Admin => "admin",
        }
    }

    /// The scope that is spelled so.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scope| scope.as_str() == word)
    }
}

/// A key, without its secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Key {
    /// Names the key in tables, lists and logs.
    pub id: String,
    /// The app that it is for, or [`ANY_APP`].
    pub app: String,
    /// What it may do.
    pub scopes: BTreeSet<Scope>,
    /// Who holds it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<String>,
    /// The origins of the pages that may present it; empty for any. A request that names no origin
    /// comes from no page.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub origins: BTreeSet<Origin>,
    /// When it was made.
    pub created_at: Timestamp,
    /// From when on it opens nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
    /// Since when it opens nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revoked_at: Option<Timestamp>,
    /// SHA-256 of the secret, hexadecimal.
    secret_sha256: String,
}

impl Key {
    /// Whether the key may do what `scope` names; an admin key may do everything.
    #[must_use]
    pub fn may(&self, scope: Scope) -> bool {
        self.scopes.contains(&scope) || self.scopes.contains(&Scope::Admin)
    }

    /// Whether a page of this origin may present the key.
    #[must_use]
    pub fn opens_for(&self, origin: &str) -> bool {
        let is_named = || Origin::parse(origin).is_ok_and(|origin| self.origins.contains(&origin));
        self.origins.is_empty() || is_named()
    }
}

/// What a key is to be.
#[derive(Debug, Clone)]
pub struct KeyRequest {
    /// The app that it is for, or [`ANY_APP`].
    pub app: String,
    /// What it may do.
    pub scopes: BTreeSet<Scope>,
    /// Who will hold it.
    pub person: Option<String>,
    /// Origins of the pages that may present it, as [`Origin::parse`] reads them; empty for any.
    pub origins: Vec<String>,
    /// From when on it opens nothing.
    pub expires_at: Option<Timestamp>,
}

impl KeyRequest {
    /// A key for all apps that may do what `scope` names, from any page and without an end.
    #[must_use]
    pub fn new(scope: Scope) -> Self {
        Self {
            app: ANY_APP.to_owned(),
            scopes: [scope].into(),
            person: None,
            origins: Vec::new(),
            expires_at: None,
        }
    }
}

/// A key that was just made, with the secret that is shown this once.
#[derive(Debug, Clone)]
pub struct NewKey {
    /// The key.
    pub key: Key,
    /// What its holder presents.
    pub secret: String,
}

/// Whether an app may be named so: 1 to 63 of `a-z`, `0-9` and `-`.
#[must_use]
pub fn is_app_name(name: &str) -> bool {
    (1..=63).contains(&name.len())
        && name
            .bytes()
            .all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-'))
}

pub(crate) fn hexadecimal(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digits = |byte: &u8| [byte >> 4, byte & 15].map(|d| char::from(DIGITS[usize::from(d)]));
    bytes.iter().flat_map(digits).collect()
}

#[cfg(test)]
mod tests;
