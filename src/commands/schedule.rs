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

/// The jobs.
const HEALTH: &str = "health";
const WEEKLY: &str = "weekly";

/// A job, as it is shown.
#[derive(Debug, Serialize)]
struct Job {
    job: &'static str,
    cron: String,
    zone: String,
    ran_at: Option<String>,
    next_at: Option<String>,
}

/// A delivery, as it is shown.
#[derive(Debug, Serialize)]
struct Shown<'a> {
    report: &'a str,
    channel: &'a str,
    recipient: &'a str,
    state: &'static str,
    tries: u32,
    delivered_at: Option<String>,
    next_at: Option<String>,
    problem: Option<&'a str>,
}

pub(crate) fn run(schedule: &Schedule) -> anyhow::Result<()> {
    match schedule {
        Schedule::List(args) => list(args),
        Schedule::Next(args) => next(args),
        Schedule::Run(data) => run_now(data),
        Schedule::Deliveries(args) => deliveries(args),
    }
}

/// The configuration, and the jobs that it has with their times.
fn jobs(data: &Data) -> anyhow::Result<(Config, Vec<(&'static str, Timetable)>)> {
    let config = Config::load(data, Vec::new())?;
    let health = config.schedule.health_times().map_err(anyhow::Error::msg)?;
    let weekly = config.schedule.weekly_job().map_err(anyhow::Error::msg)?;
    let health = health.map(|times| (HEALTH, times));
    let weekly = weekly.map(|weekly| (WEEKLY, weekly.timetable));
    Ok((config, health.into_iter().chain(weekly).collect()))
}

fn instant(at: Micros) -> anyhow::Result<String> {
    Ok(Timestamp::from_microsecond(at)?.to_string())
}

fn list(args: &ScheduleList) -> anyhow::Result<()> {
    let (config, jobs) = jobs(&args.data)?;
    let memory = Memory::read(&args.data.data)?;
    let settings = &config.schedule;
    let weekly = settings.weekly_job().map_err(anyhow::Error::msg)?;
    let all = [
        (HEALTH, &settings.health, memory.ran_at),
        (WEEKLY, &settings.weekly, memory.weekly.ran_at),
    ];
    let shown = all.map(|(job, cron, ran_at)| {
        let now = SystemClock.now();
        let times = jobs.iter().find(|(name, _)| *name == job);
        let next = match (job, &weekly) {
            (WEEKLY, weekly) => weekly
                .as_ref()
                .and_then(|job| job.next(&memory.weekly, now)),
            _ => times.and_then(|(_, times)| times.next(ran_at, now)),
        };
        anyhow::Ok(Job {
            job,
            cron: cron.clone(),
            zone: settings.zone.clone(),
            ran_at: ran_at.map(instant).transpose()?,
            next_at: next.map(instant).transpose()?,
        })
    });
    let shown = shown.into_iter().collect::<anyhow::Result<Vec<Job>>>()?;
    let columns = ["job", "when", "zone", "last run", "next run"];
    let text = table_or_json(args.format, columns, &shown, |job| {
        let at = |at: &Option<String>| at.clone().unwrap_or_else(|| "never".to_owned());
        let cron = if job.cron.is_empty() {
            "never"
        } else {
            &job.cron
        };
        let (ran, next) = (at(&job.ran_at), at(&job.next_at));
        [
            job.job.to_owned(),
            cron.to_owned(),
            job.zone.clone(),
            ran,
            next,
        ]
    })?;
    terminal::bytes(text.as_bytes())?;
    Ok(())
}

fn deliveries(args: &ScheduleList) -> anyhow::Result<()> {
    let memory = Memory::read(&args.data.data)?;
    let all = memory.deliveries.all().map(|(_, one)| {
        anyhow::Ok(Shown {
            report: &one.report,
            channel: &one.channel,
            recipient: &one.recipient,
            state: one.state(),
            tries: one.tries,
            delivered_at: one.done_at.map(instant).transpose()?,
            next_at: one.next_at.map(instant).transpose()?,
            problem: one.problem.as_deref(),
        })
    });
    let all = all.collect::<anyhow::Result<Vec<Shown<'_>>>>()?;
    let columns = ["report", "by", "to", "state", "tries", "at", "problem"];
    let text = table_or_json(args.format, columns, &all, |one| {
        let at = one.delivered_at.as_ref().or(one.next_at.as_ref());
        [
            one.report.to_owned(),
            one.channel.to_owned(),
            one.recipient.to_owned(),
            one.state.to_owned(),
            one.tries.to_string(),
            at.cloned().unwrap_or_default(),
            one.problem.unwrap_or_default().to_owned(),
        ]
    })?;
    terminal::bytes(text.as_bytes())?;
    Ok(())
}

/// Rows as a table for the terminal, or as JSON.
fn table_or_json<T: Serialize, const N: usize>(
    format: ListFormat,
    columns: [&str; N],
    rows: &[T],
    cells: impl Fn(&T) -> [String; N],
) -> anyhow::Result<String> {
    Ok(match format {
        ListFormat::Json => serde_json::to_string_pretty(rows)? + "\n",
        ListFormat::Table => {
            let cells = |row: &T| cells(row).into_iter().map(Cell::Text).collect();
            let rows: Vec<Vec<Cell>> = rows.iter().map(cells).collect();
            reports::answer_table(&columns.map(str::to_owned), &rows) + "\n"
        }
    })
}

fn next(args: &ScheduleNext) -> anyhow::Result<()> {
    let (_, jobs) = jobs(&args.data)?;
    anyhow::ensure!(!jobs.is_empty(), NOTHING);
    let now = SystemClock.now();
    let mut coming: Vec<(Micros, &str)> = Vec::new();
    for (job, times) in &jobs {
        let each = std::iter::successors(times.after(now), |at| times.after(*at));
        coming.extend(each.take(args.count.into()).map(|at| (at, *job)));
    }
    coming.sort_unstable();
    for (at, job) in coming.iter().take(args.count.into()) {
        if !terminal::data(&format!("{} {job}", instant(*at)?)) {
            break;
        }
    }
    Ok(())
}

const NOTHING: &str =
    "nothing is scheduled: set health or weekly under [schedule], such as \"0 8 * * 1\"";

fn run_now(data: &Data) -> anyhow::Result<()> {
    let (config, jobs) = jobs(data)?;
    anyhow::ensure!(!jobs.is_empty(), NOTHING);
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
