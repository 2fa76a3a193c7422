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

use super::tally::Tally;

/// A user's errors of one fingerprint on a day and release.
pub(super) type ErrorDay = Tally;
