//! The best choice of buyers when cost has a price: a closure of largest weight, by maximum flow.
//!
//! With λ as the price of a unit of cost, a choice is worth `Σ profit − λ · cost of the union`. The
//! best one is a minimum cut (J.-C. Picard, Management Science 22 (1976) 1268–1272): profit flows
//! from each buyer through the parts that it needs, which hold up to λ times their cost; buyers who
//! keep some profit are worth it, with all whom their parts let in. What is kept in all is the value.
//!
//! The flow outlives changes: a new price, a buyer or part settled as in or out takes back only what
//! no longer fits, and the next [`Flow::push`] goes on from there. Augmenting paths are found level
//! by level (E. A. Dinic, Soviet Mathematics Doklady 11 (1970) 1277–1280). All numbers are whole, so
//! values are exact.

use super::network::Network;
use super::relax::Decision;

/// What is settled about a buyer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Settled {
    /// Nothing.
    Open,
    /// Chosen.
    In,
    /// Not chosen.
    Out,
}

/// A flow, and what is settled.
#[derive(Debug, Clone)]
pub(crate) struct Flow {
    /// The price of a unit of cost.
    pub(crate) price: i64,
    /// What is settled about each buyer.
    pub(crate) buyers: Vec<Settled>,
    /// Parts that are paid for, come what may.
    pub(crate) paid: Vec<bool>,
    /// Profit that each open buyer has not sent.
    kept: Vec<i64>,
    /// What each part could still take.
    room: Vec<i64>,
    /// What each arc carries.
    sent: Vec<i64>,
}

/// Buffers for searches, so that none allocates.
#[derive(Debug)]
pub(crate) struct Scratch {
    buyer_level: Vec<u32>,
    part_level: Vec<u32>,
    queue: Vec<usize>,
    next_arc: Vec<usize>,
    next_into: Vec<usize>,
    path: Vec<Step>,
    /// Arcs looked at: the measure of work.
    pub(crate) work: u64,
}

/// A part of a path: a buyer, its arc, and the arc of the next buyer, who takes back as much.
#[derive(Debug, Clone, Copy)]
struct Step {
    buyer: usize,
    arc: usize,
    taken_back: Option<usize>,
}

const UNSEEN: u32 = u32::MAX;

impl Scratch {
    pub(crate) fn new(network: &Network) -> Self {
        let (buyers, parts) = (network.profit.len(), network.cost.len());
        Self {
            buyer_level: vec![UNSEEN; buyers],
            part_level: vec![UNSEEN; parts],
            queue: Vec::new(),
            next_arc: vec![0; buyers],
            next_into: vec![0; parts],
            path: Vec::new(),
            work: 0,
        }
    }

    /// Whether the last search for paths, which found none, reached the buyer: it is worth it.
    pub(crate) fn holds_buyer(&self, buyer: usize) -> bool {
        self.buyer_level[buyer] != UNSEEN
    }

    /// Whether the last search for paths, which found none, reached the part.
    pub(crate) fn holds_part(&self, part: usize) -> bool {
        self.part_level[part] != UNSEEN
    }
}

impl Flow {
    /// No flow, nothing settled.
    pub(crate) fn new(network: &Network, price: i64) -> Self {
        let mut flow = Self {
            price,
            buyers: vec![Settled::Open; network.profit.len()],
            paid: vec![false; network.cost.len()],
            kept: vec![0; network.profit.len()],
            room: network.cost.iter().map(|cost| cost * price).collect(),
            sent: vec![0; network.part_of.len()],
        };
        for buyer in 0..network.profit.len() {
            flow.kept[buyer] = flow.supply(network, buyer);
        }
        flow
    }

    /// Whether nothing is settled about what the decision is about.
    pub(crate) fn is_open(&self, decision: Decision) -> bool {
        match decision {
            Decision::Buyer(buyer) => self.buyers[buyer] == Settled::Open,
            Decision::Part(part) => !self.paid[part],
        }
    }

