//! From socket to table: what apps send becomes durable first, then rows of the lake.
//!
//! **The way of an event.** [`http`] reads a request and finds the app by its key ([`keys`]);
//! `wire` turns the body into checked records, or refused ones with their bytes; [`Ingest::submit`]
//! appends them as one [`Batch`] to the write-ahead log and returns after the `fdatasync`, and only
//! then is the request answered ([`answer`]). Every few seconds the committer brings what is in the
//! log into the tables: it decides once what is new, duplicate or in conflict, makes data files and
//! decision durable, commits table by table, and cuts the log.
//!
//! Invariant: received = stored + duplicate + quarantined + pending, at each moment. The first four
//! are sums over the ledger, the last is [`Ingest::pending`].

pub mod answer;
pub mod audit;
mod batch;
mod committer;
mod condition;
mod dedup;
mod draft;
pub mod engine;
mod erasure;
pub mod error;
#[cfg(feature = "fuzzing")]
pub mod fuzzing;
pub mod http;
pub mod import;
pub mod keys;
mod metrics;
#[cfg(test)]
mod mutants;
mod notice;
#[cfg(test)]
mod power_cuts;
pub mod privacy;
mod replay;
mod seen;
mod settings;
mod verify;
mod wal;
mod wire;

pub use batch::{Batch, Noted, Record, Replayed};
pub use condition::{Condition, WalCondition};
pub use draft::{Draft, Receipt};
pub use engine::{Ingest, RecoveryReport};
pub use erasure::{Erasure, search};
pub use error::{Error, Overload, Result};
pub use notice::{MoreMetrics, Notices};
pub use replay::{Replay, ReplaySummary, authors};
pub use seen::Seen;
pub use settings::{Durability, Settings};
pub use verify::verify;
