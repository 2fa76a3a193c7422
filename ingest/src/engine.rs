//! The ingest engine: batches in, durable; tables follow by themselves.
//!
//! Whatever must finish is done by a thread or task that the engine owns: a caller that goes away
//! changes nothing about what it handed over.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use lake::{Clock, Failpoint, Lake, Ledger, VacuumOutcome};
use serde::Serialize;
use tokio::sync::{Mutex, broadcast, mpsc, oneshot, watch};
use tracing::info;
use utoipa::ToSchema;

use crate::batch::{Batch, Envelope};
use crate::committer::{Committer, Cutoff, Request, Upkeep, off_reactor};
use crate::condition::{Condition, Signs, WalCondition};
use crate::dedup::{Claims, Index, View, rebuild};
use crate::draft::{Draft, Drafting, Receipt};
use crate::error::{Error, Result};
use crate::metrics::Levels;
use crate::privacy::{Privacy, Sender};
use crate::seen::Seen;
use crate::settings::{Durability, Settings};
use crate::wal::{FrameKind, Recovered, Wal};

/// What was found at start.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct RecoveryReport {
    /// WAL segments that were there.
    pub segments: u64,
    /// Bytes of a torn tail that was cut: an interrupted write, promised to nobody.
    pub torn_bytes: u64,
    /// Stretches of the WAL that cannot be read, each in words; their segments are set aside.
    pub damage: Vec<String>,
    /// Whether an interrupted flush was taken up.
    pub flush_redone: bool,
    /// Records in the WAL that the tables do not hold yet.
    pub pending: u64,
    /// Event ids, releases and backlog items known from the tables.
    pub known: u64,
}

impl RecoveryReport {
    fn of(recovered: &Recovered) -> Self {
        Self {
            segments: recovered.spans.len() as u64,
            torn_bytes: recovered.torn_bytes,
            damage: recovered.damage.iter().map(ToString::to_string).collect(),
            ..Self::default()
        }
    }

    fn log(&self, node: &str) {
        let (segments, pending, known) = (self.segments, self.pending, self.known);
        info!(node, segments, pending, known, "opened ingest");
    }
}

/// The ingest engine of one data folder. Clones are handles to the same engine; when the last one
/// is dropped without [`Ingest::shutdown`], what is pending stays in the WAL for the next start.
#[derive(Debug, Clone)]
pub struct Ingest {
    lake: Arc<Lake>,
    wal: Arc<Wal>,
    view: Arc<View>,
    claims: Claims,
    requests: mpsc::Sender<Request>,
    seen: broadcast::Sender<Arc<Seen>>,
    stopped: Arc<AtomicBool>,
    stopping: Arc<watch::Sender<bool>>,
    signs: Arc<Signs>,
    recovery: Arc<RecoveryReport>,
    settings: Arc<Settings>,
    privacy: Arc<Privacy>,
    replays: Arc<Mutex<()>>,
    node: String,
}

/// Flush requests that may wait.
const REQUESTS_MAX: usize = 64;
/// What `tail` may lag behind before it misses something.
const SEEN_MAX: usize = 4_096;

impl Ingest {
    /// Opens a data folder, recovers what a crash left, and starts to serve. The caller holds the
    /// folder's lock.
    ///
    /// # Errors
    /// [`Error::Settings`] for settings that do not hold together, [`Error::Wal`] and
    /// [`Error::Lake`] when the disk or the tables refuse, [`Error::ForeignSegment`] for a WAL of
    /// another node.
    pub async fn open(
        dir: &Path,
        settings: Settings,
        clock: Arc<dyn Clock>,
    ) -> Result<(Self, RecoveryReport)> {
        Self::open_with(dir, settings, clock, Cutoff::default()).await
    }

