//! Messages as SDKs send them, and as nobody should.

use lake::{Event, EventKind, EventLimits, Micros};
use serde_json::{Value, json};

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

fn read_as<'a>(body: &'a [u8], around: &Around<'_>) -> Vec<Record<'a>> {
    read(body, around, &context()).unwrap().records
}

fn event_as(message: &Value, around: &Around<'_>) -> Event<'static> {
    let body = message.to_string().into_bytes();
    let mut records = read_as(&body, around);
    assert_eq!(records.len(), 1);
    match records.remove(0).into_owned() {
        Record::Event(event) => event,
        other => panic!("{other:?}"),
    }
}

fn event(message: &Value) -> Event<'static> {
    event_as(message, &Around::default())
}

fn properties(event: &Event<'_>) -> Value {
    event
        .properties
        .as_deref()
        .map_or(Value::Null, |text| serde_json::from_str(text).unwrap())
}

fn reasons(records: &[Record<'_>]) -> Vec<Option<(String, RefusalReason)>> {
    let reason = |record: &Record<'_>| match record {
        Record::Refused(refused) => Some((refused.refusal.field.clone(), refused.refusal.reason)),
        _ => None,
    };
    records.iter().map(reason).collect()
}

#[test]
fn track_of_a_phone_has_every_field_in_its_place() {
    let found = event(&json!({
        "type": "track", "messageId": "m1", "userId": "u", "anonymousId": "a", "event": "Paid",
        "timestamp": "2026-05-01T09:00:00.500Z", "sentAt": "2026-05-01T09:00:10Z",
        "properties": {"amount": 7, "environment": "staging"},
        "context": {
            "app": {"version": "4.2.0", "build": 381, "name": "Shop"},
            "os": {"name": "iOS", "version": "19"}, "locale": "de-CH", "sessionId": 1777,
            "library": {"name": "analytics-swift", "version": "1.5"}, "ip": "203.0.113.9",
            "timezone": "UTC",
        },
        "integrations": {"All": true},
    }));
    assert_eq!(
        (found.kind, &*found.name, &*found.event_id),
        (EventKind::Usage, "Paid", "m1")
    );
    let origin = &found.origin;
    let fields = [
        &origin.user_id,
        &origin.anonymous_id,
        &origin.session_id,
        &origin.release,
        &origin.build,
        &origin.platform,
        &origin.locale,
        &origin.sdk_name,
        &origin.sdk_version,
    ];
    let fields = fields.map(|field| field.as_deref().unwrap_or("-"));
    let expected = [
        "u",
        "a",
        "1777",
        "4.2.0",
        "381",
        "ios",
        "de-CH",
        "analytics-swift",
        "1.5",
    ];
    assert_eq!(fields, expected);
    assert_eq!(&*origin.environment, "staging");
    assert_eq!(found.times.client_at, Some(1_777_626_000_500_000));
    // The client sent it 9.5 seconds after it happened.
    assert_eq!(found.times.occurred_at, RECEIVED_AT - 9_500_000);
    let rest = json!({
        "amount": 7, "environment": "staging", "$ip": "203.0.113.9",
        "context": {
            "app": {"version": "4.2.0", "build": 381, "name": "Shop"},
            "os": {"name": "iOS", "version": "19"}, "timezone": "UTC",
        },
    });
    assert_eq!(properties(&found), rest);
}

