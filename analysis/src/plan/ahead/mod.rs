//! The release plan: which items to finish in which of the releases ahead, so that their values sum
//! to the most, within the capacity of each team and the rules between items.
//!
//! [`plan`] is exact: prices on the rows bound what is possible and settle most items, microlp
//! proves the rest. It depends on the [`Problem`] alone, not on the order of its items, and its
//! searches end by counted work, so that a rerun gives the same plan; what is not proved by then is
//! stated as a gap. What must be in the plan comes before all value, shares yield to it, and less
//! effort decides between equal plans.

mod best;
mod closure;
mod draws;
mod list;
mod milp;
mod narrow;
mod outcome;
mod prices;
mod problem;
mod program;
mod reason;
mod sprints;
mod tidy;
mod ways_in;
mod windows;

pub use best::{plan, plan_within};
pub use draws::{Spread, Spreads, Stability, stability};
pub use outcome::{BrokenShare, Freeze, LeftOut, ListPlan, Plan};
pub use problem::{ByTeam, Coupling, Item, Problem, ProblemError, Release, Share};
pub use sprints::Velocity;
pub use ways_in::{FrontPoint, front, score_at_least};

#[cfg(test)]
mod tests;
