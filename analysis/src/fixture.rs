//! Small lakes for tests: rows written to Parquet files as ingest writes them, pinned by hand.

use std::fs::File;

use lake::{
    BacklogItem, Event, EventKind, Factors, Feedback, FeedbackKind, FeedbackLabel, FeedbackLink,
    LabelKind, LedgerDelta, LinkKind, MarkKind, Micros, Origin, Pinned, PinnedFile, ReleaseMark,
    ReleaseRecord, Rows, SessionStatus, SessionUpdate, Stamp, Table, Times, columns, parse_instant,
};
use parquet::arrow::ArrowWriter;
use tempfile::TempDir;

use crate::period::{Period, week_of};
use crate::scan::Tables;
use crate::settings::Settings;

pub(crate) const APP: &str = "shop";
pub(crate) const HOUR: Micros = 3_600_000_000;
pub(crate) const DAY: Micros = 24 * HOUR;

pub(crate) fn at(text: &str) -> Micros {
    parse_instant(text).unwrap()
}

pub(crate) fn settings() -> Settings {
    Settings {
        app: APP.to_owned(),
        ..Settings::default()
    }
}

pub(crate) fn week(text: &str) -> Period {
    week_of(text, &jiff::tz::TimeZone::UTC, jiff::civil::Weekday::Monday).unwrap()
}

/// A folder of Parquet files that grows by one file for each call.
#[derive(Debug)]
pub(crate) struct Fixture {
    folder: TempDir,
    files: Vec<(Table, PinnedFile)>,
    rows: i64,
}

impl Fixture {
    pub(crate) fn new() -> Self {
        Self {
            folder: TempDir::new().unwrap(),
            files: Vec::new(),
            rows: 0,
        }
    }

    /// The tables, with their files in the order of writing.
    pub(crate) fn tables(&self) -> Tables {
        Tables::new(Table::ALL.map(|table| Pinned {
            table,
            version: 1,
            files: self.of(table),
        }))
    }

    /// The tables, with their files in the opposite order.
    pub(crate) fn tables_reversed(&self) -> Tables {
        Tables::new(Table::ALL.map(|table| {
            let files = self.of(table).into_iter().rev().collect();
            Pinned {
                table,
                version: 1,
                files,
            }
        }))
    }

    fn of(&self, table: Table) -> Vec<PinnedFile> {
        self.files
            .iter()
            .filter(|(known, _)| *known == table)
            .map(|(_, file)| file.clone())
            .collect()
    }

    fn write(&mut self, rows: &Rows<'_>) {
        let table = rows.table();
        let batch = rows.to_batch().unwrap();
        let schema = batch.schema();
        let kept: Vec<usize> = (0..schema.fields().len())
            .filter(|index| {
                !(table.is_partitioned() && schema.field(*index).name() == columns::DAY)
            })
            .collect();
        let batch = batch.project(&kept).unwrap();
        let path =
            self.folder
                .path()
                .join(format!("{}-{}.parquet", table.name(), self.files.len()));
        let mut writer =
            ArrowWriter::try_new(File::create(&path).unwrap(), batch.schema(), None).unwrap();
        writer.write(&batch).unwrap();
        writer.close().unwrap();
        let rows = batch.num_rows() as u64;
        self.files.push((
            table,
            PinnedFile {
                path,
                rows,
                ..PinnedFile::default()
            },
        ));
    }

