//! Events by the day on which they happened and that on which they arrived.
//!
//! | grain | app, environment, channel, platform, release, day, `received_day` |
//! |---|---|
//! | `received_day` | the local day of arrival; null for imports, which speak of the past by nature |
//! | `events` | events |
//! | `flagged` | those whose clock was not believed |
//! | `with_user`, `with_session` | those with a user, with a session id |
//! | `updates`, `updates_with_user` | session updates with a session id, and those of a user |
//! | `first_at` | the first event |
//! | `received_to` | the last arrival |
//!
//! Merge rule: counts add up; of the instants the least and the greatest.

use lake::Micros;

use super::names::NONE;
use super::source::Events;

/// Events of a day that arrived on one day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ArrivalDay {
    pub(super) events: i64,
    pub(super) flagged: i64,
    pub(super) with_user: i64,
    pub(super) with_session: i64,
    pub(super) updates: i64,
    pub(super) updates_with_user: i64,
    pub(super) first_at: Micros,
    pub(super) received_to: Micros,
}

/// Days before 1970 as keys: numbers without a sign keep their order.
const LIFT: i32 = 1 << 30;

impl ArrivalDay {
    /// The day of arrival as a key.
    pub(super) fn arrived(received_day: i32, is_import: bool) -> u32 {
        if is_import {
            return 0;
        }
        u32::try_from(received_day.saturating_add(LIFT)).unwrap_or(1)
    }

    /// The day of arrival of a key; `None` for imports.
    pub(super) fn received_day(arrived: u32) -> Option<i32> {
        let day = i32::try_from(arrived).ok()?;
        (arrived != 0).then(|| day.saturating_sub(LIFT))
    }

    pub(super) fn beginning(at: Micros) -> Self {
        Self {
            events: 0,
            flagged: 0,
            with_user: 0,
            with_session: 0,
            updates: 0,
            updates_with_user: 0,
            first_at: at,
            received_to: Micros::MIN,
        }
    }

    pub(super) fn take(&mut self, events: &Events, row: usize, is_update: bool) {
        let has_user = events.user(row) != NONE;
        let has_session = events.session_id(row).is_some();
        self.events += 1;
        self.flagged += i64::from(events.is_flagged(row));
        self.with_user += i64::from(has_user);
        self.with_session += i64::from(has_session);
        self.updates += i64::from(is_update && has_session);
        self.updates_with_user += i64::from(is_update && has_session && has_user);
        self.first_at = self.first_at.min(events.occurred_at(row));
        self.received_to = self.received_to.max(events.received_at(row));
    }
}
