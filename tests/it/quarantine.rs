//! What was refused can be looked at, and is taken by one command after a fix: once, as it came.

use std::path::Path;

use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};
use serde_json::{Value, json};

use crate::harness::{Server, agent, counter, get_by, path, python, status, succeed};

fn listed(data: &Path, more: &[&str]) -> Vec<Value> {
    let arguments = [
        &["quarantine", "list", "--json", "--data", path(data)],
        more,
    ]
    .concat();
    let said = succeed(&arguments);
    said.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

fn replayed(data: &Path, more: &[&str]) -> Value {
    let arguments = [
        &["quarantine", "replay", "--json", "--data", path(data)],
        more,
    ]
    .concat();
    serde_json::from_str(&succeed(&arguments)).unwrap()
}

/// Plants rows that are refused today only: what a fixed check takes. Nothing but a change of the
/// product makes a refused event pass, so the row of an event that passes is written by hand.
fn plant(data: &Path, raw: &Value, event_id: Option<&str>, received_at: &str) {
    let planted = python(
        "plant_refused.py",
        &[
            path(data),
            &raw.to_string(),
            event_id.unwrap_or_default(),
            received_at,
        ],
    );
    assert_eq!(planted, Some(json!("planted")));
}

fn counts(data: &Path) -> [u64; 4] {
    let state = status(data);
    ["received", "stored", "duplicate", "quarantined"].map(|name| counter(&state, name))
}

fn has_python() -> bool {
    let folder = tempfile::tempdir().unwrap();
    Server::start(folder.path()).stop();
    python("count_tables.py", &[path(folder.path())]).is_some()
}

#[test]
fn refused_events_are_listed_with_reason_and_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let body =
        "[{\"event_id\":\"e1\",\"name\":\"a\\u001b[31m\"},7,{\"name\":\"b\",\"user_id\":\"u\"}]";
    let (code, answer) = server.post("/v1/events", &server.key("send"), body.as_bytes());
    assert_eq!((code, &answer["rejected"]), (200, &json!(2)), "{answer}");
    let (code, answer) = server.post("/v1/feedback", &server.key("send"), b"{\"score\":9}");
    assert_eq!((code, &answer["rejected"]), (200, &json!(1)), "{answer}");
    server.flush();
    let rows = listed(folder.path(), &[]);
    assert_eq!(rows.len(), 3);
    let missing = listed(
        folder.path(),
        &["--reason", "missing_field", "--app", "app"],
    );
    let [missing] = missing.as_slice() else {
        panic!("{missing:?}")
    };
    assert_eq!(
        missing["raw"],
        "{\"event_id\":\"e1\",\"name\":\"a\\u001b[31m\"}"
    );
    assert_eq!(
        (&missing["field"], &missing["sent_as"]),
        (&json!("user_id"), &json!("events"))
    );
    assert_eq!(
        listed(folder.path(), &["--app", "other"]),
        Vec::<Value>::new()
    );
    let feedback = listed(folder.path(), &["--reason", "out_of_range"]);
    assert_eq!(feedback[0]["sent_as"], "feedback");
    let table = succeed(&[
        "quarantine",
        "list",
        "--data",
        path(folder.path()),
        "--limit",
        "2",
    ]);
    assert_eq!(table.lines().count(), 3, "{table}");
    assert!(
        !table.contains('\u{1b}'),
        "what was sent must not steer a terminal"
    );
    // Nothing was fixed: a replay takes nothing and says so.
    let before = counts(folder.path());
    let done = replayed(folder.path(), &[]);
    assert_eq!(
        (&done["found"], &done["refused"], &done["stored"]),
        (&json!(3), &json!(3), &json!(0))
    );
    assert_eq!(
        (counts(folder.path()), listed(folder.path(), &[]).len()),
        (before, 3)
    );
    server.stop();
}

#[test]
fn replay_takes_what_passes_now_once_as_it_came() {
    if !has_python() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    let server = Server::start(data);
    let (send, sent) = (
        server.key("send"),
        br#"[{"event_id":"known","name":"a","user_id":"u"},{}]"#,
    );
    assert_eq!(server.post("/v1/events", &send, sent).0, 200);
    server.flush();
    server.stop();
    let event = |id: &str| json!({"event_id": id, "name": "opened", "user_id": "u"});
    // Not so long ago that it is not kept any more.
    let yesterday = Timestamp::now().to_zoned(TimeZone::UTC).date() - 1.day();
    let at = format!("{yesterday}T09:30:00+00:00");
    plant(data, &event("new"), Some("new"), &at);
    plant(data, &event("known"), None, &at);
    plant(data, &json!({"name": "opened", "user_id": "u"}), None, &at);
    plant(data, &json!({"name": "opened"}), None, &at);
    assert_eq!(listed(data, &[]).len(), 5);
    assert_eq!(counts(data), [6, 1, 0, 5]);

    let dry = replayed(data, &["--dry-run"]);
    let said = ["found", "stored", "duplicate", "refused"].map(|name| dry[name].as_u64().unwrap());
    // The one whose id is known has other content than the planted one: it stays.
    assert_eq!(said, [5, 2, 0, 3], "{dry}");
    assert_eq!(
        (counts(data), listed(data, &[]).len()),
        ([6, 1, 0, 5], 5),
        "nothing was taken"
    );

    // Beside a server the replay goes to it.
    let server = Server::start(data);
    let done = replayed(data, &["--reason", "missing_field"]);
    assert_eq!(
        (&done["stored"], &done["refused"]),
        (&json!(2), &json!(3)),
        "{done}"
    );
    assert_eq!(counts(data), [6, 3, 0, 3]);
    let (_, ledger) = get_by(
        &agent(),
        &format!("{}/v1/ledger", server.url),
        &server.key("admin"),
    );
    assert_eq!(
        (&ledger["received"], &ledger["quarantined"]),
        (&json!(6), &json!(3)),
        "{ledger}"
    );
    assert_eq!(listed(data, &[]).len(), 3);
    server.stop();

    for _ in 0..2 {
        let again = replayed(data, &[]);
        assert_eq!(
            (&again["found"], &again["stored"]),
            (&json!(3), &json!(0)),
            "{again}"
        );
        assert_eq!(counts(data), [6, 3, 0, 3]);
        assert_eq!(status(data)["tables"]["events"]["rows"], 3);
    }
    let rows = python("replayed_rows.py", &[path(data)]).unwrap();
    for row in rows.as_array().unwrap() {
        assert_eq!(row["received_at"], at, "as it came: {row}");
        assert_eq!(
            (&row["protocol"], &row["key_id"]),
            (&json!("native"), &json!("planted"))
        );
    }
    assert_eq!(rows.as_array().unwrap().len(), 2, "{rows}");
}

#[test]
fn replay_is_for_those_who_administer() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let route = "/v1/quarantine/replay";
    for scope in ["send", "plan", "read"] {
        assert_eq!(
            server.post(route, &server.key(scope), b"").0,
            403,
            "{scope}"
        );
    }
    let admin = server.key("admin");
    assert_eq!(
        server
            .post(&[route, "?reason=none"].concat(), &admin, b"")
            .0,
        400
    );
    assert_eq!(server.post(route, &admin, b"").0, 200);
    let trail = std::fs::read_to_string(folder.path().join("audit.jsonl")).unwrap();
    assert!(trail.contains("\"act\":\"replay\""), "{trail}");
    server.stop();
}
