//! The schedule of a running service: looks at new releases by itself, keeps what was said of them,
//! tells those who asked for it.
//!
//! **One runner**: the one in the service that holds the lock of the data folder. **Catch-up**: what
//! was missed while no service ran is made up for by one run. **Cadence**: often in a release's first
//! hours, then hourly, then daily, until a newer one takes its place ([`watch`]). Analyses run in
//! processes of their own ([`crate::child`]); a verdict that changed is a record like all others: it goes
//! through the WAL into the table `verdicts`, and only then somebody is told. The weekly
//! report of each app is made when a week is over ([`weekly`]), and goes once to each who gets it
//! ([`crate::deliver`]).

mod memory;
mod settings;
mod timetable;
mod urgent;
mod watch;
mod weekly;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use analysis::findings::{HealthFindings, ReleaseSeen, Verdict};
use anyhow::Context as _;
use ingest::{Batch, Ingest, MoreMetrics, Record};
use lake::{Clock, Micros, ReleaseVerdict, parse_instant};
use tokio::sync::Notify;
use tokio::sync::watch::Receiver;

use crate::child::Children;
use crate::config::Config;
use crate::deliver::{Archive, Courier, Outbound, Recipient};
use crate::web::Verdicts;
use crate::words::Words;
pub(crate) use memory::Memory;
use settings::HeartbeatSays;
pub(crate) use settings::ScheduleSettings;
pub(crate) use timetable::Timetable;
use urgent::Look;
use watch::{Changed, Watched};
use weekly::Maker;
pub(crate) use weekly::Weekly;

/// Longest sleep: the clock may be set, and machines are suspended.
const SLEEP_MAX: Duration = Duration::from_secs(60);
/// For how long a release is watched beside the one that took its place.
const BESIDE_FOR: Micros = 24 * 3_600 * 1_000_000;
/// What verdicts come by, beside what apps send.
const PROTOCOL: &str = "schedule";

/// Runs what is scheduled.
pub(crate) struct Runner {
    ingest: Ingest,
    verdicts: Arc<Verdicts>,
    clock: Arc<dyn Clock>,
    settings: ScheduleSettings,
    webhook: Option<String>,
    /// When releases are looked at.
    health: Option<Timetable>,
    weekly: Option<Weekly>,
    children: Children,
    outbound: Outbound,
    courier: Courier,
    memory: Memory,
    /// Told where it is to run out of turn.
    wake: Arc<Notify>,
}

/// When the jobs run next.
#[derive(Debug, Clone, Copy)]
struct Planned {
    look: Option<Micros>,
    weekly: Option<Micros>,
}

impl Runner {
    /// The runner of a service, unless nothing is scheduled.
    ///
    /// # Errors
    /// When what is remembered cannot be read.
    pub(crate) fn of(
        (ingest, verdicts, wake): (Ingest, Arc<Verdicts>, Arc<Notify>),
        clock: Arc<dyn Clock>,
        config: &Config,
        data: PathBuf,
    ) -> anyhow::Result<Option<Self>> {
        let settings = config.schedule.clone();
        let health = settings.health_times().map_err(anyhow::Error::msg)?;
        let weekly = settings.weekly_job().map_err(anyhow::Error::msg)?;
        if health.is_none() && weekly.is_none() {
            return Ok(None);
        }
        let outbound = Outbound::new()?;
        let mut memory = Memory::read(&data)?;
        if weekly.is_some() && memory.weekly.since.is_none() {
            memory.weekly.since = Some(clock.now());
            memory.keep()?;
        }
        Ok(Some(Self {
            courier: Courier {
                archive: Archive::of(&data),
                notify: config.notify.clone(),
                outbound: outbound.clone(),
            },
            ingest,
            verdicts,
            clock,
            webhook: config.notify.webhook.clone(),
            health,
            weekly,
            memory,
            children: Children::of(config, data),
            outbound,
            wake,
            settings,
        }))
    }

    /// The runner of a command, which holds the data folder by itself.
    ///
    /// # Errors
    /// As [`Runner::of`].
    pub(crate) fn alone(
        ingest: Ingest,
        clock: Arc<dyn Clock>,
        config: &Config,
        data: PathBuf,
    ) -> anyhow::Result<Option<Self>> {
        let metrics = MoreMetrics::default();
        let verdicts = Verdicts::new(ingest.clone(), Arc::clone(&clock), config, metrics);
        let parts = (ingest, verdicts, Arc::default());
        Self::of(parts, clock, config, data)
    }

