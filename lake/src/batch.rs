//! Rows of checked values to arrow record batches.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, BinaryArray, BooleanArray, Date32Array, Float64Array, Int64Array, RecordBatch,
    StringArray, TimestampMicrosecondArray,
};
use serde::{Deserialize, Serialize};

use crate::clock::Micros;
use crate::error::{Error, Result};
use crate::event::{Event, Origin, Times};
use crate::feedback::Feedback;
use crate::planning::{BacklogItem, ReleaseRecord};
use crate::refusal::Refused;
use crate::schema::Table;

/// Where a row came from: who sent it, how, and where it lies in the WAL.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stamp {
    /// The app that the key belongs to.
    pub app: String,
    /// native, import, posthog, …
    pub protocol: String,
    /// The id (never the secret) of the key.
    pub key_id: Option<String>,
    /// When it reached Shipwake.
    pub received_at: Micros,
    /// The ingest node.
    pub node: String,
    /// The WAL position of the frame.
    pub position: i64,
    /// The order within the frame.
    pub frame_row: i64,
}

/// What became of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It reached Shipwake.
    Received,
    /// It is in a table.
    Stored,
    /// It was there before.
    Duplicate,
    /// It was refused and kept apart.
    Quarantined,
}

impl Outcome {
    /// The outcome as it is spelled in the ledger.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Received => "received",
            Self::Stored => "stored",
            Self::Duplicate => "duplicate",
            Self::Quarantined => "quarantined",
        }
    }
}

/// A gain of one counter of the ledger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LedgerDelta {
    /// Days since 1970-01-01 of the UTC day of arrival.
    pub day: i32,
    /// The app.
    pub app: String,
    /// native, import, …
    pub protocol: String,
    /// Which counter.
    pub outcome: Outcome,
    /// The refusal reason of what was quarantined; `revision` of what was stored as one.
    pub reason: Option<String>,
    /// How many.
    pub count: i64,
}

/// Rows of one table.
#[derive(Debug, Clone)]
pub enum Rows {
    /// For `events`.
    Events(Vec<(Stamp, Event)>),
    /// For `feedback`.
    Feedback(Vec<(Stamp, Feedback)>),
    /// For `releases`.
    Releases(Vec<(Stamp, ReleaseRecord)>),
    /// For `backlog`.
    Backlog(Vec<(Stamp, BacklogItem)>),
    /// For `quarantine`.
    Quarantine(Vec<(Stamp, Refused)>),
    /// For `ledger`: the node, the position that the flush reaches, when, and the gains.
    Ledger {
        /// The ingest node.
        node: String,
        /// The end of the flushed WAL range.
        position: i64,
        /// The instant of the flush.
        flushed_at: Micros,
        /// What the counters gain.
        deltas: Vec<LedgerDelta>,
    },
}

const MICROS_PER_DAY: i64 = 86_400_000_000;

/// Days since 1970-01-01 of the UTC day that holds `instant`.
#[must_use]
pub fn utc_day(instant: Micros) -> i32 {
    i32::try_from(instant.div_euclid(MICROS_PER_DAY)).unwrap_or(i32::MAX)
}

impl Rows {
    /// The table that the rows are for.
    #[must_use]
    pub fn table(&self) -> Table {
        match self {
            Self::Events(_) => Table::Events,
            Self::Feedback(_) => Table::Feedback,
            Self::Releases(_) => Table::Releases,
            Self::Backlog(_) => Table::Backlog,
            Self::Quarantine(_) => Table::Quarantine,
            Self::Ledger { .. } => Table::Ledger,
        }
    }

    /// How many rows.
    #[must_use]
    pub fn len(&self) -> usize {
        match self {
            Self::Events(rows) => rows.len(),
            Self::Feedback(rows) => rows.len(),
            Self::Releases(rows) => rows.len(),
            Self::Backlog(rows) => rows.len(),
            Self::Quarantine(rows) => rows.len(),
            Self::Ledger { deltas, .. } => deltas.len(),
        }
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The rows as one record batch in the table's schema.
    ///
    /// # Errors
    /// [`Error::Rows`] if the columns do not fit the schema, which is a bug.
    pub fn to_batch(&self) -> Result<RecordBatch> {
        let table = self.table();
        let columns = match self {
            Self::Events(rows) => events(rows),
            Self::Feedback(rows) => feedback(rows),
            Self::Releases(rows) => releases(rows),
            Self::Backlog(rows) => backlog(rows),
            Self::Quarantine(rows) => quarantine(rows),
            Self::Ledger {
                node,
                position,
                flushed_at,
                deltas,
            } => ledger(node, *position, *flushed_at, deltas),
        };
        RecordBatch::try_new(table.schema(), columns).map_err(|source| Error::Rows {
            table: table.name(),
            source,
        })
    }
}

fn text<'a, T: 'a>(rows: &'a [T], get: impl Fn(&'a T) -> Option<&'a str>) -> ArrayRef {
    Arc::new(StringArray::from_iter(rows.iter().map(get)))
}

