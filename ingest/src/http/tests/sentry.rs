//! The routes of Sentry's SDKs: keys, answers, counters, and what they do when there is no room.

use std::time::{Duration, Instant};

use super::*;

const EVENT: &str = "{\"event_id\":\"b093247328cb4cd5a25000f3e5ba9d42\"}\n{\"type\":\"event\"}\n\
                     {\"message\":\"hello\",\"user\":{\"id\":\"u1\"}}\n";
const TRANSACTION: &str = "{\"event_id\":\"0dbc99e2b85b42c995eba316de71189f\"}\n\
                           {\"type\":\"transaction\"}\n{\"spans\":[]}\n";
const REPORT: &str = "{}\n{\"type\":\"client_report\"}\n{\"timestamp\":5.25,\"discarded_events\":\
                      [{\"reason\":\"network_error\",\"category\":\"error\",\"quantity\":3}]}\n";

fn digits(keys: &Secrets) -> String {
    keys.send.trim_start_matches("sw_send_").to_owned()
}

fn sent(uri: &str, body: &str) -> TestRequest {
    TestRequest::post().uri(uri).set_payload(body.to_owned())
}

fn with_key(uri: &str, keys: &Secrets, body: &str) -> TestRequest {
    let auth = format!("Sentry sentry_key={}, sentry_version=7", digits(keys));
    sent(uri, body).insert_header(("X-Sentry-Auth", auth))
}