    fn stamp(&mut self, received_at: Micros) -> Stamp<'static> {
        self.rows += 1;
        Stamp {
            app: APP,
            protocol: "native",
            key_id: None,
            received_at,
            node: "n",
            position: self.rows,
            frame_row: 0,
        }
    }

    pub(crate) fn events(&mut self, events: Vec<Event<'static>>) {
        let rows = events
            .into_iter()
            .map(|e| (self.stamp(e.times.occurred_at), e))
            .collect();
        self.write(&Rows::Events(rows));
    }

    pub(crate) fn feedback(&mut self, feedback: Vec<Feedback<'static>>) {
        let rows = feedback
            .into_iter()
            .map(|f| (self.stamp(f.times.occurred_at), f))
            .collect();
        self.write(&Rows::Feedback(rows));
    }

    pub(crate) fn releases(&mut self, records: Vec<ReleaseRecord>) {
        let rows = records
            .into_iter()
            .map(|record| (self.stamp(0), record))
            .collect();
        self.write(&Rows::Releases(rows));
    }

    pub(crate) fn marks(&mut self, marks: Vec<ReleaseMark>) {
        let rows = marks
            .into_iter()
            .map(|mark| (self.stamp(mark.marked_at), mark))
            .collect();
        self.write(&Rows::Marks(rows));
    }

    pub(crate) fn labels(&mut self, labels: Vec<FeedbackLabel>) {
        let rows = labels
            .into_iter()
            .map(|label| (self.stamp(label.labelled_at), label))
            .collect();
        self.write(&Rows::FeedbackLabels(rows));
    }

    pub(crate) fn links(&mut self, links: Vec<FeedbackLink>) {
        let rows = links
            .into_iter()
            .map(|link| (self.stamp(link.linked_at), link))
            .collect();
        self.write(&Rows::FeedbackLinks(rows));
    }

    pub(crate) fn backlog(&mut self, items: Vec<BacklogItem>) {
        self.backlog_of(0, items);
    }

    /// Items as they were written at an instant.
    pub(crate) fn backlog_of(&mut self, received_at: Micros, items: Vec<BacklogItem>) {
        let rows = items
            .into_iter()
            .map(|item| (self.stamp(received_at), item))
            .collect();
        self.write(&Rows::Backlog(rows));
    }

    pub(crate) fn ledger(&mut self, deltas: Vec<LedgerDelta>) {
        self.write(&Rows::Ledger {
            node: "n".to_owned(),
            position: 1,
            flushed_at: 0,
            deltas,
        });
    }
}

fn times(occurred_at: Micros) -> Times {
    Times {
        occurred_at,
        client_at: None,
        sent_at: None,
        flag: None,
        day: 0,
    }
}

pub(crate) fn origin(user: &str, release: &str) -> Origin<'static> {
    Origin {
        user_id: (!user.is_empty()).then(|| user.to_owned().into()),
        release: (!release.is_empty()).then(|| release.to_owned().into()),
        environment: "production".into(),
        ..Origin::default()
    }
}

/// A usage event; an empty user or release is none.
pub(crate) fn usage(id: &str, name: &str, user: &str, release: &str, at: Micros) -> Event<'static> {
    Event {
        event_id: id.to_owned().into(),
        id_given: true,
        kind: EventKind::Usage,
        name: name.to_owned().into(),
        origin: origin(user, release),
        times: times(at),
        level: None,
        handled: None,
        fingerprint: None,
        session: None,
        content: 0,
        properties: None,
    }
}

/// An update of the session `session`.
pub(crate) fn update(
    id: &str,
    session: &str,
    status: SessionStatus,
    (user, release): (&str, &str),
    at: Micros,
) -> Event<'static> {
    let mut event = usage(id, "session", user, release, at);
    event.kind = EventKind::Session;
    event.origin.session_id = Some(session.to_owned().into());
    event.session = Some(SessionUpdate {
        status,
        errors: 0,
        started_at: None,
        duration_ms: None,
        sequence: None,
        count: None,
    });
    event
}

/// So many sessions that a client counted itself; an empty user or release is none.
pub(crate) fn counted(
    id: &str,
    sessions: i64,
    status: SessionStatus,
    (user, release): (&str, &str),
    at: Micros,
) -> Event<'static> {
    let mut event = update(id, "", status, (user, release), at);
    event.origin.session_id = None;
    if let Some(session) = &mut event.session {
        session.count = Some(sessions);
    }
    event
}

/// An error that the app did not handle.
pub(crate) fn unhandled(
    id: &str,
    session: &str,
    (user, release): (&str, &str),
    at: Micros,
) -> Event<'static> {
    let mut event = usage(id, "error", user, release, at);
    event.kind = EventKind::Error;
    event.handled = Some(false);
    event.origin.session_id = Some(session.to_owned().into());
    event
}

