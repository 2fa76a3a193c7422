//! One in twenty is sent again: in the same batch and in later ones, across restarts, a kill and
//! compactions. Every count stays exact, whoever counts.
//!
//! `SHIPWAKE_LONG=1` sends a million events.

use std::path::Path;
use std::process::Stdio;

use jiff::civil::{Date, Weekday};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};
use serde_json::{Value, json};

use crate::harness::succeed;
use crate::harness::{Server, agent, counter, is_long, path, post_by, python, shipwake, status};
use crate::sender::Dice;

const BATCH: usize = 1_000;
/// Repeats of the same batch, and as many of earlier ones, in each batch.
const REPEATS: usize = BATCH / 40;
/// Events of one session, the last of which says how it ended.
const SESSION_EVENTS: usize = 4;
/// One session in so many crashes.
const CRASH_EVERY: usize = 50;
const USERS: usize = 3_001;
/// One event in so many comes with a piece of feedback.
const VOICE_EVERY: usize = 50;

/// The last complete week, and what is sent of it so far.
struct Week {
    monday: Date,
    events: usize,
    sent_events: usize,
    sent: u64,
    dice: Dice,
}

impl Week {
    fn of(events: usize) -> Self {
        let today = Timestamp::now().to_zoned(TimeZone::UTC).date();
        let monday = today.tomorrow().unwrap().nth_weekday(-1, Weekday::Monday);
        Self {
            monday: monday.unwrap() - 7.days(),
            events,
            sent_events: 0,
            sent: 0,
            dice: Dice(5),
        }
    }

    fn event(&self, number: usize) -> Value {
        let session = number / SESSION_EVENTS;
        let second = i64::try_from(number * 7 * 86_400 / self.events).unwrap();
        let at = self.monday.at(0, 0, 0, 0) + second.seconds();
        let mut event = json!({
            "event_id": format!("e{number}"), "occurred_at": format!("{at}Z"),
            "session_id": format!("s{session}"), "user_id": format!("u{}", session % USERS),
            "release": "1.0.0", "environment": "production",
        });
        if number % SESSION_EVENTS == SESSION_EVENTS - 1 {
            let crashed = session.is_multiple_of(CRASH_EVERY);
            event["kind"] = json!("session");
            event["status"] = json!(if crashed { "crashed" } else { "exited" });
        } else {
            event["name"] = json!("opened");
        }
        event
    }

    fn voice(&self, number: usize) -> Value {
        let mut voice = self.event(number - number % SESSION_EVENTS);
        voice["event_id"] = json!(format!("f{number}"));
        voice["score"] = json!(number / VOICE_EVERY % 5 + 1);
        voice.as_object_mut().unwrap().remove("name");
        voice
    }

    /// Sends the next batch, with repeats of its own events and of earlier ones; likewise feedback.
    fn send(&mut self, server: &Server, client: &ureq::Agent) {
        let numbers = self.sent_events..self.sent_events + BATCH;
        let mut chosen: Vec<usize> = numbers.clone().collect();
        for _ in 0..REPEATS {
            let own = numbers.start + self.roll(BATCH);
            let earlier = self.roll(numbers.end);
            for repeat in [own, earlier] {
                let place = self.roll(chosen.len() + 1);
                chosen.insert(place, repeat);
            }
        }
        let events = chosen.iter().map(|&number| self.event(number));
        let voices = chosen
            .iter()
            .filter(|&number| number.is_multiple_of(VOICE_EVERY));
        let bodies = [
            ("/v1/events", Value::from_iter(events)),
            (
                "/v1/feedback",
                voices.map(|&number| self.voice(number)).collect(),
            ),
        ];
        for (route, body) in bodies {
            let url = format!("{}{route}", server.url);
            let (key, records) = (server.key("send"), body.as_array().unwrap().len() as u64);
            let (code, answer) = post_by(client, &url, &key, body.to_string().as_bytes());
            assert_eq!((code, &answer["rejected"]), (200, &json!(0)), "{answer}");
            self.sent += records;
        }
        self.sent_events = numbers.end;
    }

    fn roll(&mut self, below: usize) -> usize {
        usize::try_from(self.dice.roll(below as u64)).unwrap()
    }

