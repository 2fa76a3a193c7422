//! Many metrics of one release at one look, of which few may be worse.

/// Which hypotheses e-BH rejects: the share of wrong ones among them is at most `alpha` on average.
///
/// Formula: with the evidence sorted, the greatest `k` for which the k-th is at least `M/(kα)`; the
/// first `k` are rejected. Valid under any dependence, and at any look for e-processes. Source:
/// R. Wang and A. Ramdas, "False discovery rate control with e-values", JRSS B 84 (2022) 822–852.
/// `log_e` are natural logarithms; the answers stand in their order.
#[must_use]
pub fn e_bh(log_e: &[f64], alpha: f64) -> Vec<bool> {
    let mut sorted: Vec<f64> = log_e.iter().copied().filter(|e| !e.is_nan()).collect();
    sorted.sort_by(|a, b| b.total_cmp(a));
    let needed = |rank: usize| (log_e.len() as f64 / (rank as f64 * alpha)).ln();
    let last = (1..=sorted.len())
        .rev()
        .find(|&rank| sorted[rank - 1] >= needed(rank));
    match last {
        Some(last) => log_e.iter().map(|e| *e >= sorted[last - 1]).collect(),
        None => vec![false; log_e.len()],
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::stats::oracle::oracle_text;

    #[test]
    fn agrees_with_ville() {
        let Some(text) = oracle_text("multiple_testing.json") else {
            return;
        };
        let cases: Vec<Value> = serde_json::from_str(&text).unwrap();
        for case in cases.iter().filter(|case| !case["e"].is_null()) {
            let e: Vec<f64> = serde_json::from_value(case["e"].clone()).unwrap();
            let log_e: Vec<f64> = e.iter().map(|e| e.ln()).collect();
            for (key, alpha) in [("ebh_reject_0.05", 0.05), ("ebh_reject_0.1", 0.1)] {
                let expected: Vec<bool> = serde_json::from_value(case[key].clone()).unwrap();
                assert_eq!(e_bh(&log_e, alpha), expected, "{case}");
            }
        }
    }

    #[test]
    fn edges() {
        assert_eq!(e_bh(&[], 0.05), Vec::<bool>::new());
        assert_eq!(e_bh(&[f64::INFINITY, -3.0], 0.05), [true, false]);
        assert_eq!(e_bh(&[f64::NAN, 8.0], 0.05), [false, true]);
        assert_eq!(e_bh(&[f64::NEG_INFINITY; 3], 0.05), [false; 3]);
    }
}
