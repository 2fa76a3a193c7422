//! Since when users are known: each by itself, on each release, and with each feature.
//!
//! | grain | app, environment, user; and release or feature, or neither |
//! |---|---|
//! | `first_at` | the first event of that user; on that release; with that name |
//!
//! Merge rule: of rows with one key the least `first_at`. What is known of more days than asked
//! about says the same of those: an instant that lies behind them is left out.

use std::sync::Arc;

use arrow::array::{
    Array as _, ArrayRef, AsArray as _, RecordBatch, StringArray, TimestampMicrosecondArray,
};
use arrow::datatypes::TimestampMicrosecondType;
use arrow::error::ArrowError;
use lake::Micros;
use lake::columns::{APP, ENVIRONMENT, FEATURE, RELEASE};

use super::columns::{FIRST_AT, Rollup, USER};
use super::day::Day;
use super::keyed::Keyed;
use super::names::{NONE, Names};

/// App, environment, user, release, feature.
type Whose = [u32; 5];

/// First instants of users, releases and features.
#[derive(Debug, Default)]
pub(super) struct FirstSeen {
    names: Names,
    firsts: Keyed<Whose, Micros>,
}

/// The same under way, by the numbers that somebody else gives to texts.
#[derive(Debug, Default)]
pub(super) struct FirstOfGroup(Keyed<Whose, Micros>);

impl FirstOfGroup {
    /// Takes in what a day adds.
    pub(super) fn take(&mut self, day: &Day) {
        let cells = day.cells.rows();
        let cell_of = |cell: u32| cells.get(cell as usize).map(|row| row.0);
        for ((cell, user), user_day) in day.users.rows() {
            if let (Some([app, environment, _, _, release]), true) = (cell_of(*cell), *user != NONE)
            {
                let alone = [app, environment, *user, NONE, NONE];
                note(&mut self.0, alone, user_day.first_at);
                if release != NONE {
                    let on_release = [app, environment, *user, release, NONE];
                    note(&mut self.0, on_release, user_day.first_at);
                }
            }
        }
        let users = day.users.rows();
        for ((place, feature), uses) in day.features.rows() {
            let whose = users.get(*place as usize).map(|row| row.0);
            if let Some((cell, user)) = whose.filter(|(_, user)| *user != NONE)
                && let Some([app, environment, ..]) = cell_of(cell)
            {
                let with_feature = [app, environment, user, NONE, *feature];
                note(&mut self.0, with_feature, uses.first_at);
            }
        }
    }
}

fn note(firsts: &mut Keyed<Whose, Micros>, whose: Whose, at: Micros) {
    if let Some(first) = firsts.of(whose, || at) {
        *first = at.min(*first);
    }
}

impl FirstSeen {
    /// Takes in what a group of days has found.
    pub(super) fn absorb(&mut self, group: &FirstOfGroup, names: &Names) {
        for (whose, first) in group.0.rows() {
            let whose = whose.map(|number| {
                let text = names.text(number);
                text.map_or(NONE, |text| self.names.number(text))
            });
            note(&mut self.firsts, whose, *first);
        }
    }

    /// Takes in rows that were made before.
    pub(super) fn take_rows(&mut self, batch: &RecordBatch) {
        self.take_keyed(batch, [APP, ENVIRONMENT, USER, RELEASE, FEATURE]);
    }

    /// Takes in the rows of a day that were made before.
    pub(super) fn take_day(&mut self, rollup: Rollup, batch: &RecordBatch) {
        match rollup {
            Rollup::UserDay => {
                self.take_keyed(batch, [APP, ENVIRONMENT, USER, "", ""]);
                self.take_keyed(batch, [APP, ENVIRONMENT, USER, RELEASE, ""]);
            }
            _ => self.take_keyed(batch, [APP, ENVIRONMENT, USER, "", FEATURE]),
        }
    }

    fn take_keyed(&mut self, batch: &RecordBatch, columns: [&str; 5]) {
        let texts = |name| {
            batch
                .column_by_name(name)
                .and_then(|c| c.as_string_opt::<i32>())
        };
        let columns = columns.map(texts);
        let firsts = batch.column_by_name(FIRST_AT);
        let firsts = firsts.and_then(|c| c.as_primitive_opt::<TimestampMicrosecondType>());
        let Some(firsts) = firsts else { return };
        for (row, first) in firsts.values().iter().enumerate() {
            let whose = columns.map(|texts| {
                let texts = texts.filter(|texts| texts.is_valid(row));
                texts.map_or(NONE, |texts| self.names.number(texts.value(row)))
            });
            let [_, _, user, ..] = whose;
            if user != NONE {
                note(&mut self.firsts, whose, *first);
            }
        }
    }

    /// The rows, in the order of their texts.
    pub(super) fn rows(&self) -> Result<RecordBatch, ArrowError> {
        let all = self.firsts.rows();
        let ranks = self.names.ranks_of(all.iter().flat_map(|row| row.0));
        let rank = |number: u32| ranks.get(number as usize).copied().unwrap_or(0);
        let mut rows: Vec<(Whose, Whose, Micros)> = all
            .iter()
            .map(|(whose, first)| (whose.map(rank), *whose, *first))
            .collect();
        rows.sort_unstable();
        let mut columns: Vec<ArrayRef> = (0..5)
            .map(|at| -> ArrayRef {
                let number = |row: &(Whose, Whose, Micros)| row.1.get(at).copied().unwrap_or(NONE);
                let texts = rows.iter().map(|row| self.names.text(number(row)));
                Arc::new(texts.collect::<StringArray>())
            })
            .collect();
        let firsts = TimestampMicrosecondArray::from_iter_values(rows.iter().map(|row| row.2));
        columns.push(Arc::new(firsts.with_timezone("UTC")));
        RecordBatch::try_new(Rollup::FirstSeen.schema(), columns)
    }
}
