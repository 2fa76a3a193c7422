//! The best choice of buyers known so far, and how to better it without proof.

use super::reduce::Reduced;

/// Buyers looked at in one go of [`Incumbent::improve`].
const LOOKS_MAX: u64 = 20_000_000;

/// The best choice known.
#[derive(Debug)]
pub(crate) struct Incumbent<'a> {
    case: &'a Reduced,
    budget: i64,
    /// Whether each buyer is chosen.
    pub(crate) taken: Vec<bool>,
    /// Sum of their profits.
    pub(crate) profit: i64,
    /// Buyers looked at.
    pub(crate) work: u64,
}

impl<'a> Incumbent<'a> {
    /// Nobody is chosen.
    pub(crate) fn new(case: &'a Reduced, budget: i64) -> Self {
        Self {
            case,
            budget,
            taken: vec![false; case.buyers.len()],
            profit: 0,
            work: 0,
        }
    }

    /// Fills up a choice that fits into the budget, and keeps it if it is better.
    pub(crate) fn offer(&mut self, taken: Vec<bool>) {
        let (taken, profit) = self.filled(taken, None);
        if profit > self.profit {
            (self.taken, self.profit) = (taken, profit);
            self.improve();
        }
    }

    /// Leaves out one buyer and fills up again, as long as that is better.
    fn improve(&mut self) {
        let enough = self.work + LOOKS_MAX;
        let mut without = 0;
        while without < self.taken.len() && self.work < enough {
            if self.taken[without] {
                let mut taken = self.taken.clone();
                taken[without] = false;
                let (taken, profit) = self.filled(taken, Some(without));
                if profit > self.profit {
                    (self.taken, self.profit) = (taken, profit);
                    without = 0;
                    continue;
                }
            }
            without += 1;
        }
    }

    /// Adds, while one fits, the buyer of most profit for what is yet to be paid for; `but` is passed
    /// over. Returns the choice and its profit.
    fn filled(&mut self, mut taken: Vec<bool>, but: Option<usize>) -> (Vec<bool>, i64) {
        let case = self.case;
        let mut paid = vec![false; case.parts.len()];
        let (mut profit, mut left) = (0, self.budget);
        for (_, buyer) in taken.iter().zip(&case.buyers).filter(|(taken, _)| **taken) {
            profit += buyer.profit;
            left -= case.cost_beside(buyer, &paid);
            buyer.parts.iter().for_each(|part| paid[*part] = true);
        }
        let mut open: Vec<usize> = (0..taken.len())
            .filter(|index| !taken[*index] && Some(*index) != but)
            .collect();
        loop {
            let mut pick: Option<(i64, i64, usize)> = None;
            self.work += open.len() as u64;
            for index in &open {
                let buyer = &case.buyers[*index];
                let cost = case.cost_beside(buyer, &paid);
                let is_better = |(most, at, _)| buyer.profit * at > most * cost;
                if cost <= left && pick.is_none_or(is_better) {
                    pick = Some((buyer.profit, cost, *index));
                }
            }
            let Some((more, cost, index)) = pick else {
                return (taken, profit);
            };
            profit += more;
            left -= cost;
            taken[index] = true;
            open.retain(|other| *other != index);
            let parts = &case.buyers[index].parts;
            parts.iter().for_each(|part| paid[*part] = true);
        }
    }
}
