//! `shipwake sql`: the rows that DuckDB finds in the same files; only reading; each form of answer.

use std::path::Path;
use std::process::{Command, Stdio};

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::harness::{Server, path, python, run, shipwake, succeed};

const EVENTS: usize = 600;
const COPIES: usize = 40;

/// Feedback that spreadsheets, terminals and parsers trip over.
const HOSTILE: [&str; 6] = [
    "=HYPERLINK(\"http://x\")",
    "+1 for this",
    "line one\nline two, \"quoted\"",
    "\u{1b}[31mred\u{202e}",
    "好き 😀",
    "'; DROP TABLE events; --",
];

/// Queries that both engines read alike.
const QUERIES: [&str; 14] = [
    "SELECT count(*) AS n FROM events",
    "SELECT count(*) AS n, count(DISTINCT event_id) AS ids FROM events_distinct",
    "SELECT count(*) AS n, sum(score) AS s FROM feedback_latest",
    "SELECT release, count(*) AS n FROM events_distinct GROUP BY release ORDER BY release",
    "SELECT day, count(DISTINCT user_id) AS users FROM events GROUP BY day ORDER BY day",
    "SELECT name, platform, count(*) AS n FROM events_distinct WHERE platform IS NOT NULL \
     GROUP BY name, platform ORDER BY name, platform",
    "SELECT count(*) AS n, count(user_id) AS u, count(level) AS l FROM events",
    "SELECT event_id, occurred_at FROM events_distinct ORDER BY occurred_at, event_id LIMIT 25",
    "SELECT a.user_id, count(*) AS n FROM events_distinct AS a JOIN events_distinct AS b \
     ON a.user_id = b.user_id WHERE a.release = '2.0' AND b.release = '1.0' \
     GROUP BY a.user_id ORDER BY a.user_id",
    "WITH daily AS (SELECT day, count(*) AS n FROM events_distinct GROUP BY day) \
     SELECT max(n) AS most, min(n) AS least, avg(n) AS mean FROM daily",
    "SELECT text FROM feedback_latest WHERE text IS NOT NULL ORDER BY text",
    "SELECT version, rollout FROM releases ORDER BY version",
    "SELECT outcome, sum(count) AS n FROM ledger GROUP BY outcome ORDER BY outcome",
    "SELECT count(*) AS n FROM events WHERE user_id = 'nobody'",
];

fn filled(data: &Path) {
    let server = Server::start(data);
    let day = |n: usize| format!("2026-10-{:02}T{:02}:00:00Z", 1 + n % 20, n % 24);
    let event = |n: usize| {
        let release = if n % 20 < 9 { "1.0" } else { "2.0" };
        let mut event = json!({"event_id": format!("e{n}"), "name": format!("step_{}", n % 3),
            "user_id": format!("u{}", n % 37), "release": release, "occurred_at": day(n),
            "properties": {"n": n}});
        if !n.is_multiple_of(4) {
            event["platform"] = ["ios", "web", "android"][n % 4 - 1].into();
        }
        event
    };
    let events = Value::from_iter((0..EVENTS).map(event));
    let piece = |(n, text): (usize, &&str)| json!({"event_id": format!("f{n}"), "kind": "comment", "text": text, "occurred_at": day(n)});
    let mut feedback: Vec<Value> = HOSTILE.iter().enumerate().map(piece).collect();
    let rating =
        |n: usize| json!({"event_id": format!("r{n}"), "score": n % 5 + 1, "occurred_at": day(n)});
    feedback.extend((0..50).map(rating));
    let (send, plan) = (server.key("send"), server.key("plan"));
    let release = json!({"version": "2.0", "rollout": "phased"});
    for (route, key, body) in [
        ("/v1/events", &send, events),
        ("/v1/feedback", &send, json!(feedback)),
        ("/v1/releases", &plan, release),
    ] {
        let (code, answer) = server.post(route, key, body.to_string().as_bytes());
        assert_eq!(code, 200, "{answer}");
    }
    server.flush();
    server.stop();
}

