//! Findings on how often users come, and whether they come back.

use serde::Serialize;

use super::Estimate;

/// How many users were active on so many days of the window.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ActiveDays {
    /// Exactly so many days.
    pub days: u32,
    /// Users in the window.
    pub users: u64,
    /// Users in the window before.
    pub users_before: u64,
}

/// Who came back, by when they came and on what.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Retention {
    /// After how many days it is asked.
    pub days: Vec<u32>,
    /// All users who came in the whole weeks of the history, then those of each week, oldest first,
    /// then those of each release, newest first and `unknown` last.
    pub cohorts: Vec<Cohort>,
}

/// What the users of a cohort have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CohortBy {
    /// Nothing: all of them.
    All,
    /// The week of their first event.
    Week,
    /// The release of their first event.
    Release,
}

impl CohortBy {
    /// The word used everywhere.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Week => "week",
            Self::Release => "release",
        }
    }
}

/// Users who came together.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Cohort {
    /// What they have in common.
    pub by: CohortBy,
    /// The first day of the week, the release, or `all`.
    pub cohort: String,
    /// How many they are.
    pub users: u64,
    /// Who came back; days that are not over for any of them are left out.
    pub returned: Vec<Returned>,
}

impl Cohort {
    /// Who came back by a metric after so many days.
    #[must_use]
    pub fn after(&self, metric: &str, day: u32) -> Option<&Returned> {
        let mut returned = self.returned.iter();
        returned.find(|returned| returned.metric == metric && returned.day == day)
    }
}

/// Users of a cohort who came back after so many days.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Returned {
    /// The metric's id in the registry.
    pub metric: String,
    /// After how many days.
    pub day: u32,
    /// Those who came back.
    pub users: u64,
    /// `users` as a share of those for whom the day is over.
    pub share: Estimate,
}