    /// Runs once, whatever is due, and says a line of each release that is watched.
    ///
    /// # Errors
    /// When a release could not be looked at; the others were.
    pub(crate) async fn run_once(mut self) -> anyhow::Result<Vec<String>> {
        let planned = self.planned(self.clock.now());
        let began = self.clock.now();
        self.once(planned, true).await?;
        let releases = self.memory.releases.iter();
        let lines = releases.flat_map(|(app, of_app)| {
            of_app.iter().map(move |(release, watched)| {
                let said = watched.said.map_or("nothing said yet", Verdict::as_str);
                format!("{app} {release}: {said}")
            })
        });
        let deliveries = self.memory.deliveries.all().map(|(_, one)| one);
        let told = deliveries.filter(|one| one.done_at.is_none_or(|at| at >= began));
        let told = told.map(|one| {
            let problem = one.problem.iter().map(|problem| format!(": {problem}"));
            let problem: String = problem.collect();
            let (report, by, to) = (&one.report, &one.channel, &one.recipient);
            format!("{report} by {by} to {to}: {}{problem}", one.state())
        });
        Ok(lines.chain(told).collect())
    }

    /// Runs until the service stops.
    ///
    /// # Cancel safety
    /// A run that is broken off leaves no process behind; what it had found is found again.
    pub(crate) async fn run(mut self, mut stopping: Receiver<bool>) {
        let ends = async move { stopping.wait_for(|stops| *stops).await.is_ok() };
        tokio::select! {
            _ = ends => {}
            () = self.run_for_ever() => {}
        }
    }

    async fn run_for_ever(&mut self) {
        loop {
            let planned = self.planned(self.clock.now());
            let times = [planned.look, planned.weekly, self.memory.deliveries.next()];
            let Some(next) = times.into_iter().flatten().min() else {
                return;
            };
            let is_asked = self.wait_until(next).await;
            // What failed is logged, and looked at again in the next run.
            drop(self.once(planned, is_asked).await);
        }
    }

    /// When each job runs next.
    fn planned(&self, now: Micros) -> Planned {
        let weekly = self.weekly.as_ref();
        let look = self.health.as_ref();
        Planned {
            look: look.and_then(|times| times.next(self.memory.ran_at, now)),
            weekly: weekly.and_then(|weekly| weekly.next(&self.memory.weekly, now)),
        }
    }

    /// Waits, and says whether it was asked to run out of turn.
    async fn wait_until(&self, at: Micros) -> bool {
        loop {
            let left = u64::try_from(at.saturating_sub(self.clock.now())).unwrap_or(0);
            if left == 0 {
                return false;
            }
            let sleep = tokio::time::sleep(Duration::from_micros(left).min(SLEEP_MAX));
            tokio::select! {
                () = sleep => {}
                () = self.wake.notified() => return true,
            }
        }
    }

    /// One run: of what is due, or of all where it was asked for. Its failures are logged here.
    async fn once(&mut self, planned: Planned, is_asked: bool) -> anyhow::Result<()> {
        let now = self.clock.now();
        let is_due = |at: Option<Micros>| at.is_some_and(|at| is_asked || at <= now);
        let mut ended = Ok(());
        if is_due(planned.look) {
            ended = self.look_once(now, is_asked).await;
        }
        let weekly = self.weekly.clone().filter(|_| is_due(planned.weekly));
        if let Some(weekly) = weekly {
            let made = self.make_weekly(&weekly, now).await;
            if let Err(error) = &made {
                tracing::warn!(error = format!("{error:#}"), "weekly report not made");
            }
            ended = ended.and(made);
        }
        // Where it was asked for, what waits for another try does not wait.
        let due_by = if is_asked { Micros::MAX } else { now };
        let by = &mut self.courier;
        let due = (&*self.clock, due_by);
        let delivered = weekly::deliver(&mut self.memory, due, by).await;
        if let Err(error) = &delivered {
            tracing::error!(error = format!("{error:#}"), "deliveries not kept");
        }
        ended.and(delivered)
    }

    /// One look at the releases.
    async fn look_once(&mut self, began: Micros, is_asked: bool) -> anyhow::Result<()> {
        self.memory.ran_at = Some(began);
        let looked = self.look(began, is_asked).await;
        match &looked {
            Ok(()) => self.verdicts.ran(began),
            Err(error) => tracing::warn!(error = format!("{error:#}"), "scheduled look failed"),
        }
        self.tell().await;
        if let Err(error) = self.tell_urgent(began).await {
            tracing::warn!(
                error = format!("{error:#}"),
                "not told at once; tried again"
            );
        }
        if let Err(error) = self.memory.keep() {
            tracing::error!(error = format!("{error:#}"), "schedule not kept");
        }
        self.beat(looked.is_ok()).await;
        looked
    }

