use lake::{Event, EventKind, EventLimits, Feedback, FeedbackKind, Outcome, SessionStatus};
use serde_json::{Value, json};

use super::*;
use crate::batch::Noted;

/// 2026-11-22T20:27:10Z.
const NOW: Micros = 1_795_379_230_000_000;

fn context() -> Context {
    Context {
        received_at: NOW,
        event_bytes_max: 1 << 20,
        batch_events_max: 10_000,
        limits: EventLimits::default(),
    }
}

fn read(body: &[u8]) -> Read<'_> {
    read_envelope(body, &context()).unwrap()
}

fn records(body: &[u8]) -> Vec<Record<'static>> {
    let records = read(body).reading.records.into_iter();
    records.map(Record::into_owned).collect()
}

/// An envelope of one item, in the form of the SDKs for JavaScript.
fn envelope(header: &Value, kind: &str, payload: &Value) -> Vec<u8> {
    format!("{header}\n{{\"type\":\"{kind}\"}}\n{payload}").into_bytes()
}

fn event_of(header: &Value, payload: &Value) -> Event<'static> {
    match records(&envelope(header, "event", payload)).remove(0) {
        Record::Event(event) => event,
        other => panic!("{other:?}"),
    }
}

fn event(payload: &Value) -> Event<'static> {
    event_of(&json!({}), payload)
}

fn feedback(kind: &str, payload: &Value) -> Feedback<'static> {
    match records(&envelope(&json!({}), kind, payload)).remove(0) {
        Record::Feedback(feedback) => feedback,
        other => panic!("{other:?}"),
    }
}

fn sessions(header: &Value, kind: &str, payload: &Value) -> Vec<Event<'static>> {
    let all = records(&envelope(header, kind, payload)).into_iter();
    let event = |record| match record {
        Record::Event(event) => event,
        other => panic!("{other:?}"),
    };
    all.map(event).collect()
}

fn noted(body: &[u8]) -> Vec<(Outcome, String, i64)> {
    let all = records(body).into_iter();
    let noted = |record| match record {
        Record::Noted(noted) => (noted.outcome, noted.reason, noted.count),
        other => panic!("{other:?}"),
    };
    all.map(noted).collect()
}

fn refusal(record: &Record<'_>) -> (RefusalReason, String) {
    match record {
        Record::Refused(refused) => (refused.refusal.reason, refused.raw.clone()),
        other => panic!("{other:?}"),
    }
}

fn properties(event: &Event<'_>) -> Value {
    event
        .properties
        .as_deref()
        .map_or(Value::Null, |text| serde_json::from_str(text).unwrap())
}

fn thrown() -> Value {
    json!({
        "exception": {"values": [
            {"type": "KeyError", "value": "'qty'", "stacktrace": {"frames": [
                {"module": "shop.cart", "function": "total", "lineno": 7, "in_app": true,
                 "vars": {"card": "4111"}, "context_line": "secret()"}]}},
            {"type": "CheckoutError", "value": "no total", "module": "shop",
             "mechanism": {"type": "flask", "handled": false},
             "stacktrace": {"frames": [
                {"module": "flask.app", "function": "dispatch", "in_app": false},
                {"filename": "shop/pay.py", "function": "pay", "lineno": 12, "in_app": true}]}},
        ]},
        "level": "error", "timestamp": "2026-11-22T20:27:08.438Z", "release": "shop@4.2.0",
        "dist": "871", "environment": "staging", "platform": "python",
        "user": {"id": 7, "email": "ann@x.io", "ip_address": "10.1.1.1"},
        "tags": {"plan": "pro"}, "extra": {"cart": 3}, "transaction": "checkout",
        "contexts": {"culture": {"locale": "de-AT"}},
        "breadcrumbs": {"values": [{"category": "ui", "message": "clicked"}]},
        "request": {"url": "https://shop.x/pay", "headers": {"Cookie": "a=b"}},
        "sdk": {"name": "sentry.python", "version": "2.75.0", "packages": []},
    })
}

