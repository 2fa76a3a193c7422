//! The contract between ingest and analysis: what an event is, how each column is spelled, and the
//! Delta Lake tables that hold them.
//!
//! Everything that Shipwake knows lies in these tables. `ingest` appends to them through
//! [`Lake::write`] and [`Lake::commit`]; `analysis` reads them through a [`Snapshot`], which pins
//! one version of each table, all at one committed position. Nothing here knows of sockets,
//! protocols or statistics.
//!
//! Invariant: this crate depends on no other crate of the workspace.

mod batch;
mod check;
mod clock;
pub mod columns;
mod commit;
mod compact;
mod error;
mod event;
mod feedback;
pub mod files;
mod ledger;
mod lock;
mod planning;
mod refusal;
mod schema;
mod snapshot;
mod store;
mod tables;

pub use batch::utc_day;
pub use batch::{LedgerDelta, Outcome, Rows, Stamp};
pub use check::{Arrival, RawObject, check_backlog, check_event, check_feedback, check_release};
pub use clock::{Clock, FixedClock, Micros, SystemClock, parse_instant};
pub use commit::{CommitOutcome, DataFile};
pub use compact::CompactOutcome;
pub use error::{Error, Result};
pub use event::{ClockFlag, Event, EventKind, Origin, SessionStatus, SessionUpdate, Times};
pub use feedback::{Feedback, FeedbackKind, Scale};
pub use ledger::{Counter, Ledger, REVISION};
pub use lock::FolderLock;
pub use planning::{BacklogItem, Factors, Goal, ReleaseRecord, Rollout};
pub use refusal::{Refusal, RefusalReason, Refused};
pub use schema::Table;
pub use snapshot::{Pinned, PinnedFile, Snapshot};
pub use store::SyncedStore;
pub use tables::Lake;

#[cfg(test)]
mod tests;
