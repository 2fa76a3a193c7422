//! What an analysis is asked to speak of, and the few numbers that decide when it speaks at all.

use std::collections::BTreeMap;

use jiff::civil::Weekday;
use serde::{Deserialize, Serialize};

use crate::features::FeatureRules;
use crate::findings::Segment;
use crate::health::HealthRules;
use crate::release_check::ChecklistRule;
use crate::response::ResponseTargets;
use crate::score::FactorWeights;
use crate::segment::SegmentRules;

/// The day on which weeks begin.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WeekStart {
    /// As in ISO 8601; such weeks carry an ISO number.
    #[default]
    Monday,
    /// Tuesday.
    Tuesday,
    /// Wednesday.
    Wednesday,
    /// Thursday.
    Thursday,
    /// Friday.
    Friday,
    /// Saturday.
    Saturday,
    /// Sunday.
    Sunday,
}

impl WeekStart {
    /// The weekday as calendars know it.
    #[must_use]
    pub fn weekday(self) -> Weekday {
        match self {
            Self::Monday => Weekday::Monday,
            Self::Tuesday => Weekday::Tuesday,
            Self::Wednesday => Weekday::Wednesday,
            Self::Thursday => Weekday::Thursday,
            Self::Friday => Weekday::Friday,
            Self::Saturday => Weekday::Saturday,
            Self::Sunday => Weekday::Sunday,
        }
    }
}

/// How many of its denominator a metric needs on each side before a change is read or judged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct MinimumCounts {
    /// Ratings (mean, low share).
    pub ratings: u64,
    /// Survey answers (CSAT, NPS). No NPS below 30 answers: measuringu.com.
    pub answers: u64,
    /// Sessions and users of crash-free rates: at least 100 before a release is called worse.
    pub sessions: u64,
    /// Pieces of feedback for the answered share.
    pub feedback: u64,
    /// Answered pieces for the median time to answer.
    pub answered: u64,
    /// Users for the shares of a feature, such as its reach on a release.
    pub users: u64,
}

impl Default for MinimumCounts {
    fn default() -> Self {
        Self {
            ratings: 30,
            answers: 30,
            sessions: 100,
            feedback: 30,
            answered: 10,
            users: 30,
        }
    }
}

/// The settings of an analysis.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// The app to speak of.
    pub app: String,
    /// The environment to speak of.
    pub environment: String,
    /// The part of its events and feedback to speak of. Since when a user is known, releases, the ledger
    /// and delivery are those of all.
    #[serde(skip)]
    pub segment: Segment,
    /// Which segments there are.
    pub segments: SegmentRules,
    /// The IANA zone of all days and weeks.
    pub zone: String,
    /// The day on which weeks begin.
    pub week_start: WeekStart,
    /// What a health check compares the release with; by default the nearest release before it that
    /// holds enough of the data.
    pub baseline: Option<String>,
    /// How many windows the history of a KPI holds, this one included.
    pub history_weeks: u32,
    /// How many days the figures of delivery look back from the end of the window.
    pub delivery_days: u32,
    /// How many phrases to list.
    pub phrases: u32,
    /// How many distinct users a phrase needs.
    pub phrase_users: u32,
    /// Words that no phrase begins or ends with, beside the built-in ones and the app's name.
    pub stop_words: Vec<String>,
    /// What the lists of features hold.
    pub features: FeatureRules,
    /// By what releases are judged.
    pub health: HealthRules,
    /// Within which time people are to be answered.
    pub response: ResponseTargets,
    /// How many of its denominator a metric needs before it is judged.
    pub min_n: MinimumCounts,
    /// How much each decision factor counts.
    pub factor_weights: FactorWeights,
    /// What somebody signs before a release goes out, by name.
    pub checklist: BTreeMap<String, ChecklistRule>,
    /// The environment in which a release is tried out.
    pub staging: Option<String>,
    /// Whether feedback that is suggested for a backlog item counts as its evidence before a person
    /// confirms it.
    pub with_suggested: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            app: String::new(),
            environment: "production".to_owned(),
            segment: Segment::default(),
            segments: SegmentRules::default(),
            zone: "UTC".to_owned(),
            week_start: WeekStart::default(),
            baseline: None,
            history_weeks: 13,
            delivery_days: 90,
            phrases: 20,
            phrase_users: 3,
            stop_words: Vec::new(),
            features: FeatureRules::default(),
            health: HealthRules::default(),
            response: ResponseTargets::default(),
            min_n: MinimumCounts::default(),
            factor_weights: FactorWeights::default(),
            checklist: BTreeMap::new(),
            staging: None,
            with_suggested: false,
        }
    }
}
