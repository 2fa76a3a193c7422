//! The minimum of a smooth convex function by L-BFGS, without any randomness.
//!
//! Source: J. Nocedal and S. Wright, "Numerical Optimization", 2nd ed., algorithms 7.4 (two-loop
//! recursion) and 3.1 (backtracking under Armijo's condition).

use std::collections::VecDeque;

const MEMORY: usize = 8;
const BACKTRACKS_MAX: u32 = 30;
const ARMIJO: f64 = 1e-4;

/// Walks from `start` until the gradient's length has fallen to `tolerance` of its first, or for
/// `steps_max` steps. `value_and_gradient` writes the gradient into its second argument.
pub(crate) fn minimum(
    start: Vec<f64>,
    steps_max: usize,
    tolerance: f64,
    value_and_gradient: impl Fn(&[f64], &mut [f64]) -> f64,
) -> Vec<f64> {
    let mut at = start;
    let mut gradient = vec![0.0; at.len()];
    let mut value = value_and_gradient(&at, &mut gradient);
    let enough = tolerance * norm(&gradient);
    let mut history: VecDeque<(Vec<f64>, Vec<f64>)> = VecDeque::new();
    for _ in 0..steps_max {
        if norm(&gradient) <= enough {
            break;
        }
        let direction = descent(&gradient, &history);
        let slope = dot(&direction, &gradient);
        let mut step = if history.is_empty() {
            1.0 / norm(&gradient).max(1.0)
        } else {
            1.0
        };
        let mut next = at.clone();
        let mut next_gradient = vec![0.0; at.len()];
        let mut moved = false;
        for _ in 0..BACKTRACKS_MAX {
            for ((next, at), direction) in next.iter_mut().zip(&at).zip(&direction) {
                *next = at + step * direction;
            }
            let next_value = value_and_gradient(&next, &mut next_gradient);
            if next_value <= value + ARMIJO * step * slope {
                value = next_value;
                moved = true;
                break;
            }
            step *= 0.5;
        }
        if !moved {
            break;
        }
        let moves = difference(&next, &at);
        let turns = difference(&next_gradient, &gradient);
        if dot(&moves, &turns) > 1e-12 {
            history.push_back((moves, turns));
            if history.len() > MEMORY {
                history.pop_front();
            }
        }
        (at, gradient) = (next, next_gradient);
    }
    at
}

/// The direction −H·g, with H built from the last moves and the turns of the gradient on them.
fn descent(gradient: &[f64], history: &VecDeque<(Vec<f64>, Vec<f64>)>) -> Vec<f64> {
    let mut direction: Vec<f64> = gradient.iter().map(|g| -g).collect();
    let mut shares = Vec::with_capacity(history.len());
    for (moves, turns) in history.iter().rev() {
        let share = dot(moves, &direction) / dot(moves, turns);
        add(&mut direction, -share, turns);
        shares.push(share);
    }
    if let Some((moves, turns)) = history.back() {
        let scale = dot(moves, turns) / dot(turns, turns);
        direction.iter_mut().for_each(|d| *d *= scale);
    }
    for ((moves, turns), share) in history.iter().zip(shares.iter().rev()) {
        let back = dot(turns, &direction) / dot(moves, turns);
        add(&mut direction, share - back, moves);
    }
    direction
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn norm(a: &[f64]) -> f64 {
    dot(a, a).sqrt()
}

fn difference(a: &[f64], b: &[f64]) -> Vec<f64> {
    a.iter().zip(b).map(|(a, b)| a - b).collect()
}

fn add(to: &mut [f64], times: f64, what: &[f64]) {
    for (to, what) in to.iter_mut().zip(what) {
        *to += times * what;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_bottom_of_a_narrow_valley() {
        // Rosenbrock's function is not convex, and yet its valley leads to (1, 1).
        let bottom = minimum(vec![-1.2, 1.0], 200, 1e-9, |x, gradient| {
            let (a, b) = (1.0 - x[0], x[1] - x[0] * x[0]);
            gradient[0] = -2.0 * a - 400.0 * x[0] * b;
            gradient[1] = 200.0 * b;
            a * a + 100.0 * b * b
        });
        assert!((bottom[0] - 1.0).abs() < 1e-5 && (bottom[1] - 1.0).abs() < 1e-5);
    }

    #[test]
    fn stays_where_it_starts_at_the_bottom() {
        let bottom = minimum(vec![0.0], 10, 1e-6, |x, gradient| {
            gradient[0] = 2.0 * x[0];
            x[0] * x[0]
        });
        assert_eq!(bottom, [0.0]);
    }
}
