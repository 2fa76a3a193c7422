//! Rollups against what they were made from, and those that grew day by day against those that are
//! made at once.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::path::PathBuf;

use arrow::array::RecordBatch;
use arrow::util::display::{ArrayFormatter, FormatOptions};
use lake::{
    Event, EventKind, Micros, Pinned, PinnedFile, Rows, SessionStatus, SessionUpdate, Stamp, Table,
    columns,
};
use parquet::arrow::ArrowWriter;
use tempfile::TempDir;

use super::*;
use crate::fixture::{DAY, HOUR, at, usage};

/// A table of events that is written to as a lake is: files in partitions, merged and rewritten.
struct Events {
    folder: TempDir,
    rows: Vec<Row>,
    files: Vec<PinnedFile>,
    seed: u64,
}

#[derive(Debug, Clone)]
struct Row {
    event: Event<'static>,
    received_at: Micros,
    position: i64,
}

impl Row {
    fn partition(&self) -> i32 {
        self.event.times.day
    }

    fn user(&self) -> Option<&str> {
        let origin = &self.event.origin;
        origin.user_id.as_deref().or(origin.anonymous_id.as_deref())
    }
}

impl Events {
    fn new() -> Self {
        Self {
            folder: TempDir::new().unwrap(),
            rows: Vec::new(),
            files: Vec::new(),
            seed: 7,
        }
    }

