//! SIGTERM under load: the service is gone within ten seconds, and nothing that was answered 200 is.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use crate::harness::Server;
use crate::sender::{Content, Door, Role, hold_to, while_sending};

const STOP_MAX: Duration = Duration::from_secs(10);
/// Answers before the service is asked to stop, and after it came back.
const ANSWERS: u64 = 200;
const SENDERS: [Role; 4] = [
    ("large", Content::Events, 1_000),
    ("batch", Content::Events, 20),
    ("single", Content::Events, 1),
    ("voice", Content::Feedback, 3),
];

/// Follows `/v1/tail`, and returns once it shows something.
fn open_tail(server: &Server) -> BufReader<TcpStream> {
    let mut socket = TcpStream::connect(server.url.trim_start_matches("http://")).unwrap();
    let key = server.key("read");
    let request =
        format!("GET /v1/tail HTTP/1.1\r\nhost: shipwake\r\nauthorization: Bearer {key}\r\n\r\n");
    socket.write_all(request.as_bytes()).unwrap();
    let mut lines = BufReader::new(socket);
    let mut line = String::new();
    while !line.contains("event_id") {
        line.clear();
        assert!(lines.read_line(&mut line).unwrap() > 0, "the tail ended");
    }
    lines
}

#[test]
fn a_stop_under_load_is_quick_and_loses_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let first = Server::start(folder.path());
    let (door, key) = (Door::of(&first), first.key("send"));
    let (log, (last, took)) = while_sending(&door, &key, &SENDERS, |answers| {
        let tail = open_tail(&first);
        answers.await_many(ANSWERS);
        let start = Instant::now();
        first.stop();
        let took = start.elapsed();
        drop(tail);
        let next = Server::start(folder.path());
        door.move_to(&next);
        answers.forget();
        answers.await_many(ANSWERS);
        (next, took)
    });
    assert!(took < STOP_MAX, "the stop took {took:?}");
    last.flush();
    hold_to(&log, folder.path());
    last.stop();
}
