use std::fmt::Write as _;

use lake::{Event, EventKind, EventLimits, Feedback, Micros, Refusal, RefusalReason};

use super::*;
use crate::batch::Record;

/// 2026-05-01T09:30:00Z.
const NOW: Micros = 1_777_627_800_000_000;
const SECOND: Micros = 1_000_000;

fn context() -> Context {
    Context {
        received_at: NOW,
        event_bytes_max: 10_000,
        batch_events_max: 100,
        limits: EventLimits::default(),
    }
}

fn read_by<'a>(body: &'a str, request: &Request) -> Reading<'a> {
    read(body.as_bytes(), request, &context()).unwrap()
}

fn one(body: &str) -> Record<'_> {
    let mut records = read_by(body, &Request::default()).records;
    assert_eq!(records.len(), 1, "{records:?}");
    records.remove(0)
}

fn event(body: &str) -> Event<'_> {
    match one(body) {
        Record::Event(event) => event,
        other => panic!("{other:?}"),
    }
}

fn refusal(record: &Record<'_>) -> Option<Refusal> {
    match record {
        Record::Refused(refused) => Some(refused.refusal.clone()),
        _ => None,
    }
}

fn feedback<'a>(records: &'a [Record<'_>]) -> Vec<&'a Feedback<'a>> {
    let pieces = records.iter().map(|record| match record {
        Record::Feedback(piece) => piece,
        other => panic!("{other:?}"),
    });
    pieces.collect()
}

const UUID: &str = "01a204f0-9172-758d-adc7-b332dd3a305b";

/// What the browser SDK sends.
const BROWSER: &str = r#"{"api_key":"k","batch":[{"uuid":"01a204f0-9172-758d-adc7-b332dd3a305b",
"event":"$pageview","properties":{"$os":"Linux","$browser":"Chrome","$browser_language":"en-US",
"$lib":"web","$lib_version":"1.449.2","distinct_id":"u1","$device_id":"d1","$user_id":"u1",
"$current_url":"http://a/b","token":"k","$session_id":"s1","$window_id":"w1","$app_version":"4.2.0",
"environment":"staging","$is_identified":true,"$process_person_profile":true},
"timestamp":"2026-05-01T09:29:50.000Z","$set":{"plan":"pro"}}],"sent_at":"2026-05-01T09:29:55.000Z"}"#;

#[test]
fn browsers_event_is_mapped_field_by_field() {
    let reading = read_by(BROWSER, &Request::default());
    assert_eq!(reading.secret.as_deref(), Some("k"));
    let event = event(BROWSER);
    let origin = &event.origin;
    let text = |text: &Option<lake::Text<'_>>| text.as_deref().map(str::to_owned);
    assert_eq!((event.event_id.as_str(), event.id_given), (UUID, true));
    assert_eq!(
        (event.kind, event.name.as_str()),
        (EventKind::Usage, "$pageview")
    );
    for (found, expected) in [
        (&origin.user_id, "u1"),
        (&origin.anonymous_id, "d1"),
        (&origin.session_id, "s1"),
        (&origin.release, "4.2.0"),
        (&origin.platform, "Linux"),
        (&origin.locale, "en-US"),
        (&origin.sdk_name, "web"),
        (&origin.sdk_version, "1.449.2"),
    ] {
        assert_eq!(text(found).as_deref(), Some(expected));
    }
    assert_eq!(origin.environment.as_str(), "staging");
    assert_eq!(event.times.client_at, Some(NOW - 10 * SECOND));
    assert_eq!(event.times.sent_at, Some(NOW - 5 * SECOND));
    // The client's clock is five seconds late.
    assert_eq!(event.times.occurred_at, NOW - 5 * SECOND);
    let properties: serde_json::Value =
        serde_json::from_str(event.properties.as_deref().unwrap()).unwrap();
    assert_eq!(properties["$set"]["plan"], "pro");
    assert_eq!(properties["$current_url"], "http://a/b");
    for gone in ["token", "distinct_id", "$device_id", "$user_id"] {
        assert!(properties.get(gone).is_none(), "{gone}");
    }
}

