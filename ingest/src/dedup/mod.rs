//! What is known already: which event ids with which content, and the last content of each release
//! and backlog item.
//!
//! An event id counts once per app, over events and feedback together. The same id with the same
//! content is a duplicate; with other content the first wins, but for imported feedback, where a
//! new content is a revision (and an old content seen again is not). A release or backlog item that
//! says what the last one said is a duplicate.
//!
//! Ids are kept as 128-bit hashes with the content's 64-bit hash beside them, in order, so that
//! "this id with any content" is a range. The index is derived: it is rebuilt from the tables at
//! start and never written.

mod claim;
mod rebuild;
mod view;

use std::collections::{BTreeMap, BTreeSet};

pub(crate) use claim::Claims;
pub(crate) use rebuild::rebuild;
pub(crate) use view::View;

/// The hash of (app, id), in two halves.
pub(crate) type Key = (u64, u64);

/// What a record says of itself, as far as it decides whether it is new.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Claim {
    /// An event or a piece of feedback.
    Identified {
        /// Its event id within its app.
        key: Key,
        /// Hash of what the client said.
        content: u64,
        /// Whether other content under the same id is a revision.
        revisable: bool,
    },
    /// A release or backlog item, of which the last one counts.
    Latest {
        /// Its version or item id within its app.
        key: Key,
        /// Hash of what it says.
        content: u64,
    },
}

/// What a claim comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Judgement {
    /// Not known before.
    New,
    /// Known with this content.
    Duplicate,
    /// Known with other content, which this one follows.
    Revision,
    /// Known with other content, which wins.
    Conflict,
}

/// A set of claims that were taken.
#[derive(Debug, Default)]
pub(crate) struct Known {
    ids: BTreeSet<(Key, u64)>,
    latest: BTreeMap<Key, u64>,
}

impl Known {
    /// Takes a claim.
    pub(crate) fn take(&mut self, claim: &Claim) {
        match *claim {
            Claim::Identified { key, content, .. } => {
                self.ids.insert((key, content));
            }
            Claim::Latest { key, content } => {
                self.latest.insert(key, content);
            }
        }
    }

    /// Takes all that `newer` holds.
    pub(crate) fn absorb(&mut self, mut newer: Self) {
        if self.ids.len() < newer.ids.len() {
            std::mem::swap(&mut self.ids, &mut newer.ids);
        }
        self.ids.extend(newer.ids);
        self.latest.extend(newer.latest);
    }

    /// How many claims it holds.
    pub(crate) fn len(&self) -> usize {
        self.ids.len() + self.latest.len()
    }

    fn has_id(&self, key: Key) -> bool {
        self.ids.range((key, 0)..=(key, u64::MAX)).next().is_some()
    }
}

/// Judges a claim against layers of what is known, the newest last.
pub(crate) fn judge(layers: &[&Known], claim: &Claim) -> Judgement {
    match *claim {
        Claim::Identified {
            key,
            content,
            revisable,
        } => {
            if layers
                .iter()
                .any(|known| known.ids.contains(&(key, content)))
            {
                Judgement::Duplicate
            } else if !layers.iter().any(|known| known.has_id(key)) {
                Judgement::New
            } else if revisable {
                Judgement::Revision
            } else {
                Judgement::Conflict
            }
        }
        Claim::Latest { key, content } => {
            match layers.iter().rev().find_map(|known| known.latest.get(&key)) {
                Some(last) if *last == content => Judgement::Duplicate,
                _ => Judgement::New,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(id: u64, content: u64) -> Claim {
        Claim::Identified {
            key: (id, 0),
            content,
            revisable: false,
        }
    }

    fn imported(id: u64, content: u64) -> Claim {
        Claim::Identified {
            key: (id, 0),
            content,
            revisable: true,
        }
    }

    fn record(id: u64, content: u64) -> Claim {
        Claim::Latest {
            key: (id, 0),
            content,
        }
    }

    /// Takes each claim that is stored, in two layers, and returns the judgements.
    fn check(claims: &[Claim], expected: &[Judgement]) {
        for split in 0..=claims.len() {
            let (mut older, mut newer) = (Known::default(), Known::default());
            let mut judged = Vec::new();
            for (index, claim) in claims.iter().enumerate() {
                let judgement = judge(&[&older, &newer], claim);
                if matches!(judgement, Judgement::New | Judgement::Revision) {
                    if index < split {
                        older.take(claim)
                    } else {
                        newer.take(claim)
                    }
                }
                judged.push(judgement);
            }
            assert_eq!(judged, expected, "split at {split}");
        }
    }

    #[test]
    fn same_id_and_content_is_a_duplicate_and_other_content_a_conflict() {
        use Judgement::{Conflict, Duplicate, New};
        check(
            &[sent(1, 5), sent(1, 5), sent(1, 6), sent(2, 5), sent(1, 5)],
            &[New, Duplicate, Conflict, New, Duplicate],
        );
    }

    #[test]
    fn imported_content_seen_before_is_no_revision() {
        use Judgement::{Conflict, Duplicate, New, Revision};
        check(
            &[
                imported(1, 5),
                imported(1, 6),
                imported(1, 5),
                imported(1, 6),
                sent(1, 7),
            ],
            &[New, Revision, Duplicate, Duplicate, Conflict],
        );
    }

    #[test]
    fn record_that_goes_back_to_earlier_content_is_stored() {
        use Judgement::{Duplicate, New};
        check(
            &[
                record(1, 5),
                record(1, 5),
                record(1, 6),
                record(1, 5),
                record(2, 5),
            ],
            &[New, Duplicate, New, New, New],
        );
    }

    #[test]
    fn absorbed_claims_are_known_and_the_newer_record_wins() {
        let (mut older, mut newer) = (Known::default(), Known::default());
        older.take(&record(1, 5));
        newer.take(&record(1, 6));
        newer.take(&sent(1, 1));
        newer.take(&sent(2, 1));
        older.absorb(newer);
        assert_eq!(judge(&[&older], &record(1, 6)), Judgement::Duplicate);
        assert_eq!(judge(&[&older], &sent(2, 1)), Judgement::Duplicate);
        assert_eq!(older.len(), 3);
    }
}
