//! Which rows are a person's, and what of others' rows speaks of that person.

use std::sync::Arc;

use arrow::array::{Array as _, ArrayRef, AsArray as _, BooleanArray, RecordBatch, StringArray};
use arrow::compute::filter_record_batch;
use arrow::datatypes::DataType;
use arrow::error::ArrowError;
use xxhash_rust::xxh3::xxh3_64_with_seed;

use super::needle::Needles;
use crate::columns::{
    ANONYMOUS_ID, APP, CHANGE, CONTENT_HASH, EVENT_ID, FEEDBACK_ID, FINGERPRINT, INTO_ITEM_ID,
    ITEM_ID, KIND, LABEL, LINK, MARK, NODE, OF_VERSION, OUTCOME, PARENT_ID, PLAN_ID, PROTOCOL,
    REASON, RELEASE, SESSION_ID, USER_ID, VERSION,
};
use crate::schema::Table;
use crate::upkeep::texts;

/// Columns that hold words of ours or of the team, which name nobody.
const NAMING_NOBODY: [&str; 17] = [
    APP,
    KIND,
    NODE,
    PROTOCOL,
    OUTCOME,
    REASON,
    CONTENT_HASH,
    RELEASE,
    VERSION,
    OF_VERSION,
    MARK,
    ITEM_ID,
    INTO_ITEM_ID,
    LABEL,
    LINK,
    CHANGE,
    PLAN_ID,
];
/// Ids of things: one that mentions a person gets another, the same wherever it stands.
const THINGS: [&str; 5] = [EVENT_ID, SESSION_ID, PARENT_ID, FINGERPRINT, FEEDBACK_ID];

/// A person, as the tables of an app know them.
#[derive(Debug, Clone)]
pub(crate) struct Person {
    /// The app; of all apps where absent.
    pub(crate) app: Option<String>,
    /// The id that was asked for.
    pub(crate) id: String,
    /// That one and the others that are tied to it.
    pub(crate) needles: Needles,
    /// Makes new ids of things, which tell nothing of the old ones.
    pub(crate) seed: u64,
}

/// What becomes of a batch.
#[derive(Debug)]
pub(crate) struct Cleaned {
    pub(crate) batch: RecordBatch,
    /// Rows of the person, left out.
    pub(crate) erased: u64,
    /// Rows of others in which something was put in place of an id.
    pub(crate) redacted: u64,
}

impl Person {
    /// Whether a row is the person's, by its two ids.
    fn owns(&self, user: Option<&str>, anonymous: Option<&str>) -> bool {
        let is_asked = |id: Option<&str>| id == Some(self.id.as_str());
        let is_theirs = |id: Option<&str>| id.is_some_and(|id| self.needles.is_id(id));
        // A device that somebody else uses too: that person's rows stay.
        is_asked(user)
            || is_asked(anonymous)
            || is_theirs(user)
            || user.is_none() && is_theirs(anonymous)
    }

    /// The rows of a batch without the person, `None` where nothing speaks of them.
    pub(crate) fn clean(
        &self,
        table: Table,
        batch: &RecordBatch,
    ) -> Result<Option<Cleaned>, ArrowError> {
        let speaks = self.rows_that_speak(batch);
        if !speaks.contains(&true) {
            return Ok(None);
        }
        let users = texts(batch, USER_ID);
        let anonymous = texts(batch, ANONYMOUS_ID);
        let at = |column: Option<&StringArray>, row: usize| -> Option<String> {
            let column = column?;
            column.is_valid(row).then(|| column.value(row).to_owned())
        };
        let is_gone = |row: usize| {
            speaks[row]
                && (table == Table::Quarantine
                    || self.owns(at(users, row).as_deref(), at(anonymous, row).as_deref()))
        };
        let gone: Vec<bool> = (0..batch.num_rows()).map(is_gone).collect();
        let columns = batch.schema_ref().fields().iter().zip(batch.columns());
        let columns = columns.map(|(field, column)| self.redact(field.name(), column, &speaks));
        let redacted = RecordBatch::try_new(batch.schema(), columns.collect())?;
        let kept: BooleanArray = gone.iter().map(|gone| Some(!gone)).collect();
        let erased = gone.iter().filter(|gone| **gone).count();
        let spoke = speaks.iter().filter(|speaks| **speaks).count();
        Ok(Some(Cleaned {
            batch: filter_record_batch(&redacted, &kept)?,
            erased: erased as u64,
            redacted: (spoke - erased) as u64,
        }))
    }

    /// For each row of the person's app, whether it speaks of the person.
    pub(crate) fn rows_that_speak(&self, batch: &RecordBatch) -> Vec<bool> {
        let mut speaks = vec![false; batch.num_rows()];
        for (field, column) in batch.schema_ref().fields().iter().zip(batch.columns()) {
            let name = field.name().as_str();
            if names_nobody(name) {
                continue;
            }
            for (row, speaks) in speaks.iter_mut().enumerate() {
                *speaks = *speaks || self.cell_speaks(name, column, row);
            }
        }
        if let (Some(app), Some(apps)) = (&self.app, texts(batch, APP)) {
            for (row, speaks) in speaks.iter_mut().enumerate() {
                *speaks &= apps.value(row) == app;
            }
        }
        speaks
    }

    fn cell_speaks(&self, name: &str, column: &ArrayRef, row: usize) -> bool {
        if column.is_null(row) {
            return false;
        }
        match column.data_type() {
            DataType::Utf8 if is_person(name) => {
                self.needles.is_id(column.as_string::<i32>().value(row))
            }
            DataType::Utf8 => {
                let text = column.as_string::<i32>().value(row);
                self.needles.is_in(text.as_bytes())
            }
            DataType::Binary => self.needles.is_in(column.as_binary::<i32>().value(row)),
            _ => false,
        }
    }

    /// A column without the person, in the rows that speak of them.
    fn redact(&self, name: &str, column: &ArrayRef, speaks: &[bool]) -> ArrayRef {
        let Some(cells) = column
            .as_string_opt::<i32>()
            .filter(|_| !names_nobody(name))
        else {
            return Arc::clone(column);
        };
        let redacted = cells.iter().zip(speaks).map(|(cell, speaks)| {
            let cell = cell?;
            if !speaks {
                return Some(cell.to_owned());
            }
            if is_person(name) {
                return (!self.needles.is_id(cell)).then(|| cell.to_owned());
            }
            match self.needles.redact(cell) {
                Some(_) if THINGS.contains(&name) => {
                    let digest = xxh3_64_with_seed(cell.as_bytes(), self.seed);
                    Some(format!("erased-{digest:016x}"))
                }
                Some(redacted) => Some(redacted),
                None => Some(cell.to_owned()),
            }
        });
        Arc::new(redacted.collect::<StringArray>())
    }
}

/// Whether a column's values are looked at as ids, not as text.
pub(crate) fn is_person(name: &str) -> bool {
    matches!(name, USER_ID | ANONYMOUS_ID)
}

/// Whether nothing in a column is a person's.
pub(crate) fn names_nobody(name: &str) -> bool {
    NAMING_NOBODY.contains(&name)
}
