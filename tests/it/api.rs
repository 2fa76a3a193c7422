//! What a client meets: answers per event, statuses, limits, keys, quarantine.

use std::io::Write as _;

use serde_json::{Value, json};

use crate::harness::{Server, counter, path, python, status, succeed};

fn event(id: u32) -> Value {
    json!({"event_id": format!("e{id}"), "name": "opened", "user_id": format!("u{}", id % 7),
           "release": "1.0.0", "session_id": format!("s{}", id % 9)})
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn counts(answer: &Value) -> (u64, u64, u64) {
    let count = |name: &str| answer[name].as_u64().unwrap_or_else(|| panic!("{answer}"));
    (count("accepted"), count("duplicate"), count("rejected"))
}

#[test]
fn one_broken_event_among_a_hundred_does_not_sink_its_neighbours() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let mut batch: Vec<Value> = (0..100).map(event).collect();
    batch[41] = json!({"event_id": "broken", "name": "opened", "marker": "raw bytes stay"});
    let (code, answer) = server.post(
        "/v1/events",
        &server.key("send"),
        json!(batch).to_string().as_bytes(),
    );
    assert_eq!((code, counts(&answer)), (200, (99, 0, 1)));
    let outcomes = answer["outcomes"].as_array().unwrap();
    assert_eq!(outcomes.len(), 100);
    assert_eq!(outcomes[41]["outcome"], "rejected");
    assert_eq!(outcomes[41]["field"], "user_id");
    assert_eq!(outcomes[41]["reason"], "missing_field");
    server.flush();
    let state = status(folder.path());
    assert_eq!(state["tables"]["events"]["rows"], 99);
    assert_eq!(state["tables"]["quarantine"]["rows"], 1);
    assert_eq!(counter(&state, "received"), 100);
    if let Some(kept) = python("quarantine_raw.py", &[path(folder.path())]) {
        assert_eq!(kept, json!([batch[41].to_string()]));
    }
    server.stop();
}

#[test]
fn every_body_form_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let key = server.key("send");
    let ndjson = format!("{}\n\n{}\n", event(3), event(4));
    let bodies = [
        (event(1).to_string().into_bytes(), 1),
        (json!([event(2)]).to_string().into_bytes(), 1),
        (ndjson.clone().into_bytes(), 2),
        (
            json!({"events": [event(5), event(6)]})
                .to_string()
                .into_bytes(),
            2,
        ),
        (gzip(json!([event(7)]).to_string().as_bytes()), 1),
        (gzip(ndjson.as_bytes()), 0),
    ];
    for (body, accepted) in bodies {
        let (code, answer) = server.post("/v1/events", &key, &body);
        assert_eq!((code, counts(&answer).0), (200, accepted), "{answer}");
    }
    server.flush();
    assert_eq!(status(folder.path())["tables"]["events"]["rows"], 7);
    server.stop();
}

#[test]
fn a_retry_is_a_success_and_counts_once() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let key = server.key("send");
    let body = json!([event(1), event(2), event(1)]).to_string();
    assert_eq!(
        counts(&server.post("/v1/events", &key, body.as_bytes()).1),
        (2, 1, 0)
    );
    assert_eq!(
        counts(&server.post("/v1/events", &key, body.as_bytes()).1),
        (0, 3, 0)
    );
    server.flush();
    assert_eq!(
        counts(&server.post("/v1/events", &key, body.as_bytes()).1),
        (0, 3, 0)
    );
    server.flush();
    let state = status(folder.path());
    assert_eq!(state["tables"]["events"]["rows"], 2);
    assert_eq!(
        (counter(&state, "received"), counter(&state, "stored")),
        (9, 2)
    );
    assert_eq!(counter(&state, "duplicate"), 7);
    server.stop();
}

#[test]
fn a_dry_run_stores_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let body = json!([event(1), {"name": "x"}]).to_string();
    let (code, answer) = server.post("/v1/events?dry_run=1", &server.key("send"), body.as_bytes());
    assert_eq!((code, counts(&answer)), (200, (1, 0, 1)));
    server.flush();
    assert_eq!(counter(&status(folder.path()), "received"), 0);
    server.stop();
}

