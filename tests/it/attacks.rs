//! Clients that mean harm: each is refused, quarantined or served as the limits say, while the
//! memory of the server stays small and another client is served.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::TcpStream;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use serde_json::{Value, json};

use crate::harness::{Server, agent, path, post_by, run, skipped, status, succeed};
use crate::sender::SetAtEnd;

/// What the server may hold in memory, at any time.
const MEMORY_BYTES_MAX: u64 = 256 << 20;
/// How long one in a hundred requests of another client may take, on a machine shared with tests.
const OTHERS_P99_MAX: Duration = Duration::from_secs(1);
/// Unpacked size of a bomb: beyond the limit of 100 MiB.
const BOMB_BYTES: usize = 160 << 20;
const SLOW_SOCKETS: usize = 2_000;
const IDLE_SOCKETS: usize = 10_000;
/// What this process must open for the tests that run at once.
const FILES: u64 = 13_000;
const DISTINCT_NAMES: usize = 100_000;

/// Carries out an attack while another client sends; it must be served, and memory must stay flat.
fn others_are_served<T>(server: &Server, attack: impl FnOnce() -> T) -> T {
    let (is_over, key) = (AtomicBool::new(false), server.key("send"));
    let (came, mut took) = std::thread::scope(|threads| {
        let witness = threads.spawn(|| {
            let (agent, url) = (agent(), format!("{}/v1/events", server.url));
            let mut took = Vec::new();
            while took.len() < 200 || !is_over.load(Ordering::Relaxed) {
                let body = json!({"event_id": format!("witness-{}", took.len()),
                                  "name": "opened", "user_id": "witness"});
                let start = Instant::now();
                let (code, answer) = post_by(&agent, &url, &key, body.to_string().as_bytes());
                assert_eq!(code, 200, "another client was not served: {answer}");
                took.push(start.elapsed());
            }
            took
        });
        let over = SetAtEnd(&is_over);
        let came = attack();
        drop(over);
        (came, witness.join().unwrap())
    });
    took.sort_unstable();
    let p99 = took[took.len() * 99 / 100];
    assert!(p99 < OTHERS_P99_MAX, "p99 of another client is {p99:?}");
    let peak = server.peak_bytes();
    assert!(peak < MEMORY_BYTES_MAX, "{} MiB resident", peak >> 20);
    came
}

/// Sends a head and then chunks, until they end or an answer or a break comes first; the status, or
/// 0 where the connection broke.
fn stream(server: &Server, head: &str, chunks: impl Iterator<Item = Vec<u8>>) -> u16 {
    let mut socket = socket(server);
    socket.write_all(head.as_bytes()).unwrap();
    for chunk in chunks {
        if socket.write_all(&chunk).is_err() {
            break;
        }
    }
    status_of(&mut socket)
}

fn socket(server: &Server) -> TcpStream {
    let socket = TcpStream::connect(server.url.trim_start_matches("http://")).unwrap();
    let patience = Some(Duration::from_secs(30));
    socket.set_read_timeout(patience).unwrap();
    socket.set_write_timeout(patience).unwrap();
    socket
}

fn status_of(socket: &mut TcpStream) -> u16 {
    let mut answer = [0; 12];
    match socket.read_exact(&mut answer) {
        Ok(()) => std::str::from_utf8(&answer[9..]).unwrap().parse().unwrap(),
        Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
            panic!("neither answered nor closed")
        }
        Err(_) => 0,
    }
}

fn head(server: &Server, more: &str) -> String {
    format!(
        "POST /v1/events HTTP/1.1\r\nhost: shipwake\r\nauthorization: Bearer {}\r\n{more}\r\n",
        server.key("send")
    )
}

fn bomb(encoding: &str) -> Vec<u8> {
    let spaces = std::io::repeat(b' ').take(BOMB_BYTES as u64);
    let mut spaces = std::io::BufReader::with_capacity(1 << 20, spaces);
    let mut packed = Vec::new();
    match encoding {
        "gzip" => {
            let mut to = flate2::write::GzEncoder::new(&mut packed, flate2::Compression::fast());
            std::io::copy(&mut spaces, &mut to).unwrap();
            to.finish().unwrap();
        }
        "br" => {
            let mut to = brotli::CompressorWriter::new(&mut packed, 64 << 10, 1, 22);
            std::io::copy(&mut spaces, &mut to).unwrap();
        }
        _ => zstd::stream::copy_encode(spaces, &mut packed, 3).unwrap(),
    }
    packed
}

#[test]
fn bombs_are_refused_before_they_are_unpacked_whole() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    for encoding in ["gzip", "br", "zstd"] {
        let bomb = bomb(encoding);
        assert!(bomb.len() < 2 << 20, "{encoding}: {} bytes", bomb.len());
        let lines = format!(
            "content-encoding: {encoding}\r\ncontent-length: {}\r\nconnection: close\r\n",
            bomb.len()
        );
        let head = head(&server, &lines);
        let send = || stream(&server, &head, std::iter::once(bomb.clone()));
        assert_eq!(others_are_served(&server, send), 413, "{encoding}");
        // Several at once: what each may unpack must fit in the memory together.
        let codes = others_are_served(&server, || {
            std::thread::scope(|threads| {
                let attackers = [(); 4].map(|()| threads.spawn(send));
                attackers.map(|attacker| attacker.join().unwrap())
            })
        });
        // Too large, or no room to see how large while the others are unpacked.
        assert!(
            codes.iter().all(|code| [413, 503].contains(code)),
            "{encoding}: {codes:?}"
        );
    }
    server.stop();
}

