//! The ingest engine: batches in, durable; tables follow by themselves.
//!
//! Whatever must finish is done by a thread or task that the engine owns: a caller that goes away
//! changes nothing about what it handed over.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use lake::{Clock, Lake};
use tokio::sync::{broadcast, mpsc, oneshot};
use tracing::info;

use crate::batch::Batch;
use crate::committer::{Committer, Cutoff, Request, off_reactor};
use crate::dedup::{Claim, Claims, Judgement, View, rebuild};
use crate::error::{Error, Result};
use crate::seen::Seen;
use crate::settings::Settings;
use crate::wal::{FrameKind, Wal};

/// What the sender of a record is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Receipt {
    /// On disk, to be stored.
    Accepted,
    /// On disk before.
    Duplicate,
    /// On disk, to be quarantined: it was refused, or its event id came before with other content.
    Rejected,
}

/// What was found at start.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
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
        let node = lake.name_node().map_err(Error::lake("named"))?;
        let (committed, furthest) = Committer::positions(&lake, &node).await?;
        let wal_folder = dir.join("wal");
        let (wal, recovered) = {
            let (folder, settings, node) = (wal_folder.clone(), settings.clone(), node.clone());
            off_reactor(move || Wal::open(&folder, &settings, &node, committed, furthest)).await?
        };
        let (wal, view) = (Arc::new(wal), Arc::new(View::default()));
        let mut committer = Committer {
            lake: Arc::clone(&lake),
            wal: Arc::clone(&wal),
            wal_folder,
            view,
            claims: Claims::new(&node),
            node: node.clone(),
            settings,
            committed,
            prepared: None,
            flushes: 0,
            cutoff,
        };
        let flush_redone = committer.redo(recovered.prepare).await?;
        let (known, view) = Self::read_index(&lake, committer.claims).await?;
        committer.view = Arc::clone(&view);
        let report = RecoveryReport {
            segments: recovered.spans.len() as u64,
            torn_bytes: recovered.torn_bytes,
            damage: recovered
                .damage
                .iter()
                .map(|d| format!("{} from {} to {}", d.path.display(), d.from, d.to))
                .collect(),
            flush_redone,
            pending: wal.pending_rows(),
            known,
        };
        info!(
            node,
            segments = report.segments,
            pending = report.pending,
            known,
            "opened ingest"
        );
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
                node,
            },
            report,
        ))
    }

    async fn read_index(lake: &Lake, claims: Claims) -> Result<(u64, Arc<View>)> {
        let snapshot = lake.snapshot().await.map_err(Error::lake("read"))?;
        let known = off_reactor(move || rebuild(&snapshot, claims)).await?;
        Ok((known.len() as u64, Arc::new(View::new(known))))
    }

    /// Makes a batch durable and says what will become of each record, in order. Returns only after
    /// the `fdatasync` that covers the batch. `Duplicate` is said as early as it can be known; the
    /// tables hold an event id once whatever was said.
    ///
    /// # Errors
    /// [`Error::Overloaded`] when a limit is reached and nothing was taken, [`Error::Stopped`]
    /// after [`Ingest::shutdown`], [`Error::Wal`] when the disk refuses: the client sends again.
    ///
    /// # Cancel safety
    /// A batch that was handed over is written whether or not the caller still waits.
    pub async fn submit(&self, batch: Batch) -> Result<Vec<Receipt>> {
        if self.stopped.load(Ordering::Acquire) {
            return Err(Error::Stopped);
        }
        if batch.records.is_empty() {
            return Ok(Vec::new());
        }
        let payload = serde_json::to_vec(&batch).map_err(Error::Encode)?;
        let rows = u32::try_from(batch.records.len()).unwrap_or(u32::MAX);
        let claims: Vec<Option<Claim>> = batch
            .records
            .iter()
            .map(|record| self.claims.of(&batch, record))
            .collect::<Result<_>>()?;
        let judged = self.view.judge_all(&claims);
        let receipts: Vec<Receipt> = judged.iter().map(|j| receipt(*j)).collect();
        self.wal.append(FrameKind::Batch, rows, payload).await?;
        self.view.note(&claims);
        self.show(&batch, &receipts);
        Ok(receipts)
    }

    /// What [`Ingest::submit`] would say of each record of a batch; nothing is kept.
    ///
    /// # Errors
    /// [`Error::Lake`] when a record does not fit its table, which is a bug.
    pub fn preview(&self, batch: &Batch) -> Result<Vec<Receipt>> {
        let claims = batch
            .records
            .iter()
            .map(|record| self.claims.of(batch, record));
        let claims: Vec<Option<Claim>> = claims.collect::<Result<_>>()?;
        Ok(self
            .view
            .judge_all(&claims)
            .into_iter()
            .map(receipt)
            .collect())
    }

    fn show(&self, batch: &Batch, receipts: &[Receipt]) {
        if self.seen.receiver_count() == 0 {
            return;
        }
        for (record, receipt) in batch.records.iter().zip(receipts) {
            // Fails only when the last listener has just left.
            drop(self.seen.send(Arc::new(Seen::of(batch, record, *receipt))));
        }
    }

    /// Returns when everything that was submitted before is in the tables.
    ///
    /// # Errors
    /// When WAL or tables refuse: what is pending is safe, and tried again.
    pub async fn flush(&self) -> Result<()> {
        self.ask(Request::Flush).await
    }

    /// Takes nothing more, brings everything into the tables and ends.
    ///
    /// # Errors
    /// As [`Ingest::flush`]; what is pending is then left to the next start.
    pub async fn shutdown(&self) -> Result<()> {
        self.stopped.store(true, Ordering::Release);
        self.ask(Request::Shutdown).await
    }

    async fn ask(
        &self,
        request: impl FnOnce(oneshot::Sender<Result<()>>) -> Request,
    ) -> Result<()> {
        let (answer, answered) = oneshot::channel();
        self.requests
            .send(request(answer))
            .await
            .map_err(|_| Error::Stopped)?;
        answered.await.map_err(|_| Error::Stopped)?
    }

    /// Records that are durable and not yet in the tables.
    #[must_use]
    pub fn pending(&self) -> u64 {
        self.wal.pending_rows()
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

/// A record without a claim was refused before it came here.
fn receipt(judgement: Option<Judgement>) -> Receipt {
    match judgement {
        Some(Judgement::New | Judgement::Revision) => Receipt::Accepted,
        Some(Judgement::Duplicate) => Receipt::Duplicate,
        Some(Judgement::Conflict) | None => Receipt::Rejected,
    }
}
