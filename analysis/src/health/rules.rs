//! By what releases are judged: the section `[health]`.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::metric::{self, Metric};

/// The bounds of error and the sizes that matter.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct HealthRules {
    /// Of releases that are fine, at most this share is ever flagged, over all looks and metrics.
    pub alpha: f64,
    /// Of releases that are worse by `proved_ratio`, at most this share is ever proved healthy.
    pub beta: f64,
    /// The least rate ratio that counts as harm.
    pub r_min: f64,
    /// A release is proved healthy when a rate ratio of this much is excluded.
    pub proved_ratio: f64,
    /// A release passes once a rise to this many times the baseline's rate would have been seen.
    pub max_hidden: f64,
    /// How many days from its coming into use a release is judged by.
    pub window_days: u32,
    /// Data whose last arrival is older than that give no verdict.
    #[serde(with = "lake::unit::span")]
    pub max_age: Duration,
    /// What passing asks for.
    pub gate: Gate,
    /// How single metrics are judged.
    pub metrics: BTreeMap<String, MetricRule>,
}

/// What passing asks for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Gate {
    /// That a rise above `max_hidden` would have been seen.
    #[default]
    Seen,
    /// Proof that the release is not worse by `proved_ratio`.
    Proved,
}

impl Default for HealthRules {
    fn default() -> Self {
        Self {
            alpha: 0.05,
            beta: 0.05,
            r_min: 1.10,
            proved_ratio: 1.5,
            max_hidden: 2.0,
            window_days: 14,
            max_age: Duration::from_secs(48 * 3600),
            gate: Gate::default(),
            metrics: BTreeMap::new(),
        }
    }
}

/// How one metric is judged; what is left out is as it is by default.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct MetricRule {
    /// How much of `alpha` and of the score is its own; 0 leaves it out.
    pub weight: Option<f64>,
    /// Whether a release is not judged without it.
    pub critical: Option<bool>,
    /// The least harm that counts: a rate ratio, or a difference in the metric's own unit.
    pub least_harm: Option<f64>,
    /// Harm up to this difference may be hidden from a release that is proved healthy; of ratings and
    /// answers.
    pub margin: Option<f64>,
    /// What the metric must keep to, whatever the baseline: the least share that is good, or the greatest
    /// that is bad; of rates alone.
    pub limit: Option<f64>,
}

/// How one metric is judged, with everything filled in.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Judging {
    pub(crate) weight: f64,
    pub(crate) critical: bool,
    pub(crate) least_harm: f64,
    pub(crate) margin: f64,
    pub(crate) limit: Option<f64>,
}

impl HealthRules {
    /// What does not hold together.
    #[must_use]
    pub fn problems(&self) -> Vec<String> {
        let share = |name: &str, value: f64| {
            let is_one = value > 0.0 && value < 0.5;
            (!is_one).then(|| format!("health.{name}: must lie between 0 and 0.5, such as 0.05"))
        };
        let ratio = |name: &str, value: f64, least: f64| {
            let is_one = value >= least && value <= 100.0;
            (!is_one).then(|| format!("health.{name}: must be {least} to 100, such as 1.5"))
        };
        let is_too_long = !(1..=60).contains(&self.window_days);
        let mut problems = vec![
            share("alpha", self.alpha),
            share("beta", self.beta),
            ratio("r_min", self.r_min, 1.0),
            ratio("proved_ratio", self.proved_ratio, 1.01),
            ratio("max_hidden", self.max_hidden, 1.01),
            is_too_long.then(|| "health.window_days: must be 1 to 60".to_owned()),
            self.max_age
                .is_zero()
                .then(|| "health.max_age: must be longer than nothing, such as 48h".to_owned()),
        ];
        for (id, rule) in &self.metrics {
            let is_known = metric::by_id(id).is_some();
            problems.push((!is_known).then(|| {
                format!("health.metrics.{id}: is no metric; `shipwake dictionary` lists them")
            }));
            let numbers = [rule.weight, rule.least_harm, rule.margin];
            let is_wrong = numbers
                .into_iter()
                .flatten()
                .any(|n| !n.is_finite() || n < 0.0);
            problems
                .push(is_wrong.then(|| format!("health.metrics.{id}: numbers must be 0 or more")));
            problems.push(rule.limit.and_then(|limit| limit_problem(id, limit)));
        }
        problems.into_iter().flatten().collect()
    }

    /// A metric's share of `alpha`, by its weight among `all` weights.
    pub(crate) fn alpha_of(&self, judging: Judging, all: f64) -> f64 {
        self.alpha * judging.weight / all.max(f64::MIN_POSITIVE)
    }

    /// How a metric is judged. First crashes weigh most, being what people suffer and what is counted
    /// best.
    pub(crate) fn of(&self, id: &str) -> Judging {
        let of = |weight, critical, least_harm, margin| Judging {
            weight,
            critical,
            least_harm,
            margin,
            limit: None,
        };
        let default = if id == metric::CRASH_FREE_USERS.id || id == metric::CRASH_FREE_SESSIONS.id {
            of(4.0, true, self.r_min, 0.0)
        } else if id == metric::USERS_WITH_ERRORS.id {
            of(2.0, false, self.r_min, 0.0)
        } else if id == metric::RATING_MEAN.id {
            of(1.0, false, 0.1, 0.3)
        } else if id == metric::NPS.id {
            of(1.0, false, 5.0, 20.0)
        } else {
            of(1.0, false, 0.02, 0.1)
        };
        let own = self.metrics.get(id).copied().unwrap_or_default();
        Judging {
            weight: own.weight.unwrap_or(default.weight).max(0.0),
            critical: own.critical.unwrap_or(default.critical),
            least_harm: own.least_harm.unwrap_or(default.least_harm),
            margin: own.margin.unwrap_or(default.margin),
            limit: own.limit,
        }
    }
}

/// The metrics that are judged as rates, and so can be held to a limit.
const RATES: [&Metric; 3] = [
    &metric::CRASH_FREE_USERS,
    &metric::CRASH_FREE_SESSIONS,
    &metric::USERS_WITH_ERRORS,
];

fn limit_problem(id: &str, limit: f64) -> Option<String> {
    if !RATES.iter().any(|metric| metric.id == id) {
        let ids = RATES.map(|metric| metric.id).join(", ");
        return Some(format!(
            "health.metrics.{id}.limit: only {ids} can be held to one"
        ));
    }
    let is_share = limit > 0.0 && limit < 1.0;
    (!is_share).then(|| {
        format!("health.metrics.{id}.limit: must be a share between 0 and 1, such as 0.99")
    })
}