#[test]
fn error_is_mapped_field_by_field() {
    let header = json!({"event_id": "B0932473-28cb-4cd5-a250-00f3e5ba9d42",
                        "sent_at": "2026-11-22T20:27:09Z"});
    let event = event_of(&header, &thrown());
    assert_eq!(event.event_id, "b093247328cb4cd5a25000f3e5ba9d42");
    assert_eq!(
        (event.kind, event.name.as_str()),
        (EventKind::Error, "CheckoutError")
    );
    assert_eq!(event.handled, Some(false));
    assert_eq!(event.level.as_deref(), Some("error"));
    let origin = &event.origin;
    assert_eq!(origin.user_id.as_deref(), Some("7"));
    assert_eq!(origin.release.as_deref(), Some("shop@4.2.0"));
    assert_eq!(origin.build.as_deref(), Some("871"));
    assert_eq!(origin.environment, "staging");
    assert_eq!(origin.platform.as_deref(), Some("python"));
    assert_eq!(origin.locale.as_deref(), Some("de-AT"));
    assert_eq!(origin.sdk_name.as_deref(), Some("sentry.python"));
    assert_eq!(origin.sdk_version.as_deref(), Some("2.75.0"));
    assert_eq!(event.times.client_at, Some(NOW - 1_562_000));
    assert_eq!(
        event.times.occurred_at,
        NOW - 562_000,
        "a clock one second behind"
    );
    let properties = properties(&event);
    assert_eq!(properties["tags"], json!({"plan": "pro"}));
    assert_eq!(properties["extra"], json!({"cart": 3}));
    assert_eq!(properties["transaction"], "checkout");
    assert_eq!(properties["url"], "https://shop.x/pay");
    assert_eq!(properties["breadcrumbs"]["values"][0]["message"], "clicked");
    assert_eq!(properties["exception"][1]["frames"][1]["lineno"], 12);
    assert_eq!(properties["exception"][1]["mechanism"], "flask");
    let text = properties.to_string();
    for private in ["4111", "secret", "ann@x.io", "10.1.1.1", "Cookie"] {
        assert!(!text.contains(private), "{private} in {text}");
    }
}

#[test]
fn fingerprint_is_the_sdks_own_or_computed_without_lines() {
    let base = event(&thrown()).fingerprint.unwrap();
    assert!(base.starts_with("v1:"), "{base}");
    let mut moved = thrown();
    moved["exception"]["values"][1]["stacktrace"]["frames"][1]["lineno"] = json!(99);
    moved["exception"]["values"][1]["value"] = json!("other words");
    assert_eq!(event(&moved).fingerprint.unwrap(), base);
    let with = |own: Value| {
        let mut sent = thrown();
        sent["fingerprint"] = own;
        event(&sent).fingerprint.unwrap().to_string()
    };
    assert_eq!(with(json!(["checkout", "eu"])), "checkout|eu");
    assert_eq!(with(json!(["{{ default }}"])), base.as_str());
    assert_eq!(with(json!(["eu", "{{default}}"])), format!("eu|{base}"));
    assert_eq!(with(json!([7, "x"])), "7|x");
    assert_eq!(with(json!(["x".repeat(5_000)])).len(), 32);
    assert_eq!(with(json!("nonsense")), base.as_str());
}

