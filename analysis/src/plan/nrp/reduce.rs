//! A case brought down to what its customers have in common.
//!
//! A customer who is served needs a fixed set of requirements: the requests and all that they need,
//! at any distance. So only customers are to be chosen, and a choice costs the union of its sets.
//! Customers of one set become one buyer; requirements that the same buyers need become one part; a
//! part with a single buyer becomes that buyer's own cost. No choice is lost by any of this.

use std::collections::{BTreeMap, BTreeSet};

use super::Instance;

/// Customers who need the same requirements.
#[derive(Debug)]
pub(crate) struct Buyer {
    /// Sum of their profits.
    pub(crate) profit: i64,
    /// Cost of what nobody else needs.
    pub(crate) own_cost: i64,
    /// Shared parts that they need.
    pub(crate) parts: Vec<usize>,
    /// Indexes of the customers.
    pub(crate) customers: Vec<usize>,
}

/// Requirements that several buyers need, always all of them together.
#[derive(Debug)]
pub(crate) struct Part {
    /// Sum of their costs.
    pub(crate) cost: i64,
    /// The buyers who need it.
    pub(crate) buyers: Vec<usize>,
}

/// The reduced case.
#[derive(Debug)]
pub(crate) struct Reduced {
    pub(crate) buyers: Vec<Buyer>,
    pub(crate) parts: Vec<Part>,
}

/// Largest sum, over customers, of the requirements that each needs at any distance and of the
/// dependencies between them: some hundred megabytes.
const REACHED_MAX: usize = 10_000_000;

/// The case is too large to reduce.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "customers need more than {REACHED_MAX} requirements in all, counted with what these need and \
     once per customer: leave out customers or dependencies"
)]
pub struct TooTangled;

impl Reduced {
    /// Reduces the case; customers without profit are left out.
    pub(crate) fn new(instance: &Instance) -> Result<Self, TooTangled> {
        let mut left = REACHED_MAX;
        let mut by_set: BTreeMap<Vec<usize>, Vec<usize>> = BTreeMap::new();
        for (index, customer) in instance.customers.iter().enumerate() {
            if customer.profit > 0 {
                let set = instance.closure(&customer.requests);
                let needs = set.iter().map(|index| 1 + instance.needs[*index].len());
                left = left.checked_sub(needs.sum()).ok_or(TooTangled)?;
                by_set.entry(set).or_default().push(index);
            }
        }
        let mut buyers_of = vec![Vec::new(); instance.costs.len()];
        for (buyer, set) in by_set.keys().enumerate() {
            set.iter().for_each(|item| buyers_of[*item].push(buyer));
        }
        let mut buyers: Vec<Buyer> = by_set
            .into_values()
            .map(|customers| Buyer {
                profit: customers
                    .iter()
                    .map(|index| instance.customers[*index].profit)
                    .sum(),
                own_cost: 0,
                parts: Vec::new(),
                customers,
            })
            .collect();
        let mut cost_of: BTreeMap<Vec<usize>, i64> = BTreeMap::new();
        for (who, cost) in buyers_of.into_iter().zip(&instance.costs) {
            *cost_of.entry(who).or_default() += cost;
        }
        let mut parts = Vec::new();
        for (who, cost) in cost_of.into_iter().filter(|(_, cost)| *cost > 0) {
            match who[..] {
                [] => {}
                [only] => buyers[only].own_cost += cost,
                _ => {
                    who.iter()
                        .for_each(|buyer| buyers[*buyer].parts.push(parts.len()));
                    parts.push(Part { cost, buyers: who });
                }
            }
        }
        Ok(Self { buyers, parts })
    }

    /// Cost of what a buyer needs and is not paid for.
    pub(crate) fn cost_beside(&self, buyer: &Buyer, paid: &[bool]) -> i64 {
        let unpaid = buyer.parts.iter().filter(|part| !paid[**part]);
        buyer.own_cost + unpaid.map(|part| self.parts[*part].cost).sum::<i64>()
    }

    /// Sum of all profits.
    pub(crate) fn total_profit(&self) -> i64 {
        self.buyers.iter().map(|buyer| buyer.profit).sum()
    }

    /// Cost of serving everybody.
    pub(crate) fn total_cost(&self) -> i64 {
        let own: i64 = self.buyers.iter().map(|buyer| buyer.own_cost).sum();
        own + self.parts.iter().map(|part| part.cost).sum::<i64>()
    }
}

impl Instance {
    /// The requirements and all that they need, at any distance, in order.
    pub(crate) fn closure(&self, requirements: &[usize]) -> Vec<usize> {
        let mut reached = BTreeSet::new();
        let mut open = requirements.to_vec();
        while let Some(next) = open.pop() {
            if reached.insert(next) {
                open.extend(&self.needs[next]);
            }
        }
        reached.into_iter().collect()
    }
}
