//! The SDKs of PostHog with nothing but host and key changed: what each sends is in the tables field
//! by field and once, although the server is killed and started again in between, and then busy for
//! a while.

use std::collections::BTreeSet;
use std::process::Command;

use serde_json::{Value, json};

use crate::harness::{Server, agent, path, post_by, python, shared};
use crate::sdk::{from_base64, holds, node_sdk, python_sdk, rows, sent, with};

/// Python with the script and the release that an app would set.
fn python_with_release() -> Option<Command> {
    let mut command = python_sdk("posthog_python.py", "posthog")?;
    command.env("POSTHOG_RELEASE_ID", "4.2.0");
    Some(command)
}

/// Each expected row is there once, no other is, and no event id is there twice.
fn check(table: &str, found: &Value, expected: &[Value]) {
    let found = rows(found, table);
    let brief: Vec<_> = found
        .iter()
        .map(|row| {
            [
                &row["name"],
                &row["kind"],
                &row["user_id"],
                &row["anonymous_id"],
                &row["score"],
            ]
        })
        .collect();
    for expected in expected {
        let count = found.iter().filter(|row| holds(row, expected)).count();
        let named: Vec<_> = found
            .iter()
            .filter(|row| row["name"] == expected["name"])
            .collect();
        assert_eq!(count, 1, "{table}: {expected}\nof {named:#?}\nof {brief:?}");
    }
    assert_eq!(found.len(), expected.len(), "{table}: {brief:?}");
    for row in &found {
        assert_eq!(row["protocol"], "posthog");
    }
}

fn no_id_twice(found: &Value) {
    let ids: Vec<_> = rows(found, "events")
        .iter()
        .map(|row| row["event_id"].to_string())
        .collect();
    let distinct: BTreeSet<_> = ids.iter().collect();
    assert_eq!(ids.len(), distinct.len(), "an event is there twice");
}

fn stepped(user: &str) -> impl Iterator<Item = Value> {
    (0..20).map(move |step| json!({"name": "stepped", "kind": "usage", "user_id": user, "properties": {"step": step}}))
}

/// 2026-05-01T09:30:00.250Z.
const PAID_AT: i64 = 1_777_627_800_250_000;

/// The survey's answers: of the first question the one given first and its revision.
fn answers(base: &Value) -> [Value; 3] {
    let base = with(base, &json!({"survey_id": "s1", "source": "posthog"}));
    let score = json!({"event_id": "sub-1:q1", "kind": "nps", "scale_min": 0.0, "scale_max": 10.0,
                       "question": "Would you recommend us?"});
    let score = with(&base, &score);
    [
        with(&score, &json!({"score": 6.0})),
        with(&score, &json!({"score": 9.0})),
        with(
            &base,
            &json!({"event_id": "sub-1:q2", "kind": "comment", "text": "fast", "score": null}),
        ),
    ]
}

fn check_python(found: &Value) {
    let sdk = json!({"sdk_name": "posthog-python", "sdk_version": "7.91.1", "release": "4.2.0"});
    let u1 = with(&sdk, &json!({"user_id": "u1", "anonymous_id": null}));
    let u2 = with(&sdk, &json!({"user_id": "u2", "anonymous_id": null}));
    let usage = |base: &Value, more: Value| with(&with(base, &json!({"kind": "usage"})), &more);
    let mut expected = vec![
        usage(
            &u1,
            json!({"name": "paid", "event_id": "01a204f0-9172-758d-adc7-b332dd3a3001",
            "session_id": "se1", "environment": "staging", "client_at": PAID_AT, "platform": "Linux",
            "properties": {"amount": 9.5}}),
        ),
        usage(&sdk, json!({"name": "looked around", "user_id": null})),
        usage(
            &u1,
            json!({"name": "$set", "properties": {"$set": {"plan": "pro"}}}),
        ),
        usage(
            &u1,
            json!({"name": "$set_once", "properties": {"$set_once": {"first": 1}}}),
        ),
        usage(
            &u1,
            json!({"name": "$groupidentify", "properties": {"$group_key": "acme"}}),
        ),
        with(
            &sdk,
            &json!({"name": "$create_alias", "kind": "identify", "user_id": "u1", "anonymous_id": "anon-1"}),
        ),
        with(
            &u1,
            &json!({"name": "$exception", "kind": "error", "level": "error", "handled": true}),
        ),
        usage(&u1, json!({"name": "survey shown"})),
        usage(
            &u2,
            json!({"name": "$pageview", "properties": {"$current_url": "https://a/b"}}),
        ),
        with(
            &sdk,
            &json!({"name": "$identify", "kind": "identify", "user_id": "u2", "anonymous_id": "anon-2"}),
        ),
    ];
    expected.extend(stepped("u2"));
    check("events", found, &expected);
    check("feedback", found, &answers(&u1));
    no_id_twice(found);
    let error = rows(found, "events")
        .into_iter()
        .find(|row| row["kind"] == "error")
        .unwrap();
    assert!(error["fingerprint"].as_str().unwrap().starts_with("v1:"));
}

