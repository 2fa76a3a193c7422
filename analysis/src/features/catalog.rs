//! Which features there are, and in which release they shipped, by the backlog and the release
//! records.

use std::collections::{BTreeMap, BTreeSet};

use lake::Micros;

use crate::error::Result;
use crate::facts::{Facts, Question, records};
use crate::score_card::FEATURE_REACH;
use crate::versions;

/// The place of what came without a release: before all.
pub(super) const NO_RELEASE: i32 = -1;

/// The releases that were seen or are out by their record, oldest first.
#[derive(Debug)]
pub(super) struct Order {
    versions: Vec<String>,
    places: BTreeMap<String, i32>,
}

impl Order {
    pub(super) fn of(facts: &Facts, as_of: Micros) -> Self {
        let recorded = |version: &str| facts.notes.get(version)?.released_at;
        let mut known = facts.first_seen.clone();
        for version in facts.notes.keys() {
            if let Some(out) = recorded(version).filter(|out| *out <= as_of) {
                known.entry(version.clone()).or_insert(out);
            }
        }
        let versions = versions::oldest_first(&known, recorded);
        let places = versions.iter().cloned().zip(0..).collect();
        Self { versions, places }
    }

    /// The place of a release; `None` of one that is not out.
    pub(super) fn place(&self, version: &str) -> Option<i32> {
        self.places.get(version).copied()
    }

    /// The release at a place; `None` of [`NO_RELEASE`].
    pub(super) fn version(&self, place: i32) -> Option<&str> {
        let place = usize::try_from(place).ok()?;
        self.versions.get(place).map(String::as_str)
    }
}

/// A feature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Feature {
    pub(super) name: String,
    /// The names of its events, in order, each once.
    pub(super) events: Vec<String>,
    /// The backlog items that name it.
    pub(super) items: Vec<String>,
    /// The place of the oldest release whose record holds one of the items.
    pub(super) recorded: Option<i32>,
}

impl Feature {
    /// The feature that an event is by itself.
    pub(super) fn of_event(name: String) -> Self {
        Self {
            events: vec![name.clone()],
            name,
            items: Vec::new(),
            recorded: None,
        }
    }

    fn shipped_at(&mut self, place: Option<i32>) {
        self.recorded = self.recorded.into_iter().chain(place).min();
    }
}

/// The features that backlog items and goals of releases name, in order of their events.
pub(super) fn named(question: &Question<'_>, facts: &Facts, order: &Order) -> Result<Vec<Feature>> {
    let shipped = shipped_items(facts, order);
    let mut features: BTreeMap<Vec<String>, Feature> = BTreeMap::new();
    for item in records::backlog(question)? {
        let events: BTreeSet<String> = item
            .feature_events
            .into_iter()
            .filter(|event| !event.is_empty())
            .collect();
        let events: Vec<String> = events.into_iter().collect();
        let Some(first) = events.first() else {
            continue;
        };
        let name = if events.len() == 1 {
            first
        } else {
            &item.item_id
        };
        let feature = Feature {
            name: name.clone(),
            events: events.clone(),
            items: Vec::new(),
            recorded: None,
        };
        let feature = features.entry(events).or_insert(feature);
        feature.shipped_at(shipped.get(&item.item_id).copied());
        feature.items.push(item.item_id);
    }
    for (version, note) in &facts.notes {
        for goal in &note.goals {
            let Some(event) = goal.metric.strip_prefix(FEATURE_REACH) else {
                continue;
            };
            let feature = features
                .entry(vec![event.to_owned()])
                .or_insert_with(|| Feature::of_event(event.to_owned()));
            // A goal without an item may be one for a feature that was there before.
            if goal.item.is_some() {
                feature.shipped_at(order.place(version));
            }
        }
    }
    Ok(features.into_values().collect())
}

/// The place of the oldest release that each item shipped in.
fn shipped_items(facts: &Facts, order: &Order) -> BTreeMap<String, i32> {
    let mut shipped: BTreeMap<String, i32> = BTreeMap::new();
    for (version, note) in &facts.notes {
        let Some(place) = order.place(version) else {
            continue;
        };
        let promised = note.goals.iter().filter_map(|goal| goal.item.as_ref());
        for item in note.scope.iter().chain(promised) {
            let first = shipped.entry(item.clone()).or_insert(place);
            *first = place.min(*first);
        }
    }
    shipped
}
