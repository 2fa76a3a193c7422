//! The routes of other products' SDKs, as these call them.

use prost::Message as _;

use super::*;

/// Headers and body of what the service answers.
macro_rules! whole {
    ($service:expr, $request:expr) => {{
        let response = call_service($service, $request.to_request()).await;
        let header = |name: &str| {
            let value = response.headers().get(name);
            value.map_or(String::new(), |value| value.to_str().unwrap().to_owned())
        };
        let headers = ["Content-Type", "Retry-After", "Access-Control-Allow-Origin"].map(header);
        let status = response.status().as_u16();
        (status, headers, read_body(response).await)
    }};
}

const TRACK: &str = r#"{"type":"track","event":"e","userId":"u","messageId":"m","writeKey":"KEY"}"#;

#[actix_web::test]
async fn segment_key_is_taken_from_header_body_or_message() {
    let folder = tempfile::tempdir().unwrap();
    let (state, keys) = open(folder.path(), Limits::default()).await;
    let service = service!(state);
    let message = TRACK.replace("KEY", &keys.send);
    let bare = |uri: &str, body: String| TestRequest::post().uri(uri).set_payload(body);
    let basic = "Basic c3dfc2VuZF8xOg==";
    for (request, expected) in [
        (
            bare(
                "/v1/batch",
                format!(r#"{{"batch":[{TRACK}],"writeKey":"{}"}}"#, keys.send),
            ),
            200,
        ),
        (bare("/v1/b/", format!(r#"{{"batch":[{message}]}}"#)), 200),
        (bare("/v1/t", message.clone()), 200),
        (bare("/v1/track", TRACK.to_owned()), 401),
        (bare("/v1/track", "{}".to_owned()), 401),
        (bare("/v1/track", message.replace("send", "plan")), 401),
        (bare("/v1/track", TRACK.replace("KEY", &keys.read)), 403),
        // A header that shows another key is the one that counts.
        (
            bare("/v1/track", message.clone()).insert_header(("Authorization", basic)),
            401,
        ),
        (post("/v1/page", &keys.send, TRACK), 200),
        (post("/v1/page", &keys.send, "oops"), 400),
    ] {
        let (status, found) = answer!(&service, request);
        assert_eq!(status, expected, "{found}");
        let told = if status == 200 {
            &found["success"]
        } else {
            &found["code"]
        };
        assert!(told == true || *told == found["error"], "{found}");
    }
    let (_, ledger) = answer!(&service, get("/v1/ledger", &keys.all));
    assert_eq!(ledger["pending"], 4, "{ledger}");
}

#[actix_web::test]
async fn segment_settings_name_the_host_that_was_called() {
    let folder = tempfile::tempdir().unwrap();
    let (state, keys) = open(folder.path(), Limits::default()).await;
    let service = service!(state);
    let asked = |key: &str| {
        let uri = format!("/v1/projects/{key}/settings");
        let request = TestRequest::get()
            .uri(&uri)
            .insert_header(("Host", "wake.example:7000"));
        request.insert_header(("Origin", "https://shop.example"))
    };
    let (status, headers, body) = whole!(&service, asked(&keys.send));
    assert_eq!((status, headers[2].as_str()), (200, "https://shop.example"));
    let found: Value = serde_json::from_slice(&body).unwrap();
    let own = json!({"apiKey": keys.send, "apiHost": "wake.example:7000/v1", "protocol": "http"});
    assert_eq!(found["integrations"]["Segment.io"], own);
    assert_eq!(answer!(&service, asked("nobody")).0, 401);
    assert_eq!(answer!(&service, asked(&keys.read)).0, 403);
    let preflight = TestRequest::default().method(Method::OPTIONS).uri("/v1/t");
    let preflight = preflight.insert_header(("Origin", "https://shop.example"));
    assert_eq!(whole!(&service, preflight).0, 204);
}

#[derive(Clone, PartialEq, prost::Message)]
struct RpcStatus {
    #[prost(int32, tag = "1")]
    code: i32,
    #[prost(string, tag = "2")]
    message: String,
}

#[actix_web::test]
async fn otlp_is_answered_in_the_encoding_of_the_request() {
    let folder = tempfile::tempdir().unwrap();
    let (state, keys) = open(folder.path(), Limits::default()).await;
    let service = service!(state);
    let (json_kind, protobuf) = ("application/json", "application/x-protobuf");
    let lines = r#"{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"eventName":"e"},{},{"timeUnixNano":-1}]}]}]}"#;
    let send = |path: &str, kind: &str, body: &[u8]| {
        let request = post(path, &keys.send, body.to_vec());
        request.insert_header(("Content-Type", kind.to_owned()))
    };
    let (status, headers, body) = whole!(
        &service,
        send(
            "/v1/logs",
            "application/json; charset=utf-8",
            lines.as_bytes()
        )
    );
    assert_eq!((status, headers[0].as_str()), (200, json_kind));
    let found: Value = serde_json::from_slice(&body).unwrap();
    assert_eq!(
        found["partialSuccess"]["rejectedLogRecords"], "2",
        "{found}"
    );
    let why = found["partialSuccess"]["errorMessage"].as_str().unwrap();
    assert!(
        why.contains("1 lines of a log") && why.contains("1 records"),
        "{why}"
    );
    for (path, kind, body, expected) in [
        ("/v1/logs", json_kind, &b"{}"[..], &b"{}"[..]),
        ("/v1/logs", "", b"{}", b"{}"),
        ("/v1/logs/", protobuf, b"", b""),
        ("/v1/traces", protobuf, b"\x0a\x00", b""),
        ("/v1/metrics", json_kind, b"{\"resourceMetrics\":[]}", b"{}"),
    ] {
        let (status, _, found) = whole!(&service, send(path, kind, body));
        assert_eq!((status, &found[..]), (200, expected), "{path} {kind}");
    }
    let (status, headers, body) = whole!(&service, send("/v1/logs", protobuf, b"{}"));
    assert_eq!((status, headers[0].as_str()), (400, protobuf));
    assert_eq!(RpcStatus::decode(body).unwrap().code, 3);
    let unknown = post("/v1/logs", "nobody", "").insert_header(("Content-Type", json_kind));
    let (status, _, body) = whole!(&service, unknown);
    let found: Value = serde_json::from_slice(&body).unwrap();
    assert_eq!((status, &found["code"]), (401, &json!(16)));
}

#[actix_web::test]
async fn otlp_overload_is_always_a_503() {
    let folder = tempfile::tempdir().unwrap();
    let limits = Limits {
        key_requests_per_second: 1,
        ..Limits::default()
    };
    let (state, keys) = open(folder.path(), limits).await;
    let service = service!(state);
    let mut statuses = Vec::new();
    for _ in 0..10 {
        let (status, headers, _) = whole!(&service, post("/v1/logs", &keys.send, "{}"));
        assert!(status == 200 || headers[1] == "1", "{status} {headers:?}");
        statuses.push(status);
    }
    assert!(
        statuses.contains(&503) && !statuses.contains(&429),
        "{statuses:?}"
    );
}

#[actix_web::test]
async fn what_otlp_sends_and_is_not_kept_is_counted_once() {
    let folder = tempfile::tempdir().unwrap();
    let (state, keys) = open(folder.path(), Limits::default()).await;
    let service = service!(state);
    let line = r#"{"body":{"stringValue":"a line"}}"#;
    let lines =
        format!(r#"{{"resourceLogs":[{{"scopeLogs":[{{"logRecords":[{line},{line}]}}]}}]}}"#);
    for (uri, body) in [
        ("/v1/logs", lines.as_str()),
        ("/v1/logs", &lines),
        ("/v1/traces", r#"{"resourceSpans":[]}"#),
        ("/v1/metrics", ""),
    ] {
        let request = post(uri, &keys.send, body.to_owned());
        let request = request.insert_header(("Content-Type", "application/json"));
        let (status, answer) = answer!(&service, request);
        assert_eq!(status, 200, "{answer}");
    }
    assert_eq!(answer!(&service, post("/v1/flush", &keys.admin, "")).0, 200);
    let (_, ledger) = answer!(&service, get("/v1/ledger", &keys.all));
    assert_eq!(ledger["declined"], 3, "{ledger}");
    assert_eq!(ledger["received"], 0, "{ledger}");
    let counters = ledger["counters"].as_array().unwrap();
    let counts: Vec<_> = counters
        .iter()
        .map(|c| (&c["reason"], &c["count"]))
        .collect();
    assert!(
        counts.contains(&(&Value::from("log_lines"), &Value::from(2))),
        "{ledger}"
    );
    assert!(
        counts.contains(&(&Value::from("traces"), &Value::from(1))),
        "{ledger}"
    );
}