#[test]
fn message_is_no_error() {
    let plain = event(&json!({"message": "stock is low", "level": "warning"}));
    assert_eq!(
        (plain.kind, plain.name.as_str()),
        (EventKind::Usage, "message")
    );
    assert_eq!((plain.handled, plain.fingerprint.clone()), (None, None));
    assert_eq!(plain.level.as_deref(), Some("warning"));
    assert_eq!(properties(&plain), json!({"message": "stock is low"}));
    let of_node = json!({"message": "hello", "exception": {"values": [
        {"value": "hello", "mechanism": {"synthetic": true, "handled": true}}]}});
    assert_eq!(event(&of_node).kind, EventKind::Usage);
    let formatted = json!({"logentry": {"message": "%s", "formatted": "stock of 3"}});
    assert_eq!(properties(&event(&formatted))["message"], "stock of 3");
    // A thrown text is an error although its place is synthetic.
    let thrown = json!({"message": "boom", "exception": {"values": [
        {"type": "Error", "value": "boom", "mechanism": {"synthetic": true, "handled": true}}]}});
    assert_eq!(event(&thrown).kind, EventKind::Error);
    let unhandled = json!({"message": "boom", "exception": {"values": [
        {"value": "boom", "mechanism": {"synthetic": true, "handled": false}}]}});
    let unhandled = event(&unhandled);
    assert_eq!(
        (unhandled.kind, unhandled.handled),
        (EventKind::Error, Some(false))
    );
}

#[test]
fn user_is_told_by_one_id_alone() {
    let user = |user: Value| {
        let event = event(&json!({"message": "m", "user": user}));
        event.origin.user_id.map(|id| id.to_string())
    };
    assert_eq!(
        user(json!({"id": "u1", "email": "e@x"})).as_deref(),
        Some("u1")
    );
    assert_eq!(
        user(json!({"id": " ", "email": "e@x", "username": "n"})).as_deref(),
        Some("e@x")
    );
    assert_eq!(user(json!({"username": "n"})).as_deref(), Some("n"));
    assert_eq!(user(json!({"ip_address": "{{auto}}"})), None);
    assert_eq!(user(json!("u1")), None);
}

#[test]
fn session_updates_each_count_and_a_retry_does_not() {
    let update = json!({"sid": "8e7ddeb3daf44d36b8e1c49d45839ff6", "init": true, "did": "u1",
        "started": "2026-11-22T20:27:08.383Z", "timestamp": "2026-11-22T20:27:09.383Z",
        "duration": 1.0004, "status": "ok", "errors": 1, "seq": 3,
        "attrs": {"release": "app@1.2.3", "environment": "prod", "ip_address": "{{auto}}"}});
    let header = json!({"sdk": {"name": "sentry.javascript.browser", "version": "11.12.0"}});
    let one = |update: &Value| sessions(&header, "session", update).remove(0);
    let first = one(&update);
    let said = first.session.clone().unwrap();
    assert_eq!(
        (first.kind, said.status, said.errors),
        (EventKind::Session, SessionStatus::Ok, 1)
    );
    assert_eq!(
        (said.duration_ms, said.sequence, said.count),
        (Some(1_000), Some(3), None)
    );
    assert_eq!(said.started_at, Some(NOW - 1_617_000));
    assert_eq!(first.times.occurred_at, NOW - 617_000);
    let origin = &first.origin;
    assert_eq!(
        origin.session_id.as_deref(),
        Some("8e7ddeb3daf44d36b8e1c49d45839ff6")
    );
    assert_eq!(origin.user_id.as_deref(), Some("u1"));
    assert_eq!(origin.release.as_deref(), Some("app@1.2.3"));
    assert_eq!(origin.environment, "prod");
    assert_eq!(
        origin.sdk_name.as_deref(),
        Some("sentry.javascript.browser")
    );
    assert_eq!(one(&update).event_id, first.event_id);
    assert_eq!(one(&update).content, first.content);
    let mut next = update.clone();
    next["status"] = json!("unhandled");
    assert_ne!(one(&next).event_id, first.event_id);
    assert_eq!(one(&next).session.unwrap().status, SessionStatus::Unhandled);
    next["status"] = json!("errored");
    next["errors"] = Value::Null;
    let errored = one(&next);
    assert_eq!(properties(&errored), json!({"status": "errored"}));
    let said = errored.session.unwrap();
    assert_eq!((said.status, said.errors), (SessionStatus::Exited, 1));
    // Neither of these is named, and nobody is behind them.
    let bare = one(&json!({"started": 1_795_379_228.5}));
    assert_eq!(bare.origin.session_id.unwrap().len(), 32);
    assert_eq!(bare.session.unwrap().started_at, Some(NOW - 1_500_000));
}

