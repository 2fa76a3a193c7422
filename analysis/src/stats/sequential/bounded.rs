//! The difference of two arms' means of values in `[0, 1]`: ratings, CSAT, NPS on that scale.

use super::super::mean::Moments;
use super::process::Alternative;

/// Bets are cut here: beyond it a single surprising value costs too much.
const BET_MAX: f64 = 0.5;

/// A confidence sequence for "mean of the new arm − mean of the base", exact for any distribution on
/// `[0, 1]` and any number of looks.
///
/// Formula: with `a = m/(n+m)` and `b = n/(n+m)` of each hour's cell,
/// `[(Σλ(a Σx − b Σy) ± (ln(2/α) + Σψ(λ)V)] / Σλw`, `w = nm/(n+m)`, `ψ(λ) = −ln(1−λ) − λ`,
/// `V = a² Σ(x − x̂)² + b² Σ(y − ŷ)²` about the means of the hours before, and bets
/// `λ = √(2 ln(2/α) / (σ̂² t ln(1+t)))`, at most ½, from the hours before. Within a cell the level that
/// both arms share cancels, so a common time of day or incident does no harm.
/// Source: predictable plug-in empirical Bernstein, I. Waudby-Smith and A. Ramdas, JRSS B 86 (2024)
/// 1–27, theorem 2, applied to the `n + m` independent terms of a cell; only the bet is chosen before
/// the hour, so its sums suffice.
#[derive(Debug, Clone)]
pub struct MeanDifference {
    log_reject: f64,
    bets: Bets,
    new: Past,
    base: Past,
    /// Effective number of values: the sum of `w`.
    size: f64,
    /// Sum of squared distances, for the size of bets.
    spread: f64,
}

/// What an arm's earlier values say of the next.
#[derive(Debug, Clone, Copy, Default)]
struct Past {
    n: f64,
    sum: f64,
}

impl Past {
    fn mean(self) -> f64 {
        if self.n > 0.0 { self.sum / self.n } else { 0.5 }
    }

    /// The mean with one more value of ½.
    fn cautious_mean(self) -> f64 {
        (0.5 + self.sum) / (1.0 + self.n)
    }
}

/// Sums of bets placed on one quantity.
#[derive(Debug, Clone, Copy, Default)]
struct Bets {
    weight: f64,
    won: f64,
    cost: f64,
}

impl Bets {
    fn place(&mut self, bet: f64, weight: f64, won: f64, squares: f64) {
        self.weight += bet * weight;
        self.won += bet * won;
        self.cost += (-(-bet).ln_1p() - bet) * squares;
    }

    /// The least value that is not excluded at `log_reject`.
    fn low(&self, log_reject: f64) -> f64 {
        (self.won - self.cost - log_reject) / self.weight
    }
}

/// How much to bet on the next values, given their number so far and their variance.
fn bet(log_reject: f64, size: f64, variance: f64) -> f64 {
    let bet = (2.0 * log_reject / (variance * size * size.ln_1p())).sqrt();
    bet.min(BET_MAX) // also where the bet is infinite
}

/// `Σ(x − centre)²`, never below 0.
fn squares_about(values: &Moments, centre: f64) -> f64 {
    let n = values.n as f64;
    (values.sum_sq - 2.0 * centre * values.sum + n * centre * centre).max(0.0)
}

impl MeanDifference {
    /// Nothing seen; two-sided at `alpha`.
    #[must_use]
    pub fn new(alpha: f64) -> Self {
        Self {
            log_reject: (2.0 / alpha).ln(),
            bets: Bets::default(),
            new: Past::default(),
            base: Past::default(),
            size: 0.0,
            spread: 0.25,
        }
    }

    /// Takes in the cells (new, base) of an hour, of values in `[0, 1]`. A cell with one arm empty compares nothing.
    pub fn advance(&mut self, cells: &[(Moments, Moments)]) {
        let seen = (self.size, self.spread, self.new, self.base);
        for (new, base) in cells.iter().filter(|(new, base)| new.n > 0 && base.n > 0) {
            let (n, m) = (new.n as f64, base.n as f64);
            let (a, b) = (m / (n + m), n / (n + m));
            let weight = n * a;
            let squares = |of_new: f64, of_base: f64| {
                a * a * squares_about(new, of_new) + b * b * squares_about(base, of_base)
            };
            let (size, spread, before_new, before_base) = seen;
            let variance = spread / (size + 1.0);
            let bet = bet(self.log_reject, size + weight, variance);
            let won = a * new.sum - b * base.sum;
            let about_before = squares(before_new.mean(), before_base.mean());
            self.bets.place(bet, weight, won, about_before);
            self.size += weight;
            self.new.n += n;
            self.new.sum += new.sum;
            self.base.n += m;
            self.base.sum += base.sum;
            self.spread += squares(self.new.cautious_mean(), self.base.cautious_mean());
        }
    }

