//! The contract between ingest and analysis: what an event is, how each column is spelled, and the
//! Delta Lake tables that hold them.
//!
//! Everything that Shipwake knows lies in these tables. `ingest` appends to them through
//! [`Lake::write`] and [`Lake::commit`]; `analysis` reads them through a [`Snapshot`], which pins
//! one version of each table, all at one committed position. Nothing here knows of sockets,
//! protocols or statistics.
//!
//! Invariant: this crate depends on no other crate of the workspace.

pub mod background;
mod batch;
mod check;
mod clock;
pub mod columns;
mod commit;
pub mod disk;
mod encode;
mod erase;
mod error;
mod event;
mod event_columns;
mod evolve;
pub mod failpoint;
mod feedback;
pub mod files;
mod ledger;
mod lock;
mod log_tail;
mod members;
mod plan_entry;
mod planning;
mod quarantine;
mod refusal;
mod rollups;
mod schema;
mod snapshot;
mod spreadsheet;
mod statistics;
mod store;
mod tables;
mod text;
mod triage;
mod triage_columns;
pub mod unit;
mod upkeep;
mod upload;
mod verdict;
mod verify;

pub use batch::utc_day;
pub use batch::{LedgerDelta, Outcome, Rows, Stamp};
pub use check::{
    Arrival, EventLimits, Field, ListDigest, ObjectDigest, Properties, RawEvent, RawObject,
    ValueDigest, check_backlog, check_backlog_within, check_event, check_event_within,
    check_feedback, check_feedback_within, check_label_within, check_link_within,
    check_mark_within, check_plan_entry_within, check_release, check_release_within, rehash_event,
};
pub use clock::{Clock, FixedClock, Micros, SystemClock, parse_instant};
pub use commit::{CommitOutcome, DataFile};
pub use encode::TableFiles;
pub use erase::{EraseOutcome, Searcher, Trace};
pub use error::{Error, Result};
pub use event::{
    ClockFlag, Event, EventKind, IP, Origin, SessionStatus, SessionUpdate, Times, USER_AGENT,
};
pub use event_columns::EventColumns;
pub use failpoint::Failpoint;
pub use feedback::{Feedback, FeedbackKind, Scale};
pub use ledger::{Counter, Ledger, REVISION};
pub use lock::FolderLock;
pub use members::{put_member, retain_members};
pub use plan_entry::{PlanChange, PlanEntry};
pub use planning::{BacklogItem, Factors, Goal, MarkKind, ReleaseMark, ReleaseRecord, Rollout};
pub use quarantine::{QuarantineFilter, QuarantineRow, Quarantined, RowId};
pub use refusal::{Refusal, RefusalReason, Refused, SentAs};
pub use schema::Table;
pub use snapshot::{Pinned, PinnedFile, Snapshot};
pub use spreadsheet::{is_marked, is_retyped, is_run, needs_mark};
pub use store::SyncedStore;
pub use tables::Lake;
pub use text::Text;
pub use triage::{FeedbackLabel, FeedbackLink, LabelKind, LinkKind};
pub use upkeep::{CompactOutcome, Gone, Keep, SMALL_FILES_MAX, VacuumOutcome};
pub use verdict::ReleaseVerdict;
pub use verify::{Checked, Finding, Verification};

#[cfg(test)]
mod tests;
