//! Do the arms' sizes fit the shares that were planned?

use statrs::function::gamma::ln_gamma;

/// Weight of the plan: as if so many had come exactly by it.
const CONCENTRATION: f64 = 100.0;

/// The sequential sample-ratio check: a Bayes factor, valid at any number of looks.
///
/// Formula: `B(a + N)/B(a) / Π qᵢ^Nᵢ` with `a = 100 q`, against "each of the `N` came to arm `i` with
/// probability `qᵢ`". Source: M. Lindon and A. Malek, "Anytime-valid inference for multinomial count
/// data", NeurIPS 2022. Alarm at 1,000: at most one plan in a thousand that was kept is ever flagged.
#[derive(Debug, Clone)]
pub struct SampleRatio {
    shares: Vec<f64>,
    concentration: f64,
    counts: Vec<u64>,
}

impl SampleRatio {
    /// Evidence at which a plan counts as not kept.
    pub const ALARM: f64 = 1000.0;

    /// Nothing seen. `None` unless there are two or more shares, all above 0; they are brought to
    /// the sum 1.
    #[must_use]
    pub fn new(shares: &[f64]) -> Option<Self> {
        Self::with_concentration(shares, CONCENTRATION)
    }

    fn with_concentration(shares: &[f64], concentration: f64) -> Option<Self> {
        let total: f64 = shares.iter().sum();
        let is_plan = shares.len() > 1 && shares.iter().all(|share| *share > 0.0);
        (is_plan && total.is_finite()).then(|| Self {
            shares: shares.iter().map(|share| share / total).collect(),
            concentration,
            counts: vec![0; shares.len()],
        })
    }

    /// Takes in how many came to each arm since the last look; arms that the plan has not are left.
    pub fn advance(&mut self, counts: &[u64]) {
        for (sum, count) in self.counts.iter_mut().zip(counts) {
            *sum = sum.saturating_add(*count);
        }
    }

    /// Natural logarithm of the evidence that the plan was not kept.
    #[must_use]
    pub fn log_e(&self) -> f64 {
        let prior = |share: &f64| self.concentration * share;
        let before: Vec<f64> = self.shares.iter().map(prior).collect();
        let counts = self.counts.iter().map(|count| *count as f64);
        let after: Vec<f64> = before.iter().zip(counts).map(|(a, n)| a + n).collect();
        self.part(&after) - self.part(&before)
    }

    /// Whether the plan was not kept, beyond chance.
    #[must_use]
    pub fn is_broken(&self) -> bool {
        self.log_e() >= Self::ALARM.ln()
    }

    /// `Σ lnΓ(vᵢ) − lnΓ(Σvᵢ) − Σ vᵢ ln qᵢ`, by Stirling's formula in a form whose great terms are
    /// gathered into a divergence, so that nothing is lost between billions.
    fn part(&self, values: &[f64]) -> f64 {
        let total: f64 = values.iter().sum();
        let half_log_tau = 0.5 * std::f64::consts::TAU.ln();
        let mut sum = (values.len() as f64 - 1.0) * half_log_tau;
        sum -= stirling_rest(total) - 0.5 * total.ln();
        for (value, share) in values.iter().zip(&self.shares) {
            let expected = total * share;
            let off = (value - expected) / expected;
            sum += expected * ((1.0 + off) * off.ln_1p() - off);
            sum += stirling_rest(*value) - 0.5 * value.ln();
        }
        sum
    }
}

/// `lnΓ(z) − ((z − ½) ln z − z + ½ ln 2π)`. Source: NIST Digital Library of Mathematical Functions,
/// 5.11.1.
fn stirling_rest(z: f64) -> f64 {
    if z < 20.0 {
        return ln_gamma(z) - ((z - 0.5) * z.ln() - z + 0.5 * std::f64::consts::TAU.ln());
    }
    let over = 1.0 / (z * z);
    (1.0 / 12.0 - over * (1.0 / 360.0 - over * (1.0 / 1260.0 - over / 1680.0))) / z
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::stats::oracle::{close, oracle_text};

    #[test]
    fn agrees_with_savvi_and_the_closed_form() {
        let Some(text) = oracle_text("srm_sequential_multinomial.json") else {
            return;
        };
        let cases: Vec<Value> = serde_json::from_str(&text).unwrap();
        for case in &cases {
            let shares: Vec<f64> = serde_json::from_value(case["theta0"].clone()).unwrap();
            let concentration = case["concentration_k"].as_f64().unwrap();
            let mut check = SampleRatio::with_concentration(&shares, concentration).unwrap();
            let mut p_value: f64 = 1.0;
            for (look, batch) in case["batches"].as_array().unwrap().iter().enumerate() {
                let counts: Vec<u64> = serde_json::from_value(batch.clone()).unwrap();
                check.advance(&counts);
                let expected = |key: &str| case[key][look].as_f64().unwrap();
                let log_e = check.log_e();
                let closed = expected("log_bayes_factor_closed_form");
                close(Some(log_e), closed, 1e-9 * closed.abs().max(1.0));
                let odds = expected("savvi_odds");
                close(Some(log_e.exp()), odds, 1e-8 * odds);
                p_value = p_value.min((-log_e).exp());
                let expected = expected("p_value");
                close(Some(p_value), expected, 1e-8 * expected);
            }
        }
    }

    #[test]
    fn billions_lose_no_digits() {
        let mut kept = SampleRatio::new(&[1.0, 9.0]).unwrap();
        assert!(kept.log_e().abs() < 1e-12 && !kept.is_broken());
        kept.advance(&[1_000_000_000, 9_000_000_000]);
        // Exactly by plan: ½ ln(a/(a + N)) up to terms of order 1/a.
        close(Some(kept.log_e()), 0.5 * (1e2 / 1e10_f64).ln(), 0.01);
        let mut broken = SampleRatio::new(&[1.0, 9.0]).unwrap();
        broken.advance(&[1_010_000_000, 8_990_000_000]);
        assert!(broken.is_broken() && broken.log_e().is_finite());
        assert!(SampleRatio::new(&[1.0]).is_none());
        assert!(SampleRatio::new(&[1.0, 0.0]).is_none());
        assert!(SampleRatio::new(&[1.0, f64::NAN]).is_none());
    }
}
