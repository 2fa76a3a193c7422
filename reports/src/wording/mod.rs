//! The one place where findings become words.
//!
//! Rules: "rose by" and "fell by" are said only where the interval of the change leaves 0 out; else
//! it is "no detectable change" with the interval; where the data are too few, that is said with n.
//! A verdict is a shape, a word and a colour, so that it is never told by colour alone. No sentence
//! holds a number that the findings do not hold.

mod accepted;
mod adoption;
mod features;
mod funnel;
mod health;
mod planning;
mod release;
mod risk;
mod weekly;

pub(crate) use accepted::{
    calibration_sentences, drift_sentence, plan_change, rating_of_users, share_of_users, shipped,
};
pub(crate) use adoption::{forecast_record, rollout};
pub(crate) use features::{feature_figure, feature_since, unused_sentence};
pub(crate) use funnel::{funnel_head, funnel_name, funnel_sentence};
pub(crate) use health::{
    NAME_CHARS_MAX, REASON_CHARS_MAX, aligned, check_sentence, difference, health_line,
    health_nagios, health_notes, health_rows, health_table, ratio_of, release_list, state,
};
pub(crate) use planning::{
    bring_in, chosen_because, cut_reason, first_cut_sentence, goal_name, goal_outcome, goal_value,
    list_sentence, merge_circles, plan_sentence, plan_table, planning_sentences, proof,
    said_by_hand, score_card_sentence,
};
pub(crate) use release::{
    axis_title, first_day, release_claim, release_sentences, rollout_stages, same_age, slip,
    standing, unmatched,
};
pub(crate) use risk::{
    gate_days, gate_line, gates_sentence, likelihood, overdue_by_owner, owners, response_class,
    response_sentence, risk_effect, risk_found, risk_name, risk_remedy, risk_sentence, risk_sign,
};
pub(crate) use weekly::{claim, release_reason, weekly_sentences};

use analysis::findings::{Change, Estimate, Kpi, Reading, ValueSource, Verdict};
use analysis::metric::{self, Direction, Unit};

use crate::number;

/// How a verdict is shown: shape, word, and the class that colours it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Chip {
    /// The shape.
    pub(crate) icon: &'static str,
    /// The word.
    pub(crate) word: &'static str,
    /// The class.
    pub(crate) class: &'static str,
}

/// The chip of a verdict.
pub(crate) fn verdict(verdict: Verdict) -> Chip {
    let (icon, word, class) = match verdict {
        Verdict::Pass => ("●", "pass", "pass"),
        Verdict::Warn => ("▲", "warn", "warn"),
        Verdict::Fail => ("■", "fail", "fail"),
        Verdict::InsufficientData => ("◌", "too few data", "thin"),
    };
    Chip { icon, word, class }
}

/// Whether a movement is good news.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tone {
    /// Better.
    Good,
    /// Worse.
    Bad,
    /// Neither.
    Plain,
}

impl Tone {
    /// The class that colours it.
    pub(crate) fn class(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Bad => "bad",
            Self::Plain => "plain",
        }
    }
}

/// The name of a metric; its id where the registry does not know it.
pub(crate) fn metric_name(id: &str) -> String {
    metric::by_id(id).map_or_else(|| crate::text::clean(id), |metric| metric.name.to_owned())
}

/// The name of a metric within a sentence.
pub(crate) fn metric_inline(id: &str) -> String {
    let name = metric_name(id);
    if name.starts_with("CSAT") || name.starts_with("NPS") {
        return name;
    }
    let mut letters = name.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_lowercase().chain(letters).collect()
    })
}

/// The unit of a metric.
pub(crate) fn unit_of(id: &str) -> Unit {
    metric::by_id(id).map_or(Unit::Score, |metric| metric.unit)
}

/// What n counts for a metric, such as `ratings`; empty for counts.
pub(crate) fn denominator(id: &str) -> &'static str {
    metric::by_id(id).map_or("", |metric| metric.denominator)
}

/// What a movement of a metric means.
pub(crate) fn tone(id: &str, reading: Reading) -> Tone {
    let direction = metric::by_id(id).map_or(Direction::Neutral, |metric| metric.direction);
    match (reading, direction) {
        (Reading::Rose, Direction::UpIsGood) | (Reading::Fell, Direction::DownIsGood) => Tone::Good,
        (Reading::Rose, Direction::DownIsGood) | (Reading::Fell, Direction::UpIsGood) => Tone::Bad,
        _ => Tone::Plain,
    }
}

/// What the interval of a change allows to say.
pub(crate) fn reading_of(change: &Change) -> Reading {
    match (change.low, change.high) {
        (Some(low), _) if low > 0.0 => Reading::Rose,
        (_, Some(high)) if high < 0.0 => Reading::Fell,
        (Some(_), Some(_)) => Reading::NoDetectableChange,
        _ => Reading::Counted,
    }
}

