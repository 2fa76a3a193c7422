//! What goes into the WAL: one request's checked events, as one frame.

use lake::{BacklogItem, Event, Feedback, Micros, Refused, ReleaseRecord};
use serde::{Deserialize, Serialize};

/// One checked value, or one refused with its raw bytes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Record {
    /// For `events`.
    Event(Event),
    /// For `feedback`.
    Feedback(Feedback),
    /// For `releases`.
    Release(ReleaseRecord),
    /// For `backlog`.
    Backlog(BacklogItem),
    /// For `quarantine`.
    Refused(Refused),
}

/// One request's records. Its frame in the WAL is the JSON text of this value, so that an older
/// frame stays readable when a field is added.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Batch {
    /// The app that the key belongs to.
    pub app: String,
    /// native, import, …
    pub protocol: String,
    /// The id (never the secret) of the key.
    pub key_id: Option<String>,
    /// When it reached Shipwake.
    pub received_at: Micros,
    /// The records in the order in which they came.
    pub records: Vec<Record>,
}
