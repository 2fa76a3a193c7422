//! The release plan: which items to take within a capacity, so that their values sum to the most.
//!
//! The selection is exact (a 0-1 program, the "next release problem" with prerequisites: Bagnall,
//! Rayward-Smith and Whittley, Information and Software Technology 43 (2001) 883–890): an item comes
//! only with all that it depends on, items that depend on each other come together or not at all,
//! mandatory ones come first. The result depends on the candidates and the capacity alone, not on
//! their order: among plans of equal value the one of less effort is taken, and of equal items the
//! one whose id comes first.
//!
//! Why microlp: it is pure Rust, so the build needs no C++ compiler and no cmake, and the program
//! stays one file; plans of 60 items with real dependencies take about 3 ms, of 600 items at most
//! some 2 s. HiGHS is faster on cases with thousands of items (it solves all 51 published cases of
//! the literature, microlp 43 of them within a minute, with the same optima), which are larger than
//! backlogs are. Searches stop by counted pivots, never by time, so that a rerun gives the same plan.

pub mod ahead;
mod by_list;
pub(crate) mod components;
mod decide;
mod graph;
pub mod nrp;
mod select;
mod solve;
#[cfg(test)]
mod stream;
mod table;
mod what_if;

use std::collections::BTreeMap;

use crate::findings::{Decision, ListComparison};
use graph::Graph;

/// A backlog item as the planner sees it.
#[derive(Debug, Clone, PartialEq)]
pub struct Candidate {
    /// The team's own id.
    pub id: String,
    /// What it is worth: 0 or more.
    pub value: f64,
    /// Person-days, 0 or more; `None` is unknown, and the item cannot be planned.
    pub effort: Option<f64>,
    /// Ids that must be in the plan with it; ids that are no candidates bind nothing.
    pub depends_on: Vec<String>,
    /// Must be in the plan, with all that it depends on.
    pub mandatory: bool,
}

/// Why no plan could be made.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum PlanError {
    /// The capacity is no number of person-days.
    #[error("the capacity must be 0 or more person-days, got {0}")]
    BadCapacity(f64),
    /// An item's value or effort is no number that can be planned with.
    #[error("{what} of item {id:?} must be 0 or more, got {got}")]
    BadNumber {
        /// The item.
        id: String,
        /// `value` or `effort`.
        what: &'static str,
        /// What it was.
        got: f64,
    },
    /// Two candidates share an id.
    #[error("item {0:?} is there twice")]
    RepeatedId(String),
}

/// The chosen items, the cut ones, and why.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// In or out, by item id.
    pub decisions: BTreeMap<String, Decision>,
    /// Sum of the chosen items' values.
    pub value: f64,
    /// Sum of all candidates' values.
    pub value_of_all: f64,
    /// Person-days of the chosen items.
    pub used_person_days: f64,
    /// Whether the solver proved that no plan is better.
    pub proved_best: bool,
    /// The largest share by which a better plan could exceed this one; 0 when proved.
    pub gap: f64,
    /// What a list sorted by score would have taken.
    pub by_list: ListComparison,
    /// Groups of items that depend on each other, as ids in order.
    pub cycles: Vec<Vec<String>>,
    /// (item, id that it depends on and that is no candidate).
    pub dangling: Vec<(String, String)>,
    /// Mandatory items that are not in the plan.
    pub mandatory_left_out: Vec<String>,
    /// Person-days by which the mandatory items with their prerequisites exceed the capacity. Then
    /// the plan holds the most valuable of them that fit, and nothing else.
    pub mandatory_shortfall: Option<f64>,
}

/// Chooses the best plan within `capacity` person-days and says for each item why it is in or out.
///
/// What would bring a cut item in is computed for the first 30 cut items by score (value ÷ effort).
/// Both figures go in steps of half a person-day and are exact: `extra_person_days` is the smallest
/// extra capacity, up to 200, at which some best plan holds the item; `effort_at_most` the largest
/// effort above 0 at which some best plan at today's capacity does. They are `None` where no such
/// figure exists, for later items, and where the efforts are no multiples of a twentieth of a
/// person-day or more than some ten items hang together.
///
/// # Errors
/// [`PlanError`] for a capacity, value or effort that is negative or no number, and for an id that
/// is there twice.
pub fn select(candidates: &[Candidate], capacity: f64) -> Result<Plan, PlanError> {
    check(candidates, capacity)?;
    let graph = Graph::new(candidates)?;
    let selection = select::best(&graph, capacity);
    let decisions = decide::decisions(candidates, &graph, &selection, capacity);
    let mandatory_left_out = graph
        .items()
        .filter(|(item, unit)| item.mandatory && !selection.taken[*unit])
        .map(|(item, _)| item.id.clone())
        .collect();
    Ok(Plan {
        decisions,
        value: selection.value,
        value_of_all: graph.items().map(|(item, _)| item.value).sum(),
        used_person_days: selection.used,
        proved_best: selection.proved,
        gap: selection.gap(),
        by_list: by_list::compare(&graph, capacity, &selection),
        cycles: graph.cycles(),
        dangling: graph.dangling.clone(),
        mandatory_left_out,
        mandatory_shortfall: selection.shortfall,
    })
}

fn check(candidates: &[Candidate], capacity: f64) -> Result<(), PlanError> {
    let is_bad = |number: f64| !number.is_finite() || number < 0.0;
    if is_bad(capacity) {
        return Err(PlanError::BadCapacity(capacity));
    }
    for item in candidates {
        for (what, got) in [("value", Some(item.value)), ("effort", item.effort)] {
            if let Some(got) = got.filter(|number| is_bad(*number)) {
                return Err(PlanError::BadNumber {
                    id: item.id.clone(),
                    what,
                    got,
                });
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