#[actix_web::test]
async fn key_opens_in_each_way_of_these_sdks() {
    let folder = tempfile::tempdir().unwrap();
    let (state, keys) = open(folder.path(), Limits::default()).await;
    let service = service!(state);
    let key = digits(&keys);
    let dsn = format!("{{\"dsn\":\"https://{key}@shipwake.x/7\"}}\n{{\"type\":\"session\"}}\n{{}}");
    let by_query = format!("/api/7/envelope/?sentry_version=7&sentry_key={key}");
    let authorization = format!("Sentry sentry_key={key}");
    for request in [
        with_key("/api/42/envelope/", &keys, EVENT),
        with_key("/api/1/envelope", &keys, EVENT),
        sent(&by_query, EVENT),
        sent("/api/7/envelope/", &dsn),
        sent("/api/7/envelope/", EVENT).insert_header(("Authorization", authorization)),
        with_key("/api/42/store/", &keys, r#"{"message":"hello"}"#),
    ] {
        assert_eq!(answer!(&service, request).0, 200);
    }
    let (status, answer) = answer!(&service, with_key("/api/42/envelope/", &keys, EVENT));
    assert_eq!(
        (status, &answer["id"]),
        (200, &json!("b093247328cb4cd5a25000f3e5ba9d42"))
    );
    let unknown = "/api/7/envelope/?sentry_key=00000000000000000000000000000000";
    for (request, expected) in [
        (sent("/api/7/envelope/", EVENT), 401),
        (sent(unknown, EVENT), 401),
        (sent("/api/7/store/", r#"{"message":"hello"}"#), 401),
        (with_key("/api/shop/envelope/", &keys, EVENT), 400),
        (with_key("/api/7/envelope/", &keys, "nonsense"), 400),
    ] {
        let (status, answer) = answer!(&service, request);
        assert_eq!(status, expected, "{answer}");
        assert!(answer["detail"].is_string(), "{answer}");
    }
}

#[actix_web::test]
async fn what_is_declined_is_asked_to_be_held_back_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let (state, keys) = open(folder.path(), Limits::default()).await;
    let service = service!(state);
    let limits = |body: &'static str| {
        let request = with_key("/api/42/envelope/", &keys, body).to_request();
        let service = &service;
        async move {
            let response = call_service(service, request).await;
            assert_eq!(response.status(), 200);
            let header = response.headers().get("X-Sentry-Rate-Limits");
            header.map(|value| value.to_str().unwrap().to_owned())
        }
    };
    assert_eq!(limits(EVENT).await, None);
    let asked = limits(TRANSACTION).await.unwrap();
    assert!(
        asked.starts_with("60:") && asked.ends_with(":key"),
        "{asked}"
    );
    let categories: Vec<&str> = asked.split(':').nth(1).unwrap().split(';').collect();
    assert!(categories.contains(&"transaction") && categories.contains(&"span"));
    for kept in ["error", "session", "feedback", "default", "user_report", ""] {
        assert!(!categories.contains(&kept), "{kept}");
    }
}

#[actix_web::test]
async fn losses_are_counted_beside_what_was_received_and_once() {
    let folder = tempfile::tempdir().unwrap();
    let (state, keys) = open(folder.path(), Limits::default()).await;
    let service = service!(state);
    // A retry after the flush, too, is known.
    for body in [EVENT, REPORT, TRANSACTION, REPORT, TRANSACTION] {
        let request = with_key("/api/42/envelope/", &keys, body);
        assert_eq!(answer!(&service, request).0, 200);
        let (_, ledger) = answer!(&service, get("/v1/ledger", &keys.all));
        let count = |name: &str| ledger[name].as_i64().unwrap();
        let ends = count("stored") + count("duplicate") + count("quarantined");
        assert_eq!(count("received"), ends + count("pending"), "{ledger}");
        assert_eq!(count("received"), 1, "{ledger}");
        assert_eq!(answer!(&service, post("/v1/flush", &keys.admin, "")).0, 200);
    }
    let (_, ledger) = answer!(&service, get("/v1/ledger", &keys.all));
    let counts = [
        "received",
        "stored",
        "pending",
        "lost_by_client",
        "declined",
    ];
    assert_eq!(
        counts.map(|name| ledger[name].as_i64().unwrap()),
        [1, 1, 0, 3, 1]
    );
    let counters = ledger["counters"].as_array().unwrap();
    let of = |outcome: &str| counters.iter().find(|c| c["outcome"] == outcome).unwrap();
    assert_eq!(of("lost_by_client")["reason"], "network_error:error");
    assert_eq!(of("declined")["reason"], "transaction");
    assert_eq!(of("declined")["protocol"], "sentry");
    let verified = crate::verify(state.ingest.lake()).await.unwrap();
    assert_eq!(verified.findings, []);
    let metrics = call_service(&service, get("/metrics", "").to_request()).await;
    let metrics = String::from_utf8(read_body(metrics).await.to_vec()).unwrap();
    for line in [
        "shipwake_noted_total{outcome=\"lost_by_client\"} 3",
        "shipwake_noted_total{outcome=\"declined\"} 1",
        "shipwake_records_total{outcome=\"accepted\"} 1",
    ] {
        assert!(
            metrics.lines().any(|found| found == line),
            "{line}\n{metrics}"
        );
    }
}

#[actix_web::test]
async fn full_room_of_others_does_not_touch_these_routes() {
    let folder = tempfile::tempdir().unwrap();
    let (state, keys) = open(folder.path(), Limits::default()).await;
    let service = service!(state);
    let mut others = state.in_flight.enter();
    others.grow(state.limits.in_flight_bytes_max).unwrap();
    let native = post("/v1/events", &keys.send, r#"{"name":"a","user_id":"u"}"#);
    assert_eq!(answer!(&service, native).0, 503);
    let request = with_key("/api/42/envelope/", &keys, EVENT);
    assert_eq!(answer!(&service, request).0, 200);
}

#[actix_web::test]
async fn request_without_room_is_held_until_there_is_some() {
    let folder = tempfile::tempdir().unwrap();
    let (state, keys) = open(folder.path(), Limits::default()).await;
    let service = service!(state);
    let mut all = state.reserve.enter();
    all.grow(state.limits.in_flight_bytes_max).unwrap();
    let mut reserve = state.reserve.enter();
    reserve.grow(state.limits.reserved_bytes_max).unwrap();
    let started = Instant::now();
    let held = Duration::from_millis(300);
    actix_web::rt::spawn(async move {
        actix_web::rt::time::sleep(held).await;
        drop(reserve);
    });
    let request = with_key("/api/42/envelope/", &keys, EVENT);
    assert_eq!(answer!(&service, request).0, 200);
    assert!(started.elapsed() >= held);
}

#[actix_web::test]
async fn key_that_sends_too_often_is_held_and_never_answered_429() {
    let folder = tempfile::tempdir().unwrap();
    let limits = Limits {
        key_requests_per_second: 2,
        ..Limits::default()
    };
    let (state, keys) = open(folder.path(), limits).await;
    let service = service!(state);
    for _ in 0..12 {
        let request = with_key("/api/42/envelope/", &keys, EVENT);
        assert_eq!(answer!(&service, request).0, 200);
    }
}

#[actix_web::test]
async fn pages_of_any_origin_may_send_and_read_when_to_come_again() {
    let folder = tempfile::tempdir().unwrap();
    let (state, keys) = open(folder.path(), Limits::default()).await;
    let service = service!(state);
    let request = with_key("/api/42/envelope/", &keys, TRANSACTION)
        .insert_header(("Origin", "https://shop.x"))
        .insert_header(("Content-Type", "text/plain;charset=UTF-8"));
    let response = call_service(&service, request.to_request()).await;
    let header = |name: &str| {
        response
            .headers()
            .get(name)
            .unwrap()
            .to_str()
            .unwrap()
            .to_owned()
    };
    assert_eq!(header("Access-Control-Allow-Origin"), "https://shop.x");
    assert!(header("Access-Control-Expose-Headers").contains("X-Sentry-Rate-Limits"));
}
