//! Bass's curve, for the first releases of an app, before which too few came.
//!
//! Formula: `F(t) = (1 − e^−(p+q)t) / (1 + (q/p) e^−(p+q)t)`, share `m·F(t)` (F. M. Bass, Management
//! Science 15 (1969) 215–227). Fitted by least squares to the release's own points, at least three
//! and known from the beginning: `p` and `q` over a grid of logarithms that is then refined, and for
//! each the best `m`, held between the largest share seen and 1. What is still missing of `m` then
//! shrinks as the fitted curve says, from the share that is seen and not from the fitted one.

use super::{Horizon, Point, starts_by};

/// Three parameters need as many points.
const POINTS_MIN: usize = 3;

/// Grid of `ln p` and `ln q` (per day): from `e^−12` in halves of a unit.
const GRID_FROM: f64 = -12.0;
const GRID_STEP: f64 = 0.5;
const GRID_SIZE: i32 = 26;

/// The grid is refined down to steps of this.
const REFINED: f64 = 1e-4;

#[derive(Debug, Clone, Copy)]
struct Fit {
    squares: f64,
    ceiling: f64,
    ln_p: f64,
    ln_q: f64,
}

/// The share at exposure `to_days`; `None` where the release's own points cannot bear a fit.
pub(super) fn share(own: &[Point], to_days: f64, horizon: Horizon) -> Option<f64> {
    if own.len() < POINTS_MIN || !starts_by(own, 0.0, horizon) {
        return None;
    }
    let now = own.last()?;
    let fit = fit(own)?;
    let at = |days: f64| curve(days, fit.ln_p.exp(), fit.ln_q.exp());
    let (from, to) = (at(now.exposure_days), at(to_days));
    let left = (fit.ceiling - now.share).max(0.0);
    let moves = if from < 1.0 {
        ((to - from) / (1.0 - from)).max(0.0)
    } else {
        0.0
    };
    Some(now.share + left * moves)
}

fn curve(days: f64, p: f64, q: f64) -> f64 {
    let fading = (-(p + q) * days).exp();
    (1.0 - fading) / (1.0 + q / p * fading)
}

fn fit(own: &[Point]) -> Option<Fit> {
    let steps = || (0..GRID_SIZE).map(|step| GRID_FROM + GRID_STEP * f64::from(step));
    let mut best = steps()
        .flat_map(|ln_p| steps().map(move |ln_q| (ln_p, ln_q)))
        .filter_map(|(ln_p, ln_q)| tried(own, ln_p, ln_q))
        .min_by(|a, b| a.squares.total_cmp(&b.squares))?;
    let mut step = GRID_STEP / 2.0;
    while step > REFINED {
        let around = [
            (step, 0.0),
            (-step, 0.0),
            (0.0, step),
            (0.0, -step),
            (step, -step),
            (-step, step),
        ];
        let better = around
            .into_iter()
            .filter_map(|(p, q)| tried(own, best.ln_p + p, best.ln_q + q))
            .min_by(|a, b| a.squares.total_cmp(&b.squares))
            .filter(|found| found.squares < best.squares);
        match better {
            Some(found) => best = found,
            None => step /= 2.0,
        }
    }
    Some(best)
}

/// The best ceiling for a shape, and how far the curve then lies from the points.
fn tried(own: &[Point], ln_p: f64, ln_q: f64) -> Option<Fit> {
    let (p, q) = (ln_p.exp(), ln_q.exp());
    let shape = |point: &Point| curve(point.exposure_days, p, q);
    let (mut product, mut square, mut most) = (0.0, 0.0, 0.0_f64);
    for point in own {
        let value = shape(point);
        product += value * point.share;
        square += value * value;
        most = most.max(point.share);
    }
    let ceiling = (product / square).max(most).min(1.0);
    let squares: f64 = own
        .iter()
        .map(|point| (ceiling * shape(point) - point.share).powi(2))
        .sum();
    squares.is_finite().then_some(Fit {
        squares,
        ceiling,
        ln_p,
        ln_q,
    })
}
