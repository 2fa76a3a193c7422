//! What is planted, as `sample-data/truth.toml` says it. What only tests read, the figures that reports
//! are held to, is read in tests alone; there an unknown key is refused.

use std::collections::BTreeMap;

use anyhow::Context as _;
use serde::{Deserialize, Serialize};

/// The whole of what is planted.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[cfg_attr(test, serde(deny_unknown_fields))]
pub(crate) struct Truth {
    pub(crate) seed: u64,
    /// The app whose keys the data are sent with.
    pub(crate) app: String,
    /// The zone of all days; days are taken as 24 hours long.
    pub(crate) zone: String,
    /// How many days the data span; the last is the day before the anchor.
    pub(crate) days: u32,
    pub(crate) activity: Activity,
    #[serde(rename = "feature")]
    pub(crate) features: Vec<Feature>,
    /// Oldest first.
    #[serde(rename = "release")]
    pub(crate) releases: Vec<Release>,
    /// Before the data begin: records and marks alone.
    pub(crate) earlier: Vec<Earlier>,
    pub(crate) feedback: Feedback,
    #[serde(rename = "theme")]
    pub(crate) themes: Vec<Theme>,
    #[serde(rename = "special")]
    pub(crate) specials: Vec<Special>,
    pub(crate) plan: Plan,
    #[serde(rename = "item")]
    pub(crate) items: Vec<Item>,
    /// What the reports of the last week must say.
    #[cfg(test)]
    pub(crate) expect: Expect,
}

/// Who uses the app, and how often.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[cfg_attr(test, serde(deny_unknown_fields))]
pub(crate) struct Activity {
    pub(crate) users: u32,
    pub(crate) anonymous_share: f64,
    pub(crate) sign_in_share: f64,
    pub(crate) second_session_share: f64,
    pub(crate) classes: Vec<ActivityClass>,
}

/// People who are alike in how often they use the app.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[cfg_attr(test, serde(deny_unknown_fields))]
pub(crate) struct ActivityClass {
    /// Share of all people.
    pub(crate) share: f64,
    /// Probability of a session on a day.
    pub(crate) daily: f64,
}

/// A usage event and how often sessions send it.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[cfg_attr(test, serde(deny_unknown_fields))]
pub(crate) struct Feature {
    pub(crate) name: String,
    pub(crate) per_session: f64,
}

/// A release, its record and its effects.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[cfg_attr(test, serde(deny_unknown_fields))]
pub(crate) struct Release {
    pub(crate) version: String,
    /// Whom it is for.
    #[serde(default = "stable")]
    pub(crate) channel: String,
    /// The day on which it came out.
    pub(crate) day: u32,
    /// Share of all users on it by days since it came out; the last value holds from then on.
    pub(crate) adoption: Vec<f64>,
    /// Share of its sessions that end in a crash.
    pub(crate) crash_rate: f64,
    /// Share of its sessions with a handled error.
    pub(crate) handled_error_rate: f64,
    /// The mean that its ratings have in all.
    #[cfg(test)]
    pub(crate) rating_mean: f64,
    /// Shares of 1 to 5 stars among ratings that speak of no theme.
    pub(crate) stars: [u64; 5],
    /// How likely a user on it is to be asked for feedback, beside the others.
    pub(crate) prompted: u64,
    pub(crate) rollout: String,
    pub(crate) owner: String,
    pub(crate) notes: String,
    /// Share of its active users who send an event at least once, by event name.
    pub(crate) reach: BTreeMap<String, f64>,
    #[serde(default)]
    pub(crate) scope: Vec<String>,
    #[serde(default)]
    pub(crate) stages: Vec<Stage>,
    #[serde(default)]
    pub(crate) goals: Vec<Goal>,
    /// The day on which it was to come out.
    pub(crate) planned_day: i64,
    /// Hours from each of its changes to its coming out.
    #[serde(default)]
    pub(crate) commits: Vec<i64>,
}

/// A release of which nothing but its record and its marks is there.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[cfg_attr(test, serde(deny_unknown_fields))]
pub(crate) struct Earlier {
    pub(crate) version: String,
    #[serde(default)]
    pub(crate) planned_day: Option<i64>,
    pub(crate) marks: Vec<Mark>,
}

/// What was done with a release.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[cfg_attr(test, serde(deny_unknown_fields))]
pub(crate) struct Mark {
    pub(crate) mark: String,
    pub(crate) day: i64,
    pub(crate) hour: i64,
    #[serde(default)]
    pub(crate) of: Option<String>,
    #[serde(default)]
    pub(crate) note: Option<String>,
}

const STABLE: &str = "stable";

fn stable() -> String {
    STABLE.to_owned()
}

impl Release {
    /// Whether it is for everybody.
    pub(crate) fn is_stable(&self) -> bool {
        self.channel == STABLE
    }

    /// Share of all users on it on a day, in [0, 1]; 0 before it came out.
    pub(crate) fn adoption_on(&self, day: u32) -> f64 {
        let Some(since) = day.checked_sub(self.day) else {
            return 0.0;
        };
        let last = self.adoption.last().copied();
        let share = usize::try_from(since)
            .ok()
            .and_then(|since| self.adoption.get(since).copied());
        share.or(last).unwrap_or(0.0)
    }
}

/// A stage of a phased rollout.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[cfg_attr(test, serde(deny_unknown_fields))]
pub(crate) struct Stage {
    pub(crate) day: u32,
    pub(crate) share: f64,
}

