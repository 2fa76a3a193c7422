//! The reduced case as a network of buyers and the parts that they need.

use super::reduce::Reduced;

/// Reduced case as a network: buyer → part, in both directions.
#[derive(Debug)]
pub(crate) struct Network {
    /// Profit of each buyer, in units of the flow.
    pub(crate) profit: Vec<i64>,
    pub(crate) own_cost: Vec<i64>,
    pub(crate) cost: Vec<i64>,
    /// Where the arcs of each buyer begin; one more at the end.
    pub(crate) arcs_from: Vec<usize>,
    /// The part at the end of each arc.
    pub(crate) part_of: Vec<usize>,
    /// For each part its arcs, as (buyer, arc).
    pub(crate) arcs_into: Vec<Vec<(usize, usize)>>,
}

impl Network {
    /// `scale` is how many units of flow a unit of profit makes; prices are in the same units.
    pub(crate) fn new(case: &Reduced, scale: i64) -> Self {
        let mut network = Self {
            profit: case.buyers.iter().map(|b| b.profit * scale).collect(),
            own_cost: case.buyers.iter().map(|buyer| buyer.own_cost).collect(),
            cost: case.parts.iter().map(|part| part.cost).collect(),
            arcs_from: vec![0],
            part_of: Vec::new(),
            arcs_into: vec![Vec::new(); case.parts.len()],
        };
        for (index, buyer) in case.buyers.iter().enumerate() {
            for part in &buyer.parts {
                network.arcs_into[*part].push((index, network.part_of.len()));
                network.part_of.push(*part);
            }
            network.arcs_from.push(network.part_of.len());
        }
        network
    }

    /// The arcs of a buyer.
    pub(crate) fn arcs(&self, buyer: usize) -> std::ops::Range<usize> {
        self.arcs_from[buyer]..self.arcs_from[buyer + 1]
    }

    /// The parts of a buyer.
    pub(crate) fn parts(&self, buyer: usize) -> &[usize] {
        &self.part_of[self.arcs(buyer)]
    }
}
