//! Outcomes of many releases, counted.

use super::run::Row;
use super::scenario::{Counted, Kind, Scenario};
use crate::stats::proportion;

/// What became of one release by one rule.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Outcome {
    /// Whether it was flagged, or got a proof that is wrong.
    pub(super) flagged: bool,
    /// The hour of the verdict that it should get.
    pub(super) found: Option<i64>,
}

impl Outcome {
    /// Of a release that is fine any flag is wrong; of one that is not, each after the onset is right.
    pub(super) fn of_flag(scenario: &Scenario, hour: Option<i64>) -> Self {
        let is_right = |hour: &i64| scenario.kind == Kind::Bad && *hour >= scenario.onset;
        Self {
            flagged: hour.is_some(),
            found: hour.filter(is_right),
        }
    }
}

/// The outcomes of a scenario's releases by one rule.
pub(super) struct Tally {
    releases: usize,
    flagged: usize,
    /// Hours of the right verdicts, in order.
    found: Vec<i64>,
}

impl Tally {
    pub(super) fn of<'a>(outcomes: impl Iterator<Item = &'a Outcome>) -> Self {
        let mut tally = Self {
            releases: 0,
            flagged: 0,
            found: Vec::new(),
        };
        for outcome in outcomes {
            tally.releases += 1;
            tally.flagged += usize::from(outcome.flagged);
            tally.found.extend(outcome.found);
        }
        tally.found.sort_unstable();
        tally
    }

    pub(super) fn row(&self, scenario: &Scenario, rule: String, is_asked: bool) -> Row {
        let flagged = proportion::estimate(self.flagged as u64, self.releases as u64);
        let is_sought = scenario.kind == Kind::Bad || scenario.counted == Counted::Proof;
        Row {
            scenario: scenario.name,
            kind: scenario.kind,
            rule,
            is_asked,
            releases: self.releases,
            flagged_share: flagged.value.unwrap_or_default(),
            flagged_upper95: flagged.high.unwrap_or(1.0),
            found_share: is_sought.then(|| self.found.len() as f64 / self.releases as f64),
            median_hours: self.median_hours().filter(|_| is_sought),
        }
    }

    /// The look by which half of all releases had their verdict, counted from the first hour's.
    fn median_hours(&self) -> Option<f64> {
        let at = |rank: usize| self.found.get(rank).map(|hour| (*hour + 1) as f64);
        let middle = self.releases / 2;
        if self.releases % 2 == 1 {
            at(middle)
        } else {
            Some(f64::midpoint(at(middle.checked_sub(1)?)?, at(middle)?))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::course::HOURS;
    use super::super::scenario::SCENARIOS;
    use super::*;

    fn median(found: &[Option<i64>]) -> Option<f64> {
        let outcome = |found: &Option<i64>| Outcome {
            flagged: false,
            found: *found,
        };
        let outcomes: Vec<Outcome> = found.iter().map(outcome).collect();
        Tally::of(outcomes.iter()).median_hours()
    }

    #[test]
    fn the_median_is_that_of_all_releases() {
        assert_eq!(median(&[Some(4), Some(2), Some(9)]), Some(5.0));
        assert_eq!(median(&[Some(4), None, None]), None);
        assert_eq!(median(&[Some(4), Some(2), None]), Some(5.0));
        assert_eq!(median(&[Some(3), Some(4)]), Some(4.5));
        assert_eq!(median(&[Some(3), None]), None);
        assert_eq!(median(&[]), None);
        assert!(SCENARIOS.iter().all(|scenario| scenario.onset < HOURS));
    }
}
