//! Candidates as a graph without cycles: items that depend on each other become one unit.
//!
//! Invariant: units stand in order, each after all that it needs; items stand by id. So nothing
//! here depends on the order in which the candidates came.

use std::collections::{BTreeMap, BTreeSet};

use super::components::components;
use super::{Candidate, PlanError};

/// One item, or several that depend on each other and so come together or not at all.
#[derive(Debug, Clone)]
pub(crate) struct Unit {
    /// Indexes of its items.
    pub(crate) members: Vec<usize>,
    /// Sum of their values.
    pub(crate) value: f64,
    /// Sum of their efforts; `None` where one is unknown.
    pub(crate) effort: Option<f64>,
    /// Units that it needs directly.
    pub(crate) needs: Vec<usize>,
    /// Whether one of its items is mandatory.
    pub(crate) mandatory: bool,
    /// It, or something that it needs, has no effort: it cannot be planned.
    pub(crate) blocked: bool,
}

/// All candidates with their dependencies.
#[derive(Debug, Clone)]
pub(crate) struct Graph<'a> {
    items: Vec<&'a Candidate>,
    unit_of: Vec<usize>,
    /// The units, each after all that it needs.
    pub(crate) units: Vec<Unit>,
    /// (item, id that it depends on and that is no candidate).
    pub(crate) dangling: Vec<(String, String)>,
    /// For each unit all that it needs, at any distance, and itself; in order.
    closures: Vec<Vec<usize>>,
}

impl<'a> Graph<'a> {
    /// Builds the graph.
    pub(crate) fn new(candidates: &'a [Candidate]) -> Result<Self, PlanError> {
        let mut items: Vec<&Candidate> = candidates.iter().collect();
        items.sort_by(|a, b| a.id.cmp(&b.id));
        let index: BTreeMap<&str, usize> = items
            .iter()
            .enumerate()
            .map(|(index, item)| (item.id.as_str(), index))
            .collect();
        if let Some([item, _]) = items.array_windows().find(|[a, b]| a.id == b.id) {
            return Err(PlanError::RepeatedId(item.id.clone()));
        }
        let mut dangling = BTreeSet::new();
        let mut edges = vec![BTreeSet::new(); items.len()];
        for (item, edges) in items.iter().zip(&mut edges) {
            for id in &item.depends_on {
                if let Some(other) = index.get(id.as_str()) {
                    edges.insert(*other);
                } else {
                    dangling.insert((item.id.clone(), id.clone()));
                }
            }
        }
        let components = components(&edges);
        let mut unit_of = vec![0; items.len()];
        for (unit, members) in components.iter().enumerate() {
            members.iter().for_each(|member| unit_of[*member] = unit);
        }
        let mut graph = Self {
            items,
            unit_of,
            units: Vec::with_capacity(components.len()),
            dangling: dangling.into_iter().collect(),
            closures: Vec::with_capacity(components.len()),
        };
        components
            .into_iter()
            .for_each(|members| graph.push(members, &edges));
        Ok(graph)
    }

    fn push(&mut self, members: Vec<usize>, edges: &[BTreeSet<usize>]) {
        let own = self.units.len();
        let needs: BTreeSet<usize> = members
            .iter()
            .flat_map(|member| &edges[*member])
            .map(|other| self.unit_of[*other])
            .filter(|unit| *unit != own)
            .collect();
        debug_assert!(
            needs.iter().all(|unit| *unit < own),
            "units come after what they need"
        );
        let closure: BTreeSet<usize> = needs
            .iter()
            .flat_map(|unit| &self.closures[*unit])
            .copied()
            .chain([own])
            .collect();
        let effort = members
            .iter()
            .map(|member| self.items[*member].effort)
            .sum::<Option<f64>>();
        self.units.push(Unit {
            value: members.iter().map(|member| self.items[*member].value).sum(),
            mandatory: members.iter().any(|member| self.items[*member].mandatory),
            blocked: effort.is_none() || needs.iter().any(|unit| self.units[*unit].blocked),
            effort,
            members,
            needs: needs.into_iter().collect(),
        });
        self.closures.push(closure.into_iter().collect());
    }

    /// The items by id, each with the index of its unit.
    pub(crate) fn items(&self) -> impl Iterator<Item = (&'a Candidate, usize)> {
        self.items.iter().copied().zip(self.unit_of.iter().copied())
    }

    /// All units that a unit needs, at any distance, and itself; each after what it needs.
    pub(crate) fn closure(&self, unit: usize) -> &[usize] {
        &self.closures[unit]
    }

    /// A unit's effort; unknown ones count as endless, so that they never fit.
    pub(crate) fn effort(&self, unit: usize) -> f64 {
        self.units[unit].effort.unwrap_or(f64::INFINITY)
    }

    /// The ids of a unit's items, in order.
    pub(crate) fn ids(&self, unit: usize) -> impl Iterator<Item = &'a str> {
        self.members(unit).map(|item| item.id.as_str())
    }

    /// The items of a unit, by id.
    pub(crate) fn members(&self, unit: usize) -> impl Iterator<Item = &'a Candidate> {
        self.units[unit]
            .members
            .iter()
            .map(|member| self.items[*member])
    }

    /// Groups of items that depend on each other (or one that depends on itself), as ids in order.
    pub(crate) fn cycles(&self) -> Vec<Vec<String>> {
        let mut cycles: Vec<Vec<String>> = (0..self.units.len())
            .filter(|unit| match self.units[*unit].members[..] {
                [only] => self.items[only].depends_on.contains(&self.items[only].id),
                _ => true,
            })
            .map(|unit| self.ids(unit).map(str::to_owned).collect())
            .collect();
        cycles.sort();
        cycles
    }
}
