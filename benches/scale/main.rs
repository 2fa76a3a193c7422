//! How long does a report over many events take, from nothing, asked for again and after one more
//! day, and how long do DuckDB, Polars and ClickHouse take for the same numbers from the same files?
//!
//! The events are made first: eight weeks of an app with eight releases, as compaction leaves them,
//! one file a day. *Dense* is how people use an app: few of them much, most of them little, about 25
//! events for each of them and day. *Sparse* is the worst case for a rollup, a single event for each
//! user and day, so that nothing is brought down.
//!
//! The numbers: users by day, by week, by release and day; crash-free users and sessions by release
//! and week; users of features by week; retention and lifecycle by week. Each engine runs in a process
//! of its own that reads the files of the table; the numbers of all are compared before any time is
//! shown. The others run SQL (Polars: its own language) written by hand, `benches/scale/by_*.py`.
//!
//! - *from nothing*: no rollup is there. Shipwake makes the whole weekly report besides.
//! - *again*: with the same rollups.
//! - *health check*: of the newest release, with the same rollups, from opening the lake to the verdict.
//! - *one more day*: with the rollups of all days but one that has come since.
//! - *ten times the history*: one more day, of the same users, after ten times as many weeks.
//!
//! Estimate before measuring, 20 M dense events on two cores: reading and grouping at 4 M events/s is
//! 5 s, writing rollups another 1 s; again 0.4 s, with one more day 0.6 s.
//!
//! Result, dense: DuckDB 2.8 s and 1.1 GiB, Polars 4.1 s and 5 GiB, ClickHouse 6.1 s and 2 GiB; from
//! nothing 10.8 s and 0.6 GiB, again 2.5 s, one more day 4.3 s. Sparse: DuckDB 14.6 s and 4.2 GiB,
//! Polars 19.3 s, ClickHouse 35.5 s; from nothing 90 s and 4.7 GiB, again 31 s. The time goes into looking
//! up users, sessions and features in tables larger than a processor's cache, row by row.
//!
//! `cargo bench --profile dist --bench scale -- [--events 20000000] [--sparse] [--seed 1] [--python PYTHON]`
#![expect(clippy::print_stdout, reason = "a bench says what it measured")]

mod data;
mod draw;
mod engine;
mod numbers;

use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::ensure;
use clap::Parser;

use crate::data::{Made, Shape, WEEKS};
use crate::draw::Draws;
use crate::engine::{Ask, Engine, Run};

#[derive(Debug, Parser)]
struct Args {
    /// Events of the eight weeks
    #[arg(long, default_value_t = 20_000_000)]
    events: u64,
    /// One event for each user and day
    #[arg(long)]
    sparse: bool,
    /// What the events are drawn by
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Leaves out the line with ten times the history
    #[arg(long)]
    short: bool,
    /// An interpreter with duckdb, polars or chdb; engines that it lacks are left out
    #[arg(long, env = "SHIPWAKE_PYTHON", default_value = "python3")]
    python: PathBuf,
    /// Folder on the disk to be measured; a temporary one in it is used
    #[arg(long, default_value_os_t = std::env::temp_dir())]
    folder: PathBuf,
    /// A smoke run: few events
    #[arg(long, alias = "test")]
    quick: bool,
    /// Answers for one engine, in a process of its own
    #[arg(long, hide = true)]
    child: Option<PathBuf>,
    /// What it is asked
    #[arg(long, hide = true, value_enum, default_value_t = Ask::Weekly)]
    ask: Ask,
    #[arg(long = "bench", hide = true)]
    _bench: bool,
}

fn main() -> anyhow::Result<()> {
    let args = Args::parse();
    if let Some(data) = &args.child {
        return engine::answer(data, args.ask);
    }
    let events = if args.quick { 20_000 } else { args.events };
    let shape = Shape {
        events,
        weeks: WEEKS,
        is_sparse: args.sparse,
        draws: Draws { seed: args.seed },
    };
    let folder = tempfile::tempdir_in(&args.folder)?;
    let data = folder.path().join("data");
    let began = Instant::now();
    let made = data::make(&data, shape)?;
    println!(
        "{} events of {} users, {} bytes each in Parquet, made in {:.0} s\n",
        made.events,
        made.users,
        made.bytes / made.events.max(1),
        began.elapsed().as_secs_f64()
    );
    println!("| engine | | seconds | peak MiB |\n|---|---|---|---|");
    let expected = theirs(&args.python, &data)?;
    ours(&data, &made, shape, &expected)?;
    if !args.short {
        long_history(folder.path(), shape)?;
    }
    Ok(())
}

/// Runs the other engines, and says what they found.
fn theirs(python: &Path, data: &Path) -> anyhow::Result<Option<Vec<String>>> {
    let mut expected: Option<Vec<String>> = None;
    for engine in Engine::OTHERS {
        let Some(run) = engine.run(python, data)? else {
            println!("| {} | is not installed | | |", engine.name());
            continue;
        };
        say(engine.name(), "from nothing", &run);
        match &expected {
            Some(expected) => numbers::same(expected, &run.numbers, engine.name())?,
            None => expected = Some(run.numbers),
        }
    }
    Ok(expected)
}

fn ours(
    data: &Path,
    made: &Made,
    shape: Shape,
    expected: &Option<Vec<String>>,
) -> anyhow::Result<()> {
    let check = |run: &Run| match expected {
        Some(expected) => numbers::same(expected, &run.numbers, "shipwake"),
        None => Ok(()),
    };
    let first = engine::shipwake(data, Ask::Weekly)?;
    say("shipwake", "from nothing", &first);
    check(&first)?;
    let kept = data::bytes_in(&data.join("rollups"))?;
    let again = engine::shipwake(data, Ask::Weekly)?;
    say("shipwake", "again", &again);
    check(&again)?;
    let health = engine::shipwake(data, Ask::Health)?;
    say("shipwake", "health check", &health);
    data::one_more_day(data, shape)?;
    say(
        "shipwake",
        "one more day",
        &engine::shipwake(data, Ask::Weekly)?,
    );
    println!(
        "\nrollups: {} bytes for each event, {} % of the table",
        kept / made.events.max(1),
        kept * 100 / made.bytes.max(1)
    );
    Ok(())
}

/// With a tenth of the events, so that the long history has as many as the bench was asked for.
fn long_history(folder: &Path, shape: Shape) -> anyhow::Result<()> {
    println!("\n| a tenth of the events a week | | seconds | peak MiB |\n|---|---|---|---|");
    for times in [1, 10] {
        let shape = Shape {
            events: shape.events / 10 * times,
            weeks: WEEKS * i32::try_from(times)?,
            ..shape
        };
        let data = folder.join(format!("history-{times}"));
        let made = data::make(&data, shape)?;
        ensure!(made.events > 0, "nothing was made");
        engine::shipwake(&data, Ask::Weekly)?;
        data::one_more_day(&data, shape)?;
        let run = engine::shipwake(&data, Ask::Weekly)?;
        say(&format!("{} weeks", shape.weeks), "one more day", &run);
    }
    Ok(())
}

fn say(who: &str, what: &str, run: &Run) {
    println!(
        "| {who} | {what} | {:.2} | {} |",
        run.seconds,
        run.peak_bytes >> 20
    );
}
