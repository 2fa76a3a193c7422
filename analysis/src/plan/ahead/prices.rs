//! A bound on every plan: what the rows allow, at a price (Lagrangian relaxation).
//!
//! With a price on each row (days of a team, a place in an exclusive set, …) what remains of the
//! program is who is finished by when: "finished by the end of release f" implies the same of the
//! next release and of all that is needed, so that the best choice is a maximum closure. It falls
//! apart into knots of items tied by needs, most of a single item. The prices are set by subgradient
//! steps (M. Held, P. Wolfe, H. Crowder, Mathematical Programming 6 (1974) 62–88). The bound comes
//! close to that of linear programming from above, and costs far less.
//!
//! Weights are whole multiples of a fraction of the total value, rounded up, so that the bound holds
//! exactly.

use super::closure::Closure;
use super::program::{Program, Row};

/// Weights are rounded to this part of the sum of all values.
const GRAIN: f64 = 1_099_511_627_776.0; // 2⁴⁰

/// Items tied together, with their columns.
#[derive(Debug, Clone)]
struct Knot {
    columns: Vec<usize>,
    /// For each column whether the next one is of the same item.
    has_next: Vec<bool>,
    closure: Closure,
}

/// The relaxed program.
#[derive(Debug, Clone)]
pub(crate) struct Prices {
    knots: Vec<Knot>,
    /// The price of each row.
    pub(crate) of_row: Vec<f64>,
}

/// The best choice at given prices.
#[derive(Debug, Clone)]
pub(crate) struct Priced {
    /// No plan is worth more.
    pub(crate) bound: f64,
    /// What the choice takes of each row.
    loads: Vec<f64>,
    /// The best choice; it may break rows.
    pub(crate) chosen: Vec<bool>,
}

impl Prices {
    /// Nothing costs anything yet.
    pub(crate) fn new(program: &Program<'_>, rows: usize) -> Self {
        let knots = knots(program)
            .into_iter()
            .map(|items| Knot::new(program, &items))
            .collect();
        Self {
            knots,
            of_row: vec![0.0; rows],
        }
    }

    /// What each column is worth after the price of what it takes.
    pub(crate) fn net(&self, values: &[f64], rows: &[Row]) -> Vec<f64> {
        let mut net = values.to_vec();
        for (row, price) in rows
            .iter()
            .zip(&self.of_row)
            .filter(|(_, price)| **price > 0.0)
        {
            row.terms
                .iter()
                .for_each(|(column, by)| net[*column] -= price * by);
        }
        net
    }

    /// The best choice at these prices.
    pub(crate) fn best(&mut self, values: &[f64], rows: &[Row]) -> Priced {
        let net = self.net(values, rows);
        let grain = grain(values);
        let mut chosen = vec![false; values.len()];
        let mut kept = 0.0;
        for knot in &mut self.knots {
            kept += knot.solve(&net, grain, &mut chosen, None);
        }
        let loads = rows.iter().map(|row| Program::load(row, &chosen)).collect();
        let paid: f64 = rows
            .iter()
            .zip(&self.of_row)
            .map(|(row, price)| price * row.most)
            .sum();
        Priced {
            bound: kept + paid,
            loads,
            chosen,
        }
    }

    /// Lowers the bound by up to `steps` steps towards `target`, a value that some plan has. `see` is
    /// shown each choice on the way. Returns the lowest bound; the prices are those that gave it.
    pub(crate) fn descend(
        &mut self,
        values: &[f64],
        rows: &[Row],
        steps: u32,
        mut target: impl FnMut(&Self, &Priced) -> f64,
    ) -> f64 {
        let mut lowest = f64::INFINITY;
        let mut best_prices = self.of_row.clone();
        let (mut length, mut idle) = (1.0, 0);
        for _ in 0..steps {
            let priced = self.best(values, rows);
            let goal = target(self, &priced);
            if priced.bound < lowest {
                lowest = priced.bound;
                best_prices.clone_from(&self.of_row);
                idle = 0;
            } else {
                idle += 1;
            }
            if idle == 5 {
                (length, idle) = (length / 2.0, 0);
                self.of_row.clone_from(&best_prices);
            }
            let slack = rows
                .iter()
                .zip(&priced.loads)
                .map(|(row, load)| row.most - load);
            let slack: Vec<f64> = slack.collect();
            let pull: f64 = slack
                .iter()
                .zip(&self.of_row)
                .filter(|(slack, price)| **slack < 0.0 || **price > 0.0)
                .map(|(slack, _)| slack * slack)
                .sum();
            if pull <= 0.0 || priced.bound - goal <= 1e-9 * goal.abs() {
                break;
            }
            let step = length * (priced.bound - goal) / pull;
            for (price, slack) in self.of_row.iter_mut().zip(slack) {
                *price = (*price - step * slack).max(0.0);
            }
        }
        self.of_row = best_prices;
        lowest
    }

