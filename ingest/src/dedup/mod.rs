//! What is known already: which ids of events and marks with which content, and the last content of each release
//! and backlog item.
//!
//! An event id counts once per app, over events and feedback together. The same id with the same
//! content is a duplicate; with other content the first wins, but for imported feedback, where a
//! new content is a revision (and an old content seen again is not). A release or backlog item that
//! says what the last one said is a duplicate.
//!
//! Ids are kept as 128-bit hashes with the content's 64-bit hash beside them: the newest in memory,
//! the others in sorted runs on disk, each behind a filter that tells most new ids without a look
//! at the disk. The index is exact: what a filter lets through is looked up. It is derived, too:
//! runs are scratch files, and a start makes them anew from the tables.

mod claim;
mod filter;
mod index;
mod rebuild;
mod run;
mod taken;
mod view;

use lake::Failpoint;

pub(crate) use claim::Claims;
pub(crate) use index::Index;
pub(crate) use rebuild::rebuild;
pub(crate) use taken::Taken;
pub(crate) use view::View;

/// The hash of (app, id), in two halves.
pub(crate) type Key = (u64, u64);

/// What a record says of itself, as far as it decides whether it is new.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Claim {
    /// An event, a piece of feedback or a mark of a release.
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

/// An id with a content that was taken: two halves of the key, and the content's hash.
type Entry = (u64, u64, u64);

/// What is known of a claim's key.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Found {
    /// It is known, with whatever content.
    any: bool,
    /// It is known with the claim's content.
    same: bool,
}

impl Found {
    fn add(&mut self, known: u64, claimed: u64) {
        self.any = true;
        self.same |= known == claimed;
    }

    fn judgement(self, is_revisable: bool) -> Judgement {
        match self {
            _ if Failpoint::DedupSkip.is_on() => Judgement::New,
            Self { same: true, .. } => Judgement::Duplicate,
            Self { any: false, .. } => Judgement::New,
            _ if is_revisable => Judgement::Revision,
            _ => Judgement::Conflict,
        }
    }
}

#[cfg(test)]
mod tests;