#[test]
fn counts_of_sessions_become_a_row_for_each_status() {
    let counts = json!({"attrs": {"environment": "prod", "release": "app@1.2.3"}, "aggregates": [
        {"started": "2026-11-22T20:26:00.000000Z", "exited": 4, "errored": 1, "crashed": 0},
        {"started": "2026-11-22T20:27:00Z", "did": "u2", "crashed": 2}]});
    let rows = sessions(&json!({}), "sessions", &counts);
    let said = |row: &Event<'_>| {
        let session = row.session.clone().unwrap();
        (
            session.status,
            session.count,
            session.errors,
            row.origin.user_id.as_deref().is_some(),
        )
    };
    use SessionStatus::{Crashed, Exited};
    let expected = [
        (Exited, Some(4), 0, false),
        (Exited, Some(1), 1, false),
        (Crashed, Some(2), 0, true),
    ];
    assert_eq!(rows.iter().map(said).collect::<Vec<_>>(), expected);
    assert!(
        rows.iter()
            .all(|row| row.origin.session_id.is_none() && !row.id_given)
    );
    assert_eq!(rows[0].times.occurred_at, NOW - 70_000_000);
    assert_eq!(rows[0].origin.release.as_deref(), Some("app@1.2.3"));
    let header = json!({"sent_at": "2026-11-22T20:27:10Z"});
    let ids = |header: &Value| -> Vec<String> {
        let rows = sessions(header, "sessions", &counts);
        rows.iter().map(|row| row.event_id.to_string()).collect()
    };
    assert_eq!(ids(&header), ids(&header), "a retry of the same envelope");
    assert_ne!(
        ids(&header),
        ids(&json!({"sent_at": "2026-11-22T20:27:11Z"}))
    );
    assert_ne!(
        ids(&json!({})),
        ids(&json!({})),
        "another process may say the same"
    );
}

#[test]
fn feedback_in_both_forms_is_kept() {
    let sent = json!({"event_id": "317e56ee85a54d91a83cee03222fa99a", "timestamp": 1795379228.445,
        "contexts": {"feedback": {"contact_email": "e@x", "name": "N", "message": "Great",
            "url": "https://shop.x/cart", "source": "widget"}, "culture": {"locale": "en-US"}},
        "release": "app@1.2.3", "environment": "prod", "user": {"id": "u1"},
        "request": {"url": "https://shop.x/"}, "tags": {"a": "b"}});
    let given = feedback("feedback", &sent);
    assert_eq!(given.event_id, "317e56ee85a54d91a83cee03222fa99a");
    assert_eq!(
        (given.kind, given.text.as_deref()),
        (FeedbackKind::Comment, Some("Great"))
    );
    assert_eq!(given.page.as_deref(), Some("https://shop.x/cart"));
    assert_eq!(given.origin.user_id.as_deref(), Some("u1"));
    assert_eq!(given.origin.release.as_deref(), Some("app@1.2.3"));
    assert_eq!((given.source.as_str(), given.score), ("sentry", None));
    assert_eq!(given.times.client_at, Some(NOW - 1_555_000));
    let kept: Value = serde_json::from_str(given.properties.as_deref().unwrap()).unwrap();
    let expected = json!({"contact_email": "e@x", "name": "N", "source": "widget",
                          "tags": {"a": "b"}});
    assert_eq!(kept, expected);
    let mut about = sent.clone();
    about["contexts"]["feedback"]["associated_event_id"] = json!("b093");
    assert_eq!(feedback("feedback", &about).kind, FeedbackKind::BugReport);

    let report = json!({"event_id": "b093247328cb4cd5a25000f3e5ba9d42", "name": "N",
                        "email": "e@x", "comments": "It broke"});
    let given = feedback("user_report", &report);
    assert_eq!(
        (given.kind, given.text.as_deref()),
        (FeedbackKind::BugReport, Some("It broke"))
    );
    assert!(
        given
            .event_id
            .starts_with("b093247328cb4cd5a25000f3e5ba9d42/")
    );
    assert_eq!(feedback("user_report", &report).event_id, given.event_id);
}

