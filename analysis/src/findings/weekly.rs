//! Findings of the weekly KPI report.

use serde::Serialize;

use super::{
    ActiveDays, AdoptionSeries, Change, Delivery, Estimate, Features, PastFigure, Reading,
    Retention, Scope, Upgrades,
};
use crate::findings::Verdict;

/// Everything that the weekly report shows.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct WeeklyFindings {
    /// Who, when, from what.
    pub scope: Scope,
    /// What to say first: at most three, strongest first.
    pub headline: Vec<Claim>,
    /// The KPIs in the registry's order.
    pub kpis: Vec<Kpi>,
    /// Ratings by stars, this week and the week before.
    pub ratings: RatingSplit,
    /// Releases seen in the window, newest first; `unknown` last.
    pub releases: Vec<ReleaseRow>,
    /// Adoption of the newest releases by day.
    pub adoption: Vec<AdoptionSeries>,
    /// Who moved from which release to which, and who stayed behind.
    pub upgrades: Upgrades,
    /// How many users were active on one day of the window, on two, and so on; empty without users.
    pub active_days: Vec<ActiveDays>,
    /// Who came back, by when they came and on what.
    pub retention: Retention,
    /// Which features are used, and which are hardly used.
    pub features: Features,
    /// Top phrases by distinct users.
    pub phrases: Vec<Phrase>,
    /// How releases were delivered; `None` without a release record that has a date.
    pub delivery: Option<Delivery>,
    /// What came in and what became of it.
    pub quality: Quality,
    /// KPIs without input and what would fill them.
    pub missing: Vec<MissingInput>,
    /// Figures of each day and window known.
    pub history: Vec<PastFigure>,
}

/// A sentence's worth of findings; `reports` words it.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "claim", rename_all = "snake_case")]
pub enum Claim {
    /// A release is worse than its baseline by a metric.
    ReleaseWorse {
        /// The release under judgement.
        release: String,
        /// What it was compared with.
        baseline: String,
        /// The metric's id.
        metric: String,
        /// The release's estimate.
        now: Estimate,
        /// The baseline's estimate.
        before: Estimate,
        /// The difference.
        change: Change,
    },
    /// No release of the window is worse than its baseline beyond chance.
    NoReleaseWorse {
        /// The releases that were compared.
        compared: Vec<String>,
    },
    /// A KPI rose or fell.
    KpiMoved {
        /// The metric's id.
        metric: String,
        /// Rose or fell.
        reading: Reading,
        /// This week.
        now: Estimate,
        /// The week before.
        before: Estimate,
        /// The difference.
        change: Change,
    },
    /// How far the newest release has come.
    Adoption {
        /// The release.
        release: String,
        /// `active_users` or `feedback_authors`.
        unit: String,
        /// Share on the last day of the window, in [0, 1].
        share: f64,
        /// Days since the release was first seen.
        days: u32,
        /// Days until half were on it, where that was reached.
        days_to_half: Option<u32>,
    },
    /// Nothing to compare: too few data.
    TooFewData {
        /// Pieces of feedback in the window.
        feedback: u64,
        /// Sessions in the window.
        sessions: u64,
    },
}

/// One KPI.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Kpi {
    /// The metric's id in the registry.
    pub metric: String,
    /// This week.
    pub now: Estimate,
    /// The week before.
    pub before: Estimate,
    /// The difference, where both exist.
    pub change: Option<Change>,
    /// What may be said.
    pub reading: Reading,
    /// Up to 13 weeks, oldest first, this week last.
    pub history: Vec<WeekPoint>,
}

/// A KPI's value in one week.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct WeekPoint {
    /// First day of the week, `YYYY-MM-DD`.
    pub week: String,
    /// The value; `None` where there was no data.
    pub value: Option<f64>,
    /// The denominator.
    pub n: u64,
}

/// How many ratings of each star, one star first (scale 1 to 5 only).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct RatingSplit {
    /// This week.
    pub now: [u64; 5],
    /// The week before.
    pub before: [u64; 5],
}

/// One release in the window.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ReleaseRow {
    /// The version as sent; `unknown` for rows without one.
    pub release: String,
    /// Day of the first event or feedback ever seen on it, `YYYY-MM-DD` in the zone.
    pub first_seen: Option<String>,
    /// Day of its release record, where there is one.
    pub released_on: Option<String>,
    /// Distinct active users on it in the window.
    pub active_users: u64,
    /// Distinct sessions on it in the window.
    pub sessions: u64,
    /// Distinct feedback authors (feedback without author counts as one each).
    pub feedback_authors: u64,
    /// Share of active users (of feedback authors where there are no events), in [0, 1].
    pub share: Option<f64>,
    /// `active_users` or `feedback_authors`.
    pub share_unit: String,
    /// Days from first seen until half of the day's users were on it, where reached.
    pub days_to_half: Option<u32>,
    /// Mean rating in the window.
    pub rating: Estimate,
    /// Share of 1- and 2-star ratings in the window.
    pub low_rating: Estimate,
    /// Crash-free session rate in the window.
    pub crash_free_sessions: Estimate,
    /// The release it is compared with: the previous one of at least 5 % of the data.
    pub baseline: Option<String>,
    /// Mean rating minus the baseline's, each in its own first days.
    pub rating_change: Option<Change>,
    /// Share of low ratings minus the baseline's, each in its own first days.
    pub low_rating_change: Option<Change>,
    /// Crash-free session rate minus the baseline's, over the days that both have sessions on.
    pub crash_free_change: Option<Change>,
    /// The judgement of this single look.
    pub verdict: Verdict,
    /// The checks behind it, as sentences' ids: metric ids that speak against it.
    pub worse_by: Vec<String>,
}

/// A phrase that people used.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Phrase {
    /// The words, in lower case.
    pub text: String,
    /// Distinct users in the window.
    pub users: u64,
    /// Distinct users in the window before.
    pub users_before: u64,
    /// Share of the window's feedback authors with text.
    pub share: Estimate,
    /// Distinct users who gave 1 or 2 stars.
    pub low_users: u64,
    /// Distinct users who gave 4 or 5 stars.
    pub high_users: u64,
    /// Mean rating of those who used it.
    pub rating: Option<f64>,
}

/// One line of the ledger: an outcome of a protocol in the window.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct LedgerLine {
    /// native, import, …
    pub protocol: String,
    /// Received.
    pub received: u64,
    /// Stored.
    pub stored: u64,
    /// Of those stored, new revisions of feedback known before.
    pub revisions: u64,
    /// Duplicate.
    pub duplicate: u64,
    /// Quarantined.
    pub quarantined: u64,
    /// (reason, how many) of what was quarantined, most first.
    pub reasons: Vec<(String, u64)>,
}

/// What came in and what became of it, by day of arrival, and how far the data can be trusted.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Quality {
    /// The ledger since the beginning, by protocol.
    pub ledger: Vec<LedgerLine>,
    /// Feedback in the window.
    pub feedback: u64,
    /// Feedback in the window without a release.
    pub feedback_unknown_release: u64,
    /// Events in the window.
    pub events: u64,
    /// Events in the window without a release.
    pub events_unknown_release: u64,
    /// Rows in the window whose client instant was not used.
    pub clock_flagged: u64,
    /// Rows in the window that arrived after it was over.
    pub late: u64,
}

/// A KPI that nothing filled.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MissingInput {
    /// The metric's id.
    pub metric: String,
    /// What to send, in words: the event or the field.
    pub send: String,
}
