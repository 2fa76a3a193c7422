//! Net promoter score, in points from −100 to 100.

use serde::{Deserialize, Serialize};

use super::Z;
use crate::findings::{Change, Estimate};

/// What the adjusted interval adds: three answers spread as a quarter, a half and a quarter.
const ADDED: Shares = Shares {
    promoters: 0.75,
    passives: 1.5,
    detractors: 0.75,
};

/// Counts of NPS answers by kind; they add up over days and segments.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Answers {
    /// Answers of 9 and 10.
    pub promoters: u64,
    /// Answers of 7 and 8.
    pub passives: u64,
    /// Answers of 0 to 6.
    pub detractors: u64,
}

impl Answers {
    /// One answer, on the scale 0 to 10.
    #[must_use]
    pub fn of(answer: f64) -> Self {
        let (promotes, detracts) = (answer >= 9.0, answer < 7.0);
        Self {
            promoters: u64::from(promotes),
            passives: u64::from(!promotes && !detracts),
            detractors: u64::from(detracts),
        }
    }

    /// How many answers.
    #[must_use]
    pub fn n(&self) -> u64 {
        self.promoters + self.passives + self.detractors
    }

    /// The answers of both sets together.
    #[must_use]
    pub fn plus(&self, other: &Self) -> Self {
        Self {
            promoters: self.promoters + other.promoters,
            passives: self.passives + other.passives,
            detractors: self.detractors + other.detractors,
        }
    }

    /// `100 · (promoters − detractors) / n` with the adjusted Wald interval; no value without
    /// answers.
    ///
    /// Formula: with ¾ promoter, 1½ passives and ¾ detractor added, `100 · (d̃ ± z √(v̂/ñ))`, where
    /// `v̂ = p̃ + q̃ − (p̃ − q̃)²` is the multinomial variance; cut at ±100 and widened to hold the
    /// score itself. The plain Wald interval has no width where all answers agree.
    /// Source: B. Rocks, The American Statistician 70 (2016) 365–372 ("adjusted Wald").
    #[must_use]
    pub fn estimate(&self) -> Estimate {
        let Some(score) = self.score() else {
            return Estimate::default();
        };
        let (centre, variance) = self.adjusted();
        let half = Z * variance.sqrt();
        Estimate {
            value: Some(score),
            low: Some((centre - half).max(-100.0).min(score)),
            high: Some((centre + half).min(100.0).max(score)),
            n: self.n(),
        }
    }

    fn score(&self) -> Option<f64> {
        let n = self.n() as f64;
        (n > 0.0).then(|| 100.0 * (self.promoters as f64 - self.detractors as f64) / n)
    }

    /// Score and variance of the score, in points, after the adjustment.
    fn adjusted(&self) -> (f64, f64) {
        let promoters = self.promoters as f64 + ADDED.promoters;
        let detractors = self.detractors as f64 + ADDED.detractors;
        let n = promoters + detractors + self.passives as f64 + ADDED.passives;
        let net = (promoters - detractors) / n;
        let variance = ((promoters + detractors) / n - net * net) / n;
        (100.0 * net, 10_000.0 * variance)
    }
}

struct Shares {
    promoters: f64,
    passives: f64,
    detractors: f64,
}

/// NPS now minus NPS before; the interval adds both adjusted variances. `None` when either side has
/// no answers. Never relative: a share of a score that may be 0 or negative says nothing.
///
/// Source: as [`Answers::estimate`], two independent samples.
#[must_use]
pub fn difference(now: &Answers, before: &Answers) -> Option<Change> {
    let absolute = now.score()? - before.score()?;
    let ((centre_now, variance_now), (centre_before, variance_before)) =
        (now.adjusted(), before.adjusted());
    let centre = centre_now - centre_before;
    let half = Z * (variance_now + variance_before).sqrt();
    Some(Change {
        absolute,
        relative: None,
        low: Some((centre - half).max(-200.0).min(absolute)),
        high: Some((centre + half).min(200.0).max(absolute)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::oracle::{close, oracle_csv};

    fn answers(promoters: u64, passives: u64, detractors: u64) -> Answers {
        Answers {
            promoters,
            passives,
            detractors,
        }
    }

    #[test]
    fn adjusted_wald_by_hand() {
        // 60/25/15 of 100: adjusted 60.75, 26.5, 15.75 of 103; closed form with z = 1.959964.
        let got = answers(60, 25, 15).estimate();
        assert_eq!((got.value, got.n), (Some(45.0), 100));
        close(got.low, 29.343_111_201_734_09, 1e-9);
        close(got.high, 58.035_529_574_964_94, 1e-9);
    }

    #[test]
    fn unanimous_answers_are_not_certain() {
        let all = answers(10, 0, 0).estimate();
        assert_eq!((all.value, all.high), (Some(100.0), Some(100.0)));
        assert!(all.low.unwrap() < 50.0);
        let one = answers(1, 0, 0).estimate();
        assert_eq!(one.high, Some(100.0));
        assert_eq!(Answers::default().estimate(), Estimate::default());
        assert_eq!(difference(&answers(1, 0, 0), &Answers::default()), None);
    }

    #[test]
    fn swapping_promoters_and_detractors_mirrors_the_interval() {
        let (up, down) = (answers(33, 12, 5).estimate(), answers(5, 12, 33).estimate());
        close(up.low, -down.high.unwrap(), 1e-12);
        let there = difference(&answers(33, 12, 5), &answers(20, 20, 10)).unwrap();
        let back = difference(&answers(20, 20, 10), &answers(33, 12, 5)).unwrap();
        close(there.low, -back.high.unwrap(), 1e-12);
    }

    #[test]
    fn agrees_with_the_closed_form_of_the_reference_values() {
        for row in oracle_csv("nps_ci.csv")
            .iter()
            .filter(|row| row["confidence"] == "0.95")
        {
            let [p, a, d] =
                ["promoters", "passives", "detractors"].map(|key| row[key].parse().unwrap());
            let got = answers(p, a, d).estimate();
            let nps: f64 = row["nps"].parse().unwrap();
            close(got.value, nps, 1e-9);
            let low: f64 = row["adjusted_wald3_lower"].parse().unwrap();
            let high: f64 = row["adjusted_wald3_upper"].parse().unwrap();
            close(got.low, low.min(nps), 1e-9);
            close(got.high, high.max(nps), 1e-9);
        }
    }
}