    /// Makes the weekly reports that are not there.
    async fn make_weekly(&mut self, weekly: &Weekly, now: Micros) -> anyhow::Result<()> {
        let recipients = self.courier.notify.recipients();
        let mut maker = Maker::of(self.children.clone(), &self.settings, now)?;
        let given = (now, &recipients[..]);
        weekly.run(&mut self.memory, given, &mut maker).await
    }

    /// Looks at every release that is due, or at all that are watched.
    async fn look(&mut self, now: Micros, is_asked: bool) -> anyhow::Result<()> {
        let as_of = jiff::Timestamp::from_microsecond(now)?.to_string();
        let zone = self.settings.zone.clone();
        let list = Words::of(&["release", "list"]);
        let list = list.with("as-of", &as_of).with("zone", &zone);
        let releases: Vec<ReleaseSeen> = self.children.ask(list).await?;
        let watched = to_watch(&releases, now);
        self.forget_others(&watched);
        let mut failed = None;
        for (release, first_seen_at) in watched {
            let memory = self.memory.of(&release.app, &release.release);
            if !is_asked && !memory.is_due(first_seen_at, now, self.settings.dense_every) {
                continue;
            }
            let check = Words::of(&["health", "check"])
                .with("app", &release.app)
                .with("environment", &release.environment)
                .with("as-of", &as_of)
                .with("zone", &zone)
                .on(&release.release);
            let asked = self.children.ask(check).await;
            let judged = match asked {
                Ok(findings) => self.judged(&findings, now).await,
                Err(error) => Err(error),
            };
            failed = judged.err().or(failed);
        }
        failed.map_or(Ok(()), Err)
    }

    fn forget_others(&mut self, watched: &[(&ReleaseSeen, Micros)]) {
        for (app, releases) in &mut self.memory.releases {
            releases.retain(|name, _| {
                let is_it = |one: &&ReleaseSeen| one.app == *app && one.release == *name;
                watched.iter().any(|(one, _)| is_it(one))
            });
        }
        self.memory
            .releases
            .retain(|_, releases| !releases.is_empty());
    }

    /// Takes a verdict in, and records it where it changed.
    async fn judged(&mut self, findings: &HealthFindings, now: Micros) -> anyhow::Result<()> {
        self.verdicts.show(findings);
        let mut watched = self.memory.of(&findings.app, &findings.release);
        if let Some(changed) = watched.look(findings.verdict, now) {
            let batch = Batch {
                app: findings.app.clone().into(),
                protocol: PROTOCOL.into(),
                key_id: None,
                received_at: self.clock.now(),
                records: vec![Record::Verdict(record(
                    findings,
                    changed,
                    watched.revision,
                    now,
                ))],
            };
            let submitted = self.ingest.submit(batch).await;
            submitted.context("a verdict could not be kept: it is looked for again")?;
            tracing::info!(app = %findings.app, verdict = changed.to.as_str(), "verdict changed");
            if self.webhook.is_some() && changed.is_news() {
                watched.to_tell = Some(reports::health_notice(findings, changed.from));
            }
        }
        let of_app = self
            .memory
            .releases
            .entry(findings.app.clone())
            .or_default();
        of_app.insert(findings.release.clone(), watched);
        self.memory.keep()
    }

    /// Tells what is to be told. What nobody takes is tried again after the next run.
    async fn tell(&mut self) {
        let Some(webhook) = &self.webhook else {
            return;
        };
        for watched in self
            .memory
            .releases
            .values_mut()
            .flat_map(BTreeMap::values_mut)
        {
            let Some(text) = &watched.to_tell else {
                continue;
            };
            match self.outbound.message(webhook, text).await {
                Ok(()) => watched.to_tell = None,
                Err(error) => tracing::warn!(error = format!("{error:#}"), "webhook not reached"),
            }
        }
    }

