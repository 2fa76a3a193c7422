//! Findings of a health check.

use serde::{Deserialize, Serialize};

use super::{Change, Estimate};

/// The judgement of a release.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Nothing speaks against it.
    Pass,
    /// Worse by the estimate, but chance is not excluded, or a warning line is crossed.
    Warn,
    /// Worse beyond chance.
    Fail,
    /// Too few data to judge.
    InsufficientData,
}

impl Verdict {
    /// The word used everywhere.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Warn => "warn",
            Self::Fail => "fail",
            Self::InsufficientData => "insufficient_data",
        }
    }

    /// Whether nothing speaks against going on.
    #[must_use]
    pub fn is_ok(self) -> bool {
        matches!(self, Self::Pass | Self::Warn)
    }

    /// The verdict of a word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        let all = [Self::Pass, Self::Warn, Self::Fail, Self::InsufficientData];
        all.into_iter().find(|verdict| verdict.as_str() == word)
    }

    /// The number that monitors know it by, as exit code and as gauge: 0 pass, 1 warn, 2 fail,
    /// 3 unknown.
    #[must_use]
    pub fn number(self) -> u8 {
        match self {
            Self::Pass => 0,
            Self::Warn => 1,
            Self::Fail => 2,
            Self::InsufficientData => 3,
        }
    }
}

/// How far the sequential judgement of a release has come.
///
/// The order is that of severity: of several metrics, the greatest is the release's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Shown to be better than the baseline.
    Improved,
    /// Shown to be worse by less than the margin: a rise above it would have been seen.
    ProvedHealthy,
    /// Valid, and nothing decided yet.
    Monitoring,
    /// Nothing was sent by the release in the last day.
    NoData,
    /// Fewer than a judgement needs.
    InsufficientData,
    /// The window is over without a decision, or those who took the release differ too much.
    Inconclusive,
    /// It looks worse, and chance is not excluded.
    Watch,
    /// It was worse beyond chance, and what came since then is not.
    Recovered,
    /// Worse beyond chance, against a control that is not of the same hours.
    Suspected,
    /// Worse beyond chance.
    Regressed,
    /// The counts cannot be compared: something is wrong with how they came about.
    InvalidData,
    /// A newer release took its place.
    Superseded,
}

impl State {
    /// The word used everywhere.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Improved => "improved",
            Self::ProvedHealthy => "proved_healthy",
            Self::Monitoring => "monitoring",
            Self::NoData => "no_data",
            Self::InsufficientData => "insufficient_data",
            Self::Inconclusive => "inconclusive",
            Self::Watch => "watch",
            Self::Recovered => "recovered",
            Self::Suspected => "suspected",
            Self::Regressed => "regressed",
            Self::InvalidData => "invalid_data",
            Self::Superseded => "superseded",
        }
    }
}

impl State {
    /// What the state comes to for whoever acts on it; `hidden` is the least rise that would have been
    /// seen by now, `max_hidden` the greatest that may be hidden from a release that passes.
    ///
    /// A release that was superseded keeps the verdict of its last state: ask that one.
    #[must_use]
    pub fn verdict(self, hidden: Option<f64>, max_hidden: f64) -> Verdict {
        match self {
            Self::Improved | Self::ProvedHealthy => Verdict::Pass,
            Self::Monitoring if hidden.is_some_and(|hidden| hidden <= max_hidden) => Verdict::Pass,
            Self::Watch | Self::Suspected | Self::Inconclusive | Self::Recovered => Verdict::Warn,
            Self::Regressed => Verdict::Fail,
            Self::Monitoring
            | Self::NoData
            | Self::InsufficientData
            | Self::InvalidData
            | Self::Superseded => Verdict::InsufficientData,
        }
    }
}

/// A release judged against its baseline, hour by hour.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct HealthFindings {
    /// Always `shipwake.health.v1`.
    pub schema: String,
    /// The judgement.
    pub verdict: Verdict,
    /// How far it has come.
    pub state: State,
    /// 100 where every judged check passes, 0 where every one fails; by the checks' weights.
    pub score: Option<u8>,
    /// Why, in one sentence's worth of plain words.
    pub reason: String,
    /// What else is to be known of the data, in plain words.
    pub notes: Vec<String>,
    /// Always `sequential`: the bounds of error hold however often it is looked.
    pub method: String,
    /// The app.
    pub app: String,
    /// The environment.
    pub environment: String,
    /// The release under judgement.
    pub release: String,
    /// What it was compared with.
    pub baseline: Option<String>,
    /// The releases of the baseline.
    pub baseline_releases: Vec<String>,
    /// How the baseline was chosen, or that it is the past.
    pub baseline_rule: Option<String>,
    /// The rollout path of the release record.
    pub rollout: Option<String>,
    /// Whether a phased rollout may go on to its next stage.
    pub stage: Option<StageAdvice>,
    /// How far it has come, where users fetch it by themselves.
    pub pull: Option<PullProgress>,
    /// The newer release that took its place.
    pub superseded_by: Option<String>,
    /// The hours compared.
    pub window: HealthWindow,
    /// First day compared, `YYYY-MM-DD` in the zone.
    pub first_day: Option<String>,
    /// Last day compared.
    pub last_day: Option<String>,
    /// The IANA zone.
    pub zone: String,
    /// RFC 3339 UTC.
    pub evaluated_at: String,
    /// The latest arrival among the rows read.
    pub data_through: Option<String>,
    /// Whether the latest arrival is older than it may be.
    pub stale: bool,
    /// The first hour at which the evidence sufficed to call it worse; RFC 3339 UTC.
    pub first_alarm_at: Option<String>,
    /// A rise of the crash rate to this many times the baseline's would have been seen by now.
    pub hidden: Option<f64>,
    /// When, at the traffic of the last day, a rise to `max_hidden` would be seen; RFC 3339 UTC.
    pub decides_at: Option<String>,
    /// The counts behind it, in short.
    pub data: HealthData,
    /// One by one.
    pub checks: Vec<Check>,
    /// Errors that nobody met before the release, nor on an older one; those of most users first.
    pub new_errors: Vec<NewError>,
}