#[test]
fn a_body_of_a_gigabyte_is_refused_early() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let declared = head(&server, "content-length: 1073741824\r\n");
    let chunked = head(&server, "transfer-encoding: chunked\r\n");
    let mebibyte = vec![b' '; 1 << 20];
    let chunk = [b"100000\r\n", mebibyte.as_slice(), b"\r\n"].concat();
    for (head, piece, sent_max) in [(declared, mebibyte, 32), (chunked, chunk, 64)] {
        let (code, sent) = others_are_served(&server, || send_to_the_end(&server, &head, &piece));
        assert_eq!(code, 413);
        assert!(sent <= sent_max, "refused after {sent} MiB, not {sent_max}");
    }
    server.stop();
}

/// Sends a gigabyte in pieces, whatever is answered meanwhile, until the connection is closed on us;
/// the answer, and how many pieces were sent before it.
fn send_to_the_end(server: &Server, head: &str, piece: &[u8]) -> (u16, usize) {
    let mut socket = socket(server);
    let mut answers = socket.try_clone().unwrap();
    let sent = AtomicUsize::new(0);
    std::thread::scope(|threads| {
        let answered = threads.spawn(|| (status_of(&mut answers), sent.load(Ordering::Relaxed)));
        socket.write_all(head.as_bytes()).unwrap();
        while sent.load(Ordering::Relaxed) < 1024 && socket.write_all(piece).is_ok() {
            sent.fetch_add(1, Ordering::Relaxed);
        }
        answered.join().unwrap()
    })
}

#[test]
fn two_thousand_slow_sockets_hold_nobody_up() {
    if !may_open_files() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let whole = head(&server, "content-length: 100000\r\n");
    others_are_served(&server, || {
        let mut sockets: Vec<TcpStream> = (0..SLOW_SOCKETS).map(|_| socket(&server)).collect();
        // Half never end their head; half drip a body.
        for (index, socket) in sockets.iter_mut().enumerate() {
            let start = if index % 2 == 0 { &whole[..40] } else { &whole };
            socket.write_all(start.as_bytes()).unwrap();
        }
        for _ in 0..5 {
            for socket in &mut sockets {
                // A socket that was closed on us is what we hope for.
                let _dripped = socket.write_all(b" ");
            }
        }
        let ends = [0, 2, 4].map(|index| status_of(&mut sockets[index]));
        assert!(ends.iter().all(|code| [0, 408].contains(code)), "{ends:?}");
    });
    server.stop();
}

#[test]
fn ten_thousand_idle_connections_leave_room_for_others() {
    if !may_open_files() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    others_are_served(&server, || {
        let idle: Vec<TcpStream> = (0..IDLE_SOCKETS).map(|_| socket(&server)).collect();
        let event = json!({"event_id": "among", "name": "opened", "user_id": "u"});
        let body = event.to_string();
        let (code, answer) = server.post("/v1/events", &server.key("send"), body.as_bytes());
        assert_eq!(code, 200, "among {} connections: {answer}", idle.len());
    });
    server.stop();
}

/// Lets this process open enough files, where the system allows it.
fn may_open_files() -> bool {
    let limit = getrlimit(Resource::Nofile);
    let is_enough = limit.maximum.is_none_or(|most| most >= FILES);
    if is_enough {
        let raised = Rlimit {
            current: Some(FILES),
            ..limit
        };
        setrlimit(Resource::Nofile, raised).unwrap();
    } else {
        skipped("this process may not open enough files");
    }
    is_enough
}

#[test]
fn an_event_of_257_properties_goes_to_quarantine() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let event = |count: usize| {
        let names = (0..count).map(|name| (format!("p{name}"), json!(name)));
        let properties: serde_json::Map<String, Value> = names.collect();
        json!({"event_id": format!("with-{count}"), "name": "opened", "user_id": "u",
               "properties": properties})
    };
    let body = json!([event(256), event(257)]).to_string();
    let (code, answer) = server.post("/v1/events", &server.key("send"), body.as_bytes());
    assert_eq!(code, 200, "{answer}");
    assert_eq!(answer["outcomes"][0]["outcome"], "accepted");
    assert_eq!(answer["outcomes"][1]["outcome"], "rejected");
    assert_eq!(answer["outcomes"][1]["reason"], "too_large");
    assert_eq!(answer["outcomes"][1]["field"], "properties");
    server.flush();
    let state = status(folder.path());
    assert_eq!(state["tables"]["events"]["rows"], 1);
    assert_eq!(state["tables"]["quarantine"]["rows"], 1);
    server.stop();
}

