//! How many events a second does the built service acknowledge and commit, over HTTP, every
//! acknowledgement after its `fdatasync`, with the client on the same machine?
//!
//! One client (one thread, 64 connections, one request in flight on each) loads, one after another:
//! a bare actix handler that only reads the body, the service, and, without HTTP, SQLite with
//! synchronous commits. Events have about 285 bytes, their ids are contiguous counters, so that the
//! sent-log is a range: at the end stored = acknowledged, in the ledger and in the tables, or the
//! run fails.
//!
//! - *closed*: the next request as soon as the last is answered, for `--seconds`.
//! - *half load*: half of that rate, sent at fixed times; latency counts from when a request was due.
//! - *sustained*: batches of 1,000 for six times `--seconds`, at `--sustained` events a second.
//!
//! Acknowledged a second counts to the last answer; committed a second counts to the end of the
//! drain, when nothing is pending any more. Peak memory is `VmHWM` of the service within the line.
//!
//! Estimate before measuring, for two cores and the `dist` profile. A bare request takes 13 µs of
//! both cores, client included: 150,000 a second. Checking, framing and logging one event adds 3 µs
//! to a request of one and 1 µs within a batch; the committer takes 2 µs more. One `fdatasync` of
//! 64 KiB takes 0.1 ms and covers 64 requests: no limit. SQLite: 0.2 ms a commit, 5 µs a row.
//!
//! `cargo bench --profile dist --bench load -- [--seconds N] [--sustained RATE] [--quick]`
#![expect(clippy::print_stdout, reason = "a bench says what it measured")]

mod bodies;
mod child;
mod client;
mod connection;
mod sqlite;
mod table;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use clap::Parser;
use serde_json::Value;

use crate::bodies::Request;
use crate::child::{Server, cpu_seconds, serve_bare};
use crate::client::{Client, Pace, Tally};
use crate::table::Row;

/// Batch size, and the estimated events a second: bare handler, acknowledged, SQLite.
const SIZES: [(usize, [f64; 3]); 4] = [
    (1, [150_000.0, 100_000.0, 5_000.0]),
    (20, [2_500_000.0, 600_000.0, 65_000.0]),
    (100, [8_000_000.0, 900_000.0, 140_000.0]),
    (1_000, [15_000_000.0, 1_100_000.0, 190_000.0]),
];
const SUSTAINED_TIMES: u32 = 6;

#[derive(Debug, Parser)]
struct Args {
    /// Length of one closed run
    #[arg(long, default_value_t = 10.0)]
    seconds: f64,
    /// Events a second of the sustained run
    #[arg(long, default_value_t = 450_000.0)]
    sustained: f64,
    /// Connections of the client
    #[arg(long, default_value_t = 64)]
    connections: usize,
    /// A smoke run: all lines, each a moment long
    #[arg(long, alias = "test")]
    quick: bool,
    /// Folder on the disk to be measured; a temporary one in it is used
    #[arg(long, default_value_os_t = std::env::temp_dir())]
    folder: PathBuf,
    /// Only batches of this size
    #[arg(long)]
    only: Option<usize>,
    #[arg(long = "bare-handler", hide = true)]
    bare: bool,
    #[arg(long = "bench", hide = true)]
    _bench: bool,
}

fn main() -> anyhow::Result<()> {
    let args = Args::parse();
    if args.bare {
        return serve_bare();
    }
    let time = Duration::from_secs_f64(if args.quick { 0.3 } else { args.seconds });
    let folder = tempfile::tempdir_in(&args.folder)?;
    say_machine(folder.path());
    let data = folder.path().join("data");
    let mut load = Load {
        server: Server::shipwake(&data)?,
        connections: args.connections,
        time,
        sustained: args.sustained,
        next_id: 0,
        rows: Vec::new(),
    };
    for (size, estimates) in SIZES {
        if args.only.is_none_or(|only| only == size) {
            load.size(size, estimates, folder.path())?;
        }
    }
    load.check()?;
    let sent = load.next_id;
    load.server.stop()?;
    check_tables(&data, sent)?;
    println!("{}", table::render(&load.rows));
    println!("{sent} events acknowledged, {sent} stored, each once");
    Ok(())
}

/// The service under load, and what was measured so far.
struct Load {
    server: Server,
    connections: usize,
    time: Duration,
    /// Events a second.
    sustained: f64,
    /// Every id below was sent once and acknowledged.
    next_id: u64,
    rows: Vec<Row>,
}

impl Load {
    /// All lines of one batch size.
    fn size(&mut self, size: usize, estimates: [f64; 3], folder: &Path) -> anyhow::Result<()> {
        let [bare, acknowledged, sqlite] = estimates;
        let bare_rate = self.bare(size, bare)?;
        let closed = self.served("closed", size, Pace::Closed, self.time)?;
        closed.estimate = Some(acknowledged);
        closed.of_bare = Some(closed.acknowledged_per_s / bare_rate);
        let rate = closed.acknowledged_per_s;
        let requests = |rate: f64| Pace::Open(rate / events(size));
        self.served("half load", size, requests(rate / 2.0), self.time)?;
        if size == 1_000 {
            let time = self.time * SUSTAINED_TIMES;
            self.served("sustained", size, requests(self.sustained.min(rate)), time)?;
        }
        self.sqlite(size, sqlite, folder)
    }