#[test]
fn losses_and_what_is_not_kept_are_noted() {
    let report = json!({"timestamp": 1795379228.4, "discarded_events": [
        {"reason": "network_error", "category": "error", "quantity": 2},
        {"reason": "network_error", "category": "error", "quantity": 1},
        {"reason": "ratelimit_backoff", "category": "transaction", "quantity": 5},
        {"reason": "made up", "category": "\u{1F600}", "quantity": 3},
        {"reason": "queue_overflow", "category": "session", "quantity": 0},
        {"reason": "queue_overflow", "category": "log_byte", "quantity": 4000},
        {"reason": "sample_rate", "category": "span", "quantity": -7}, 9, null]});
    let found = noted(&envelope(&json!({}), "client_report", &report));
    let lost = |reason: &str, count| (Outcome::LostByClient, reason.to_owned(), count);
    let declined = |reason: &str, count| (Outcome::Declined, reason.to_owned(), count);
    let mut expected = vec![
        lost("network_error:error", 3),
        // An entry of no known form is one of what nobody knows.
        lost("other:other", 5),
        declined("transaction", 5),
    ];
    expected.sort();
    let mut found = found;
    found.sort();
    assert_eq!(found, expected);
    let body = "{}\n{\"type\":\"transaction\"}\n{}\n{\"type\":\"log\",\"item_count\":4}\n{}\n\
                {\"type\":\"check_in\"}\n{}\n{\"type\":\"attachment\",\"length\":3}\n\n\n\n\n\
                {\"type\":\"new_thing\"}\n{}\n{\"type\":\"replay_recording\"}\n{}\n\u{0}\u{1}";
    let expected = [
        ("attachment", 1),
        ("log_item", 4),
        ("monitor", 1),
        ("other", 1),
        ("replay", 1),
        ("transaction", 1),
    ];
    let expected = expected.map(|(reason, count)| declined(reason, count));
    let all = records(body.as_bytes());
    let kept = all.iter().filter_map(|record| match record {
        Record::Noted(noted) => Some((noted.outcome, noted.reason.clone(), noted.count)),
        _ => None,
    });
    assert_eq!(kept.collect::<Vec<_>>(), expected);
    let broken = all
        .iter()
        .filter(|record| matches!(record, Record::Refused(_)));
    assert_eq!(broken.count(), 1, "the end of it is no item");
}

#[test]
fn note_is_known_again_where_it_can_be() {
    let note =
        |header: Value, report: Value| match records(&envelope(&header, "client_report", &report))
            .remove(0)
        {
            Record::Noted(Noted { id, .. }) => id,
            other => panic!("{other:?}"),
        };
    let losses = json!([{"reason": "network_error", "category": "error", "quantity": 1}]);
    let timed = json!({"timestamp": 5.5, "discarded_events": losses});
    let untimed = json!({"discarded_events": losses});
    let id = note(json!({}), timed.clone());
    assert!(id.is_some());
    assert_eq!(note(json!({}), timed), id);
    assert_eq!(note(json!({}), untimed.clone()), None);
    assert!(note(json!({"sent_at": "2026-11-22T20:27:10Z"}), untimed).is_some());
}

#[test]
fn dsn_in_the_envelope_names_the_key_and_header_names_the_id() {
    let header = json!({"dsn": "https://0123abcd@host:8080/path/42", "event_id": "e1"});
    let body = envelope(&header, "transaction", &json!({}));
    let read = read(&body);
    assert_eq!(read.reading.secret.as_deref(), Some("0123abcd"));
    assert_eq!(read.event_id.as_deref(), Some("e1"));
    let with_secret = json!({"dsn": "http://0123:pass@host/42"});
    let body = envelope(&with_secret, "event", &json!({"event_id": "e2"}));
    let read = read_envelope(&body, &context()).unwrap();
    assert_eq!(read.reading.secret.as_deref(), Some("0123"));
    assert_eq!(read.event_id.as_deref(), Some("e2"));
}

