//! What a rate must keep to, whatever the baseline does.
//!
//! A release can be no worse than a bad one before it; a limit of the team's own is crossed all the
//! same. It is judged by all that happened on the release, hour by hour, with half of the check's share
//! of `alpha`, so that of releases that keep to it at most that share is ever said to cross it.

use super::hours::{Hour, start_of};
use super::rates::{EVENTS_MIN, USERS_MIN};
use crate::days::instant_text;
use crate::findings::{Check, Guardrail, State};
use crate::metric::{Direction, Metric};
use crate::stats::sequential::limit::log_e_above;
use crate::watch::Arm;

/// Holds a check to a limit; `course` is who came in each hour and to how many of them it happened first,
/// oldest first.
pub(super) fn hold(
    check: &mut Check,
    metric: &Metric,
    (limit, alpha): (f64, f64),
    course: impl Iterator<Item = (Hour, Arm)>,
) {
    let is_floor = metric.direction == Direction::UpIsGood;
    let harm_at_most = if is_floor { 1.0 - limit } else { limit };
    let (mut sum, mut evidence, mut crossed_at) = (Arm::default(), 0.0, None);
    for (hour, arm) in course {
        sum = sum.plus(arm);
        evidence = log_e_above(sum.events, sum.exposure, harm_at_most);
        let can_be_said = sum.exposure >= USERS_MIN || sum.events >= EVENTS_MIN;
        if can_be_said && evidence >= (1.0 / alpha).ln() {
            crossed_at.get_or_insert(hour);
        }
    }
    let crossed_at = crossed_at.map(|hour| instant_text(start_of(hour)));
    let is_past = sum.events as f64 > harm_at_most * sum.exposure as f64;
    let side = if is_floor { "below" } else { "above" };
    let limit_text = format!("{side} the limit of {:.4} %", 100.0 * limit);
    let said = if crossed_at.is_some() {
        check.first_alarm_at = earliest(check.first_alarm_at.take(), crossed_at.clone());
        Some((State::Regressed, format!("{limit_text} beyond chance")))
    } else {
        let is_judged = sum.exposure >= USERS_MIN;
        (is_past && is_judged).then(|| {
            (
                State::Watch,
                format!("{limit_text}, chance is not excluded"),
            )
        })
    };
    if let Some((state, words)) = said {
        check.reason = format!("{words}; {}", check.reason);
        let is_unjudged = matches!(check.state, State::NoData | State::InsufficientData);
        if is_unjudged || check.state < state {
            check.state = state;
            check.verdict = state.verdict(None, 0.0);
        }
    }
    check.guardrail = Some(Guardrail {
        limit,
        e_value: evidence.exp(),
        crossed_at,
    });
}

/// RFC 3339 in UTC sorts as time does.
fn earliest(one: Option<String>, other: Option<String>) -> Option<String> {
    one.into_iter().chain(other).min()
}
