//! Sorted runs become one, in bounded memory: of each run one batch is held, and rows leave in small
//! batches.

use arrow::array::RecordBatch;
use arrow::compute::interleave_record_batch;
use arrow::row::Rows;

use super::order::Keys;
use super::runs::Run;
use crate::error::{Error, Result};
use crate::schema::Table;

/// Rows of a batch of the output.
const OUTPUT_ROWS: usize = 2_048;

/// One run as far as it was read.
struct Cursor {
    run: Run,
    keys: Rows,
    /// The place of its batch among those that are held.
    batch: usize,
    next: usize,
}

/// Merges sorted runs.
pub(crate) struct Merge {
    table: Table,
    keys: Keys,
    /// A heap: no cursor's next row comes before that of its parent.
    heap: Vec<Cursor>,
    held: Vec<RecordBatch>,
    chosen: Vec<(usize, usize)>,
}

impl Merge {
    pub(crate) fn new(table: Table, runs: Vec<Run>) -> Result<Self> {
        let mut merge = Self {
            table,
            keys: Keys::new(table).map_err(Error::rows(table))?,
            heap: Vec::with_capacity(runs.len()),
            held: Vec::new(),
            chosen: Vec::with_capacity(OUTPUT_ROWS),
        };
        for mut run in runs {
            if let Some(batch) = next_batch(&mut run)? {
                let keys = merge.keys.of(&batch).map_err(Error::rows(table))?;
                merge.held.push(batch);
                let batch = merge.held.len() - 1;
                merge.heap.push(Cursor {
                    run,
                    keys,
                    batch,
                    next: 0,
                });
            }
        }
        for place in (0..merge.heap.len() / 2).rev() {
            merge.sift_down(place);
        }
        Ok(merge)
    }

    /// The next rows; `None` at the end.
    pub(crate) fn next(&mut self) -> Result<Option<RecordBatch>> {
        while self.chosen.len() < OUTPUT_ROWS && !self.heap.is_empty() {
            self.choose();
            self.advance()?;
        }
        if self.chosen.is_empty() {
            return Ok(None);
        }
        let held: Vec<&RecordBatch> = self.held.iter().collect();
        let batch =
            interleave_record_batch(&held, &self.chosen).map_err(Error::rows(self.table))?;
        self.chosen.clear();
        // Only the batches that the cursors stand in are held on.
        let mut held = std::mem::take(&mut self.held);
        for cursor in &mut self.heap {
            let empty = RecordBatch::new_empty(batch.schema());
            self.held
                .push(std::mem::replace(&mut held[cursor.batch], empty));
            cursor.batch = self.held.len() - 1;
        }
        Ok(Some(batch))
    }

    /// Takes rows of the first cursor as long as no other comes before them.
    fn choose(&mut self) {
        let other = match (self.heap.get(1), self.heap.get(2)) {
            (Some(left), Some(right)) if is_before(right, left) => Some(2),
            (Some(_), _) => Some(1),
            (None, _) => None,
        };
        let (first, others) = self.heap.split_at_mut(1);
        let Some(first) = first.first_mut() else {
            return;
        };
        let other = other.and_then(|place| others.get(place - 1));
        loop {
            self.chosen.push((first.batch, first.next));
            first.next += 1;
            let ends = first.next == first.keys.num_rows() || self.chosen.len() >= OUTPUT_ROWS;
            if ends || other.is_some_and(|other| is_before(other, first)) {
                return;
            }
        }
    }

    /// Reads on in the first cursor's run where its batch is used up, and puts it where it belongs.
    fn advance(&mut self) -> Result<()> {
        let Some(first) = self.heap.first_mut() else {
            return Ok(());
        };
        if first.next == first.keys.num_rows() {
            match next_batch(&mut first.run)? {
                Some(batch) => {
                    first.keys = self.keys.of(&batch).map_err(Error::rows(self.table))?;
                    first.next = 0;
                    self.held.push(batch);
                    first.batch = self.held.len() - 1;
                }
                None => drop(self.heap.swap_remove(0)),
            }
        }
        self.sift_down(0);
        Ok(())
    }

    fn sift_down(&mut self, mut place: usize) {
        loop {
            let children = [2 * place + 1, 2 * place + 2];
            let mut least = place;
            for child in children {
                if child < self.heap.len() && is_before(&self.heap[child], &self.heap[least]) {
                    least = child;
                }
            }
            if least == place {
                return;
            }
            self.heap.swap(place, least);
            place = least;
        }
    }
}

fn is_before(one: &Cursor, other: &Cursor) -> bool {
    one.keys.row(one.next) < other.keys.row(other.next)
}

fn next_batch(run: &mut Run) -> Result<Option<RecordBatch>> {
    for batch in run {
        let batch = batch?;
        if batch.num_rows() > 0 {
            return Ok(Some(batch));
        }
    }
    Ok(None)
}