#[test]
fn lengths_are_believed_where_they_fit_and_put_right_where_that_is_plain() {
    let first = r#"{"message":"a"}"#;
    let second = r#"{"message":"b"}"#;
    let body = |length: &str| {
        format!(
            "{{}}\n{{\"type\":\"event\"{length}}}\n{first}\n{{\"type\":\"event\",\"length\":{}}}\n{second}\n",
            second.len()
        )
    };
    for length in [
        "",
        ",\"length\":15",
        ",\"length\":3",
        ",\"length\":99999",
        ",\"length\":-1",
        ",\"length\":\"x\"",
        ",\"length\":null",
    ] {
        let records = records(body(length).as_bytes());
        let events = records
            .iter()
            .filter(|record| matches!(record, Record::Event(_)));
        assert_eq!(events.count(), 2, "{length}: {records:?}");
    }
    let with_newlines = "{}\r\n\n{\"type\":\"event\",\"length\":17}\r\n{\n\"message\":\"a\"\n}\r\n";
    assert!(matches!(
        records(with_newlines.as_bytes())[..],
        [Record::Event(_)]
    ));
    assert!(records(b"{}").is_empty() && records(b"{}\n\n").is_empty());
}

#[test]
fn what_is_whole_is_kept_and_the_rest_is_quarantined() {
    let good = "{}\n{\"type\":\"event\"}\n{\"message\":\"a\"}\n";
    for rest in [
        "{\"type\":\"event\",\"length\":4000}\n{\"message\":\"b",
        "{\"type\":7}\n{}\n",
        "nonsense",
        "{\"type\":\"event\"}\n{\"message\":\"b",
        "[]\n{}",
        "{\"type\":\"session\"}\n[1,2]\n",
        "{\"type\":\"feedback\"}\n{}",
        "{\"type\":\"user_report\"}\nnull",
        "{\"type\":\"client_report\"}\n7",
        "{\"type\":\"sessions\"}\n\u{0}",
        "{\"type\":\"event\"}",
    ] {
        let records = records([good, rest].concat().as_bytes());
        assert!(matches!(records[0], Record::Event(_)), "{rest}");
        assert!(
            matches!(records[1], Record::Refused(_)),
            "{rest}: {records:?}"
        );
        assert_eq!(records.len(), 2, "{rest}");
    }
    for body in ["", "\n", "[]", "x", "{\"a\":", "\u{feff}{}"] {
        assert!(
            read_envelope(body.as_bytes(), &context()).is_err(),
            "{body:?}"
        );
    }
}

#[test]
fn hostile_items_are_refused_and_their_neighbours_kept() {
    let deep = [vec!["["; 1_000].concat(), vec!["]"; 1_000].concat()].concat();
    let deep_extra = format!("{{\"message\":\"m\",\"extra\":{deep}}}");
    let large = format!("{{\"message\":\"{}\"}}", "x".repeat(2 << 20));
    let twice = "{\"message\":\"m\",\"message\":\"n\"}".to_owned();
    let number = "{\"message\":\"m\",\"extra\":{\"n\":1e999}}".to_owned();
    let release = format!("{{\"message\":\"m\",\"release\":\"{}\"}}", "x".repeat(500));
    for (payload, reason) in [
        (&deep_extra, RefusalReason::Unreadable),
        (&large, RefusalReason::TooLarge),
        (&twice, RefusalReason::Unreadable),
        (&number, RefusalReason::Unreadable),
        (&release, RefusalReason::TooLarge),
    ] {
        let body = format!(
            "{{}}\n{{\"type\":\"event\"}}\n{payload}\n{{\"type\":\"event\"}}\n{{\"message\":\"a\"}}"
        );
        let records = records(body.as_bytes());
        let (found, raw) = refusal(&records[0]);
        assert_eq!(found, reason);
        assert!(payload.starts_with(&raw));
        assert!(matches!(records[1], Record::Event(_)));
    }
    let not_text = b"{}\n{\"type\":\"event\"}\n{\"message\":\"\xff\"}";
    assert_eq!(refusal(&records(not_text)[0]).0, RefusalReason::Unreadable);
}

