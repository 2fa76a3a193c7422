//! Other rules, beside which ours is shown.
//!
//! They see what such rules see in the field: every crash, the usual rate, no week before.

use super::course::Hour;
use super::scenario::Scenario;
use crate::stats::sequential::{Arm, Cell};

/// Two-sided 5 %, 1 %, and 5 % shared by 168 looks, as normal quantiles.
const Z_5: f64 = 1.959_963_984_540_054;
const Z_1: f64 = 2.575_829_303_548_900_4;
const Z_SHARED: f64 = 3.617_363_628_335_562;

/// Hours above a threshold until it counts.
const BREACHES: u32 = 3;

/// A rule that raises an alarm or not, hour by hour.
pub(super) struct Rival {
    pub(super) name: &'static str,
    judge: Judge,
}

impl Rival {
    /// Whether it is told what no rule can know.
    pub(super) fn knows_all(&self) -> bool {
        matches!(self.judge, Judge::KnowsAll)
    }
}

#[derive(Clone, Copy)]
enum Judge {
    /// z of all hours so far, from so many events on.
    Total { z: f64, min_events: u64 },
    /// z of each hour by itself.
    EachHour { z: f64 },
    /// So many hours with more than this multiple of the usual rate.
    Breaches { multiple: f64 },
    /// One-sided asymptotic confidence sequence for the difference, tuned for so many.
    Sequence { planned: f64 },
    /// Wald's test that knows the rate at each hour and the ratio: no rule can be much quicker.
    KnowsAll,
}

/// In the order of the table.
pub(super) const RIVALS: [Rival; 8] = [
    Rival {
        name: "z 5 %, all hours",
        judge: Judge::Total {
            z: Z_5,
            min_events: 1,
        },
    },
    Rival {
        name: "z 5 %, from 30 events",
        judge: Judge::Total {
            z: Z_5,
            min_events: 30,
        },
    },
    Rival {
        name: "z 1 %, all hours",
        judge: Judge::Total {
            z: Z_1,
            min_events: 1,
        },
    },
    Rival {
        name: "z 5 %, each hour",
        judge: Judge::EachHour { z: Z_5 },
    },
    Rival {
        name: "z each hour, Bonferroni",
        judge: Judge::EachHour { z: Z_SHARED },
    },
    Rival {
        name: "3 breaches of x1.5",
        judge: Judge::Breaches { multiple: 1.5 },
    },
    Rival {
        name: "confidence sequence, N* 5000",
        judge: Judge::Sequence { planned: 5000.0 },
    },
    Rival {
        name: "SPRT that knows all",
        judge: Judge::KnowsAll,
    },
];

/// The first hour at which the rule raises an alarm.
pub(super) fn first_alarm(rival: &Rival, scenario: &Scenario, hours: &[Hour]) -> Option<i64> {
    let mut total = Cell::default();
    let (mut breaches, mut log_ratio) = (0, 0.0);
    let mut hours = (0..).zip(hours);
    let found = hours.find(|(at, hour)| {
        let now = hour.raw;
        total.new = total.new.plus(now.new);
        total.base = total.base.plus(now.base);
        match rival.judge {
            Judge::Total { z, min_events } => {
                total.new.events + total.base.events >= min_events && is_above(&total, z)
            }
            Judge::EachHour { z } => is_above(&now, z),
            Judge::Breaches { multiple } => {
                let usual = scenario.rate * now.new.exposure as f64;
                if now.new.events as f64 > multiple * usual {
                    breaches += 1;
                }
                breaches >= BREACHES
            }
            Judge::Sequence { planned } => excludes_none(&total, planned),
            Judge::KnowsAll => {
                if *at >= scenario.onset {
                    log_ratio += known_log_ratio(hour, scenario);
                }
                log_ratio >= 20.0_f64.ln()
            }
        }
    });
    found.map(|(at, _)| at)
}

fn known_log_ratio(hour: &Hour, scenario: &Scenario) -> f64 {
    let Some(cell) = hour.metrics.first() else {
        return 0.0;
    };
    let fine = hour.rate * scenario.selection;
    let worse = fine * scenario.ratio;
    let without = cell.new.exposure.saturating_sub(cell.new.events) as f64;
    cell.new.events as f64 * scenario.ratio.ln() + without * ((1.0 - worse) / (1.0 - fine)).ln()
}

fn rate(arm: Arm) -> f64 {
    arm.events as f64 / arm.exposure as f64
}

/// Whether the new arm's proportion lies above by the pooled z test.
fn is_above(cell: &Cell, z: f64) -> bool {
    let (n, m) = (cell.new.exposure as f64, cell.base.exposure as f64);
    let pooled = (cell.new.events as f64 + cell.base.events as f64) / (n + m);
    let error = (pooled * (1.0 - pooled) * (1.0 / n + 1.0 / m)).sqrt();
    rate(cell.new) - rate(cell.base) > z * error
}

/// Whether the one-sided asymptotic sequence at 5 % lies above no difference. Source: as
/// [`crate::stats::sequential::asymptotic`], in its one-sided form.
fn excludes_none(cell: &Cell, planned: f64) -> bool {
    let (n, m) = (cell.new.exposure as f64, cell.base.exposure as f64);
    let (p, q) = (rate(cell.new), rate(cell.base));
    let variance = p * (1.0 - p) / n + q * (1.0 - q) / m;
    let (all, twice) = (n + m, -2.0 * 0.10_f64.ln());
    let rho2 = (twice + twice.ln_1p()) / planned;
    let widened = all * rho2 + 1.0;
    let square = 2.0 * widened / (all * all * rho2) * (widened.sqrt() / 0.10).ln_1p();
    p - q > (variance * all * square).sqrt() && variance > 0.0
}
