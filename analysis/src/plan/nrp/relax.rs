//! The bound of a node: the budget relaxed by a price on cost (Lagrangian relaxation).
//!
//! For any price λ ≥ 0 no choice within the budget exceeds `max (profit − λ cost) + λ budget`: the
//! maximum is a closure, [`super::flow`]. This is convex in λ, and made of one straight line per
//! choice. Between a choice that fits and one that does not, the price where their lines meet is
//! tried next, until no choice lies below (for cost the slope: J. E. Kelley, Journal of SIAM 8 (1960)
//! 703–712). The lowest value is the bound, equal to that of linear programming, because closures
//! have no fractional corners.

use super::flow::{Flow, Scratch, Settled};
use super::incumbent::Incumbent;
use super::network::Network;
use super::reduce::Reduced;

/// The reduced case as the search sees it.
#[derive(Debug)]
pub(crate) struct Relaxation<'a> {
    pub(crate) case: &'a Reduced,
    pub(crate) network: Network,
    /// Units of flow in a unit of profit.
    pub(crate) scale: i64,
    budget: i64,
}

/// A part of the choices: those that agree with what is settled.
#[derive(Debug, Clone)]
pub(crate) struct Node {
    pub(crate) flow: Flow,
    /// Profit of the buyers settled as in.
    gained: i64,
    /// Cost of what is paid.
    spent: i64,
    /// No choice here is worth more, in units of the flow.
    pub(crate) bound: i64,
}

/// What a node settles.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Decision {
    /// A buyer is chosen, or not.
    Buyer(usize),
    /// A part is paid for, or none of its buyers is chosen.
    Part(usize),
}

/// A choice among what is open in a node.
#[derive(Debug, Clone)]
pub(crate) struct Choice {
    pub(crate) buyers: Vec<bool>,
    pub(crate) parts: Vec<bool>,
    profit: i64,
    cost: i64,
}

/// The best choices on both sides of the best price.
#[derive(Debug)]
pub(crate) struct Bracket {
    /// It fits into the budget.
    pub(crate) fits: Choice,
    /// It does not, and holds all of the other.
    pub(crate) exceeds: Choice,
}

impl<'a> Relaxation<'a> {
    /// Units of flow are as fine as whole numbers of 64 bits allow, up to a millionth of a profit.
    pub(crate) fn new(case: &'a Reduced, budget: i64) -> Self {
        const FINEST: i128 = 1 << 20;
        let (profit, cost) = (case.total_profit().max(1), case.total_cost().max(1));
        // No price above the total profit is tried, so that all products stay below 2⁶¹.
        let room = (1_i128 << 61) / (i128::from(profit) * i128::from(cost));
        let scale = i64::try_from(room.clamp(1, FINEST)).unwrap_or(1);
        Self {
            case,
            network: Network::new(case, scale),
            scale,
            budget: budget.min(cost),
        }
    }

    /// The node in which nothing is settled.
    pub(crate) fn root(&self) -> Node {
        let profit = self.case.total_profit() * self.scale;
        Node {
            flow: Flow::new(&self.network, profit / self.case.total_cost().max(1)),
            gained: 0,
            spent: 0,
            bound: profit,
        }
    }

    /// The part of a node in which the decision is settled as in or as out.
    pub(crate) fn child(&self, node: &Node, decision: Decision, as_in: bool) -> Node {
        let mut child = node.clone();
        match decision {
            Decision::Buyer(index) => {
                if as_in {
                    let buyer = &self.case.buyers[index];
                    child.gained += buyer.profit;
                    child.spent += self.case.cost_beside(buyer, &node.flow.paid);
                }
                child.flow.settle_buyer(&self.network, index, as_in);
            }
            Decision::Part(index) => {
                if as_in {
                    child.spent += self.case.parts[index].cost;
                }
                child.flow.settle_part(&self.network, index, as_in);
            }
        }
        child
    }

