//! Rows of checked values to arrow record batches.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, BinaryArray, BooleanArray, Date32Array, Float64Array, Int64Array, RecordBatch,
    StringArray, TimestampMicrosecondArray,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::clock::Micros;
use crate::error::{Error, Result};
use crate::event::{Event, Origin, Times};
use crate::event_columns::EventColumns;
use crate::feedback::Feedback;
use crate::plan_entry::PlanEntry;
use crate::planning::{BacklogItem, MarkKind, ReleaseMark, ReleaseRecord, Rollout};
use crate::quarantine::Quarantined;
use crate::refusal::{Refused, SentAs};
use crate::schema::Table;
use crate::triage::{FeedbackLabel, FeedbackLink};
use crate::triage_columns;
use crate::verdict::ReleaseVerdict;

/// Where a row came from: who sent it, how, and where it lies in the WAL.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp<'a> {
    /// The app that the key belongs to.
    pub app: &'a str,
    /// native, import, posthog, …
    pub protocol: &'a str,
    /// The id (never the secret) of the key.
    pub key_id: Option<&'a str>,
    /// When it reached Shipwake.
    pub received_at: Micros,
    /// The ingest node.
    pub node: &'a str,
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
    /// A client says that it lost it; it never reached Shipwake.
    LostByClient,
    /// It reached Shipwake, which keeps nothing of its kind.
    Declined,
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
            Self::LostByClient => "lost_by_client",
            Self::Declined => "declined",
        }
    }

    /// Whether it is a part of received = stored + duplicate + quarantined. The others are noted
    /// beside that sum.
    #[must_use]
    pub fn is_of_received(self) -> bool {
        !matches!(self, Self::LostByClient | Self::Declined)
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
    /// The refusal reason of what was quarantined; `revision` of what was stored as one; why what
    /// was lost by a client, and of which category; the category of what was declined.
    pub reason: Option<String>,
    /// How many.
    pub count: i64,
}

