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
mod batch;
mod committer;
mod dedup;
pub mod engine;
pub mod error;
pub mod http;
pub mod import;
pub mod keys;
mod seen;
mod settings;
mod wal;
mod wire;

pub use batch::{Batch, Record};
pub use engine::{Ingest, Receipt, RecoveryReport};
pub use error::{Error, Result};
pub use seen::Seen;
pub use settings::{Durability, Settings};
