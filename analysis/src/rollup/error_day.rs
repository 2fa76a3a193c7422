//! Errors of users by day, fingerprint by fingerprint.
//!
//! | grain | app, environment, channel, platform, release, day, user, fingerprint, name |
//! |---|---|
//! | `fingerprint` | what tells one error from another, by the SDK or by ingest |
//! | `name` | the error's own name |
//! | `errors` | error events |
//! | `first_at` | the first of them |
//!
//! Errors without a fingerprint are not in it. Merge rule: `errors` add up, of `first_at` the least.

use lake::Micros;

/// A user's errors of one fingerprint on a day and release.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ErrorDay {
    pub(super) errors: i64,
    pub(super) first_at: Micros,
}

impl ErrorDay {
    pub(super) fn beginning(at: Micros) -> Self {
        Self {
            errors: 0,
            first_at: at,
        }
    }

    pub(super) fn take(&mut self, at: Micros) {
        self.errors += 1;
        self.first_at = self.first_at.min(at);
    }
}
