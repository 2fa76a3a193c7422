//! What a team says of feedback, as columns.

use arrow::array::ArrayRef;

use crate::batch::{Stamp, instant, stamp, text};
use crate::triage::{FeedbackLabel, FeedbackLink};

/// Rows of `feedback_labels`.
pub(crate) fn labels(rows: &[(Stamp<'_>, FeedbackLabel)]) -> Vec<ArrayRef> {
    let head = vec![
        text(rows, |r| Some(r.0.app)),
        text(rows, |r| Some(r.1.event_id.as_str())),
        text(rows, |r| Some(r.1.feedback_id.as_str())),
        text(rows, |r| Some(r.1.label.as_str())),
        instant(rows, |r| Some(r.1.labelled_at)),
        text(rows, |r| r.1.note.as_deref()),
        text(rows, |r| r.1.author.as_deref()),
        text(rows, |r| Some(r.1.content_hash.as_str())),
        instant(rows, |r| Some(r.0.received_at)),
    ];
    [head, stamp(rows)].concat()
}

/// Rows of `feedback_links`.
pub(crate) fn links(rows: &[(Stamp<'_>, FeedbackLink)]) -> Vec<ArrayRef> {
    let head = vec![
        text(rows, |r| Some(r.0.app)),
        text(rows, |r| Some(r.1.event_id.as_str())),
        text(rows, |r| r.1.feedback_id.as_deref()),
        text(rows, |r| Some(r.1.item_id.as_str())),
        text(rows, |r| r.1.into_item_id.as_deref()),
        text(rows, |r| Some(r.1.link.as_str())),
        instant(rows, |r| Some(r.1.linked_at)),
        text(rows, |r| r.1.note.as_deref()),
        text(rows, |r| r.1.author.as_deref()),
        text(rows, |r| Some(r.1.content_hash.as_str())),
        instant(rows, |r| Some(r.0.received_at)),
    ];
    [head, stamp(rows)].concat()
}
