//! What would bring an item in, and what more capacity would buy.

use super::best::{choose, value};
use super::outcome::Plan;
use super::problem::{Problem, ProblemError};
use super::program::Program;

/// What a plan is worth at some share of today's capacity.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FrontPoint {
    /// The capacity as a multiple of today's, in all teams and releases alike.
    pub capacity: f64,
    /// What the best plan is worth there.
    pub value: f64,
    /// No plan is worth more there.
    pub bound: f64,
}

/// The least value at which some best plan holds an item that `plan` leaves out: its value, and what
/// the best plan that holds it falls short of the best. Exact for one release ahead; for several it
/// is enough, for the item may be worth more in another one. `None` where no plan can hold it, where
/// the plan is a freeze, or where it is not proved.
///
/// # Errors
/// As [`super::plan`].
pub fn score_at_least(
    problem: &Problem,
    plan: &Plan,
    id: &str,
    work_max: u64,
) -> Result<Option<f64>, ProblemError> {
    problem.check()?;
    let mut program = Program::new(problem);
    let Some(item) = program.items.iter().position(|item| item.id == id) else {
        return Ok(None);
    };
    if plan.freeze.is_some() || !plan.proven || program.columns_of[item].is_empty() {
        return Ok(None);
    }
    program.demands.push(vec![item]);
    let choice = choose(&program, problem.releases.len(), work_max);
    if choice.freeze.is_some() || !choice.proven {
        return Ok(None);
    }
    let lost = (plan.value - value(&program, &choice.chosen)).max(0.0);
    let mut chosen = program.columns_of[item]
        .iter()
        .filter(|column| choice.chosen[**column]);
    // A season multiplies what is added to the value as well.
    let own = program.items[item].value;
    let worth = chosen
        .next()
        .map_or(0.0, |column| program.columns[*column].value);
    Ok((worth > 0.0).then(|| own + lost * own / worth))
}

/// The value–capacity front: the best plan at each multiple of today's capacity.
///
/// # Errors
/// As [`super::plan`].
pub fn front(
    problem: &Problem,
    multiples: &[f64],
    work_max: u64,
) -> Result<Vec<FrontPoint>, ProblemError> {
    let mut points = Vec::with_capacity(multiples.len());
    for multiple in multiples {
        let mut scaled = problem.clone();
        for days in scaled
            .releases
            .iter_mut()
            .flat_map(|release| release.capacity.values_mut())
        {
            *days *= multiple;
        }
        let plan = super::plan_within(&scaled, work_max)?;
        points.push(FrontPoint {
            capacity: *multiple,
            value: plan.value,
            bound: plan.bound,
        });
    }
    Ok(points)
}
