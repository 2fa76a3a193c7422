//! Scores of roadmap tools that bring fields of different scales together: Canny and Jira Product
//! Discovery.

/// The scale of one of Canny's impact factors.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Scale {
    /// 0 to 10.
    Ten,
    /// 0 to 100, and percentages.
    Hundred,
    /// A Fibonacci number up to 233.
    Fibonacci,
    /// 0 to 5 stars.
    Stars,
    /// 0 or 1.
    Checkbox,
    /// Votes, beside the most votes of any item on the roadmap.
    Votes {
        /// The most.
        most: f64,
    },
}

/// A factor on Canny's common scale of 0 to 100. `None` where no item has a vote.
/// Source: help.canny.io, articles 5046937 and 9205460.
#[must_use]
pub(crate) fn canny_factor(value: f64, scale: Scale) -> Option<f64> {
    match scale {
        Scale::Ten => Some(value * value),
        Scale::Hundred => Some(value),
        Scale::Fibonacci => Some(100.0 * value / 233.0),
        Scale::Stars => Some(4.0 * value * value),
        Scale::Checkbox => Some(if value > 0.0 { 100.0 } else { 0.0 }),
        Scale::Votes { most } => (most > 0.0).then(|| 100.0 * value / most),
    }
}

/// Canny's roadmap score: 1000 × weighted impact ÷ effort, to the nearest whole number. Impact is the
/// mean of (weight, factor on 0 to 100), effort 1 to 100. `None` without weights or effort.
/// Source: as [`canny_factor`].
#[must_use]
pub(crate) fn canny(factors: &[(f64, f64)], effort: f64) -> Option<f64> {
    let weights: f64 = factors.iter().map(|(weight, _)| weight).sum();
    let impact: f64 = factors.iter().map(|(weight, factor)| weight * factor).sum();
    (weights > 0.0 && effort > 0.0).then(|| (1000.0 * impact / weights / effort).round())
}

/// A field of all items on the scale of 0 to 100.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Normalised(pub(crate) Vec<f64>);

impl Normalised {
    /// The smallest, or 0 if that is less, becomes 0; the largest, or 0 if that is more, becomes 100.
    /// All are 0 where there is nothing between.
    ///
    /// Source: Jira Product Discovery, "expression-based formulas". Its page has 66 for −2 among
    /// −5, −2, −1 where its own rule gives 75; so does this.
    #[must_use]
    pub(crate) fn new(field: &[f64]) -> Self {
        let least = field.iter().copied().fold(f64::INFINITY, f64::min);
        let most = field.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let least = least.min(0.0);
        let width = most - least;
        let share = |value: &f64| {
            if width > 0.0 {
                100.0 * (value - least) / width
            } else {
                0.0
            }
        };
        Self(field.iter().map(share).collect())
    }
}

/// Jira Product Discovery's weighted score of each item: the normalised sum of (weight, field), over
/// that of the negative fields where there are some. `None` for an item whose negative sum is 0.
/// Fields that are shorter than the first count as 0 beyond their end. Source: as [`Normalised::new`].
#[must_use]
pub(crate) fn discovery(
    positive: &[(f64, Vec<f64>)],
    negative: &[(f64, Vec<f64>)],
) -> Vec<Option<f64>> {
    let items = positive
        .iter()
        .chain(negative)
        .map(|(_, field)| field.len())
        .max();
    let items = items.unwrap_or(0);
    let sum = |fields: &[(f64, Vec<f64>)]| {
        let mut sums = vec![0.0; items];
        for (weight, field) in fields {
            for (sum, value) in sums.iter_mut().zip(Normalised::new(field).0) {
                *sum += weight * value;
            }
        }
        Normalised::new(&sums).0
    };
    let gains = sum(positive);
    if negative.is_empty() {
        return gains.into_iter().map(Some).collect();
    }
    let pairs = gains.into_iter().zip(sum(negative));
    pairs
        .map(|(gain, loss)| (loss > 0.0).then(|| gain / loss))
        .collect()
}
