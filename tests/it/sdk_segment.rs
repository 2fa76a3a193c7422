//! Segment's SDKs of Python, Node and browsers and RudderStack's of Python.

use serde_json::{Value, json};

use crate::sdk::{check_events, node_sdk, python_sdk, rows, sent, with};

/// 2026-05-01T09:30:00.250Z.
const PAID_AT: i64 = 1_777_627_800_250_000;

fn stepped(base: &Value) -> impl Iterator<Item = Value> {
    (0..20).map(move |step| {
        let row = json!({"name": "Stepped", "kind": "usage", "properties": {"step": step}});
        with(base, &row)
    })
}

/// What the SDKs of servers send.
fn of_server(sdk: &Value) -> Vec<Value> {
    let app = json!({"release": "4.2.0", "build": "381", "locale": "de-CH", "platform": null,
                     "session_id": null});
    let app = with(sdk, &app);
    let u1 = with(
        &app,
        &json!({"user_id": "u1", "anonymous_id": null, "kind": "usage"}),
    );
    let mut expected = vec![
        with(
            &u1,
            &json!({"name": "identify", "kind": "identify", "anonymous_id": "anon-1",
                    "properties": {"plan": "pro"}}),
        ),
        with(
            &u1,
            &json!({"name": "Paid", "event_id": "paid-1", "client_at": PAID_AT,
                    "environment": "staging", "properties": {"amount": 9.5}}),
        ),
        with(
            &u1,
            &json!({"name": "page_viewed", "environment": "production",
                    "properties": {"url": "/", "name": "Home", "category": "docs"}}),
        ),
        with(
            &u1,
            &json!({"name": "screen_viewed",
                    "properties": {"items": 2, "name": "Cart", "category": "main"}}),
        ),
        with(
            &u1,
            &json!({"name": "group_identified",
                    "properties": {"groupId": "acme", "traits": {"seats": 5}}}),
        ),
        with(
            &u1,
            &json!({"name": "alias", "kind": "identify", "anonymous_id": "anon-2"}),
        ),
        with(
            sdk,
            &json!({"name": "Looked around", "kind": "usage", "user_id": null,
                    "anonymous_id": "anon-3", "platform": "ios", "release": null}),
        ),
    ];
    expected.extend(stepped(&with(&u1, &json!({"user_id": "u2"}))));
    expected
}

/// The clocks of SDK and server are one, so that nothing is shifted.
fn instants_are_the_clients(found: &Value) {
    for row in rows(found, "events") {
        let shift = row["occurred_at"].as_i64().unwrap() - row["client_at"].as_i64().unwrap();
        assert!(row["sent_at"].is_i64() && shift.abs() < 5_000_000, "{row}");
        assert!(row["properties"].get("$user_agent").is_none(), "{row}");
    }
}

#[test]
fn python_sends_its_whole_repertoire() {
    let Some(mut sdk) = python_sdk("segment_python.py", "segment.analytics") else {
        return;
    };
    sdk.arg("segment");
    let Some(found) = sent(sdk) else { return };
    let sdk = json!({"sdk_name": "analytics-python", "sdk_version": "2.4.0"});
    check_events("segment", &found, &of_server(&sdk));
    instants_are_the_clients(&found);
}

#[test]
fn python_of_rudderstack_sends_its_whole_repertoire() {
    let Some(mut sdk) = python_sdk("segment_python.py", "rudderstack.analytics") else {
        return;
    };
    sdk.arg("rudder");
    let Some(found) = sent(sdk) else { return };
    let names = json!({"sdk_version": "2.1.9"});
    check_events("segment", &found, &of_server(&names));
    instants_are_the_clients(&found);
}

#[test]
fn node_sends_its_whole_repertoire() {
    let sdk = node_sdk("segment_node.mjs", "@segment/analytics-node");
    let Some(found) = sdk.and_then(sent) else {
        return;
    };
    let sdk = json!({"sdk_name": "@segment/analytics-node", "sdk_version": "3.1.0"});
    check_events("segment", &found, &of_server(&sdk));
    instants_are_the_clients(&found);
}

fn check_browser(found: &Value) {
    let events = rows(found, "events");
    let looked = events.iter().find(|row| row["name"] == "Looked around");
    let device = looked.unwrap()["anonymous_id"].clone();
    assert!(device.is_string());
    let sdk = json!({"sdk_name": "analytics.js", "sdk_version": "next-1.84.3",
                     "platform": "web", "locale": "en-US", "release": "4.2.0", "build": "381"});
    let nobody = with(
        &sdk,
        &json!({"user_id": null, "anonymous_id": device, "kind": "usage"}),
    );
    let u1 = with(&nobody, &json!({"user_id": "u1"}));
    let mut expected = vec![
        with(
            &nobody,
            &json!({"name": "page_viewed", "properties": {"url": "/", "name": "Home",
                    "category": "docs", "title": "shop"}}),
        ),
        with(&nobody, &json!({"name": "Looked around"})),
        with(
            &u1,
            &json!({"name": "identify", "kind": "identify", "properties": {"plan": "pro"}}),
        ),
        with(
            &u1,
            &json!({"name": "Paid", "environment": "staging", "properties": {"amount": 9.5}}),
        ),
        with(
            &u1,
            &json!({"name": "screen_viewed", "properties": {"items": 2, "name": "Cart"}}),
        ),
        with(
            &u1,
            &json!({"name": "group_identified", "properties": {"groupId": "acme", "traits": {"seats": 5}}}),
        ),
        with(
            &u1,
            &json!({"name": "alias", "kind": "identify", "anonymous_id": "anon-2"}),
        ),
    ];
    expected.extend(stepped(&u1));
    check_events("segment", found, &expected);
    instants_are_the_clients(found);
}

#[test]
fn browser_sends_its_whole_repertoire() {
    let sdk = node_sdk("segment_browser.mjs", "@segment/analytics-next");
    let Some(found) = sdk.and_then(sent) else {
        return;
    };
    check_browser(&found);
}

#[test]
fn browser_sends_its_whole_repertoire_in_batches() {
    let Some(mut sdk) = node_sdk("segment_browser.mjs", "@segment/analytics-next") else {
        return;
    };
    sdk.env("DELIVERY", "batching");
    let Some(found) = sent(sdk) else { return };
    check_browser(&found);
}
