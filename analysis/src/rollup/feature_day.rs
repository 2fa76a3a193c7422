//! Uses of features by day.
//!
//! | grain | app, environment, channel, platform, release, day, user, feature |
//! |---|---|
//! | `feature` | the name of the usage event |
//! | `uses` | usage events |
//! | `first_at` | the first of them |
//!
//! Merge rule: `uses` add up, of `first_at` the least.

use super::tally::Tally;

/// A user's uses of a feature on a day and release.
pub(super) type FeatureDay = Tally;
