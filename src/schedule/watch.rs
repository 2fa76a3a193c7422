//! What is remembered of a release that is watched: when it was looked at, what was said of it, and
//! what is seen but not said yet.
//!
//! A verdict is said once two looks in a row came to it, so that a release on the edge does not
//! flicker; while one is seen and not said, the next look comes soon.

use std::time::Duration;

use analysis::findings::Verdict;
use lake::Micros;
use serde::{Deserialize, Serialize};

/// Equal looks in a row that make a verdict.
const LOOKS: u32 = 2;
const HOUR: Duration = Duration::from_secs(3_600);
/// For how long after its first data a release is looked at often, and then every hour.
const DENSE_FOR: Duration = Duration::from_secs(6 * 3_600);
const HOURLY_FOR: Duration = Duration::from_secs(14 * 24 * 3_600);

/// A release that is watched.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Watched {
    /// The last look.
    pub(crate) looked_at: Option<Micros>,
    /// The verdict that was said.
    pub(crate) said: Option<Verdict>,
    /// How many were said.
    pub(crate) revision: i64,
    /// The verdict of the last looks, where it is another one, and how many they were.
    seen: Option<(Verdict, u32)>,
    /// What somebody is still to be told.
    pub(crate) to_tell: Option<String>,
}

/// A verdict that is said from now on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Changed {
    pub(crate) from: Option<Verdict>,
    pub(crate) to: Verdict,
}

impl Changed {
    /// Whether anybody is to be told: that a new release is fine, or too new to say, is no news.
    pub(crate) fn is_news(self) -> bool {
        self.from.is_some() || matches!(self.to, Verdict::Warn | Verdict::Fail)
    }
}

impl Watched {
    /// Whether the release is due, by when it was first seen.
    pub(crate) fn is_due(&self, first_seen_at: Micros, now: Micros, dense_every: Duration) -> bool {
        let Some(looked_at) = self.looked_at else {
            return true;
        };
        let since = |at: Micros| {
            let micros = u64::try_from(now.saturating_sub(at)).unwrap_or_default();
            Duration::from_micros(micros)
        };
        let age = since(first_seen_at);
        let every = if age < DENSE_FOR || self.seen.is_some() {
            dense_every
        } else if age < HOURLY_FOR {
            HOUR
        } else {
            24 * HOUR
        };
        // Runs do not begin to the microsecond.
        since(looked_at) >= every - every / 10
    }

    /// Takes a look in; says what changes by it.
    pub(crate) fn look(&mut self, verdict: Verdict, at: Micros) -> Option<Changed> {
        self.looked_at = Some(at);
        let is_nothing_yet = self.said.is_none() && verdict == Verdict::InsufficientData;
        if self.said == Some(verdict) || is_nothing_yet {
            self.seen = None;
            return None;
        }
        let looks = match self.seen {
            Some((seen, looks)) if seen == verdict => looks.saturating_add(1),
            _ => 1,
        };
        if looks < LOOKS {
            self.seen = Some((verdict, looks));
            return None;
        }
        self.seen = None;
        self.revision = self.revision.saturating_add(1);
        let from = self.said.replace(verdict);
        Some(Changed { from, to: verdict })
    }
}

#[cfg(test)]
mod tests {
    use Verdict::{Fail, InsufficientData, Pass};

    use super::*;

    fn changes(looks: &[Verdict]) -> Vec<(Option<Verdict>, Verdict)> {
        let mut watched = Watched::default();
        let found = looks.iter().filter_map(|verdict| watched.look(*verdict, 0));
        found.map(|changed| (changed.from, changed.to)).collect()
    }

    #[test]
    fn verdict_is_said_after_two_equal_looks_and_once() {
        assert_eq!(changes(&[Pass, Fail, Pass, Fail]), []);
        assert_eq!(changes(&[InsufficientData; 5]), []);
        assert_eq!(
            changes(&[
                InsufficientData,
                Pass,
                Pass,
                Pass,
                Fail,
                Pass,
                Fail,
                Fail,
                Fail
            ]),
            [(None, Pass), (Some(Pass), Fail)]
        );
        // A release that went silent is news, a new one is not.
        let silent = changes(&[Pass, Pass, InsufficientData, InsufficientData]);
        assert_eq!(silent[1], (Some(Pass), InsufficientData));
        let news = |from, to| Changed { from, to }.is_news();
        assert!(news(None, Fail) && news(Some(Fail), Pass) && news(Some(Pass), InsufficientData));
        assert!(!news(None, Pass));
    }

    #[test]
    fn looks_are_dense_then_hourly_then_daily_and_soon_where_something_is_seen() {
        let minute: Micros = 60_000_000;
        let dense = Duration::from_secs(600);
        let due = |age_hours: i64, looked_minutes_ago: i64, seen: Option<(Verdict, u32)>| {
            let now = age_hours * 60 * minute;
            let watched = Watched {
                looked_at: Some(now - looked_minutes_ago * minute),
                said: Some(Pass),
                seen,
                ..Watched::default()
            };
            watched.is_due(0, now, dense)
        };
        assert!(due(1, 10, None) && !due(1, 8, None));
        assert!(due(7, 60, None) && !due(7, 50, None));
        assert!(due(15 * 24, 24 * 60, None) && !due(15 * 24, 120, None));
        assert!(due(15 * 24, 10, Some((Fail, 1))));
        assert!(Watched::default().is_due(0, 0, dense));
    }
}
