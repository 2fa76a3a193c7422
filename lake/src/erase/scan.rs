//! The proof of an erasure: everything in a folder of tables is decoded and searched.
//!
//! Of a Parquet file: each value of each row, each dictionary page, the statistics of each column
//! and page, and what its footer says besides. Of the log: each entry and each checkpoint. Of any
//! other file: its bytes.

use std::fs::File;
use std::path::{Path, PathBuf};

use arrow::array::Array as _;
use arrow::util::display::{ArrayFormatter, FormatOptions};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::column::page::Page;
use parquet::file::reader::{FileReader as _, SerializedFileReader};
use parquet::file::statistics::Statistics;
use serde::Serialize;

use super::needle::Needles;
use super::rows::{Person, is_person, names_nobody};
use crate::error::{Error, Result};
use crate::files;
use crate::rollups::rollup_folder;
use crate::schema::Table;
use crate::upkeep::Kept;

/// A place where an id was found.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Trace {
    /// The file.
    pub file: PathBuf,
    /// What of it: a row's column, a dictionary, a statistic, an entry.
    pub part: String,
}

/// Searches for the ids of a person.
#[derive(Debug, Clone)]
pub struct Searcher {
    person: Person,
}

impl Searcher {
    /// Looks for these ids, in the rows of one app or of all.
    #[must_use]
    pub fn new<'a>(app: Option<&str>, ids: impl IntoIterator<Item = &'a str>) -> Self {
        Self {
            person: Person {
                app: app.map(str::to_owned),
                id: String::new(),
                needles: Needles::new(ids),
                seed: 0,
            },
        }
    }

    /// Whether bytes mention one of the ids.
    #[must_use]
    pub fn is_in(&self, bytes: &[u8]) -> bool {
        self.person.needles.is_in(bytes)
    }

    /// Whether bytes that cannot be understood hold one of the ids, be it within a word.
    #[must_use]
    pub fn is_anywhere_in(&self, bytes: &[u8]) -> bool {
        let mut needles = self.person.needles.0.iter();
        needles.any(|needle| needle.is_anywhere_in(bytes))
    }

    /// Bytes that cannot be understood, with all ids in them overwritten; `None` where there are
    /// none.
    #[must_use]
    pub fn blanked(&self, bytes: &[u8]) -> Option<Vec<u8>> {
        let mut blanked = bytes.to_vec();
        for needle in &self.person.needles.0 {
            needle.blank(&mut blanked);
        }
        (blanked != bytes).then_some(blanked)
    }

    /// Whether a string or number of a JSON value mentions one of the ids.
    #[must_use]
    pub fn is_in_value(&self, value: &serde_json::Value) -> bool {
        let mut needles = self.person.needles.0.iter();
        needles.any(|needle| needle.is_in_value(value))
    }

    /// Where the tables of a data folder hold one of the ids. Reads all files: call it off the
    /// reactor.
    ///
    /// # Errors
    /// When a file cannot be read or decoded.
    pub fn tables(&self, folder: &Path) -> Result<Vec<Trace>> {
        let mut traces = Vec::new();
        for table in Table::ALL {
            for (path, ..) in files::list(&folder.join("tables").join(table.name()))? {
                match self.file(table, &path, &mut traces) {
                    // Gone meanwhile: a merge or a checkpoint was finished.
                    Err(Error::File { source, .. })
                        if source.kind() == std::io::ErrorKind::NotFound => {}
                    searched => searched?,
                }
            }
        }
        for (path, ..) in files::list(&rollup_folder(folder))? {
            if self.is_in_any_column(&path)? {
                let part = "a rollup".to_owned();
                traces.push(Trace { file: path, part });
            }
        }
        Ok(traces)
    }

    fn file(&self, table: Table, path: &Path, traces: &mut Vec<Trace>) -> Result<()> {
        let name = path.to_string_lossy();
        let mut note = |part: &str| {
            traces.push(Trace {
                file: path.to_owned(),
                part: part.to_owned(),
            });
        };
        if self.is_in(name.as_bytes()) {
            note("name");
        }
        if !name.ends_with(".parquet") {
            if self.is_in(&read(path)?) {
                note("bytes");
            }
            return Ok(());
        }
        let is_checkpoint = path
            .components()
            .any(|part| part.as_os_str() == "_delta_log");
        let mut others = false;
        if is_checkpoint {
            if self.is_in_any_column(path)? {
                note("entries");
            }
        } else {
            let (own, of_others) = self.rows(table, path)?;
            others = of_others;
            if own {
                note("rows");
            }
        }
        // A dictionary may hold the id for another app.
        if !others {
            self.pages(table, path, &mut note)?;
        }
        Ok(())
    }

    /// Whether rows of the person's app, and whether rows of others, mention an id.
    fn rows(&self, table: Table, path: &Path) -> Result<(bool, bool)> {
        let anybody = Person {
            app: None,
            ..self.person.clone()
        };
        let (mut own, mut all) = (0, 0);
        let count = |speaks: Vec<bool>| speaks.into_iter().filter(|speaks| *speaks).count();
        for batch in Kept::open(table, path, Vec::new())? {
            let batch = batch?;
            own += count(self.person.rows_that_speak(&batch));
            all += count(anybody.rows_that_speak(&batch));
        }
        Ok((own > 0, all > own))
    }

    /// Whether a Parquet file mentions an id in any cell.
    fn is_in_any_column(&self, path: &Path) -> Result<bool> {
        // Named for messages: it has no table's schema.
        let table = Table::Events;
        let reader = ParquetRecordBatchReaderBuilder::try_new(open(path)?)
            .and_then(ParquetRecordBatchReaderBuilder::build)
            .map_err(Error::parquet(table, "searched"))?;
        for batch in reader {
            let batch = batch.map_err(Error::rows(table))?;
            let options = FormatOptions::default();
            for column in batch.columns() {
                let cells = ArrayFormatter::try_new(column, &options);
                let cells = cells.map_err(Error::rows(table))?;
                let mut cells = (0..column.len()).map(|row| cells.value(row).to_string());
                if cells.any(|cell| self.is_in(cell.as_bytes())) {
                    return Ok(true);
                }
            }
        }
        Ok(false)
    }

    /// Looks through what lies beside the rows.
    fn pages(&self, table: Table, path: &Path, note: &mut impl FnMut(&str)) -> Result<()> {
        let failed = || Error::parquet(table, "searched");
        let reader = SerializedFileReader::new(open(path)?).map_err(failed())?;
        let metadata = reader.metadata().clone();
        let about = metadata.file_metadata();
        let pairs = about.key_value_metadata().into_iter().flatten();
        for pair in pairs {
            let value = pair.value.as_deref().unwrap_or_default();
            if self.is_in(pair.key.as_bytes()) || self.is_in(value.as_bytes()) {
                note("footer");
            }
        }
        for (place, group) in metadata.row_groups().iter().enumerate() {
            let rows = reader.get_row_group(place).map_err(failed())?;
            for (at, column) in group.columns().iter().enumerate() {
                let name = column.column_path().string();
                if names_nobody(&name) {
                    continue;
                }
                let is_mention = |value: &[u8]| {
                    if is_person(&name) {
                        let text = std::str::from_utf8(value);
                        text.is_ok_and(|text| self.person.needles.is_id(text))
                    } else {
                        self.is_in(value)
                    }
                };
                let bounds = bounds_of(column.statistics());
                if bounds.iter().any(|bound| is_mention(bound)) {
                    note(&format!("statistics of {name}"));
                }
                for page in rows.get_column_page_reader(at).map_err(failed())? {
                    let page = page.map_err(failed())?;
                    let bounds = bounds_of(page.statistics());
                    if bounds.iter().any(|bound| is_mention(bound)) {
                        note(&format!("statistics of a page of {name}"));
                    }
                    if let Page::DictionaryPage { buf, .. } = &page {
                        let is_text = column.column_type() == parquet::basic::Type::BYTE_ARRAY;
                        if is_text && plain_values(buf).any(is_mention) {
                            note(&format!("dictionary of {name}"));
                        }
                    }
                }
            }
        }
        Ok(())
    }
}

/// The values of a page of texts one after the other, each behind its length.
fn plain_values(page: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = page;
    std::iter::from_fn(move || {
        let (length, behind) = rest.split_first_chunk::<4>()?;
        let length = usize::try_from(u32::from_le_bytes(*length)).ok()?;
        let (value, behind) = behind.split_at_checked(length)?;
        rest = behind;
        Some(value)
    })
}

fn bounds_of(statistics: Option<&Statistics>) -> Vec<Vec<u8>> {
    let bounds = statistics.map(|s| [s.min_bytes_opt(), s.max_bytes_opt()]);
    let bounds = bounds.into_iter().flatten().flatten();
    bounds.map(<[u8]>::to_vec).collect()
}

fn open(path: &Path) -> Result<File> {
    File::open(path).map_err(failed_reading(path))
}

fn read(path: &Path) -> Result<Vec<u8>> {
    std::fs::read(path).map_err(failed_reading(path))
}

fn failed_reading(path: &Path) -> impl FnOnce(std::io::Error) -> Error {
    let path = path.to_owned();
    move |source| Error::File {
        action: "searching",
        path,
        source,
    }
}