    /// A number below `end` that looks random.
    fn below(&mut self, end: u64) -> u64 {
        self.seed = self
            .seed
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.seed >> 33) % end
    }

    /// An event of somebody that happened about an instant.
    fn event(&mut self, id: &str, occurred_at: Micros) -> Event<'static> {
        let user = self.below(9);
        let kind = self.below(10);
        let session =
            (self.below(4) > 0).then(|| format!("s{}-{}", user, occurred_at / (4 * HOUR)));
        let release = ["1.0", "1.1", "1.1"][usize::try_from(self.below(3)).unwrap()];
        let name = format!("feature-{}", self.below(4));
        let mut event = usage(id, &name, "", release, occurred_at);
        event.origin.user_id = (user > 1).then(|| format!("u{user}").into());
        event.origin.anonymous_id = (user == 1).then(|| "a1".into());
        event.origin.session_id = session.map(Into::into);
        event.origin.platform = (self.below(3) > 0).then(|| "ios".into());
        if self.below(12) == 0 {
            event.origin.release = None;
        }
        event.times.day = lake::utc_day(occurred_at);
        match kind {
            0 => {
                event.kind = EventKind::Error;
                event.handled = Some(self.below(2) > 0);
            }
            1 | 2 => {
                event.kind = EventKind::Session;
                let statuses = [
                    SessionStatus::Ok,
                    SessionStatus::Exited,
                    SessionStatus::Crashed,
                ];
                let mut session = SessionUpdate {
                    status: statuses[usize::try_from(self.below(3)).unwrap()],
                    errors: i64::try_from(self.below(3)).unwrap(),
                    started_at: (self.below(2) > 0).then_some(occurred_at - HOUR),
                    duration_ms: i64::try_from(self.below(9_000)).ok(),
                    sequence: i64::try_from(self.below(5)).ok(),
                    count: None,
                };
                if event.origin.session_id.is_none() {
                    session.count = i64::try_from(1 + self.below(30)).ok();
                }
                event.session = Some(session);
            }
            3 => {
                event.kind = EventKind::Identify;
                event.origin.anonymous_id = Some(format!("a{}", self.below(4)).into());
            }
            _ => {}
        }
        event
    }

    /// Events that arrive together, one file for each partition.
    fn flush(&mut self, events: Vec<Event<'static>>, received_at: Micros) {
        let mut partitions: BTreeMap<i32, Vec<Row>> = BTreeMap::new();
        for event in events {
            let position = i64::try_from(self.rows.len()).unwrap();
            let row = Row {
                event,
                received_at,
                position,
            };
            partitions
                .entry(row.partition())
                .or_default()
                .push(row.clone());
            self.rows.push(row);
        }
        for (day, rows) in partitions {
            self.write(day, &rows);
        }
    }

    fn write(&mut self, day: i32, rows: &[Row]) {
        let stamped = rows.iter().map(|row| {
            let stamp = Stamp {
                app: "shop",
                protocol: if row.position % 7 == 0 {
                    "import"
                } else {
                    "native"
                },
                key_id: None,
                received_at: row.received_at,
                node: "n",
                position: row.position,
                frame_row: 0,
            };
            (stamp, row.event.clone())
        });
        let batch = Rows::Events(stamped.collect()).to_batch().unwrap();
        let place = batch.schema().index_of(columns::DAY).unwrap();
        let kept: Vec<usize> = (0..batch.num_columns()).filter(|at| *at != place).collect();
        let batch = batch.project(&kept).unwrap();
        let path = self.folder.path().join(format!(
            "{}.parquet",
            self.files.len() + usize::try_from(self.seed % 1_000_000).unwrap() * 1000
        ));
        let file = File::create(&path).unwrap();
        let mut writer = ArrowWriter::try_new(file, batch.schema(), None).unwrap();
        writer.write(&batch).unwrap();
        writer.close().unwrap();
        let occurred = rows.iter().map(|row| row.event.times.occurred_at);
        let occurred = occurred.clone().min().zip(occurred.max());
        self.files.push(PinnedFile {
            path,
            day: Some(day),
            rows: rows.len() as u64,
            occurred,
            received_to: rows.iter().map(|row| row.received_at).max(),
            ..PinnedFile::default()
        });
    }

    /// Merges the files of a partition into one, without later copies; rows that `is_gone` are left
    /// out.
    fn rewrite(&mut self, day: i32, is_gone: impl Fn(&Row) -> bool) {
        self.rows
            .retain(|row| row.partition() != day || !is_gone(row));
        let mut seen = BTreeSet::new();
        let mut rows: Vec<Row> = self
            .rows
            .iter()
            .filter(|row| row.partition() == day)
            .cloned()
            .collect();
        rows.sort_by_key(|row| (row.received_at, row.position));
        rows.retain(|row| seen.insert(row.event.event_id.to_string()));
        rows.reverse();
        self.files.retain(|file| file.day != Some(day));
        if !rows.is_empty() {
            self.below(2);
            self.write(day, &rows);
        }
    }

    fn pinned(&self) -> Pinned {
        Pinned {
            table: Table::Events,
            version: 1,
            files: self.files.clone(),
        }
    }

    fn rollups(&self, folder: Option<&Path>, zone: &str, until: Micros) -> Rollups {
        Rollups::up_to_date(Wanted {
            events: &self.pinned(),
            days: &Days::in_zone(zone).unwrap(),
            zone,
            until,
            folder,
        })
        .unwrap()
    }

    /// Each event once, as it was received first on its local day.
    fn distinct(&self, days: &Days) -> Vec<&Row> {
        let mut rows: Vec<&Row> = self.rows.iter().collect();
        rows.sort_by_key(|row| (row.received_at, row.position));
        let mut seen = BTreeSet::new();
        rows.retain(|row| {
            let day = days.day_of(row.event.times.occurred_at);
            seen.insert((day, row.event.event_id.to_string()))
        });
        rows
    }
}

/// All rows of a rollup as text, sorted.
fn dump(rollups: &Rollups, rollup: Rollup) -> Vec<String> {
    let mut lines = Vec::new();
    for path in rollups.files(rollup, i32::MIN, i32::MAX) {
        store::read(path, |batch| lines.extend(lines_of(batch))).unwrap();
    }
    lines.sort();
    lines
}

fn lines_of(batch: &RecordBatch) -> Vec<String> {
    let options = FormatOptions::default().with_null("-");
    let columns: Vec<ArrayFormatter<'_>> = batch
        .columns()
        .iter()
        .map(|column| ArrayFormatter::try_new(column, &options).unwrap())
        .collect();
    let line = |row| {
        let cells: Vec<String> = columns
            .iter()
            .map(|column| column.value(row).to_string())
            .collect();
        cells.join("|")
    };
    (0..batch.num_rows()).map(line).collect()
}

/// Later than everything.
const FOREVER: Micros = Micros::MAX - 1;

/// What grew in `folder` equals what is made at once; how many days were made.
fn check_grown(events: &Events, folder: &Path, zone: &str, until: Micros) -> usize {
    let grown = events.rollups(Some(folder), zone, until);
    let at_once = events.rollups(None, zone, until);
    for rollup in Rollup::ALL {
        let (grown, at_once) = (dump(&grown, rollup), dump(&at_once, rollup));
        assert!(grown == at_once, "{} in {zone}", rollup.name());
    }
    grown.made
}