    /// Loads the bare handler; its events a second.
    fn bare(&mut self, size: usize, estimate: f64) -> anyhow::Result<f64> {
        let server = Server::bare()?;
        let mut client = Client::open(server.address, "none", self.connections, size, 0)?;
        let before = (server.cpu_seconds()?, cpu_seconds("self")?);
        let tally = client.run(Pace::Closed, self.time / 2)?;
        let mut row = Row::of(format!("bare handler, batches of {size}"), &tally);
        row.estimate = Some(estimate);
        row.server_us_per_event = Some(per_event(server.cpu_seconds()? - before.0, &tally));
        row.client_us_per_event = per_event(cpu_seconds("self")? - before.1, &tally);
        let rate = row.acknowledged_per_s;
        self.rows.push(row);
        server.stop()?;
        Ok(rate)
    }

    /// Loads the service, drains it, and adds a line.
    fn served(
        &mut self,
        how: &str,
        size: usize,
        pace: Pace,
        time: Duration,
    ) -> anyhow::Result<&mut Row> {
        let server = &self.server;
        let key = server.key("send")?;
        let mut client = Client::open(server.address, &key, self.connections, size, self.next_id)?;
        server.forget_peak()?;
        let before = (server.cpu_seconds()?, cpu_seconds("self")?);
        let (start, watch) = (Instant::now(), server.watch_wal());
        let tally = client
            .run(pace, time)
            .with_context(|| format!("{how}, batches of {size}"))?;
        let client_seconds = cpu_seconds("self")? - before.1;
        server.drain()?;
        let drained = start.elapsed().as_secs_f64();
        let mut row = Row::of(format!("shipwake {how}, batches of {size}"), &tally);
        row.committed_per_s = Some(count(tally.events) / drained);
        row.peak_bytes = Some(server.peak_bytes()?);
        row.wal_bytes = Some(watch.end());
        row.server_us_per_event = Some(per_event(server.cpu_seconds()? - before.0, &tally));
        row.client_us_per_event = per_event(client_seconds, &tally);
        let sent = client.next_id() - self.next_id;
        ensure!(
            sent == tally.events,
            "{sent} sent, {} acknowledged",
            tally.events
        );
        ensure!(tally.breaks == 0, "{} connections broke", tally.breaks);
        self.next_id = client.next_id();
        self.rows.push(row);
        self.rows.last_mut().context("a line was just added")
    }

    fn sqlite(&mut self, size: usize, estimate: f64, folder: &Path) -> anyhow::Result<()> {
        let before = cpu_seconds("self")?;
        let tally = sqlite::run(folder, size as u64, self.time / 4)?;
        let mut row = Row::of(format!("SQLite, one caller, batches of {size}"), &tally);
        row.estimate = Some(estimate);
        row.committed_per_s = Some(row.acknowledged_per_s);
        row.client_us_per_event = per_event(cpu_seconds("self")? - before, &tally);
        self.rows.push(row);
        Ok(())
    }

    /// Everything that was acknowledged is counted as stored, and nothing else.
    fn check(&self) -> anyhow::Result<()> {
        let ledger = self.server.ledger()?;
        for (name, expected) in [
            ("received", self.next_id),
            ("stored", self.next_id),
            ("duplicate", 0),
            ("quarantined", 0),
            ("pending", 0),
        ] {
            let counted = ledger[name].as_u64();
            ensure!(
                counted == Some(expected),
                "the ledger has {name} = {counted:?}, not {expected}"
            );
        }
        Ok(())
    }
}

impl Row {
    fn of(what: String, tally: &Tally) -> Self {
        Self {
            what,
            estimate: None,
            acknowledged_per_s: count(tally.events) / tally.took.as_secs_f64(),
            committed_per_s: None,
            of_bare: None,
            p50_us: tally.latency_us.value_at_quantile(0.5),
            p99_us: tally.latency_us.value_at_quantile(0.99),
            p999_us: tally.latency_us.value_at_quantile(0.999),
            peak_bytes: None,
            wal_bytes: None,
            server_us_per_event: None,
            client_us_per_event: 0.0,
            overloads: tally.overloads,
        }
    }
}

/// The stopped service left as many rows as were acknowledged.
fn check_tables(data: &Path, acknowledged: u64) -> anyhow::Result<()> {
    let output = Command::new(env!("CARGO_BIN_EXE_shipwake"))
        .args(["lake", "status", "--json", "--data"])
        .arg(data)
        .output()?;
    let status: Value = serde_json::from_slice(&output.stdout)?;
    let rows = status["tables"]["events"]["rows"].as_u64();
    ensure!(
        rows == Some(acknowledged),
        "{rows:?} rows in the table, {acknowledged} acknowledged"
    );
    Ok(())
}

fn say_machine(folder: &Path) {
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let program = Path::new(env!("CARGO_BIN_EXE_shipwake"));
    let profile = program.parent().and_then(Path::file_name);
    println!(
        "{cores} cores, profile {}, events of {} bytes, data in {}",
        profile.unwrap_or_default().display(),
        Request::render("", "", 1_000, 0).event_bytes(),
        folder.display()
    );
}

#[expect(
    clippy::cast_precision_loss,
    reason = "counts of one run are far below 2^52"
)]
fn count(events: u64) -> f64 {
    events as f64
}

#[expect(clippy::cast_precision_loss, reason = "a batch size is far below 2^52")]
fn events(size: usize) -> f64 {
    size as f64
}

fn per_event(seconds: f64, tally: &Tally) -> f64 {
    seconds * 1e6 / count(tally.events)
}
