//! The metric registry: what each metric means, in a sentence and as a formula, in one place. HTML,
//! CSV, JSON, terminal and `shipwake dictionary` all take their words from here.
//!
//! A definition stands here before its code does: a metric with an empty [`Metric::shown_in`] is
//! defined and not computed yet, and no page speaks of it. Each group is a file of its own.

mod adoption;
mod delivery;
mod features;
mod funnels;
mod lifecycle;
mod retention;
mod satisfaction;
mod sessions;
mod stability;
mod users;

use serde::Serialize;

pub use adoption::*;
pub use delivery::*;
pub use features::*;
pub use funnels::*;
pub use lifecycle::*;
pub use retention::*;
pub use satisfaction::*;
pub use sessions::*;
pub use stability::*;
pub use users::*;

/// What a value is measured in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// People.
    Users,
    /// A plain count.
    Count,
    /// A rate in [0, 1], shown as percent; changes in percentage points.
    Rate,
    /// A mean of a score, such as 4.21 of 5.
    Score,
    /// NPS points, −100 to 100.
    Points,
    /// So many a user, such as 3.2 sessions.
    PerUser,
    /// So many for 1,000 users.
    PerThousand,
    /// Minutes.
    Minutes,
    /// Hours.
    Hours,
    /// Days.
    Days,
    /// A correlation, −1 to 1.
    Correlation,
}

/// Which way is good.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// More is better.
    UpIsGood,
    /// Less is better.
    DownIsGood,
    /// Neither.
    Neutral,
}

/// Metrics that answer one question, in the order of the dictionary.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Group {
    /// How many people use the product, and how often they come back to it.
    Users,
    /// Who came, stayed, returned and left.
    Lifecycle,
    /// Who is still there after some days.
    Retention,
    /// How often and for how long the product is used.
    Sessions,
    /// How often it breaks.
    Stability,
    /// How far a release has come.
    Adoption,
    /// Whether what was built is used.
    Features,
    /// What people say of it.
    Satisfaction,
    /// How many get through a row of steps.
    Funnels,
    /// How releases go out.
    Delivery,
}

impl Group {
    /// The word that names the group in commands and tables.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Self::Users => "users",
            Self::Lifecycle => "lifecycle",
            Self::Retention => "retention",
            Self::Sessions => "sessions",
            Self::Stability => "stability",
            Self::Adoption => "adoption",
            Self::Features => "features",
            Self::Satisfaction => "satisfaction",
            Self::Funnels => "funnels",
            Self::Delivery => "delivery",
        }
    }

    /// The heading of the group.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::Users => "Active users",
            Self::Lifecycle => "Lifecycle: who came, stayed, returned and left",
            Self::Retention => "Retention: who is still there after some days",
            Self::Sessions => "Sessions: how often and for how long",
            Self::Stability => "Stability: how often it breaks",
            Self::Adoption => "Adoption: how far a release has come",
            Self::Features => "Features: whether what was built is used",
            Self::Satisfaction => "Satisfaction: what people say",
            Self::Funnels => "Funnels: who gets through a row of steps",
            Self::Delivery => "Delivery: how releases go out",
        }
    }
}

/// Where a metric is computed and shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    /// A row among the KPIs of the weekly report, with its history.
    WeeklyKpis,
    /// Elsewhere in the weekly report: by release, by day, by star.
    WeeklyReport,
    /// The table of history beside the weekly report alone.
    KpiHistory,
    /// A check of `shipwake health check`.
    HealthCheck,
    /// A goal of the last plan, in the planning report.
    PlanningGoals,
    /// Elsewhere in the planning report.
    PlanningReport,
    /// `shipwake funnel`.
    FunnelCommand,
}

