//! Whether the tables are what their logs and the ledger say.
//!
//! Every page of every file of a pinned snapshot is decoded; rows, sizes and bounds are held against
//! the log's, and what is stored against the ledger. Copies of an event that wait for a compaction
//! and files that no version names are counted; they are no damage.

mod bounds;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use serde::Serialize;

use crate::batch::Outcome;
use crate::error::{Error, Result};
use crate::ledger::Ledger;
use crate::schema::Table;
use crate::snapshot::{Pinned, PinnedFile};
use crate::statistics::Statistics;
use crate::tables::{Lake, failed};
use crate::upkeep::{Gone, Kept, copies, gone_of};

/// Something that is not as it must be.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Finding {
    /// What is wrong, in one word: `missing_file`, `unreadable_file`, `file_size`, `row_count`,
    /// `bounds`, `ledger`, `wal`.
    pub kind: &'static str,
    /// Where: a file or a table.
    pub place: String,
    /// What was found and what was expected.
    pub detail: String,
}

/// A table that was checked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Checked {
    /// Its name.
    pub table: &'static str,
    /// The version that was checked.
    pub version: u64,
    /// Its files.
    pub files: usize,
    /// Their rows, as decoded.
    pub rows: u64,
    /// Rows that are copies of an event in the table; the next compactions drop them.
    pub copies: u64,
    /// Rows that left the table, by reason.
    pub gone: BTreeMap<&'static str, i64>,
    /// Files in its folder that no version names.
    pub unnamed_files: usize,
}

/// What a check of the tables found.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Verification {
    /// What is not as it must be.
    pub findings: Vec<Finding>,
    /// What was looked at.
    pub tables: Vec<Checked>,
}

impl Lake {
    /// Checks all tables at one committed position.
    ///
    /// # Errors
    /// When a log cannot be read; damage of files is a finding.
    pub async fn verify(&self) -> Result<Verification> {
        let snapshot = self.snapshot().await?;
        let mut verification = Verification::default();
        for table in Table::ALL {
            let (checked, findings) = self.verify_table(snapshot.table(table)).await?;
            verification.tables.push(checked);
            verification.findings.extend(findings);
        }
        let ledger = self
            .off_reactor(Table::Ledger, move || Ok(Ledger::read(&snapshot)))
            .await?;
        match ledger {
            Ok(ledger) => verification.hold_against(&ledger),
            // The file is named by a finding of its own.
            Err(failure) => verification.note("ledger", "ledger", failure.to_string()),
        }
        Ok(verification)
    }

    async fn verify_table(&self, pinned: &Pinned) -> Result<(Checked, Vec<Finding>)> {
        let table = pinned.table;
        let mut delta = self.cell(table).lock().await.clone();
        delta
            .load_version(pinned.version)
            .await
            .map_err(failed(table, "read"))?;
        let folder = self.table_folder(table);
        let state = delta.snapshot().map_err(failed(table, "read"))?;
        let told: BTreeMap<PathBuf, String> = state
            .log_data()
            .iter()
            .filter_map(|view| Some((folder.join(view.path().as_ref()), view.stats()?)))
            .collect();
        let mut gone = BTreeMap::new();
        for reason in Gone::ALL {
            gone.insert(reason.as_str(), gone_of(&delta, table, reason).await?);
        }
        let unnamed_files = self.unnamed(table, i64::MAX).await?.len();
        let files = pinned.files.clone();
        let count = files.len();
        let (rows, found_copies, findings) = self
            .off_reactor(table, move || Ok(verify_files(table, &files, &told)))
            .await?;
        let checked = Checked {
            table: table.name(),
            version: pinned.version,
            files: count,
            rows,
            copies: found_copies,
            gone,
            unnamed_files,
        };
        Ok((checked, findings))
    }
}

