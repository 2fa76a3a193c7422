//! A gate before a server: SDKs know its address alone, while the server behind it is killed and
//! started again at another port, or says that it is busy.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use crate::harness::Server;

/// What becomes of a connection.
#[derive(Clone)]
enum Mode {
    /// It leads to this address.
    Open(String),
    /// It is closed at once.
    Closed,
    /// Each request is answered with 503.
    Busy,
}

struct Inside {
    mode: Mode,
    /// Connections and requests that came to nothing.
    turned_away: usize,
    /// Both ends of what is open.
    open: Vec<TcpStream>,
}

/// The gate.
pub(crate) struct Gate {
    pub(crate) url: String,
    inside: Arc<(Mutex<Inside>, Condvar)>,
}

/// How long an SDK may take to try again.
const PATIENCE: Duration = Duration::from_secs(60);

const BUSY: &str = "HTTP/1.1 503 Service Unavailable\r\nRetry-After: WAIT\r\n\
    Access-Control-Allow-Origin: *\r\nAccess-Control-Expose-Headers: Retry-After\r\n\
    Content-Length: 2\r\nConnection: close\r\n\r\n{}";
const PREFLIGHT: &str = "HTTP/1.1 204 No Content\r\nAccess-Control-Allow-Origin: *\r\n\
    Access-Control-Allow-Headers: *, authorization\r\nConnection: close\r\n\r\n";

/// Where PostHog's SDKs send.
const POSTHOG: [&str; 3] = [" /batch", " /e/", " /i/v1/"];

/// How much longer than one try an SDK is turned away.
pub(crate) fn busy_for() -> Duration {
    let named = std::env::var("SHIPWAKE_BUSY_SECONDS").ok();
    let seconds = named.and_then(|seconds| seconds.parse().ok());
    Duration::from_secs(seconds.unwrap_or(0))
}

impl Gate {
    /// A gate that leads to a server.
    pub(crate) fn to(server: &Server) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let inside = Inside {
            mode: Mode::Closed,
            turned_away: 0,
            open: Vec::new(),
        };
        let gate = Self {
            url: format!("http://{}", listener.local_addr().unwrap()),
            inside: Arc::new((Mutex::new(inside), Condvar::new())),
        };
        gate.open(server);
        let inside = Arc::clone(&gate.inside);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let inside = Arc::clone(&inside);
                std::thread::spawn(move || pass(stream, &inside));
            }
        });
        gate
    }

    /// Leads to a server from now on.
    pub(crate) fn open(&self, server: &Server) {
        let address = server.url.strip_prefix("http://").unwrap().to_owned();
        self.turn(Mode::Open(address));
    }

    /// Closes every connection.
    pub(crate) fn close(&self) {
        self.turn(Mode::Closed);
    }

    /// Answers 503.
    pub(crate) fn be_busy(&self) {
        self.turn(Mode::Busy);
    }

    /// Stays as it is for the seconds that `SHIPWAKE_BUSY_SECONDS` names; none by default.
    pub(crate) fn go_on(&self) {
        let span = busy_for();
        let (inside, changed) = &*self.inside;
        let waiting = inside.lock().unwrap();
        drop(changed.wait_timeout_while(waiting, span, |_| true).unwrap());
    }

    /// What was open ends.
    fn turn(&self, mode: Mode) {
        let mut inside = self.inside.0.lock().unwrap();
        inside.mode = mode;
        inside.turned_away = 0;
        for stream in inside.open.drain(..) {
            drop(stream.shutdown(Shutdown::Both));
        }
    }

    /// Waits until somebody was turned away since the gate was last turned.
    pub(crate) fn wait(&self) {
        let (inside, changed) = &*self.inside;
        let waiting = inside.lock().unwrap();
        let none_yet = |inside: &mut Inside| inside.turned_away == 0;
        let waited = changed.wait_timeout_while(waiting, PATIENCE, none_yet);
        assert!(!waited.unwrap().1.timed_out(), "nobody came to the gate");
    }
}

fn pass(stream: TcpStream, inside: &(Mutex<Inside>, Condvar)) {
    let mode = inside.0.lock().unwrap().mode.clone();
    let is_turned_away = match mode {
        Mode::Open(address) => {
            forward(&stream, &address, inside);
            false
        }
        Mode::Closed => true,
        Mode::Busy => refuse(&stream).unwrap_or(false),
    };
    if is_turned_away {
        inside.0.lock().unwrap().turned_away += 1;
        inside.1.notify_all();
    }
}

fn forward(stream: &TcpStream, address: &str, inside: &(Mutex<Inside>, Condvar)) {
    let Ok(server) = TcpStream::connect(address) else {
        return;
    };
    let copy = |stream: &TcpStream| stream.try_clone().unwrap();
    inside
        .0
        .lock()
        .unwrap()
        .open
        .extend([copy(stream), copy(&server)]);
    let (mut from, mut to) = (copy(stream), copy(&server));
    let there = std::thread::spawn(move || {
        drop(std::io::copy(&mut from, &mut to));
        drop(to.shutdown(Shutdown::Both));
    });
    drop(std::io::copy(&mut copy(&server), &mut copy(stream)));
    drop(stream.shutdown(Shutdown::Both));
    drop(there.join());
}

/// Reads one request to its end and answers that there is no room; says whether it was more than a
/// preflight.
fn refuse(stream: &TcpStream) -> std::io::Result<bool> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut line = String::new();
    reader.read_line(&mut line)?;
    let is_preflight = line.starts_with("OPTIONS");
    // As the server says it; a short test need not wait so long.
    let is_posthog = POSTHOG.iter().any(|path| line.contains(path));
    let wait = if is_posthog && !busy_for().is_zero() {
        "25"
    } else {
        "1"
    };
    let (mut bytes, mut is_chunked) = (0, false);
    loop {
        line.clear();
        if reader.read_line(&mut line)? == 0 || line.trim().is_empty() {
            break;
        }
        let header = line.to_ascii_lowercase();
        if let Some(length) = header.strip_prefix("content-length:") {
            bytes = length.trim().parse().unwrap_or(0);
        }
        is_chunked |= header.starts_with("transfer-encoding:") && header.contains("chunked");
    }
    if is_chunked {
        while line.trim() != "0" {
            line.clear();
            if reader.read_line(&mut line)? == 0 {
                break;
            }
            let size = u64::from_str_radix(line.trim(), 16).unwrap_or(0);
            std::io::copy(&mut reader.by_ref().take(size + 2), &mut std::io::sink())?;
        }
    } else {
        std::io::copy(&mut reader.by_ref().take(bytes), &mut std::io::sink())?;
    }
    let answer = if is_preflight { PREFLIGHT } else { BUSY };
    let answer = answer.replace("WAIT", wait);
    (&mut &*stream).write_all(answer.as_bytes())?;
    stream.shutdown(Shutdown::Both)?;
    Ok(!is_preflight)
}