/// Rows of one table.
#[derive(Debug, Clone)]
pub enum Rows<'a> {
    /// For `events`.
    Events(Vec<(Stamp<'a>, Event<'a>)>),
    /// For `feedback`.
    Feedback(Vec<(Stamp<'a>, Feedback<'a>)>),
    /// For `releases`.
    Releases(Vec<(Stamp<'a>, ReleaseRecord)>),
    /// For `backlog`.
    Backlog(Vec<(Stamp<'a>, BacklogItem)>),
    /// For `marks`.
    Marks(Vec<(Stamp<'a>, ReleaseMark)>),
    /// For `feedback_labels`.
    FeedbackLabels(Vec<(Stamp<'a>, FeedbackLabel)>),
    /// For `feedback_links`.
    FeedbackLinks(Vec<(Stamp<'a>, FeedbackLink)>),
    /// For `verdicts`.
    Verdicts(Vec<(Stamp<'a>, ReleaseVerdict)>),
    /// For `plans`.
    Plans(Vec<(Stamp<'a>, PlanEntry)>),
    /// For `quarantine`.
    Quarantine(Vec<(Stamp<'a>, Quarantined)>),
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

impl Rows<'_> {
    /// The table that the rows are for.
    #[must_use]
    pub fn table(&self) -> Table {
        match self {
            Self::Events(_) => Table::Events,
            Self::Feedback(_) => Table::Feedback,
            Self::Releases(_) => Table::Releases,
            Self::Backlog(_) => Table::Backlog,
            Self::Marks(_) => Table::Marks,
            Self::FeedbackLabels(_) => Table::FeedbackLabels,
            Self::FeedbackLinks(_) => Table::FeedbackLinks,
            Self::Verdicts(_) => Table::Verdicts,
            Self::Plans(_) => Table::Plans,
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
            Self::Marks(rows) => rows.len(),
            Self::FeedbackLabels(rows) => rows.len(),
            Self::FeedbackLinks(rows) => rows.len(),
            Self::Verdicts(rows) => rows.len(),
            Self::Plans(rows) => rows.len(),
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
            Self::Events(rows) => {
                let mut columns = EventColumns::default();
                for (stamp, event) in rows {
                    columns.push(stamp, event);
                }
                return columns.finish();
            }
            Self::Feedback(rows) => feedback(rows),
            Self::Releases(rows) => releases(rows),
            Self::Backlog(rows) => backlog(rows),
            Self::Marks(rows) => marks(rows),
            Self::FeedbackLabels(rows) => triage_columns::labels(rows),
            Self::FeedbackLinks(rows) => triage_columns::links(rows),
            Self::Verdicts(rows) => verdicts(rows),
            Self::Plans(rows) => plans(rows),
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

pub(crate) fn text<'a, T: 'a>(rows: &'a [T], get: impl Fn(&'a T) -> Option<&'a str>) -> ArrayRef {
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

pub(crate) fn instant<T>(rows: &[T], get: impl Fn(&T) -> Option<Micros>) -> ArrayRef {
    Arc::new(TimestampMicrosecondArray::from_iter(rows.iter().map(get)).with_timezone("UTC"))
}

fn json_list<T: Serialize>(list: &[T]) -> Option<String> {
    if list.is_empty() {
        None
    } else {
        serde_json::to_string(list).ok()
    }
}

fn origin<'a, T: 'a>(rows: &'a [T], of: impl Fn(&'a T) -> &'a Origin<'a> + Copy) -> Vec<ArrayRef> {
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

fn times<T>(rows: &[T], of: impl Fn(&T) -> (Micros, &Times) + Copy) -> Vec<ArrayRef> {
    vec![
        instant(rows, |r| Some(of(r).1.occurred_at)),
        instant(rows, |r| of(r).1.client_at),
        instant(rows, |r| of(r).1.sent_at),
        instant(rows, |r| Some(of(r).0)),
        owned(rows, |r| of(r).1.flag.map(|flag| flag.as_str().to_owned())),
    ]
}

pub(crate) fn stamp<T>(rows: &[(Stamp<'_>, T)]) -> Vec<ArrayRef> {
    vec![
        text(rows, |r| Some(r.0.protocol)),
        text(rows, |r| r.0.key_id),
        text(rows, |r| Some(r.0.node)),
        count(rows, |r| Some(r.0.position)),
        count(rows, |r| Some(r.0.frame_row)),
    ]
}

fn feedback(rows: &[(Stamp<'_>, Feedback<'_>)]) -> Vec<ArrayRef> {
    let head = vec![
        day(rows, |r| r.1.times.day),
        text(rows, |r| Some(r.0.app)),
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
        times(rows, |r| (r.0.received_at, &r.1.times)),
        tail,
        stamp(rows),
    ]
    .concat()
}

fn releases(rows: &[(Stamp<'_>, ReleaseRecord)]) -> Vec<ArrayRef> {
    let head = vec![
        text(rows, |r| Some(r.0.app)),
        text(rows, |r| Some(r.1.version.as_str())),
        text(rows, |r| r.1.channel.as_deref()),
        text(rows, |r| Some(r.1.environment.as_str())),
        text(rows, |r| r.1.build.as_deref()),
        instant(rows, |r| r.1.planned_at),
        instant(rows, |r| r.1.released_at),
        text(rows, |r| r.1.rollout.map(Rollout::as_str)),
        text(rows, |r| r.1.stages.as_deref()),
        owned(rows, |r| json_list(&r.1.scope)),
        owned(rows, |r| json_list(&r.1.goals)),
        text(rows, |r| r.1.owner.as_deref()),
        text(rows, |r| r.1.notes.as_deref()),
        text(rows, |r| r.1.checklist.as_deref()),
        text(rows, |r| r.1.author.as_deref()),
        instant(rows, |r| Some(r.0.received_at)),
    ];
    let tail = vec![owned(rows, |r| json_list(&instant_texts(&r.1.commits)))];
    [head, stamp(rows), tail].concat()
}

fn instant_texts(instants: &[Micros]) -> Vec<String> {
    let at = |instant: &Micros| Timestamp::from_microsecond(*instant).ok();
    let texts = instants.iter().filter_map(at).map(|at| at.to_string());
    texts.collect()
}

fn marks(rows: &[(Stamp<'_>, ReleaseMark)]) -> Vec<ArrayRef> {
    let head = vec![
        text(rows, |r| Some(r.0.app)),
        text(rows, |r| Some(r.1.event_id.as_str())),
        text(rows, |r| Some(r.1.version.as_str())),
        text(rows, |r| Some(r.1.environment.as_str())),
        text(rows, |r| Some(MarkKind::as_str(r.1.mark))),
        instant(rows, |r| Some(r.1.marked_at)),
        text(rows, |r| r.1.of_version.as_deref()),
        text(rows, |r| r.1.note.as_deref()),
        text(rows, |r| r.1.author.as_deref()),
        text(rows, |r| Some(r.1.content_hash.as_str())),
        instant(rows, |r| Some(r.0.received_at)),
    ];
    let checklist = vec![
        text(rows, |r| r.1.item.as_deref()),
        text(rows, |r| r.1.checks.as_deref()),
    ];
    [head, stamp(rows), checklist].concat()
}

fn verdicts(rows: &[(Stamp<'_>, ReleaseVerdict)]) -> Vec<ArrayRef> {
    let head = vec![
        text(rows, |r| Some(r.0.app)),
        text(rows, |r| Some(r.1.version.as_str())),
        text(rows, |r| Some(r.1.environment.as_str())),
        text(rows, |r| Some(r.1.verdict.as_str())),
        text(rows, |r| r.1.state.as_deref()),
        text(rows, |r| r.1.changed_from.as_deref()),
        count(rows, |r| Some(r.1.revision)),
        text(rows, |r| Some(r.1.reason.as_str())),
        text(rows, |r| r.1.baseline.as_deref()),
        number(rows, |r| r.1.score),
        instant(rows, |r| Some(r.1.evaluated_at)),
        instant(rows, |r| r.1.data_through),
        instant(rows, |r| Some(r.0.received_at)),
    ];
    [head, stamp(rows)].concat()
}

fn plans(rows: &[(Stamp<'_>, PlanEntry)]) -> Vec<ArrayRef> {
    let head = vec![
        text(rows, |r| Some(r.0.app)),
        text(rows, |r| Some(r.1.event_id.as_str())),
        text(rows, |r| Some(r.1.version.as_str())),
        text(rows, |r| Some(r.1.environment.as_str())),
        text(rows, |r| Some(r.1.change.as_str())),
        text(rows, |r| Some(r.1.item_id.as_str())),
        text(rows, |r| r.1.plan_id.as_deref()),
        instant(rows, |r| Some(r.1.changed_at)),
        number(rows, |r| r.1.effort_person_days),
        number(rows, |r| r.1.value),
        number(rows, |r| r.1.reach_users),
        number(rows, |r| r.1.capacity_person_days),
        text(rows, |r| r.1.note.as_deref()),
        text(rows, |r| r.1.decided_by.as_deref()),
        text(rows, |r| r.1.author.as_deref()),
        text(rows, |r| Some(r.1.content_hash.as_str())),
        instant(rows, |r| Some(r.0.received_at)),
    ];
    [head, stamp(rows)].concat()
}

fn backlog(rows: &[(Stamp<'_>, BacklogItem)]) -> Vec<ArrayRef> {
    let head = vec![
        text(rows, |r| Some(r.0.app)),
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
    let tail = vec![number(rows, |r| r.1.spent_person_days)];
    [head, stamp(rows), tail].concat()
}

fn quarantine(rows: &[(Stamp<'_>, Quarantined)]) -> Vec<ArrayRef> {
    let refused = |row: &(Stamp<'_>, Quarantined)| row.1.refused().cloned();
    let kept: Vec<Option<Refused>> = rows.iter().map(refused).collect();
    let of = |get: fn(&Refused) -> Option<&str>| {
        let texts = kept.iter().map(|kept| get(kept.as_ref()?));
        Arc::new(StringArray::from_iter(texts)) as ArrayRef
    };
    let raw = kept.iter().map(|kept| Some(kept.as_ref()?.raw_bytes()));
    let head = vec![
        day(rows, |r| utc_day(r.0.received_at)),
        text(rows, |r| Some(r.0.app)),
        of(|refused| refused.event_id.as_deref()),
        of(|refused| Some(refused.refusal.reason.as_str())),
        of(|refused| Some(&refused.refusal.field)),
        of(|refused| Some(&refused.refusal.message)),
        Arc::new(BinaryArray::from_iter(raw)) as ArrayRef,
        instant(rows, |r| Some(r.0.received_at)),
    ];
    let tail = vec![
        of(|refused| refused.sent_as.map(SentAs::as_str)),
        owned(rows, |r| r.1.replay_of().map(ToString::to_string)),
    ];
    [head, stamp(rows), tail].concat()
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
