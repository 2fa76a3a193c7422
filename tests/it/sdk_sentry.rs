//! Sentry's own SDKs for Python, Node and browsers send all that they can to a server that is
//! killed meanwhile: what was answered is in the tables once, what the SDK lost is in the ledger.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::configuration::configure;
use crate::harness::{Server, agent, get_by, path, python, shared};
use crate::sdk::{absent, from_base64, node_sdk, python_sdk};

/// A script that sends, led step by step.
struct Sdk {
    child: Child,
    steps: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Sdk {
    fn start(mut command: Command, server: &Server) -> Self {
        let mut child = command
            .arg(dsn(server))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        Self {
            steps: child.stdin.take().unwrap(),
            answers: BufReader::new(child.stdout.take().unwrap()),
            child,
        }
    }

    fn step(&mut self, name: &str) -> Value {
        writeln!(self.steps, "{name}").unwrap();
        let mut line = String::new();
        self.answers.read_line(&mut line).unwrap();
        serde_json::from_str(&line).unwrap_or_else(|_| panic!("{name} was not answered: {line}"))
    }

    /// Lets the script end by itself.
    fn end(mut self) {
        drop(self.steps);
        self.child.wait().unwrap();
    }
}

/// The DSN of the first key that sends.
fn dsn(server: &Server) -> String {
    let key = server.key("send");
    let digits = key.trim_start_matches("sw_send_");
    format!("http://{digits}@{}/42", server.address())
}

fn python_of_sentry() -> Option<Command> {
    python_sdk("sentry_python.py", "sentry_sdk, deltalake, pyarrow")
}

/// The rows of a table by event id; `None` where nobody is there who reads them.
fn rows(data: &Path, table: &str) -> Option<BTreeMap<String, Value>> {
    let found = python("table_rows.py", &[path(data), table])?;
    let mut rows = BTreeMap::new();
    for row in found.as_array().unwrap() {
        let id = row["event_id"].as_str().unwrap().to_owned();
        assert_eq!(row["protocol"], "sentry");
        let before = rows.insert(id, row.clone());
        assert!(before.is_none(), "twice in {table}: {row}");
    }
    Some(rows)
}

fn check(row: &Value, expected: &Value) {
    for (name, value) in expected.as_object().unwrap() {
        assert_eq!(&row[name], value, "{name} of {row}");
    }
}

/// What the ledger counted of an outcome, by reason.
fn counted(server: &Server, outcome: &str) -> BTreeMap<String, i64> {
    let url = format!("{}/v1/ledger", server.url);
    let (status, ledger) = get_by(&agent(), &url, &server.key("admin"));
    assert_eq!(status, 200, "{ledger}");
    let sum = |name: &str| ledger[name].as_i64().unwrap();
    let ends = sum("stored") + sum("duplicate") + sum("quarantined") + sum("pending");
    assert_eq!(sum("received"), ends, "{ledger}");
    assert_eq!(sum("quarantined"), 0, "{ledger}");
    let mut counts = BTreeMap::new();
    for counter in ledger["counters"].as_array().unwrap() {
        if counter["outcome"] == outcome {
            let reason = counter["reason"].as_str().unwrap_or_default().to_owned();
            *counts.entry(reason).or_default() += counter["count"].as_i64().unwrap();
        }
    }
    counts
}

fn now() -> i64 {
    let since = std::time::UNIX_EPOCH.elapsed().unwrap();
    i64::try_from(since.as_micros()).unwrap()
}

/// What every row of an SDK says.
fn of_everyone(user: &str) -> Value {
    json!({"user_id": user, "release": "shop@4.2.0", "environment": "staging"})
}

fn check_error(row: &Value, platform: &str, (user, handled): (&str, bool), began: i64) {
    check(row, &of_everyone(user));
    check(
        row,
        &json!({"kind": "error", "name": "CheckoutError", "handled": handled,
                "platform": platform}),
    );
    let occurred_at = row["occurred_at"].as_i64().unwrap();
    assert!((began..=now()).contains(&occurred_at), "{row}");
    let properties = &row["properties"];
    assert_eq!(properties["tags"]["plan"], "pro", "{row}");
    let exception = &properties["exception"][0];
    assert_eq!(exception["type"], "CheckoutError");
    assert!(
        exception["value"]
            .as_str()
            .unwrap()
            .starts_with("no total for")
    );
    let sdk = row["sdk_name"].as_str().unwrap();
    assert!(sdk.starts_with("sentry."), "{sdk}");
}

/// One session by itself, and five requests that the SDK counted.
fn check_python_sessions(events: &BTreeMap<String, Value>) {
    let is_session = |row: &&Value| row["kind"] == "session";
    let sessions: Vec<&Value> = events.values().filter(is_session).collect();
    let one = sessions
        .iter()
        .find(|row| !row["session_id"].is_null())
        .unwrap();
    check(one, &of_everyone("ann"));
    check(
        one,
        &json!({"session_status": "crashed", "session_errors": 3, "session_count": null}),
    );
    let mut counts: BTreeMap<&str, i64> = BTreeMap::new();
    for row in sessions.iter().filter(|row| row["session_id"].is_null()) {
        check(
            row,
            &json!({"release": "shop@4.2.0", "environment": "staging"}),
        );
        let status = row["session_status"].as_str().unwrap();
        *counts.entry(status).or_default() += row["session_count"].as_i64().unwrap();
    }
    assert_eq!(counts, BTreeMap::from([("crashed", 1), ("exited", 4)]));
}

#[test]
fn sentry_python_loses_nothing_that_was_answered_and_says_what_it_lost() {
    let Some(command) = python_of_sentry() else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let began = now() - 1_000_000;
    let server = Server::start(folder.path());
    let address = server.address();
    let mut sdk = Sdk::start(command, &server);
    let sent = sdk.step("everything");
    server.kill();
    sdk.step("lost");
    let server = Server::start_at(&address, folder.path(), &[]);
    let again = sdk.step("again");
    sdk.end();
    server.flush();

    assert!(counted(&server, "duplicate").is_empty());
    let lost = counted(&server, "lost_by_client");
    assert_eq!(lost["network_error:error"], 2);
    // Sent before the SDK knew, or held back since; or left out by its own care for a server that
    // asks for less.
    let shed = lost.get("backpressure:transaction").copied();
    let declined = counted(&server, "declined")["transaction"];
    assert_eq!(declined + shed.unwrap_or_default(), 7);
    let Some(events) = rows(folder.path(), "events") else {
        return;
    };
    let of = |name: &str| &events[sent[name].as_str().unwrap()];
    for (name, handled) in [("handled", true), ("grouped", true), ("unhandled", false)] {
        let row = of(name);
        check_error(row, "python", ("ann", handled), began);
        check(
            row,
            &json!({"build": "871", "sdk_version": "2.75.0", "level": "error"}),
        );
        assert_eq!(row["properties"]["contexts"]["cart"]["items"], 3);
        let text = row.to_string();
        assert!(
            text.contains("clicked pay") && !text.contains("4111"),
            "{text}"
        );
        assert!(!text.contains("ann@x.io"), "{text}");
    }
    assert_eq!(of("grouped")["fingerprint"], "checkout|eu");
    assert_eq!(of("handled")["fingerprint"], of("unhandled")["fingerprint"]);
    check(
        of("message"),
        &json!({"kind": "usage", "name": "message", "level": "warning", "handled": null}),
    );
    assert_eq!(of("message")["properties"]["message"], "stock is low");
    check_error(
        &events[again[0].as_str().unwrap()],
        "python",
        ("ann", true),
        began,
    );
    let crashed = events
        .values()
        .find(|row| row["name"] == "KeyError")
        .unwrap();
    check(crashed, &json!({"kind": "error", "handled": false}));

    check_python_sessions(&events);
    let others = events
        .values()
        .filter(|row| row["kind"] != "session")
        .count();
    assert_eq!(others, 7, "four, two of the web, one after the crash");
    server.stop();
}

#[test]
fn sentry_node_loses_nothing_that_was_answered_and_says_what_it_lost() {
    let Some(command) = node_sdk("sentry_node.mjs", "@sentry/node") else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let began = now() - 1_000_000;
    let server = Server::start(folder.path());
    let address = server.address();
    let mut sdk = Sdk::start(command, &server);
    let sent = sdk.step("everything");
    server.kill();
    sdk.step("lost");
    let server = Server::start_at(&address, folder.path(), &[]);
    let again = sdk.step("again");
    sdk.step("crash");
    sdk.end();
    server.flush();

    assert!(counted(&server, "duplicate").is_empty());
    assert_eq!(counted(&server, "lost_by_client")["network_error:error"], 2);
    assert!(!counted(&server, "declined").is_empty());
    let Some(events) = rows(folder.path(), "events") else {
        return;
    };
    let handled = &events[sent["handled"].as_str().unwrap()];
    check_error(handled, "node", ("bob", true), began);
    check(
        handled,
        &json!({"build": "871", "sdk_version": "11.12.0", "level": "error"}),
    );
    check_error(
        &events[again[0].as_str().unwrap()],
        "node",
        ("bob", true),
        began,
    );
    check(
        &events[sent["message"].as_str().unwrap()],
        &json!({"kind": "usage", "name": "message", "level": "warning", "user_id": "bob"}),
    );
    let crashed = events.values().find(|row| row["handled"] == false).unwrap();
    check_error(crashed, "node", ("bob", false), began);
    let sessions = events.values().filter(|row| row["kind"] == "session");
    let sessions: Vec<&Value> = sessions.collect();
    let ids: BTreeSet<&str> = sessions
        .iter()
        .filter_map(|row| row["session_id"].as_str())
        .collect();
    assert_eq!(ids.len(), 1, "updates of one session");
    assert!(
        sessions
            .iter()
            .any(|row| row["session_status"] == "crashed")
    );
    let feedback = rows(folder.path(), "feedback").unwrap();
    let given = &feedback[sent["feedback"].as_str().unwrap()];
    check(given, &of_everyone("bob"));
    check(
        given,
        &json!({"kind": "bug_report", "text": "The till is slow", "page": "https://shop.x/till",
                "source": "sentry"}),
    );
    assert_eq!(given["properties"]["contact_email"], "bob@x.io");
    assert_eq!(given["properties"]["associated_event_id"], sent["handled"]);
    server.stop();
}

#[test]
fn sentry_in_a_page_sends_all_that_it_can() {
    let Some(mut command) = node_sdk("sentry_browser.mjs", "@sentry/browser") else {
        return;
    };
    if !["/usr/bin/chromium", "/usr/bin/chromium-browser"]
        .iter()
        .any(|file| Path::new(file).is_file())
    {
        return absent("chromium is absent");
    }
    let folder = tempfile::tempdir().unwrap();
    let began = now() - 1_000_000;
    let server = Server::start(folder.path());
    let output = command.arg(dsn(&server)).output().unwrap();
    let talk = String::from_utf8_lossy(&output.stderr);
    let told: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{talk}"));
    let statuses = told["statuses"].as_array().unwrap();
    assert!(
        !statuses.is_empty() && statuses.iter().all(|status| status == 200),
        "{told}"
    );
    server.flush();
    assert!(!counted(&server, "declined").is_empty());
    // A page may tell its session twice within a millisecond, byte for byte: one update.
    let repeated: i64 = counted(&server, "duplicate").values().sum();
    assert!(repeated <= 1, "{repeated}");
    let Some(events) = rows(folder.path(), "events") else {
        return;
    };
    let of = |name: &str| &events[told["ids"][name].as_str().unwrap()];
    check_error(of("handled"), "javascript", ("cyd", true), began);
    check_error(of("unhandled"), "javascript", ("cyd", false), began);
    check(
        of("message"),
        &json!({"kind": "usage", "name": "message", "user_id": "cyd"}),
    );
    let sessions = events.values().filter(|row| row["kind"] == "session");
    let statuses: Vec<&str> = sessions
        .filter_map(|row| row["session_status"].as_str())
        .collect();
    assert!(
        statuses.contains(&"unhandled") && statuses.len() >= 2,
        "{statuses:?}"
    );
    let feedback = rows(folder.path(), "feedback").unwrap();
    let given = &feedback[told["ids"]["feedback"].as_str().unwrap()];
    check(given, &of_everyone("cyd"));
    check(
        given,
        &json!({"kind": "comment", "text": "I like the till"}),
    );
    server.stop();
}

/// How long it is asked again.
const PATIENCE: Duration = Duration::from_secs(60);

/// Whether something comes true, however busy the machine is.
fn comes(is_so: impl Fn() -> bool) -> bool {
    let began = Instant::now();
    while began.elapsed() < PATIENCE {
        if is_so() {
            return true;
        }
        std::thread::yield_now();
    }
    false
}

/// Takes all room for bodies: sends most of one and holds the rest back.
fn hold_body(server: &Server, bytes: usize) -> TcpStream {
    let mut stream = TcpStream::connect(server.address()).unwrap();
    let key = server.key("send");
    let head = format!(
        "POST /v1/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {key}\r\n\
         Content-Length: {}\r\n\r\n",
        bytes + 1
    );
    stream.write_all(head.as_bytes()).unwrap();
    stream.write_all(&vec![b' '; bytes]).unwrap();
    stream
}

#[test]
fn sentry_envelopes_get_through_while_others_meet_an_overload() {
    let Some(command) = python_of_sentry() else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    configure(
        folder.path(),
        "[http]\nin_flight_bytes_max = '256KiB'\nunpacked_bytes_max = '256KiB'\n\
         event_bytes_max = '128KiB'\n",
    );
    let server = Server::start(folder.path());
    let mut held = hold_body(&server, (256 << 10) - 16);
    let event = br#"{"event_id":"native","name":"opened","user_id":"u"}"#;
    let native = || server.post("/v1/events", &server.key("send"), event).0;
    // However busy the machine is, the server comes to read what was sent.
    let refused = comes(|| native() == 503);
    assert!(refused, "the room for bodies is full");
    let mut sdk = Sdk::start(command, &server);
    let sent = sdk.step("everything");
    sdk.end();
    assert_eq!(native(), 503, "it was full all the time");
    held.shutdown(std::net::Shutdown::Both).unwrap();
    held.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
    drop(held.read(&mut [0; 64]));
    let taken = comes(|| native() == 200);
    assert!(taken, "there is room again");
    server.flush();
    let Some(found) = python("table_rows.py", &[path(folder.path()), "events"]) else {
        return;
    };
    let ids: BTreeSet<&str> = found
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["event_id"].as_str().unwrap())
        .collect();
    for id in sent.as_object().unwrap().values() {
        assert!(ids.contains(id.as_str().unwrap()), "{id}");
    }
    server.stop();
}