/// Rows decoded, copies among them, and what is wrong with the files.
fn verify_files(
    table: Table,
    files: &[PinnedFile],
    told: &BTreeMap<PathBuf, String>,
) -> (u64, u64, Vec<Finding>) {
    let mut findings = Vec::new();
    let mut sound = Vec::new();
    let mut rows = 0;
    for file in files {
        let mut note = |kind, detail| {
            findings.push(Finding {
                kind,
                place: file.path.display().to_string(),
                detail,
            });
        };
        match decode(table, &file.path) {
            Err(Error::File { source, .. }) if source.kind() == std::io::ErrorKind::NotFound => {
                note(
                    "missing_file",
                    "the log names it, the folder does not hold it".to_owned(),
                );
            }
            Err(failure) => note("unreadable_file", causes(&failure)),
            Ok(decoded) => {
                rows += decoded.rows;
                sound.push(file.clone());
                if decoded.bytes != file.bytes {
                    let (found, told) = (decoded.bytes, file.bytes);
                    note("file_size", format!("{found} bytes, the log says {told}"));
                }
                if decoded.rows != file.rows {
                    let (found, told) = (decoded.rows, file.rows);
                    note("row_count", format!("{found} rows, the log says {told}"));
                }
                let told = told.get(&file.path).map_or("", String::as_str);
                for detail in bounds::contradictions(told, &decoded.statistics) {
                    note("bounds", detail);
                }
            }
        }
    }
    let found = match copies(table, &sound, &AtomicBool::new(false)) {
        Ok(copies) => copies.iter().map(|rows| rows.len() as u64).sum(),
        Err(failure) => {
            findings.push(Finding {
                kind: "unreadable_file",
                place: table.name().to_owned(),
                detail: causes(&failure),
            });
            0
        }
    };
    (rows, found, findings)
}

struct Decoded {
    rows: u64,
    bytes: u64,
    statistics: String,
}

fn decode(table: Table, path: &Path) -> Result<Decoded> {
    let mut rows = 0;
    let mut statistics = Statistics::new(table);
    for batch in Kept::open(table, path, Vec::new())? {
        let batch = batch?;
        rows += batch.num_rows() as u64;
        statistics.add(&batch);
    }
    let about = std::fs::metadata(path).map_err(|source| Error::File {
        action: "reading",
        path: path.to_owned(),
        source,
    })?;
    Ok(Decoded {
        rows,
        bytes: about.len(),
        statistics: statistics.to_json(),
    })
}

fn causes(failure: &dyn std::error::Error) -> String {
    let mut text = failure.to_string();
    let mut cause = failure.source();
    while let Some(deeper) = cause {
        text = format!("{text}: {deeper}");
        cause = deeper.source();
    }
    text
}

impl Verification {
    /// Whether nothing is wrong.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.findings.is_empty()
    }

    fn note(&mut self, kind: &'static str, place: &str, detail: String) {
        self.findings.push(Finding {
            kind,
            place: place.to_owned(),
            detail,
        });
    }

    /// What the ledger says was stored must be in the tables, or have left them for a reason.
    fn hold_against(&mut self, ledger: &Ledger) {
        let sum = |outcome| ledger.sum(outcome, |_| true);
        let accounted = |names: &[Table]| -> i64 {
            let names: Vec<&str> = names.iter().map(|table| table.name()).collect();
            let tables = self.tables.iter().filter(|t| names.contains(&t.table));
            let of_each = tables.map(|table| {
                i64::try_from(table.rows).unwrap_or(i64::MAX) + table.gone.values().sum::<i64>()
            });
            of_each.sum()
        };
        let kept = [
            Table::Events,
            Table::Feedback,
            Table::Releases,
            Table::Backlog,
            Table::Marks,
            Table::FeedbackLabels,
            Table::FeedbackLinks,
            Table::Verdicts,
            Table::Plans,
        ];
        let claims = [
            ("stored", sum(Outcome::Stored), accounted(&kept)),
            (
                "quarantined",
                sum(Outcome::Quarantined),
                accounted(&[Table::Quarantine]),
            ),
        ];
        for (outcome, told, found) in claims {
            if told != found {
                let detail = format!(
                    "{told} {outcome}, but the tables account for {found} (rows, and rows that left)"
                );
                self.note("ledger", "ledger", detail);
            }
        }
        let received = sum(Outcome::Received);
        let ends = [Outcome::Stored, Outcome::Duplicate, Outcome::Quarantined].map(sum);
        if received != ends.iter().sum::<i64>() {
            let [stored, duplicate, quarantined] = ends;
            let detail = format!(
                "received {received} is not stored {stored} + duplicate {duplicate} + quarantined {quarantined}"
            );
            self.note("ledger", "ledger", detail);
        }
    }
}