/// A defined measure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Metric {
    /// The id used in CSV, JSON and settings.
    pub id: &'static str,
    /// The name that people read.
    pub name: &'static str,
    /// The question that it helps to answer.
    pub group: Group,
    /// What it is measured in.
    pub unit: Unit,
    /// What is counted or summed.
    pub numerator: &'static str,
    /// What its n counts; empty for counts, which are their own n.
    pub denominator: &'static str,
    /// Which way is good.
    pub direction: Direction,
    /// What it is, in a sentence for somebody who plans a product.
    pub definition: &'static str,
    /// How it is computed, on one line; a fraction has one ` ÷ `, between its two parts.
    pub formula: &'static str,
    /// What happens in the cases that readers ask about.
    pub edge_cases: &'static [&'static str],
    /// How its interval is made.
    pub interval: &'static str,
    /// What to send so that it is filled.
    pub fed_by: &'static str,
    /// The source of the definition or formula.
    pub source: &'static str,
    /// Where it is computed; empty while it is defined alone.
    pub shown_in: &'static [Place],
}

impl Metric {
    /// Whether it is computed and shown at a place.
    #[must_use]
    pub fn is_shown_in(&self, place: Place) -> bool {
        self.shown_in.contains(&place)
    }

    /// Whether some command computes it.
    #[must_use]
    pub fn is_computed(&self) -> bool {
        !self.shown_in.is_empty()
    }
}

/// Declares the metrics of a group: a constant each, and one that holds them in order.
macro_rules! metrics {
    ($group:ident in $all:ident:
     $($konst:ident = $id:literal, $name:literal, $unit:ident, $direction:ident,
       shown_in [$($place:ident),*],
       means $definition:literal,
       formula $formula:literal, of $numerator:literal, per $denominator:literal,
       edge_cases [$($edge_case:literal),+ $(,)?],
       interval $interval:literal, fed_by $fed_by:literal, source $source:literal;)+) => {
        $(
            #[doc = concat!($name, ": ", $definition, "\n\nFormula: ", $formula, "\n\n",
                $("* ", $edge_case, "\n",)+
                "\nInterval: ", $interval, ". Source: ", $source, ".")]
            pub const $konst: $crate::metric::Metric = $crate::metric::Metric {
                id: $id,
                name: $name,
                group: $crate::metric::Group::$group,
                unit: $crate::metric::Unit::$unit,
                numerator: $numerator,
                denominator: $denominator,
                direction: $crate::metric::Direction::$direction,
                definition: $definition,
                formula: $formula,
                edge_cases: &[$($edge_case),+],
                interval: $interval,
                fed_by: $fed_by,
                source: $source,
                shown_in: &[$($crate::metric::Place::$place),*],
            };
        )+
        pub(super) const $all: &[$crate::metric::Metric] = &[$($konst),+];
    };
}
use metrics;

/// All groups, in the order of the dictionary and of reports.
const GROUPS: &[&[Metric]] = &[
    USERS_GROUP,
    LIFECYCLE_GROUP,
    RETENTION_GROUP,
    SESSIONS_GROUP,
    STABILITY_GROUP,
    ADOPTION_GROUP,
    FEATURES_GROUP,
    SATISFACTION_GROUP,
    FUNNELS_GROUP,
    DELIVERY_GROUP,
];

/// Every metric that is defined, whether some command computes it or none.
pub fn registry() -> impl Iterator<Item = &'static Metric> {
    GROUPS.iter().copied().flatten()
}

/// The metrics that some command computes: what a reader may be told of.
pub fn computed() -> impl Iterator<Item = &'static Metric> {
    registry().filter(|metric| metric.is_computed())
}

/// The KPIs of a weekly report, in the order in which it shows them.
pub fn weekly_kpis() -> impl Iterator<Item = &'static Metric> {
    registry().filter(|metric| metric.is_shown_in(Place::WeeklyKpis))
}

/// The metrics of delivery, in the order in which reports show them.
pub fn of_delivery() -> impl Iterator<Item = &'static Metric> {
    DELIVERY_GROUP.iter()
}

/// Looks a metric up by id.
#[must_use]
pub fn by_id(id: &str) -> Option<&'static Metric> {
    registry().find(|metric| metric.id == id)
}

#[cfg(test)]
mod tests;