    pub(crate) async fn open_with(
        dir: &Path,
        settings: Settings,
        clock: Arc<dyn Clock>,
        cutoff: Cutoff,
    ) -> Result<(Self, RecoveryReport)> {
        settings.validate()?;
        let lake = Arc::new(
            Lake::open(dir, clock)
                .await
                .map_err(Error::lake("opened"))?,
        );
        let privacy = Arc::new(Privacy::open(dir, &settings.apps)?);
        let node = lake.name_node().map_err(Error::lake("named"))?;
        let (committed, furthest) = Committer::positions(&lake, &node).await?;
        let wal_folder = dir.join("wal");
        let signs = Arc::new(Signs::new());
        let (wal, mut recovered) = {
            let (folder, settings, node) = (wal_folder.clone(), settings.clone(), node.clone());
            let signs = Arc::clone(&signs);
            off_reactor(move || Wal::open(&folder, &settings, &node, (committed, furthest), signs))
                .await?
        };
        let wal = Arc::new(wal);
        let mut committer = Committer {
            lake: Arc::clone(&lake),
            wal: Arc::clone(&wal),
            wal_folder,
            view: Arc::new(View::new(
                Index::new(&dir.join("index")).map_err(Error::index)?,
            )),
            claims: Claims::new(&node),
            node: node.clone(),
            settings: settings.clone(),
            signs: Arc::clone(&signs),
            committed,
            prepared: None,
            upkeep: Upkeep::start(Arc::clone(&lake), settings.keep.clone()),
            cutoff,
        };
        let flush_redone = committer.redo(recovered.prepare.take()).await?;
        let view = Self::read_index(&lake, committer.claims).await?;
        committer.view = Arc::clone(&view);
        let report = RecoveryReport {
            flush_redone,
            pending: wal.pending_rows(),
            known: view.index().len() as u64,
            ..RecoveryReport::of(&recovered)
        };
        report.log(&node);
        let claims = committer.claims;
        let (requests, queue) = mpsc::channel(REQUESTS_MAX);
        tokio::spawn(committer.run(queue));
        let (seen, _) = broadcast::channel(SEEN_MAX);
        let stopped = Arc::new(AtomicBool::new(false));
        Ok((
            Self {
                lake,
                wal,
                view,
                claims,
                requests,
                seen,
                stopped,
                stopping: Arc::new(watch::Sender::new(false)),
                signs,
                recovery: Arc::new(report.clone()),
                settings: Arc::new(settings),
                privacy,
                replays: Arc::default(),
                node,
            },
            report,
        ))
    }

    async fn read_index(lake: &Lake, claims: Claims) -> Result<Arc<View>> {
        let snapshot = lake.snapshot().await.map_err(Error::lake("read"))?;
        let folder = lake.folder().join("index");
        if Failpoint::DedupForget.is_on() {
            let index = Index::new(&folder).map_err(Error::index)?;
            return Ok(Arc::new(View::new(index)));
        }
        Ok(Arc::new(
            off_reactor(move || rebuild(&snapshot, claims, &folder)).await?,
        ))
    }

    /// Makes a batch durable and says what will become of each record, in order.
    ///
    /// # Errors
    /// As [`Ingest::draft`] and [`Ingest::append`].
    ///
    /// # Cancel safety
    /// As [`Ingest::append`].
    pub async fn submit(&self, mut batch: Batch<'_>) -> Result<Vec<Receipt>> {
        let draft = self.draft(&mut batch, &Sender::default())?;
        let receipts = draft.receipts.clone();
        self.append(draft).await?;
        Ok(receipts)
    }

    /// Leaves out of a batch what its app does not store, once, brings it into the form of the WAL
    /// and says what would become of each record.
    /// `Duplicate` is said as early as it can be known; the tables hold an event id once whatever
    /// was said. Computes and does not wait; nothing is kept.
    ///
    /// # Errors
    /// [`Error::Frame`] and [`Error::Lake`] when a record does not fit its form, which is a bug.
    pub fn draft(&self, batch: &mut Batch<'_>, sender: &Sender) -> Result<Draft> {
        let Batch {
            app,
            protocol,
            key_id,
            received_at,
            records,
        } = batch;
        let envelope = Envelope {
            app,
            protocol,
            key_id: key_id.as_deref(),
            received_at: *received_at,
        };
        let mut drafting = self.drafting(envelope, records.len(), sender)?;
        for record in records {
            drafting.push(record)?;
        }
        drafting.finish()
    }

