//! A share of the total cost, kept as it was written.
//!
//! Why not `f64`: 0.29 · 100 is 28.999999999999996 there, and the budget would be one too small.

use std::fmt;
use std::str::FromStr;

/// A decimal fraction from 0 to 1, exactly.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ratio {
    digits: i64,
    /// A power of ten.
    of: i64,
}

/// The text is no ratio.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the ratio must be a decimal fraction from 0 to 1 such as 0.3, got {0:?}")]
pub struct RatioError(String);

impl Ratio {
    /// The largest whole budget that is at most this share of `total_cost`.
    #[must_use]
    pub fn floor_of(self, total_cost: i64) -> i64 {
        let exact = i128::from(total_cost) * i128::from(self.digits) / i128::from(self.of);
        // At most `total_cost`, for the ratio is at most 1.
        i64::try_from(exact).unwrap_or(total_cost)
    }
}

impl FromStr for Ratio {
    type Err = RatioError;

    fn from_str(text: &str) -> Result<Self, RatioError> {
        const DECIMALS_MAX: usize = 12;
        let refused = || RatioError(text.chars().take(24).collect());
        let (whole, decimals) = text.split_once('.').unwrap_or((text, ""));
        let digits = || whole.bytes().chain(decimals.bytes());
        if whole.is_empty()
            || whole.len() > 1
            || decimals.len() > DECIMALS_MAX
            || !digits().all(|byte| byte.is_ascii_digit())
        {
            return Err(refused());
        }
        let number = digits().fold(0, |sum, byte| sum * 10 + i64::from(byte - b'0'));
        let of = decimals.bytes().fold(1, |power, _| power * 10);
        if number > of {
            return Err(refused());
        }
        Ok(Self { digits: number, of })
    }
}

impl fmt::Display for Ratio {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = usize::try_from(self.of.ilog10()).unwrap_or(0);
        match width {
            0 => write!(f, "{}", self.digits),
            _ => write!(
                f,
                "{}.{:0width$}",
                self.digits / self.of,
                self.digits % self.of
            ),
        }
    }
}
