//! Late copies of events among files: which rows go.
//!
//! Copies need not be neighbours in the order of a file (each try of a client may be corrected for
//! another skew), so they are looked for by a hash of what identifies them: a first reading marks
//! one bit for each hash, a second one compares the rows whose bit came up more than once. Memory
//! is bounded: many rows are looked through in several rounds, each for a part of all hashes.

use std::collections::BTreeMap;
use std::sync::atomic::AtomicBool;

use arrow::array::{Array as _, ArrayRef, AsArray as _, RecordBatch};
use arrow::datatypes::{Int64Type, TimestampMicrosecondType};
use xxhash_rust::xxh3::xxh3_128;

use super::order::identity;
use super::state::go_on;
use crate::columns::{FRAME_ROW, POSITION, RECEIVED_AT};
use crate::error::Result;
use crate::schema::Table;
use crate::snapshot::{PinnedFile, read_file};

/// Rows whose hashes one round looks through.
const ROUND_ROWS: u64 = 8 << 20;
/// Bits for each row: one in so many rows is compared without need.
const BITS_PER_ROW: u64 = 16;

/// For each file, the numbers of the rows that are copies of one received before, ascending;
/// [`Error::Stopped`] once `halted`.
pub(crate) fn copies(
    table: Table,
    files: &[PinnedFile],
    halted: &AtomicBool,
) -> Result<Vec<Vec<u64>>> {
    let mut dropped = vec![Vec::new(); files.len()];
    if identity(table).is_empty() {
        return Ok(dropped);
    }
    let rows: u64 = files.iter().map(|file| file.rows).sum();
    let rounds = rows.div_ceil(ROUND_ROWS).max(1);
    for round in 0..rounds {
        let is_ours = |hash: u128| low(hash) % rounds == round;
        let mut seen = Bits::new(rows.div_ceil(rounds) * BITS_PER_ROW);
        let mut again = Bits::new(rows.div_ceil(rounds) * BITS_PER_ROW);
        for file in files {
            go_on(halted)?;
            each_hash(table, file, |_, hash, _| {
                if is_ours(hash) && seen.set(high(hash)) {
                    again.set(high(hash));
                }
            })?;
        }
        if again.is_empty() {
            continue;
        }
        // Of each id the row that was received first so far.
        let mut first: BTreeMap<u128, (Received, usize, u64)> = BTreeMap::new();
        for (at, file) in files.iter().enumerate() {
            go_on(halted)?;
            each_hash(table, file, |row, hash, received| {
                if !is_ours(hash) || !again.has(high(hash)) {
                    return;
                }
                let new = (received, at, row);
                match first.get_mut(&hash) {
                    None => drop(first.insert(hash, new)),
                    Some(held) => {
                        let later = new.max(*held);
                        *held = new.min(*held);
                        dropped[later.1].push(later.2);
                    }
                }
            })?;
        }
    }
    for rows in &mut dropped {
        rows.sort_unstable();
    }
    Ok(dropped)
}

/// What orders copies: when and where each was received.
type Received = (i64, i64, i64);

fn each_hash(
    table: Table,
    file: &PinnedFile,
    mut each: impl FnMut(u64, u128, Received),
) -> Result<()> {
    let identity = identity(table);
    let names = [identity, &[RECEIVED_AT, POSITION, FRAME_ROW]].concat();
    let mut row = 0;
    let mut key = Vec::new();
    read_file(table, file, Some(&names), &mut |batch: &RecordBatch| {
        let parts: Vec<&ArrayRef> = identity
            .iter()
            .filter_map(|name| batch.column_by_name(name))
            .collect();
        let received = batch
            .column_by_name(RECEIVED_AT)
            .and_then(|column| column.as_primitive_opt::<TimestampMicrosecondType>());
        let number = |name: &str| {
            let column = batch.column_by_name(name);
            column.and_then(|column| column.as_primitive_opt::<Int64Type>())
        };
        let (position, frame_row) = (number(POSITION), number(FRAME_ROW));
        for at in 0..batch.num_rows() {
            key.clear();
            for part in &parts {
                // App names hold no NUL, and a hash is of one length.
                if let Some(part) = part.as_string_opt::<i32>()
                    && part.is_valid(at)
                {
                    key.extend_from_slice(part.value(at).as_bytes());
                }
                key.push(0);
            }
            let came = (
                received.map_or(0, |column| column.value(at)),
                position.map_or(0, |column| column.value(at)),
                frame_row.map_or(0, |column| column.value(at)),
            );
            each(row, xxh3_128(&key), came);
            row += 1;
        }
    })
}

fn low(hash: u128) -> u64 {
    u64::try_from(hash & u128::from(u64::MAX)).unwrap_or_default()
}

fn high(hash: u128) -> u64 {
    u64::try_from(hash >> 64).unwrap_or_default()
}

/// A set of hashes, each known by one bit.
struct Bits {
    words: Vec<u64>,
    count: u64,
    is_empty: bool,
}

impl Bits {
    fn new(count: u64) -> Self {
        let count = count.max(64);
        let words = usize::try_from(count.div_ceil(64)).unwrap_or_default();
        Self {
            words: vec![0; words],
            count,
            is_empty: true,
        }
    }

    fn place(&self, hash: u64) -> (usize, u64) {
        let bit = hash % self.count;
        (
            usize::try_from(bit / 64).unwrap_or_default(),
            1 << (bit % 64),
        )
    }

    /// Sets a hash's bit; whether it was set before.
    fn set(&mut self, hash: u64) -> bool {
        let (word, bit) = self.place(hash);
        let was = self.words[word] & bit > 0;
        self.words[word] |= bit;
        self.is_empty = false;
        was
    }

    fn has(&self, hash: u64) -> bool {
        let (word, bit) = self.place(hash);
        self.words[word] & bit > 0
    }

    fn is_empty(&self) -> bool {
        self.is_empty
    }
}