#[test]
fn what_grows_under_a_hostile_schedule_equals_what_is_made_at_once() {
    let kept = TempDir::new().unwrap();
    let folder: PathBuf = kept.path().join("rollups");
    let mut events = Events::new();
    let noon = at("2026-03-01T12:00:00Z");
    for zone in ["UTC", "America/New_York", "Pacific/Kiritimati"] {
        assert_eq!(check_grown(&events, &folder, zone, FOREVER), 0);
    }
    let first: Vec<_> = (0..2000)
        .map(|n| {
            let shift = i64::try_from(events.below(20 * 24 * 60)).unwrap();
            events.event(&format!("e{n}"), noon + shift * HOUR / 60)
        })
        .collect();
    // Across the day on which clocks change in New York.
    for part in first.chunks(500) {
        events.flush(part.to_vec(), noon + 21 * DAY);
    }
    assert_eq!(check_grown(&events, &folder, "UTC", FOREVER), 21);
    assert_eq!(
        check_grown(&events, &folder, "America/New_York", FOREVER),
        21
    );
    assert_eq!(
        check_grown(&events, &folder, "UTC", FOREVER),
        0,
        "nothing is new"
    );
    // One more day, and an event that is forty days late.
    let more: Vec<_> = (0..80)
        .map(|n| events.event(&format!("m{n}"), noon + 22 * DAY + n * HOUR / 8))
        .collect();
    events.flush(more, noon + 23 * DAY);
    let late = events.event("late", noon - 19 * DAY);
    events.flush(vec![late], noon + 23 * DAY);
    assert_eq!(check_grown(&events, &folder, "UTC", FOREVER), 2);
    copies_come(&mut events, &folder, noon);
    upkeep_merges(&mut events, &folder, noon);
    a_clock_is_put_right(&mut events, &folder, noon);
    a_user_is_erased(&mut events, &folder);
    an_earlier_instant_knows_less(&events, &folder, noon + 5 * DAY);
}

/// Copies, one of them corrected otherwise so that it says something else.
fn copies_come(events: &mut Events, folder: &Path, noon: Micros) {
    let copies: Vec<_> = events
        .rows
        .iter()
        .step_by(97)
        .map(|row| row.event.clone())
        .collect();
    let mut changed = copies.clone();
    for event in &mut changed {
        event.times.occurred_at += HOUR / 60;
        event.name = "feature-9".into();
    }
    events.flush(copies, noon + 24 * DAY);
    events.flush(changed, noon + 25 * DAY);
    assert!(check_grown(events, folder, "UTC", FOREVER) >= 10);
    assert!(check_grown(events, folder, "America/New_York", FOREVER) >= 10);
}

/// Days are merged without their copies, in another order; merged again, nothing is made again.
fn upkeep_merges(events: &mut Events, folder: &Path, noon: Micros) {
    for day in [lake::utc_day(noon + 2 * DAY), lake::utc_day(noon + 3 * DAY)] {
        events.rewrite(day, |_| false);
    }
    check_grown(events, folder, "UTC", FOREVER);
    events.rewrite(lake::utc_day(noon + 3 * DAY), |_| false);
    assert_eq!(check_grown(events, folder, "UTC", FOREVER), 0);
}

/// A clock that was forty days off: its day alone is made again, and its partition's.
fn a_clock_is_put_right(events: &mut Events, folder: &Path, noon: Micros) {
    let mut skewed = events.event("skewed", noon + DAY);
    skewed.times.day = lake::utc_day(noon + 22 * DAY);
    events.flush(vec![skewed], noon + 26 * DAY);
    assert!(check_grown(events, folder, "UTC", FOREVER) <= 4);
    let again = events.event("again", noon + 22 * DAY);
    events.flush(vec![again], noon + 27 * DAY);
    assert_eq!(
        check_grown(events, folder, "UTC", FOREVER),
        1,
        "the skewed event's day is left alone"
    );
}

