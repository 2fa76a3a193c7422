//! The routes as an app meets them, on a real data folder.

use std::io::Write as _;
use std::path::Path;

use actix_web::App;
use actix_web::test::{TestRequest, call_service, init_service, read_body};
use flate2::Compression;
use flate2::write::GzEncoder;
use lake::FixedClock;
use serde_json::{Value, json};

use super::*;
use crate::keys::{KeyRequest, Scope};
use crate::settings::Settings;

const NOW: lake::Micros = 1_777_627_800_000_000;

struct Secrets {
    send: String,
    plan: String,
    read: String,
    admin: String,
    all: String,
}

fn make_keys(keys: &KeyStore) -> Secrets {
    let make = |scope, app: &str| {
        let person = Some("Ada".to_owned());
        let request = KeyRequest {
            app: app.to_owned(),
            scopes: [scope].into(),
            person,
        };
        keys.create(request).unwrap().secret
    };
    Secrets {
        send: make(Scope::Send, "shop"),
        plan: make(Scope::Plan, "shop"),
        read: make(Scope::Read, "shop"),
        admin: make(Scope::Admin, "shop"),
        all: make(Scope::Admin, crate::keys::ANY_APP),
    }
}

async fn open(folder: &Path, limits: Limits) -> (web::Data<State>, Secrets) {
    let clock: Arc<dyn Clock> = Arc::new(FixedClock(NOW));
    let (ingest, _) = Ingest::open(folder, Settings::default(), clock.clone())
        .await
        .unwrap();
    let keys = KeyStore::open(folder, clock.clone()).unwrap();
    let secrets = make_keys(&keys);
    (
        web::Data::new(State::new(ingest, keys, clock, limits)),
        secrets,
    )
}

/// The service on a new data folder.
macro_rules! service {
    ($state:expr) => {
        init_service(App::new().configure(|config| configure(config, $state.clone()))).await
    };
}

/// Status and body of what the service answers.
macro_rules! answer {
    ($service:expr, $request:expr) => {{
        let response = call_service($service, $request.to_request()).await;
        let status = response.status().as_u16();
        let body = read_body(response).await;
        (
            status,
            serde_json::from_slice::<Value>(&body).unwrap_or(Value::Null),
        )
    }};
}

fn post(uri: &str, key: &str, body: impl Into<web::Bytes>) -> TestRequest {
    let bearer = ("Authorization", ["Bearer ", key].concat());
    TestRequest::post()
        .uri(uri)
        .insert_header(bearer)
        .set_payload(body)
}

fn get(uri: &str, key: &str) -> TestRequest {
    TestRequest::get()
        .uri(uri)
        .insert_header(("X-Api-Key", key))
}

#[actix_web::test]
async fn one_broken_event_among_99_good_ones_is_refused_alone() {
    let folder = tempfile::tempdir().unwrap();
    let (state, keys) = open(folder.path(), Limits::default()).await;
    let service = service!(state);
    let mut events: Vec<Value> = (0..100)
        .map(|n| json!({"event_id": format!("e{n}"), "name": "open", "user_id": "u"}))
        .collect();
    events[41] = json!({"event_id": "e41", "name": "open"});
    let body = serde_json::to_vec(&json!({"events": events})).unwrap();
    let (status, first) = answer!(&service, post("/v1/events", &keys.send, body.clone()));
    assert_eq!(
        (status, &first["accepted"], &first["rejected"]),
        (200, &json!(99), &json!(1))
    );
    assert_eq!(first["outcomes"].as_array().map(Vec::len), Some(100));
    assert_eq!(first["outcomes"][41]["field"], "user_id");
    assert_eq!(first["outcomes"][41]["reason"], "missing_field");
    assert_eq!(first["warnings"], json!([]));

    let (_, again) = answer!(&service, post("/v1/events/", &keys.send, body));
    assert_eq!(
        (&again["accepted"], &again["duplicate"]),
        (&json!(0), &json!(99))
    );

    let (status, flushed) = answer!(&service, post("/v1/flush", &keys.admin, ""));
    assert_eq!((status, &flushed["pending"]), (200, &json!(0)));
    let (status, ledger) = answer!(&service, get("/v1/ledger", &keys.all));
    assert_eq!(status, 200);
    let counts = ["received", "stored", "duplicate", "quarantined", "pending"].map(|n| &ledger[n]);
    assert_eq!(counts.map(Value::as_i64), [200, 99, 99, 2, 0].map(Some));
    let (_, own) = answer!(&service, get("/v1/ledger", &keys.read));
    assert_eq!((&own["received"], own.get("pending")), (&json!(200), None));
}

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
async fn dry_run_says_what_would_be_and_stores_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let (state, keys) = open(folder.path(), Limits::default()).await;
    let service = service!(state);
    let body = "{\"score\":9}\n{\"score\":4,\"event_id\":\"f\"}\noops";
    let (status, dry) = answer!(&service, post("/v1/feedback?dry_run=1", &keys.send, body));
    assert_eq!((status, &dry["dry_run"]), (200, &json!(true)));
    assert_eq!((&dry["accepted"], &dry["rejected"]), (&json!(1), &json!(2)));
    assert_eq!(dry["outcomes"][2]["reason"], "unreadable");
    assert_eq!(state.ingest.pending(), 0);
    let (_, wet) = answer!(&service, post("/v1/feedback", &keys.send, body));
    assert_eq!((&wet["accepted"], wet.get("dry_run")), (&json!(1), None));
    assert!(state.ingest.pending() > 0);
}