    /// Lowers the bound of a node by up to `prices_max` prices. `None` when it holds no choice better
    /// than the incumbent, which may be because the incumbent has just become that choice.
    pub(crate) fn tighten(
        &self,
        node: &mut Node,
        prices_max: usize,
        incumbent: &mut Incumbent<'_>,
        scratch: &mut Scratch,
    ) -> Option<Bracket> {
        let left = self.budget - node.spent;
        if left < 0 {
            return None;
        }
        let mut bracket = Bracket {
            fits: self.choice(&node.flow, |_| false, |_| false),
            exceeds: self.everything(&node.flow),
        };
        if bracket.exceeds.cost <= left {
            incumbent.offer(chosen(node, &bracket.exceeds));
            return None;
        }
        for _ in 0..prices_max {
            let fixed = self.scale * node.gained + node.flow.price * left;
            let enough = (incumbent.profit + 1) * self.scale - 1;
            if !node.flow.push(&self.network, scratch, enough - fixed) {
                return None;
            }
            let value = fixed + node.flow.kept();
            node.bound = node.bound.min(value);
            if value <= enough {
                return None;
            }
            let best = self.choice(
                &node.flow,
                |buyer| scratch.holds_buyer(buyer),
                |part| scratch.holds_part(part),
            );
            let side = if best.cost <= left {
                &mut bracket.fits
            } else {
                &mut bracket.exceeds
            };
            *side = best;
            let price = bracket.meeting_price(self.scale);
            if price == node.flow.price || bracket.fits.cost == left {
                break;
            }
            node.flow.set_price(&self.network, price);
        }
        Some(bracket)
    }

    /// Fills up the choice that fits, as a new incumbent.
    pub(crate) fn offer(&self, node: &Node, bracket: &Bracket, incumbent: &mut Incumbent<'_>) {
        incumbent.offer(chosen(node, &bracket.fits));
    }

    fn everything(&self, flow: &Flow) -> Choice {
        let mut needed = vec![false; self.case.parts.len()];
        for (buyer, settled) in self.case.buyers.iter().zip(&flow.buyers) {
            if *settled == Settled::Open {
                buyer.parts.iter().for_each(|part| needed[*part] = true);
            }
        }
        self.choice(flow, |_| true, |part| needed[part])
    }

    /// Those of the open buyers and unpaid parts that the tests hold true for.
    fn choice(
        &self,
        flow: &Flow,
        buyer: impl Fn(usize) -> bool,
        part: impl Fn(usize) -> bool,
    ) -> Choice {
        let open = |index: &usize| flow.buyers[*index] == Settled::Open;
        let mut choice = Choice {
            buyers: vec![false; self.case.buyers.len()],
            parts: vec![false; self.case.parts.len()],
            profit: 0,
            cost: 0,
        };
        for index in (0..choice.buyers.len()).filter(open).filter(|i| buyer(*i)) {
            choice.buyers[index] = true;
            choice.profit += self.case.buyers[index].profit;
            choice.cost += self.case.buyers[index].own_cost;
        }
        let unpaid = (0..choice.parts.len()).filter(|index| !flow.paid[*index]);
        for index in unpaid.filter(|index| part(*index)) {
            choice.parts[index] = true;
            choice.cost += self.case.parts[index].cost;
        }
        choice
    }
}

impl Bracket {
    /// The price at which both choices are worth the same.
    fn meeting_price(&self, scale: i64) -> i64 {
        let profit = i128::from(self.exceeds.profit - self.fits.profit) * i128::from(scale);
        // One fits and the other does not, so that they differ in cost.
        let cost = i128::from(self.exceeds.cost - self.fits.cost).max(1);
        i64::try_from(profit / cost).unwrap_or(0).max(0)
    }
}

/// The buyers settled as in, and those of a choice.
fn chosen(node: &Node, choice: &Choice) -> Vec<bool> {
    let settled = node
        .flow
        .buyers
        .iter()
        .map(|settled| *settled == Settled::In);
    settled
        .zip(&choice.buyers)
        .map(|(settled, chosen)| settled || *chosen)
        .collect()
}
