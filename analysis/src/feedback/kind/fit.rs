//! Multinomial logistic regression with a ridge around known coefficients.
//!
//! Minimises `Σ wᵢ · −ln p(yᵢ | xᵢ) + ½ · Σ_b Λ_b · ‖β_b − β₀_b‖²`. `β₀` is 0 and `Λ_b` one number, or
//! `β₀` are the coefficients at hand when a team's corrections are learned: few corrections move little,
//! many move much. `Λ_b` then grows with the number of texts that a coefficient was fitted on
//! ([`ridges_by_texts`]): what all texts share is known well, and is not to be unlearned from some
//! dozens of texts of one app; the app's own words are free to move. Source: T. Hastie,
//! R. Tibshirani and J. Friedman, "The Elements of Statistical Learning", 2nd ed., sections 4.4 and
//! 18.3.2; the ridge read as a Gaussian prior with mean `β₀`.

use super::features::BUCKETS;
use super::minimise::minimum;
use super::{KINDS, Kind};

/// Coefficients: one row of kinds per bucket, and last the row of intercepts.
pub(super) const COEFFICIENTS: usize = (BUCKETS + 1) * KINDS;

/// `Λ` of what was never seen. From 0.4 to 1.3 the cross-validated figures move by less than a point.
const RIDGE: f64 = 1.0;

/// Texts behind a coefficient that make it twice as hard to move. On the set of the model card, 45
/// labels of two kinds cost twelve points of all other texts where each coefficient moves alike, 0.3
/// points with 100 here, and none with 30 or 10, which differ in the steps that a fit takes.
const TEXTS_PER_RIDGE: f64 = 30.0;

const STEPS_MAX: usize = 60;
const TOLERANCE: f64 = 3e-3;

/// A text's features and what kind it is.
#[derive(Debug)]
pub(super) struct Example {
    pub(super) features: Vec<(usize, f32)>,
    pub(super) kind: Kind,
    pub(super) weight: f64,
}

/// Scores of the kinds before they become probabilities.
pub(super) fn scores(coefficients: &[f64], features: &[(usize, f32)]) -> [f64; KINDS] {
    let intercepts = &coefficients[BUCKETS * KINDS..];
    let mut scores: [f64; KINDS] = std::array::from_fn(|kind| intercepts[kind]);
    for &(bucket, value) in features {
        let row = &coefficients[bucket * KINDS..][..KINDS];
        for (score, coefficient) in scores.iter_mut().zip(row) {
            *score += coefficient * f64::from(value);
        }
    }
    scores
}

/// Probabilities from scores.
pub(super) fn softmax(scores: [f64; KINDS]) -> [f64; KINDS] {
    let most = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let powers = scores.map(|score| (score - most).exp());
    let total: f64 = powers.iter().sum();
    powers.map(|power| power / total)
}

/// `Λ_b` where nothing is known: of each bucket, and last of the intercepts.
pub(super) fn even_ridges() -> Vec<f64> {
    vec![RIDGE; BUCKETS + 1]
}

/// `Λ_b` of known coefficients, by the texts that each was fitted on. These are told by the inverse
/// document frequencies: the rarest are of two texts, and the intercepts are of all.
pub(super) fn ridges_by_texts(idf: &[f32]) -> Vec<f64> {
    let rarest = f64::from(idf.iter().copied().fold(1.0, f32::max));
    let texts = |idf: f64| 3.0 * (rarest - idf).exp() - 1.0;
    let of_bucket = |idf: &f32| {
        if *idf > 0.0 {
            texts(f64::from(*idf))
        } else {
            0.0
        }
    };
    let behind = idf.iter().map(of_bucket).chain([texts(1.0)]);
    behind
        .map(|texts| RIDGE * (1.0 + texts / TEXTS_PER_RIDGE))
        .collect()
}

/// The coefficients that explain the examples best without going far from `around`.
pub(super) fn fit(examples: &[Example], around: &[f64], ridges: &[f64]) -> Vec<f64> {
    minimum(around.to_vec(), STEPS_MAX, TOLERANCE, |at, gradient| {
        let mut loss = 0.0;
        let rows = gradient.chunks_exact_mut(KINDS).zip(at.chunks_exact(KINDS));
        let rows = rows.zip(around.chunks_exact(KINDS)).zip(ridges);
        for (((slopes, at), around), ridge) in rows {
            for ((slope, at), around) in slopes.iter_mut().zip(at).zip(around) {
                let away = at - around;
                loss += 0.5 * ridge * away * away;
                *slope = ridge * away;
            }
        }
        for example in examples {
            loss += loss_of(example, at, gradient);
        }
        loss
    })
}

/// The loss of one example; its slope is added to the gradient.
fn loss_of(example: &Example, at: &[f64], gradient: &mut [f64]) -> f64 {
    let probabilities = softmax(scores(at, &example.features));
    let truth = example.kind as usize;
    let errors: [f64; KINDS] = std::array::from_fn(|kind| {
        let target = if kind == truth { 1.0 } else { 0.0 };
        example.weight * (probabilities[kind] - target)
    });
    let intercept = [(BUCKETS, 1.0)];
    for &(bucket, value) in example.features.iter().chain(&intercept) {
        let row = &mut gradient[bucket * KINDS..][..KINDS];
        for (slope, error) in row.iter_mut().zip(errors) {
            *slope += error * f64::from(value);
        }
    }
    -example.weight * probabilities[truth].max(f64::MIN_POSITIVE).ln()
}
