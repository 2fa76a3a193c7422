//! Bodies taken, refused and limited.

use super::*;

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
    let unknown = send(b"x".to_vec()).insert_header(("Content-Encoding", "compress"));
    assert_eq!(answer!(&service, unknown).0, 415);
    assert_eq!(state.in_flight.used(), 0);
}

#[actix_web::test]
async fn parts_of_an_event_are_limited_as_it_is_set() {
    let folder = tempfile::tempdir().unwrap();
    let limits = Limits {
        event: lake::EventLimits {
            short_text_chars_max: 5,
            text_chars_max: 10,
            properties_max: 2,
            list_entries_max: 1,
        },
        ..Limits::default()
    };
    let (state, keys) = open(folder.path(), limits).await;
    let service = service!(state);
    let cases = [
        ("/v1/events", json!({"name": "öpens", "user_id": "u"}), None),
        (
            "/v1/events",
            json!({"name": "opened", "user_id": "u"}),
            Some("name"),
        ),
        (
            "/v1/events",
            json!({"name": "a", "user_id": "123456"}),
            Some("user_id"),
        ),
        (
            "/v1/events",
            json!({"name": "a", "user_id": "u", "properties": {"a": 1, "b": 2}}),
            None,
        ),
        (
            "/v1/events",
            json!({"name": "a", "user_id": "u", "properties": {"a": 1, "b": 2, "c": 3}}),
            Some("properties"),
        ),
        ("/v1/feedback", json!({"text": "0123456789"}), None),
        ("/v1/feedback", json!({"text": "0123456789a"}), Some("text")),
        (
            "/v1/releases",
            json!({"version": "1", "scope": ["a"]}),
            None,
        ),
        (
            "/v1/releases",
            json!({"version": "1", "scope": ["a", "b"]}),
            Some("scope"),
        ),
        (
            "/v1/backlog",
            json!({"item_id": "A", "title": "t", "keywords": ["a", "b"]}),
            Some("keywords"),
        ),
    ];
    for (path, event, field) in cases {
        let body = serde_json::to_vec(&event).unwrap();
        let (status, found) = answer!(&service, post(path, &keys.admin, body));
        let outcome = &found["outcomes"][0];
        assert_eq!((status, outcome["field"].as_str()), (200, field), "{event}");
        if field.is_some() {
            assert_eq!(outcome["reason"], "too_large", "{event}");
        }
    }
    assert!(serde_json::from_str::<Limits>(r#"{"event": {"properties": 1}}"#).is_err());
    let set: Limits = serde_json::from_str(r#"{"event": {"properties_max": 1}}"#).unwrap();
    assert_eq!(
        (set.event.properties_max, set.event.text_chars_max),
        (1, 10_000)
    );
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

/// Sends a byte of a body each 20 ms until something is answered.
fn dripped_body(port: u16, key: &str) -> String {
    use std::io::Read as _;
    let mut socket = std::net::TcpStream::connect(("127.0.0.1", port)).unwrap();
    let pause = std::time::Duration::from_millis(20);
    socket.set_read_timeout(Some(pause)).unwrap();
    let head =
        format!("POST /v1/events?key={key} HTTP/1.1\r\nHost: x\r\nContent-Length: 9000\r\n\r\n");
    socket.write_all(head.as_bytes()).unwrap();
    let mut answer = [0; 32];
    for _ in 0..1_000 {
        match socket.read(&mut answer) {
            Ok(read) => return String::from_utf8_lossy(&answer[..read]).into_owned(),
            Err(_) => socket.write_all(b" ").unwrap(),
        }
    }
    "never".to_owned()
}

#[actix_web::test]
async fn body_that_is_too_large_or_too_slow_is_refused_while_it_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let limits = Limits {
        body_bytes_max: 50_000,
        body_stall_max: std::time::Duration::from_millis(200),
        body_time_max: std::time::Duration::from_millis(600),
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
        let dripped = dripped_body(port, &send);
        let [over, stalled] = [60_000, 40_000].map(|bytes| endless_body(port, &send, bytes));
        [over, stalled, dripped].map(|answer| answer.lines().next().unwrap().to_owned())
    });
    let [over, stalled, dripped] = answers.await.unwrap();
    assert_eq!(over, "HTTP/1.1 413 Payload Too Large");
    assert_eq!(stalled, "HTTP/1.1 408 Request Timeout");
    assert_eq!(dripped, "HTTP/1.1 408 Request Timeout");
    handle.stop(false).await;
    serving.await.unwrap().unwrap();
}
