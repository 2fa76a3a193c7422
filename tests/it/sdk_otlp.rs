//! OpenTelemetry's SDKs of Python (protobuf) and Node (JSON).

use serde_json::{Value, json};

use crate::sdk::{check_events, node_sdk, python_sdk, rows, sent, with};

/// 2026-05-01T09:30:00.250Z.
const PAID_AT: i64 = 1_777_627_800_250_000;

fn check(found: &Value, version: &str, error: &Value) {
    let app = json!({"release": "4.2.0", "environment": "staging", "platform": "linux",
                     "sdk_name": "opentelemetry", "sdk_version": version, "kind": "usage",
                     "properties": {"service.name": "shop"}});
    let of = |row: Value| {
        let mut row = with(&app, &row);
        row["properties"]["service.name"] = json!("shop");
        row
    };
    let mut expected = vec![
        of(
            json!({"name": "paid", "event_id": "paid-1", "user_id": "u1", "session_id": "s1",
                  "client_at": PAID_AT, "occurred_at": PAID_AT,
                  "properties": {"amount": 9.5, "body": {"currency": "CHF"},
                                 "scope": {"name": "shop.cart", "version": "0.1"}}}),
        ),
        of(
            json!({"name": "looked around", "user_id": null, "anonymous_id": "anon-1",
                  "properties": {"list": [1, 2], "is_new": true}}),
        ),
        of(
            json!({"name": "session.start", "kind": "session", "session_status": "ok",
                  "session_id": "s1", "properties": {}}),
        ),
        of(
            json!({"name": "named as before", "user_id": null, "anonymous_id": null,
                  "properties": {}}),
        ),
        of(with(
            &json!({"kind": "error", "handled": true, "level": "error",
                    "properties": {"body": "it failed"}}),
            error,
        )),
    ];
    expected.extend(
        (0..20).map(|step| {
            of(json!({"name": "stepped", "user_id": "u2", "properties": {"step": step}}))
        }),
    );
    check_events("otlp", found, &expected);
    for row in rows(found, "events") {
        let id = row["event_id"].as_str().unwrap();
        assert!(id == "paid-1" || id.starts_with("otlp-"), "{row}");
        let is_grouped = row["fingerprint"]
            .as_str()
            .is_some_and(|text| text.starts_with("v1:"));
        assert_eq!(is_grouped, row["kind"] == "error", "{row}");
        for gone in [
            "user.id",
            "session.id",
            "enduser.pseudo.id",
            "event.id",
            "event.name",
        ] {
            assert!(row["properties"].get(gone).is_none(), "{gone}: {row}");
        }
    }
}

#[test]
fn python_sends_its_whole_repertoire() {
    let sdk = python_sdk("otlp_python.py", "opentelemetry.exporter.otlp.proto.http");
    let Some(found) = sdk.and_then(sent) else {
        return;
    };
    check(&found, "1.45.2", &json!({"name": "ValueError"}));
}

#[test]
fn node_sends_its_whole_repertoire() {
    let sdk = node_sdk("otlp_node.mjs", "@opentelemetry/exporter-logs-otlp-http");
    let Some(found) = sdk.and_then(sent) else {
        return;
    };
    check(&found, "2.12.1", &json!({"name": "TypeError"}));
}