    fn supply(&self, network: &Network, buyer: usize) -> i64 {
        (network.profit[buyer] - self.price * network.own_cost[buyer]).max(0)
    }

    /// Changes the price.
    pub(crate) fn set_price(&mut self, network: &Network, price: i64) {
        let before = self.price;
        self.price = price;
        for part in (0..network.cost.len()).filter(|part| !self.paid[*part]) {
            self.room[part] += (price - before) * network.cost[part];
            let mut arcs = network.arcs_into[part].iter();
            while self.room[part] < 0
                && let Some((buyer, arc)) = arcs.next()
            {
                let back = self.sent[*arc].min(-self.room[part]);
                self.sent[*arc] -= back;
                self.kept[*buyer] += back;
                self.room[part] += back;
            }
        }
        for buyer in 0..network.profit.len() {
            if self.buyers[buyer] != Settled::Open {
                continue;
            }
            let sent: i64 = self.sent[network.arcs(buyer)].iter().sum();
            self.kept[buyer] = self.supply(network, buyer) - sent;
            for arc in network.arcs(buyer) {
                if self.kept[buyer] >= 0 {
                    break;
                }
                let back = self.sent[arc].min(-self.kept[buyer]);
                self.sent[arc] -= back;
                self.kept[buyer] += back;
                self.room[network.part_of[arc]] += back;
            }
        }
    }

    /// Settles that a buyer is in, and pays for its parts, or out.
    pub(crate) fn settle_buyer(&mut self, network: &Network, buyer: usize, as_in: bool) {
        for arc in network.arcs(buyer) {
            self.room[network.part_of[arc]] += self.sent[arc];
            self.sent[arc] = 0;
        }
        self.kept[buyer] = 0;
        self.buyers[buyer] = if as_in { Settled::In } else { Settled::Out };
        if as_in {
            network
                .parts(buyer)
                .iter()
                .for_each(|part| self.pay(network, *part));
        }
    }

    /// Settles that a part is paid for, or that all its buyers are out.
    pub(crate) fn settle_part(&mut self, network: &Network, part: usize, as_in: bool) {
        if as_in {
            self.pay(network, part);
            return;
        }
        for (buyer, _) in &network.arcs_into[part] {
            if self.buyers[*buyer] == Settled::Open {
                self.settle_buyer(network, *buyer, false);
            }
        }
    }

    fn pay(&mut self, network: &Network, part: usize) {
        self.paid[part] = true;
        self.room[part] = 0;
        for (buyer, arc) in &network.arcs_into[part] {
            self.kept[*buyer] += self.sent[*arc];
            self.sent[*arc] = 0;
        }
    }

    /// What the open buyers keep: once nothing can be pushed, the value of the best choice of them.
    pub(crate) fn kept(&self) -> i64 {
        self.kept.iter().sum()
    }

    /// Sends as much as possible; then `scratch` holds the smallest best choice. Stops with false
    /// once so little is kept that the value cannot exceed `enough`.
    pub(crate) fn push(&mut self, network: &Network, scratch: &mut Scratch, enough: i64) -> bool {
        while self.levels(network, scratch) {
            if self.kept() <= enough {
                return false;
            }
            scratch
                .next_arc
                .copy_from_slice(&network.arcs_from[..self.kept.len()]);
            scratch.next_into.fill(0);
            for buyer in 0..self.kept.len() {
                while self.kept[buyer] > 0 && self.augment(network, scratch, buyer) {}
            }
        }
        true
    }

