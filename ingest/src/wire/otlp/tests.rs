//! Logs as exporters send them, in both encodings, and as nobody should.

use lake::{Event, EventKind, EventLimits, Micros, SessionStatus};
use prost::Message as _;
use serde_json::{Value, json};

use super::data::{KeyValue, Resource, Scope};
use super::value::{AnyValue, Value as Of};
use super::*;

const RECEIVED_AT: Micros = 1_777_627_800_000_000;

fn context() -> Context {
    Context {
        received_at: RECEIVED_AT,
        event_bytes_max: 100_000,
        batch_events_max: 10,
        limits: EventLimits::default(),
    }
}

/// Attributes in JSON from names and texts.
fn attributes(pairs: &[(&str, &str)]) -> Value {
    let one = |(key, text): &(&str, &str)| json!({"key": key, "value": {"stringValue": text}});
    pairs.iter().map(one).collect()
}

fn request(resource: &[(&str, &str)], records: &[Value]) -> String {
    json!({"resourceLogs": [{
        "resource": {"attributes": attributes(resource)},
        "scopeLogs": [{"scope": {"name": "lib", "version": "0.1"}, "logRecords": records}],
    }]})
    .to_string()
}

fn logs(body: &[u8], encoding: Encoding) -> Logs {
    read(body, encoding, &context()).unwrap()
}

fn one(resource: &[(&str, &str)], record: Value) -> Event<'static> {
    let mut logs = logs(request(resource, &[record]).as_bytes(), Encoding::Json);
    match logs.records.remove(0) {
        Record::Event(event) => event,
        other => panic!("{other:?}"),
    }
}

fn properties(event: &Event<'_>) -> Value {
    event
        .properties
        .as_deref()
        .map_or(Value::Null, |text| serde_json::from_str(text).unwrap())
}

fn reasons(logs: &Logs) -> Vec<Option<(String, RefusalReason)>> {
    let reason = |record: &Record<'_>| match record {
        Record::Refused(refused) => Some((refused.refusal.field.clone(), refused.refusal.reason)),
        _ => None,
    };
    logs.records.iter().map(reason).collect()
}

const PHONE: [(&str, &str); 9] = [
    ("service.name", "shop"),
    ("service.version", "4.2.0"),
    ("deployment.environment.name", "staging"),
    ("deployment.environment", "older"),
    ("telemetry.sdk.name", "opentelemetry"),
    ("telemetry.sdk.version", "1.45.2"),
    ("os.type", "linux"),
    ("os.name", "Android"),
    ("device.model.name", "Pixel"),
];

#[test]
fn event_has_every_field_in_its_place() {
    let found = one(
        &PHONE,
        json!({
            "timeUnixNano": "1777627799123456789", "observedTimeUnixNano": 5, "severityNumber": 9,
            "eventName": "feature.used", "traceId": "0AF7651916CD43DD8448EB211C80319C",
            "spanId": "", "body": {"kvlistValue": {"values": [{"key": "n", "value": {"intValue": 3}}]}},
            "attributes": [
                {"key": "user.id", "value": {"stringValue": "u1"}},
                {"key": "session.id", "value": {"intValue": "77"}},
                {"key": "app.installation.id", "value": {"stringValue": "i1"}},
                {"key": "big", "value": {"intValue": "9007199254740993"}},
                {"key": "share", "value": {"doubleValue": 0.5}},
                {"key": "none", "value": {}},
                {"key": "list", "value": {"arrayValue": {"values": [{"boolValue": true}, {"bytesValue": "Zm8="}]}}},
                {"key": "nan", "value": {"doubleValue": "NaN"}},
                {"key": "client.address", "value": {"stringValue": "203.0.113.9"}},
            ],
        }),
    );
    assert_eq!(
        (found.kind, &*found.name),
        (EventKind::Usage, "feature.used")
    );
    let origin = &found.origin;
    let fields = [
        &origin.user_id,
        &origin.anonymous_id,
        &origin.session_id,
        &origin.release,
        &origin.platform,
        &origin.sdk_name,
        &origin.sdk_version,
        &found.level,
    ];
    let fields = fields.map(|field| field.as_deref().unwrap_or("-"));
    let expected = [
        "u1",
        "i1",
        "77",
        "4.2.0",
        "android",
        "opentelemetry",
        "1.45.2",
        "-",
    ];
    assert_eq!(fields, expected);
    assert_eq!(&*origin.environment, "staging");
    assert_eq!(found.times.client_at, Some(1_777_627_799_123_456));
    let rest = json!({
        "service.name": "shop", "resource": {"device.model.name": "Pixel"},
        "scope": {"name": "lib", "version": "0.1"}, "body": {"n": 3},
        "trace_id": "0af7651916cd43dd8448eb211c80319c", "big": 9_007_199_254_740_993_i64,
        "share": 0.5, "none": null, "list": [true, "666f"], "nan": "NaN", "$ip": "203.0.113.9",
    });
    assert_eq!(properties(&found), rest);
}

