//! One flush: read, decide, make durable, commit, cut.

use std::collections::BTreeMap;
use std::sync::Arc;

use lake::Rows;
use tracing::{debug, error, warn};

use super::decide::{Decision, decide};
use super::prepare::Prepare;
use super::step::Step;
use super::{Committer, off_reactor};
use crate::batch::Batch;
use crate::error::{Error, Result};
use crate::wal::{Frame, FrameKind, Wal};

/// Flushes between two rounds of upkeep.
const UPKEEP_FLUSHES: u64 = 32;

impl Committer {
    /// Brings everything that is durable now into the tables.
    ///
    /// # Errors
    /// When WAL or tables refuse; the next flush takes up where this one stood.
    pub(crate) async fn flush(&mut self) -> Result<()> {
        self.finish().await?;
        let target = self.wal.barrier().await?;
        self.view.begin_flush();
        while self.committed < target {
            let (frames, end) = self.read(target).await?;
            if frames.is_empty() {
                // Prepare frames of this node's earlier flushes, or a stretch without frames.
                self.committed = end;
                self.wal.settle(0, end);
                continue;
            }
            self.prepare(frames, end).await?;
            self.finish().await?;
        }
        self.view.end_flush();
        Ok(())
    }

    async fn read(&self, target: i64) -> Result<(Vec<Frame>, i64)> {
        let (wal, from) = (Arc::clone(&self.wal), self.committed);
        let bounds = (self.settings.flush_rows_max, self.settings.flush_bytes_max);
        let reading = off_reactor(move || wal.read(from, target, bounds)).await?;
        Ok((reading.frames, reading.end))
    }

    /// Decides on the frames, makes their rows durable, and the decision with them.
    async fn prepare(&mut self, frames: Vec<Frame>, end: i64) -> Result<()> {
        let rows = frames.iter().map(|frame| u64::from(frame.rows)).sum();
        let decision = self.decide(frames).await?;
        let mut prepare = Prepare {
            end,
            rows,
            files: BTreeMap::new(),
        };
        let ledger = Rows::Ledger {
            node: self.node.clone(),
            position: end,
            flushed_at: self.lake.clock().now(),
            deltas: decision.deltas,
        };
        for rows in decision.rows.iter().chain([&ledger]) {
            let files = self
                .lake
                .write(rows)
                .await
                .map_err(Error::lake("written"))?;
            prepare.files.insert(rows.table().name().to_owned(), files);
        }
        self.cutoff.pass(Step::Written)?;
        let payload = serde_json::to_vec(&prepare).map_err(Error::Encode)?;
        self.wal.append(FrameKind::Prepare, 0, payload).await?;
        self.view.absorb(decision.gained);
        self.prepared = Some(prepare);
        self.cutoff.pass(Step::Prepared)
    }

    async fn decide(&self, frames: Vec<Frame>) -> Result<Decision> {
        let (view, claims, node) = (Arc::clone(&self.view), self.claims, self.node.clone());
        let folder = self.wal_folder.clone();
        off_reactor(move || {
            let mut batches = Vec::with_capacity(frames.len());
            for frame in &frames {
                match serde_json::from_slice::<Batch>(&frame.payload) {
                    Ok(batch) => batches.push((frame.position, batch)),
                    Err(cause) => {
                        let aside = Wal::set_frame_aside(&folder, frame)?;
                        error!(frame = %aside.display(), rows = frame.rows, %cause,
                            "set aside a whole frame that cannot be understood");
                    }
                }
            }
            decide(batches, &view.known(), claims, &node)
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
        prepare.commit(&self.lake, &self.node, &self.cutoff).await?;
        let (rows, end) = (prepare.rows, prepare.end);
        debug!(rows, end, "committed a flush");
        self.prepared = None;
        if end > self.committed {
            self.committed = end;
            self.wal.settle(rows, end);
        }
        let (wal, committed) = (Arc::clone(&self.wal), self.committed);
        if let Err(failure) = off_reactor(move || wal.cut(committed)).await {
            warn!("committed segments stay until the next start: {failure}");
        }
        self.flushes += 1;
        if self.flushes >= UPKEEP_FLUSHES {
            self.flushes = 0;
            if let Err(failure) = self.lake.upkeep().await {
                warn!("upkeep failed, will try again: {failure}");
            }
        }
        Ok(())
    }
}
