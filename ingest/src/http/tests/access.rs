//! Who may do what, from where, and for which app.

use super::*;

#[actix_web::test]
async fn keys_open_what_their_scope_says_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let (state, keys) = open(folder.path(), Limits::default()).await;
    let service = service!(state);
    let event = r#"{"name":"open","user_id":"u"}"#;
    let release = r#"{"version":"1.2.0","author":"Mallory"}"#;
    let cases = [
        ("/v1/events", event, [200, 403, 403, 200]),
        ("/v1/feedback", r#"{"score":5}"#, [200, 403, 403, 200]),
        ("/v1/releases", release, [403, 200, 403, 200]),
        (
            "/v1/backlog",
            r#"{"item_id":"A-1","title":"t"}"#,
            [403, 200, 403, 200],
        ),
        ("/v1/flush", "", [403, 403, 403, 200]),
    ];
    for (uri, body, expected) in cases {
        let mut found = Vec::new();
        for key in [&keys.send, &keys.plan, &keys.read, &keys.admin] {
            found.push(answer!(&service, post(uri, key, body)).0);
        }
        assert_eq!(found, expected, "{uri}");
        let (status, unknown) = answer!(&service, post(uri, "sw_send_0", body));
        assert_eq!((status, &unknown["error"]), (401, &json!("unknown_key")));
        let (status, missing) = answer!(&service, TestRequest::post().uri(uri));
        assert_eq!((status, &missing["error"]), (401, &json!("missing_key")));
    }
    for (uri, allowed) in [
        ("/v1/ledger", [403, 403, 200]),
        ("/v1/tail", [403, 403, 200]),
    ] {
        for (key, expected) in [&keys.send, &keys.plan, &keys.read]
            .into_iter()
            .zip(allowed)
        {
            let response = call_service(&service, get(uri, key).to_request()).await;
            assert_eq!(response.status().as_u16(), expected, "{uri}");
        }
    }
}

