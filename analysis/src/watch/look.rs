//! What one look at a metric of a release says.

use serde::Serialize;

use crate::findings::State;
use crate::stats::sequential::Arm;

/// The judgement after an hour.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Look {
    /// The last hour taken in.
    pub hour: i64,
    /// How far the judgement has come.
    pub state: State,
    /// Why nothing, or no more, can be said.
    pub because: Option<Because>,
    /// Evidence that the rate ratio is above `null`: an alarm at `1/α`. Never infinite.
    pub e_value: f64,
    /// The same as a natural logarithm.
    pub log_e: f64,
    /// The rate ratio that an alarm speaks against: the greatest of the least ratio that counts as
    /// harm and what the arms differed by anyway.
    pub null: f64,
    /// The new arm's rate over the base's, within hours and strata, as it was counted; `None` without
    /// an event of the base.
    pub ratio: Option<f64>,
    /// Lower end of the confidence sequence for the ratio, at `1 − α`; `None` before any event.
    pub low: Option<f64>,
    /// Upper end; `None` where there is none yet.
    pub high: Option<f64>,
    /// The first hour at which the evidence sufficed for an alarm; it stays.
    pub first_alarm_hour: Option<i64>,
    /// A rise by the release to this ratio or more would have been seen by now, but for `β`; `None`
    /// while any rise could still be hidden. It takes into account how unlike the arms were before.
    pub hidden: Option<f64>,
    /// What the new arm went through so far.
    pub new: Arm,
    /// What the base went through so far.
    pub base: Arm,
}

/// A rate ratio as it was counted, whatever the arms differed by before.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct CountedRatio {
    /// Within hours and strata; `None` without an event of the base.
    pub ratio: Option<f64>,
    /// Lower end of the confidence sequence; `None` before any event.
    pub low: Option<f64>,
    /// Upper end; `None` where there is none yet.
    pub high: Option<f64>,
}

/// Why a state is no more than it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Because {
    /// Nothing came from the release in the last day.
    Silent,
    /// Fewer events, of both arms, than a judgement needs.
    FewEvents,
    /// Fewer exposed on the release than a judgement needs.
    FewExposed,
    /// Fewer than four past weeks to compare with.
    LittleHistory,
    /// The groups differed too much, or too uncertainly, before the release.
    Selection,
    /// The window ended before the evidence sufficed either way.
    WindowOver,
}
