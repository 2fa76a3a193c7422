//! The engines, each in a process of its own.

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Instant;

use analysis::{Settings, period};
use anyhow::{Context as _, ensure};
use clap::ValueEnum as _;
use jiff::tz::TimeZone;
use lake::{FixedClock, Lake};
use serde::{Deserialize, Serialize};

use crate::data::{APP, DAY, NEWEST, START, WEEKS};
use crate::numbers;

/// What a process says of its run.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Run {
    pub(crate) seconds: f64,
    pub(crate) peak_bytes: u64,
    pub(crate) numbers: Vec<String>,
}

/// An engine that others have made.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Engine {
    DuckDb,
    Polars,
    ClickHouse,
}

impl Engine {
    pub(crate) const OTHERS: [Self; 3] = [Self::DuckDb, Self::Polars, Self::ClickHouse];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::DuckDb => "duckdb",
            Self::Polars => "polars",
            Self::ClickHouse => "clickhouse",
        }
    }

    fn module(self) -> &'static str {
        match self {
            Self::ClickHouse => "chdb",
            other => other.name(),
        }
    }

    /// Runs it over the files of the table; `None` where it is not installed.
    pub(crate) fn run(self, python: &Path, data: &Path) -> anyhow::Result<Option<Run>> {
        let import = format!("import {}", self.module());
        let is_there = Command::new(python)
            .args(["-c", &import])
            .stderr(Stdio::null())
            .status();
        if !is_there.is_ok_and(|status| status.success()) {
            return Ok(None);
        }
        let script = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("benches/scale")
            .join(format!("by_{}.py", self.name()));
        let mut command = Command::new(python);
        command.arg(script).arg(data).arg(last_week(data)?);
        said(&mut command).map(Some)
    }
}

/// What is asked of this program's own analysis.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Ask {
    /// The weekly report of the last complete week.
    Weekly,
    /// The health check of the newest release.
    Health,
}

/// Runs this program's own analysis in a process of its own.
pub(crate) fn shipwake(data: &Path, ask: Ask) -> anyhow::Result<Run> {
    let mut command = Command::new(std::env::current_exe()?);
    let ask = ask.to_possible_value().context("an ask has a name")?;
    let child = command.arg("--child").arg(data);
    said(child.args(["--ask", ask.get_name()]))
}

fn said(command: &mut Command) -> anyhow::Result<Run> {
    let output = command.stderr(Stdio::inherit()).output()?;
    ensure!(output.status.success(), "{command:?} failed");
    Ok(serde_json::from_slice(&output.stdout)?)
}

/// The child: from opening the lake to the findings.
#[expect(clippy::print_stdout, reason = "what the parent reads")]
pub(crate) fn answer(data: &Path, ask: Ask) -> anyhow::Result<()> {
    let began = Instant::now();
    let runtime = tokio::runtime::Runtime::new()?;
    let clock = Arc::new(FixedClock(START));
    let snapshot = runtime.block_on(async { Lake::open(data, clock).await?.snapshot().await })?;
    let as_of = START + days_in(data)? * DAY;
    let week = period::last_complete_week(as_of, &TimeZone::UTC, jiff::civil::Weekday::Monday)?;
    let settings = Settings {
        app: APP.into(),
        history_weeks: u32::try_from(WEEKS)?,
        ..Settings::default()
    };
    let numbers = match ask {
        Ask::Weekly => {
            let findings = analysis::weekly(&snapshot, &settings, &week, as_of)?;
            numbers::of(&findings.history)
        }
        Ask::Health => {
            let findings = analysis::health(&snapshot, &settings, NEWEST, as_of)?;
            vec![format!("{}: {}", NEWEST, findings.reason)]
        }
    };
    let run = Run {
        seconds: began.elapsed().as_secs_f64(),
        peak_bytes: peak_bytes()?,
        numbers,
    };
    println!("{}", serde_json::to_string(&run)?);
    Ok(())
}

/// How many days the table has.
fn days_in(data: &Path) -> anyhow::Result<i64> {
    let days = std::fs::read_dir(data.join("tables/events"))?;
    let is_day = |name: &str| name.starts_with("day=");
    let days = days
        .flatten()
        .filter(|entry| entry.file_name().to_str().is_some_and(is_day));
    Ok(i64::try_from(days.count())?)
}

/// The Monday of the last complete week, as days since 1970.
fn last_week(data: &Path) -> anyhow::Result<String> {
    let first = START / DAY;
    Ok((first + (days_in(data)? / 7 - 1) * 7).to_string())
}

fn peak_bytes() -> anyhow::Result<u64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = line.and_then(|line| line.split_whitespace().next());
    Ok(kib.context("no VmHWM")?.parse::<u64>()? << 10)
}
