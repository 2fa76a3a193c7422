//! The servers under load: child processes that are measured from outside.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use actix_web::{App, HttpResponse, HttpServer, web};
use anyhow::{Context as _, bail, ensure};
use futures::StreamExt as _;
use serde_json::Value;

/// The argument that turns this bench into the bare handler.
pub(crate) const BARE: &str = "--bare-handler";
/// Clock ticks a second in `/proc`: the same on every Linux that Rust speaks to.
const TICKS: f64 = 100.0;
const SAMPLE_EVERY: Duration = Duration::from_millis(200);

/// A server on a free port of this machine.
#[derive(Debug)]
pub(crate) struct Server {
    child: Child,
    pub(crate) address: SocketAddr,
    data: Option<PathBuf>,
}

impl Server {
    /// `shipwake serve` on a data folder.
    pub(crate) fn shipwake(data: &Path) -> anyhow::Result<Self> {
        let mut command = Command::new(env!("CARGO_BIN_EXE_shipwake"));
        command
            .args(["serve", "--listen", "127.0.0.1:0", "--data"])
            .arg(data);
        Self::start(command, Some(data))
    }

    /// A handler that reads the body and answers 200, with the same workers.
    pub(crate) fn bare() -> anyhow::Result<Self> {
        let mut command = Command::new(std::env::current_exe()?);
        command.arg(BARE);
        Self::start(command, None)
    }

    fn start(mut command: Command, data: Option<&Path>) -> anyhow::Result<Self> {
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()?;
        let mut talk = BufReader::new(child.stderr.take().context("no stderr")?);
        let mut said = String::new();
        let address = loop {
            let mut line = String::new();
            if talk.read_line(&mut line)? == 0 {
                bail!("the server did not start: {said}");
            }
            if let Some((_, rest)) = line.split_once("listening on http://") {
                break rest.split([',', '\n']).next().unwrap_or_default().parse()?;
            }
            said.push_str(&line);
        };
        // Read to its end, so that the server never waits on the pipe.
        std::thread::spawn(move || std::io::copy(&mut talk, &mut std::io::sink()));
        let data = data.map(Path::to_owned);
        Ok(Self {
            child,
            address,
            data,
        })
    }

    /// The first key of a scope; the bare handler asks for none.
    pub(crate) fn key(&self, scope: &str) -> anyhow::Result<String> {
        let Some(data) = &self.data else {
            return Ok("none".to_owned());
        };
        let keys = std::fs::read_to_string(data.join("first-keys.txt"))?;
        let mut lines = keys.lines();
        let found = lines.find_map(|line| line.strip_prefix(scope)?.strip_prefix('='));
        Ok(found.context("the key is not there")?.to_owned())
    }

    /// Waits until everything that was acknowledged is in the tables.
    pub(crate) fn drain(&self) -> anyhow::Result<()> {
        let answer = ureq::post(format!("http://{}/v1/flush", self.address))
            .header("authorization", format!("Bearer {}", self.key("admin")?))
            .send_empty()?;
        ensure!(answer.status() == 200, "flush: {}", answer.status());
        let pending = self.ledger()?["pending"].as_i64();
        ensure!(pending == Some(0), "{pending:?} pending after the flush");
        Ok(())
    }

    /// `GET /v1/ledger`.
    pub(crate) fn ledger(&self) -> anyhow::Result<Value> {
        let mut answer = ureq::get(format!("http://{}/v1/ledger", self.address))
            .header("authorization", format!("Bearer {}", self.key("admin")?))
            .call()?;
        Ok(serde_json::from_str(&answer.body_mut().read_to_string()?)?)
    }

    /// Seconds of processor time so far.
    pub(crate) fn cpu_seconds(&self) -> anyhow::Result<f64> {
        cpu_seconds(&self.child.id().to_string())
    }

    /// Lets the largest resident memory be counted anew.
    pub(crate) fn forget_peak(&self) -> anyhow::Result<()> {
        let mut peak = std::fs::OpenOptions::new()
            .write(true)
            .open(format!("/proc/{}/clear_refs", self.child.id()))?;
        Ok(peak.write_all(b"5")?)
    }

    /// Largest resident memory since the last [`Self::forget_peak`], in bytes.
    pub(crate) fn peak_bytes(&self) -> anyhow::Result<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let mut lines = status.lines();
        let kib = lines.find_map(|line| line.strip_prefix("VmHWM:")?.strip_suffix("kB"));
        Ok(kib.context("no VmHWM")?.trim().parse::<u64>()? << 10)
    }

    /// Watches the size of the WAL.
    pub(crate) fn watch_wal(&self) -> WalWatch {
        let (stop, stopped) = channel();
        let wal = self.data.as_ref().map(|data| data.join("wal"));
        let watch = std::thread::spawn(move || largest(wal.as_deref(), &stopped));
        WalWatch { stop, watch }
    }

    /// SIGTERM, and waits for the end.
    pub(crate) fn stop(mut self) -> anyhow::Result<()> {
        let pid = self.child.id().to_string();
        Command::new("kill").args(["-TERM", &pid]).status()?;
        let ended = self.child.wait()?;
        ensure!(self.data.is_none() || ended.success(), "ended with {ended}");
        Ok(())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// Seconds of processor time of a process, by its id or `self`.
pub(crate) fn cpu_seconds(process: &str) -> anyhow::Result<f64> {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat"))?;
    let (_, after_name) = stat.rsplit_once(')').context("no name in stat")?;
    let field = |index: usize| after_name.split_whitespace().nth(index).unwrap_or("0");
    let ticks = field(11).parse::<f64>()? + field(12).parse::<f64>()?;
    Ok(ticks / TICKS)
}

/// A running watch over the size of the WAL.
#[derive(Debug)]
pub(crate) struct WalWatch {
    stop: Sender<()>,
    watch: JoinHandle<u64>,
}

impl WalWatch {
    /// Ends the watch; the largest size seen, in bytes.
    pub(crate) fn end(self) -> u64 {
        drop(self.stop);
        self.watch.join().unwrap_or_default()
    }
}

fn largest(wal: Option<&Path>, stopped: &Receiver<()>) -> u64 {
    let mut largest = 0;
    loop {
        let files = wal.and_then(|wal| std::fs::read_dir(wal).ok());
        // A segment that is cut meanwhile counts for nothing.
        let sizes = files
            .into_iter()
            .flatten()
            .filter_map(|file| file.ok()?.metadata().ok())
            .map(|file| file.len());
        largest = largest.max(sizes.sum());
        if stopped.recv_timeout(SAMPLE_EVERY) == Err(RecvTimeoutError::Disconnected) {
            return largest;
        }
    }
}

/// The bare handler: what HTTP alone costs.
#[expect(
    clippy::print_stderr,
    reason = "says where it listens, as the server does"
)]
pub(crate) fn serve_bare() -> anyhow::Result<()> {
    async fn read(mut body: web::Payload) -> HttpResponse {
        while let Some(Ok(chunk)) = body.next().await {
            drop(std::hint::black_box(chunk));
        }
        HttpResponse::Ok()
            .content_type("application/json")
            .body(r#"{"accepted":1,"duplicate":0,"rejected":0}"#)
    }
    actix_web::rt::System::new().block_on(async {
        let server = HttpServer::new(|| {
            let events = web::resource("/v1/events").route(web::post().to(read));
            App::new().service(events)
        })
        .backlog(1024)
        .bind("127.0.0.1:0")?;
        let address = server.addrs()[0];
        eprintln!("listening on http://{address}");
        server.run().await?;
        Ok(())
    })
}
