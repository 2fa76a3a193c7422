//! The best plan: what must be in it first, then the most value, then the least effort.
//!
//! 1. The most value with all demands met and all shares kept. Usually that is all.
//! 2. Where no plan does both, the shares yield.
//! 3. Where the demands alone cannot all be met: as many as can be, and among such plans the most
//!    value, with nothing in it that the demands do not need; and the fewest person-days that are
//!    missing. Teams call that a freeze.
//!
//! Of equal plans the one of less effort is taken, by a second search in which all efforts together
//! cost a millionth of all values; what it finds counts only if its value is the same. Then items
//! move to earlier releases where that costs nothing, and of items alike those whose ids come first
//! are taken.

use super::list;
use super::milp::{Aim, Answer, Ask};
use super::narrow::narrow;
use super::outcome::{Freeze, Plan};
use super::problem::{ByTeam, Problem, ProblemError};
use super::program::{Program, Rule, SAME};
use super::{reason, tidy};

/// Pivots and nodes after which a search for value stops without a proof, for up to
/// [`COLUMNS_FEW`] columns.
pub(crate) const WORK_MAX: u64 = 60_000;
/// Beyond so many columns the budget shrinks with the square of their number, as a pivot takes longer
/// and a proof takes more of them.
const COLUMNS_FEW: usize = 600;
/// The same for the search for less effort.
const TIE_WORK_MAX: u64 = 10_000;
/// The price of all efforts together, as a share of all values together.
const EFFORT_PRICE: f64 = 1e-6;

/// A choice of columns, and how good it is.
#[derive(Debug, Clone)]
pub(crate) struct Choice {
    pub(crate) chosen: Vec<bool>,
    pub(crate) bound: f64,
    pub(crate) proven: bool,
    pub(crate) freeze: Option<Freeze>,
}

/// Finds the best plan.
///
/// # Errors
/// [`ProblemError`] for numbers out of range and items that contradict themselves.
pub fn plan(problem: &Problem) -> Result<Plan, ProblemError> {
    plan_within(problem, WORK_MAX)
}

/// As [`plan`], with a budget of pivots and nodes of the caller's.
///
/// # Errors
/// As [`plan`].
pub fn plan_within(problem: &Problem, work_max: u64) -> Result<Plan, ProblemError> {
    problem.check()?;
    let program = Program::new(problem);
    let choice = choose(&program, problem.releases.len(), shrunk(work_max, &program));
    Ok(reason::outcome(problem, &program, &choice))
}

/// The budget for a program of its size.
fn shrunk(work_max: u64, program: &Program<'_>) -> u64 {
    let times = (program.columns.len() / COLUMNS_FEW).max(1) as u64;
    work_max / (times * times)
}

/// The best choice of columns.
pub(crate) fn choose(program: &Program<'_>, releases: usize, work_max: u64) -> Choice {
    let every = vec![true; program.columns.len()];
    let listed = list::walk(program, &every);
    let all = program.demands.len();
    let mut ask = Ask {
        program,
        aim: Aim::Value { effort_price: 0.0 },
        shares: true,
        demands: all,
        open: &every,
        held: &[],
        start: None,
        work_max,
        gap: 0.0,
    };
    for shares in [true, false] {
        ask.shares = shares;
        if let Some(choice) = most_value(&ask, &listed) {
            return choice;
        }
    }
    let (met, freeze) = freeze(&ask, releases);
    let needed = program.closure(program.demands.iter().flatten().copied());
    let open: Vec<bool> = program
        .columns
        .iter()
        .map(|at| needed.contains(&at.item))
        .collect();
    let listed = list::walk(program, &open);
    ask.open = &open;
    ask.start = None;
    ask.demands = met.iter().filter(|met| **met).count();
    let mut choice = most_value(&ask, &listed).unwrap_or_else(|| nothing(program, &listed));
    choice.freeze = Some(freeze);
    choice
}

