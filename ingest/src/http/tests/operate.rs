//! Routes of those who run the service, and paths that nobody serves.

use super::*;

#[actix_web::test]
async fn other_paths_and_methods_are_answered_in_json() {
    let folder = tempfile::tempdir().unwrap();
    let (state, keys) = open(folder.path(), Limits::default()).await;
    let service = service!(state);
    let (status, found) = answer!(&service, get("/v2/nothing", &keys.read));
    assert_eq!((status, &found["error"]), (404, &json!("not_found")));
    let response = call_service(&service, get("/v1/events", &keys.send).to_request()).await;
    assert_eq!(response.status().as_u16(), 405);
    assert_eq!(response.headers().get("Allow").unwrap(), "POST, OPTIONS");
    assert_eq!(answer!(&service, get("/livez", "")).0, 200);
    assert_eq!(answer!(&service, get("/readyz", "")).1["pending"], json!(0));
}

/// Sends a body without an end over a real socket and returns the answer's first line.

#[actix_web::test]
async fn tail_shows_what_arrives_for_its_app() {
    let folder = tempfile::tempdir().unwrap();
    let (state, keys) = open(folder.path(), Limits::default()).await;
    let service = service!(state);
    let listening = call_service(&service, get("/v1/tail", &keys.read).to_request()).await;
    let other = r#"{"app":"bank","name":"pay","user_id":"u"}"#;
    assert_eq!(
        answer!(&service, post("/v1/events", &keys.all, other)).0,
        200
    );
    let own = "{\"name\":\"open\",\"user_id\":\"u\"}\n{\"name\":\"open\"}";
    assert_eq!(
        answer!(&service, post("/v1/events", &keys.send, own)).0,
        200
    );
    let mut body = std::pin::pin!(listening.into_body());
    let mut seen = Vec::new();
    while seen.len() < 2 {
        let next = std::future::poll_fn(|context| {
            actix_web::body::MessageBody::poll_next(body.as_mut(), context)
        });
        let Some(Ok(line)) = next.await else {
            panic!("the tail ended")
        };
        seen.push(serde_json::from_slice::<Value>(&line).unwrap());
    }
    assert_eq!(
        (&seen[0]["app"], &seen[0]["outcome"]),
        (&json!("shop"), &json!("accepted"))
    );
    assert_eq!(
        (&seen[1]["outcome"], &seen[1]["field"]),
        (&json!("rejected"), &json!("user_id"))
    );
}

#[actix_web::test]
async fn readiness_says_how_the_service_is_and_ends_with_it() {
    let folder = tempfile::tempdir().unwrap();
    let (state, keys) = open(folder.path(), Limits::default()).await;
    let service = service!(state);
    let event = "{\"name\":\"a\",\"user_id\":\"u\"}";
    assert_eq!(
        answer!(&service, post("/v1/events", &keys.send, event)).0,
        200
    );
    let (status, ready) = answer!(&service, TestRequest::get().uri("/readyz"));
    assert_eq!((status, &ready["status"]), (200, &json!("ready")));
    assert_eq!(
        (&ready["durability"], &ready["pending"]),
        (&json!("disk"), &json!(1))
    );
    assert!(ready["wal"]["disk_free_bytes"].as_u64().unwrap() > 0);
    assert_eq!(ready["recovery"]["torn_bytes"], 0);
    state.ingest.announce_stop();
    let (status, stopping) = answer!(&service, TestRequest::get().uri("/readyz"));
    assert_eq!(
        (status, &stopping["reasons"]),
        (503, &json!(["the service is stopping"]))
    );
    let tail = call_service(&service, get("/v1/tail", &keys.read).to_request()).await;
    assert_eq!(read_body(tail).await, "", "a stream ends with the service");
}

#[actix_web::test]
async fn metrics_count_requests_records_and_overloads() {
    let folder = tempfile::tempdir().unwrap();
    let limits = Limits {
        in_flight_bytes_max: 100,
        ..Limits::default()
    };
    let (state, keys) = open(folder.path(), limits).await;
    let service = service!(state);
    let event = "{\"name\":\"a\",\"user_id\":\"u\"}";
    assert_eq!(
        answer!(&service, post("/v1/events", &keys.send, event)).0,
        200
    );
    assert_eq!(
        answer!(&service, post("/v1/events", "nobody", event)).0,
        401
    );
    assert_eq!(
        answer!(&service, post("/v1/events", &keys.send, " ".repeat(200))).0,
        503
    );
    let response = call_service(&service, TestRequest::get().uri("/metrics").to_request()).await;
    let text = String::from_utf8(read_body(response).await.to_vec()).unwrap();
    for line in [
        "shipwake_requests_total{route=\"/v1/events\",status=\"200\"} 1",
        "shipwake_requests_total{route=\"/v1/events\",status=\"401\"} 1",
        "shipwake_requests_total{route=\"/v1/events\",status=\"503\"} 1",
        "shipwake_records_total{outcome=\"accepted\"} 1",
        "shipwake_overloads_total{reason=\"in_flight\"} 1",
        "shipwake_pending_records 1",
        "shipwake_group_commits_total 1",
        "shipwake_table_rows{table=\"events\"} 0",
    ] {
        assert!(
            text.lines().any(|found| found == line),
            "{line} is not in\n{text}"
        );
    }
}

#[actix_web::test]
async fn person_is_erased_for_an_admin_only_and_the_act_is_noted_without_the_id() {
    let folder = tempfile::tempdir().unwrap();
    let (state, keys) = open(folder.path(), Limits::default()).await;
    let service = service!(state);
    let events = "{\"name\":\"a\",\"user_id\":\"person-1\"}\n{\"name\":\"a\",\"user_id\":\"u\"}";
    assert_eq!(
        answer!(&service, post("/v1/events", &keys.send, events)).0,
        200
    );
    let body = r#"{"user":"person-1"}"#;
    for key in [&keys.send, &keys.plan, &keys.read] {
        let (status, refused) = answer!(&service, post("/v1/erase", key, body));
        assert_eq!((status, &refused["error"]), (403, &json!("wrong_scope")));
    }
    let refused = [
        (r#"{"user":" "}"#, 400),
        (r#"{"users":"person-1"}"#, 400),
        (r#"{"user":"person-1","app":"bank"}"#, 403),
    ];
    for (body, expected) in refused {
        let (status, _) = answer!(&service, post("/v1/erase", &keys.admin, body));
        assert_eq!(status, expected, "{body}");
    }
    let (status, erased) = answer!(&service, post("/v1/erase", &keys.admin, body));
    assert_eq!(
        (status, &erased["rows_erased"]),
        (200, &json!(1)),
        "{erased}"
    );
    assert_eq!(erased["traces"], json!([]));
    let (status, vacuumed) = answer!(&service, post("/v1/vacuum", &keys.admin, ""));
    assert_eq!((status, &vacuumed["files_removed"]), (200, &json!(0)));
    let audit = std::fs::read_to_string(folder.path().join("audit.jsonl")).unwrap();
    assert!(
        audit.contains("\"act\":\"erase\",\"object\":\"shop\""),
        "{audit}"
    );
    assert!(!audit.contains("person-1"), "{audit}");
}
