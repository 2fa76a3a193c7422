//! Time until something happens, where for some it has not happened yet: Kaplan and Meier's curve.
//!
//! Input are counts by time, which add up over days and files; nobody's own row is needed.

use std::collections::BTreeMap;

use super::Z;

/// Subjects whose observation ended after some time, and how.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Ended {
    /// For so many it happened then.
    pub events: u64,
    /// So many were last seen then, without it: they are censored.
    pub censored: u64,
}

/// One time of the curve.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SurvivalStep {
    /// The time.
    pub time: f64,
    /// Subjects still without the event just before.
    pub at_risk: u64,
    /// Subjects with the event then.
    pub events: u64,
    /// Share still without it afterwards, in [0, 1].
    pub survival: f64,
    /// Lower end of the 95 % interval of `survival`.
    pub low: f64,
    /// Upper end of the 95 % interval of `survival`.
    pub high: f64,
}

/// The time by which a share of the subjects has had the event.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TimeQuantile {
    /// The time; `None` where the curve does not get there.
    pub time: Option<f64>,
    /// Lower end of the 95 % interval.
    pub low: Option<f64>,
    /// Upper end of the 95 % interval; `None` where it lies beyond what was observed.
    pub high: Option<f64>,
}

/// The curve, one step for each time at which an observation ended.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct SurvivalCurve {
    /// Oldest first.
    pub steps: Vec<SurvivalStep>,
}

/// The product-limit estimate from the counts by time.
///
/// Formula: `S(t) = Π_{tᵢ ≤ t} (1 − dᵢ/nᵢ)`. Interval: with Greenwood's sum
/// `G(t) = Σ dᵢ / (nᵢ(nᵢ − dᵢ))` in the log-log form, `S(t)^exp(± z √G(t) / ln S(t))`; at 1 and at 0
/// it is the point itself. Who is censored at a time was at risk of it.
/// Source: E. L. Kaplan and P. Meier, JASA 53 (1958) 457–481; M. Greenwood 1926;
/// J. D. Kalbfleisch and R. L. Prentice, The Statistical Analysis of Failure Time Data (1980).
/// Times that are no numbers are left out.
#[must_use]
pub fn kaplan_meier(ended: impl IntoIterator<Item = (f64, Ended)>) -> SurvivalCurve {
    let mut by_time: Vec<(f64, Ended)> = ended
        .into_iter()
        .filter(|(time, _)| !time.is_nan())
        .collect();
    by_time.sort_by(|a, b| a.0.total_cmp(&b.0));
    by_time.dedup_by(|next, kept| {
        let same = next.0.total_cmp(&kept.0).is_eq();
        if same {
            kept.1.events += next.1.events;
            kept.1.censored += next.1.censored;
        }
        same
    });
    let mut at_risk: u64 = by_time
        .iter()
        .map(|(_, ended)| ended.events + ended.censored)
        .sum();
    let (mut survival, mut greenwood) = (1.0_f64, 0.0_f64);
    let mut steps = Vec::with_capacity(by_time.len());
    for (time, ended) in by_time {
        let left = at_risk - ended.events;
        if ended.events > 0 {
            survival *= left as f64 / at_risk as f64;
            greenwood += ended.events as f64 / (at_risk as f64 * left as f64);
        }
        let (low, high) = log_log(survival, greenwood);
        steps.push(SurvivalStep {
            time,
            at_risk,
            events: ended.events,
            survival,
            low,
            high,
        });
        at_risk = left - ended.censored;
    }
    SurvivalCurve { steps }
}

/// As [`kaplan_meier`], of times in whole days.
#[must_use]
pub fn kaplan_meier_days(ended: &BTreeMap<u32, Ended>) -> SurvivalCurve {
    kaplan_meier(ended.iter().map(|(days, ended)| (f64::from(*days), *ended)))
}

fn log_log(survival: f64, greenwood: f64) -> (f64, f64) {
    if survival <= 0.0 || survival >= 1.0 {
        return (survival, survival);
    }
    let stretch = Z * greenwood.sqrt() / survival.ln();
    let (a, b) = (
        survival.powf(stretch.exp()),
        survival.powf((-stretch).exp()),
    );
    (a.min(b), a.max(b))
}

