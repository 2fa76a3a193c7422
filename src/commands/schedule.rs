//! `shipwake schedule`: what runs by itself in the service, and running it now.

use std::sync::Arc;

use analysis::sql::Cell;
use anyhow::Context as _;
use ingest::audit::Act;
use jiff::Timestamp;
use lake::{Clock, Micros, SystemClock};
use serde::Serialize;

use crate::cli::{Data, ListFormat, Schedule, ScheduleList, ScheduleNext};
use crate::config::Config;
use crate::schedule::{Memory, Runner, Timetable};
use crate::sink::Sink;
use crate::terminal;

/// The one job so far.
const HEALTH: &str = "health";

/// A job, as it is shown.
#[derive(Debug, Serialize)]
struct Job<'a> {
    job: &'static str,
    cron: &'a str,
    zone: &'a str,
    ran_at: Option<String>,
    next_at: Option<String>,
}

pub(crate) fn run(schedule: &Schedule) -> anyhow::Result<()> {
    match schedule {
        Schedule::List(args) => list(args),
        Schedule::Next(args) => next(args),
        Schedule::Run(data) => run_now(data),
    }
}

/// The configuration and when it runs, unless nothing does.
fn timetable(data: &Data) -> anyhow::Result<(Config, Option<Timetable>)> {
    let config = Config::load(data, Vec::new())?;
    let timetable = config.schedule.timetable().map_err(anyhow::Error::msg)?;
    Ok((config, timetable))
}

fn instant(at: Micros) -> anyhow::Result<String> {
    Ok(Timestamp::from_microsecond(at)?.to_string())
}

fn list(args: &ScheduleList) -> anyhow::Result<()> {
    let (config, timetable) = timetable(&args.data)?;
    let memory = Memory::read(&args.data.data)?;
    let next = timetable.and_then(|times| times.next(memory.ran_at, SystemClock.now()));
    let job = Job {
        job: HEALTH,
        cron: &config.schedule.health,
        zone: &config.schedule.zone,
        ran_at: memory.ran_at.map(instant).transpose()?,
        next_at: next.map(instant).transpose()?,
    };
    let text = match args.format {
        ListFormat::Json => serde_json::to_string_pretty(&[job])? + "\n",
        ListFormat::Table => {
            let at = |at: Option<String>| at.unwrap_or_else(|| "never".to_owned());
            let cron = if job.cron.is_empty() {
                "never"
            } else {
                job.cron
            };
            let columns = ["job", "when", "zone", "last run", "next run"].map(str::to_owned);
            let row = [job.job, cron, job.zone].map(str::to_owned).into_iter();
            let row = row.chain([at(job.ran_at), at(job.next_at)]).map(Cell::Text);
            reports::answer_table(&columns, &[row.collect()]) + "\n"
        }
    };
    terminal::bytes(text.as_bytes())?;
    Ok(())
}

fn next(args: &ScheduleNext) -> anyhow::Result<()> {
    let (_, timetable) = timetable(&args.data)?;
    let timetable = timetable.context(NOTHING)?;
    let mut at = SystemClock.now();
    for _ in 0..args.count {
        let Some(next) = timetable.after(at) else {
            break;
        };
        if !terminal::data(&format!("{} {HEALTH}", instant(next)?)) {
            break;
        }
        at = next;
    }
    Ok(())
}

const NOTHING: &str = "nothing is scheduled: set health under [schedule], such as \"*/10 * * * *\"";

fn run_now(data: &Data) -> anyhow::Result<()> {
    let (config, timetable) = timetable(data)?;
    timetable.context(NOTHING)?;
    let sink = Sink::open(data, Act::Schedule, HEALTH)?;
    let Some(ingest) = sink.ingest() else {
        sink.ask("/v1/schedule/run", b"{}")?;
        terminal::note("the service that holds the data folder runs it now");
        return Ok(());
    };
    let said = sink.runtime().block_on(async {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let runner = Runner::alone(ingest.clone(), clock, &config, data.data.clone())?;
        runner.context(NOTHING)?.run_once().await
    })?;
    sink.close()?;
    for line in said {
        terminal::data(&line);
    }
    Ok(())
}