#[test]
fn members_of_wrong_types_spoil_nothing_but_themselves() {
    let odd = [
        json!(null),
        json!(true),
        json!(-1.5e300),
        json!("\u{0}"),
        json!([[]]),
        json!({"a": 1}),
    ];
    let names = [
        "exception",
        "message",
        "logentry",
        "user",
        "contexts",
        "tags",
        "extra",
        "breadcrumbs",
        "request",
        "sdk",
        "fingerprint",
        "transaction",
        "event_id",
        "level",
        "timestamp",
        "release",
        "platform",
        "environment",
    ];
    let mut taken = 0;
    for name in names {
        for value in &odd {
            let mut payload = thrown();
            payload[name] = value.clone();
            let found = records(&envelope(
                &json!({"sent_at": value, "sdk": value}),
                "event",
                &payload,
            ));
            taken += usize::from(matches!(found[..], [Record::Event(_)]));
            assert_eq!(found.len(), 1, "{name} {value}");
        }
    }
    assert!(taken >= names.len() * odd.len() * 3 / 4, "{taken}");
    for kind in [
        "session",
        "sessions",
        "feedback",
        "user_report",
        "client_report",
    ] {
        for value in &odd {
            let all = json!({"sid": value, "did": value, "seq": value, "timestamp": value,
                "started": value, "duration": value, "status": value, "errors": value,
                "attrs": value, "aggregates": [value, {"started": value, "exited": value}],
                "contexts": {"feedback": value, "culture": value}, "comments": value,
                "event_id": value, "discarded_events": [value, {"quantity": value}]});
            let found = records(&envelope(&json!({}), kind, &all));
            assert!(found.len() <= 3, "{kind} {value}: {found:?}");
        }
    }
}

#[test]
fn half_a_character_is_replaced_and_the_event_kept() {
    let body = "{}\n{\"type\":\"event\"}\n{\"message\":\"cut \\ud83d\",\"extra\":{\"whole\":\"\\ud83d\\ude00\",\"low\":\"\\udE00\\\\ud83d\"}}";
    let Record::Event(event) = records(body.as_bytes()).remove(0) else {
        panic!("it is an event")
    };
    let properties = properties(&event);
    assert_eq!(properties["message"], "cut \u{fffd}");
    assert_eq!(
        properties["extra"],
        json!({"whole": "\u{1F600}", "low": "\u{fffd}\\ud83d"})
    );
}

#[test]
fn two_events_of_one_envelope_are_two() {
    let body = "{\"event_id\":\"e1\"}\n{\"type\":\"event\"}\n{\"message\":\"a\"}\n\
                {\"type\":\"event\"}\n{\"message\":\"b\",\"event_id\":\"e2\"}";
    let ids: Vec<String> = records(body.as_bytes())
        .iter()
        .map(|record| match record {
            Record::Event(event) => event.event_id.to_string(),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(ids, ["e1", "e2"]);
}

#[test]
fn bare_event_is_read_without_an_envelope() {
    let body = br#" {"event_id":"e1","message":"hello"} "#;
    let read = read_event(body, &context()).unwrap();
    assert_eq!(read.event_id.as_deref(), Some("e1"));
    assert!(matches!(read.reading.records[..], [Record::Event(_)]));
    let transaction = br#"{"type":"transaction","event_id":"e1"}"#;
    let read = read_event(transaction, &context()).unwrap();
    assert!(matches!(read.reading.records[..], [Record::Noted(_)]));
    let read = read_event(b"oops", &context()).unwrap();
    assert!(matches!(read.reading.records[..], [Record::Refused(_)]));
    assert!(read_event(b" \n", &context()).is_err());
}