#[actix_web::test]
async fn body_that_cannot_be_taken_says_why_and_where() {
    let folder = tempfile::tempdir().unwrap();
    let limits = Limits {
        body_bytes_max: 2000,
        unpacked_bytes_max: 50_000,
        batch_events_max: 10,
        event_bytes_max: 500,
        ..Limits::default()
    };
    let (state, keys) = open(folder.path(), limits).await;
    let service = service!(state);
    let send = |body: Vec<u8>| post("/v1/events", &keys.send, body);

    let (status, found) = answer!(&service, send(Vec::new()));
    assert_eq!((status, &found["error"]), (400, &json!("empty")));
    let (status, found) = answer!(&service, send(b"{\"name\":\n oops}".to_vec()));
    assert_eq!(
        (status, &found["line"], &found["column"]),
        (400, &json!(2), &json!(2))
    );
    let (status, found) = answer!(&service, send(vec![b' '; 2001]));
    assert_eq!(
        (status, &found["limit"], &found["unit"]),
        (413, &json!(2000), &json!("bytes"))
    );
    let (status, found) = answer!(&service, send(b"[1,2,3,4,5,6,7,8,9,10,11]".to_vec()));
    assert_eq!((status, &found["error"]), (413, &json!("too_many_events")));
    let mut bomb = GzEncoder::new(Vec::new(), Compression::best());
    bomb.write_all(&vec![b' '; 60_000]).unwrap();
    let (status, found) = answer!(&service, send(bomb.finish().unwrap()));
    assert_eq!((status, &found["limit"]), (413, &json!(50_000)));
    let large = json!([{"name": "x".repeat(600), "user_id": "u"}, {"name": "y", "user_id": "u"}]);
    let (status, found) = answer!(&service, send(serde_json::to_vec(&large).unwrap()));
    assert_eq!(
        (status, &found["outcomes"][0]["reason"]),
        (200, &json!("too_large"))
    );
    assert_eq!(found["outcomes"][1]["outcome"], "accepted");
    let brotli = send(b"x".to_vec()).insert_header(("Content-Encoding", "br"));
    assert_eq!(answer!(&service, brotli).0, 415);
    assert_eq!(state.in_flight.used(), 0);
}