/// The search for value and the one for less effort; `None` where no choice keeps the rules.
pub(crate) fn most_value(ask: &Ask<'_>, listed: &[bool]) -> Option<Choice> {
    let program = ask.program;
    let narrowed = narrow(ask, &[listed]);
    let core = Ask {
        open: &narrowed.open,
        held: &narrowed.held,
        start: narrowed.start.as_deref(),
        ..ask.clone()
    };
    let mut choice = match (core.answer(), &narrowed.start) {
        (Answer::Infeasible, None) => return None,
        (
            Answer::Found {
                chosen,
                bound,
                proven,
                ..
            },
            _,
        ) => Choice {
            chosen,
            bound: bound.min(narrowed.bound),
            proven,
            freeze: None,
        },
        (Answer::GaveUp | Answer::Infeasible, Some(start)) => Choice {
            chosen: start.clone(),
            bound: narrowed.bound,
            proven: false,
            freeze: None,
        },
        (Answer::GaveUp, None) => return None,
    };
    if let Some(start) = &narrowed.start
        && value(program, start) > value(program, &choice.chosen)
    {
        choice.chosen.clone_from(start);
    }
    let values: f64 = program.columns.iter().map(|column| column.value).sum();
    let efforts: f64 = program.columns.iter().map(|column| column.effort).sum();
    if choice.proven && efforts > 0.0 {
        // Where nothing has value, effort alone counts.
        let price = if values > 0.0 {
            EFFORT_PRICE * values / efforts
        } else {
            1.0
        };
        let cheaper = Ask {
            aim: Aim::Value {
                effort_price: price,
            },
            start: Some(&choice.chosen),
            work_max: TIE_WORK_MAX,
            ..core.clone()
        };
        if let Answer::Found { chosen, .. } = cheaper.answer()
            && is_as_good(value(program, &chosen), value(program, &choice.chosen))
            && effort(program, &chosen) < effort(program, &choice.chosen)
        {
            choice.chosen = chosen;
        }
    }
    tidy::tidy(ask, &mut choice.chosen);
    if choice.proven {
        choice.bound = value(program, &choice.chosen);
    }
    Some(choice)
}

/// A choice of which nothing is known but that it is possible.
fn nothing(program: &Program<'_>, listed: &[bool]) -> Choice {
    Choice {
        chosen: listed.to_vec(),
        bound: program.columns.iter().map(|column| column.value).sum(),
        proven: false,
        freeze: None,
    }
}

/// Which demands are met when as many are as can be, and what is missing for all of them.
fn freeze(ask: &Ask<'_>, releases: usize) -> (Vec<bool>, Freeze) {
    let program = ask.program;
    let most = Ask {
        aim: Aim::Demands,
        shares: false,
        demands: 0,
        start: None,
        ..ask.clone()
    };
    let met = match most.answer() {
        Answer::Found { chosen, .. } => {
            let demands = program.demands.iter();
            demands
                .map(|demand| program.meets(demand, &chosen))
                .collect()
        }
        Answer::Infeasible | Answer::GaveUp => vec![false; program.demands.len()],
    };
    let least = Ask {
        aim: Aim::LeastOverflow,
        shares: false,
        demands: program.demands.len(),
        start: None,
        ..ask.clone()
    };
    let mut freeze = Freeze {
        shortfall: Vec::new(),
        proven: true,
    };
    match least.answer() {
        Answer::Found {
            overflow, proven, ..
        } => {
            freeze.shortfall = vec![ByTeam::new(); releases];
            freeze.proven = proven;
            for (row, beyond) in program.rows.iter().zip(overflow) {
                if let Rule::Capacity { release, team } = &row.rule
                    && beyond > SAME * row.most.max(1.0)
                {
                    freeze.shortfall[*release].insert(team.clone(), beyond);
                }
            }
        }
        Answer::Infeasible => {}
        Answer::GaveUp => freeze.proven = false,
    }
    (met, freeze)
}

/// Sum of the chosen columns' values.
pub(crate) fn value(program: &Program<'_>, chosen: &[bool]) -> f64 {
    let columns = program.columns.iter().zip(chosen);
    columns
        .filter(|(_, chosen)| **chosen)
        .fold(0.0, |sum, (column, _)| sum + column.value)
}

/// Sum of the chosen columns' efforts.
pub(crate) fn effort(program: &Program<'_>, chosen: &[bool]) -> f64 {
    let columns = program.columns.iter().zip(chosen);
    columns
        .filter(|(_, chosen)| **chosen)
        .fold(0.0, |sum, (column, _)| sum + column.effort)
}

/// Whether one value is no less than another, but for rounding of sums.
pub(crate) fn is_as_good(value: f64, other: f64) -> bool {
    value >= other - SAME * other.abs().max(1.0)
}