/// `fell by 2.9 pp (−3.4 to −2.4 pp)`, `no detectable change (…)`, or the bare difference of counts.
pub(crate) fn change(id: &str, change: &Change, reading: Reading) -> String {
    let unit = unit_of(id);
    let interval = number::change_interval(unit, change);
    let within = |words: String| match &interval {
        Some(interval) => format!("{words} ({interval})"),
        None => words,
    };
    match reading {
        Reading::Rose => within(format!("rose by {}", number::change_size(unit, change))),
        Reading::Fell => within(format!("fell by {}", number::change_size(unit, change))),
        Reading::NoDetectableChange => within("no detectable change".to_owned()),
        Reading::Counted | Reading::InsufficientData | Reading::NoInput => match change.relative {
            Some(ratio) => {
                format!(
                    "{} ({})",
                    number::relative(ratio),
                    number::change(unit, change)
                )
            }
            None => number::change(unit, change),
        },
    }
}

/// The reading of a KPI against the window before.
pub(crate) fn kpi_reading(kpi: &Kpi) -> String {
    match (kpi.reading, &kpi.change) {
        (Reading::NoInput, _) => "nothing came in".to_owned(),
        (Reading::InsufficientData, _) => too_few(&kpi.now, &kpi.before),
        (reading, Some(change_found)) => change(&kpi.metric, change_found, reading),
        (_, None) => "nothing before to compare with".to_owned(),
    }
}

/// `too few (n = 14)`, with the n of the side before where it differs.
pub(crate) fn too_few(now: &Estimate, before: &Estimate) -> String {
    if now.n == before.n {
        format!("too few (n = {})", number::count(now.n))
    } else {
        format!(
            "too few (n = {}, before {})",
            number::count(now.n),
            number::count(before.n)
        )
    }
}

/// The arrow beside a reading; shape besides colour.
pub(crate) fn arrow(reading: Reading) -> &'static str {
    match reading {
        Reading::Rose => "▲",
        Reading::Fell => "▼",
        Reading::NoDetectableChange => "=",
        Reading::Counted => "±",
        Reading::InsufficientData | Reading::NoInput => "◌",
    }
}

/// What a share is a share of.
pub(crate) fn share_unit(unit: &str) -> &'static str {
    match unit {
        "active_users" => "active users",
        "feedback_authors" => "feedback authors",
        _ => "users",
    }
}

/// Where a value comes from.
pub(crate) fn source(source: ValueSource) -> &'static str {
    match source {
        ValueSource::Evidence => "evidence",
        ValueSource::Hand => "hand",
        ValueSource::Default => "default",
    }
}

/// `1 item`, `2 items`.
pub(crate) fn counted(n: u64, one: &str, many: &str) -> String {
    format!("{} {}", number::count(n), if n == 1 { one } else { many })
}

/// The number of elements, as the findings' counts are.
pub(crate) fn size<T>(items: &[T]) -> u64 {
    u64::try_from(items.len()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn difference(absolute: f64, low: f64, high: f64) -> Change {
        Change {
            absolute,
            relative: None,
            low: Some(low),
            high: Some(high),
        }
    }

    #[test]
    fn a_change_is_claimed_only_where_its_interval_leaves_zero_out() {
        let fell = difference(-0.029, -0.034, -0.024);
        assert_eq!(
            change("crash_free_sessions", &fell, reading_of(&fell)),
            "fell by 2.9 pp (−3.4 to −2.4 pp)"
        );
        let flat = difference(-0.0008, -0.0022, 0.0005);
        assert_eq!(
            change("crash_free_sessions", &flat, reading_of(&flat)),
            "no detectable change (−0.22 to +0.05 pp)"
        );
        let edge = difference(0.1, 0.0, 0.2);
        assert_eq!(reading_of(&edge), Reading::NoDetectableChange);
    }

    #[test]
    fn good_and_bad_follow_the_direction_of_the_metric() {
        assert_eq!(tone("crash_free_sessions", Reading::Fell), Tone::Bad);
        assert_eq!(tone("low_rating", Reading::Fell), Tone::Good);
        assert_eq!(tone("sessions", Reading::Rose), Tone::Plain);
        assert_eq!(
            tone("rating_mean", Reading::NoDetectableChange),
            Tone::Plain
        );
    }

    #[test]
    fn too_few_says_how_few() {
        let side = |n| Estimate {
            n,
            ..Estimate::default()
        };
        assert_eq!(too_few(&side(14), &side(14)), "too few (n = 14)");
        assert_eq!(
            too_few(&side(14), &side(1_420)),
            "too few (n = 14, before 1,420)"
        );
    }

    #[test]
    fn names_in_sentences_keep_their_abbreviations() {
        assert_eq!(metric_inline("crash_free_sessions"), "crash-free sessions");
        assert_eq!(metric_inline("csat"), "CSAT (4 or 5 of 5)");
        assert_eq!(metric_inline("no_such"), "no_such");
    }
}