fn owned<T>(rows: &[T], get: impl Fn(&T) -> Option<String>) -> ArrayRef {
    Arc::new(StringArray::from_iter(rows.iter().map(get)))
}

fn number<T>(rows: &[T], get: impl Fn(&T) -> Option<f64>) -> ArrayRef {
    Arc::new(Float64Array::from_iter(rows.iter().map(get)))
}

fn count<T>(rows: &[T], get: impl Fn(&T) -> Option<i64>) -> ArrayRef {
    Arc::new(Int64Array::from_iter(rows.iter().map(get)))
}

fn truth<T>(rows: &[T], get: impl Fn(&T) -> Option<bool>) -> ArrayRef {
    Arc::new(BooleanArray::from_iter(rows.iter().map(get)))
}

fn day<T>(rows: &[T], get: impl Fn(&T) -> i32) -> ArrayRef {
    Arc::new(Date32Array::from_iter_values(rows.iter().map(get)))
}

fn instant<T>(rows: &[T], get: impl Fn(&T) -> Option<Micros>) -> ArrayRef {
    Arc::new(TimestampMicrosecondArray::from_iter(rows.iter().map(get)).with_timezone("UTC"))
}

fn json_list<T: Serialize>(list: &[T]) -> Option<String> {
    if list.is_empty() {
        None
    } else {
        serde_json::to_string(list).ok()
    }
}

fn origin<'a, T: 'a>(rows: &'a [T], of: impl Fn(&'a T) -> &'a Origin + Copy) -> Vec<ArrayRef> {
    vec![
        text(rows, |r| of(r).user_id.as_deref()),
        text(rows, |r| of(r).anonymous_id.as_deref()),
        text(rows, |r| of(r).session_id.as_deref()),
        text(rows, |r| of(r).release.as_deref()),
        text(rows, |r| of(r).build.as_deref()),
        text(rows, |r| Some(of(r).environment.as_str())),
        text(rows, |r| of(r).channel.as_deref()),
        text(rows, |r| of(r).platform.as_deref()),
        text(rows, |r| of(r).locale.as_deref()),
        text(rows, |r| of(r).sdk_name.as_deref()),
        text(rows, |r| of(r).sdk_version.as_deref()),
    ]
}

fn times<T>(rows: &[T], of: impl Fn(&T) -> (&Stamp, &Times) + Copy) -> Vec<ArrayRef> {
    vec![
        instant(rows, |r| Some(of(r).1.occurred_at)),
        instant(rows, |r| of(r).1.client_at),
        instant(rows, |r| of(r).1.sent_at),
        instant(rows, |r| Some(of(r).0.received_at)),
        owned(rows, |r| of(r).1.flag.map(|flag| flag.as_str().to_owned())),
    ]
}

fn stamp<T>(rows: &[(Stamp, T)]) -> Vec<ArrayRef> {
    vec![
        text(rows, |r| Some(r.0.protocol.as_str())),
        text(rows, |r| r.0.key_id.as_deref()),
        text(rows, |r| Some(r.0.node.as_str())),
        count(rows, |r| Some(r.0.position)),
        count(rows, |r| Some(r.0.frame_row)),
    ]
}

fn events(rows: &[(Stamp, Event)]) -> Vec<ArrayRef> {
    let head = vec![
        day(rows, |r| r.1.times.day),
        text(rows, |r| Some(r.0.app.as_str())),
        text(rows, |r| Some(r.1.event_id.as_str())),
        text(rows, |r| Some(r.1.kind.as_str())),
        text(rows, |r| Some(r.1.name.as_str())),
    ];
    let tail = vec![
        text(rows, |r| r.1.level.as_deref()),
        truth(rows, |r| r.1.handled),
        text(rows, |r| r.1.fingerprint.as_deref()),
        text(rows, |r| r.1.session.as_ref().map(|s| s.status.as_str())),
        count(rows, |r| r.1.session.as_ref().map(|s| s.errors)),
        instant(rows, |r| r.1.session.as_ref().and_then(|s| s.started_at)),
        count(rows, |r| r.1.session.as_ref().and_then(|s| s.duration_ms)),
        count(rows, |r| r.1.session.as_ref().and_then(|s| s.sequence)),
        text(rows, |r| r.1.properties.as_deref()),
        owned(rows, |r| Some(r.1.content_hash())),
    ];
    [
        head,
        origin(rows, |r| &r.1.origin),
        times(rows, |r| (&r.0, &r.1.times)),
        tail,
        stamp(rows),
    ]
    .concat()
}