#[actix_web::test]
async fn apps_are_kept_apart() {
    let folder = tempfile::tempdir().unwrap();
    let (state, keys) = open(folder.path(), Limits::default()).await;
    let service = service!(state);
    let body = r#"{"name":"open","user_id":"u","app":"bank"}"#;
    let (status, other) = answer!(&service, post("/v1/events", &keys.send, body));
    assert_eq!(
        (status, &other["outcomes"][0]["reason"]),
        (200, &json!("wrong_app"))
    );
    let envelope = r#"{"app":"bank","events":[{"name":"open","user_id":"u"}]}"#;
    let (_, other) = answer!(&service, post("/v1/events", &keys.send, envelope));
    assert_eq!(other["outcomes"][0]["reason"], "wrong_app");
    let (status, _) = answer!(&service, post("/v1/events?app=bank", &keys.send, body));
    assert_eq!(status, 403);

    let (status, unnamed) = answer!(
        &service,
        post("/v1/events", &keys.all, r#"{"name":"a","user_id":"u"}"#)
    );
    assert_eq!((status, &unnamed["error"]), (400, &json!("missing_app")));
    let (status, named) = answer!(&service, post("/v1/events", &keys.all, body));
    assert_eq!((status, &named["accepted"]), (200, &json!(1)));
    let (status, _) = answer!(&service, post("/v1/events?app=No!", &keys.all, body));
    assert_eq!(status, 400);
}

#[actix_web::test]
async fn browsers_may_send_from_any_page() {
    let folder = tempfile::tempdir().unwrap();
    let (state, keys) = open(folder.path(), Limits::default()).await;
    let service = service!(state);
    let origin = ("Origin", "https://shop.example");
    let preflight = TestRequest::default()
        .method(Method::OPTIONS)
        .uri("/v1/feedback")
        .insert_header(origin)
        .insert_header(("Access-Control-Request-Headers", "content-type,x-own"));
    let response = call_service(&service, preflight.to_request()).await;
    let header = |name: &str| response.headers().get(name).and_then(|v| v.to_str().ok());
    assert_eq!(response.status().as_u16(), 204);
    assert_eq!(
        header("Access-Control-Allow-Origin"),
        Some("https://shop.example")
    );
    assert_eq!(
        header("Access-Control-Allow-Headers"),
        Some("content-type,x-own")
    );
    let uri = ["/v1/feedback?key=", &keys.send].concat();
    for (body, status) in [("{\"score\":5}", 200), ("", 400)] {
        let sent = TestRequest::post()
            .uri(&uri)
            .insert_header(origin)
            .set_payload(body);
        let response = call_service(&service, sent.to_request()).await;
        assert_eq!(response.status().as_u16(), status);
        let exposed = response
            .headers()
            .get("Access-Control-Expose-Headers")
            .unwrap();
        assert_eq!(exposed, "Retry-After, X-Sentry-Rate-Limits, X-Sentry-Error");
        let credentials = response.headers().get("Access-Control-Allow-Credentials");
        assert_eq!(credentials.unwrap(), "true");
    }
}

#[actix_web::test]
async fn key_with_origins_is_refused_to_other_pages_and_open_to_none() {
    let folder = tempfile::tempdir().unwrap();
    let (state, _) = open(folder.path(), Limits::default()).await;
    let request = KeyRequest {
        app: "shop".to_owned(),
        origins: vec!["https://shop.example".to_owned()],
        ..KeyRequest::new(Scope::Send)
    };
    let secret = state.keys.create(request).unwrap().secret;
    let service = service!(state);
    let send = || post("/v1/events", &secret, "{\"name\":\"a\",\"user_id\":\"u\"}");
    let from = |origin: &str| send().insert_header(("Origin", origin));
    assert_eq!(answer!(&service, send()).0, 200);
    assert_eq!(answer!(&service, from("https://shop.example")).0, 200);
    for origin in ["https://evil.example", "null", ""] {
        let (status, answer) = answer!(&service, from(origin));
        assert_eq!((status, &answer["error"]), (403, &json!("wrong_origin")));
    }
}

#[actix_web::test]
async fn administrative_acts_are_on_the_audit_trail() {
    let folder = tempfile::tempdir().unwrap();
    let (state, keys) = open(folder.path(), Limits::default()).await;
    let service = service!(state);
    let trail = || std::fs::read_to_string(state.keys.audit().path()).unwrap();
    let made = trail().lines().count();
    assert_eq!(answer!(&service, post("/v1/flush", &keys.send, "")).0, 403);
    assert_eq!(
        trail().lines().count(),
        made,
        "what was refused was not done"
    );
    assert_eq!(answer!(&service, post("/v1/flush", &keys.admin, "")).0, 200);
    let last: Value = serde_json::from_str(trail().lines().last().unwrap()).unwrap();
    assert_eq!(last["act"], "flush");
    assert_eq!(last["actor"]["key"]["person"], "Ada");
    let release = r#"{"version":"1.2.0"}"#;
    for (uri, more) in [("/v1/releases?dry_run=1", 0), ("/v1/releases", 1)] {
        let lines = trail().lines().count();
        assert_eq!(answer!(&service, post(uri, &keys.plan, release)).0, 200);
        assert_eq!(trail().lines().count(), lines + more, "{uri}");
    }
    let last: Value = serde_json::from_str(trail().lines().last().unwrap()).unwrap();
    assert_eq!(
        (&last["act"], &last["object"]),
        (&json!("plan"), &json!("shop"))
    );
    assert_eq!(last["actor"]["key"]["person"], "Ada");
}

#[actix_web::test]
async fn preflights_are_answered_while_everything_else_is_shed() {
    let folder = tempfile::tempdir().unwrap();
    let limits = Limits {
        in_flight_bytes_max: 1,
        key_requests_per_second: 1,
        ..Limits::default()
    };
    let (state, keys) = open(folder.path(), limits).await;
    let service = service!(state);
    let event = r#"{"name":"a","user_id":"u"}"#;
    let codes = [503, 503, 503, 503, 503, 429];
    for code in codes {
        assert_eq!(
            answer!(&service, post("/v1/events", &keys.send, event)).0,
            code
        );
        let preflight = TestRequest::default()
            .method(Method::OPTIONS)
            .uri("/v1/events")
            .insert_header(("Origin", "https://shop.example"));
        let response = call_service(&service, preflight.to_request()).await;
        assert_eq!(response.status().as_u16(), 204);
    }
}