fn a_user_is_erased(events: &mut Events, folder: &Path) {
    let of_user = |row: &Row| row.user() == Some("u3");
    let partitions: BTreeSet<i32> = events
        .rows
        .iter()
        .filter(|row| of_user(row))
        .map(Row::partition)
        .collect();
    for day in partitions {
        events.rewrite(day, of_user);
    }
    check_grown(events, folder, "UTC", FOREVER);
    check_grown(events, folder, "America/New_York", FOREVER);
    let known = dump(
        &events.rollups(Some(folder), "UTC", FOREVER),
        Rollup::FirstSeen,
    );
    assert!(!known.iter().any(|line| line.contains("|u3|")), "{known:?}");
}

/// What happened after an instant is not known yet at that instant.
fn an_earlier_instant_knows_less(events: &Events, folder: &Path, until: Micros) {
    check_grown(events, folder, "UTC", until);
    let early = events.rollups(Some(folder), "UTC", until);
    let days = Days::in_zone("UTC").unwrap();
    let known = events.distinct(&days);
    let known = known
        .iter()
        .filter(|row| row.event.times.occurred_at < until)
        .count();
    let of_rows = |line: &String| line.split('|').nth(7).unwrap().parse::<usize>().unwrap();
    let counted: usize = dump(&early, Rollup::UserDay).iter().map(of_rows).sum();
    assert_eq!(counted, known);
}

#[test]
fn rollups_hold_what_sets_over_the_events_hold() {
    let mut events = Events::new();
    let noon = at("2026-10-20T12:00:00Z");
    let all: Vec<_> = (0..3000)
        .map(|n| {
            let shift = i64::try_from(events.below(9 * 24 * 60)).unwrap();
            events.event(&format!("e{}", n % 2900), noon + shift * HOUR / 60)
        })
        .collect();
    for (n, part) in all.chunks(700).enumerate() {
        events.flush(part.to_vec(), noon + 10 * DAY + i64::try_from(n).unwrap());
    }
    // Clocks go back on 2026-10-25.
    let zone = "Europe/Berlin";
    let days = Days::in_zone(zone).unwrap();
    let rollups = events.rollups(None, zone, Micros::MAX - 1);
    let text = |text: Option<&str>| text.unwrap_or("-").to_owned();
    let mut users: BTreeMap<String, (i64, i64, BTreeSet<String>, i64)> = BTreeMap::new();
    let mut features: BTreeMap<String, i64> = BTreeMap::new();
    for row in events.distinct(&days) {
        let (event, origin) = (&row.event, &row.event.origin);
        let day = crate::days::day_text(days.day_of(event.times.occurred_at));
        let cell = [
            day,
            "shop".to_owned(),
            "production".to_owned(),
            text(origin.channel.as_deref()),
            text(origin.platform.as_deref()),
            text(origin.release.as_deref()),
            text(row.user()),
        ]
        .join("|");
        let of_user = users.entry(cell.clone()).or_default();
        of_user.0 += 1;
        of_user.1 += i64::from(event.kind == EventKind::Error);
        of_user
            .2
            .extend(origin.session_id.as_deref().map(str::to_owned));
        of_user.3 += event
            .session
            .as_ref()
            .and_then(|session| session.count)
            .unwrap_or(0);
        if event.kind == EventKind::Usage {
            *features
                .entry(format!("{cell}|{}", event.name.as_str()))
                .or_default() += 1;
        }
    }
    let expected: Vec<String> = users
        .iter()
        .map(|(cell, (n, errors, sessions, counted))| {
            let sessions = i64::try_from(sessions.len()).unwrap() + counted;
            format!("{cell}|{n}|{errors}|{sessions}")
        })
        .collect();
    let cut =
        |line: &String, cells: usize| line.split('|').take(cells).collect::<Vec<_>>().join("|");
    let found: Vec<String> = dump(&rollups, Rollup::UserDay)
        .iter()
        .map(|line| cut(line, 10))
        .collect();
    assert_eq!(sorted(found), sorted(expected));
    let expected: Vec<String> = features
        .iter()
        .map(|(key, uses)| format!("{key}|{uses}"))
        .collect();
    let found: Vec<String> = dump(&rollups, Rollup::FeatureDay)
        .iter()
        .map(|line| cut(line, 9))
        .collect();
    assert_eq!(sorted(found), sorted(expected));
}

fn sorted(mut lines: Vec<String>) -> Vec<String> {
    lines.sort();
    lines
}
