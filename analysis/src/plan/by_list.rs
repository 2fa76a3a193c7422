//! What a list sorted by score would take: the plan that most teams make.

use super::graph::Graph;
use super::select::{Selection, fits, forced};
use crate::findings::ListComparison;

/// Walks the list from the top, mandatory items first, then by value ÷ effort, and takes an item
/// when it and all its prerequisites not yet taken still fit. Items without value are passed over.
/// Returns the units in the order in which they were taken.
pub(crate) fn walk(graph: &Graph<'_>, capacity: f64, eligible: &[bool]) -> Vec<usize> {
    let mut taken = vec![false; graph.units.len()];
    let mut order = Vec::new();
    let mut used = 0.0;
    for unit in by_score(graph) {
        let missing: Vec<usize> = graph
            .closure(unit)
            .iter()
            .copied()
            .filter(|unit| !taken[*unit])
            .collect();
        let effort: f64 = missing.iter().map(|unit| graph.effort(*unit)).sum();
        if missing.iter().all(|unit| eligible[*unit]) && fits(used + effort, capacity) {
            missing.iter().for_each(|unit| taken[*unit] = true);
            used += effort;
            order.extend(missing);
        }
    }
    order
}

/// The units of the items worth walking, mandatory ones first, then by score, then by id; a unit of
/// several items stands where its best item stands.
pub(crate) fn by_score(graph: &Graph<'_>) -> Vec<usize> {
    let mut items: Vec<(bool, f64, usize)> = graph
        .items()
        .filter(|(item, unit)| (item.mandatory || item.value > 0.0) && !graph.units[*unit].blocked)
        .map(|(item, unit)| {
            (
                item.mandatory,
                item.value / item.effort.unwrap_or(f64::INFINITY),
                unit,
            )
        })
        .collect();
    items.sort_by(|a, b| b.0.cmp(&a.0).then(b.1.total_cmp(&a.1)));
    let mut seen = vec![false; graph.units.len()];
    items.retain(|(_, _, unit)| !std::mem::replace(&mut seen[*unit], true));
    items.into_iter().map(|(_, _, unit)| unit).collect()
}

/// The list's plan beside the best one.
pub(crate) fn compare(graph: &Graph<'_>, capacity: f64, plan: &Selection) -> ListComparison {
    let eligible = match plan.shortfall {
        Some(_) => forced(graph),
        None => graph.units.iter().map(|unit| !unit.blocked).collect(),
    };
    let order = walk(graph, capacity, &eligible);
    let value: f64 = order.iter().map(|unit| graph.units[*unit].value).sum();
    let lost = if plan.value > 0.0 {
        (plan.value - value) / plan.value
    } else {
        0.0
    };
    ListComparison {
        items: order
            .iter()
            .flat_map(|unit| graph.ids(*unit))
            .map(str::to_owned)
            .collect(),
        value,
        person_days: order.iter().map(|unit| graph.effort(*unit)).sum(),
        lost_share: if lost > super::select::SAME {
            lost.min(1.0)
        } else {
            0.0
        },
    }
}
