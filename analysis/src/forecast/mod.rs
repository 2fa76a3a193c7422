//! How far a release will have come: its share one step ahead, from the curves of the releases
//! before it, with an interval that past errors have widened.
//!
//! The share is cumulative: use on this release or on a newer one. It all but never falls, so it can
//! be forecast, which the share of one release cannot. Plain numbers in, plain numbers out; a period
//! is a day or a month, as the caller counts.
//!
//! **Hazard.** Nobody fits a curve: of those not yet on the release, the same part moves in the next
//! step as at this age of the releases before it (`hazard.rs`). **Bass.** Where fewer than four
//! earlier releases are known at this age, the release's own first points are fitted
//! (`bass.rs`). **Interval.** The half-width is a quantile of the errors made before in like
//! situations, at a level that follows how often the intervals have held (`interval.rs`).
//! **Shown** is a forecast only where it has an interval and where the same method, in the back-test
//! up to then, came closer than saying that nothing will change ([`mod@back_test`]).
//!
//! Nothing of the future is used: at an origin, only points and errors known by then.
//!
//! # Back-test on real shares
//!
//! Shares of browser versions by month, June 2014 to December 2023 (caniuse.com's usage data,
//! CC BY 4.0), one month ahead, from all origins with a share of 1 to 95 % on which the release is
//! out. Each cell holds how many, the mean absolute error in percentage points, and that of saying
//! that the share will not change. *First year* are origins up to 365 days after the release; *growth*
//! those up to 75 days with a share of at most 70 %; *shown* are forecasts that would have been shown;
//! *held* is the share of 80 % intervals that held what came. Edge counts from version 79, its first
//! on Chromium; iOS and Safari count by major version.
//!
//! | family | all | first year | growth | shown | held |
//! |---|---|---|---|---|---|
//! | Chrome | 1217, 0.83, 2.35 | 797, 0.93, 3.24 | 44, 3.28, 38.18 | 1190, 0.82, 2.38 | 77 % |
//! | Firefox | 2560, 1.13, 1.73 | 897, 1.44, 3.14 | 62, 2.97, 25.58 | 2540, 1.14, 1.72 | 79 % |
//! | Edge | 166, 1.71, 5.99 | 144, 1.88, 6.63 | 15, 4.11, 34.32 | 143, 1.16, 5.76 | 84 % |
//! | iOS Safari | 176, 1.84, 2.84 | 88, 2.90, 4.73 | 14, 7.22, 13.74 | 151, 1.84, 2.96 | 81 % |
//! | Safari | 272, 2.90, 3.46 | 88, 3.66, 5.08 | 15, 5.78, 10.35 | 244, 2.58, 3.18 | 79 % |
//!
//! Most of Edge's error comes from its first releases, which had fewer than four before them.
//!
//! Made by `cargo test --release --workspace --locked --lib forecast::browsers -- --nocapture`, which
//! also holds the figures to their limits. It reads `../shared/data/browser-adoption.csv`, or the file
//! that `BROWSER_ADOPTION` names.

pub mod back_test;
mod bass;
#[cfg(test)]
mod browsers;
mod hazard;
mod interval;
#[cfg(test)]
mod tests;

/// A release's cumulative share in one period.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    /// Which period: a day number or a month number.
    pub period: i32,
    /// Mean time since the release over the period: see [`exposure_days`].
    pub exposure_days: f64,
    /// Share of use on this release or a newer one, in [0, 1].
    pub share: f64,
}

/// A release's points, oldest first, from when it was out; periods without data are absent.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Curve {
    points: Vec<Point>,
}

impl Curve {
    /// Puts the points in order; those without any exposure are left out.
    #[must_use]
    pub fn new(mut points: Vec<Point>) -> Self {
        points.retain(|point| point.exposure_days > 0.0);
        points.sort_by_key(|point| point.period);
        Self { points }
    }

    /// The points known in `period`.
    fn known(&self, period: i32) -> &[Point] {
        let end = self.points.partition_point(|point| point.period <= period);
        self.points.get(..end).unwrap_or_default()
    }

    fn at(&self, period: i32) -> Option<&Point> {
        self.known(period)
            .last()
            .filter(|point| point.period == period)
    }
}

/// How far ahead.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Horizon {
    /// In periods.
    pub periods: i32,
    /// In days, about.
    pub days: f64,
}

/// How a forecast was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Method {
    /// From the releases before it.
    Hazard,
    /// From its own first points.
    Bass,
}

impl Method {
    /// The word used everywhere.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Hazard => "hazard",
            Self::Bass => "bass",
        }
    }
}

/// The share that is forecast, and how.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Step {
    /// In [0, 1].
    pub share: f64,
    /// How.
    pub method: Method,
}

/// Mean over a period of the time since the release, 0 before it: the age that a mean over the
/// period speaks of. `age_days` is the period's middle minus the release, `width_days` its length.
///
/// Formula: `a` where the whole period lies after the release, `(a + w/2)² / 2w` where the release
/// lies within it, 0 before. A share that rises evenly from the release on is then a straight line,
/// also over the month in which it came out.
#[must_use]
pub fn exposure_days(age_days: f64, width_days: f64) -> f64 {
    let half = width_days / 2.0;
    if age_days >= half {
        age_days
    } else {
        let within = (age_days + half).max(0.0);
        within * within / (2.0 * width_days)
    }
}

/// The share of release `release` when its exposure will be `to_days`, from what is known in period
/// `origin`. `curves` hold all releases, oldest first.
#[must_use]
pub fn ahead(
    curves: &[Curve],
    release: usize,
    origin: i32,
    to_days: f64,
    horizon: Horizon,
) -> Option<Step> {
    let own = curves.get(release)?.known(origin);
    let now = own.last().filter(|point| point.period == origin)?;
    let earlier = curves
        .get(..release)?
        .iter()
        .rev()
        .map(|curve| curve.known(origin));
    let step = |share: f64, method| Step {
        share: share.clamp(0.0, 1.0),
        method,
    };
    match hazard::share(now, earlier, to_days, horizon) {
        Some(share) => Some(step(share, Method::Hazard)),
        None => bass::share(own, to_days, horizon).map(|share| step(share, Method::Bass)),
    }
}

/// Whether a curve is known from its beginning, or at least from `by_days` on: its first point is not
/// later than that or than one and a half steps after the release.
fn starts_by(points: &[Point], by_days: f64, horizon: Horizon) -> bool {
    points
        .first()
        .is_some_and(|first| first.exposure_days <= by_days.max(1.5 * horizon.days))
}