fn feedback(rows: &[(Stamp, Feedback)]) -> Vec<ArrayRef> {
    let head = vec![
        day(rows, |r| r.1.times.day),
        text(rows, |r| Some(r.0.app.as_str())),
        text(rows, |r| Some(r.1.event_id.as_str())),
        text(rows, |r| Some(r.1.kind.as_str())),
    ];
    let tail = vec![
        number(rows, |r| r.1.score),
        number(rows, |r| r.1.scale.map(|s| s.min)),
        number(rows, |r| r.1.scale.map(|s| s.max)),
        text(rows, |r| r.1.text.as_deref()),
        text(rows, |r| r.1.feature.as_deref()),
        text(rows, |r| r.1.page.as_deref()),
        text(rows, |r| r.1.survey_id.as_deref()),
        text(rows, |r| r.1.question.as_deref()),
        text(rows, |r| r.1.parent_id.as_deref()),
        instant(rows, |r| r.1.replied_at),
        count(rows, |r| r.1.votes),
        text(rows, |r| Some(r.1.source.as_str())),
        text(rows, |r| r.1.properties.as_deref()),
        owned(rows, |r| Some(r.1.content_hash())),
    ];
    [
        head,
        origin(rows, |r| &r.1.origin),
        times(rows, |r| (&r.0, &r.1.times)),
        tail,
        stamp(rows),
    ]
    .concat()
}

fn releases(rows: &[(Stamp, ReleaseRecord)]) -> Vec<ArrayRef> {
    let head = vec![
        text(rows, |r| Some(r.0.app.as_str())),
        text(rows, |r| Some(r.1.version.as_str())),
        text(rows, |r| r.1.channel.as_deref()),
        text(rows, |r| Some(r.1.environment.as_str())),
        text(rows, |r| r.1.build.as_deref()),
        instant(rows, |r| r.1.planned_at),
        instant(rows, |r| r.1.released_at),
        text(rows, |r| r.1.rollout.map(crate::planning::Rollout::as_str)),
        text(rows, |r| r.1.stages.as_deref()),
        owned(rows, |r| json_list(&r.1.scope)),
        owned(rows, |r| json_list(&r.1.goals)),
        text(rows, |r| r.1.owner.as_deref()),
        text(rows, |r| r.1.notes.as_deref()),
        text(rows, |r| r.1.checklist.as_deref()),
        text(rows, |r| r.1.author.as_deref()),
        instant(rows, |r| Some(r.0.received_at)),
    ];
    [head, stamp(rows)].concat()
}

fn backlog(rows: &[(Stamp, BacklogItem)]) -> Vec<ArrayRef> {
    let head = vec![
        text(rows, |r| Some(r.0.app.as_str())),
        text(rows, |r| Some(r.1.item_id.as_str())),
        text(rows, |r| Some(r.1.title.as_str())),
        text(rows, |r| r.1.kind.as_deref()),
        text(rows, |r| r.1.status.as_deref()),
        number(rows, |r| r.1.effort_person_days),
        text(rows, |r| r.1.team.as_deref()),
        text(rows, |r| r.1.owner.as_deref()),
        owned(rows, |r| json_list(&r.1.depends_on)),
        number(rows, |r| r.1.factors.bug_fix),
        number(rows, |r| r.1.factors.strategic),
        number(rows, |r| r.1.factors.feasibility),
        number(rows, |r| r.1.factors.dependencies),
        number(rows, |r| r.1.factors.resources),
        number(rows, |r| r.1.factors.cost),
        number(rows, |r| r.1.factors.expected_return),
        number(rows, |r| r.1.reach_users),
        number(rows, |r| r.1.impact),
        number(rows, |r| r.1.confidence),
        owned(rows, |r| json_list(&r.1.keywords)),
        owned(rows, |r| json_list(&r.1.feature_events)),
        text(rows, |r| r.1.target.as_deref()),
        truth(rows, |r| Some(r.1.mandatory)),
        text(rows, |r| r.1.author.as_deref()),
        instant(rows, |r| Some(r.0.received_at)),
    ];
    [head, stamp(rows)].concat()
}

fn quarantine(rows: &[(Stamp, Refused)]) -> Vec<ArrayRef> {
    let raw: Vec<Vec<u8>> = rows
        .iter()
        .map(|(_, refused)| refused.raw_bytes())
        .collect();
    let head = vec![
        day(rows, |r| utc_day(r.0.received_at)),
        text(rows, |r| Some(r.0.app.as_str())),
        text(rows, |r| r.1.event_id.as_deref()),
        text(rows, |r| Some(r.1.refusal.reason.as_str())),
        text(rows, |r| Some(r.1.refusal.field.as_str())),
        text(rows, |r| Some(r.1.refusal.message.as_str())),
        Arc::new(BinaryArray::from_iter_values(&raw)) as ArrayRef,
        instant(rows, |r| Some(r.0.received_at)),
    ];
    [head, stamp(rows)].concat()
}

fn ledger(node: &str, position: i64, flushed_at: Micros, deltas: &[LedgerDelta]) -> Vec<ArrayRef> {
    vec![
        day(deltas, |d| d.day),
        text(deltas, |d| Some(d.app.as_str())),
        text(deltas, |d| Some(d.protocol.as_str())),
        text(deltas, |d| Some(d.outcome.as_str())),
        text(deltas, |d| d.reason.as_deref()),
        count(deltas, |d| Some(d.count)),
        instant(deltas, |_| Some(flushed_at)),
        owned(deltas, |_| Some(node.to_owned())),
        count(deltas, |_| Some(position)),
    ]
}