#[test]
fn each_type_becomes_what_the_table_says() {
    let of = |message: Value| {
        let mut message = message;
        message["userId"] = json!("u");
        let found = event(&message);
        let anonymous = found.origin.anonymous_id.as_deref().map(str::to_owned);
        (
            found.kind,
            found.name.to_string(),
            anonymous,
            properties(&found),
        )
    };
    let (usage, identify) = (EventKind::Usage, EventKind::Identify);
    let traits = json!({"plan": "pro"});
    for (message, expected) in [
        (
            json!({"type": "page", "name": "Home", "category": "c", "properties": {"name": "own", "url": "/"}}),
            (
                usage,
                "page_viewed",
                None,
                json!({"name": "own", "url": "/", "category": "c"}),
            ),
        ),
        (
            json!({"type": "screen", "name": "Home", "category": null}),
            (usage, "screen_viewed", None, json!({"name": "Home"})),
        ),
        (
            json!({"type": "group", "groupId": "g", "traits": traits, "anonymousId": "a"}),
            (
                usage,
                "group_identified",
                Some("a"),
                json!({"groupId": "g", "traits": traits}),
            ),
        ),
        (
            json!({"type": "identify", "traits": traits, "anonymousId": null}),
            (identify, "identify", None, traits.clone()),
        ),
        (
            json!({"type": "identify", "context": {"traits": traits, "x": 1}}),
            (
                identify,
                "identify",
                None,
                json!({"plan": "pro", "context": {"x": 1}}),
            ),
        ),
        (
            json!({"type": "alias", "previousId": "p", "anonymousId": "a"}),
            (identify, "alias", Some("p"), Value::Null),
        ),
    ] {
        let (kind, name, anonymous, rest) = expected;
        let expected = (kind, name.to_owned(), anonymous.map(str::to_owned), rest);
        assert_eq!(of(message.clone()), expected, "{message}");
    }
}

#[test]
fn platform_is_what_can_be_known() {
    let of = |message: Value| {
        let mut message = message;
        message["type"] = json!("track");
        message["event"] = json!("e");
        message["userId"] = json!(7);
        let found = event(&message);
        assert_eq!(found.origin.user_id.as_deref(), Some("7"));
        found.origin.platform.as_deref().map(str::to_owned)
    };
    for (message, expected) in [
        (
            json!({"context": {"library": {"name": "analytics-python"}}}),
            None,
        ),
        (
            json!({"context": {"library": {"name": "analytics.js"}, "os": {"name": "Android"}}}),
            Some("web"),
        ),
        (
            json!({"context": {"userAgentData": {"platform": "Android"}}}),
            Some("web"),
        ),
        (
            json!({"context": {"page": {"url": "https://shop.example/"}}}),
            Some("web"),
        ),
        (
            json!({"channel": "web", "context": {"os": {"name": "", "version": ""}}}),
            Some("web"),
        ),
        (
            json!({"channel": "server", "context": {"os": {"name": "Mac OS X"}}}),
            Some("macos"),
        ),
        (
            json!({"context": {"device": {"type": "Android"}}}),
            Some("android"),
        ),
        (json!({"context": {"device": {"type": "tablet"}}}), None),
        (json!({"context": "odd"}), None),
        (
            json!({"context": {"os": ["x"], "device": 7, "page": null, "library": "x"}}),
            None,
        ),
    ] {
        assert_eq!(of(message.clone()).as_deref(), expected, "{message}");
    }
}

