//! The next release problem, as published: which customers to serve within a budget, so that their
//! profits sum to the most. A benchmark for planners, with known optima.
//!
//! Requirements cost, need each other, and are asked for by customers; a customer pays once all that
//! was asked for is there (A. Bagnall, V. Rayward-Smith, I. Whittley, Information and Software
//! Technology 43 (2001) 883–890; cases of J. Xuan et al., IEEE TSE 38 (2012) 1195–1212).
//!
//! The answer is exact and needs no solver: without the budget the problem is a maximum closure, so
//! that with a price on cost (Lagrangian relaxation of the budget) a maximum flow gives a bound as
//! tight as linear programming does; branch and bound closes what is left. Whole numbers throughout:
//! no tolerance stands between a bound and a proof. The search ends by counted work, so that a rerun
//! gives the same answer; the caller may end it sooner.

mod branch;
mod check;
mod flow;
mod incumbent;
mod network;
mod ratio;
mod read;
mod reduce;
mod relax;

pub use check::{Violation, check};
pub use ratio::{Ratio, RatioError};
pub use read::{ReadError, read};
pub use reduce::TooTangled;

/// Work after which a search stops by default: some minutes of a slow machine.
pub const WORK_MAX: u64 = 20_000_000_000;

/// Who pays what for which requirements.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Customer {
    /// What serving the customer brings in.
    pub profit: i64,
    /// Indexes of the requirements asked for.
    pub requests: Vec<usize>,
}

/// One case. Made by [`read`], which checks ids and sums.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Instance {
    /// Cost of each requirement.
    costs: Vec<i64>,
    /// For each requirement those that it needs directly.
    needs: Vec<Vec<usize>>,
    customers: Vec<Customer>,
}

/// A choice of customers within a budget, and how good it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Solution {
    /// Sum of the profits of the customers served.
    pub objective: i64,
    /// Cost of the requirements built.
    pub cost: i64,
    /// No choice brings in more than this.
    pub bound: i64,
    /// Whether `objective` is proved to be the most.
    pub proven: bool,
    /// Ids of the requirements built, from 1, in order.
    pub requirements: Vec<usize>,
    /// Ids of the customers served, from 1, in order.
    pub customers: Vec<usize>,
    /// What the search took: arcs and choices looked at.
    pub work: u64,
}

impl Instance {
    /// Sum of all costs.
    #[must_use]
    pub fn total_cost(&self) -> i64 {
        self.costs.iter().sum()
    }

    /// The customers, in the file's order.
    #[must_use]
    pub fn customers(&self) -> &[Customer] {
        &self.customers
    }

    /// How many requirements there are.
    #[must_use]
    pub fn requirement_count(&self) -> usize {
        self.costs.len()
    }
}

/// Finds the customers to serve within `budget`. Stops without a proof after `work_max`, or as soon
/// as `go_on`, asked again and again, says no.
///
/// # Errors
/// [`TooTangled`] where customers need so many requirements at a distance that the case cannot be
/// held in memory.
pub fn solve(
    instance: &Instance,
    budget: i64,
    work_max: u64,
    go_on: &dyn Fn() -> bool,
) -> Result<Solution, TooTangled> {
    let case = reduce::Reduced::new(instance)?;
    let found = branch::search(&case, budget, work_max, go_on);
    let requests: Vec<usize> = case
        .buyers
        .iter()
        .zip(&found.taken)
        .filter(|(_, taken)| **taken)
        .flat_map(|(buyer, _)| &buyer.customers)
        .flat_map(|customer| &instance.customers[*customer].requests)
        .copied()
        .collect();
    let built = instance.closure(&requests);
    let mut is_built = vec![false; instance.costs.len()];
    built.iter().for_each(|index| is_built[*index] = true);
    // Whoever asked for nothing else is served as well.
    let served = |customer: &Customer| customer.requests.iter().all(|index| is_built[*index]);
    let customers: Vec<usize> = (0..instance.customers.len())
        .filter(|index| served(&instance.customers[*index]))
        .collect();
    let profits = customers
        .iter()
        .map(|index| instance.customers[*index].profit);
    let objective: i64 = profits.sum();
    let bound = found.bound.max(objective);
    Ok(Solution {
        objective,
        cost: built.iter().map(|index| instance.costs[*index]).sum(),
        bound,
        proven: bound == objective,
        requirements: built.into_iter().map(|index| index + 1).collect(),
        customers: customers.into_iter().map(|index| index + 1).collect(),
        work: found.work,
    })
}

#[cfg(test)]
mod tests;
