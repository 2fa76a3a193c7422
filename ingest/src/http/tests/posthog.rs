//! The routes of PostHog's SDKs: every form of a body, the key wherever it stands, the answers.

use super::*;

const UUID: &str = "01a204f0-9172-758d-adc7-b332dd3a305b";

fn body(key: &str, uuid: &str) -> String {
    format!(
        r#"{{"api_key":"{key}","batch":[{{"event":"open","uuid":"{uuid}","distinct_id":"u"}}]}}"#
    )
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut to = GzEncoder::new(Vec::new(), Compression::fast());
    to.write_all(bytes).unwrap();
    to.finish().unwrap()
}

/// How many events were received, stored and quarantined, once everything is in the tables.
macro_rules! counted {
    ($service:expr, $keys:expr) => {{
        let flushed = post("/v1/flush", &$keys.admin, "");
        assert_eq!(answer!($service, flushed).0, 200);
        let (_, ledger) = answer!($service, get("/v1/ledger", &$keys.read));
        ["received", "stored", "quarantined"].map(|name| ledger[name].as_u64().unwrap())
    }};
}

#[actix_web::test]
async fn every_form_is_taken_and_an_event_sent_in_all_of_them_counts_once() {
    let folder = tempfile::tempdir().unwrap();
    let (state, keys) = open(folder.path(), Limits::default()).await;
    let service = service!(state);
    let json = body(&keys.send, UUID);
    let data: String = url::form_urlencoded::byte_serialize(json.as_bytes()).collect();
    let form = format!("data={data}");
    let list = format!(
        r#"[{{"event":"open","uuid":"{UUID}","distinct_id":"u","token":"{}"}}]"#,
        keys.send
    );
    let one = list[1..list.len() - 1].to_owned();
    let hex = keys.send.strip_prefix("sw_send_").unwrap();
    let paths = [
        "/batch",
        "/batch/",
        "/e/",
        "/e",
        "/capture/",
        "/track",
        "/i/v0/e/",
        "/i/v0/e",
    ];
    for path in paths {
        for sent in [
            json.clone().into_bytes(),
            gzip(json.as_bytes()),
            form.clone().into_bytes(),
            list.clone().into_bytes(),
            one.clone().into_bytes(),
            body(hex, UUID).into_bytes(),
        ] {
            let request = TestRequest::post().uri(path).set_payload(sent);
            let request = request.insert_header(("Content-Type", "text/plain"));
            let (status, told) = answer!(&service, request);
            assert_eq!((status, told), (200, json!({"status": 1})), "{path}");
        }
    }
    let asked = TestRequest::get()
        .uri(&["/e/?_=1777627800000&", &form].concat())
        .to_request();
    let response = call_service(&service, asked).await;
    assert_eq!(response.status().as_u16(), 200);
    let sent = u64::try_from(6 * paths.len() + 1).unwrap();
    assert_eq!(counted!(&service, &keys), [sent, 1, 0]);
}

#[actix_web::test]
async fn bad_event_is_quarantined_and_its_batch_is_a_success() {
    let folder = tempfile::tempdir().unwrap();
    let (state, keys) = open(folder.path(), Limits::default()).await;
    let service = service!(state);
    let body = format!(
        r#"{{"token":"{}","batch":[{{"event":"a","distinct_id":"u"}},{{"event":"b"}},{{"event":"c","distinct_id":"u","uuid":"?"}}]}}"#,
        keys.send
    );
    let (status, told) = answer!(&service, TestRequest::post().uri("/e/").set_payload(body));
    assert_eq!((status, told), (200, json!({"status": 1})));
    assert_eq!(counted!(&service, &keys), [3, 1, 2]);
}

#[actix_web::test]
async fn keys_that_do_not_open_are_401() {
    let folder = tempfile::tempdir().unwrap();
    let (state, keys) = open(folder.path(), Limits::default()).await;
    let service = service!(state);
    let mixed = format!(
        r#"[{{"event":"a","distinct_id":"u","token":"{}"}},{{"event":"a","distinct_id":"u","token":"{}"}}]"#,
        keys.send, keys.admin
    );
    for (sent, error) in [
        (body("phx_1", UUID), "personal_key"),
        (body("sw_send_1", UUID), "unknown_key"),
        (mixed, "mixed_keys"),
        (
            r#"{"event":"a","distinct_id":"u"}"#.to_owned(),
            "missing_key",
        ),
    ] {
        let (status, told) = answer!(&service, TestRequest::post().uri("/e/").set_payload(sent));
        assert_eq!((status, &told["error"]), (401, &json!(error)));
    }
    let (status, told) = answer!(&service, post("/i/v1/analytics/events", "phx_1", "{}"));
    assert_eq!((status, &told["error"]), (401, &json!("invalid_api_token")));
}

