//! Why each item is in the plan or not.

use std::collections::BTreeMap;

use super::Candidate;
use super::graph::Graph;
use super::select::{Selection, fits};
use super::what_if::{self, Budget, WayIn};
use crate::findings::Decision;

/// In or out, and why, by item id.
pub(crate) fn decisions(
    candidates: &[Candidate],
    graph: &Graph<'_>,
    plan: &Selection,
    capacity: f64,
) -> BTreeMap<String, Decision> {
    let mut budget = Budget::default();
    let ways_in = what_if::ways_in(graph, plan, capacity, &mut budget);
    let mut decisions = BTreeMap::new();
    for (item, unit) in graph.items() {
        let decision = if plan.taken[unit] {
            Decision::Chosen {
                mandatory: item.mandatory,
                needed_by: what_if::needed_by(candidates, graph, plan, capacity, item, &mut budget),
            }
        } else {
            let (reason, because_of) = reason(graph, plan, capacity, item, unit);
            let way = ways_in.get(item.id.as_str()).copied().unwrap_or_default();
            let WayIn {
                extra_person_days,
                effort_at_most,
            } = way;
            Decision::Cut {
                reason: reason.to_owned(),
                because_of,
                extra_person_days,
                effort_at_most,
            }
        };
        decisions.insert(item.id.clone(), decision);
    }
    decisions
}

/// The reason's word, and the ids that it speaks of.
fn reason(
    graph: &Graph<'_>,
    plan: &Selection,
    capacity: f64,
    item: &Candidate,
    unit: usize,
) -> (&'static str, Vec<String>) {
    let cycle: Vec<String> = graph
        .ids(unit)
        .filter(|id| *id != item.id)
        .map(str::to_owned)
        .collect();
    if item.effort.is_none() {
        return ("no_effort", Vec::new());
    }
    if graph.units[unit].effort.is_none() {
        return ("cycle", cycle);
    }
    if graph.units[unit].blocked {
        let unknown = |unit: &&usize| graph.units[**unit].effort.is_none();
        return (
            "dependency",
            ids(graph, graph.closure(unit).iter().filter(unknown)),
        );
    }
    if plan.shortfall.is_some() {
        let mandatory = graph
            .items()
            .filter(|(other, _)| other.mandatory && other.id != item.id);
        return (
            "mandatory_over_capacity",
            mandatory.map(|(other, _)| other.id.clone()).collect(),
        );
    }
    if graph.units[unit].value <= 0.0 {
        return ("no_value", Vec::new());
    }
    if !cycle.is_empty() {
        return ("cycle", cycle);
    }
    let missing = |other: &&usize| **other != unit && !plan.taken[**other];
    let missing = ids(graph, graph.closure(unit).iter().filter(missing));
    if !missing.is_empty() && fits(plan.used + graph.effort(unit), capacity) {
        return ("dependency", missing);
    }
    ("capacity", Vec::new())
}

fn ids<'a>(graph: &Graph<'_>, units: impl Iterator<Item = &'a usize>) -> Vec<String> {
    let mut ids: Vec<String> = units
        .flat_map(|unit| graph.ids(*unit))
        .map(str::to_owned)
        .collect();
    ids.sort();
    ids
}
