//! The best selection of units within a capacity.
//!
//! What needs no search is settled first: mandatory units are in, units that cannot fit are out, and
//! where everything fits everything is taken. The rest goes to the solver.

use super::by_list;
use super::graph::Graph;
use super::solve;

/// Values and efforts that differ by less than this share are the same.
pub(crate) const SAME: f64 = 1e-9;

/// A choice of units.
#[derive(Debug, Clone)]
pub(crate) struct Selection {
    /// Whether each unit is in.
    pub(crate) taken: Vec<bool>,
    /// Sum of the values of those in.
    pub(crate) value: f64,
    /// Person-days of those in.
    pub(crate) used: f64,
    /// No selection is worth more than this.
    pub(crate) bound: f64,
    /// Whether `value` is proved to be the best.
    pub(crate) proved: bool,
    /// Person-days by which the mandatory units exceed the capacity.
    pub(crate) shortfall: Option<f64>,
}

impl Selection {
    /// The largest share by which a better selection could exceed this one.
    pub(crate) fn gap(&self) -> f64 {
        if self.proved || self.bound <= self.value {
            0.0
        } else if self.value > 0.0 {
            (self.bound - self.value) / self.value
        } else {
            1.0
        }
    }
}

/// Whether this much effort fits, but for rounding of sums.
pub(crate) fn fits(effort: f64, capacity: f64) -> bool {
    effort <= capacity + SAME * capacity.max(1.0)
}

/// Mandatory units that can be planned, with all that they need.
pub(crate) fn forced(graph: &Graph<'_>) -> Vec<bool> {
    let mut forced = vec![false; graph.units.len()];
    for (index, unit) in graph.units.iter().enumerate() {
        if unit.mandatory && !unit.blocked {
            graph
                .closure(index)
                .iter()
                .for_each(|needed| forced[*needed] = true);
        }
    }
    forced
}

/// The best selection. Where the mandatory units alone exceed the capacity: the best of those.
pub(crate) fn best(graph: &Graph<'_>, capacity: f64) -> Selection {
    let forced = forced(graph);
    let needed: f64 = efforts(graph, &forced);
    if fits(needed, capacity) {
        let eligible: Vec<bool> = graph.units.iter().map(|unit| !unit.blocked).collect();
        return fill(graph, capacity, forced, &eligible);
    }
    let none = vec![false; graph.units.len()];
    let mut selection = fill(graph, capacity, none, &forced);
    add_worthless(graph, capacity, &mut selection);
    selection.shortfall = Some(needed - capacity);
    selection
}

/// The best selection that holds `taken` and beyond it only `eligible` units.
fn fill(graph: &Graph<'_>, capacity: f64, taken: Vec<bool>, eligible: &[bool]) -> Selection {
    let left = capacity - efforts(graph, &taken);
    let open = worth_a_look(graph, left, &taken, eligible);
    let mut selection = Selection {
        value: 0.0,
        used: 0.0,
        bound: values(graph, &taken),
        proved: true,
        shortfall: None,
        taken,
    };
    let everything: f64 = open.iter().map(|unit| graph.effort(*unit)).sum();
    if fits(everything, left) {
        open.iter().for_each(|unit| selection.taken[*unit] = true);
    } else {
        let list = by_list::walk(graph, capacity, eligible);
        let solved = solve::best(graph, left, &open, &list, solve::PIVOTS_MAX);
        solved
            .chosen
            .iter()
            .for_each(|unit| selection.taken[*unit] = true);
        selection.bound += solved.bound;
        selection.proved = solved.proved;
    }
    selection.used = efforts(graph, &selection.taken);
    selection.value = values(graph, &selection.taken);
    if selection.proved {
        selection.bound = selection.value;
    }
    selection
}

/// Units that some selection worth having may hold: those of value whose missing prerequisites fit
/// into what is left, and these prerequisites.
fn worth_a_look(graph: &Graph<'_>, left: f64, taken: &[bool], eligible: &[bool]) -> Vec<usize> {
    let mut open = vec![false; graph.units.len()];
    for (index, unit) in graph.units.iter().enumerate() {
        let missing = || {
            graph
                .closure(index)
                .iter()
                .copied()
                .filter(|unit| !taken[*unit])
        };
        if unit.value > 0.0
            && missing().all(|unit| eligible[unit])
            && fits(missing().map(|unit| graph.effort(unit)).sum(), left)
        {
            missing().for_each(|unit| open[unit] = true);
        }
    }
    (0..open.len()).filter(|unit| open[*unit]).collect()
}

/// Mandatory units of no value are wanted too, as far as there is room: the smallest first.
fn add_worthless(graph: &Graph<'_>, capacity: f64, selection: &mut Selection) {
    let mut rest: Vec<usize> = (0..graph.units.len())
        .filter(|unit| graph.units[*unit].mandatory && !graph.units[*unit].blocked)
        .collect();
    rest.sort_by(|a, b| graph.effort(*a).total_cmp(&graph.effort(*b)));
    for unit in rest {
        let missing = graph
            .closure(unit)
            .iter()
            .filter(|unit| !selection.taken[**unit]);
        let effort: f64 = missing.map(|unit| graph.effort(*unit)).sum();
        if fits(selection.used + effort, capacity) {
            graph
                .closure(unit)
                .iter()
                .for_each(|unit| selection.taken[*unit] = true);
            selection.used = efforts(graph, &selection.taken);
        }
    }
    selection.value = values(graph, &selection.taken);
}

/// Person-days of the units that are in.
pub(crate) fn efforts(graph: &Graph<'_>, taken: &[bool]) -> f64 {
    sum(taken, |unit| graph.effort(unit))
}

fn values(graph: &Graph<'_>, taken: &[bool]) -> f64 {
    sum(taken, |unit| graph.units[unit].value)
}

fn sum(taken: &[bool], of: impl Fn(usize) -> f64) -> f64 {
    taken
        .iter()
        .enumerate()
        .filter(|(_, taken)| **taken)
        .map(|(unit, _)| of(unit))
        .sum()
}
