//! What a team gets done in a sprint, from those that it has finished.

/// Points or person-days done per sprint, with the spread between sprints.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Velocity {
    /// How many sprints there were.
    pub sprints: usize,
    /// Half the sprints got more done.
    pub median: f64,
    /// One sprint in ten got less done.
    pub low: f64,
    /// One sprint in ten got more done.
    pub high: f64,
}

impl Velocity {
    /// Sprints after which the spread is worth a word.
    const SPRINTS_MIN: usize = 3;

    /// Of what each sprint got done; sprints in which nothing was done, or what is no number, are
    /// left out: trackers keep sprints that were never run. `None` for fewer than three.
    ///
    /// Formula: sample quantiles by linear interpolation (type 7 of R. Hyndman, Y. Fan, The American
    /// Statistician 50 (1996) 361–365) at 0.1, 0.5 and 0.9.
    #[must_use]
    pub fn new(done: &[f64]) -> Option<Self> {
        let mut done: Vec<f64> = done
            .iter()
            .copied()
            .filter(|done| done.is_finite() && *done > 0.0)
            .collect();
        done.sort_by(f64::total_cmp);
        if done.len() < Self::SPRINTS_MIN {
            return None;
        }
        Some(Self {
            sprints: done.len(),
            median: quantile(&done, 5)?,
            low: quantile(&done, 1)?,
            high: quantile(&done, 9)?,
        })
    }
}

/// The value below which so many tenths of the sorted values lie.
fn quantile(sorted: &[f64], tenths: usize) -> Option<f64> {
    let place = sorted.len().checked_sub(1)? * tenths;
    let (below, part) = (place / 10, place % 10);
    let low = *sorted.get(below)?;
    let high = sorted.get(below + 1).copied().unwrap_or(low);
    let part = f64::from(u32::try_from(part).ok()?) / 10.0;
    Some(low + part * (high - low))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_of_the_sprints_that_were_run() {
        let done = [0.0, 50.0, 10.0, 20.0, f64::NAN, 40.0, 30.0];
        let velocity = Velocity::new(&done).unwrap();
        assert_eq!((velocity.sprints, velocity.median), (5, 30.0));
        assert!((velocity.low - 14.0).abs() < 1e-9 && (velocity.high - 46.0).abs() < 1e-9);
        assert_eq!(Velocity::new(&[5.0, 6.0, 0.0]), None);
    }
}