fn ask(data: &Path, query: &str, more: &[&str]) -> String {
    succeed(&[&["sql", query, "--data", path(data)], more].concat())
}

/// What the program says of a query that it does not answer.
fn refused(data: &Path, query: &str, more: &[&str]) -> String {
    let output = run(&[&["sql", query, "--data", path(data)], more].concat());
    assert_eq!(output.status.code(), Some(1), "{query}");
    assert!(output.stdout.is_empty(), "{query}");
    String::from_utf8(output.stderr).unwrap()
}

/// JSON lines as rows of cells, instants as microseconds.
fn rows(lines: &str) -> Vec<Vec<Value>> {
    let plain = |value: &Value| match value.as_str().map(str::parse::<Timestamp>) {
        Some(Ok(at)) => json!(at.as_microsecond()),
        _ => value.clone(),
    };
    let order = |line: &str| {
        let row: serde_json::Map<String, Value> = serde_json::from_str(line).unwrap();
        let mut cells: Vec<(usize, Value)> = row
            .iter()
            .map(|(name, value)| (line.find(&format!("\"{name}\":")).unwrap(), plain(value)))
            .collect();
        cells.sort_by_key(|(place, _)| *place);
        cells.into_iter().map(|(_, value)| value).collect()
    };
    lines.lines().map(order).collect()
}

fn same(ours: &Value, theirs: &Value) -> bool {
    match (ours.as_f64(), theirs.as_f64()) {
        (Some(a), Some(b)) => (a - b).abs() <= 1e-9 * b.abs().max(1.0),
        _ => ours == theirs,
    }
}

#[test]
fn answers_are_those_of_duckdb_over_the_same_files() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    filled(data);
    let file = data.join("queries.json");
    serde_json::to_writer(std::fs::File::create(&file).unwrap(), &QUERIES).unwrap();
    let views = Path::new(env!("CARGO_MANIFEST_DIR")).join("lake/sql");
    let copies = COPIES.to_string();
    let arguments = [path(data), path(&views), &copies, path(&file)];
    let Some(theirs) = python("sql_answers.py", &arguments) else {
        return;
    };
    for (query, theirs) in QUERIES.iter().zip(theirs.as_array().unwrap()) {
        let ours = rows(&ask(data, query, &["--format", "json"]));
        let theirs: Vec<Vec<Value>> = serde_json::from_value(theirs.clone()).unwrap();
        assert_eq!(ours.len(), theirs.len(), "{query}: {ours:?} and {theirs:?}");
        for (ours, theirs) in ours.iter().flatten().zip(theirs.iter().flatten()) {
            assert!(same(ours, theirs), "{query}: {ours} and {theirs}");
        }
    }
    let all = rows(&ask(
        data,
        "SELECT count(*) AS n FROM events",
        &["--format", "json"],
    ));
    assert_eq!(all, [[json!(EVENTS + COPIES)]], "the copies are there");
    let once = rows(&ask(
        data,
        "SELECT count(*) AS n FROM events_distinct",
        &["--format", "json"],
    ));
    assert_eq!(once, [[json!(EVENTS)]]);
}

