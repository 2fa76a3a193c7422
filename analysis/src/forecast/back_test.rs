//! Forecasts as they would have been made, origin by origin, and how they did.
//!
//! One walk through time: at each origin what has come true by then is learnt first, then the
//! forecasts of that origin are made. The forecasts of the last origins, whose targets are not known
//! yet, are the ones to show.

use super::interval::{Errors, Situation};
use super::{Curve, Horizon, Method, Step, ahead};

/// Shares below are no beginning, shares above no question any more.
pub const SHARES: (f64, f64) = (0.01, 0.95);

/// So many forecasts must have come true before a method is trusted.
const TRIED_MIN: u64 = 12;

/// A forecast of one release from one origin.
#[derive(Debug, Clone, PartialEq)]
pub struct Forecast {
    /// Index of the release's curve.
    pub release: usize,
    /// The period that it was made in.
    pub origin: i32,
    /// Exposure at the origin, in days.
    pub exposure_days: f64,
    /// The share at the origin: what persistence says for the target.
    pub share: f64,
    /// The forecast.
    pub step: Step,
    /// Lower and upper end of the 80 % interval, where enough errors were known.
    pub interval: Option<(f64, f64)>,
    /// Whether the method had come closer than persistence by then, in `score_then`.
    pub shown: bool,
    /// The method's score by then.
    pub score_then: Score,
    /// What came, where it is known.
    pub observed: Option<f64>,
}

impl Forecast {
    fn situation(&self, origin: u32) -> Situation {
        Situation {
            exposure_days: self.exposure_days,
            share: self.share,
            origin,
        }
    }

    /// Whether the interval held what came; `None` without either.
    #[must_use]
    pub fn held(&self) -> Option<bool> {
        let ((low, high), observed) = self.interval.zip(self.observed)?;
        Some((low..=high).contains(&observed))
    }
}

/// How forecasts did.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Score {
    /// Forecasts that came true or not.
    pub n: u64,
    /// Sum of absolute errors, in shares.
    pub error: f64,
    /// Sum of absolute errors of persistence on the same.
    pub naive_error: f64,
    /// Of those with an interval …
    pub intervals: u64,
    /// … so many held.
    pub held: u64,
}

impl Score {
    /// The score of the forecasts whose outcome is known.
    #[must_use]
    pub fn of<'a>(forecasts: impl IntoIterator<Item = &'a Forecast>) -> Self {
        let mut score = Self::default();
        for forecast in forecasts {
            score.add(forecast);
        }
        score
    }

    fn add(&mut self, forecast: &Forecast) {
        let Some(observed) = forecast.observed else {
            return;
        };
        self.n += 1;
        self.error += (observed - forecast.step.share).abs();
        self.naive_error += (observed - forecast.share).abs();
        if let Some(held) = forecast.held() {
            self.intervals += 1;
            self.held += u64::from(held);
        }
    }

    /// Mean absolute error; `None` without forecasts.
    #[must_use]
    pub fn mean_error(&self) -> Option<f64> {
        (self.n > 0).then(|| self.error / self.n as f64)
    }

    /// Mean absolute error of persistence; `None` without forecasts.
    #[must_use]
    pub fn naive_mean_error(&self) -> Option<f64> {
        (self.n > 0).then(|| self.naive_error / self.n as f64)
    }

    /// Share of the intervals that held; `None` without intervals.
    #[must_use]
    pub fn coverage(&self) -> Option<f64> {
        (self.intervals > 0).then(|| self.held as f64 / self.intervals as f64)
    }

    /// Whether the method came closer than persistence, often enough to say so.
    #[must_use]
    pub fn beats_naive(&self) -> bool {
        self.n >= TRIED_MIN && self.error < self.naive_error
    }
}

/// The two methods, each with its own errors.
#[derive(Debug)]
struct Known {
    errors: Errors,
    score: Score,
}

/// Makes the forecasts of all `origins` (ascending), oldest first; `curves` hold all releases, oldest
/// first. Forecasts are made for shares within [`SHARES`].
#[must_use]
pub fn run(curves: &[Curve], origins: &[i32], horizon: Horizon) -> Vec<Forecast> {
    let known = || Known {
        errors: Errors::new(horizon),
        score: Score::default(),
    };
    let mut methods = [(Method::Hazard, known()), (Method::Bass, known())];
    let mut made: Vec<(u32, Vec<Forecast>)> = Vec::new();
    let mut learnt = 0;
    for (number, origin) in (0_u32..).zip(origins) {
        while let Some((then, forecasts)) = made.get(learnt).filter(|(_, forecasts)| {
            forecasts
                .first()
                .is_none_or(|first| first.origin.saturating_add(horizon.periods) <= *origin)
        }) {
            for (method, known) in &mut methods {
                known.learn(forecasts, *method, *then);
            }
            learnt += 1;
        }
        let forecasts = (0..curves.len())
            .filter_map(|release| forecast(curves, release, (*origin, number), horizon, &methods))
            .collect();
        made.push((number, forecasts));
    }
    made.into_iter()
        .flat_map(|(_, forecasts)| forecasts)
        .collect()
}

impl Known {
    fn learn(&mut self, forecasts: &[Forecast], method: Method, origin: u32) {
        let mut outcomes = Vec::new();
        for forecast in forecasts.iter().filter(|made| made.step.method == method) {
            let Some(observed) = forecast.observed else {
                continue;
            };
            self.score.add(forecast);
            let error = (observed - forecast.step.share).abs();
            outcomes.push((forecast.situation(origin), error, forecast.held()));
        }
        self.errors.learn(&outcomes);
    }
}

fn forecast(
    curves: &[Curve],
    release: usize,
    (origin, number): (i32, u32),
    horizon: Horizon,
    methods: &[(Method, Known)],
) -> Option<Forecast> {
    let curve = curves.get(release)?;
    let now = curve
        .at(origin)
        .filter(|now| (SHARES.0..=SHARES.1).contains(&now.share))?;
    let target = curve.at(origin.saturating_add(horizon.periods));
    let to_days = target.map_or(now.exposure_days + horizon.days, |to| to.exposure_days);
    let step = ahead(curves, release, origin, to_days, horizon)?;
    let (_, known) = methods.iter().find(|(method, _)| *method == step.method)?;
    let mut forecast = Forecast {
        release,
        origin,
        exposure_days: now.exposure_days,
        share: now.share,
        step,
        interval: None,
        shown: false,
        score_then: known.score,
        observed: target.map(|target| target.share),
    };
    forecast.interval = known
        .errors
        .half_width(&forecast.situation(number))
        .map(|half| ((step.share - half).max(0.0), (step.share + half).min(1.0)));
    forecast.shown = forecast.interval.is_some() && known.score.beats_naive();
    Some(forecast)
}
