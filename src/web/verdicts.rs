//! Verdicts for those who ask over HTTP: made one at a time, and each kept for as long as nothing
//! changed, so that a rollout controller that asks every few seconds costs little.
//!
//! Why one at a time: an analysis uses every core by itself, and the service has events to take.
//! Why off the workers of HTTP: an analysis is synchronous, and they have other requests.
//!
//! # Cancel safety
//! An analysis that was begun is finished and kept whether or not anybody still waits for it.

use std::collections::BTreeMap;
use std::error::Error;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use analysis::findings::HealthFindings;
use analysis::{FeatureRules, HealthRules, Settings};
use ingest::http::Problem;
use ingest::{Ingest, MoreMetrics};
use lake::{Clock, Micros, Snapshot};
use reports::ReleaseGauges;
use tokio::runtime::Handle;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::config::Config;
use crate::judge::judge;

/// Requests that wait for their turn; more are told to come again.
const WAITING_MAX: usize = 32;
/// Verdicts that are kept.
const KEPT_MAX: usize = 256;
/// Releases of an app that have gauges.
const GAUGES_MAX: usize = 20;
/// For how long a verdict may stand while the tables stay the same.
const STANDS_FOR: Micros = 60_000_000;
/// How long those wait who cannot be answered.
pub(super) const WAIT: Duration = Duration::from_secs(5);

/// What is to be judged.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Wanted {
    pub(crate) app: String,
    pub(crate) environment: String,
    pub(crate) zone: String,
    pub(crate) release: String,
    pub(crate) baseline: Option<String>,
    /// In place of what the configuration says.
    pub(crate) max_age: Option<Duration>,
    /// The moment to speak for; now where there is none.
    pub(crate) as_of: Option<Micros>,
}

/// What a verdict rests on: the versions of the tables.
type Versions = Vec<(String, u64)>;

/// A verdict, and for how long it stands.
#[derive(Debug)]
struct Kept {
    versions: Versions,
    made_at: Micros,
    findings: Arc<HealthFindings>,
}

/// The verdicts of a running service.
#[derive(Debug)]
pub(crate) struct Verdicts {
    ingest: Ingest,
    clock: Arc<dyn Clock>,
    /// Where analyses run: the workers of HTTP have few threads beside their own.
    runtime: Handle,
    features: FeatureRules,
    health: HealthRules,
    turn: Arc<Semaphore>,
    places: Semaphore,
    kept: Mutex<BTreeMap<Wanted, Kept>>,
    gauges: Mutex<ReleaseGauges>,
    metrics: MoreMetrics,
}

impl Verdicts {
    /// Verdicts on what `ingest` stores; the last ones are shown among `metrics`.
    pub(crate) fn new(
        ingest: Ingest,
        clock: Arc<dyn Clock>,
        config: &Config,
        metrics: MoreMetrics,
    ) -> Arc<Self> {
        Arc::new(Self {
            ingest,
            clock,
            runtime: Handle::current(),
            features: config.features.clone(),
            health: config.health.clone(),
            turn: Arc::new(Semaphore::new(1)),
            places: Semaphore::new(WAITING_MAX),
            kept: Mutex::default(),
            gauges: Mutex::new(ReleaseGauges::of_at_most(GAUGES_MAX)),
            metrics,
        })
    }

    /// The verdict that is wanted.
    ///
    /// # Errors
    /// A 503 when too many wait, and when the tables cannot be read.
    pub(crate) async fn of(
        self: &Arc<Self>,
        wanted: Wanted,
    ) -> Result<Arc<HealthFindings>, Problem> {
        let _place = self.places.try_acquire().map_err(|_| {
            Problem::later("too many verdicts are asked for: ask again later", WAIT)
        })?;
        let turn = Arc::clone(&self.turn).acquire_owned().await;
        let turn = turn.map_err(unavailable)?;
        let snapshot = self.ingest.lake().snapshot().await.map_err(unavailable)?;
        let now = self.clock.now();
        if let Some(findings) = self.standing(&wanted, &snapshot.versions(), now) {
            return Ok(findings);
        }
        let verdicts = Arc::clone(self);
        let work = move || verdicts.make(wanted, &snapshot, now, turn);
        let made = self.runtime.spawn_blocking(work).await;
        made.map_err(unavailable)?.map_err(unavailable)
    }

    /// A verdict that was made before, while it stands.
    fn standing(
        &self,
        wanted: &Wanted,
        versions: &Versions,
        now: Micros,
    ) -> Option<Arc<HealthFindings>> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let found = kept.get(wanted)?;
        let stands = wanted.as_of.is_some() || found.stands_at(now);
        (stands && found.versions == *versions).then(|| Arc::clone(&found.findings))
    }

    /// Judges, keeps what was found, and lets the next one have its turn.
    fn make(
        &self,
        wanted: Wanted,
        snapshot: &Snapshot,
        now: Micros,
        _turn: OwnedSemaphorePermit,
    ) -> analysis::Result<Arc<HealthFindings>> {
        let settings = self.settings(&wanted);
        let as_of = wanted.as_of.unwrap_or(now);
        let findings = Arc::new(judge(snapshot, &settings, &wanted.release, as_of)?);
        if wanted.is_usual() {
            self.show(&findings);
        }
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= KEPT_MAX {
            kept.retain(|_, one| one.stands_at(now));
        }
        if kept.len() >= KEPT_MAX {
            kept.clear();
        }
        let one = Kept {
            versions: snapshot.versions(),
            made_at: now,
            findings: Arc::clone(&findings),
        };
        kept.insert(wanted, one);
        Ok(findings)
    }

    fn settings(&self, wanted: &Wanted) -> Settings {
        let mut health = self.health.clone();
        if let Some(max_age) = wanted.max_age {
            health.max_age = max_age;
        }
        Settings {
            app: wanted.app.clone(),
            environment: wanted.environment.clone(),
            zone: wanted.zone.clone(),
            baseline: wanted.baseline.clone(),
            features: self.features.clone(),
            health,
            ..Settings::default()
        }
    }

    /// Shows a verdict among the metrics of the service.
    pub(crate) fn show(&self, findings: &HealthFindings) {
        self.change_gauges(|gauges| gauges.judged(findings));
    }

    /// Shows when the schedule last looked at every release that was due.
    pub(crate) fn ran(&self, at: Micros) {
        self.change_gauges(|gauges| gauges.ran(at));
    }

    fn change_gauges(&self, change: impl FnOnce(&mut ReleaseGauges)) {
        let mut gauges = self.gauges.lock().unwrap_or_else(PoisonError::into_inner);
        change(&mut gauges);
        self.metrics.set(gauges.to_text());
    }
}

impl Wanted {
    /// Whether it is the verdict of now by the usual rules.
    fn is_usual(&self) -> bool {
        self.as_of.is_none() && self.baseline.is_none() && self.max_age.is_none()
    }
}

impl Kept {
    fn stands_at(&self, now: Micros) -> bool {
        now.saturating_sub(self.made_at) < STANDS_FOR
    }
}

/// No verdict can be made, for a reason that is not the request's. Logged here, where it is handled.
pub(super) fn unavailable(error: impl Error + 'static) -> Problem {
    tracing::error!(error = &error as &dyn Error, "no verdict made");
    Problem::later(
        "no verdict can be made at the moment: ask again later",
        WAIT,
    )
}