impl SurvivalCurve {
    /// The time by which `share` of the subjects have had the event.
    ///
    /// Formula: the first time with `S(t) ≤ 1 − share`; the interval runs from the first time at
    /// which the lower end of `S`'s interval is that low to the first at which the upper end is.
    /// Source: R. Brookmeyer and J. Crowley, Biometrics 38 (1982) 29–41, in the log-log form.
    #[must_use]
    pub fn time_until(&self, share: f64) -> TimeQuantile {
        let first = |read: fn(&SurvivalStep) -> f64| {
            // Products of quotients are off by some last bits.
            let reached = 1.0 - share + 1e-12;
            let step = self.steps.iter().find(|step| read(step) <= reached)?;
            Some(step.time)
        };
        TimeQuantile {
            time: first(|step| step.survival),
            low: first(|step| step.low),
            high: first(|step| step.high),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::oracle::{close, oracle_text};

    fn curve(times: &[f64], events: &[bool]) -> SurvivalCurve {
        kaplan_meier(times.iter().zip(events).map(|(time, event)| {
            let ended = Ended {
                events: u64::from(*event),
                censored: u64::from(!event),
            };
            (*time, ended)
        }))
    }

    fn numbers(case: &serde_json::Value, key: &str) -> Vec<f64> {
        case[key]
            .as_array()
            .unwrap()
            .iter()
            .map(|value| value.as_f64().unwrap())
            .collect()
    }

    #[test]
    fn agrees_with_lifelines() {
        let Some(text) = oracle_text("kaplan_meier.json") else {
            return;
        };
        let cases: Vec<serde_json::Value> = serde_json::from_str(&text).unwrap();
        assert!(!cases.is_empty());
        for case in &cases {
            let events: Vec<bool> = numbers(case, "event").iter().map(|e| *e > 0.5).collect();
            let found = curve(&numbers(case, "time"), &events);
            let column = |key| numbers(case, key);
            let timeline = column("timeline");
            // Its timeline begins with a row at 0 where nothing has happened yet.
            let from = usize::from(found.steps[0].time > 0.0);
            assert_eq!(timeline.len(), found.steps.len() + from);
            let (survival, at_risk) = (column("survival"), column("at_risk"));
            let (low, high) = (column("lower95_loglog"), column("upper95_loglog"));
            for (step, row) in found.steps.iter().zip(from..) {
                close(Some(step.time), timeline[row], 1e-12);
                close(Some(step.survival), survival[row], 1e-9);
                close(Some(step.at_risk as f64), at_risk[row], 0.0);
                close(Some(step.low), low[row], 1e-9);
                close(Some(step.high), high[row], 1e-9);
            }
            close(
                found.time_until(0.5).time,
                case["median"].as_f64().unwrap(),
                0.0,
            );
        }
    }

    #[test]
    fn quantiles_have_the_intervals_of_lifelines() {
        // lifelines 0.30.3: `qth_survival_times` of the curve and of its log-log interval, on times
        // 1 to 20 with every fourth censored.
        let times: Vec<f64> = (1..=20).map(f64::from).collect();
        let events: Vec<bool> = (1..=20).map(|time| time % 4 != 0).collect();
        let found = curve(&times, &events);
        let check = |share, time, low, high| {
            assert_eq!(
                found.time_until(share),
                TimeQuantile { time, low, high },
                "{share}"
            );
        };
        check(0.1, Some(2.0), Some(1.0), Some(6.0));
        check(0.25, Some(6.0), Some(1.0), Some(11.0));
        check(0.5, Some(13.0), Some(6.0), Some(17.0));
        check(0.75, Some(17.0), Some(13.0), None);
        check(0.9, Some(19.0), Some(17.0), None);
    }

    #[test]
    fn without_censoring_it_is_the_plain_share() {
        let times = [3.0, 0.0, 0.0, 7.0, 3.0, 9.0, 11.0, 12.0, 12.0, 13.0];
        let found = curve(&times, &[true; 10]);
        for step in &found.steps {
            let later = times.iter().filter(|time| **time > step.time).count();
            close(Some(step.survival), later as f64 / 10.0, 1e-12);
        }
        assert_eq!(found.time_until(0.2).time, Some(0.0));
        assert_eq!(found.time_until(0.9).time, Some(12.0));
    }

    #[test]
    fn nobody_and_nothing_happened() {
        assert!(kaplan_meier([]).steps.is_empty());
        let waiting = curve(&[4.0, 9.0], &[false, false]);
        assert!(
            waiting
                .steps
                .iter()
                .all(|step| step.events == 0 && step.low >= 1.0)
        );
        assert_eq!(waiting.time_until(0.1).time, None);
    }
}
