//! Events per unit of exposure.

use statrs::distribution::{ContinuousCDF, Gamma};

use super::TAIL;
use crate::findings::Estimate;

/// `events / exposure` with Garwood's exact interval for a Poisson count; no value without exposure.
///
/// Formula: the ends are the gamma quantiles `Γ(0.025; events, 1)` and `Γ(0.975; events + 1, 1)`
/// over the exposure, which are `χ²/2` with twice as many degrees of freedom.
/// Source: F. Garwood, Biometrika 28 (1936) 437–442. Holds for events that do not come in clumps.
#[must_use]
pub fn estimate(events: u64, exposure: u64) -> Estimate {
    if exposure == 0 {
        return Estimate::default();
    }
    let (count, total) = (events as f64, exposure as f64);
    let quantile = |shape: f64, share: f64| {
        Gamma::new(shape, 1.0)
            .ok()
            .map(|gamma| gamma.inverse_cdf(share) / total)
    };
    let low = if events == 0 {
        Some(0.0)
    } else {
        quantile(count, TAIL)
    };
    Estimate {
        value: Some(count / total),
        low,
        high: quantile(count + 1.0, 1.0 - TAIL),
        n: exposure,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::oracle::{close, oracle_csv};

    #[test]
    fn garwoods_limits() {
        // Garwood 1936, table 1: 0 → 3.69; 10 → 4.80 to 18.39.
        assert_eq!(estimate(0, 1).low, Some(0.0));
        close(estimate(0, 1).high, 3.69, 5e-3);
        close(estimate(10, 1).low, 4.80, 5e-3);
        close(estimate(10, 1).high, 18.39, 5e-3);
        assert_eq!(estimate(3, 0), Estimate::default());
        // Far out it is normal with variance equal to the count, skewed by (z² ± 1)/3 or so.
        close(estimate(1_000_000, 1).low, 1_000_000.0 - 1960.0, 5.0);
        close(estimate(1_000_000, 1).high, 1_000_000.0 + 1960.0, 5.0);
    }

    #[test]
    fn agrees_with_statsmodels() {
        for row in oracle_csv("poisson_one_rate_ci.csv")
            .iter()
            .filter(|row| row["method"] == "exact-c" && row["confidence"] == "0.95")
        {
            let Ok(exposure) = row["exposure"].trim_end_matches(".0").parse() else {
                continue;
            };
            let got = estimate(row["count"].parse().unwrap(), exposure);
            close(got.low, row["lower"].parse().unwrap(), 1e-8);
            close(got.high, row["upper"].parse().unwrap(), 1e-8);
        }
    }
}
