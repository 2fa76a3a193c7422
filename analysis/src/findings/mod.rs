//! What an analysis found, as plain values. `reports` renders these and never computes: each number
//! on a page stands in one of these types. Rates are in [0, 1]; instants and days are text in ISO
//! form, ready to be shown in any zone-free way and stable from run to run.

mod accepted;
mod adoption;
mod ahead;
mod backlog;
mod coming;
mod delivery;
mod features;
mod feedback;
mod funnel;
mod go;
mod health;
mod history;
mod planning;
mod release;
mod response;
mod retention;
mod risk;
mod segment;
mod verdicts;
mod weekly;

pub use accepted::{
    AcceptedPlan, Calibration, CutByHand, HistoryLine, ItemOutcome, PlannedItem, Ratios,
    ReleaseShown, ScopeChange, ScopeItem,
};
pub use adoption::{
    AdoptionPoint, AdoptionSeries, AdoptionStage, Behind, ForecastRecord, ShareForecast,
    TimeToAdopt, TimeToShare, UpgradeFlow, Upgrades,
};
pub use ahead::{AheadFindings, AheadItem, FreezeFound, ReleaseAhead, ShareFound};
pub use backlog::Backlog;
pub use coming::{ComingItem, ComingNext, ComingRelease};
pub use delivery::{Delivery, DeliveryKpi, DeploymentRow, Part, Standing};
pub use features::{FeatureFigure, FeatureRow, Features, UnusedFeature, UnusedFeatures};
pub use feedback::{
    FeedbackList, FeedbackPiece, LinkSuggestion, LinkSuggestions, Quote, ReleaseTheme,
    ReleaseThemes,
};
pub use funnel::{FunnelFindings, FunnelResult, FunnelSegment, FunnelStep};
pub use go::{GoCheck, GoDecision, GoRule, HandCheck, ReleaseCheck};
pub use health::{
    Advice, Check, Guardrail, HealthData, HealthFindings, HealthWindow, NewError, PullProgress,
    Ratio, StageAdvice, State, Verdict,
};
pub use history::{Grain, PastFigure};
pub use planning::{
    Decision, Evidence, GoalOutcome, ListComparison, PlanningFindings, ScoreCard, ScoredItem,
    ValueSource,
};
pub use release::{
    AgePoint, AgedSeries, MetricBeside, RatedRelease, ReleaseClaim, ReleaseFindings,
    ReleaseRatings, RolloutStage, SameAge,
};
pub use response::{OverdueOf, ResponseTarget, Responses, WaitingPiece};
pub use retention::{ActiveDays, Cohort, CohortBy, Retention, Returned};
pub use risk::{GateAhead, GatesAhead, Likelihood, Risk, RiskItem, RiskRule};
pub use segment::Segment;
pub use verdicts::{PastVerdict, ReleaseSeen, VerdictHistory};
pub use weekly::{
    Claim, Kpi, LedgerLine, MissingInput, Phrase, Quality, RatingSplit, ReleaseRow, WeekPoint,
    WeeklyFindings,
};

pub use lake::{BacklogItem, Factors, Goal};
use serde::{Deserialize, Serialize};

/// A measured value with its uncertainty and its n.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Estimate {
    /// The value in the metric's unit; `None` where there was no data.
    pub value: Option<f64>,
    /// Lower end of the 95 % interval; `None` for exact counts and where n is too small.
    pub low: Option<f64>,
    /// Upper end of the 95 % interval.
    pub high: Option<f64>,
    /// The denominator: how many sessions, users, ratings … the value rests on.
    pub n: u64,
}

/// The difference of two estimates (this minus before) with its 95 % interval.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Change {
    /// This window minus the one before, in the metric's unit.
    pub absolute: f64,
    /// Relative change (0.031 is +3.1 %), where the value before is not 0.
    pub relative: Option<f64>,
    /// Lower end of the interval of `absolute`.
    pub low: Option<f64>,
    /// Upper end of the interval of `absolute`.
    pub high: Option<f64>,
}

/// What may be said of a figure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Reading {
    /// The interval of the change lies above 0.
    Rose,
    /// The interval of the change lies below 0.
    Fell,
    /// The interval of the change holds 0.
    NoDetectableChange,
    /// A count, compared without an interval.
    Counted,
    /// Too few data to say anything.
    InsufficientData,
    /// Nothing came that could fill the figure.
    NoInput,
}

/// What a run speaks of: who, when, and from which versions of the tables.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Scope {
    /// The app.
    pub app: String,
    /// `production` unless asked otherwise.
    pub environment: String,
    /// The part of it that is looked at; not there where it is all.
    #[serde(default, skip_serializing_if = "Segment::is_all")]
    pub segment: Segment,
    /// The IANA zone of all days and weeks.
    pub zone: String,
    /// First instant of the window, RFC 3339 UTC.
    pub from: String,
    /// First instant after the window, RFC 3339 UTC.
    pub to: String,
    /// First day of the window, `YYYY-MM-DD` in `zone`.
    pub first_day: String,
    /// Last day of the window, `YYYY-MM-DD` in `zone`.
    pub last_day: String,
    /// ISO week such as `2026-W40` when the window is one, else `None`.
    pub iso_week: Option<String>,
    /// Whether the window was over at `as_of`.
    pub complete: bool,
    /// The moment that the run speaks for, RFC 3339 UTC.
    pub as_of: String,
    /// The latest arrival among the rows read, RFC 3339 UTC.
    pub data_through: Option<String>,
    /// (table, version) of each table read.
    pub table_versions: Vec<(String, u64)>,
}
