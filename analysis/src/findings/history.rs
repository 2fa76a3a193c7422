//! Figures of each day and week known.

use serde::Serialize;

use super::Estimate;

/// How long the span of a figure is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Grain {
    /// A calendar day.
    Day,
    /// A window as long as the report's: a week, unless another was asked for.
    Window,
}

/// A metric in one span, of all users or of a part of them.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PastFigure {
    /// The metric's id in the registry.
    pub metric: String,
    /// Whether `start` begins a day or a window.
    pub grain: Grain,
    /// First day of the span, `YYYY-MM-DD`.
    pub start: String,
    /// Of the users or sessions of one release; `unknown` where none was sent.
    pub release: Option<String>,
    /// Of one feature.
    pub feature: Option<String>,
    /// Of the users whose first event ever lies in the window that begins on this day.
    pub cohort: Option<String>,
    /// The figure.
    pub estimate: Estimate,
}
