//! The 0-1 program: maximise `Σ vᵢ xᵢ` with `Σ eᵢ xᵢ ≤ capacity` and `xᵢ ≤ xⱼ` where i needs j.
//!
//! Two searches: the first finds and proves the best value; the second, with a millionth of the
//! values' sum spread over the efforts as a price, looks for a selection of the same value and less
//! effort. What the second finds counts only if its value is the same. Neither can fail: where the
//! solver gives up, the list's selection stands, unproved.

use microlp::{ComparisonOp, OptimizationDirection, Problem, SolveOptions, SolveOutcome, Variable};

use super::graph::Graph;
use super::select::{SAME, fits};

/// Pivots after which the first search stops without a proof.
pub(crate) const PIVOTS_MAX: u64 = 100_000;
/// Pivots after which the search for less effort stops.
const TIE_PIVOTS_MAX: u64 = 10_000;
/// Nodes between two looks at the pivots.
const NODES_A_STEP: u64 = 100;
/// The price of all efforts together, as a share of all values together.
const EFFORT_PRICE: f64 = 1e-6;

/// What the solver found among the open units.
#[derive(Debug)]
pub(crate) struct Solved {
    /// The units to take.
    pub(crate) chosen: Vec<usize>,
    /// No choice among the open units is worth more.
    pub(crate) bound: f64,
    /// Whether the choice is proved to be the best.
    pub(crate) proved: bool,
}

/// The best choice among `open` units (closed under what they need) within `left`; `list` is a
/// selection that is known to be possible. Stops without a proof after `pivots_max`.
pub(crate) fn best(
    graph: &Graph<'_>,
    left: f64,
    open: &[usize],
    list: &[usize],
    pivots_max: u64,
) -> Solved {
    let model = Model { graph, left, open };
    let listed = model.mask(list);
    let mut chosen: Vec<usize> = open.iter().copied().filter(|unit| listed[*unit]).collect();
    let mut solved = Solved {
        chosen: Vec::new(),
        bound: model.value(open),
        proved: false,
    };
    let found = model.search(0.0, pivots_max, None);
    if let Some(bound) = found.bound {
        solved.bound = solved.bound.min(bound);
    }
    if let Some(other) = found.chosen
        && model.is_as_good(&other, &chosen)
    {
        chosen = other;
        solved.proved = found.proved;
    }
    if solved.proved {
        let cheaper = model.search(model.effort_price(), TIE_PIVOTS_MAX, Some(&chosen));
        if let Some(other) = cheaper.chosen
            && model.is_as_good(&other, &chosen)
            && model.effort(&other) < model.effort(&chosen)
        {
            chosen = other;
        }
    }
    solved.chosen = model.earliest_of_equals(&model.without_idle(&chosen));
    solved
}

struct Model<'a> {
    graph: &'a Graph<'a>,
    left: f64,
    open: &'a [usize],
}

struct Found {
    chosen: Option<Vec<usize>>,
    bound: Option<f64>,
    proved: bool,
}