#[actix_web::test]
async fn rate_of_a_key_is_a_503_here() {
    let folder = tempfile::tempdir().unwrap();
    let limits = Limits {
        key_requests_per_second: 1,
        ..Limits::default()
    };
    let (state, keys) = open(folder.path(), limits).await;
    let service = service!(state);
    let mut statuses = Vec::new();
    for uri in ["/e/", "/i/v1/analytics/events"]
        .into_iter()
        .cycle()
        .take(12)
    {
        let request = post(uri, &keys.send, body(&keys.send, UUID));
        let response = call_service(&service, request.to_request()).await;
        let wait = response.headers().get("Retry-After");
        let is_long = wait.is_some_and(|seconds| seconds == "25");
        assert_eq!(response.status() == 503, is_long, "{wait:?}");
        statuses.push(response.status().as_u16());
    }
    assert!(
        statuses.contains(&200) && statuses.contains(&503),
        "{statuses:?}"
    );
    assert!(!statuses.contains(&429), "{statuses:?}");
}

#[actix_web::test]
async fn newer_protocol_tells_the_result_of_each_event() {
    let folder = tempfile::tempdir().unwrap();
    let (state, keys) = open(folder.path(), Limits::default()).await;
    let service = service!(state);
    let ids = ["1", "2", "3"].map(|end| [&UUID[..35], end].concat());
    let event = |id: &str, more: &str| {
        format!(r#"{{"event":"a","uuid":"{id}","distinct_id":"u",{more}"properties":{{}}}}"#)
    };
    let sent = |second: &str| {
        let events = [
            event(&ids[0], ""),
            event(&ids[1], second),
            event(&ids[2], ""),
        ];
        let body = format!(
            r#"{{"created_at":"2026-05-01T09:30:00Z","batch":[{}]}}"#,
            events.join(",")
        );
        post("/i/v1/analytics/events", &keys.send, body)
            .insert_header(("PostHog-Sdk-Info", "posthog-python/7.91.1"))
            .insert_header(("PostHog-Request-Timestamp", "2026-05-01T09:30:00Z"))
    };
    let (status, told) = answer!(&service, sent(r#""timestamp":"soon","#));
    let ok = json!({"result": "ok"});
    let expected = json!({"results": {&ids[0]: ok, &ids[1]: {"result": "drop", "details": "bad_instant"}, &ids[2]: ok}});
    assert_eq!((status, told), (200, expected));
    let (_, again) = answer!(&service, sent(""));
    assert_eq!(again["results"][&ids[1]], ok, "{again}");
    assert_eq!(counted!(&service, &keys), [6, 3, 1]);
}

#[actix_web::test]
async fn what_browsers_ask_for_is_answered_to_any_page() {
    let folder = tempfile::tempdir().unwrap();
    let (state, _) = open(folder.path(), Limits::default()).await;
    let service = service!(state);
    let of = |request: TestRequest| request.insert_header(("Origin", "https://shop.example"));
    for (request, member) in [
        (
            TestRequest::get().uri("/array/k/config"),
            "supportedCompression",
        ),
        (
            TestRequest::post().uri("/flags/?v=2").set_payload("{}"),
            "requestId",
        ),
        (
            TestRequest::post().uri("/decide/?v=3").set_payload("{}"),
            "featureFlags",
        ),
        (TestRequest::post().uri("/s/").set_payload("x"), "status"),
    ] {
        let response = call_service(&service, of(request).to_request()).await;
        let allowed = response.headers().get("Access-Control-Allow-Origin");
        assert_eq!(allowed.unwrap(), "https://shop.example");
        let body: Value = serde_json::from_slice(&read_body(response).await).unwrap();
        assert!(body.get(member).is_some(), "{body}");
    }
    for uri in [
        "/e/",
        "/batch/",
        "/i/v1/analytics/events",
        "/flags/",
        "/array/k/config",
    ] {
        let preflight = TestRequest::default().method(Method::OPTIONS).uri(uri);
        let response = call_service(&service, of(preflight).to_request()).await;
        assert_eq!(response.status().as_u16(), 204, "{uri}");
    }
    let missing = call_service(
        &service,
        TestRequest::get().uri("/array/k/config.js").to_request(),
    );
    assert_eq!(missing.await.status().as_u16(), 404);
}