/// What one record became, in a line.
fn became(record: &Value) -> String {
    let found = logs(
        request(&[], std::slice::from_ref(record)).as_bytes(),
        Encoding::Json,
    );
    let event = match &found.records[..] {
        [] => return format!("{} declined", found.declined),
        [Record::Event(event)] => event,
        other => panic!("{other:?}"),
    };
    let session = event.session.as_ref().map(|session| session.status);
    let parts = [
        event.kind.as_str(),
        &event.name,
        event.level.as_deref().unwrap_or("-"),
        event
            .handled
            .map_or("-", |handled| if handled { "handled" } else { "unhandled" }),
        session.map_or("-", SessionStatus::as_str),
        event.fingerprint.as_deref().map_or("-", |text| &text[..3]),
    ];
    parts.join(" ")
}

#[test]
fn errors_are_told_from_events_sessions_and_lines() {
    let with = attributes;
    let escaped = json!([
        {"key": "exception.type", "value": {"stringValue": "E"}},
        {"key": "exception.escaped", "value": {"boolValue": true}},
    ]);
    let session = with(&[("session.id", "s")]);
    for (record, expected) in [
        (
            json!({"body": {"stringValue": "hello"}, "severityNumber": 16}),
            "1 declined",
        ),
        (json!({}), "1 declined"),
        (
            json!({"attributes": with(&[("event.name", "older")])}),
            "usage older - - - -",
        ),
        (
            json!({"eventName": "e", "attributes": with(&[("event.name", "older")])}),
            "usage e - - - -",
        ),
        (
            json!({"severityNumber": 17}),
            "error error error handled - -",
        ),
        (
            json!({"severityNumber": "21", "eventName": "e"}),
            "error e fatal handled - -",
        ),
        (
            json!({"attributes": with(&[("exception.message", "m")])}),
            "error error error handled - -",
        ),
        (
            json!({"severityNumber": 13, "attributes": with(&[("exception.type", "E")])}),
            "error E warning handled - v1:",
        ),
        (
            json!({"attributes": escaped}),
            "error E error unhandled - v1:",
        ),
        (
            json!({"eventName": "device.crash"}),
            "error device.crash fatal unhandled - -",
        ),
        (
            json!({"eventName": "session.start", "attributes": session}),
            "session session.start - - ok -",
        ),
        (
            json!({"eventName": "session.end", "attributes": session}),
            "session session.end - - exited -",
        ),
        (
            json!({"eventName": "session.end"}),
            "usage session.end - - - -",
        ),
    ] {
        assert_eq!(became(&record), expected, "{record}");
    }
}

