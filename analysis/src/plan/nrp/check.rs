//! Whether a solution keeps the rules: reckoned from the case as read, with nothing of the search.

use super::{Instance, Solution};

/// A rule that a solution breaks.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Violation {
    /// An id is out of range or out of order.
    #[error("{what} {id} does not exist, or stands twice")]
    BadId {
        /// `requirement` or `customer`.
        what: &'static str,
        /// The id.
        id: usize,
    },
    /// A requirement is built without one that it needs.
    #[error("requirement {dependent} is built without {needed}, which it needs")]
    MissingNeed {
        /// What is built.
        dependent: usize,
        /// What is not.
        needed: usize,
    },
    /// A customer is called served without all that was asked for.
    #[error("customer {customer} is not served: requirement {missing} is not built")]
    NotServed {
        /// The customer.
        customer: usize,
        /// What is not built.
        missing: usize,
    },
    /// The budget is exceeded, or a figure is not the sum that it should be.
    #[error("{what} is {stated}, but {reckoned} by the case")]
    WrongSum {
        /// `cost`, `objective`, `budget` or `bound`.
        what: &'static str,
        /// As the solution has it.
        stated: i64,
        /// As reckoned.
        reckoned: i64,
    },
}

/// Checks a solution against its case and budget.
///
/// # Errors
/// The first [`Violation`] found.
pub fn check(instance: &Instance, budget: i64, solution: &Solution) -> Result<(), Violation> {
    let is_built = marks("requirement", &solution.requirements, instance.costs.len())?;
    let is_served = marks("customer", &solution.customers, instance.customers.len())?;
    let (mut cost, mut profit) = (0, 0);
    for (index, own) in instance
        .costs
        .iter()
        .enumerate()
        .filter(|(index, _)| is_built[*index])
    {
        cost += own;
        if let Some(needed) = instance.needs[index]
            .iter()
            .find(|needed| !is_built[**needed])
        {
            return Err(Violation::MissingNeed {
                dependent: index + 1,
                needed: needed + 1,
            });
        }
    }
    let customers = instance.customers.iter().enumerate();
    for (index, customer) in customers.filter(|(index, _)| is_served[*index]) {
        profit += customer.profit;
        if let Some(missing) = customer.requests.iter().find(|index| !is_built[**index]) {
            return Err(Violation::NotServed {
                customer: index + 1,
                missing: missing + 1,
            });
        }
    }
    let wrong = |what, stated, reckoned| Violation::WrongSum {
        what,
        stated,
        reckoned,
    };
    if cost != solution.cost {
        return Err(wrong("cost", solution.cost, cost));
    }
    if profit != solution.objective {
        return Err(wrong("objective", solution.objective, profit));
    }
    if cost > budget {
        return Err(wrong("budget", budget, cost));
    }
    if solution.bound < profit || (solution.proven && solution.bound != profit) {
        return Err(wrong("bound", solution.bound, profit));
    }
    Ok(())
}

fn marks(what: &'static str, ids: &[usize], count: usize) -> Result<Vec<bool>, Violation> {
    let mut marks = vec![false; count];
    for id in ids {
        let mark = id.checked_sub(1).and_then(|index| marks.get_mut(index));
        if mark.is_none_or(|mark| std::mem::replace(mark, true)) {
            return Err(Violation::BadId { what, id: *id });
        }
    }
    Ok(marks)
}