#[test]
fn python_sends_its_whole_repertoire() {
    let Some(found) = python_with_release().and_then(sent) else {
        return;
    };
    check_python(&found);
}

#[test]
fn python_sends_its_whole_repertoire_by_the_newer_protocol() {
    let Some(mut sdk) = python_with_release() else {
        return;
    };
    sdk.env("POSTHOG_CAPTURE_MODE", "v1");
    let Some(found) = sent(sdk) else { return };
    check_python(&found);
}

#[test]
fn node_sends_its_whole_repertoire() {
    let Some(found) = node_sdk("posthog_node.mjs", "posthog-node").and_then(sent) else {
        return;
    };
    let sdk = json!({"sdk_name": "posthog-node", "sdk_version": "5.70.0"});
    let u1 = with(&sdk, &json!({"user_id": "u1", "anonymous_id": null}));
    let u2 = with(&sdk, &json!({"user_id": "u2", "anonymous_id": null}));
    let usage = |base: &Value, more: Value| with(&with(base, &json!({"kind": "usage"})), &more);
    let mut expected = vec![
        usage(
            &u1,
            json!({"name": "paid", "event_id": "01a204f0-9172-758d-adc7-b332dd3a3001",
            "session_id": "se1", "environment": "staging", "release": "4.2.0",
            "client_at": PAID_AT, "properties": {"amount": 9.5}}),
        ),
        with(
            &sdk,
            &json!({"name": "$identify", "kind": "identify", "user_id": "u1", "anonymous_id": "anon-1",
            "properties": {"$set": {"plan": "pro"}}}),
        ),
        with(
            &sdk,
            &json!({"name": "$create_alias", "kind": "identify", "user_id": "u1", "anonymous_id": "anon-3"}),
        ),
        usage(
            &u1,
            json!({"name": "$groupidentify", "properties": {"$group_key": "acme"}}),
        ),
        with(
            &u1,
            &json!({"name": "$exception", "kind": "error", "level": "error", "handled": true}),
        ),
        usage(&u1, json!({"name": "survey shown"})),
        usage(
            &u2,
            json!({"name": "$pageview", "properties": {"$current_url": "https://a/b"}}),
        ),
    ];
    expected.extend(stepped("u2"));
    check("events", &found, &expected);
    check("feedback", &found, &answers(&u1));
    no_id_twice(&found);
}

