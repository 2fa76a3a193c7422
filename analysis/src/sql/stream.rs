//! The rows of an answer, piece by piece: the engine waits while one is written.

use std::io::Write;
use std::num::NonZeroUsize;
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread::{Builder, JoinHandle};

use polars::prelude::{
    DataFrame, Engine, LazyFrame, ParquetCompression, ParquetWriter, PlanCallback, PolarsError,
    PolarsResult,
};

use super::cell::Cell;
use super::error::QueryError;
use super::{Answer, failed};
use crate::error::{Error, Result};
use crate::rollup::Rollups;

/// Rows in a piece that is handed out.
const PIECE_ROWS: NonZeroUsize = NonZeroUsize::MIN.saturating_add(8_191);

/// Rows in a row group of a Parquet file.
const GROUP_ROWS: NonZeroUsize = NonZeroUsize::MIN.saturating_add(65_535);

/// The frames that a query brings; dropped early, the query ends.
struct Frames {
    receiver: Option<Receiver<DataFrame>>,
    engine: Option<JoinHandle<PolarsResult<()>>>,
    /// Holds the files that are read.
    _rollups: Option<Rollups>,
}

impl Frames {
    fn of(query: LazyFrame, rollups: Option<Rollups>, rows: NonZeroUsize) -> Result<Self> {
        let (sender, receiver) = sync_channel(1);
        // True ends the query: nobody listens any more.
        let hand_on = PlanCallback::new(move |frame: DataFrame| Ok(sender.send(frame).is_err()));
        let query = query
            .sink_batches(hand_on, true, Some(rows))
            .map_err(failed)?;
        let engine = Builder::new()
            .name("query".to_owned())
            .spawn(move || query.collect_with_engine(Engine::Streaming).map(drop))
            .map_err(|error| failed(error.into()))?;
        Ok(Self {
            receiver: Some(receiver),
            engine: Some(engine),
            _rollups: rollups,
        })
    }

    /// What the engine says at the end.
    fn end(&mut self) -> Option<Result<DataFrame>> {
        let ended = self.engine.take()?.join();
        let error = match ended {
            Ok(Ok(())) => return None,
            Ok(Err(error)) => error,
            Err(_) => PolarsError::ComputeError("the engine broke off".into()),
        };
        Some(Err(failed(error)))
    }
}

impl Iterator for Frames {
    type Item = Result<DataFrame>;

    fn next(&mut self) -> Option<Self::Item> {
        match self.receiver.as_ref()?.recv() {
            Ok(frame) => Some(Ok(frame)),
            Err(_) => self.end(),
        }
    }
}

impl Drop for Frames {
    fn drop(&mut self) {
        drop(self.receiver.take());
        drop(self.engine.take().map(JoinHandle::join));
    }
}

fn unwritten(error: PolarsError) -> Error {
    Error::Query(QueryError::Write(error))
}

/// The rows of an answer, in pieces; dropped early, the query ends.
pub struct Rows(Frames);

impl std::fmt::Debug for Rows {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Rows").finish_non_exhaustive()
    }
}

impl Iterator for Rows {
    type Item = Result<Vec<Vec<Cell>>>;

    fn next(&mut self) -> Option<Self::Item> {
        Some(self.0.next()?.and_then(|frame| cells(&frame)))
    }
}

fn cells(frame: &DataFrame) -> Result<Vec<Vec<Cell>>> {
    let mut rows = vec![Vec::with_capacity(frame.width()); frame.height()];
    for column in frame.columns() {
        let series = column.as_materialized_series();
        for (row, value) in rows.iter_mut().zip(series.iter()) {
            row.push(Cell::of(&value));
        }
    }
    Ok(rows)
}

impl Answer {
    /// Runs the query.
    ///
    /// # Errors
    /// [`Error::Query`] when it cannot be started; the rows themselves say what stopped it.
    pub fn rows(self) -> Result<Rows> {
        Frames::of(self.frame, self.rollups, PIECE_ROWS).map(Rows)
    }

    /// Runs the query and writes its rows as Parquet; `each` hears how many rows are written so far.
    ///
    /// # Errors
    /// [`Error::Query`] when the query fails or the answer cannot be written.
    pub fn write_parquet(self, to: impl Write + Send, mut each: impl FnMut(u64)) -> Result<u64> {
        let mut writer = ParquetWriter::new(to)
            .with_compression(ParquetCompression::Zstd(None))
            .batched(&self.schema)
            .map_err(unwritten)?;
        let mut rows = 0;
        for frame in Frames::of(self.frame, self.rollups, GROUP_ROWS)? {
            let mut frame = frame?;
            frame.rechunk_mut_par();
            writer.write_batch(&frame).map_err(unwritten)?;
            rows += frame.height() as u64;
            each(rows);
        }
        writer.finish().map_err(unwritten)?;
        Ok(rows)
    }
}