    /// What is not excluded, within `[−1, 1]`; `None` before anything could be compared.
    #[must_use]
    pub fn interval(&self) -> Option<(f64, f64)> {
        let low = self.bets.low(self.log_reject);
        let mirrored = Bets {
            won: -self.bets.won,
            ..self.bets
        };
        let high = -mirrored.low(self.log_reject);
        (self.bets.weight > 0.0).then(|| (low.clamp(-1.0, 1.0), high.clamp(-1.0, 1.0)))
    }

    /// Natural logarithm of the evidence against "the difference is at most `null`"
    /// ([`Alternative::Above`]) or "at least `null`" ([`Alternative::Below`]).
    #[must_use]
    pub fn log_e(&self, null: f64, alternative: Alternative) -> f64 {
        let gain = self.bets.won - null * self.bets.weight;
        match alternative {
            Alternative::Above => gain - self.bets.cost,
            Alternative::Below => -gain - self.bets.cost,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::stats::oracle::{close, oracle_text};

    /// One arm against a known constant, one value at a time: the form that others publish.
    fn low_of_one_arm(values: &[f64], log_reject: f64) -> f64 {
        let (mut bets, mut past, mut spread) = (Bets::default(), Past::default(), 0.25);
        for (size, &value) in values.iter().enumerate() {
            let size = size as f64 + 1.0;
            let before = if past.n > 0.0 { past.mean() } else { 0.0 };
            let one = Moments::of(&[value]);
            let bet = bet(log_reject, size, spread / size);
            bets.place(bet, 1.0, value, squares_about(&one, before));
            past.n += 1.0;
            past.sum += value;
            spread += squares_about(&one, past.cautious_mean());
        }
        bets.low(log_reject).clamp(0.0, 1.0)
    }

    #[test]
    fn one_arm_agrees_with_confseq() {
        let Some(text) = oracle_text("confseq_betting.json") else {
            return;
        };
        let cases: Vec<Value> = serde_json::from_str(&text).unwrap();
        for case in &cases {
            let numbers = |key: &str| -> Vec<f64> {
                let list = case[key].as_array().unwrap();
                list.iter().map(|value| value.as_f64().unwrap()).collect()
            };
            let values = numbers("x");
            let mirrored: Vec<f64> = values.iter().map(|value| 1.0 - value).collect();
            let log_reject = (2.0 / case["alpha"].as_f64().unwrap()).ln();
            let (lows, highs) = (numbers("empbern_lower"), numbers("empbern_upper"));
            for (index, at) in case["at"].as_array().unwrap().iter().enumerate() {
                let at = usize::try_from(at.as_u64().unwrap()).unwrap();
                let low = low_of_one_arm(&values[..at], log_reject);
                let high = 1.0 - low_of_one_arm(&mirrored[..at], log_reject);
                close(Some(low), lows[index], 1e-9);
                close(Some(high), highs[index], 1e-9);
            }
        }
    }

    /// `n` values, a share of them 1 and the rest 0.
    fn scores(n: u64, ones: u64) -> Moments {
        Moments {
            n,
            sum: ones as f64,
            sum_sq: ones as f64,
        }
    }

    #[test]
    fn a_fall_is_found_and_no_fall_is_not() {
        let (mut worse, mut same) = (MeanDifference::new(0.05), MeanDifference::new(0.05));
        for _ in 0..200 {
            worse.advance(&[(scores(10, 4), scores(20, 14))]);
            same.advance(&[(scores(10, 7), scores(20, 14))]);
        }
        let (low, high) = worse.interval().unwrap();
        assert!(low < -0.3 && -0.3 < high && high < -0.2, "{low} {high}");
        assert!(worse.log_e(0.0, Alternative::Below) > 40.0_f64.ln());
        let (low, high) = same.interval().unwrap();
        assert!(low < 0.0 && high > 0.0);
        close(Some(low + high), 0.0, 1e-12);
        assert!(same.log_e(0.0, Alternative::Below) < 0.0);
    }

    #[test]
    fn a_level_that_both_share_cancels() {
        let mut tide = MeanDifference::new(0.05);
        for hour in 0..100 {
            // Shares of the arms and the common level move together.
            let (n, m, tenths) = if hour % 2 == 0 {
                (90, 10, 9)
            } else {
                (10, 90, 1)
            };
            tide.advance(&[(scores(n, n * tenths / 10), scores(m, m * tenths / 10))]);
        }
        let (low, high) = tide.interval().unwrap();
        close(Some(f64::midpoint(low, high)), 0.0, 1e-12);
    }

    #[test]
    fn without_two_arms_nothing_is_said() {
        let mut lone = MeanDifference::new(0.05);
        assert_eq!(lone.interval(), None);
        lone.advance(&[(scores(10, 3), scores(0, 0)), (scores(0, 0), scores(5, 5))]);
        assert_eq!(lone.interval(), None);
        assert!(lone.log_e(0.0, Alternative::Above).abs() < 1e-15);
        lone.advance(&[(
            scores(1_000_000_000, 0),
            scores(1_000_000_000, 1_000_000_000),
        )]);
        let (low, high) = lone.interval().unwrap();
        assert!(low >= -1.0 && high <= 1.0 && low <= high);
    }
}