    /// For each column a bound on the plans that choose it, and for each item a bound on the plans
    /// without it, at these prices.
    pub(crate) fn bounds(
        &mut self,
        program: &Program<'_>,
        values: &[f64],
        rows: &[Row],
    ) -> (Vec<f64>, Vec<f64>) {
        let bound = self.best(values, rows).bound;
        let net = self.net(values, rows);
        let grain = grain(values);
        let mut with = vec![bound; values.len()];
        let mut without = vec![bound; program.items.len()];
        let mut ignored = vec![false; values.len()];
        for knot in &mut self.knots {
            let free = knot.solve(&net, grain, &mut ignored, None);
            for (place, column) in knot.columns.clone().into_iter().enumerate() {
                let forced = knot.solve(&net, grain, &mut ignored, Some((place, true)));
                with[column] = bound - free + forced;
                if !knot.has_next[place] {
                    let forced = knot.solve(&net, grain, &mut ignored, Some((place, false)));
                    without[program.columns[column].item] = bound - free + forced;
                }
            }
        }
        (with, without)
    }
}

impl Knot {
    fn new(program: &Program<'_>, items: &[usize]) -> Self {
        let columns: Vec<usize> = items
            .iter()
            .flat_map(|item| program.columns_of[*item].iter().copied())
            .collect();
        let has_next = columns
            .iter()
            .map(|column| {
                let own = &program.columns_of[program.columns[*column].item];
                own.last() != Some(column)
            })
            .collect();
        let mut needs = Vec::new();
        for (place, column) in columns.iter().enumerate() {
            let at = program.columns[*column];
            if program.columns_of[at.item].last() != Some(column) {
                needs.push((place, place + 1));
            }
            for needed in &program.needs[at.item] {
                let mut in_time = program.columns_of[*needed].iter().rev();
                let latest = in_time.find(|other| program.columns[**other].release <= at.release);
                let place_of = latest.and_then(|latest| columns.iter().position(|c| c == latest));
                needs.extend(place_of.map(|needed| (place, needed)));
            }
        }
        Self {
            closure: Closure::new(columns.len(), &needs),
            columns,
            has_next,
        }
    }

    /// The most that the knot's columns keep, marked in `chosen`. A column may be forced: chosen, or
    /// with `false` its item, of which it is the last column, left out.
    fn solve(
        &mut self,
        net: &[f64],
        grain: f64,
        chosen: &mut [bool],
        forced: Option<(usize, bool)>,
    ) -> f64 {
        // Finishing by the end of a release is worth what finishing in it is, less what finishing
        // only later would be.
        let whole: Vec<i64> = self
            .columns
            .iter()
            .map(|at| rounded_up(net[*at] / grain))
            .collect();
        let mut weights: Vec<i64> = (0..whole.len())
            .map(|place| {
                whole[place]
                    - if self.has_next[place] {
                        whole[place + 1]
                    } else {
                        0
                    }
            })
            .collect();
        let huge = 1 + 2 * whole.iter().map(|weight| weight.abs()).sum::<i64>();
        let mut offset = 0;
        match forced {
            Some((place, true)) => {
                weights[place] += huge;
                offset = huge;
                if place > 0 && self.has_next[place - 1] {
                    weights[place - 1] -= huge;
                }
            }
            Some((place, false)) => weights[place] -= huge,
            None => {}
        }
        let kept = self.closure.solve(&weights) - offset;
        for (place, column) in self.columns.iter().enumerate() {
            let before = place > 0 && self.has_next[place - 1] && self.closure.holds(place - 1);
            chosen[*column] = self.closure.holds(place) && !before;
        }
        #[expect(clippy::cast_precision_loss, reason = "of the size of 2⁴⁰ at most")]
        let kept = kept as f64;
        kept * grain
    }
}

fn grain(values: &[f64]) -> f64 {
    values.iter().sum::<f64>().max(f64::MIN_POSITIVE * GRAIN) / GRAIN
}

/// The next whole number; what is beyond the size of all values counts as that.
fn rounded_up(number: f64) -> i64 {
    #[expect(clippy::cast_possible_truncation, reason = "clamped before")]
    let whole = number.ceil().clamp(-8.0 * GRAIN, 8.0 * GRAIN) as i64;
    whole
}

/// Items tied by needs, those that cannot be planned left out.
fn knots(program: &Program<'_>) -> Vec<Vec<usize>> {
    let count = program.items.len();
    let mut leader: Vec<usize> = (0..count).collect();
    let find = |leader: &[usize], mut item: usize| {
        while leader[item] != item {
            item = leader[item];
        }
        item
    };
    for item in 0..count {
        for needed in &program.needs[item] {
            let (a, b) = (find(&leader, item), find(&leader, *needed));
            leader[a.max(b)] = a.min(b);
        }
    }
    let mut knots = vec![Vec::new(); count];
    for item in (0..count).filter(|item| !program.columns_of[*item].is_empty()) {
        knots[find(&leader, item)].push(item);
    }
    knots.retain(|items| !items.is_empty());
    knots
}
