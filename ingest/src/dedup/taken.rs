//! Claims that were taken, in memory.

use std::collections::BTreeMap;

use hashbrown::HashTable;

use super::{Claim, Entry, Found, Key};

/// A set of claims.
#[derive(Debug, Clone, Default)]
pub(crate) struct Taken {
    ids: HashTable<Entry>,
    latest: BTreeMap<Key, u64>,
}

/// Keys are hashes already.
fn spread(entry: &Entry) -> u64 {
    entry.0
}

impl Taken {
    /// Takes a claim.
    pub(crate) fn take(&mut self, claim: &Claim) {
        match *claim {
            Claim::Identified { key, content, .. } => self.take_id((key.0, key.1, content)),
            Claim::Latest { key, content } => {
                self.latest.insert(key, content);
            }
        }
    }

    fn take_id(&mut self, entry: Entry) {
        if self
            .ids
            .find(spread(&entry), |known| *known == entry)
            .is_none()
        {
            self.ids.insert_unique(spread(&entry), entry, spread);
        }
    }

    /// Takes all that `newer` holds.
    pub(crate) fn absorb(&mut self, newer: &Self) {
        newer.ids.iter().for_each(|entry| self.take_id(*entry));
        self.latest.extend(&newer.latest);
    }

    /// How many claims it holds.
    pub(crate) fn len(&self) -> usize {
        self.ids.len() + self.latest.len()
    }

    /// Its ids.
    pub(super) fn ids(&self) -> impl ExactSizeIterator<Item = Entry> {
        self.ids.iter().copied()
    }

    /// Its releases and backlog items, each with its last content.
    pub(super) fn take_latest(&mut self) -> BTreeMap<Key, u64> {
        std::mem::take(&mut self.latest)
    }

    /// The last content of a release or backlog item.
    pub(super) fn latest(&self, key: Key) -> Option<u64> {
        self.latest.get(&key).copied()
    }

    /// Adds what is known of a key.
    pub(super) fn find(&self, key: Key, content: u64, found: &mut Found) {
        let same_key = |entry: &&Entry| (entry.0, entry.1) == key;
        let known = self.ids.iter_hash(key.0).filter(same_key);
        known.for_each(|entry| found.add(entry.2, content));
    }
}