/// What is to be done with a stage of a phased rollout.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Advice {
    /// On to the next stage.
    Advance,
    /// No more users for now.
    Hold,
}

/// Where a phased rollout stands, and whether it may go on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StageAdvice {
    /// What is to be done.
    pub advice: Advice,
    /// Share of the users that the stage is for, in [0, 1].
    pub share: f64,
    /// When it began, RFC 3339 UTC.
    pub since: String,
    /// The share of the next stage; `None` where none is planned.
    pub next_share: Option<f64>,
    /// When that is planned, RFC 3339 UTC.
    pub next_at: Option<String>,
    /// When the next stage can be judged at the traffic of the last day, where it cannot be yet.
    pub decides_at: Option<String>,
}

/// How far a release has come that its users fetch by themselves.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PullProgress {
    /// Users of the last seven days, on releases that are known.
    pub active_users: u64,
    /// The share of them of whom nothing as new as the release was seen, with Wilson's interval.
    pub below: Estimate,
    /// By when everybody is to have it, RFC 3339 UTC; `None` where the record names no deadline.
    pub deadline: Option<String>,
    /// Whether that has passed, and not everybody has it.
    pub is_overdue: bool,
}

/// An error that came with a release.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NewError {
    /// What tells it from others.
    pub fingerprint: String,
    /// Its own name, as sent.
    pub name: String,
    /// To how many users it happened on the release.
    pub users: u64,
    /// They over all users of the release, with the exact interval of a count.
    pub per_user: Estimate,
    /// How often it happened.
    pub errors: u64,
    /// When first; RFC 3339 UTC.
    pub first_at: Option<String>,
}

/// The hours that a judgement speaks of.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct HealthWindow {
    /// The first instant, RFC 3339 UTC.
    pub start: Option<String>,
    /// The first instant that is not judged any more, or not yet.
    pub end: Option<String>,
    /// How many hours after it ended an hour is judged.
    pub reporting_delay_hours: i64,
    /// Share of events that come later than that.
    pub pending_share: f64,
}

/// The counts behind a judgement.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HealthData {
    /// Whether the verdict is pass or warn.
    pub ok: bool,
    /// Whether it is fail.
    pub blocking: bool,
    /// Events of the release in the window.
    pub events: u64,
    /// Its sessions.
    pub sessions: u64,
    /// Its users, each once.
    pub users: u64,
    /// How many users a judgement needs.
    pub min_users: u64,
}

/// One metric of a health check.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Check {
    /// The metric's id.
    pub metric: String,
    /// Its judgement.
    pub verdict: Verdict,
    /// How far it has come.
    pub state: State,
    /// Whether the release is not judged without it.
    pub critical: bool,
    /// How much it counts in the score.
    pub weight: f64,
    /// The release's estimate.
    pub now: Estimate,
    /// The baseline's estimate.
    pub before: Estimate,
    /// The difference.
    pub change: Option<Change>,
    /// The rate of harm over the baseline's within hours and platforms, with its confidence sequence;
    /// of rates alone.
    pub ratio: Option<Ratio>,
    /// Evidence of harm: an alarm at 1 / (the check's share of 5 %).
    pub e_value: Option<f64>,
    /// A rise to this many times the baseline's rate would have been seen by now; of rates alone.
    pub hidden: Option<f64>,
    /// The first hour at which the evidence sufficed to call it worse; RFC 3339 UTC.
    pub first_alarm_at: Option<String>,
    /// The limit that it is held to, whatever the baseline.
    pub guardrail: Option<Guardrail>,
    /// How many the check needs on each side.
    pub min_n: u64,
    /// Why, in plain words.
    pub reason: String,
}

/// What a rate must keep to, whatever the baseline.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Guardrail {
    /// The least share that is good, or the greatest that is bad.
    pub limit: f64,
    /// Evidence that it is crossed: said at 1 / (half of the check's share of 5 %).
    pub e_value: f64,
    /// The first hour at which the evidence sufficed; RFC 3339 UTC.
    pub crossed_at: Option<String>,
}

/// A rate ratio.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Ratio {
    /// As it was counted; `None` without an event of the baseline.
    pub value: Option<f64>,
    /// Lower end of the confidence sequence; `None` before any event.
    pub low: Option<f64>,
    /// Upper end; `None` where there is none yet.
    pub high: Option<f64>,
}