#[test]
fn keys_open_only_their_own_doors() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let item = json!({"item_id": "A-1", "title": "Sync"}).to_string();
    let event = event(1).to_string();
    let try_door = |route: &str, scope: &str, body: &str| {
        server.post(route, &server.key(scope), body.as_bytes()).0
    };
    assert_eq!(
        server
            .post("/v1/events", "sw_send_wrong", event.as_bytes())
            .0,
        401
    );
    assert_eq!(server.post("/v1/events", "", event.as_bytes()).0, 401);
    assert_eq!(try_door("/v1/backlog", "send", &item), 403);
    assert_eq!(try_door("/v1/releases", "send", r#"{"version":"1"}"#), 403);
    assert_eq!(try_door("/v1/events", "read", &event), 403);
    assert_eq!(try_door("/v1/flush", "plan", "{}"), 403);
    assert_eq!(try_door("/v1/backlog", "plan", &item), 200);
    assert_eq!(try_door("/v1/events", "send", &event), 200);

    let data = path(folder.path());
    let made = succeed(&[
        "key", "create", "--data", data, "--app", "other", "--scope", "send",
    ]);
    let wrong = json!([{"name": "x", "user_id": "u", "app": "app"}, {"name": "x", "user_id": "u"}]);
    let (code, answer) = server.post("/v1/events", made.trim(), wrong.to_string().as_bytes());
    assert_eq!((code, counts(&answer)), (200, (1, 0, 1)), "{answer}");
    assert_eq!(answer["outcomes"][0]["reason"], "wrong_app");
    let listed = succeed(&["key", "list", "--data", data]);
    let id = listed
        .lines()
        .find(|line| line.contains(" other "))
        .unwrap();
    let id = id.split_whitespace().next().unwrap();
    succeed(&["key", "revoke", "--data", data, id]);
    assert_eq!(
        server.post("/v1/events", made.trim(), event.as_bytes()).0,
        401
    );
    server.stop();
}

#[test]
fn what_cannot_be_read_is_refused_with_a_reason() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let key = server.key("send");
    for body in [
        &b"{\"name\": "[..],
        b"",
        b"[1, 2",
        b"\x1f\x8b\x08\x00broken",
        b"\"just text\"",
    ] {
        let (code, answer) = server.post("/v1/events", &key, body);
        assert_eq!(code, 400, "{:?}: {answer}", String::from_utf8_lossy(body));
        assert!(
            answer["message"].as_str().is_some_and(|m| !m.is_empty()),
            "{answer}"
        );
    }
    assert_eq!(server.post("/v1/nowhere", &key, b"{}").0, 404);
    let many: Vec<Value> = (0..10_001).map(event).collect();
    assert_eq!(
        server
            .post("/v1/events", &key, json!(many).to_string().as_bytes())
            .0,
        413
    );
    // Deep nesting, a lone surrogate, NUL, four-byte characters: data or a refusal, never a panic.
    let deep = format!(
        "{{\"name\":\"x\",\"user_id\":\"u\",\"properties\":{{\"d\":{}{}}}}}",
        "[".repeat(500),
        "]".repeat(500)
    );
    for body in [
        deep.as_str(),
        r#"{"name":"\ud800","user_id":"u"}"#,
        "{\"name\":\"\\u0000😀\",\"user_id\":\"\u{202e}x\"}",
    ] {
        let (code, answer) = server.post("/v1/events", &key, body.as_bytes());
        assert!(code == 200 || code == 400, "{code}: {answer}");
    }
    assert_eq!(
        server
            .post("/v1/events", &key, event(1).to_string().as_bytes())
            .0,
        200
    );
    server.stop();
}

#[test]
fn a_body_over_the_limit_is_refused_while_it_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let key = server.key("send");
    // 21 MiB that never end in a valid document: the refusal cannot wait for the end.
    let huge = vec![b'['; 21 << 20];
    let (code, _) = server.post("/v1/events", &key, &huge);
    assert!(
        code == 413 || code == 0,
        "got {code}: the connection may be closed on the sender"
    );
    // 200 MiB of spaces in a few hundred KiB to MiB of gzip.
    let bomb = gzip(&vec![b' '; 200 << 20]);
    assert!(bomb.len() < 4 << 20, "the bomb itself is within the limit");
    let (code, answer) = server.post("/v1/events", &key, &bomb);
    assert_eq!(code, 413, "{answer}");
    assert!(answer["limit"].as_u64().is_some(), "{answer}");
    // An event over its limit inside a good batch is that event's matter.
    let big =
        json!([event(1), {"name": "x", "user_id": "u", "properties": {"p": "x".repeat(2 << 20)}}]);
    let (code, answer) = server.post("/v1/events", &key, big.to_string().as_bytes());
    assert_eq!((code, counts(&answer)), (200, (1, 0, 1)));
    assert_eq!(answer["outcomes"][1]["reason"], "too_large");
    server.stop();
}

#[test]
fn feedback_needs_a_score_or_words() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let batch = json!({"feedback": [
        {"event_id": "f1", "score": 4, "text": "=cmd|' /C calc'!A0"},
        {"event_id": "f2", "kind": "nps", "score": 11},
        {"event_id": "f3", "user_id": "u1"},
        {"event_id": "f4", "text": "<script>alert(1)</script>"},
    ]});
    let (code, answer) = server.post(
        "/v1/feedback",
        &server.key("send"),
        batch.to_string().as_bytes(),
    );
    assert_eq!((code, counts(&answer)), (200, (2, 0, 2)), "{answer}");
    assert_eq!(
        answer["outcomes"][1]["message"],
        "score must be 0..=10, got 11"
    );
    assert_eq!(answer["outcomes"][2]["field"], "score");
    server.stop();
}
