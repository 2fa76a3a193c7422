//! Priority scores: of backlog items RICE and the weighted decision factors, and of a team's own sheet
//! ([`sheet`]) those that the usual tools and methods have, as their authors define them.
//!
//! Effort is in person-days everywhere. RICE is usually written per person-month; one unit instead
//! of another multiplies every score by the same number, so the order of the items does not change,
//! and neither does the plan, which maximises value within person-days.

mod discovery;
#[cfg(test)]
mod examples;
mod group;
mod judged;
mod kano;
mod moscow;
pub mod sheet;
mod votes;
mod weighted;

use serde::{Deserialize, Serialize};

use crate::findings::Factors;

pub(crate) use discovery::{Scale, canny, canny_factor, discovery};
pub(crate) use judged::{Quadrant, ice, ice_mean, quadrants, wsjf};
pub(crate) use votes::{CustomerImpact, customer_impact, fider_trending, productboard_impact};

/// Reach × impact × confidence: what a plan maximises.
#[must_use]
pub fn value(reach: f64, impact: f64, confidence: f64) -> f64 {
    reach * impact * confidence
}

/// RICE: reach × impact × confidence ÷ effort; `None` unless the effort is above 0.
///
/// Source: S. McBride, "RICE: simple prioritization for product managers", Intercom (2016).
#[must_use]
pub fn rice(reach: f64, impact: f64, confidence: f64, effort_person_days: f64) -> Option<f64> {
    (effort_person_days > 0.0).then(|| value(reach, impact, confidence) / effort_person_days)
}

/// How much each decision factor counts. Only the proportions matter.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct FactorWeights {
    /// Bug or UI fix.
    pub bug_fix: f64,
    /// Strategic objective.
    pub strategic: f64,
    /// Feasibility.
    pub feasibility: f64,
    /// Free of dependencies.
    pub dependencies: f64,
    /// Resources at hand.
    pub resources: f64,
    /// Cheapness.
    pub cost: f64,
    /// Expected return.
    pub expected_return: f64,
}

impl Default for FactorWeights {
    /// What an item is for counts double what it takes; the weights sum to 1.
    fn default() -> Self {
        Self {
            bug_fix: 0.2,
            strategic: 0.2,
            feasibility: 0.1,
            dependencies: 0.1,
            resources: 0.1,
            cost: 0.1,
            expected_return: 0.2,
        }
    }
}

impl FactorWeights {
    /// What is wrong with these weights, one sentence each with its key; empty when nothing is.
    #[must_use]
    pub fn problems(&self) -> Vec<String> {
        let mut problems: Vec<String> = self
            .named()
            .into_iter()
            .filter(|(_, weight)| !weight.is_finite() || *weight < 0.0)
            .map(|(name, weight)| format!("{name} must be 0 or more, got {weight}"))
            .collect();
        if problems.is_empty() && !self.named().iter().any(|(_, weight)| *weight > 0.0) {
            problems.push("at least one weight must be above 0".to_owned());
        }
        problems
    }

    fn named(&self) -> [(&'static str, f64); 7] {
        [
            ("bug_fix", self.bug_fix),
            ("strategic", self.strategic),
            ("feasibility", self.feasibility),
            ("dependencies", self.dependencies),
            ("resources", self.resources),
            ("cost", self.cost),
            ("expected_return", self.expected_return),
        ]
    }
}

/// The weighted mean of the factors that are present, on their scale of 0 to 10.
///
/// Formula: `Σ wₖ sₖ / Σ wₖ` over the factors present, so that an absent factor counts neither for
/// nor against. `None` when none with a weight above 0 is present. Source: the weighted scoring
/// model of decision analysis (simple additive weighting).
#[must_use]
pub fn weighted(factors: &Factors, weights: &FactorWeights) -> Option<f64> {
    let scores = [
        factors.bug_fix,
        factors.strategic,
        factors.feasibility,
        factors.dependencies,
        factors.resources,
        factors.cost,
        factors.expected_return,
    ];
    let (mut total, mut weight_sum) = (0.0, 0.0);
    for (score, (_, weight)) in scores.into_iter().zip(weights.named()) {
        if let Some(score) = score {
            total += weight * score;
            weight_sum += weight;
        }
    }
    (weight_sum > 0.0).then(|| total / weight_sum)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(got: Option<f64>, expected: f64) {
        assert!(
            (got.unwrap() - expected).abs() < 5e-3,
            "{got:?} for {expected}"
        );
    }

    #[test]
    fn rice_of_published_examples() {
        // tools.noemacore.com, the RICE calculator's example: the smaller feature wins.
        close(rice(2000.0, 2.0, 0.8, 3.0), 1066.67);
        close(rice(5000.0, 0.5, 1.0, 1.0), 2500.0);
        // rice-framework.md.
        close(rice(2000.0, 2.0, 0.8, 4.0), 800.0);
        // Reach of 30 % of 1,200 prospects is 360 (madanswer.com).
        close(rice(1200.0 * 0.3, 1.0, 1.0, 1.0), 360.0);
        assert_eq!(rice(10.0, 1.0, 1.0, 0.0), None);
    }

    #[test]
    fn the_unit_of_effort_does_not_change_the_order() {
        let by_days = [rice(2000.0, 2.0, 0.8, 63.0), rice(5000.0, 0.5, 1.0, 21.0)];
        let by_months = [rice(2000.0, 2.0, 0.8, 3.0), rice(5000.0, 0.5, 1.0, 1.0)];
        assert_eq!(by_days[0] < by_days[1], by_months[0] < by_months[1]);
    }

    #[test]
    fn absent_factors_do_not_count() {
        let weights = FactorWeights::default();
        assert!(
            (weights
                .named()
                .iter()
                .map(|(_, weight)| weight)
                .sum::<f64>()
                - 1.0)
                .abs()
                < 1e-12
        );
        assert_eq!(weighted(&Factors::default(), &weights), None);
        let one = Factors {
            strategic: Some(8.0),
            ..Factors::default()
        };
        close(weighted(&one, &weights), 8.0);
        let two = Factors {
            cost: Some(2.0),
            ..one
        };
        // (0.2 · 8 + 0.1 · 2) / 0.3
        close(weighted(&two, &weights), 6.0);
    }

    #[test]
    fn bad_weights_are_named() {
        let weights = FactorWeights {
            cost: -1.0,
            strategic: f64::NAN,
            ..FactorWeights::default()
        };
        assert_eq!(weights.problems().len(), 2);
        assert!(FactorWeights::default().problems().is_empty());
    }
}