    /// Begins a draft of exactly so many records.
    pub(crate) fn drafting<'i>(
        &'i self,
        envelope: Envelope<'i>,
        records: usize,
        sender: &'i Sender,
    ) -> Result<Drafting<'i>> {
        let treating = self
            .privacy
            .treating(envelope.app, envelope.protocol, sender);
        let is_watched = self.seen.receiver_count() > 0;
        let judging = (&*self.view, self.claims);
        Drafting::new(judging, treating, envelope, records, is_watched)
    }

    /// Makes a drafted batch durable: returns only after the `fdatasync` that covers it.
    ///
    /// # Errors
    /// [`Error::Overloaded`] when a limit is reached and nothing was taken, [`Error::Stopped`]
    /// after [`Ingest::shutdown`], [`Error::Wal`] when the disk refuses: the client sends again.
    ///
    /// # Cancel safety
    /// A batch that was handed over is written whether or not the caller still waits.
    pub async fn append(&self, draft: Draft) -> Result<()> {
        if self.stopped.load(Ordering::Acquire) {
            return Err(Error::Stopped);
        }
        if draft.is_empty() {
            return Ok(());
        }
        let rows = draft.rows();
        self.wal
            .append(FrameKind::Batch, rows, draft.payload)
            .await?;
        self.signs.metrics.told(&draft.receipts);
        self.signs.metrics.noted(&draft.noted);
        self.view.note(&draft.claims);
        for seen in draft.seen {
            // Fails only when the last listener has just left.
            drop(self.seen.send(seen));
        }
        Ok(())
    }

    /// Returns when everything that was submitted before is in the tables.
    ///
    /// # Errors
    /// When WAL or tables refuse: what is pending is safe, and tried again.
    pub async fn flush(&self) -> Result<()> {
        self.ask(Request::Flush).await
    }

    /// Says that the service is about to stop: it is not ready any more, and streams end. What is
    /// sent is still taken.
    pub fn announce_stop(&self) {
        self.stopping.send_replace(true);
    }

    /// Turns true when the service is about to stop.
    #[must_use]
    pub fn stopping(&self) -> watch::Receiver<bool> {
        self.stopping.subscribe()
    }

    /// Takes nothing more, brings everything into the tables and ends.
    ///
    /// # Errors
    /// As [`Ingest::flush`]; what is pending is then left to the next start.
    pub async fn shutdown(&self) -> Result<()> {
        self.stopped.store(true, Ordering::Release);
        self.ask(Request::Shutdown).await
    }

    pub(crate) async fn ask<T>(
        &self,
        request: impl FnOnce(oneshot::Sender<Result<T>>) -> Request,
    ) -> Result<T> {
        let (answer, answered) = oneshot::channel();
        self.requests
            .send(request(answer))
            .await
            .map_err(|_| Error::Stopped)?;
        answered.await.map_err(|_| Error::Stopped)?
    }

    /// Cuts the logs of the tables behind the oldest version that is kept, and removes files that
    /// no version names.
    ///
    /// # Errors
    /// When tables or disk refuse.
    pub async fn vacuum(&self) -> Result<VacuumOutcome> {
        let vacuumed = self.lake.vacuum(&self.settings.keep).await;
        vacuumed.map_err(Error::lake("cleaned"))
    }

    /// Records that are durable and not yet in the tables.
    #[must_use]
    pub fn pending(&self) -> u64 {
        self.wal.pending_rows()
    }

    /// Records that are durable and that `ledger` does not count yet: with its `received`, everything
    /// that was ever taken.
    #[must_use]
    pub fn pending_beside(&self, ledger: &Ledger) -> u64 {
        let reached = ledger.reached(&self.node);
        self.wal.pending_beyond(reached.unwrap_or(i64::MIN))
    }

    /// How the service is.
    #[must_use]
    pub fn condition(&self) -> Condition {
        let found = self.wal.level();
        let condition = Condition {
            is_ready: false,
            reasons: Vec::new(),
            warnings: Vec::new(),
            durability: self.settings.durability,
            pending: found.pending_rows,
            wal: WalCondition {
                bytes: found.bytes,
                bytes_max: self.settings.wal_bytes_max,
                segments: found.segments,
                disk_free_bytes: found.disk_free_bytes,
                disk_is_low: found.disk_is_low,
            },
            last_flush_at: self.signs.last_flush_at(),
            recovery: self.recovery.as_ref().clone(),
        };
        condition.judge(&self.signs, *self.stopping.borrow())
    }

    /// What a 200 promises.
    #[must_use]
    pub fn durability(&self) -> Durability {
        self.settings.durability
    }

    /// How many erasures ended since the start: whoever keeps words of people lets go of them when this
    /// changes.
    #[must_use]
    pub fn erasures(&self) -> u64 {
        self.signs.erasures.load(Ordering::Acquire)
    }

    /// The rules of what is stored of each app.
    #[must_use]
    pub fn privacy(&self) -> &Privacy {
        &self.privacy
    }

    pub(crate) fn levels(&self, body_bytes_in_flight: usize) -> Levels {
        let found = self.wal.level();
        Levels {
            pending_rows: found.pending_rows,
            wal_bytes: found.bytes,
            wal_segments: found.segments,
            damaged_stretches: self.recovery.damage.len() as u64,
            disk_free_bytes: found.disk_free_bytes.unwrap_or_default(),
            body_bytes_in_flight: body_bytes_in_flight as u64,
            known_ids: self.view.index().len() as u64,
        }
    }

    pub(crate) fn signs(&self) -> &Signs {
        &self.signs
    }

    /// Held by the replay that runs.
    pub(crate) fn replays(&self) -> &Mutex<()> {
        &self.replays
    }

    /// The tables.
    #[must_use]
    pub fn lake(&self) -> &Lake {
        &self.lake
    }

    #[cfg(test)]
    pub(crate) fn wal(&self) -> &Wal {
        &self.wal
    }

    /// The name of this ingest node.
    #[must_use]
    pub fn node(&self) -> &str {
        &self.node
    }

    /// Listens to what arrives from now on. A listener that is slow misses the oldest and is told
    /// how many; nothing waits for it.
    #[must_use]
    pub fn subscribe(&self) -> broadcast::Receiver<Arc<Seen>> {
        self.seen.subscribe()
    }
}