impl Model<'_> {
    fn value(&self, units: &[usize]) -> f64 {
        units.iter().map(|unit| self.graph.units[*unit].value).sum()
    }

    fn effort(&self, units: &[usize]) -> f64 {
        units.iter().map(|unit| self.graph.effort(*unit)).sum()
    }

    /// Whether the first choice is worth as much as the second, but for rounding of sums.
    fn is_as_good(&self, one: &[usize], other: &[usize]) -> bool {
        self.value(one) >= self.value(other) * (1.0 - SAME)
    }

    fn mask(&self, units: &[usize]) -> Vec<bool> {
        let mut mask = vec![false; self.graph.units.len()];
        units.iter().for_each(|unit| mask[*unit] = true);
        mask
    }

    fn effort_price(&self) -> f64 {
        EFFORT_PRICE * self.value(self.open) / self.effort(self.open)
    }

    /// A power of two that brings the largest value near a thousand, for the solver's tolerances;
    /// being a power of two it keeps values exact.
    fn scale(&self) -> f64 {
        let largest = self
            .open
            .iter()
            .map(|unit| self.graph.units[*unit].value)
            .fold(0.0, f64::max);
        if (1.0..1e6).contains(&largest) {
            1.0
        } else {
            (10.0 - largest.log2().floor()).exp2()
        }
    }

    fn problem(&self, effort_price: f64) -> (Problem, Vec<Variable>) {
        let scale = self.scale();
        let mut problem = Problem::new(OptimizationDirection::Maximize);
        let mut variable_of = vec![None; self.graph.units.len()];
        let mut variables = Vec::with_capacity(self.open.len());
        for unit in self.open {
            let price = effort_price * self.graph.effort(*unit);
            let variable = problem.add_binary_var(scale * (self.graph.units[*unit].value - price));
            variable_of[*unit] = Some(variable);
            variables.push(variable);
        }
        let efforts: Vec<(Variable, f64)> = variables
            .iter()
            .zip(self.open)
            .map(|(variable, unit)| (*variable, self.graph.effort(*unit)))
            .filter(|(_, effort)| *effort > 0.0)
            .collect();
        problem.add_constraint(efforts, ComparisonOp::Le, self.left);
        for (variable, unit) in variables.iter().zip(self.open) {
            for needed in self.graph.units[*unit]
                .needs
                .iter()
                .filter_map(|unit| variable_of[*unit])
            {
                problem.add_constraint([(*variable, 1.0), (needed, -1.0)], ComparisonOp::Le, 0.0);
            }
        }
        (problem, variables)
    }

    /// Runs the solver until it has a proof or has used up its pivots.
    fn search(&self, effort_price: f64, pivots_max: u64, start: Option<&[usize]>) -> Found {
        let (problem, variables) = self.problem(effort_price);
        let mut options = SolveOptions::default();
        options.node_limit = Some(NODES_A_STEP);
        options.warm_start = start.map(|chosen| {
            let chosen = self.mask(chosen);
            let value = |unit: &usize| if chosen[*unit] { 1.0 } else { 0.0 };
            variables
                .iter()
                .copied()
                .zip(self.open.iter().map(value))
                .collect()
        });
        let nothing = Found {
            chosen: None,
            bound: None,
            proved: false,
        };
        let Ok(mut outcome) = problem.solve_with(options) else {
            return nothing;
        };
        while !outcome.is_optimal() && work(&outcome) < pivots_max {
            outcome = match outcome.resume() {
                Ok(further) => further,
                Err(_) => return nothing,
            };
        }
        let chosen = self.read(&outcome, &variables);
        Found {
            proved: outcome.is_optimal() && chosen.is_some(),
            bound: outcome.stats().best_bound.map(|bound| bound / self.scale()),
            chosen,
        }
    }

    /// The chosen units, if the rounded answer keeps every constraint.
    fn read(&self, outcome: &SolveOutcome, variables: &[Variable]) -> Option<Vec<usize>> {
        let solution = outcome.solution()?;
        let chosen: Vec<usize> = variables
            .iter()
            .zip(self.open)
            .filter(|(variable, _)| solution.var_value(**variable) > 0.5)
            .map(|(_, unit)| *unit)
            .collect();
        let (open, taken) = (self.mask(self.open), self.mask(&chosen));
        let is_closed = chosen.iter().all(|unit| {
            let mut needs = self.graph.units[*unit].needs.iter();
            needs.all(|needed| taken[*needed] || !open[*needed])
        });
        (is_closed && fits(self.effort(&chosen), self.left)).then_some(chosen)
    }

    /// Leaves out units of no value that nothing else chosen needs.
    fn without_idle(&self, chosen: &[usize]) -> Vec<usize> {
        let mut wanted = vec![false; self.graph.units.len()];
        for unit in chosen
            .iter()
            .filter(|unit| self.graph.units[**unit].value > 0.0)
        {
            self.graph
                .closure(*unit)
                .iter()
                .for_each(|needed| wanted[*needed] = true);
        }
        chosen
            .iter()
            .copied()
            .filter(|unit| wanted[*unit])
            .collect()
    }

    /// Of units alike in value, effort and needs that nothing else needs, takes those whose ids
    /// come first.
    fn earliest_of_equals(&self, chosen: &[usize]) -> Vec<usize> {
        let units = &self.graph.units;
        let id = |unit: usize| self.graph.ids(unit).next();
        let mut taken = self.mask(chosen);
        let mut free = vec![true; units.len()];
        self.open
            .iter()
            .flat_map(|unit| &units[*unit].needs)
            .for_each(|unit| free[*unit] = false);
        let mut loose: Vec<usize> = self
            .open
            .iter()
            .copied()
            .filter(|unit| free[*unit])
            .collect();
        loose.sort_by(|a, b| {
            units[*a]
                .value
                .total_cmp(&units[*b].value)
                .then(self.graph.effort(*a).total_cmp(&self.graph.effort(*b)))
                .then(units[*a].needs.cmp(&units[*b].needs))
                .then(id(*a).cmp(&id(*b)))
        });
        let alike = |a: &usize, b: &usize| {
            units[*a].value.total_cmp(&units[*b].value).is_eq()
                && self
                    .graph
                    .effort(*a)
                    .total_cmp(&self.graph.effort(*b))
                    .is_eq()
                && units[*a].needs == units[*b].needs
        };
        for group in loose.chunk_by(alike) {
            let count = group.iter().filter(|unit| taken[**unit]).count();
            for (place, unit) in group.iter().enumerate() {
                taken[*unit] = place < count;
            }
        }
        self.open
            .iter()
            .copied()
            .filter(|unit| taken[*unit])
            .collect()
    }
}

/// What a search has cost: pivots, and nodes so that it ends where nodes need no pivot.
fn work(outcome: &SolveOutcome) -> u64 {
    let stats = outcome.stats();
    stats.lp_iterations + stats.nodes_solved
}