#[test]
fn equal_errors_of_two_machines_and_releases_have_one_fingerprint() {
    let of = |stack: &str| {
        let pairs = [
            ("exception.type", "KeyError"),
            ("exception.stacktrace", stack),
        ];
        let found = one(&[], json!({"attributes": attributes(&pairs)}));
        found.fingerprint.unwrap().to_string()
    };
    let here = of("  File \"/srv/a/cart.py\", line 7, in pay\nKeyError: 'x'");
    assert_eq!(
        here,
        of("  File \"/opt/b/cart.py\", line 9, in pay\nKeyError: 'y'")
    );
    assert_ne!(
        here,
        of("  File \"/srv/a/cart.py\", line 7, in refund\nKeyError: 'x'")
    );
}

#[test]
fn a_retry_has_the_same_id_and_any_change_another() {
    let id = |resource: &[(&str, &str)], record: Value| one(resource, record).event_id.to_string();
    let record = json!({"eventName": "e", "timeUnixNano": "1777627799000000000"});
    let first = id(&[], record.clone());
    assert!(first.starts_with("otlp-") && first.len() == 37, "{first}");
    assert_eq!(first, id(&[], record.clone()));
    assert_ne!(first, id(&[("service.name", "shop")], record.clone()));
    for (name, value) in [
        ("eventName", json!("f")),
        ("timeUnixNano", json!("1777627799000000001")),
        ("body", json!({"stringValue": "x"})),
        ("attributes", attributes(&[("a", "b")])),
    ] {
        let mut other = record.clone();
        other[name] = value;
        assert_ne!(first, id(&[], other), "{name}");
    }
    let given = [("log.record.uid", "uid"), ("event.id", "own")];
    let named = |pairs: &[(&str, &str)]| {
        id(
            &[],
            json!({"eventName": "e", "attributes": attributes(pairs)}),
        )
    };
    assert_eq!(
        (named(&given), named(&given[..1])),
        ("own".to_owned(), "uid".to_owned())
    );
}

fn pair(key: &str, text: &str) -> KeyValue {
    let value = Some(Of::Text(text.to_owned()));
    KeyValue {
        key: key.to_owned(),
        value: Some(AnyValue { value }),
    }
}

/// A field of a message in protobuf.
fn field(number: u8, bytes: &[u8]) -> Vec<u8> {
    let mut field = vec![number << 3 | 2];
    prost::encode_length_delimiter(bytes.len(), &mut field).unwrap();
    field.extend_from_slice(bytes);
    field
}

/// A request in protobuf around records as they are.
fn wrapped(records: &[Vec<u8>]) -> Vec<u8> {
    let resource = Resource {
        attributes: vec![pair("service.version", "1.2.3")],
    };
    let scope = Scope {
        name: "lib".to_owned(),
        version: String::new(),
    };
    let mut scope_logs = field(1, &scope.encode_to_vec());
    for record in records {
        scope_logs.extend(field(2, record));
    }
    let resource_logs = [field(1, &resource.encode_to_vec()), field(2, &scope_logs)].concat();
    field(1, &resource_logs)
}

fn log(name: &str) -> Vec<u8> {
    let log = Log {
        time_unix_nano: 1_777_627_799_000_000_000,
        attributes: vec![pair("user.id", "u")],
        event_name: name.to_owned(),
        ..Log::default()
    };
    log.encode_to_vec()
}

#[test]
fn damaged_record_in_protobuf_is_refused_alone() {
    let good = log("e");
    let invalid_text = [field(12, b"\xff\xfe"), field(6, b"")].concat();
    let wrong_type = vec![12 << 3, 7];
    let cut = good[..good.len() - 1].to_vec();
    let mut deep = field(1, b"x");
    for _ in 0..1_000 {
        deep = field(5, &field(1, &deep));
    }
    let deep = field(5, &deep);
    for bad in [invalid_text, wrong_type, cut, deep, b"\xff".repeat(30)] {
        let found = logs(
            &wrapped(&[good.clone(), bad.clone(), good.clone()]),
            Encoding::Protobuf,
        );
        let unreadable = Some((String::new(), RefusalReason::Unreadable));
        assert_eq!(reasons(&found), [None, unreadable, None]);
        let Record::Event(event) = &found.records[0] else {
            panic!("no event")
        };
        assert_eq!(event.origin.release.as_deref(), Some("1.2.3"));
        assert_eq!(event.times.client_at, Some(1_777_627_799_000_000));
        assert_eq!(properties(event), json!({"scope": {"name": "lib"}}));
    }
}