#[test]
fn browser_sends_its_whole_repertoire() {
    let Some(found) = node_sdk("posthog_browser.mjs", "posthog-node").and_then(sent) else {
        return;
    };
    let first = rows(&found, "events")
        .into_iter()
        .find(|row| row["name"] == "looked around");
    let device = first.unwrap()["anonymous_id"].clone();
    assert!(device.is_string());
    let sdk = json!({"sdk_name": "web", "sdk_version": "1.449.2", "platform": "Linux"});
    let app = with(&sdk, &json!({"release": "4.2.0", "environment": "staging"}));
    let nobody = with(
        &sdk,
        &json!({"user_id": null, "anonymous_id": device, "kind": "usage"}),
    );
    let u1 = with(&app, &json!({"user_id": "u1", "anonymous_id": device}));
    let usage = |more: Value| with(&with(&u1, &json!({"kind": "usage"})), &more);
    let mut expected = vec![
        with(&nobody, &json!({"name": "$pageview"})),
        with(
            &nobody,
            &json!({"name": "looked around", "release": "4.2.0", "environment": "staging"}),
        ),
        with(
            &u1,
            &json!({"name": "$identify", "kind": "identify", "properties": {"$set": {"plan": "pro"}, "$set_once": {"first": 1}}}),
        ),
        usage(json!({"name": "paid", "properties": {"amount": 9.5}})),
        usage(json!({"name": "$groupidentify", "properties": {"$group_key": "acme"}})),
        usage(json!({"name": "$set", "properties": {"$set": {"plan": "team"}}})),
        with(
            &app,
            &json!({"name": "$create_alias", "kind": "identify", "user_id": "u1", "anonymous_id": "u1-too"}),
        ),
        with(
            &u1,
            &json!({"name": "$exception", "kind": "error", "level": "error", "handled": true}),
        ),
        usage(json!({"name": "survey shown"})),
        usage(json!({"name": "left"})),
        usage(json!({"name": "$pageleave"})),
    ];
    expected.extend(stepped("u1"));
    check("events", &found, &expected);
    check("feedback", &found, &answers(&u1));
    no_id_twice(&found);
    for row in rows(&found, "events") {
        assert!(row["session_id"].is_string(), "{row}");
        for gone in ["token", "distinct_id", "$device_id"] {
            assert!(row["properties"].get(gone).is_none(), "{gone}: {row}");
        }
        let lag = row["occurred_at"].as_i64().unwrap() - row["client_at"].as_i64().unwrap();
        assert!(lag.abs() < 5_000_000, "{row}");
    }
}

#[test]
fn recorded_requests_are_taken_and_each_event_is_there_once() {
    let Some(recorded) = shared("sdk-requests.jsonl") else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let (agent, key) = (agent(), server.key("send"));
    let mut sent = BTreeSet::new();
    let recorded = std::fs::read_to_string(recorded).unwrap();
    for line in recorded.lines() {
        let request: Value = serde_json::from_str(line).unwrap();
        let text = |name: &str| request[name].as_str().unwrap_or_default();
        let is_event = text("path").starts_with("/e/") && text("method") == "POST";
        if !text("sdk").starts_with("posthog") || !is_event {
            continue;
        }
        let url = [&server.url, text("path")].concat();
        let bytes = from_base64(text("raw_b64"));
        let (status, answer) = post_by(&agent, &url, &key, &bytes);
        assert_eq!(
            (status, &answer),
            (200, &json!({"status": 1})),
            "{}",
            text("path")
        );
        let body: Value = serde_json::from_str(text("body")).unwrap_or_default();
        let uuids = body["batch"].as_array().into_iter().flatten();
        sent.extend(uuids.map(|event| event["uuid"].as_str().unwrap().to_owned()));
    }
    server.flush();
    assert!(!sent.is_empty(), "nothing was recorded");
    let Some(found) = python("sdk_rows.py", &[path(folder.path())]) else {
        return;
    };
    let kept = rows(&found, "events")
        .into_iter()
        .chain(rows(&found, "feedback"));
    let ids: Vec<String> = kept
        .map(|row| row["event_id"].as_str().unwrap()[..36].to_owned())
        .collect();
    for uuid in &sent {
        assert_eq!(ids.iter().filter(|id| *id == uuid).count(), 1, "{uuid}");
    }
    for row in rows(&found, "events") {
        assert_eq!(row["sdk_name"], "web", "{row}");
        assert!(row["user_id"].is_string() || row["anonymous_id"].is_string());
    }
    server.stop();
}