/// A piece of feedback; an empty user or release is none.
pub(crate) fn feedback(
    id: &str,
    kind: FeedbackKind,
    score: Option<f64>,
    (user, release): (&str, &str),
    at: Micros,
) -> Feedback<'static> {
    Feedback {
        event_id: id.to_owned().into(),
        id_given: true,
        kind,
        origin: origin(user, release),
        times: times(at),
        score,
        scale: score.map(|_| kind.scale()),
        text: None,
        feature: None,
        page: None,
        survey_id: None,
        question: None,
        parent_id: None,
        replied_at: None,
        votes: None,
        source: "native".to_owned(),
        revisable: true,
        properties: None,
    }
}

/// A comment.
pub(crate) fn comment(id: &str, user: &str, text: &str, at: Micros) -> Feedback<'static> {
    let mut comment = feedback(id, FeedbackKind::Comment, None, (user, ""), at);
    comment.text = Some(text.to_owned());
    comment
}

/// A label that somebody said.
pub(crate) fn label(piece: &str, label: LabelKind, labelled_at: Micros) -> FeedbackLabel {
    FeedbackLabel {
        event_id: format!("{piece}-{}-{labelled_at}", label.as_str()),
        feedback_id: piece.to_owned(),
        label,
        labelled_at,
        note: None,
        author: None,
        content_hash: String::new(),
    }
}

/// A link of an item and a piece that somebody said.
pub(crate) fn link(item: &str, piece: &str, link: LinkKind, linked_at: Micros) -> FeedbackLink {
    FeedbackLink {
        event_id: format!("{item}-{piece}-{}-{linked_at}", link.as_str()),
        feedback_id: Some(piece.to_owned()),
        item_id: item.to_owned(),
        into_item_id: None,
        link,
        linked_at,
        note: None,
        author: None,
        content_hash: String::new(),
    }
}

/// A merge of an item into another, or its withdrawal.
pub(crate) fn merge(item: &str, into: &str, kind: LinkKind, linked_at: Micros) -> FeedbackLink {
    FeedbackLink {
        feedback_id: None,
        into_item_id: Some(into.to_owned()),
        ..link(item, into, kind, linked_at)
    }
}

/// An open backlog item.
pub(crate) fn item(id: &str, effort: Option<f64>) -> BacklogItem {
    BacklogItem {
        item_id: id.to_owned(),
        title: format!("title of {id}"),
        kind: None,
        status: None,
        effort_person_days: effort,
        team: None,
        owner: None,
        depends_on: Vec::new(),
        factors: Factors::default(),
        reach_users: None,
        impact: None,
        confidence: None,
        keywords: Vec::new(),
        feature_events: Vec::new(),
        target: None,
        mandatory: false,
        author: None,
        spent_person_days: None,
    }
}

/// A release record.
pub(crate) fn record(version: &str, released_at: Micros) -> ReleaseRecord {
    ReleaseRecord {
        version: version.to_owned(),
        channel: None,
        environment: "production".to_owned(),
        build: None,
        planned_at: None,
        released_at: Some(released_at),
        rollout: None,
        stages: None,
        scope: Vec::new(),
        goals: Vec::new(),
        owner: None,
        notes: None,
        checklist: None,
        commits: Vec::new(),
        author: None,
    }
}

/// A mark of a release; an empty link is none.
pub(crate) fn mark(version: &str, kind: MarkKind, marked_at: Micros, of: &str) -> ReleaseMark {
    ReleaseMark {
        event_id: format!("{version}-{}-{marked_at}", kind.as_str()),
        version: version.to_owned(),
        environment: "production".to_owned(),
        mark: kind,
        marked_at,
        of_version: (!of.is_empty()).then(|| of.to_owned()),
        note: None,
        author: None,
        content_hash: String::new(),
        item: None,
        checks: None,
    }
}
