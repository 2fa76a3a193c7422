//! The figures of delivery, from what came of each deployment.

use super::Evidence;
use super::outcome::{Outcome, hours};
use crate::findings::{DeliveryKpi, Estimate, Part, Standing};
use crate::metric::{self, Metric};
use crate::stats::{self, proportion, quantile, rank};

const HOURS_PER_DAY: f64 = 24.0;

/// Least values for a median: below there is no interval from order statistics.
const VALUES_MIN: u64 = 6;

/// Least of its denominator for a rate.
const RATED_MIN: u64 = 5;

/// All figures, in the registry's order.
pub(super) fn all(evidence: &Evidence<'_>, outcomes: &[Outcome]) -> Vec<DeliveryKpi> {
    let deployed = outcomes.len() as u64;
    let failed: Vec<&Outcome> = outcomes
        .iter()
        .filter(|one| !one.row.failed_by.is_empty())
        .collect();
    let reworked = outcomes.iter().filter(|one| one.row.repairs.is_some());
    vec![
        kpi(&metric::DEPLOYMENTS, stats::count(deployed), 1).resting_on([
            ("marks", counted(outcomes, |one| one.row.known_by == "mark")),
            (
                "records",
                counted(outcomes, |one| one.row.known_by == "record"),
            ),
        ]),
        gap(evidence),
        lead(outcomes),
        rate(&metric::CHANGE_FAIL_RATE, failed.len() as u64, deployed),
        recovery(&failed),
        rate(&metric::REWORK_RATE, reworked.count() as u64, deployed),
        slip(outcomes),
        lag(outcomes),
        shipped(outcomes),
        goals(outcomes),
        size(&metric::SIZE_AND_FAILURE, outcomes, |one| {
            Some(if one.row.failed_by.is_empty() {
                0.0
            } else {
                1.0
            })
        }),
        size(&metric::SIZE_AND_LOW_RATINGS, outcomes, |one| {
            one.low_rating_change
        }),
    ]
}

fn gap(evidence: &Evidence<'_>) -> DeliveryKpi {
    let starts: Vec<_> = evidence.in_window().map(|one| one.at).collect();
    let gaps = starts.windows(2).filter_map(|pair| match pair {
        [from, to] => Some(hours(*from, *to) / HOURS_PER_DAY),
        _ => None,
    });
    median(&metric::DEPLOYMENT_GAP_DAYS, gaps).with_input()
}

fn lead(outcomes: &[Outcome]) -> DeliveryKpi {
    let all = outcomes
        .iter()
        .flat_map(|one| one.lead_hours.iter().copied());
    let from = |word: &str| -> u64 {
        let those = outcomes
            .iter()
            .filter(|one| one.row.lead_time_from.as_deref() == Some(word));
        those.map(|one| one.row.changes).sum()
    };
    median(&metric::LEAD_TIME_HOURS, all)
        .resting_on([("commits", from("commits")), ("items", from("items"))])
        .leaving_out([("not above 0", total(outcomes, |one| one.leads_left_out))])
}

fn recovery(failed: &[&Outcome]) -> DeliveryKpi {
    let by = |word: &str| {
        let those = failed
            .iter()
            .filter(|one| one.row.recovered_by.as_deref() == Some(word));
        those.count() as u64
    };
    let open = failed.iter().filter(|one| one.row.recovery_hours.is_none());
    let times = failed.iter().filter_map(|one| one.row.recovery_hours);
    let found = median(&metric::RECOVERY_HOURS, times)
        .resting_on([
            ("restored marks", by("restored")),
            ("sessions", by("sessions")),
        ])
        .leaving_out([("not known to be over", open.count() as u64)]);
    // That nothing failed is no lack of input.
    found.with_input()
}

fn slip(outcomes: &[Outcome]) -> DeliveryKpi {
    let days = outcomes
        .iter()
        .filter_map(|one| one.row.slip_days)
        .map(f64::from);
    let without = |one: &Outcome| one.is_first && one.row.slip_days.is_none();
    median(&metric::RELEASE_SLIP_DAYS, days)
        .leaving_out([("without a planned date", counted(outcomes, without))])
}