/// A promise of a release, and whether it came true.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[cfg_attr(test, serde(deny_unknown_fields))]
pub(crate) struct Goal {
    pub(crate) metric: String,
    pub(crate) target: f64,
    pub(crate) baseline: f64,
    pub(crate) item: String,
    /// What the score card must say.
    #[cfg(test)]
    pub(crate) outcome: String,
}

/// How much feedback there is, and how it is answered.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[cfg_attr(test, serde(deny_unknown_fields))]
pub(crate) struct Feedback {
    /// Pieces by week, oldest first.
    pub(crate) ratings: Vec<u32>,
    pub(crate) nps: Vec<u32>,
    pub(crate) csat: Vec<u32>,
    pub(crate) words: Vec<u32>,
    pub(crate) rating_text_share: f64,
    pub(crate) survey_text_share: f64,
    pub(crate) answered_share: f64,
    #[cfg(test)]
    pub(crate) answer_hours_median: f64,
    pub(crate) answer_hours: Vec<u64>,
    pub(crate) csat_weights: [u64; 5],
    pub(crate) nps_weights: [u64; 11],
}

/// Something that people speak of.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[cfg_attr(test, serde(deny_unknown_fields))]
pub(crate) struct Theme {
    /// The words that all its texts hold.
    pub(crate) phrase: String,
    /// Share of a release's ratings that speak of it.
    pub(crate) share: f64,
    /// The same on releases where it differs.
    #[serde(default)]
    pub(crate) on: BTreeMap<String, f64>,
    /// Shares of 1 to 5 stars among them.
    pub(crate) stars: [u64; 5],
    /// What it is called when it comes without a score.
    pub(crate) kind: String,
}

impl Theme {
    /// Share of a release's ratings that speak of it.
    pub(crate) fn share_on(&self, version: &str) -> f64 {
        self.on.get(version).copied().unwrap_or(self.share)
    }
}

/// One piece of feedback as it stands.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[cfg_attr(test, serde(deny_unknown_fields))]
pub(crate) struct Special {
    pub(crate) day: u32,
    /// The release that its author has.
    pub(crate) release: String,
    pub(crate) stars: u32,
    pub(crate) votes: u32,
    pub(crate) text: String,
}

/// What the planning report is asked, and what a list must lose.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[cfg_attr(test, serde(deny_unknown_fields))]
pub(crate) struct Plan {
    pub(crate) capacity_person_days: f64,
    /// Weeks of feedback that count as evidence.
    #[cfg(test)]
    pub(crate) evidence_weeks: u32,
    /// Least share of the best plan's value that the list sorted by score loses.
    #[cfg(test)]
    pub(crate) list_loses_at_least: f64,
}

/// A backlog item, in the fields in which it is sent.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[cfg_attr(test, serde(deny_unknown_fields))]
pub(crate) struct Item {
    pub(crate) item_id: String,
    pub(crate) title: String,
    pub(crate) kind: String,
    pub(crate) status: String,
    pub(crate) effort_person_days: f64,
    pub(crate) team: String,
    pub(crate) owner: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) depends_on: Vec<String>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) factors: BTreeMap<String, f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) reach_users: Option<f64>,
    pub(crate) impact: f64,
    pub(crate) confidence: f64,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) keywords: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) feature_events: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) target: Option<String>,
    #[serde(default)]
    pub(crate) mandatory: bool,
}

/// What the reports of the last week must say.
#[cfg(test)]
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[cfg_attr(test, serde(deny_unknown_fields))]
pub(crate) struct Expect {
    pub(crate) worse: Worse,
    /// Releases that must not be called worse.
    pub(crate) not_worse: Vec<String>,
    /// Releases with too few users to be judged.
    pub(crate) insufficient_data: Vec<String>,
    /// Days until half of the users were on a release; releases that are absent never got there.
    pub(crate) days_to_half: BTreeMap<String, u32>,
    /// What the figures of delivery must be.
    pub(crate) delivery: ExpectedDelivery,
}

/// What the figures of delivery must be.
#[cfg(test)]
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[cfg_attr(test, serde(deny_unknown_fields))]
pub(crate) struct ExpectedDelivery {
    pub(crate) deployments: usize,
    /// Why each failed.
    pub(crate) failed: BTreeMap<String, String>,
    pub(crate) recovery_hours: BTreeMap<String, f64>,
    pub(crate) rework: Vec<String>,
    pub(crate) lead_time_hours_median: i64,
    pub(crate) lead_time_changes: usize,
    pub(crate) slip_days_median: i64,
    /// Met, of those that could be judged.
    pub(crate) goals: [usize; 2],
}

/// The release that is worse than the one before.
#[cfg(test)]
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[cfg_attr(test, serde(deny_unknown_fields))]
pub(crate) struct Worse {
    pub(crate) release: String,
    pub(crate) baseline: String,
    /// Ids of the metrics that it is worse by.
    pub(crate) by: Vec<String>,
}

impl Truth {
    /// The releases that are for everybody.
    pub(crate) fn stable(&self) -> impl DoubleEndedIterator<Item = &Release> {
        self.releases.iter().filter(|release| release.is_stable())
    }

    /// The truth that the program carries with it.
    ///
    /// # Errors
    /// When the file cannot be read as the types above.
    pub(crate) fn embedded() -> anyhow::Result<Self> {
        toml::from_str(include_str!("../../sample-data/truth.toml"))
            .context("sample-data/truth.toml cannot be read")
    }
}
