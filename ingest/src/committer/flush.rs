//! One flush: read, decide, make durable, commit, cut.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use jiff::Timestamp;
use lake::{Failpoint, Rows, Table, TableFiles};
use tracing::{debug, error, warn};

use super::decide::{Decider, Decision};
use super::encoder::encode_beside;
use super::prepare::Prepare;
use super::step::Step;
use super::{Committer, behind_answers, off_reactor};
use crate::batch::Batch;
use crate::dedup::Taken;
use crate::error::{Error, Result};
use crate::wal::{Frame, FrameKind, Wal};

/// Rows and bytes of the WAL that are decided on at once: they fit in a processor's own cache.
const PIECE: (u64, u64) = (1_024, 1 << 20);

impl Committer {
    /// Brings everything that is durable now into the tables.
    ///
    /// # Errors
    /// When WAL or tables refuse; the next flush takes up where this one stood.
    pub(crate) async fn flush(&mut self) -> Result<()> {
        let (started, began_at) = (Instant::now(), self.committed);
        let outcome = self.flush_all().await;
        self.signs.tables.note(&outcome);
        if outcome.is_err() {
            self.signs.metrics.flush_failures.inc();
        } else if self.committed > began_at {
            let at = Timestamp::from_microsecond(self.lake.clock().now());
            self.signs
                .flushed(started.elapsed(), at.unwrap_or_default());
        }
        outcome
    }

    async fn flush_all(&mut self) -> Result<()> {
        self.finish().await?;
        let target = self.wal.barrier().await?;
        self.view.begin_flush();
        while self.committed < target {
            let gathered = self.gather(target).await?;
            if gathered.rows == 0 && gathered.decision.deltas.is_empty() {
                // Prepare frames of this node's earlier flushes, or a stretch without frames.
                self.committed = gathered.end;
                self.wal.settle(0, gathered.end);
                continue;
            }
            let is_behind = self.is_behind();
            self.upkeep.make_room(is_behind).await;
            self.prepare(gathered).await?;
            self.finish().await?;
        }
        self.view.end_flush();
        Ok(())
    }

    /// Reads, decides and encodes, piece by piece, as much as one flush takes.
    async fn gather(&self, target: i64) -> Result<Gathered> {
        let (wal, view, claims) = (Arc::clone(&self.wal), Arc::clone(&self.view), self.claims);
        let (node, folder) = (self.node.clone(), self.wal_folder.clone());
        let (settings, from) = (self.settings.clone(), self.committed);
        let piece = (
            PIECE.0.min(settings.flush_rows_max),
            PIECE.1.min(settings.flush_bytes_max),
        );
        behind_answers(move || {
            let mut decider = Decider::new(claims, &node);
            let (mut rows, mut bytes, mut end) = (0, 0, from);
            let files = encode_beside(|encoder| {
                while end < target
                    && rows < settings.flush_rows_max
                    && bytes < settings.flush_bytes_max
                {
                    let reading = wal.read(end, target, piece)?;
                    end = reading.end;
                    let frames = reading.frames.iter();
                    rows += frames.clone().map(|f| u64::from(f.rows)).sum::<u64>();
                    bytes += frames.map(|f| f.payload.len() as u64).sum::<u64>();
                    let decided = decider.decide(batches(&reading.frames, &folder)?, &view)?;
                    decided.into_iter().for_each(|piece| encoder.send(piece));
                }
                Ok(())
            })?;
            let decision = decider.finish();
            Ok(Gathered {
                end,
                rows,
                files,
                decision,
            })
        })
        .await
    }

    /// Makes decided rows durable, and the decision with them.
    async fn prepare(&mut self, gathered: Gathered) -> Result<()> {
        let Gathered {
            end,
            rows,
            files,
            decision,
        } = gathered;
        if Failpoint::WalCutBeforeCommit.is_on() {
            self.wal.cut(end)?;
        }
        let mut prepare = Prepare {
            end,
            rows,
            files: BTreeMap::new(),
        };
        let mut ledger = TableFiles::new(Table::Ledger);
        let gains = Rows::Ledger {
            node: self.node.clone(),
            position: end,
            flushed_at: self.lake.clock().now(),
            deltas: decision.deltas,
        };
        ledger.push(&gains).map_err(Error::lake("encoded"))?;
        for files in files.into_iter().chain([ledger]) {
            let table = files.table();
            let files = self.lake.put(files).await;
            let files = files.map_err(Error::lake("written"))?;
            prepare.files.insert(table.name().to_owned(), files);
        }
        self.cutoff.pass(Step::Written)?;
        if Failpoint::IndexEarly.is_on() {
            self.learn(decision.gained.clone()).await?;
        }
        if !Failpoint::PrepareSkip.is_on() {
            let payload = serde_json::to_vec(&prepare).map_err(Error::frame("encoded"))?;
            self.wal.append(FrameKind::Prepare, 0, payload).await?;
        }
        self.lake.note_under_way(prepare.paths(&self.lake));
        self.prepared = Some(prepare);
        self.learn(decision.gained).await?;
        self.cutoff.pass(Step::Prepared)
    }

    /// Lets the index know what a flush decided.
    async fn learn(&self, gained: Taken) -> Result<()> {
        let view = Arc::clone(&self.view);
        // At full priority: answers wait for the index while it takes this in.
        off_reactor(move || {
            // What could not become a run is known all the same.
            if let Err(failure) = view.absorb(gained) {
                warn!("ids stay in memory, no run could be made of them: {failure}");
            }
            Ok(())
        })
        .await
    }

    /// Commits a prepared flush, if there is one, and cuts the WAL behind it.
    ///
    /// # Errors
    /// When a table refuses; the flush stays prepared.
    pub(crate) async fn finish(&mut self) -> Result<()> {
        let Some(prepare) = &self.prepared else {
            return Ok(());
        };
        self.wal.announce(prepare.rows, prepare.end);
        prepare.commit(&self.lake, &self.node, &self.cutoff).await?;
        let (rows, end) = (prepare.rows, prepare.end);
        debug!(rows, end, "committed a flush");
        self.prepared = None;
        self.lake.note_under_way(BTreeSet::new());
        if end > self.committed {
            self.committed = end;
            self.wal.settle(rows, end);
        }
        let (wal, committed) = (Arc::clone(&self.wal), self.committed);
        if let Err(failure) = off_reactor(move || wal.cut(committed)).await {
            warn!("committed segments stay until the next start: {failure}");
        }
        self.upkeep.wake(self.is_behind());
        Ok(())
    }

    /// Whether the WAL holds more than one flush takes.
    fn is_behind(&self) -> bool {
        self.wal.pending_rows() >= self.settings.flush_rows_max
    }
}

/// What one flush takes, read and decided.
struct Gathered {
    end: i64,
    rows: u64,
    /// What the tables gain, the ledger apart.
    files: Vec<TableFiles>,
    decision: Decision,
}

/// The batches of frames with their positions. A whole frame that cannot be understood is kept
/// beside the WAL.
fn batches<'a>(frames: &'a [Frame], folder: &Path) -> Result<Vec<(i64, Batch<'a>)>> {
    let mut batches = Vec::with_capacity(frames.len());
    for frame in frames {
        match Batch::of_payload(&frame.payload) {
            Ok(batch) => batches.push((frame.position, batch)),
            Err(failure) => {
                let aside = Wal::set_frame_aside(folder, frame)?;
                error!(frame = %aside.display(), rows = frame.rows, %failure,
                    "set aside a whole frame that cannot be understood");
            }
        }
    }
    Ok(batches)
}
