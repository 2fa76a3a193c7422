//! Uses of features by day.
//!
//! | grain | app, environment, channel, platform, release, day, user, feature |
//! |---|---|
//! | `feature` | the name of the usage event |
//! | `uses` | usage events |
//! | `first_at` | the first of them |
//!
//! Merge rule: `uses` add up, of `first_at` the least.

use lake::Micros;

/// A user's uses of a feature on a day and release.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct FeatureDay {
    pub(super) uses: i64,
    pub(super) first_at: Micros,
}

impl FeatureDay {
    pub(super) fn beginning(at: Micros) -> Self {
        Self {
            uses: 0,
            first_at: at,
        }
    }

    pub(super) fn take(&mut self, at: Micros) {
        self.uses += 1;
        self.first_at = self.first_at.min(at);
    }
}
