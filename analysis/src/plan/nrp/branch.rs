//! Branch and bound over buyers and parts.
//!
//! A node whose bound does not exceed the incumbent is done. Otherwise what the two choices around
//! the best price disagree about is tried, both ways (strong branching; T. Achterberg, T. Koch,
//! A. Martin, Operations Research Letters 33 (2005) 42–54): what one way rules out is settled the
//! other way at once, and the decision that lowers both bounds the most splits the node. Depth first,
//! the more promising half first, so that few nodes are held at a time.

use super::flow::Scratch;
use super::incumbent::Incumbent;
use super::reduce::Reduced;
use super::relax::{Bracket, Decision, Node, Relaxation};

/// Prices that bound a node, and one that is only tried.
const PRICES_MAX: usize = 30;
const PRICES_TRIED_MAX: usize = 6;
/// Decisions of each kind that are tried at a node.
const TRIED_MAX: usize = 30;
/// Decisions in a row that are no better than one before, after which no more are tried.
const IDLE_MAX: u32 = 10;

/// What the search came to.
#[derive(Debug)]
pub(crate) struct Found {
    pub(crate) taken: Vec<bool>,
    pub(crate) bound: i64,
    pub(crate) work: u64,
}

/// Searches until there is a proof, `work_max` is used up or `go_on` says no.
pub(crate) fn search(
    case: &Reduced,
    budget: i64,
    work_max: u64,
    go_on: &dyn Fn() -> bool,
) -> Found {
    let relaxation = Relaxation::new(case, budget);
    let mut search = Search {
        scratch: Scratch::new(&relaxation.network),
        incumbent: Incumbent::new(case, budget),
        open: vec![relaxation.root()],
        relaxation: &relaxation,
        work_max,
        go_on,
    };
    if budget >= 0 {
        // Without a first choice nothing could be ruled out.
        search.incumbent.offer(vec![false; case.buyers.len()]);
    } else {
        search.open.clear();
    }
    while let Some(node) = search.open.pop() {
        if search.is_over() {
            search.open.push(node);
            break;
        }
        search.split(node);
    }
    let bounds = search.open.iter().map(|node| node.bound / relaxation.scale);
    Found {
        bound: bounds.fold(search.incumbent.profit, i64::max),
        work: search.work(),
        taken: search.incumbent.taken,
    }
}

struct Search<'a> {
    relaxation: &'a Relaxation<'a>,
    incumbent: Incumbent<'a>,
    scratch: Scratch,
    /// Nodes that are not done, the next one last.
    open: Vec<Node>,
    work_max: u64,
    go_on: &'a dyn Fn() -> bool,
}

impl Search<'_> {
    fn work(&self) -> u64 {
        self.scratch.work + self.incumbent.work
    }

    fn is_over(&self) -> bool {
        self.work() >= self.work_max || !(self.go_on)()
    }

    /// Bounds a node and replaces it by its parts, if it may hold something better.
    fn split(&mut self, mut node: Node) {
        if let Some(bracket) = self.tighten(&mut node, PRICES_MAX) {
            self.relaxation.offer(&node, &bracket, &mut self.incumbent);
            if node.bound / self.relaxation.scale > self.incumbent.profit {
                let decisions = self.decisions(&bracket);
                self.branch(node, decisions);
            }
        }
    }

    fn tighten(&mut self, node: &mut Node, prices_max: usize) -> Option<Bracket> {
        let Self {
            relaxation,
            incumbent,
            scratch,
            ..
        } = self;
        relaxation.tighten(node, prices_max, incumbent, scratch)
    }

    /// What the two choices disagree about, the weightiest first, parts and buyers in turn.
    fn decisions(&self, bracket: &Bracket) -> Vec<Decision> {
        let case = self.relaxation.case;
        let differ = |fits: &[bool], exceeds: &[bool]| -> Vec<usize> {
            let pairs = fits.iter().zip(exceeds).enumerate();
            pairs
                .filter(|(_, (a, b))| a != b)
                .map(|(index, _)| index)
                .collect()
        };
        let (fits, exceeds) = (&bracket.fits, &bracket.exceeds);
        let mut buyers = differ(&fits.buyers, &exceeds.buyers);
        buyers.sort_by_key(|index| std::cmp::Reverse(case.buyers[*index].profit));
        let mut parts = differ(&fits.parts, &exceeds.parts);
        parts.sort_by_key(|index| {
            let part = &case.parts[*index];
            std::cmp::Reverse(i128::from(part.cost) * part.buyers.len() as i128)
        });
        let mut decisions = Vec::with_capacity(2 * TRIED_MAX);
        for place in 0..TRIED_MAX {
            decisions.extend(parts.get(place).copied().map(Decision::Part));
            decisions.extend(buyers.get(place).copied().map(Decision::Buyer));
        }
        decisions
    }

    /// Tries the decisions both ways, and splits the node by the best or settles what can be settled.
    fn branch(&mut self, mut node: Node, decisions: Vec<Decision>) {
        let mut best: Option<(i128, [Node; 2])> = None;
        let (mut idle, mut settled) = (0, false);
        for decision in decisions {
            if idle > IDLE_MAX || self.is_over() {
                break;
            }
            if !node.flow.is_open(decision) {
                continue;
            }
            let mut halves = [true, false].map(|way| self.relaxation.child(&node, decision, way));
            let [is_in, is_out] = &mut halves;
            let is_in_open = self.tighten(is_in, PRICES_TRIED_MAX).is_some();
            let is_out_open = self.tighten(is_out, PRICES_TRIED_MAX).is_some();
            let [is_in, is_out] = halves;
            match (is_in_open, is_out_open) {
                (false, false) => return,
                (true, false) => (node, settled) = (is_in, true),
                (false, true) => (node, settled) = (is_out, true),
                (true, true) if settled => {}
                (true, true) => {
                    let drop = |half: &Node| i128::from(node.bound - half.bound) + 1;
                    let score = drop(&is_in) * drop(&is_out);
                    if best.as_ref().is_none_or(|(most, _)| score > *most) {
                        best = Some((score, [is_in, is_out]));
                        idle = 0;
                    } else {
                        idle += 1;
                    }
                }
            }
        }
        match best {
            Some((_, mut halves)) if !settled => {
                halves.sort_by_key(|half| half.bound);
                self.open.extend(halves);
            }
            _ => self.open.push(node),
        }
    }
}
