//! The earliest instants of keys, whole days taken together.
//!
//! Rollups that know of all days are of this kind. Merge rule: of rows with one key the least
//! `first_at`. What is known of more days than asked about says the same of those: an instant that
//! lies behind them is left out.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use arrow::array::{
    Array as _, ArrayRef, AsArray as _, RecordBatch, StringArray, TimestampMicrosecondArray,
};
use arrow::datatypes::TimestampMicrosecondType;
use lake::Micros;

use super::basis::Basis;
use super::columns::{FIRST_AT, Rollup};
use super::keyed::Keyed;
use super::names::{NONE, Names};
use super::store::{self, Known, Store};
use crate::error::{Error, Result};

/// The text columns of a key, in the order of its numbers; an empty name is a text that is not there.
pub(super) type Columns<const N: usize> = [&'static str; N];

/// What a rollup of all days is made from.
#[derive(Debug, Clone, Copy)]
pub(super) struct Made<const N: usize> {
    pub(super) rollup: Rollup,
    /// Its own columns.
    pub(super) key: Columns<N>,
    /// Rollups by day, and which of their columns make a key. Rows without the third say nothing.
    pub(super) from: &'static [(Rollup, Columns<N>)],
}

/// Earliest instants under way, by the numbers that somebody else gives to texts.
pub(super) type OfGroup<const N: usize> = Keyed<[u32; N], Micros>;

/// Notes an instant of a key.
pub(super) fn note<const N: usize>(firsts: &mut OfGroup<N>, key: [u32; N], at: Micros) {
    if let Some(first) = firsts.of(key, || at) {
        *first = at.min(*first);
    }
}

/// Earliest instants.
#[derive(Debug)]
pub(super) struct Earliest<const N: usize> {
    names: Names,
    firsts: OfGroup<N>,
}

impl<const N: usize> Default for Earliest<N> {
    fn default() -> Self {
        Self {
            names: Names::default(),
            firsts: OfGroup::default(),
        }
    }
}

impl<const N: usize> Earliest<N> {
    /// Takes in what a group of days has found.
    pub(super) fn absorb(&mut self, group: &OfGroup<N>, names: &Names) {
        for (key, first) in group.rows() {
            let key = key.map(|number| {
                let text = names.text(number);
                text.map_or(NONE, |text| self.names.number(text))
            });
            note(&mut self.firsts, key, *first);
        }
    }

    /// Takes in rows that were made before.
    fn take(&mut self, batch: &RecordBatch, columns: Columns<N>) {
        let texts = |name| {
            let column = batch.column_by_name(name);
            column.and_then(|column| column.as_string_opt::<i32>())
        };
        let columns = columns.map(texts);
        let firsts = batch.column_by_name(FIRST_AT);
        let firsts = firsts.and_then(|c| c.as_primitive_opt::<TimestampMicrosecondType>());
        let Some(firsts) = firsts else { return };
        for (row, first) in firsts.values().iter().enumerate() {
            let key = columns.map(|texts| {
                let texts = texts.filter(|texts| texts.is_valid(row));
                texts.map_or(NONE, |texts| self.names.number(texts.value(row)))
            });
            if key.get(2).is_some_and(|needed| *needed != NONE) {
                note(&mut self.firsts, key, *first);
            }
        }
    }

    /// The rows, in the order of their texts.
    fn rows(&self, rollup: Rollup) -> Result<RecordBatch> {
        let all = self.firsts.rows();
        let ranks = self.names.ranks_of(all.iter().flat_map(|row| row.0));
        let rank = |number: u32| ranks.get(number as usize).copied().unwrap_or(0);
        let mut rows: Vec<([u32; N], [u32; N], Micros)> = all
            .iter()
            .map(|(key, first)| (key.map(rank), *key, *first))
            .collect();
        rows.sort_unstable();
        let mut columns: Vec<ArrayRef> = (0..N)
            .map(|at| -> ArrayRef {
                let number =
                    |row: &([u32; N], [u32; N], Micros)| row.1.get(at).copied().unwrap_or(NONE);
                let texts = rows.iter().map(|row| self.names.text(number(row)));
                Arc::new(texts.collect::<StringArray>())
            })
            .collect();
        let firsts = TimestampMicrosecondArray::from_iter_values(rows.iter().map(|row| row.2));
        columns.push(Arc::new(firsts.with_timezone("UTC")));
        RecordBatch::try_new(rollup.schema(), columns).map_err(Error::RollupRows)
    }

    /// The file of a rollup of all days, made from an earlier one where that is possible: where it
    /// knows of no day that is gone or from which something was taken out. `self` holds what was
    /// found in the days `made` now.
    ///
    /// # Errors
    /// [`Error::Rollup`] when files cannot be read or written.
    pub(super) fn grown(
        mut self,
        of: Made<N>,
        store: &Store,
        (all, made): (&Known, &BTreeMap<i32, Basis>),
    ) -> Result<PathBuf> {
        let path = store.of_all(of.rollup, store::hash_of(all));
        if path.try_exists().unwrap_or(false) {
            return Ok(path);
        }
        let holds = |(day, (hash, rows)): (&i32, &(u64, u64))| {
            let now = all.get(day);
            now.is_some_and(|now| now.0 == *hash || now.1 >= *rows && made.contains_key(day))
        };
        let mut best: Option<(PathBuf, Known)> = None;
        for earlier in store.all(of.rollup) {
            let known = store::known(&earlier)?;
            let is_better = best
                .as_ref()
                .is_none_or(|(_, best)| known.len() > best.len());
            if is_better && known.iter().all(holds) {
                best = Some((earlier, known));
            }
        }
        let known = match best {
            Some((earlier, known)) => {
                store::read(&earlier, |batch| self.take(batch, of.key))?;
                known
            }
            None => Known::new(),
        };
        for (day, (hash, _)) in all {
            if !made.contains_key(day) && !known.contains_key(day) {
                for (rollup, columns) in of.from {
                    let file = store.of_day(*rollup, *day, *hash);
                    store::read(&file, |batch| self.take(batch, *columns))?;
                }
            }
        }
        store::write(&path, &self.rows(of.rollup)?, Some(all))?;
        Ok(path)
    }
}
