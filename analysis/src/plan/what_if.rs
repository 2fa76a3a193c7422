//! What would bring a cut item in, and whether a chosen one is in for its own sake.
//!
//! All answers speak of a best plan: one whose value no other exceeds. They are exact, and bounded
//! in number and work; what lies beyond is left open.

use std::collections::BTreeMap;

use super::Candidate;
use super::by_list::by_score;
use super::graph::Graph;
use super::select::{SAME, Selection};
use super::table::{Question, Table};

/// Cut units that are looked at, from the top of the list.
const UNITS_MAX: usize = 30;
/// The step of capacity and of effort, in person-days.
const STEP: f64 = 0.5;
/// Steps of extra capacity that are tried.
const STEPS_MAX: u32 = 400;
/// Cells of tables that all answers together may fill.
const CELLS_MAX: usize = 200_000_000;

/// Cells that may still be filled.
#[derive(Debug)]
pub(crate) struct Budget(usize);

impl Default for Budget {
    fn default() -> Self {
        Self(CELLS_MAX)
    }
}

impl Budget {
    /// Asks the table about a unit, while there are cells left.
    fn ask(&mut self, table: &Table, unit: usize) -> Option<Question> {
        self.0 = self.0.checked_sub(table.cells())?;
        table.ask(unit)
    }
}

/// What would bring an item in.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct WayIn {
    /// The smallest extra capacity.
    pub(crate) extra_person_days: Option<f64>,
    /// The largest effort.
    pub(crate) effort_at_most: Option<f64>,
}

/// What would bring the cut items in, by id. Those of no value and those that cannot be planned are
/// left out. Where the mandatory items exceed the capacity, what they need together is the answer.
pub(crate) fn ways_in<'a>(
    graph: &Graph<'a>,
    plan: &Selection,
    capacity: f64,
    budget: &mut Budget,
) -> BTreeMap<&'a str, WayIn> {
    let cut: Vec<usize> = by_score(graph)
        .into_iter()
        .filter(|unit| !plan.taken[*unit])
        .collect();
    let mut ways = BTreeMap::new();
    if let Some(shortfall) = plan.shortfall {
        for unit in cut.into_iter().filter(|unit| graph.units[*unit].mandatory) {
            let way = WayIn {
                extra_person_days: Some(shortfall),
                effort_at_most: None,
            };
            ways.extend(graph.ids(unit).map(|id| (id, way)));
        }
        return ways;
    }
    let Some(table) = Table::new(graph, capacity, STEP * f64::from(STEPS_MAX)) else {
        return ways;
    };
    for unit in cut.into_iter().take(UNITS_MAX) {
        let Some(question) = budget.ask(&table, unit) else {
            continue;
        };
        let extra_person_days = extra_capacity(&table, &question);
        for item in graph.members(unit) {
            let effort_at_most = effort_at_most(&table, &question, item);
            ways.insert(
                item.id.as_str(),
                WayIn {
                    extra_person_days,
                    effort_at_most,
                },
            );
        }
    }
    ways
}

/// The smallest extra capacity at which a best plan holds the unit.
fn extra_capacity(table: &Table, question: &Question) -> Option<f64> {
    let step = table.quanta(STEP)?;
    let mut extra = 0.0;
    for capacity in (table.left..)
        .step_by(step)
        .take(STEPS_MAX as usize)
        .skip(1)
    {
        extra += STEP;
        if is_as_good(question.with(capacity), question.without(capacity)) {
            return Some(extra);
        }
    }
    None
}

/// The largest effort of the item, a whole number of steps above 0 and below its own, at which a
/// best plan holds it. What it saves against its own effort is capacity for the choices that hold it.
fn effort_at_most(table: &Table, question: &Question, item: &Candidate) -> Option<f64> {
    let own = table.quanta(item.effort?)?;
    let step = table.quanta(STEP)?;
    let without = question.without(table.left);
    let mut steps = own.div_ceil(step).checked_sub(1)?;
    while steps > 0 {
        let saved = own - steps * step;
        if is_as_good(question.with(table.left + saved), without) {
            return u32::try_from(steps)
                .ok()
                .map(|steps| STEP * f64::from(steps));
        }
        steps -= 1;
    }
    None
}

/// The chosen items that brought this one in: those that depend on it directly, if without their
/// need no best plan would hold it; else none. Where that cannot be told it is taken to be needed.
pub(crate) fn needed_by(
    candidates: &[Candidate],
    graph: &Graph<'_>,
    plan: &Selection,
    capacity: f64,
    item: &Candidate,
    budget: &mut Budget,
) -> Vec<String> {
    let dependents: Vec<String> = graph
        .items()
        .filter(|(other, unit)| {
            plan.taken[*unit] && other.id != item.id && other.depends_on.contains(&item.id)
        })
        .map(|(other, _)| other.id.clone())
        .collect();
    if dependents.is_empty() || item.mandatory || plan.shortfall.is_some() {
        return Vec::new();
    }
    if item.value > 0.0 && stands_alone(candidates, &dependents, capacity, item, budget) {
        return Vec::new();
    }
    dependents
}

/// Whether a best plan holds the item when its dependents do not need it.
fn stands_alone(
    candidates: &[Candidate],
    dependents: &[String],
    capacity: f64,
    item: &Candidate,
    budget: &mut Budget,
) -> bool {
    let mut freed = candidates.to_vec();
    for other in freed
        .iter_mut()
        .filter(|other| dependents.contains(&other.id))
    {
        other.depends_on.retain(|id| *id != item.id);
    }
    let answer = Graph::new(&freed).ok().and_then(|graph| {
        let (_, unit) = graph.items().find(|(other, _)| other.id == item.id)?;
        let table = Table::new(&graph, capacity, 0.0)?;
        let question = budget.ask(&table, unit)?;
        Some(is_as_good(
            question.with(table.left),
            question.without(table.left),
        ))
    });
    answer == Some(true)
}

fn is_as_good(with: f64, without: f64) -> bool {
    with >= without - SAME * without.abs().max(1.0)
}