    /// Tells what cannot wait for the weekly report.
    async fn tell_urgent(&mut self, now: Micros) -> anyhow::Result<()> {
        let notify = &self.courier.notify;
        let mut recipients = notify.recipients();
        recipients.retain(|to| !matches!(to, Recipient::Folder(_)));
        if !notify.urgent || recipients.is_empty() {
            return Ok(());
        }
        let snapshot = self.ingest.lake().snapshot().await?;
        let watched = self.memory.releases.iter();
        let releases = watched.map(|(app, of_app)| (app.clone(), of_app.keys().cloned().collect()));
        let look = Look {
            now,
            zone: self.settings.zone.clone(),
            version: snapshot.table(lake::Table::Feedback).version,
            releases: releases.collect(),
            apps: urgent::apps(snapshot).await?,
        };
        let by = (&self.children, &self.courier);
        urgent::tell(&mut self.memory, &look, by, &recipients).await
    }

    async fn beat(&self, has_run: bool) {
        let Some(heartbeat) = &self.settings.heartbeat else {
            return;
        };
        let said = self.memory.releases.values().flat_map(BTreeMap::values);
        let worst = said.filter_map(|watched| watched.said).max();
        let code = match self.settings.heartbeat_says {
            HeartbeatSays::Ran => u8::from(!has_run),
            HeartbeatSays::Verdict if has_run => worst.map_or(0, Verdict::number),
            HeartbeatSays::Verdict => Verdict::InsufficientData.number(),
        };
        if let Err(error) = self.outbound.beat(heartbeat, code).await {
            tracing::warn!(error = format!("{error:#}"), "heartbeat not reached");
        }
    }
}

impl Memory {
    /// What is remembered of a release.
    fn of(&self, app: &str, release: &str) -> Watched {
        let found = self
            .releases
            .get(app)
            .and_then(|of_app| of_app.get(release));
        found.cloned().unwrap_or_default()
    }
}

/// The newest release of each app, and for a day the one before it, each with its first data.
fn to_watch(releases: &[ReleaseSeen], now: Micros) -> Vec<(&ReleaseSeen, Micros)> {
    let mut by_app: BTreeMap<(&str, &str), Vec<(&ReleaseSeen, Micros)>> = BTreeMap::new();
    for release in releases {
        let first = release.first_seen_at.as_deref();
        if let Some(first) = first.and_then(|first| parse_instant(first).ok()) {
            let of = (release.app.as_str(), release.environment.as_str());
            by_app.entry(of).or_default().push((release, first));
        }
    }
    let mut watched = Vec::new();
    for seen in by_app.values() {
        let newest = seen.last().copied();
        let is_new = newest.is_some_and(|(_, first)| now.saturating_sub(first) < BESIDE_FOR);
        let before = seen.iter().rev().nth(1).copied().filter(|_| is_new);
        watched.extend(before.into_iter().chain(newest));
    }
    watched
}

fn record(
    findings: &HealthFindings,
    changed: Changed,
    revision: i64,
    now: Micros,
) -> ReleaseVerdict {
    let through = findings.data_through.as_deref();
    ReleaseVerdict {
        version: findings.release.clone(),
        environment: findings.environment.clone(),
        verdict: changed.to.as_str().to_owned(),
        state: Some(findings.state.as_str().to_owned()),
        changed_from: changed.from.map(|from| from.as_str().to_owned()),
        revision,
        reason: findings.reason.clone(),
        baseline: findings.baseline.clone(),
        score: findings.score.map(f64::from),
        evaluated_at: now,
        data_through: through.and_then(|through| parse_instant(through).ok()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(release: &str, first: Option<&str>) -> ReleaseSeen {
        ReleaseSeen {
            app: "shop".to_owned(),
            environment: "production".to_owned(),
            release: release.to_owned(),
            first_seen_at: first.map(str::to_owned),
            released_at: None,
            rollout: None,
        }
    }

    #[test]
    fn newest_release_is_watched_and_for_a_day_the_one_before() {
        let releases = [
            seen("1.0", Some("2026-04-01T00:00:00Z")),
            seen("1.1", Some("2026-04-20T00:00:00Z")),
            seen("1.2", Some("2026-05-01T00:00:00Z")),
            seen("2.0", None),
        ];
        let at = |text: &str| parse_instant(text).unwrap();
        let names = |now: &str| -> Vec<String> {
            let watched = to_watch(&releases, at(now));
            watched.iter().map(|(one, _)| one.release.clone()).collect()
        };
        assert_eq!(names("2026-05-01T12:00:00Z"), ["1.1", "1.2"]);
        assert_eq!(names("2026-05-02T00:00:00Z"), ["1.2"]);
        assert!(to_watch(&[], 0).is_empty());
    }
}