#[test]
fn no_truncation_and_no_flipped_byte_makes_it_panic() {
    let body = wrapped(&[log("e"), log("f")]);
    for at in 0..body.len() {
        drop(read(&body[..at], Encoding::Protobuf, &context()));
        for flip in [1, 0x80, 0xff] {
            let mut flipped = body.clone();
            flipped[at] ^= flip;
            drop(read(&flipped, Encoding::Protobuf, &context()));
        }
    }
    let body = request(&PHONE, &[json!({"eventName": "é"})]);
    for at in 0..body.len() {
        drop(read(&body.as_bytes()[..at], Encoding::Json, &context()));
    }
}

#[test]
fn bad_record_in_json_is_refused_alone_with_its_bytes() {
    let good = r#"{"eventName":"e"}"#;
    let deep = format!(
        "{{\"eventName\":\"e\",\"body\":{}{}}}",
        "{\"arrayValue\":{\"values\":[".repeat(1_000),
        "]}}".repeat(1_000)
    );
    let many = format!(
        "{{\"eventName\":\"e\",\"attributes\":[{}]}}",
        vec!["{\"key\":\"k\"}"; 400].join(",")
    );
    let large = format!("{{\"eventName\":\"{}\"}}", "e".repeat(100_000));
    let refused = |field: &str, reason| Some((field.to_owned(), reason));
    for (bad, expected) in [
        (deep.as_str(), refused("", RefusalReason::Unreadable)),
        ("7", refused("", RefusalReason::Unreadable)),
        (r#"{"eventName":7}"#, refused("", RefusalReason::Unreadable)),
        (
            r#"{"timeUnixNano":-1}"#,
            refused("", RefusalReason::Unreadable),
        ),
        (
            r#"{"timeUnixNano":"99999999999999999999999"}"#,
            refused("", RefusalReason::Unreadable),
        ),
        (
            r#"{"traceId":"xyz"}"#,
            refused("", RefusalReason::Unreadable),
        ),
        (
            r#"{"attributes":{}}"#,
            refused("", RefusalReason::Unreadable),
        ),
        (
            r#"{"body":{"bytesValue":"***"}}"#,
            refused("", RefusalReason::Unreadable),
        ),
        (
            r#"{"eventName":"\udead"}"#,
            refused("", RefusalReason::Unreadable),
        ),
        (
            r#"{"eventName":"e","attributes":[{"key":"user.id","value":{"arrayValue":{}}}]}"#,
            refused("user_id", RefusalReason::WrongType),
        ),
        (
            many.as_str(),
            refused("properties", RefusalReason::TooLarge),
        ),
        (large.as_str(), refused("", RefusalReason::TooLarge)),
    ] {
        let body = format!(
            "{{\"resourceLogs\":[{{\"scopeLogs\":[{{\"logRecords\":[{good},{bad},{good}]}}]}}]}}"
        );
        let found = logs(body.as_bytes(), Encoding::Json);
        assert_eq!(reasons(&found), [None, expected, None], "{bad:.80}");
        let Record::Refused(kept) = &found.records[1] else {
            panic!("not refused")
        };
        assert_eq!(kept.raw_bytes(), &bad.as_bytes()[..bad.len().min(100_000)]);
    }
    let odd = json!({"eventName": "e", "attributes": [
        {"key": "a", "value": {"stringValue": "1"}}, {"key": "a", "value": {"stringValue": "2"}},
    ], "body": null, "droppedAttributesCount": 1, "unknown": {}});
    assert_eq!(properties(&one(&[], odd))["a"], "2");
}

#[test]
fn large_resource_is_not_repeated_in_each_record() {
    let many: Vec<(String, String)> = (0..200)
        .map(|n| (format!("process.argument.{n}"), "x".repeat(50)))
        .collect();
    let many: Vec<(&str, &str)> = many.iter().map(|(k, v)| (&**k, &**v)).collect();
    let found = properties(&one(&many, json!({"eventName": "e"})));
    let kept = found["resource"].as_object().unwrap().len();
    assert!((40..60).contains(&kept), "{kept}");
    let huge = "x".repeat(100_000);
    let found = logs(
        request(
            &[("service.name", &huge)],
            &[json!({"eventName": "e"}), json!({})],
        )
        .as_bytes(),
        Encoding::Json,
    );
    let too_large = Some(("resource".to_owned(), RefusalReason::TooLarge));
    assert_eq!(reasons(&found), [too_large.clone(), too_large]);
}

#[test]
fn unreadable_part_sinks_its_own_records_alone() {
    let good = r#"{"scopeLogs":[{"logRecords":[{"eventName":"e"}]}]}"#;
    let bad_resource =
        r#"{"resource":7,"scopeLogs":[{"logRecords":[{"eventName":"e"},{"eventName":"f"}]}]}"#;
    for (bad, refused) in [
        (bad_resource, 2),
        ("7", 1),
        (r#"{"scopeLogs":{}}"#, 1),
        (r#"{"scopeLogs":[7]}"#, 1),
    ] {
        let body = format!("{{\"resourceLogs\":[{good},{bad},{good}]}}");
        let found = logs(body.as_bytes(), Encoding::Json);
        let reasons = reasons(&found);
        assert_eq!(
            reasons.iter().filter(|reason| reason.is_some()).count(),
            refused,
            "{bad}"
        );
        assert_eq!(reasons.len(), refused + 2);
    }
    let part = wrapped(&[log("e")]);
    let body = [part.clone(), field(1, b"\x0a\x7f"), part].concat();
    assert_eq!(logs(&body, Encoding::Protobuf).records.len(), 3);
}

#[test]
fn body_that_is_no_request_is_refused_as_a_whole() {
    let refused = |body: &[u8], encoding| read(body, encoding, &context()).unwrap_err().error;
    for body in [
        &b""[..],
        b"[]",
        b"{",
        b"7",
        b"{\"resourceLogs\":7}",
        b"\x0a\x00",
    ] {
        assert_eq!(refused(body, Encoding::Json), "unreadable");
    }
    for body in [
        &b"{}"[..],
        b"\x0a\x05ab",
        b"\xff",
        b"\x0b",
        b"\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01",
    ] {
        assert_eq!(refused(body, Encoding::Protobuf), "unreadable", "{body:?}");
    }
    assert!(logs(b"", Encoding::Protobuf).records.is_empty());
    assert!(logs(b"{}", Encoding::Json).records.is_empty());
    assert_eq!(
        refused(&wrapped(&vec![Vec::new(); 11]), Encoding::Protobuf),
        "too_many_events"
    );
    let many = request(&[], &vec![json!({}); 11]);
    assert_eq!(refused(many.as_bytes(), Encoding::Json), "too_many_events");
    // Millions of nothing take no memory.
    let nothing = b"\x0a\x00".repeat(1_000_000);
    assert!(logs(&nothing, Encoding::Protobuf).records.is_empty());
}

#[test]
fn encoding_is_told_by_the_header_and_else_by_the_body() {
    let declared = Encoding::declared;
    assert_eq!(
        declared("application/json; charset=utf-8"),
        Some(Encoding::Json)
    );
    assert_eq!(declared("Application/X-Protobuf"), Some(Encoding::Protobuf));
    assert_eq!(declared("text/plain"), None);
    assert_eq!(Encoding::told_by(b" {\"resourceLogs\":[]}"), Encoding::Json);
    assert_eq!(
        Encoding::told_by(&wrapped(&[vec![0; 90]])),
        Encoding::Protobuf
    );
    assert_eq!(Encoding::told_by(b""), Encoding::Protobuf);
}