#[test]
fn servers_event_keeps_its_properties_as_they_came() {
    let body = r#"{"batch":[{"event":"paid","distinct_id":42,"uuid":"01a204f0-9172-758d-adc7-b332dd3a305b","properties":{ "amount" : 9.50, "token":"of the app" },"timestamp":"2026-05-01T11:30:00+02:00"}],"api_key":"k"}"#;
    let event = event(body);
    assert_eq!(event.origin.user_id.as_deref(), Some("42"));
    assert_eq!(event.origin.anonymous_id, None);
    assert_eq!(event.times.client_at, Some(NOW));
    let properties = event.properties.as_deref();
    assert_eq!(
        properties,
        Some(r#"{ "amount" : 9.50, "token":"of the app" }"#)
    );
}

#[test]
fn lists_and_single_events_name_the_key_within_themselves() {
    for (body, secret) in [
        (
            r#"[{"event":"a","properties":{"token":"k","distinct_id":"u"}}]"#,
            Some("k"),
        ),
        (
            r#"{"event":"a","api_key":"k","distinct_id":"u"}"#,
            Some("k"),
        ),
        (
            r#"{"event":"a","$token":"k","$distinct_id":"u"}"#,
            Some("k"),
        ),
        (
            r#"[{"event":"a","token":"k","distinct_id":"u"}]"#,
            Some("k"),
        ),
        (r#"{"event":"a","distinct_id":"u"}"#, None),
    ] {
        let reading = read_by(body, &Request::default());
        assert_eq!(reading.secret.as_deref(), secret, "{body}");
        assert_eq!(refusal(&reading.records[0]), None, "{body}");
    }
    let keyed = Request {
        is_keyed: true,
        ..Request::default()
    };
    let body = r#"{"event":"a","distinct_id":"u","properties":{"token":"of the app"}}"#;
    assert_eq!(read_by(body, &keyed).secret, None);
}

#[test]
fn personal_keys_and_mixed_ones_are_refused() {
    let of = |body: &str| match read(body.as_bytes(), &Request::default(), &context()) {
        Ok(_) => "taken",
        Err(problem) => problem.error,
    };
    assert_eq!(of(r#"{"api_key":"phx_1","batch":[]}"#), "personal_key");
    assert_eq!(of(r#"[{"token":"a"},{"token":"b"}]"#), "mixed_keys");
    assert_eq!(
        of(r#"{"api_key":"a","batch":[{"token":"b"}]}"#),
        "mixed_keys"
    );
    assert_eq!(of(r#"[{"token":"a"},{"token":"a"},{}]"#), "taken");
}

#[test]
fn bad_event_is_refused_alone() {
    use RefusalReason::{BadInstant, MissingField, Unreadable, WrongType};
    let good = r#"{"event":"a","distinct_id":"u"}"#;
    let deep = format!(
        "{{\"event\":\"a\",\"properties\":{{\"x\":{}{}}}}}",
        "[".repeat(1000),
        "]".repeat(1000)
    );
    for (bad, reason) in [
        ("7", Unreadable),
        ("null", Unreadable),
        ("[]", Unreadable),
        (deep.as_str(), Unreadable),
        (r#"{"event":"\udead","distinct_id":"u"}"#, Unreadable),
        (
            r#"{"event":"a","distinct_id":"u","properties":{"x":1e999}}"#,
            Unreadable,
        ),
        (r#"{"event":"a"}"#, MissingField),
        (r#"{"event":"a","distinct_id":""}"#, MissingField),
        (r#"{"distinct_id":"u"}"#, MissingField),
        (r#"{"event":7.5e3,"distinct_id":null}"#, MissingField),
        (r#"{"event":["a"],"distinct_id":"u"}"#, WrongType),
        (
            r#"{"event":"a","distinct_id":"u","uuid":"not one"}"#,
            WrongType,
        ),
        (r#"{"event":"a","distinct_id":"u","uuid":7}"#, WrongType),
        (
            r#"{"event":"a","distinct_id":"u","timestamp":"soon"}"#,
            BadInstant,
        ),
        (
            r#"{"event":"a","distinct_id":"u","timestamp":{}}"#,
            WrongType,
        ),
        (
            r#"{"event":"a","distinct_id":"u","properties":7}"#,
            WrongType,
        ),
        (
            r#"{"event":"a","distinct_id":"u","properties":"x"}"#,
            WrongType,
        ),
    ] {
        let body = format!(r#"{{"api_key":"k","batch":[{good},{bad},{good}]}}"#);
        let records = read_by(&body, &Request::default()).records;
        let reasons: Vec<_> = records
            .iter()
            .map(|r| refusal(r).map(|r| r.reason))
            .collect();
        assert_eq!(reasons, [None, Some(reason), None], "{bad}");
    }
}

#[test]
fn event_over_its_limit_is_refused_alone() {
    let good = r#"{"event":"a","distinct_id":"u"}"#;
    let large = format!(r#"[{good},{{"event":"{}"}}]"#, "x".repeat(10_001));
    let records = read_by(&large, &Request::default()).records;
    assert_eq!(
        refusal(&records[1]).unwrap().reason,
        RefusalReason::TooLarge
    );
}

#[test]
fn what_the_fast_reader_leaves_is_read_all_the_same() {
    let twice = r#"{"event":"a","event":"b","distinct_id":"u","properties":{"x":1,"x":2}}"#;
    let event = event(twice);
    assert_eq!(event.name.as_str(), "b");
    assert_eq!(event.properties.as_deref(), Some(r#"{"x":2}"#));
    let mut many = r#"{"event":"a","distinct_id":"u","properties":{"x":["#.to_owned();
    for _ in 0..300 {
        many.push_str("{},");
    }
    many.push_str("0]}}");
    assert_eq!(refusal(&one(&many)), None);
    let nul = r#"{"event":"a\u0000b","distinct_id":"u","properties":{"x":"\u0000"}}"#;
    assert_eq!(refusal(&one(nul)), None);
}

#[test]
fn bodies_that_are_no_json_are_refused_as_a_whole() {
    for (body, error) in [
        ("", "empty"),
        ("oops", "unreadable"),
        ("{\"batch\":[", "unreadable"),
    ] {
        let problem = read(body.as_bytes(), &Request::default(), &context()).unwrap_err();
        assert_eq!(problem.error, error, "{body}");
    }
    let many = format!("[{}{{}}]", "{},".repeat(100));
    let problem = read(many.as_bytes(), &Request::default(), &context()).unwrap_err();
    assert_eq!(problem.error, "too_many_events");
}

#[test]
fn identify_and_alias_are_identifies() {
    for (body, user, anonymous) in [
        (
            r#"{"event":"$identify","properties":{"distinct_id":"u","$anon_distinct_id":"d"}}"#,
            "u",
            "d",
        ),
        (
            r#"{"event":"$create_alias","distinct_id":"d","properties":{"distinct_id":"d","alias":"u"}}"#,
            "u",
            "d",
        ),
    ] {
        let event = event(body);
        assert_eq!(event.kind, EventKind::Identify);
        assert_eq!(event.origin.user_id.as_deref(), Some(user));
        assert_eq!(event.origin.anonymous_id.as_deref(), Some(anonymous));
        assert_eq!(event.properties, None, "{body}");
    }
    let engage = Request {
        default_name: Some("$identify"),
        ..Request::default()
    };
    let body = r#"{"$distinct_id":"u","$set":{"plan":"pro"}}"#;
    let records = read_by(body, &engage).records;
    assert!(matches!(&records[0], Record::Event(event) if event.kind == EventKind::Identify));
}

#[test]
fn exception_is_an_error() {
    let body = r#"{"event":"$exception","distinct_id":"u","properties":{"$exception_level":"fatal","$release_id":"r1","$exception_list":[{"type":"E","value":"boom","mechanism":{"handled":false},"stacktrace":{"frames":[{"function":"f","in_app":true}]}}]}}"#;
    let event = event(body);
    assert_eq!(event.kind, EventKind::Error);
    assert_eq!(
        (event.level.as_deref(), event.handled),
        (Some("fatal"), Some(false))
    );
    assert_eq!(event.origin.release.as_deref(), Some("r1"));
    assert!(event.fingerprint.unwrap().starts_with("v1:"));
}

#[test]
fn newer_protocol_says_more_beside_the_properties() {
    let request = Request {
        sent_at: Some(NOW - 5 * SECOND),
        sdk: Some(("posthog-python".to_owned(), "7.91.1".to_owned())),
        is_keyed: true,
        default_name: None,
    };
    let of = |options: &str| {
        format!(
            r#"{{"created_at":"2026-05-01T09:00:00Z","batch":[{{"event":"a","uuid":"{UUID}","distinct_id":"u","timestamp":"2026-05-01T09:29:50Z","session_id":"s","window_id":"w","options":{options},"properties":{{"a":1}}}}]}}"#
        )
    };
    let read = |body: &str| match read_by(body, &request).records.remove(0) {
        Record::Event(event) => event.into_owned(),
        other => panic!("{other:?}"),
    };
    let event = read(&of("{}"));
    assert_eq!(event.origin.session_id.as_deref(), Some("s"));
    assert_eq!(event.origin.user_id.as_deref(), Some("u"));
    assert_eq!(event.origin.sdk_version.as_deref(), Some("7.91.1"));
    assert_eq!(event.times.occurred_at, NOW - 5 * SECOND);
    assert_eq!(
        event.properties.as_deref(),
        Some(r#"{"a":1,"$window_id":"w"}"#)
    );
    let event = read(&of(
        r#"{"process_person_profile":false,"disable_skew_correction":true}"#,
    ));
    assert_eq!(event.origin.anonymous_id.as_deref(), Some("u"));
    assert_eq!(
        (event.times.sent_at, event.times.occurred_at),
        (None, NOW - 10 * SECOND)
    );
    let event = read(&of(r#"{"disable_skew_adjustment":true}"#));
    assert_eq!(event.times.sent_at, None);
    let odd = read(&of("7"));
    assert_eq!(odd.origin.user_id.as_deref(), Some("u"));
}

#[test]
fn each_answer_of_a_survey_is_a_piece_of_feedback() {
    let body = format!(
        r#"{{"event":"survey sent","uuid":"{UUID}","distinct_id":"u","timestamp":"2026-05-01T09:29:50Z","properties":{{"$survey_id":"s","$survey_submission_id":"sub","$survey_completed":false,"$app_version":"4.2.0","$current_url":"/pay","$survey_questions":[{{"id":"q1","question":"Would you recommend us?","response":6}},{{"id":"q2","question":"Why?","response":"slow"}},{{"id":"q3","question":"Else?","response":null}}],"$survey_response_q1":6,"$survey_response_q2":"slow","$survey_response":6}}}}"#
    );
    let records = read_by(&body, &Request::default()).records;
    let pieces = feedback(&records);
    assert_eq!(pieces.len(), 2);
    let (score, words) = (pieces[0], pieces[1]);
    assert_eq!((score.event_id.as_str(), score.revisable), ("sub:q1", true));
    assert_eq!((score.kind.as_str(), score.score), ("nps", Some(6.0)));
    assert_eq!(
        score.scale.map(|scale| (scale.min, scale.max)),
        Some((0.0, 10.0))
    );
    assert_eq!(score.origin.user_id.as_deref(), Some("u"));
    assert_eq!(score.origin.release.as_deref(), Some("4.2.0"));
    assert_eq!(score.survey_id.as_deref(), Some("s"));
    assert_eq!(score.question.as_deref(), Some("Would you recommend us?"));
    assert_eq!(score.page.as_deref(), Some("/pay"));
    assert_eq!(score.times.client_at, Some(NOW - 10 * SECOND));
    assert_eq!(
        (words.event_id.as_str(), words.kind.as_str()),
        ("sub:q2", "comment")
    );
    assert_eq!((words.score, words.text.as_deref()), (None, Some("slow")));
    let alone = format!(
        r#"{{"event":"survey sent","uuid":"{UUID}","distinct_id":"u","properties":{{"$survey_id":"s","$survey_response":9}}}}"#
    );
    let records = read_by(&alone, &Request::default()).records;
    let piece = feedback(&records)[0];
    assert_eq!(
        (piece.event_id.as_str(), piece.revisable),
        (format!("{UUID}:0").as_str(), false)
    );
    assert_eq!(piece.score, Some(9.0));
}

#[test]
fn surveys_without_an_answer_are_usage_and_endless_ones_are_refused() {
    for name in ["survey sent", "survey shown", "survey dismissed"] {
        let body =
            format!(r#"{{"event":"{name}","distinct_id":"u","properties":{{"$survey_id":"s"}}}}"#);
        assert_eq!(event(&body).kind, EventKind::Usage);
    }
    let mut body = r#"{"event":"survey sent","distinct_id":"u","properties":{"a":1"#.to_owned();
    for question in 0..=survey::ANSWERS_MAX {
        write!(body, r#","$survey_response_q{question}":1"#).unwrap();
    }
    body.push_str("}}");
    assert_eq!(
        refusal(&one(&body)).unwrap().reason,
        RefusalReason::TooLarge
    );
    let long = format!(
        r#"{{"event":"survey sent","distinct_id":"u","properties":{{"$survey_response":"{}"}}}}"#,
        "x".repeat(10_001 - 90)
    );
    assert_eq!(refusal(&one(&long)), None);
}

#[test]
fn older_ways_to_say_when_are_read() {
    let at = |body: &str| event(body).times;
    let seconds = at(r#"{"event":"a","distinct_id":"u","properties":{"$time":1777627790.5}}"#);
    assert_eq!(seconds.client_at, Some(NOW - 9_500_000));
    let millis = at(r#"{"event":"a","distinct_id":"u","timestamp":1777627790000}"#);
    assert_eq!(millis.client_at, Some(NOW - 10 * SECOND));
    let none = at(r#"{"event":"a","distinct_id":"u"}"#);
    assert_eq!((none.client_at, none.occurred_at), (None, NOW));
    let own = at(
        r#"{"event":"a","distinct_id":"u","timestamp":"2026-05-01T09:29:50Z","sent_at":"2026-05-01T09:29:55Z"}"#,
    );
    assert_eq!(own.occurred_at, NOW - 5 * SECOND);
    let ignored = at(
        r#"{"event":"a","distinct_id":"u","timestamp":"2026-05-01T09:29:50Z","sent_at":"2026-05-01T09:29:55Z","properties":{"$ignore_sent_at":true}}"#,
    );
    assert_eq!(ignored.occurred_at, NOW - 10 * SECOND);
}

#[test]
fn event_without_a_uuid_has_the_insert_id_of_older_sdks() {
    let of = |body: &str| {
        let event = event(body).into_owned();
        (event.id_given, event.event_id.to_string())
    };
    let insert = r#"{"event":"a","distinct_id":"u","uuid":"","properties":{"$insert_id":"i1"}}"#;
    assert_eq!(of(insert), (true, "i1".to_owned()));
    assert!(!of(r#"{"event":"a","distinct_id":"u"}"#).0);
}
