//! How long a decision takes at the traffic of the last day.

use std::collections::VecDeque;

use crate::stats::sequential::{Arm, Cell};

/// Hours of traffic that stand for those to come.
const RECENT_HOURS: i64 = 24;

/// The last day's counts, an hour each, strata summed.
#[derive(Debug, Clone, Default)]
pub(super) struct Outlook {
    recent: VecDeque<(i64, Cell)>,
    first_hour: Option<i64>,
}

impl Outlook {
    pub(super) fn advance(&mut self, hour: i64, cells: &[Cell]) {
        self.first_hour.get_or_insert(hour);
        let sum = cells.iter().fold(Cell::default(), |sum, cell| Cell {
            new: sum.new.plus(cell.new),
            base: sum.base.plus(cell.base),
        });
        self.recent.push_back((hour, sum));
        while let Some((oldest, _)) = self.recent.front()
            && hour.saturating_sub(*oldest) >= RECENT_HOURS
        {
            self.recent.pop_front();
        }
    }

    /// Evidence an hour, as a natural logarithm, that the ratio is `truth` and not `null`; `None` without
    /// traffic and events on both arms.
    pub(super) fn log_e_an_hour(&self, truth: f64, null: f64) -> Option<f64> {
        let cells: Vec<Cell> = self.recent.iter().map(|(_, cell)| *cell).collect();
        let evidence = expected_log_e(&cells, truth, null)?;
        let (newest, _) = self.recent.back()?;
        let since_first = newest.saturating_sub(self.first_hour?).saturating_add(1);
        let hours = since_first.min(RECENT_HOURS) as f64;
        Some(evidence / hours)
    }
}

/// Evidence to be expected from hours of such traffic, as a natural logarithm, that the ratio is `truth`
/// and not `null`.
///
/// Formula: `Σ k KL(p(truth) ‖ p(null))` over the hours; `p(r) = rn/(rn + m)`, and
/// `k = (m + truth·n)·rate` events, the rate that of both arms together.
/// Source: A. Wald, Annals of Mathematical Statistics 16 (1945) 117–186, section 4. `None`
/// without traffic and events on both arms.
pub(crate) fn expected_log_e(hours: &[Cell], truth: f64, null: f64) -> Option<f64> {
    let sum = |of: fn(&Cell) -> Arm| hours.iter().map(of).fold(Arm::default(), Arm::plus);
    let (new, base) = (sum(|cell| cell.new), sum(|cell| cell.base));
    let exposure = new.exposure as f64 + base.exposure as f64;
    let rate = (new.events as f64 + base.events as f64) / exposure;
    let mut evidence = 0.0;
    for cell in hours {
        let (n, m) = (cell.new.exposure as f64, cell.base.exposure as f64);
        if n > 0.0 && m > 0.0 {
            let share = |ratio: f64| ratio * n / (ratio * n + m);
            let (p, q) = (share(truth), share(null));
            let divergence = p * (p / q).ln() + (1.0 - p) * ((1.0 - p) / (1.0 - q)).ln();
            evidence += (m + truth * n) * rate * divergence;
        }
    }
    (evidence.is_finite() && evidence > 0.0).then_some(evidence)
}
