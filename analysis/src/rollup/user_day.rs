//! Users by day.
//!
//! | grain | app, environment, channel, platform, release, day, user |
//! |---|---|
//! | `user_key` | the known id, else the anonymous one; null for events of nobody |
//! | `events`, `errors` | events, and those of kind `error` |
//! | `sessions` | distinct session ids, and sessions that clients counted themselves |
//! | `crashed` | sessions of which the day's own events tell that they crashed |
//! | `active_ms` | what the sessions say that they lasted |
//! | `first_at`, `last_at` | first and last event |
//! | `active_hours`, `errored_hours` | its hours with an event, with one of kind `error`; bit 0 is its first |
//! | `crashed_hours` | those in which a session crashed, or an error without a session was not caught |
//!
//! Merge rule: rows of a user add up, but for the instants (least, greatest), the hours (bit by bit),
//! and for `sessions`, `crashed` and `active_ms`, in which a session of two days counts twice.

use lake::Micros;

/// A user's day on one release.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct UserDay {
    pub(super) events: i64,
    pub(super) errors: i64,
    pub(super) sessions: i64,
    pub(super) crashed: i64,
    pub(super) active_ms: i64,
    pub(super) first_at: Micros,
    pub(super) last_at: Micros,
    pub(super) active_hours: u32,
    pub(super) errored_hours: u32,
    pub(super) crashed_hours: u32,
}

impl UserDay {
    pub(super) fn beginning(at: Micros) -> Self {
        Self {
            events: 0,
            errors: 0,
            sessions: 0,
            crashed: 0,
            active_ms: 0,
            first_at: at,
            last_at: at,
            active_hours: 0,
            errored_hours: 0,
            crashed_hours: 0,
        }
    }

    /// Takes in an event of an hour of the day.
    pub(super) fn take(&mut self, (at, hour): (Micros, u32), sessions: i64, is_error: bool) {
        self.events += 1;
        self.errors += i64::from(is_error);
        self.sessions = self.sessions.saturating_add(sessions);
        self.first_at = self.first_at.min(at);
        self.last_at = self.last_at.max(at);
        self.active_hours |= 1 << hour;
        self.errored_hours |= u32::from(is_error) << hour;
    }
}
