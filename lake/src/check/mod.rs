//! Raw to checked: the one place that says which fields an event has, which are required and how
//! large they may be. A raw event is a JSON object in the native field names; every protocol is
//! first brought into that form.
//!
//! A check ends in a value or in one [`crate::Refusal`], never in a panic and never in a silent
//! repair.

mod digest;
mod event;
mod feedback;
mod fields;
mod plan_entry;
mod planning;
mod raw;
mod triage;

use serde_json::{Map, Value};

use crate::clock::Micros;

pub use digest::{ListDigest, ObjectDigest, ValueDigest};
pub use event::{check_event, check_event_within, rehash_event};
pub use feedback::{check_feedback, check_feedback_within};
pub use fields::EventLimits;
pub use plan_entry::check_plan_entry_within;
pub use planning::{
    check_backlog, check_backlog_within, check_mark_within, check_release, check_release_within,
};
pub use raw::{Field, Properties, RawEvent};
pub use triage::{check_label_within, check_link_within};

/// An event as it came: a JSON object in native field names.
pub type RawObject = Map<String, Value>;

/// What is known of an event besides its own words.
#[derive(Debug, Clone, Copy)]
pub struct Arrival {
    /// When it reached Shipwake.
    pub received_at: Micros,
    /// When the client says that it sent it; corrects the client's clock.
    pub sent_at: Option<Micros>,
    /// Whether it is history from a file: any day is believed, and feedback may be revised.
    pub import: bool,
}
