//! How far the team's estimates were off, over all releases that went out with an accepted plan.

use std::collections::BTreeMap;

use super::items::{Span, outcomes};
use crate::accepted::Known;
use crate::error::Result;
use crate::facts::Question;
use crate::facts::records::ReleaseNote;
use crate::findings::{Calibration, ItemOutcome, Ratios};
use crate::stats::quantile;

/// Items from which on the ratios say enough to plan by: with fewer, one item decides where the outer
/// tenths lie.
const ITEMS_MIN: usize = 10;

/// The calibration of the team's estimates.
///
/// Formula: of each shipped item the ratio of what came to what was said when it was accepted or
/// added; medians and tenths over items, since ratios of work have heavy tails.
pub(crate) fn calibration(
    question: &Question<'_>,
    notes: &BTreeMap<String, ReleaseNote>,
    known: &Known,
) -> Result<Calibration> {
    let (mut effort, mut reach) = (Vec::new(), Vec::new());
    let mut releases = 0;
    for (release, note) in notes {
        let Some(plan) = &note.accepted else { continue };
        let Some(went_out_at) = plan.closed_at else {
            continue;
        };
        releases += 1;
        let (_, items) = outcomes(question, (release, plan), known, &[])?;
        let shipped = || items.iter().filter(|item| item.shipped == Some(true));
        effort.extend(shipped().filter_map(effort_ratio));
        if Span::after(went_out_at, question).is_over {
            reach.extend(shipped().filter_map(reach_ratio));
        }
    }
    Ok(Calibration {
        releases,
        effort: ratios(effort),
        reach: ratios(reach),
    })
}

fn effort_ratio(outcome: &ItemOutcome) -> Option<f64> {
    let planned = outcome
        .item
        .person_days_planned
        .filter(|days| *days > 0.0)?;
    Some(outcome.spent_person_days? / planned)
}

fn reach_ratio(outcome: &ItemOutcome) -> Option<f64> {
    let predicted = outcome.item.reach_users.filter(|users| *users > 0.0)?;
    Some(outcome.observed_users? as f64 / predicted)
}

fn ratios(mut of_items: Vec<f64>) -> Ratios {
    of_items.sort_by(f64::total_cmp);
    Ratios {
        low: quantile::lower_tenth(&of_items),
        high: quantile::upper_tenth(&of_items),
        are_used: of_items.len() >= ITEMS_MIN,
        median: quantile::median(&of_items),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ratios_are_used_from_ten_items_on() {
        let nine = ratios((1..10).map(f64::from).collect());
        assert_eq!((nine.median.value, nine.are_used), (Some(5.0), false));
        let twenty = ratios((1..=20).rev().map(f64::from).collect());
        assert_eq!(
            (twenty.low, twenty.median.value, twenty.high),
            (Some(2.0), Some(10.5), Some(18.0))
        );
        assert!(twenty.are_used);
        assert_eq!(ratios(Vec::new()), Ratios::default());
    }
}
