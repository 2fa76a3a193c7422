//! How sure the plan is: the best plans of many draws of efforts and values.
//!
//! Each item's effort and value are drawn on their own from triangular distributions between a low
//! and a high figure with the likely one as mode (as in three-point estimates). Each draw is planned
//! anew, with the prices of the plan at the likely figures to begin with, until the plan is proved to
//! be within half a percent of that draw's optimum. The same seed gives the same draws.

use std::collections::BTreeMap;

use super::best::{choose, most_value, value};
use super::list::walk;
use super::milp::{Aim, Ask};
use super::narrow::{binding_rows, open_values, priced_plan};
use super::prices::Prices;
use super::problem::{Problem, ProblemError};
use super::program::{Program, Rule};
use crate::findings::Estimate;
use crate::stats::proportion;

/// The share of a draw's optimum that its plan may miss.
const GAP: f64 = 0.005;
/// Price steps at the likely figures, and per draw.
const STEPS: u32 = 120;
const STEPS_A_DRAW: u32 = 40;
/// Pivots and nodes for a draw that the prices leave open.
const WORK_A_DRAW: u64 = 2_000;

/// Low and high as multiples of the likely figure: `low` ≤ 1 ≤ `high`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Spread {
    /// The lowest.
    pub low: f64,
    /// The highest.
    pub high: f64,
}

/// How far an item's figures may be off.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Spreads {
    /// Of its effort, in all teams alike.
    pub effort: Spread,
    /// Of its value.
    pub value: Spread,
}

/// What the draws came to.
#[derive(Debug, Clone, PartialEq)]
pub struct Stability {
    /// How many draws there were.
    pub draws: u32,
    /// For each item that can be planned the share of the draws whose plan holds it, with Wilson's
    /// interval: what the number of draws leaves open.
    pub items: BTreeMap<String, Estimate>,
    /// Draws whose plan is not proved to be within half a percent of its optimum.
    pub unproved: u32,
}

impl Spread {
    /// No spread at all.
    pub const NONE: Self = Self {
        low: 1.0,
        high: 1.0,
    };

    /// The point below which a share `u` of the triangular distribution lies.
    fn at(self, u: f64) -> f64 {
        let (low, high) = (self.low.clamp(0.0, 1.0), self.high.max(1.0));
        let width = high - low;
        if width <= 0.0 {
            return 1.0;
        }
        if u * width < 1.0 - low {
            low + (u * width * (1.0 - low)).sqrt()
        } else {
            high - ((1.0 - u) * width * (high - 1.0)).sqrt()
        }
    }
}

/// Plans `draws` draws. Items without spreads keep their figures.
///
/// # Errors
/// As [`super::plan`].
pub fn stability(
    problem: &Problem,
    spreads: &BTreeMap<String, Spreads>,
    draws: u32,
    seed: u64,
) -> Result<Stability, ProblemError> {
    problem.check()?;
    let likely = Program::new(problem);
    let open = vec![true; likely.columns.len()];
    let mut likely_ask = ask(&likely, &open);
    // Where no plan at all keeps the shares they yield in every draw, as they do in the plan.
    likely_ask.shares = most_value(&likely_ask, &walk(&likely, &open)).is_some();
    let shares = likely_ask.shares;
    let rows = binding_rows(&likely_ask);
    let mut prices = Prices::new(&likely, rows.len());
    prices.descend(&open_values(&likely_ask), &rows, STEPS, |_, priced| {
        value(&likely, &priced.chosen).min(priced.bound) * (1.0 - GAP)
    });
    let first = prices.of_row.clone();
    let mut chance = Chance(seed);
    let mut counts = vec![0_u32; likely.items.len()];
    let mut unproved = 0;
    for _ in 0..draws {
        let mut drawn = likely.clone();
        drawn.draw(spreads, &mut chance);
        prices.of_row.clone_from(&first);
        let mut ask = ask(&drawn, &open);
        ask.shares = shares;
        let (chosen, proved) = planned(&ask, &mut prices, problem.releases.len());
        unproved += u32::from(!proved);
        for (column, _) in drawn
            .columns
            .iter()
            .zip(&chosen)
            .filter(|(_, chosen)| **chosen)
        {
            counts[column.item] += 1;
        }
    }
    let plannable = likely.items.iter().zip(counts).zip(&likely.unplannable);
    let items = plannable
        .filter(|(_, unplannable)| unplannable.is_none())
        .map(|((item, count), _)| {
            let share = proportion::estimate(u64::from(count), u64::from(draws));
            (item.id.clone(), share)
        })
        .collect();
    Ok(Stability {
        draws,
        items,
        unproved,
    })
}

fn ask<'a>(program: &'a Program<'a>, open: &'a [bool]) -> Ask<'a> {
    Ask {
        program,
        aim: Aim::Value { effort_price: 0.0 },
        shares: true,
        demands: program.demands.len(),
        open,
        held: &[],
        start: None,
        work_max: WORK_A_DRAW,
        gap: GAP,
    }
}

/// A plan of one draw, and whether it is proved to be good enough.
fn planned(ask: &Ask<'_>, prices: &mut Prices, releases: usize) -> (Vec<bool>, bool) {
    let program = ask.program;
    let (rows, values) = (binding_rows(ask), open_values(ask));
    let mut best: Option<(f64, Vec<bool>)> = None;
    let bound = prices.descend(&values, &rows, STEPS_A_DRAW, |prices, priced| {
        let plan = priced_plan(program, &rows, &values, prices, priced, ask.open);
        let worth = value(program, &plan);
        if best.as_ref().is_none_or(|(most, _)| worth > *most) && ask.keeps_rules(&plan) {
            best = Some((worth, plan));
        }
        best.as_ref().map_or(0.0, |(most, _)| most / (1.0 - GAP))
    });
    let is_enough = |worth: f64, bound: f64| worth >= bound * (1.0 - GAP);
    if let Some((worth, plan)) = &best
        && is_enough(*worth, bound)
    {
        return (plan.clone(), true);
    }
    let choice = choose(program, releases, ask.work_max);
    let proved = choice.proven || is_enough(value(program, &choice.chosen), choice.bound);
    (choice.chosen, proved)
}

impl Program<'_> {
    /// Replaces efforts and values by drawn ones.
    fn draw(&mut self, spreads: &BTreeMap<String, Spreads>, chance: &mut Chance) {
        let factors: Vec<(f64, f64)> = self
            .items
            .iter()
            .map(|item| match spreads.get(&item.id) {
                Some(of) => (of.effort.at(chance.unit()), of.value.at(chance.unit())),
                None => (1.0, 1.0),
            })
            .collect();
        for column in &mut self.columns {
            column.effort *= factors[column.item].0;
            column.value *= factors[column.item].1;
        }
        let columns = &self.columns;
        for row in &mut self.rows {
            if matches!(row.rule, Rule::Capacity { .. } | Rule::Share) {
                for (column, days) in &mut row.terms {
                    *days *= factors[columns[*column].item].0;
                }
            }
        }
    }
}

/// The generator splitmix64 (G. Steele, D. Lea, C. Flood, OOPSLA 2014).
struct Chance(u64);

impl Chance {
    /// From 0 to below 1.
    fn unit(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^= z >> 31;
        // The highest 32 bits are exact in a float, and fine enough.
        u32::try_from(z >> 32).map_or(0.0, f64::from) / 4_294_967_296.0
    }
}