#[actix_web::test]
async fn no_body_makes_it_panic_and_each_event_has_an_outcome() {
    let folder = tempfile::tempdir().unwrap();
    let (state, keys) = open(folder.path(), Limits::default()).await;
    let service = service!(state);
    let deep = ["[".repeat(50_000), "]".repeat(50_000)].concat();
    let bodies: [Vec<u8>; 14] = [
        b"\0".to_vec(),
        b"\x1f\x8b".to_vec(),
        b"\x1f\x8b\x08\0\0\0\0\0\0\xff".to_vec(),
        b"\xef\xbb\xbf".to_vec(),
        b"\xff\xfe{\0}\0".to_vec(),
        b"[{\"name\":\"\\ud800\",\"user_id\":\"u\"}]".to_vec(),
        b"{\"name\":\"\xf0\x9f\x99\",\"user_id\":\"u\"}".to_vec(),
        "{\"name\":\"🙂\",\"user_id\":\"\\u0000\"}".into(),
        deep.clone().into_bytes(),
        format!("{{\"name\":\"a\",\"user_id\":\"u\",\"properties\":{{\"p\":{deep}}}}}").into(),
        format!("[{}]", vec!["{}"; 10_000].join(",")).into(),
        format!("{{\"name\":\"{}\"}}", "é".repeat(900_000)).into(),
        b"{\"name\":1e999,\"user_id\":-0}\n{\"name\":{},\"user_id\":[]}\n\n{\n".to_vec(),
        b"{\"events\":[{\"events\":[{}]},null,true,\"x\",1.5]}".to_vec(),
    ];
    for body in bodies {
        for uri in ["/v1/events", "/v1/feedback"] {
            let (status, found) = answer!(&service, post(uri, &keys.send, body.clone()));
            assert!(matches!(status, 200 | 400), "{status} {found}");
            if status == 200 {
                let counted = ["accepted", "duplicate", "rejected"].map(|n| found[n].as_u64());
                let sum: u64 = counted.into_iter().flatten().sum();
                let listed = found["outcomes"].as_array().map(Vec::len);
                assert_eq!(u64::try_from(listed.unwrap()), Ok(sum));
            }
        }
    }
}

#[actix_web::test]
async fn overload_is_503_and_says_when_to_come_again() {
    let folder = tempfile::tempdir().unwrap();
    let limits = Limits {
        in_flight_bytes_max: 10,
        ..Limits::default()
    };
    let (state, keys) = open(folder.path(), limits).await;
    let service = service!(state);
    let request = post("/v1/events", &keys.send, r#"{"name":"open","user_id":"u"}"#);
    let response = call_service(&service, request.to_request()).await;
    assert_eq!(response.status().as_u16(), 503);
    assert_eq!(response.headers().get("Retry-After").unwrap(), "1");
    state.ingest.shutdown().await.unwrap();
    let (status, found) = answer!(&service, post("/v1/events", &keys.send, "[{}]"));
    assert_eq!((status, &found["error"]), (503, &json!("stopping")));
}

#[actix_web::test]
async fn browsers_may_send_from_any_page() {
    let folder = tempfile::tempdir().unwrap();
    let (state, keys) = open(folder.path(), Limits::default()).await;
    let service = service!(state);
    let origin = ("Origin", "https://shop.example");
    let preflight = TestRequest::default()
        .method(actix_web::http::Method::OPTIONS)
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
        assert_eq!(exposed, "Retry-After");
        assert!(
            response
                .headers()
                .get("Access-Control-Allow-Credentials")
                .is_none()
        );
    }
}

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
fn endless_body(port: u16, key: &str, bytes: usize) -> String {
    use std::io::{BufRead as _, BufReader};
    let mut socket = std::net::TcpStream::connect(("127.0.0.1", port)).unwrap();
    socket
        .set_read_timeout(Some(std::time::Duration::from_secs(20)))
        .unwrap();
    let head = format!(
        "POST /v1/events?key={key} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    );
    socket.write_all(head.as_bytes()).unwrap();
    let chunk = format!("2710\r\n{}\r\n", " ".repeat(10_000));
    for _ in 0..bytes / 10_000 {
        socket.write_all(chunk.as_bytes()).unwrap();
    }
    let mut line = String::new();
    BufReader::new(socket).read_line(&mut line).unwrap();
    line
}

#[actix_web::test]
async fn body_over_the_limit_is_refused_while_it_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let limits = Limits {
        body_bytes_max: 50_000,
        body_stall_ms_max: 200,
        ..Limits::default()
    };
    let (state, keys) = open(folder.path(), limits).await;
    let server = actix_web::HttpServer::new(move || {
        let state = state.clone();
        App::new().configure(move |config| configure(config, state))
    });
    let server = server.workers(1).bind(("127.0.0.1", 0)).unwrap();
    let port = server.addrs()[0].port();
    let server = server.run();
    let handle = server.handle();
    let serving = actix_web::rt::spawn(server);
    let send = keys.send;
    let answers = web::block(move || {
        [60_000, 40_000].map(|bytes| endless_body(port, &send, bytes).trim().to_owned())
    });
    let [over, stalled] = answers.await.unwrap();
    assert_eq!(over, "HTTP/1.1 413 Payload Too Large");
    assert_eq!(stalled, "HTTP/1.1 408 Request Timeout");
    handle.stop(false).await;
    serving.await.unwrap().unwrap();
}

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