    /// Labels by distance what profit can reach; whether that is a part with room.
    fn levels(&self, network: &Network, scratch: &mut Scratch) -> bool {
        scratch.buyer_level.fill(UNSEEN);
        scratch.part_level.fill(UNSEEN);
        scratch.queue.clear();
        for buyer in (0..self.kept.len()).filter(|buyer| self.kept[*buyer] > 0) {
            scratch.buyer_level[buyer] = 0;
            scratch.queue.push(buyer);
        }
        let (mut head, mut found_at) = (0, UNSEEN);
        while let Some(buyer) = scratch.queue.get(head).copied() {
            head += 1;
            let level = scratch.buyer_level[buyer] + 1;
            if level > found_at {
                break;
            }
            for part in network.parts(buyer) {
                scratch.work += 1;
                if self.paid[*part] || scratch.part_level[*part] != UNSEEN {
                    continue;
                }
                scratch.part_level[*part] = level;
                if self.room[*part] > 0 {
                    found_at = level;
                    continue;
                }
                for (other, arc) in &network.arcs_into[*part] {
                    if self.sent[*arc] > 0 && scratch.buyer_level[*other] == UNSEEN {
                        scratch.buyer_level[*other] = level + 1;
                        scratch.queue.push(*other);
                    }
                }
                scratch.work += network.arcs_into[*part].len() as u64;
            }
        }
        found_at != UNSEEN
    }

    /// Sends along one path from a buyer, as labelled; false when none is left.
    fn augment(&mut self, network: &Network, scratch: &mut Scratch, start: usize) -> bool {
        scratch.path.clear();
        let mut buyer = start;
        loop {
            let Some(arc) = Self::next_step(network, scratch, buyer) else {
                // A dead end: go back, and let nobody come here again.
                scratch.buyer_level[buyer] = UNSEEN;
                let Some(before) = scratch.path.pop() else {
                    return false;
                };
                buyer = before.buyer;
                continue;
            };
            let part = network.part_of[arc];
            if self.room[part] > 0 {
                let taken_back = None;
                scratch.path.push(Step {
                    buyer,
                    arc,
                    taken_back,
                });
                self.send(&scratch.path, start, part);
                return true;
            }
            match self.next_return(network, scratch, part) {
                Some((other, back)) => {
                    let taken_back = Some(back);
                    scratch.path.push(Step {
                        buyer,
                        arc,
                        taken_back,
                    });
                    buyer = other;
                }
                None => scratch.next_arc[buyer] += 1,
            }
        }
    }

    /// The next arc of a buyer that leads one level on.
    fn next_step(network: &Network, scratch: &mut Scratch, buyer: usize) -> Option<usize> {
        let end = network.arcs_from[buyer + 1];
        while scratch.next_arc[buyer] < end {
            let arc = scratch.next_arc[buyer];
            scratch.work += 1;
            let part = network.part_of[arc];
            if scratch.part_level[part] == scratch.buyer_level[buyer].wrapping_add(1) {
                return Some(arc);
            }
            scratch.next_arc[buyer] += 1;
        }
        None
    }

    /// The next buyer, one level on, who could take back what it sends to a full part.
    fn next_return(
        &self,
        network: &Network,
        scratch: &mut Scratch,
        part: usize,
    ) -> Option<(usize, usize)> {
        while let Some((other, arc)) = network.arcs_into[part].get(scratch.next_into[part]) {
            scratch.work += 1;
            let onward = scratch.buyer_level[*other] == scratch.part_level[part] + 1;
            if onward && self.sent[*arc] > 0 {
                return Some((*other, *arc));
            }
            scratch.next_into[part] += 1;
        }
        None
    }

    /// Sends what fits along a path that ends at a part with room.
    fn send(&mut self, path: &[Step], start: usize, last: usize) {
        let taken_back = || path.iter().filter_map(|step| step.taken_back);
        let most = self.kept[start].min(self.room[last]);
        let amount = taken_back().map(|arc| self.sent[arc]).fold(most, i64::min);
        self.kept[start] -= amount;
        self.room[last] -= amount;
        path.iter().for_each(|step| self.sent[step.arc] += amount);
        taken_back().for_each(|arc| self.sent[arc] -= amount);
    }
}
