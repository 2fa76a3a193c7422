//! Scores of judged figures: ICE, WSJF, and the value/effort quadrants.

/// ICE: impact × confidence × ease, each 1 to 10; ease is high when easy.
/// Source: S. Ellis, GrowthHackers, help centre article 212386217.
#[must_use]
pub(crate) fn ice(impact: f64, confidence: f64, ease: f64) -> f64 {
    impact * confidence * ease
}

/// ICE as some tools have it: the mean of the three. Source: essaiapp.com.
#[must_use]
pub(crate) fn ice_mean(impact: f64, confidence: f64, ease: f64) -> f64 {
    (impact + confidence + ease) / 3.0
}

/// WSJF: (user and business value + time criticality + risk reduction or opportunity) ÷ job size.
/// Source: Scaled Agile Framework, "Weighted shortest job first". `None` unless the size is above 0.
#[must_use]
pub(crate) fn wsjf(
    value: f64,
    time_criticality: f64,
    risk_reduction: f64,
    job_size: f64,
) -> Option<f64> {
    (job_size > 0.0).then(|| (value + time_criticality + risk_reduction) / job_size)
}

/// Where an item stands in the value/effort matrix.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Quadrant {
    /// Of the highest third in value and the lowest in effort.
    QuickWin,
    /// Of the highest third in value, of more effort.
    BigBet,
    /// Of less value, and of the lowest third in effort.
    FillIn,
    /// Of less value and the highest third in effort.
    TimeSink,
    /// In between.
    Middle,
}

/// The quadrant of each (value, effort), by terciles of all of them: an item is in the highest third
/// if no more than a third of the items are above it or equal, and in the lowest likewise, so that
/// items of equal figures stand together. Source: value/effort matrix, clickup.com; terciles as the
/// rule "quick win" has them.
#[must_use]
pub(crate) fn quadrants(items: &[(f64, f64)]) -> Vec<Quadrant> {
    let third = items.len().div_ceil(3);
    let high = |of: fn(&(f64, f64)) -> f64, item: &(f64, f64)| {
        items.iter().filter(|other| of(other) >= of(item)).count() <= third
    };
    let low = |of: fn(&(f64, f64)) -> f64, item: &(f64, f64)| {
        items.iter().filter(|other| of(other) <= of(item)).count() <= third
    };
    let quadrant = |item: &(f64, f64)| {
        let (is_valued, is_cheap) = (high(|item| item.0, item), low(|item| item.1, item));
        match (is_valued, is_cheap) {
            (true, true) => Quadrant::QuickWin,
            (true, false) => Quadrant::BigBet,
            (false, true) => Quadrant::FillIn,
            (false, false) if high(|item| item.1, item) => Quadrant::TimeSink,
            (false, false) => Quadrant::Middle,
        }
    };
    items.iter().map(quadrant).collect()
}
