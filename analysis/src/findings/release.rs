//! Findings of the release report.

use serde::Serialize;

use super::{
    AdoptionSeries, Change, DeploymentRow, Estimate, FeatureRow, HealthFindings, PastVerdict,
    Reading, ReleaseShown, ReleaseThemes, Scope, ScoreCard, State, Verdict,
};

/// Everything that the report of one release shows.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ReleaseFindings {
    /// Who, when, from what. The window goes from the release's first day to the last whole day.
    pub scope: Scope,
    /// The release.
    pub release: String,
    /// The day that counts as its first; `None` of one that is not out.
    pub first_day: Option<String>,
    /// What says so: `record`, `mark` or `first_seen`.
    pub first_day_by: Option<String>,
    /// The releases that it is shown beside, the newest first.
    pub earlier: Vec<String>,
    /// What to say first: at most three.
    pub headline: Vec<ReleaseClaim>,
    /// What the team keeps of it; `None` where it keeps nothing.
    pub record: Option<ReleaseShown>,
    /// The stages of a phased rollout, oldest first.
    pub stages: Vec<RolloutStage>,
    /// By when everybody is to have it, RFC 3339 UTC.
    pub deadline: Option<String>,
    /// Each time that it went out, newest first.
    pub deployments: Vec<DeploymentRow>,
    /// What it promised against what is observed; `None` where it promised nothing or is not out.
    pub score_card: Option<ScoreCard>,
    /// Adoption of the release, and of the earlier ones, on one axis; empty where it was not seen.
    pub adoption: Vec<AgedSeries>,
    /// The earlier ones at the age that the release has on its last day.
    pub same_age: Vec<SameAge>,
    /// Its health as of now.
    pub health: HealthFindings,
    /// The verdicts that were given on it, the oldest first.
    pub verdicts: Vec<PastVerdict>,
    /// How it is rated beside the earlier ones.
    pub ratings: ReleaseRatings,
    /// What its users talk about; `None` where nobody wrote.
    pub themes: Option<ReleaseThemes>,
    /// The features that came with it.
    pub features: Vec<FeatureRow>,
}

/// A sentence's worth of findings on a release; `reports` words it.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "claim", rename_all = "snake_case")]
pub enum ReleaseClaim {
    /// How its health is judged.
    Judged {
        /// The release.
        release: String,
        /// The judgement.
        verdict: Verdict,
        /// How far it has come.
        state: State,
        /// Why, in plain words.
        reason: String,
        /// What it was compared with.
        baseline: Option<String>,
        /// Its users in the hours judged.
        users: u64,
        /// The metric that the judgement rests on most, where one was judged.
        by: Option<MetricBeside>,
    },
    /// How far it has come.
    Reached {
        /// The release.
        release: String,
        /// `active_users` or `feedback_authors`.
        unit: String,
        /// Whole days since its first day; `None` where it was there when the data began.
        age_days: Option<u32>,
        /// The day that the share is of, `YYYY-MM-DD`.
        day: String,
        /// The share of the day's users on it.
        share: Estimate,
        /// The release before it at the same age.
        before: Option<SameAge>,
    },
    /// What more of its users say than said it before.
    Said {
        /// The theme's best phrase.
        theme: String,
        /// `new` or `rising`.
        standing: String,
        /// Share of the release's users with text who say it.
        share: Estimate,
        /// The same of the releases before.
        share_before: Estimate,
        /// The difference.
        change: Option<Change>,
        /// Users who say it with 1 or 2 stars.
        low_users: u64,
        /// Users who say it with 4 or 5 stars.
        high_users: u64,
    },
    /// How it is rated beside its baseline, each in its own first days.
    Rated {
        /// The release.
        release: String,
        /// What it is compared with.
        baseline: String,
        /// The comparison.
        by: MetricBeside,
    },
    /// Nothing came from it yet.
    NotSeen {
        /// The release.
        release: String,
        /// When it was to go out, RFC 3339 UTC.
        planned_at: Option<String>,
        /// When it went out by its record, RFC 3339 UTC.
        released_at: Option<String>,
    },
}

/// A metric of the release beside what it is compared with.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MetricBeside {
    /// The metric's id.
    pub metric: String,
    /// The release's estimate.
    pub now: Estimate,
    /// The other's estimate.
    pub before: Estimate,
    /// The difference, where both exist.
    pub change: Option<Change>,
    /// What may be said.
    pub reading: Reading,
}

/// A release at the age that another one has now.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SameAge {
    /// The release.
    pub release: String,
    /// The day on which it had that age, `YYYY-MM-DD`.
    pub day: String,
    /// The share of that day's users on it.
    pub share: Estimate,
    /// The share of the release under report minus this one.
    pub change: Option<Change>,
}

/// A stage of a phased rollout.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RolloutStage {
    /// When it begins, RFC 3339 UTC.
    pub at: String,
    /// Share of the users that it is for, in [0, 1].
    pub share: f64,
    /// Whether it had begun at the moment that the report speaks for.
    pub has_begun: bool,
}

/// Adoption of a release by day, and by its age.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AgedSeries {
    /// The day on which it came out, `YYYY-MM-DD`; `None` where it was there when the data began.
    pub first_day: Option<String>,
    /// One point a day, the first day first, as far as the axis goes.
    pub by_age: Vec<AgePoint>,
    /// By day since it was first seen, and where it stands.
    pub series: AdoptionSeries,
}

/// A release so many days after it came out.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AgePoint {
    /// Whole days since its first day.
    pub age_days: u32,
    /// The day, `YYYY-MM-DD` in the zone.
    pub day: String,
    /// Users on the release that day.
    pub on_release: u64,
    /// `on_release` of the day's users.
    pub share: Estimate,
}

/// How a release is rated beside earlier ones, each in its own first days.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct ReleaseRatings {
    /// So many first days of each are looked at, at most.
    pub days: u32,
    /// The release first; those that were in use.
    pub rows: Vec<RatedRelease>,
    /// What the release is compared with.
    pub baseline: Option<String>,
    /// Mean rating and share of low ratings against the baseline's.
    pub compared: Vec<MetricBeside>,
}

/// The ratings of a release in its own first days.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RatedRelease {
    /// The release.
    pub release: String,
    /// The first day, `YYYY-MM-DD`.
    pub first_day: String,
    /// The last day.
    pub last_day: String,
    /// Mean rating.
    pub rating: Estimate,
    /// Share of 1- and 2-star ratings.
    pub low_rating: Estimate,
}
