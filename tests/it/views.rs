//! The SQL by which other engines count each event once before a compaction, held to what Shipwake
//! counts.

use std::path::Path;

use jiff::civil::Weekday;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};
use serde_json::{Value, json};

use crate::harness::{Server, path, python, status, succeed};

const EVENTS: usize = 300;
const PIECES: usize = 40;
const REVISED: usize = 15;
/// Rows of each table that another node stored, too.
const COPIES: usize = 30;

fn views(data: &Path, copies: usize) -> Option<Value> {
    let sql = Path::new(env!("CARGO_MANIFEST_DIR")).join("lake/sql");
    python(
        "distinct_views.py",
        &[path(data), path(&sql), &copies.to_string()],
    )
}

/// A cell of a CSV file of the weekly report, by the row that begins so.
fn reported(
    data: &Path,
    week: &str,
    file: &str,
    is_row: impl Fn(&csv::StringRecord) -> bool,
    column: &str,
) -> String {
    let out = tempfile::tempdir().unwrap();
    succeed(&[
        "report",
        "weekly",
        "--app",
        "app",
        "--week",
        week,
        "--data",
        path(data),
        "--out",
        path(out.path()),
    ]);
    let file = out
        .path()
        .join(format!("shipwake_{file}_app_{week}_s1.csv"));
    let mut rows = csv::Reader::from_path(&file).unwrap();
    let head = rows.headers().unwrap().clone();
    let place = head.iter().position(|name| name == column);
    let place = place.unwrap_or_else(|| panic!("{column} is not in {head:?}"));
    let mut rows = rows.records().map(Result::unwrap);
    rows.find(is_row).unwrap()[place].to_owned()
}

fn metric(data: &Path, week: &str, name: &str) -> String {
    reported(
        data,
        week,
        "kpi_weekly",
        |row| row.iter().any(|cell| cell == name),
        "value",
    )
}

/// Events, and feedback with an earlier export of it in which some scores are others.
fn fill(data: &Path, at: &dyn Fn(usize) -> String) {
    let server = Server::start(data);
    let event = |n: usize| {
        json!({"event_id": format!("e{n}"), "name": "opened", "user_id": format!("u{}", n % 50),
               "session_id": format!("s{n}"), "occurred_at": at(n)})
    };
    let body = Value::from_iter((0..EVENTS).map(event)).to_string();
    let (code, answer) = server.post("/v1/events", &server.key("send"), body.as_bytes());
    assert_eq!(
        (code, &answer["accepted"]),
        (200, &json!(EVENTS)),
        "{answer}"
    );
    server.flush();
    // History, and a later export of it in which some scores are others.
    for (round, count) in [(0, PIECES), (1, REVISED)] {
        let lines = (0..count).map(|n| {
            let line = json!({"event_id": format!("f{n}"), "score": (n + round) % 5 + 1, "occurred_at": at(n)});
            line.to_string() + "\n"
        });
        let file = data.join(format!("feedback-{round}.ndjson"));
        write(&file, &lines.collect::<String>());
        succeed(&[
            "import",
            "feedback",
            path(&file),
            "--app",
            "app",
            "--data",
            path(data),
        ]);
    }
    server.stop();
}

#[test]
fn views_count_what_shipwake_counts_before_and_after_a_compaction() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    let today = Timestamp::now().to_zoned(TimeZone::UTC).date();
    let monday = today
        .tomorrow()
        .unwrap()
        .nth_weekday(-1, Weekday::Monday)
        .unwrap()
        - 14.days();
    let at = |number: usize| {
        let minutes = i64::try_from(number * 30).unwrap();
        format!("{}Z", monday.at(0, 0, 0, 0) + minutes.minutes())
    };
    fill(data, &at);

    let week = monday.iso_week_date();
    let week = format!("{}-W{:02}", week.year(), week.week());
    let Some(found) = views(data, COPIES) else {
        return;
    };
    let check = |found: &Value, when: &str| {
        assert_eq!(found["events_distinct"], EVENTS, "{when}: {found}");
        assert_eq!(found["feedback_latest"], PIECES, "{when}: {found}");
        assert_eq!(
            metric(data, &week, "sessions"),
            EVENTS.to_string(),
            "{when}"
        );
        assert_eq!(
            metric(data, &week, "feedback_volume"),
            PIECES.to_string(),
            "{when}"
        );
        let mean: f64 = metric(data, &week, "rating_mean").parse().unwrap();
        let by_view = found["rating_mean"].as_f64().unwrap();
        assert!(
            (mean - by_view).abs() < 1e-6,
            "{when}: {mean} and {by_view}"
        );
        let events = reported(
            data,
            &week,
            "data_quality",
            |row| row.iter().any(|cell| cell == "events"),
            "in_window",
        );
        assert_eq!(events, EVENTS.to_string(), "{when}");
    };
    assert_eq!(found["events"], EVENTS + COPIES, "the copies are there");
    assert_eq!(found["feedback"], PIECES + REVISED + COPIES);
    check(&found, "before the compaction");
    succeed(&["lake", "compact", "--data", path(data)]);
    let found = views(data, 0).unwrap();
    check(&found, "after the compaction");
    assert_eq!(found["events"], EVENTS, "the copies are gone");
    assert_eq!(status(data)["tables"]["events"]["rows"], EVENTS);
}

fn write(file: &Path, text: &str) {
    use std::io::Write as _;
    std::fs::File::create(file)
        .unwrap()
        .write_all(text.as_bytes())
        .unwrap();
}