#[test]
fn each_form_holds_the_same_answer_and_nothing_but_reading_is_done() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("a=b");
    let data = data.as_path();
    filled(data);
    let query = "SELECT event_id, text FROM feedback WHERE text IS NOT NULL ORDER BY event_id";

    let csv = ask(data, query, &["--format", "csv"]);
    let mut reader = csv::Reader::from_reader(csv.as_bytes());
    let cells: Vec<String> = reader
        .records()
        .map(|row| row.unwrap()[1].to_owned())
        .collect();
    assert_eq!(cells.len(), HOSTILE.len());
    assert_eq!(cells[0], "'=HYPERLINK(\"http://x\")");
    assert_eq!(cells[1], "'+1 for this");
    assert!(!csv.contains('\u{1b}') && !csv.contains('\u{202e}'));

    let json = rows(&ask(data, query, &["--format", "json"]));
    let texts: Vec<&str> = json.iter().map(|row| row[1].as_str().unwrap()).collect();
    assert_eq!(texts, HOSTILE, "JSON is exact");

    let table = ask(data, query, &[]);
    assert_eq!(table.lines().count(), HOSTILE.len() + 2, "{table}");
    assert!(!table.contains('\u{1b}') && !table.contains('\u{202e}'));

    let out = folder.path().join("answer.parquet");
    ask(data, query, &["--out", path(&out)]);
    let told = run(&["sql", query, "--data", path(data), "--limit", "2"]);
    let talk = String::from_utf8(told.stderr).unwrap();
    assert!(talk.contains("6 rows, the first 2 are shown"), "{talk}");
    assert!(talk.contains("reads feedback at version"), "{talk}");
    assert_eq!(String::from_utf8(told.stdout).unwrap().lines().count(), 4);

    let as_of = ["--as-of", "2026-10-05T23:59:59Z", "--format", "csv"];
    let known = ask(data, "SELECT max(day) AS d FROM events", &as_of);
    assert_eq!(known, "\"d\"\r\n2026-10-05\r\n");

    let before = ask(
        data,
        "SELECT count(*) AS n FROM events",
        &["--format", "csv"],
    );
    for query in [
        "DROP TABLE events",
        "DELETE FROM events",
        "INSERT INTO events SELECT * FROM events",
        "COPY events TO 'x.csv'",
        "SELECT * FROM read_csv('/etc/passwd')",
        "SELECT * FROM read_parquet('/etc/passwd')",
    ] {
        let said = refused(data, query, &[]);
        assert!(said.contains("is refused"), "{query}: {said}");
    }
    let said = refused(data, "SELECT * FROM evnts", &[]);
    assert!(said.contains("did you mean \"events\"?"), "{said}");
    let said = refused(
        data,
        "SELECT 1",
        &["--out", path(&data.join("tables/x.csv"))],
    );
    assert!(said.contains("data folder"), "{said}");
    assert_eq!(
        ask(
            data,
            "SELECT count(*) AS n FROM events",
            &["--format", "csv"]
        ),
        before
    );
    assert!(
        !folder
            .path()
            .join("answer.parquet.partial")
            .try_exists()
            .unwrap()
    );
}

#[test]
fn a_query_may_come_from_stdin_and_its_reader_may_leave() {
    let folder = tempfile::tempdir().unwrap();
    filled(folder.path());
    let sql = format!(
        "'{}' sql - --data '{}' --format csv",
        shipwake().get_program().display(),
        path(folder.path())
    );
    let shell = |line: &str| {
        Command::new("sh")
            .args(["-c", line])
            .stdin(Stdio::null())
            .output()
            .unwrap()
    };
    let counted = shell(&format!("echo 'SELECT count(*) AS n FROM events' | {sql}"));
    assert_eq!(
        String::from_utf8(counted.stdout).unwrap(),
        format!("\"n\"\r\n{EVENTS}\r\n")
    );
    let many = "SELECT a.event_id FROM events a CROSS JOIN events b";
    let left = shell(&format!("echo '{many}' | {sql} | head -1; echo done"));
    assert_eq!(
        String::from_utf8(left.stdout).unwrap(),
        "\"event_id\"\r\ndone\n"
    );
    let talk = String::from_utf8(left.stderr).unwrap();
    assert!(!talk.contains("error"), "{talk}");
}

#[test]
fn the_dictionary_is_printed_whole_by_group_and_by_metric() {
    let page = succeed(&["dictionary"]);
    assert!(
        page.contains("Crash-free users  [crash_free_users]"),
        "{page}"
    );
    let one = succeed(&["dictionary", "nps", "--format", "json"]);
    let json: Value = serde_json::from_str(&one).unwrap();
    assert_eq!(json[0]["id"], "nps");
    let csv = succeed(&["dictionary", "satisfaction", "--format", "csv"]);
    assert!(csv.starts_with("\"id\",\"name\","), "{csv}");
    let output = run(&["dictionary", "no_such"]);
    let talk = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(talk.contains("active_users"), "{talk}");
}