fn lag(outcomes: &[Outcome]) -> DeliveryKpi {
    let lags = outcomes
        .iter()
        .filter_map(|one| one.row.first_seen_lag_hours);
    let unseen = |one: &Outcome| {
        one.is_first && !one.is_seen_before && one.row.first_seen_lag_hours.is_none()
    };
    median(&metric::FIRST_SEEN_LAG_HOURS, lags).leaving_out([
        (
            "seen before they went out",
            counted(outcomes, |one| one.is_seen_before),
        ),
        ("not seen yet", counted(outcomes, unseen)),
    ])
}

fn shipped(outcomes: &[Outcome]) -> DeliveryKpi {
    let unknown = total(outcomes, |one| one.items_unknown);
    let planned = total(outcomes, |one| one.row.items_planned);
    let shipped = total(outcomes, |one| one.row.items_shipped);
    rate(
        &metric::SCOPE_SHIPPED,
        shipped,
        planned.saturating_sub(unknown),
    )
    .leaving_out([("not in the backlog", unknown)])
}

fn goals(outcomes: &[Outcome]) -> DeliveryKpi {
    let not_judged = total(outcomes, |one| one.goals_not_judged);
    let found = rate(
        &metric::GOALS_MET,
        total(outcomes, |one| one.row.goals_met),
        total(outcomes, |one| one.row.goals_judged),
    );
    found.leaving_out([("too few data", not_judged)])
}

/// Size of the scope against an outcome, over releases that have both.
fn size(
    metric: &'static Metric,
    outcomes: &[Outcome],
    of: impl Fn(&Outcome) -> Option<f64>,
) -> DeliveryKpi {
    let pairs: Vec<(f64, f64)> = outcomes
        .iter()
        .filter_map(|one| Some((one.size? as f64, of(one)?)))
        .collect();
    let without = counted(outcomes, |one| one.is_first && one.size.is_none());
    kpi(metric, rank::spearman(&pairs), rank::PAIRS_MIN).leaving_out([("without a scope", without)])
}

fn counted(outcomes: &[Outcome], is_so: impl Fn(&Outcome) -> bool) -> u64 {
    outcomes.iter().filter(|one| is_so(one)).count() as u64
}

fn total(outcomes: &[Outcome], of: impl Fn(&Outcome) -> u64) -> u64 {
    outcomes.iter().map(of).sum()
}

fn median(metric: &'static Metric, values: impl Iterator<Item = f64>) -> DeliveryKpi {
    let mut sorted: Vec<f64> = values.collect();
    sorted.sort_by(f64::total_cmp);
    kpi(metric, quantile::median(&sorted), VALUES_MIN)
}

fn rate(metric: &'static Metric, some: u64, all: u64) -> DeliveryKpi {
    kpi(metric, proportion::estimate(some, all), RATED_MIN)
}

/// A figure; below `min_n` its value is shown without an interval and is not read.
fn kpi(metric: &'static Metric, now: Estimate, min_n: u64) -> DeliveryKpi {
    let (now, standing) = match now.n {
        0 if metric.id == metric::DEPLOYMENTS.id => (now, Standing::Measured),
        0 => (now, Standing::NoInput),
        n if n < min_n || now.value.is_none() => {
            let bare = Estimate {
                low: None,
                high: None,
                ..now
            };
            (bare, Standing::InsufficientData)
        }
        _ => (now, Standing::Measured),
    };
    DeliveryKpi {
        metric: metric.id.to_owned(),
        now,
        standing,
        rests_on: Vec::new(),
        left_out: Vec::new(),
    }
}

impl DeliveryKpi {
    /// Of a figure whose input is there: that it has no value is for want of data.
    fn with_input(self) -> Self {
        match self.standing {
            Standing::NoInput => Self {
                standing: Standing::InsufficientData,
                ..self
            },
            _ => self,
        }
    }

    fn resting_on<const N: usize>(self, on: [(&str, u64); N]) -> Self {
        Self {
            rests_on: parts(on),
            ..self
        }
    }

    fn leaving_out<const N: usize>(self, out: [(&str, u64); N]) -> Self {
        Self {
            left_out: parts(out),
            ..self
        }
    }
}

/// Those of which there are any.
fn parts<const N: usize>(of: [(&str, u64); N]) -> Vec<Part> {
    let some = of.into_iter().filter(|(_, count)| *count > 0);
    some.map(|(what, count)| Part {
        what: what.to_owned(),
        count,
    })
    .collect()
}