#[test]
fn session_key_and_instant_are_found_wherever_sdks_put_them() {
    let body = json!({
        "batch": [
            {"type": "track", "event": "e", "userId": "u", "writeKey": "of message",
             "originalTimestamp": "2026-05-01T09:30:00Z",
             "integrations": {"Actions Amplitude": {"session_id": 1777627800000_i64}, "All": true}},
            {"type": "track", "event": "e", "userId": "u", "timestamp": "", "writeKey": "second"},
        ],
        "sentAt": "2026-05-01T09:30:00.000+00:00",
    });
    let text = body.to_string();
    let reading = read(text.as_bytes(), &Around::default(), &context()).unwrap();
    assert_eq!(reading.secret.as_deref(), Some("of message"));
    let events: Vec<_> = reading
        .records
        .iter()
        .map(|record| match record {
            Record::Event(event) => event,
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(
        events[0].origin.session_id.as_deref(),
        Some("1777627800000")
    );
    assert_eq!(events[0].times.occurred_at, RECEIVED_AT);
    assert_eq!(events[0].times.sent_at, Some(1_777_627_800_000_000));
    assert_eq!(events[1].times.client_at, None);
    let around_key = format!("{{\"writeKey\":\"around\",{}", &text[1..]);
    let reading = read(around_key.as_bytes(), &Around::default(), &context()).unwrap();
    assert_eq!(reading.secret.as_deref(), Some("around"));
}

#[test]
fn route_says_the_type_where_the_message_does_not() {
    let message = json!({"event": "e", "userId": "u", "context": {"userAgent": "Mozilla/5.0"}});
    let by_route = |kind, user_agent| event_as(&message, &Around { kind, user_agent });
    let found = by_route(Some(Kind::Track), Some("Mozilla/5.0"));
    assert_eq!((&*found.name, properties(&found)), ("e", Value::Null));
    let found = by_route(Some(Kind::Page), Some("python/3"));
    let agent = json!({"$user_agent": "Mozilla/5.0"});
    assert_eq!((&*found.name, properties(&found)), ("page_viewed", agent));
    let text = message.to_string();
    let records = read_as(text.as_bytes(), &Around::default());
    assert_eq!(
        reasons(&records),
        [Some(("type".to_owned(), RefusalReason::MissingField))]
    );
}

/// A message, the field at fault and the reason.
const BAD: [(&str, &str, RefusalReason); 15] = [
    ("7", "", RefusalReason::Unreadable),
    ("null", "", RefusalReason::Unreadable),
    ("[]", "", RefusalReason::Unreadable),
    (
        r#"{"type":"track","event":"\ud800","userId":"u"}"#,
        "",
        RefusalReason::Unreadable,
    ),
    (
        r#"{"type":"track","event":"e","userId":1e999}"#,
        "",
        RefusalReason::Unreadable,
    ),
    (
        r#"{"type":"dance","userId":"u"}"#,
        "type",
        RefusalReason::OutOfRange,
    ),
    (
        r#"{"type":["track"],"userId":"u"}"#,
        "type",
        RefusalReason::WrongType,
    ),
    (
        r#"{"type":"track","event":"e"}"#,
        "user_id",
        RefusalReason::MissingField,
    ),
    (
        r#"{"type":"track","event":null,"userId":"u"}"#,
        "name",
        RefusalReason::MissingField,
    ),
    (
        r#"{"type":"track","event":{},"userId":"u"}"#,
        "name",
        RefusalReason::WrongType,
    ),
    (
        r#"{"type":"track","event":"e","userId":[1]}"#,
        "user_id",
        RefusalReason::WrongType,
    ),
    (
        r#"{"type":"track","event":"e","userId":"u","properties":[1]}"#,
        "properties",
        RefusalReason::WrongType,
    ),
    (
        r#"{"type":"track","event":"e","userId":"u","timestamp":"soon"}"#,
        "occurred_at",
        RefusalReason::BadInstant,
    ),
    (
        r#"{"type":"track","event":"e","userId":"u","timestamp":{"s":1}}"#,
        "occurred_at",
        RefusalReason::WrongType,
    ),
    (
        r#"{"type":"identify","userId":"u","traits":"x"}"#,
        "properties",
        RefusalReason::WrongType,
    ),
];

#[test]
fn one_bad_message_among_good_ones_is_refused_alone_with_its_bytes() {
    let good = r#"{"type":"track","event":"e","userId":"u"}"#;
    let lists = ["[".repeat(1_000), "]".repeat(1_000)].concat();
    let deep =
        format!(r#"{{"type":"track","event":"e","userId":"u","properties":{{"p":{lists}}}}}"#);
    let long = format!("{{\"messageId\":\"{}\"}}", "m".repeat(100_001));
    let made = [
        (deep.as_str(), "", RefusalReason::Unreadable),
        (long.as_str(), "", RefusalReason::TooLarge),
    ];
    for (bad, field, reason) in BAD.into_iter().chain(made) {
        let body = format!("{{\"batch\":[{good},{bad},{good}],\"sentAt\":7}}");
        let records = read_as(body.as_bytes(), &Around::default());
        let refused = Some((field.to_owned(), reason));
        assert_eq!(reasons(&records), [None, refused, None], "{bad:.80}");
        let Record::Refused(kept) = &records[1] else {
            panic!("not refused")
        };
        assert_eq!(kept.raw_bytes(), &bad.as_bytes()[..bad.len().min(100_000)]);
    }
    let mut body = format!("{{\"batch\":[{good},").into_bytes();
    body.extend_from_slice(b"{\"type\":\"track\",\"event\":\"\xff\"},");
    body.extend_from_slice(good.as_bytes());
    body.extend_from_slice(b"]}");
    let unreadable = Some((String::new(), RefusalReason::Unreadable));
    let found = reasons(&read_as(&body, &Around::default()));
    assert_eq!(found, [None, unreadable, None]);
}

#[test]
fn what_is_odd_and_harmless_is_taken() {
    let of = |text: &str| match &read_as(text.as_bytes(), &Around::default())[..] {
        [Record::Event(event)] => (event.event_id.to_string(), properties(event)),
        other => panic!("{text} {other:?}"),
    };
    let odd = |rest: &str| {
        of(&format!(
            r#"{{"messageId":"m","type":"track","event":"e","userId":"u",{rest}}}"#
        ))
    };
    for (rest, expected) in [
        // A name that comes twice: the last value counts.
        (r#""properties":{"a":1,"a":2}"#, json!({"a": 2})),
        (
            r#""properties":{"context":"own"},"context":{"x":1}"#,
            json!({"context": "own"}),
        ),
        (
            r#""properties":{"\u0063ontext":"own"},"context":{"x":1}"#,
            json!({"context": "own"}),
        ),
        (
            r#""properties":{"deep":{"context":1}},"context":{"x":1}"#,
            json!({"deep": {"context": 1}, "context": {"x": 1}}),
        ),
        (
            r#""properties":{ },"context":"odd""#,
            json!({"context": "odd"}),
        ),
        (
            r#""context":{"locale":{"x":1},"app":"4"}"#,
            json!({"context": {"locale": {"x": 1}, "app": "4"}}),
        ),
        (
            r#""context":{"library":{"name":"n","version":"1","more":2}}"#,
            json!({"context": {"library": {"name": "n", "version": "1", "more": 2}}}),
        ),
        (
            r#""properties":null,"context":[],"integrations":7"#,
            json!({"context": []}),
        ),
        (r#""properties":{"n":"\u0000"}"#, json!({"n": "\0"})),
    ] {
        assert_eq!(odd(rest), ("m".to_owned(), expected), "{rest}");
    }
    let full: serde_json::Map<String, Value> =
        (0..256).map(|n| (n.to_string(), json!(n))).collect();
    let found = event(
        &json!({"type": "track", "event": "e", "userId": "u", "properties": full, "context": {"x": 1}}),
    );
    assert_eq!(properties(&found).as_object().unwrap().len(), 257);
}

#[test]
fn body_that_is_no_object_or_too_long_is_refused_as_a_whole() {
    let refused = |body: &[u8]| {
        read(body, &Around::default(), &context())
            .unwrap_err()
            .error
    };
    for body in [
        &b""[..],
        b"  ",
        b"\0",
        b"[]",
        b"7",
        b"{",
        b"{\"batch\":[",
        b"{\"batch\":{}}",
        b"{\"batch\":7}",
        b"\x1f\x8b",
        b"{\"batch\":[{]}",
        b"{\"batch\":[],\"batch\":[]}",
    ] {
        assert_eq!(
            refused(body),
            "unreadable",
            "{}",
            String::from_utf8_lossy(body)
        );
    }
    let many = format!("{{\"batch\":[{}]}}", ["{}"; 11].join(","));
    assert_eq!(refused(many.as_bytes()), "too_many_events");
    let empty = read(
        b"\xEF\xBB\xBF {\"batch\":[]}",
        &Around::default(),
        &context(),
    );
    assert!(empty.unwrap().records.is_empty());
    let deep = ["[".repeat(100_000), "]".repeat(100_000)].concat();
    let deep = format!("{{\"batch\":[{{\"a\":{deep}}},{deep}],\"writeKey\":{deep}}}");
    assert_eq!(read_as(deep.as_bytes(), &Around::default()).len(), 2);
}

#[test]
fn every_truncation_of_a_batch_is_refused_and_none_panics() {
    let body = json!({"batch": [{"type": "track", "event": "é", "userId": "u"}], "writeKey": "k"});
    let body = body.to_string();
    for end in 0..body.len() {
        let cut = &body.as_bytes()[..end];
        assert!(read(cut, &Around::default(), &context()).is_err(), "{end}");
    }
}
