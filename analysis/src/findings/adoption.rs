//! Findings on how releases reach their users.

use serde::Serialize;

use super::Estimate;

/// Where a release stands on its way through the users.
///
/// After Sentry's adoption stages (a tenth of the sessions of the last six hours), on days: `adopted`
/// from the first day with a tenth of the active users until a day with less than 8 %, then
/// `replaced`, until it has a tenth again. Before its first such day it is `rising` in its first week
/// or while the share of its last seven days lies above that of the seven before beyond chance, else
/// `low`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum AdoptionStage {
    /// On its way up.
    Rising,
    /// A tenth of the users or more are on it.
    Adopted,
    /// It has not reached a tenth of the users.
    Low,
    /// It was adopted, and others have taken its place.
    Replaced,
}

impl AdoptionStage {
    /// The word used everywhere.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Rising => "rising",
            Self::Adopted => "adopted",
            Self::Low => "low",
            Self::Replaced => "replaced",
        }
    }
}

/// Adoption of one release by day.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AdoptionSeries {
    /// The release.
    pub release: String,
    /// `active_users` or `feedback_authors`.
    pub unit: String,
    /// One point a day, oldest first.
    pub points: Vec<AdoptionPoint>,
    /// Days from first seen to 50 %, where reached.
    pub days_to_half: Option<u32>,
    /// Where it stands on the last day; `None` where no day had enough users.
    pub stage: Option<AdoptionStage>,
    /// The rollout path of its record: `big_bang`, `push`, `pull` or `phased`.
    pub rollout: Option<String>,
    /// How long users take; `None` where nobody saw the release arrive.
    pub time_to_adopt: Option<TimeToAdopt>,
    /// Seven days ahead; `None` where it would say no more than that nothing changes.
    pub forecast: Option<ShareForecast>,
}

/// One day of a release's adoption.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AdoptionPoint {
    /// `YYYY-MM-DD` in the zone.
    pub day: String,
    /// Whole days since the release was first seen.
    pub days_since_first_seen: u32,
    /// Users on the release that day.
    pub on_release: u64,
    /// Users that day in all.
    pub total: u64,
    /// `on_release / total`.
    pub share: f64,
    /// Users that day whose newest release was this one or a newer one; `None` for feedback authors.
    pub on_release_or_newer: Option<u64>,
    /// Sessions on the release that began that day.
    pub sessions: u64,
    /// Sessions in all that began that day.
    pub total_sessions: u64,
    /// `sessions / total_sessions`; `None` without sessions.
    pub session_share: Option<f64>,
    /// The share of the users that were offered the release by the end of the day: of its stage in a
    /// phased rollout, else 1; `None` before the release and where no record says so.
    pub offered: Option<f64>,
    /// `share / offered`: how far it has come among those who could have it.
    pub share_of_offered: Option<f64>,
    /// Where the release stood on that day; `None` until a day had enough users.
    pub stage: Option<AdoptionStage>,
}

impl AdoptionPoint {
    /// A day of which the users are counted, and nothing else is known yet.
    pub(crate) fn of_users(day: String, days_since_first_seen: u32, users: (u64, u64)) -> Self {
        let (on_release, total) = users;
        Self {
            day,
            days_since_first_seen,
            on_release,
            total,
            share: on_release as f64 / total as f64,
            on_release_or_newer: None,
            sessions: 0,
            total_sessions: 0,
            session_share: None,
            offered: None,
            share_of_offered: None,
            stage: None,
        }
    }
}

/// How long users take to move to a release or to a newer one, from the day on which they could:
/// the later of the release's day and of their own first active day.
///
/// Formula: Kaplan and Meier's curve; users who have not moved count until they were last active.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TimeToAdopt {
    /// Users who could move: active on the release's day or later.
    pub eligible: u64,
    /// Those of them who have.
    pub adopted: u64,
    /// Days until 10, 50 and 90 % of the eligible users are on it.
    pub until: Vec<TimeToShare>,
}

/// Days until a share of the eligible users have moved.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TimeToShare {
    /// The share, in [0, 1].
    pub share: f64,
    /// Days; `None` where it was not reached.
    pub days: Option<u32>,
    /// Lower end of the 95 % interval, in days.
    pub low: Option<u32>,
    /// Upper end of the 95 % interval; `None` where it lies beyond what was seen.
    pub high: Option<u32>,
}

/// The share of active users on a release or a newer one, seven days ahead.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ShareForecast {
    /// The last whole day known.
    pub from_day: String,
    /// The day that is forecast.
    pub day: String,
    /// The share on `from_day`.
    pub share_now: f64,
    /// Active users on `from_day`.
    pub n: u64,
    /// The share on `day`.
    pub share: f64,
    /// Lower end of the 80 % interval.
    pub low: f64,
    /// Upper end of the 80 % interval.
    pub high: f64,
    /// `hazard` (from the releases before it) or `bass` (from its own first days).
    pub method: String,
    /// How the method did so far in this app.
    pub record: ForecastRecord,
}

/// How forecasts of a method did in this app, seven days ahead, each from what was known then.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct ForecastRecord {
    /// Forecasts whose day has come.
    pub n: u64,
    /// Mean absolute error, as a share; `None` without any.
    pub error: Option<f64>,
    /// Mean absolute error of saying that the share will not change, on the same days.
    pub naive_error: Option<f64>,
    /// 80 % intervals given.
    pub intervals: u64,
    /// Those of them that held what came.
    pub held: u64,
}

/// Who moved from which release to which, and who stayed behind.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Upgrades {
    /// Moves in the window of at least five users, most users first.
    pub flows: Vec<UpgradeFlow>,
    /// The newest release that is adopted, pre-releases left out: who is on an older one is behind.
    pub current: Option<String>,
    /// Users behind it, in all and by platform, in order of name; platforms of at least five users.
    pub behind: Vec<Behind>,
    /// How all forecasts of the app did, shown or not.
    pub forecasts: ForecastRecord,
}

/// Users who moved from one release to another between two active days, the later in the window. The
/// release of a day is the user's newest on it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct UpgradeFlow {
    /// The release before.
    pub from: String,
    /// The release after.
    pub to: String,
    /// Whether `to` is the newer one.
    pub is_upgrade: bool,
    /// Distinct users who moved.
    pub users: u64,
    /// `users` as a share of those who were on `from` and active again in the window.
    pub share: Estimate,
}

/// Users of the window on releases older than the current one.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Behind {
    /// The platform, `unknown` where none was sent; `None` for all users.
    pub platform: Option<String>,
    /// Users whose newest release in the window is older than the current one.
    pub users: u64,
    /// `users` as a share of the window's users with a known release.
    pub share: Estimate,
    /// The release that most of them are on.
    pub mostly_on: Option<String>,
}