    /// Holds every face of the tables to what was sent.
    fn check(&self, data: &Path, when: &str) {
        let (events, voices) = (self.sent_events, self.sent_events / VOICE_EVERY);
        self.check_sql(data, when);
        let state = status(data);
        let kept = (events + voices) as u64;
        assert_eq!(state["tables"]["events"]["rows"], events, "{when}");
        assert_eq!(state["tables"]["feedback"]["rows"], voices, "{when}");
        assert_eq!(counter(&state, "received"), self.sent, "{when}");
        assert_eq!(counter(&state, "stored"), kept, "{when}");
        assert_eq!(counter(&state, "duplicate"), self.sent - kept, "{when}");
        assert_eq!(counter(&state, "quarantined"), 0, "{when}");
        self.check_csv(data, when);
    }

    fn check_sql(&self, data: &Path, when: &str) {
        let Some(counts) = python("count_tables.py", &[path(data)]) else {
            return;
        };
        let voices = self.sent_events / VOICE_EVERY;
        for (table, rows) in [("events", self.sent_events), ("feedback", voices)] {
            for count in ["duckdb", "polars", "deltalake", "distinct_ids"] {
                assert_eq!(counts[table][count], rows, "{table} by {count}, {when}");
            }
        }
    }

    fn check_csv(&self, data: &Path, when: &str) {
        let week = self.monday.iso_week_date();
        let week = format!("{}-W{:02}", week.year(), week.week());
        let out = tempfile::tempdir().unwrap();
        succeed(&[
            "report",
            "weekly",
            "--app",
            "app",
            "--week",
            &week,
            "--data",
            path(data),
            "--out",
            path(out.path()),
        ]);
        let file = out
            .path()
            .join(format!("shipwake_kpi_weekly_app_{week}_s1.csv"));
        let sessions = self.sent_events / SESSION_EVENTS;
        let crashed = sessions.div_ceil(CRASH_EVERY);
        let voices = self.sent_events / VOICE_EVERY;
        let shown = |metric: &str| value_of(&file, metric);
        assert_eq!(
            shown("active_users"),
            sessions.min(USERS).to_string(),
            "{when}"
        );
        assert_eq!(shown("sessions"), sessions.to_string(), "{when}");
        let whole = 1_000_000 * (sessions - crashed) / sessions;
        let crash_free: f64 = shown("crash_free_sessions").parse().unwrap();
        assert!(
            (crash_free * 1e6 - whole as f64).abs() <= 1.0,
            "{when}: {crash_free}"
        );
        assert_eq!(shown("feedback_volume"), voices.to_string(), "{when}");
        // Scores go round from 1 to 5, and each batch ends a round.
        assert_eq!(shown("rating_mean"), "3.000000", "{when}");
    }
}

fn value_of(file: &Path, metric: &str) -> String {
    let mut rows = csv::Reader::from_path(file).unwrap();
    let head = rows.headers().unwrap().clone();
    let column = |name: &str| head.iter().position(|column| column == name).unwrap();
    let (id, value) = (column("metric_id"), column("value"));
    let found = rows
        .records()
        .map(Result::unwrap)
        .find(|row| &row[id] == metric);
    found.unwrap_or_else(|| panic!("{metric} is not in the report"))[value].to_owned()
}

/// Compacts, and counts meanwhile.
fn compact(week: &Week, data: &Path) {
    let files = || status(data)["tables"]["events"]["files"].as_u64().unwrap();
    let before = files();
    let mut compaction = shipwake()
        .args(["lake", "compact", "--data", path(data)])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    while compaction.try_wait().unwrap().is_none() {
        week.check_sql(data, "during a compaction");
    }
    assert!(
        compaction.wait().unwrap().success(),
        "the compaction failed"
    );
    assert!(files() < before, "{before} files were not merged");
}

#[test]
fn one_in_twenty_sent_again_changes_no_count() {
    let events = if is_long() { 1_000_000 } else { 100_000 };
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    let (mut week, client) = (Week::of(events), agent());
    let mut server = Server::start(data);
    let batches = events / BATCH;
    for batch in 0..batches {
        week.send(&server, &client);
        match (batch + 1) * 4 / batches {
            quarter if (batch + 1) * 4 % batches != 0 || quarter == 4 => {}
            1 => {
                server.stop();
                week.check(data, "after a stop");
                server = Server::start(data);
            }
            2 => {
                server.kill();
                server = Server::start(data);
            }
            _ => {
                server.stop();
                week.check(data, "before the first compaction");
                compact(&week, data);
                week.check(data, "after the first compaction");
                server = Server::start(data);
            }
        }
    }
    server.stop();
    week.check(data, "before the last compaction");
    compact(&week, data);
    week.check(data, "after the last compaction");
}
