//! The metric registry: each metric's id, name, unit, numerator, denominator, direction, definition
//! and source in one place. HTML, CSV, JSON and terminal all take them from here.

use serde::Serialize;

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
    /// Hours.
    Hours,
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

/// A defined measure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Metric {
    /// The id used in CSV, JSON and settings.
    pub id: &'static str,
    /// The name that people read.
    pub name: &'static str,
    /// What it is measured in.
    pub unit: Unit,
    /// What is counted or summed.
    pub numerator: &'static str,
    /// What it is divided by; empty for counts.
    pub denominator: &'static str,
    /// Which way is good.
    pub direction: Direction,
    /// The definition in one sentence.
    pub definition: &'static str,
    /// How its interval is made.
    pub interval: &'static str,
    /// What to send so that it is filled.
    pub fed_by: &'static str,
    /// The source of the definition or formula.
    pub source: &'static str,
}

macro_rules! metrics {
    ($($konst:ident = $id:literal, $name:literal, $unit:ident, $direction:ident,
       of $numerator:literal, per $denominator:literal,
       means $definition:literal, interval $interval:literal,
       fed_by $fed_by:literal, source $source:literal;)+) => {
        $(
            #[doc = concat!($name, ". ", $definition, " Formula: ", $numerator, " / ", $denominator,
                ". Interval: ", $interval, ". Source: ", $source, ".")]
            pub const $konst: Metric = Metric {
                id: $id, name: $name, unit: Unit::$unit, numerator: $numerator,
                denominator: $denominator, direction: Direction::$direction,
                definition: $definition, interval: $interval, fed_by: $fed_by, source: $source,
            };
        )+
        /// All metrics, in the order in which reports show them.
        pub const REGISTRY: &[Metric] = &[$($konst),+];
    };
}

metrics! {
    ACTIVE_USERS = "active_users", "Active users", Users, UpIsGood,
        of "distinct users with at least one event", per "",
        means "Distinct user ids (anonymous id where there is none) with an event in the window.",
        interval "none: a count",
        fed_by "any event with user_id or anonymous_id", source "field practice";
    SESSIONS = "sessions", "Sessions", Count, Neutral,
        of "distinct session ids", per "",
        means "Distinct session ids seen in events of the window.",
        interval "none: a count",
        fed_by "session_id on events, or events of kind session", source "field practice";
    CRASH_FREE_SESSIONS = "crash_free_sessions", "Crash-free sessions", Rate, UpIsGood,
        of "sessions that did not end in a crash", per "sessions with a session update",
        means "1 - crashed / all sessions that sent a session update in the window; the terminal update of a session counts.",
        interval "Wilson 95 %; difference Newcombe",
        fed_by "events of kind session with status", source "Sentry release health; Newcombe 1998";
    CRASH_FREE_USERS = "crash_free_users", "Crash-free users", Rate, UpIsGood,
        of "users without a crashed session", per "users with a session update",
        means "1 - users with at least one crashed session / users with a session update in the window.",
        interval "Wilson 95 %; difference Newcombe",
        fed_by "events of kind session with status and user_id or anonymous_id", source "Sentry release health; Newcombe 1998";
    RATING_MEAN = "rating_mean", "Mean rating", Score, UpIsGood,
        of "sum of ratings", per "ratings",
        means "Mean of the ratings on the scale 1 to 5 given in the window; of several revisions of one piece the latest.",
        interval "Student t 95 %; difference Welch",
        fed_by "feedback of kind rating with a score", source "Welch 1947";
    LOW_RATING = "low_rating", "Low ratings (1 or 2 stars)", Rate, DownIsGood,
        of "ratings of 1 or 2", per "ratings",
        means "Share of 1- and 2-star ratings among the ratings of the window.",
        interval "Wilson 95 %; difference Newcombe",
        fed_by "feedback of kind rating with a score", source "Wilson 1927; Newcombe 1998";
    CSAT = "csat", "CSAT (4 or 5 of 5)", Rate, UpIsGood,
        of "answers of 4 or 5", per "CSAT answers",
        means "Share of the two best answers among CSAT answers of the window (top-2-box).",
        interval "Wilson 95 %; difference Newcombe",
        fed_by "feedback of kind csat with a score 1 to 5", source "top-2-box practice";
    NPS = "nps", "NPS", Points, UpIsGood,
        of "100 x (promoters 9-10 - detractors 0-6)", per "NPS answers",
        means "Net promoter score of the answers of the window, -100 to 100.",
        interval "adjusted Wald (Rocks 2016) 95 %; difference from both variances",
        fed_by "feedback of kind nps with a score 0 to 10", source "Reichheld 2003; Rocks 2016";
    FEEDBACK_VOLUME = "feedback_volume", "Pieces of feedback", Count, Neutral,
        of "pieces of feedback", per "",
        means "Pieces of feedback given in the window, replies left out; revisions of one piece count once.",
        interval "exact conditional for the ratio of two counts is not shown; a count",
        fed_by "feedback, or an import of reviews", source "field practice";
    ANSWERED = "answered_share", "Answered feedback", Rate, UpIsGood,
        of "pieces of feedback with an answer", per "pieces of feedback",
        means "Share of the window's feedback that the team had answered by as_of.",
        interval "Wilson 95 %; difference Newcombe",
        fed_by "replied_at of feedback, or feedback of kind reply with parent_id", source "field practice";
    ANSWER_HOURS = "answer_hours_median", "Median time to answer", Hours, DownIsGood,
        of "hours from feedback to answer", per "answered feedback",
        means "Median of the hours between a piece of feedback of the window and its answer, answered ones only.",
        interval "order statistics 95 %",
        fed_by "replied_at of feedback, or feedback of kind reply with parent_id", source "Conover 1999, quantile interval";
}

/// Looks a metric up by id.
#[must_use]
pub fn by_id(id: &str) -> Option<&'static Metric> {
    REGISTRY.iter().find(|metric| metric.id == id)
}
