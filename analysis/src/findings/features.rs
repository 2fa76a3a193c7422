//! Findings on whether what was built is used.

use serde::Serialize;

use super::{Change, Estimate, Reading};

/// Which features are used, and which are hardly used.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Features {
    /// The most used ones of the window, and those that the backlog and releases name; most users
    /// first.
    pub rows: Vec<FeatureRow>,
    /// Names of usage events that came in the window.
    pub used: u64,
    /// Candidates to simplify or remove.
    pub unused: UnusedFeatures,
}

/// One feature in the window.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FeatureRow {
    /// The name of its event; the backlog item's id where the item names several.
    pub feature: String,
    /// The names of its events.
    pub events: Vec<String>,
    /// The backlog items that name it.
    pub items: Vec<String>,
    /// The release from which on users have it; `None` where it came without a release alone, and
    /// then everybody has it.
    pub release: Option<String>,
    /// Whether a release record says so; else it is the oldest release on which it was seen.
    pub is_recorded: bool,
    /// Breadth: its users.
    pub users: FeatureFigure,
    /// Eligible users who used it, of all eligible ones.
    pub eligible_share: FeatureFigure,
    /// Depth: the median of the uses per user.
    pub depth: Estimate,
    /// Nine in ten of its users used it so often or less.
    pub depth_p90: Option<f64>,
    /// Users who used it on another day, too.
    pub repeat_share: FeatureFigure,
    /// Users who still used it 28 days after their first use.
    pub kept_share: FeatureFigure,
    /// Days until half of those who could have used it; `n` are those who could.
    pub first_use_days: Estimate,
    /// Those of them who have used it.
    pub first_users: u64,
}

/// A figure of a feature in the window and in the one before.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FeatureFigure {
    /// The window.
    pub now: Estimate,
    /// The window before.
    pub before: Estimate,
    /// The difference, where both exist.
    pub change: Option<Change>,
    /// What may be said.
    pub reading: Reading,
}

/// Shipped features that few of those who could use them have used lately.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct UnusedFeatures {
    /// A feature with a smaller share is listed.
    pub share_min: f64,
    /// So many days a feature is given, and looked at.
    pub days: u32,
    /// The first of the days looked at, `YYYY-MM-DD`.
    pub first_day: String,
    /// The last of them.
    pub last_day: String,
    /// Features that have been out for so many days and have enough eligible users.
    pub judged: u64,
    /// Those of them that are below, recorded ones first, then the least used.
    pub rows: Vec<UnusedFeature>,
    /// Further ones that are below, beyond those listed.
    pub more: u64,
}

/// A candidate to simplify or remove.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct UnusedFeature {
    /// As in [`FeatureRow`].
    pub feature: String,
    /// The names of its events.
    pub events: Vec<String>,
    /// The backlog items that name it.
    pub items: Vec<String>,
    /// As in [`FeatureRow`].
    pub release: Option<String>,
    /// As in [`FeatureRow`].
    pub is_recorded: bool,
    /// The day of its release, `YYYY-MM-DD`; without a record the day on which it was first used.
    pub shipped_on: String,
    /// Eligible users who used it in the days looked at.
    pub users: u64,
    /// `users` of all eligible ones.
    pub share: Estimate,
    /// Whether the whole interval lies below the stated share.
    pub is_certain: bool,
    /// Whether an event of it ever came; if not, the app may not send it.
    pub is_seen: bool,
}