#[test]
fn recorded_requests_of_sentry_sdks_are_taken_whole() {
    let Some(file) = shared("sdk-requests.jsonl") else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let key = server.key("send");
    let digits = key.trim_start_matches("sw_send_");
    let text = std::fs::read_to_string(file).unwrap();
    let mut sent = 0;
    for line in text.lines() {
        let recorded: Value = serde_json::from_str(line).unwrap();
        if !recorded["sdk"].as_str().unwrap().starts_with("sentry") {
            continue;
        }
        let path = recorded["path"].as_str().unwrap().replace("pubkey", digits);
        let mut request = agent().post(format!("{}{path}", server.url));
        for (name, value) in recorded["headers"].as_object().unwrap() {
            if !["host", "content-length", "accept-encoding"].contains(&name.as_str()) {
                request = request.header(name, value.as_str().unwrap().replace("pubkey", digits));
            }
        }
        let body = from_base64(recorded["raw_b64"].as_str().unwrap());
        let answer = request.send(&body[..]).unwrap();
        assert_eq!(answer.status().as_u16(), 200, "{line}");
        sent += 1;
    }
    assert!(sent >= 8, "{sent}");
    server.flush();
    assert!(counted(&server, "quarantined").is_empty());
    assert!(counted(&server, "stored")[""] > i64::from(sent));
    server.stop();
}
