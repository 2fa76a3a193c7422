//! The dictionary as a page of its own: each metric in a sentence, then its formula.
//!
//! It holds the metrics that some command computes, and no others. What is true of all of them is
//! said once, at the head.

mod forms;
mod page;

use analysis::metric::{Direction, Group, Metric, Place, Unit, computed, registry};

pub use forms::{dictionary_csv, dictionary_json};
pub use page::{dictionary_markdown, dictionary_text};

/// What somebody asked the dictionary for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// These metrics.
    Metrics(Vec<&'static Metric>),
    /// A metric that is defined, and that no command computes.
    NotComputed(&'static Metric),
    /// Nothing by that name; these there are, groups first.
    Nothing(Vec<&'static str>),
}

/// The metrics of a group, or the metric with an id; all where nothing is named.
#[must_use]
pub fn look_up(asked: Option<&str>) -> Found {
    let Some(asked) = asked else {
        return Found::Metrics(computed().collect());
    };
    let of_group: Vec<&Metric> = computed()
        .filter(|metric| metric.group.id() == asked)
        .collect();
    if !of_group.is_empty() {
        return Found::Metrics(of_group);
    }
    match registry().find(|metric| metric.id == asked) {
        Some(metric) if metric.is_computed() => Found::Metrics(vec![metric]),
        Some(metric) => Found::NotComputed(metric),
        None => {
            let mut names: Vec<&str> = computed().map(|metric| metric.group.id()).collect();
            names.dedup();
            names.extend(computed().map(|metric| metric.id));
            names.dedup();
            Found::Nothing(names)
        }
    }
}

/// What holds for every metric: a word, and what it means.
const RULES: &[(&str, &str)] = &[
    (
        "user",
        "user_id where it is known, else anonymous_id; ids that an identify event or an alias ties together are one. The unit of adoption and of active users.",
    ),
    (
        "event",
        "One fact that an app sent. Each counts once, however often it was sent or stored.",
    ),
    (
        "session",
        "One span of use, with one session_id in all that it sends.",
    ),
    (
        "window",
        "Whole days in the report's zone, the first and the last included.",
    ),
    (
        "as_of",
        "The moment that a report speaks for: when it is made, unless --as-of says another. What happened later is not known to it.",
    ),
    (
        "release",
        "The version as sent with each event; `unknown` where none was sent.",
    ),
    (
        "feedback",
        "A rating, an answer, a comment, a bug report or a feature request. A reply is none.",
    ),
    (
        "formula",
        "What stands above the line is divided by what stands below it.",
    ),
    (
        "interval",
        "Where the true value may lie, at 95 %. A change is called one when its interval leaves out 0.",
    ),
    (
        "left out",
        "A value without data is empty and never 0; with too few data it is shown, and not judged.",
    ),
];

/// The groups of some metrics, each with its own, in order.
fn by_group<'a>(
    metrics: &'a [&'static Metric],
) -> impl Iterator<Item = (Group, &'a [&'static Metric])> {
    metrics
        .chunk_by(|a, b| a.group == b.group)
        .filter_map(|metrics| Some((metrics.first()?.group, metrics)))
}

fn unit(unit: Unit) -> &'static str {
    match unit {
        Unit::Users => "users",
        Unit::Count => "a count",
        Unit::Rate => "a rate from 0 to 1, shown as percent",
        Unit::Score => "a mean on the scale of the answers",
        Unit::Points => "points from -100 to 100",
        Unit::PerUser => "so many a user",
        Unit::PerThousand => "so many for 1,000 users",
        Unit::Minutes => "minutes",
        Unit::Hours => "hours",
        Unit::Correlation => "a correlation from -1 to 1",
        Unit::Days => "days",
    }
}

fn direction(direction: Direction) -> &'static str {
    match direction {
        Direction::UpIsGood => "more is better",
        Direction::DownIsGood => "less is better",
        Direction::Neutral => "neither more nor less is better",
    }
}

fn place(place: Place) -> &'static str {
    match place {
        Place::WeeklyKpis => "shipwake report weekly (KPIs)",
        Place::WeeklyReport => "shipwake report weekly (by release, feature, day or star)",
        Place::KpiHistory => "shipwake report weekly (kpi_history table)",
        Place::HealthCheck => "shipwake health check",
        Place::PlanningGoals => "shipwake report planning (goals of the last plan)",
        Place::PlanningReport => "shipwake report planning",
        Place::FunnelCommand => "shipwake funnel",
    }
}

fn places(metric: &Metric) -> String {
    let places: Vec<&str> = metric.shown_in.iter().map(|shown| place(*shown)).collect();
    places.join(", ")
}

/// The two parts of a formula that is a fraction as a whole.
fn fraction(formula: &str) -> Option<(&str, &str)> {
    let (above, below) = formula.split_once(" ÷ ")?;
    let is_whole = [above, below]
        .iter()
        .all(|part| part.matches('(').count() == part.matches(')').count());
    is_whole.then_some((above, below))
}

#[cfg(test)]
mod tests;