#[test]
fn a_hundred_thousand_names_are_stored_in_flat_memory() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let (key, agent) = (server.key("send"), agent());
    let url = format!("{}/v1/events", server.url);
    others_are_served(&server, || {
        for batch in 0..DISTINCT_NAMES / 1_000 {
            let names = batch * 1_000..(batch + 1) * 1_000;
            let events = names.map(|name| {
                json!({"event_id": format!("n{name}"), "name": format!("name {name}"),
                       "user_id": "u", "release": format!("{name}.0"),
                       "properties": {format!("property {name}"): name}})
            });
            let body = Value::from_iter(events).to_string();
            let (code, answer) = post_by(&agent, &url, &key, body.as_bytes());
            assert_eq!(
                (code, &answer["accepted"]),
                (200, &json!(1_000)),
                "{answer}"
            );
        }
        server.flush();
    });
    server.flush();
    let state = status(folder.path());
    let rows = state["tables"]["events"]["rows"].as_u64().unwrap();
    assert!(rows >= DISTINCT_NAMES as u64, "{rows}");
    server.stop();
}

#[test]
fn a_key_opens_no_door_but_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let code = |method: &str, route: &str, scope: &str| {
        let request = format!(
            "{method} {route} HTTP/1.1\r\nhost: shipwake\r\nauthorization: Bearer {}\r\n\
             content-length: 2\r\nconnection: close\r\n\r\n",
            server.key(scope)
        );
        stream(&server, &request, std::iter::once(b"{}".to_vec()))
    };
    let planning = ["/v1/releases", "/v1/backlog"];
    let operating = ["/v1/import", "/v1/flush"];
    for route in planning.into_iter().chain(operating) {
        assert_eq!(code("POST", route, "send"), 403, "{route} with a send key");
        assert_eq!(code("POST", &format!("{route}/"), "send"), 403, "{route}/");
    }
    for route in ["/v1/ledger", "/v1/tail"] {
        assert_eq!(code("GET", route, "send"), 403, "{route} with a send key");
    }
    let sending = ["/v1/events", "/v1/feedback"];
    for route in sending.into_iter().chain(planning).chain(operating) {
        assert_eq!(code("POST", route, "read"), 403, "{route} with a read key");
    }
    for route in operating {
        assert_eq!(code("POST", route, "plan"), 403, "{route} with a plan key");
    }
    server.flush();
    assert_eq!(status(folder.path())["ledger"], json!([]));
    server.stop();
}

#[test]
fn an_app_name_leads_nowhere() {
    let around = tempfile::tempdir().unwrap();
    let data = around.path().join("data");
    let server = Server::start(&data);
    let everywhere = succeed(&[
        "key",
        "create",
        "--data",
        path(&data),
        "--app",
        "*",
        "--scope",
        "admin",
    ]);
    let event = json!({"event_id": "e1", "name": "opened", "user_id": "u"});
    let body = event.to_string();
    for app in [
        "../x",
        "a/b",
        "%2e%2e",
        "%2e%2e%2fx",
        "a%00",
        "..",
        "A",
        "",
        "%252e%252e",
    ] {
        let route = format!("/v1/events?app={app}");
        let (code, answer) = server.post(&route, everywhere.trim(), body.as_bytes());
        assert_eq!(code, 400, "{app:?}: {answer}");
        let (code, answer) = server.post(&route, &server.key("send"), body.as_bytes());
        assert_eq!(code, 403, "{app:?} with the key of an app: {answer}");
    }
    let names = ["../x", "a/b", "..", "a\0", "%2e%2e", "", "a\\b", "café"];
    for app in names {
        let mut event = event.clone();
        event["app"] = json!(app);
        let body = json!([event]).to_string();
        let (code, answer) = server.post("/v1/events", everywhere.trim(), body.as_bytes());
        assert_eq!(code, 400, "{app:?}: {answer}");
        let (code, answer) = server.post("/v1/events", &server.key("send"), body.as_bytes());
        assert_eq!(
            (code, &answer["rejected"]),
            (200, &json!(1)),
            "{app:?}: {answer}"
        );
    }
    server.flush();
    assert_eq!(status(&data)["tables"]["events"]["rows"], 0);
    let rows = around.path().join("rows.ndjson");
    std::fs::File::create(&rows).unwrap();
    // No argument can hold a NUL: the system refuses to start such a command.
    for app in names.into_iter().filter(|app| !app.contains('\0')) {
        let commands = [
            vec!["import", "events", path(&rows), "--app", app],
            vec!["key", "create", "--scope", "send", "--app", app],
            vec!["serve", "--listen", "127.0.0.1:0", "--app", app],
            vec!["report", "weekly", "--app", app],
            vec!["report", "release", "1.0", "--app", app],
        ];
        for mut arguments in commands {
            arguments.extend(["--data", path(&data)]);
            let output = run(&arguments);
            assert!(!output.status.success(), "{arguments:?} was taken");
        }
    }
    let beside = std::fs::read_dir(around.path()).unwrap();
    let mut beside: Vec<_> = beside.map(|entry| entry.unwrap().file_name()).collect();
    beside.sort();
    assert_eq!(beside, ["data", "rows.ndjson"]);
    server.stop();
}
