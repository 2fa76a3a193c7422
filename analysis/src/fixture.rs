//! Small lakes for tests: rows written to Parquet files as ingest writes them, pinned by hand.

use std::fs::File;

use lake::{
    BacklogItem, Event, EventKind, Factors, Feedback, FeedbackKind, LedgerDelta, Micros, Origin,
    Pinned, PinnedFile, ReleaseRecord, Rows, SessionStatus, SessionUpdate, Stamp, Table, Times,
    columns, parse_instant,
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

    fn write(&mut self, rows: &Rows) {
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
                day: None,
                rows,
                bytes: 0,
                occurred: None,
            },
        ));
    }

    fn stamp(&mut self, received_at: Micros) -> Stamp {
        self.rows += 1;
        Stamp {
            app: APP.to_owned(),
            protocol: "native".to_owned(),
            key_id: None,
            received_at,
            node: "n".to_owned(),
            position: self.rows,
            frame_row: 0,
        }
    }

    pub(crate) fn events(&mut self, events: Vec<Event>) {
        let rows = events
            .into_iter()
            .map(|e| (self.stamp(e.times.occurred_at), e))
            .collect();
        self.write(&Rows::Events(rows));
    }

    pub(crate) fn feedback(&mut self, feedback: Vec<Feedback>) {
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

    pub(crate) fn backlog(&mut self, items: Vec<BacklogItem>) {
        let rows = items
            .into_iter()
            .map(|item| (self.stamp(0), item))
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

fn origin(user: &str, release: &str) -> Origin {
    Origin {
        user_id: (!user.is_empty()).then(|| user.to_owned()),
        release: (!release.is_empty()).then(|| release.to_owned()),
        environment: "production".to_owned(),
        ..Origin::default()
    }
}

/// A usage event; an empty user or release is none.
pub(crate) fn usage(id: &str, name: &str, user: &str, release: &str, at: Micros) -> Event {
    Event {
        event_id: id.to_owned(),
        id_given: true,
        kind: EventKind::Usage,
        name: name.to_owned(),
        origin: origin(user, release),
        times: times(at),
        level: None,
        handled: None,
        fingerprint: None,
        session: None,
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
) -> Event {
    let mut event = usage(id, "session", user, release, at);
    event.kind = EventKind::Session;
    event.origin.session_id = Some(session.to_owned());
    event.session = Some(SessionUpdate {
        status,
        errors: 0,
        started_at: None,
        duration_ms: None,
        sequence: None,
    });
    event
}

/// An error that the app did not handle.
pub(crate) fn unhandled(
    id: &str,
    session: &str,
    (user, release): (&str, &str),
    at: Micros,
) -> Event {
    let mut event = usage(id, "error", user, release, at);
    event.kind = EventKind::Error;
    event.handled = Some(false);
    event.origin.session_id = Some(session.to_owned());
    event
}

/// A piece of feedback; an empty user or release is none.
pub(crate) fn feedback(
    id: &str,
    kind: FeedbackKind,
    score: Option<f64>,
    (user, release): (&str, &str),
    at: Micros,
) -> Feedback {
    Feedback {
        event_id: id.to_owned(),
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
pub(crate) fn comment(id: &str, user: &str, text: &str, at: Micros) -> Feedback {
    let mut comment = feedback(id, FeedbackKind::Comment, None, (user, ""), at);
    comment.text = Some(text.to_owned());
    comment
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
        author: None,
    }
}
