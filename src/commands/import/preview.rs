//! `--dry-run`: how a file is read and what would be refused. Nothing is stored.

use std::collections::BTreeMap;
use std::fs::File;

use anyhow::Context as _;
use ingest::Record;
use ingest::import::Destination;
use lake::BacklogItem;
use serde::Serialize;

use super::{Bytes, Opened, destination, tell_notes};
use crate::cli::ImportFile;
use crate::terminal;

/// Items that are shown as they would be stored.
const SHOWN: usize = 5;

/// What an import would do.
#[derive(Debug, Default, Serialize)]
struct Preview {
    file: String,
    rows: u64,
    fit: u64,
    /// Of items: how many have an effort, are closed or wait for another.
    with_effort: u64,
    with_dependencies: u64,
    /// Why rows would be refused, with how many.
    refused: BTreeMap<String, u64>,
    columns: BTreeMap<String, Vec<String>>,
    unmatched_columns: Vec<String>,
    first: Vec<String>,
}

/// Reads the files and says what is found.
///
/// # Errors
/// When a file cannot be read.
pub(super) fn preview(
    args: &ImportFile,
    open: impl Fn(Bytes, Destination) -> Opened,
) -> anyhow::Result<()> {
    for path in &args.files {
        let file =
            File::open(path).with_context(|| format!("{} cannot be opened", path.display()))?;
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let mut found = Preview {
            file: name.clone().into_owned(),
            ..Preview::default()
        };
        let unread = || format!("{} could not be read", path.display());
        let mut rows = open(Box::new(file), destination(args)).with_context(unread)?;
        for batch in rows.by_ref() {
            let records = batch.with_context(unread)?.records;
            records.iter().for_each(|record| found.take(record));
        }
        let notes = rows.notes();
        found.rows = rows.rows_read();
        tell_notes(&name, &notes);
        (found.columns, found.unmatched_columns) = (notes.columns, notes.unmatched_columns);
        if args.json {
            terminal::data(&serde_json::to_string(&found)?);
        } else {
            found.lines().iter().for_each(|line| {
                terminal::data(line);
            });
        }
    }
    terminal::note("nothing was stored");
    Ok(())
}

impl Preview {
    fn take(&mut self, record: &Record<'_>) {
        match record {
            Record::Refused(refused) => {
                let why = &refused.refusal;
                let reason = format!("{}: {}", why.reason.as_str(), why.message);
                *self.refused.entry(reason).or_default() += 1;
            }
            Record::Backlog(item) => {
                self.fit += 1;
                self.with_effort += u64::from(item.effort_person_days.is_some());
                self.with_dependencies += u64::from(!item.depends_on.is_empty());
                if self.first.len() < SHOWN {
                    self.first.push(line(item));
                }
            }
            _ => self.fit += 1,
        }
    }

    fn lines(&self) -> Vec<String> {
        let of =
            |(field, names): (&String, &Vec<String>)| format!("  {field}: {}", names.join(", "));
        let mut lines = vec![format!(
            "{}: {} rows, {} would be stored; {} with an effort, {} that wait for others",
            self.file, self.rows, self.fit, self.with_effort, self.with_dependencies
        )];
        lines.extend(self.columns.iter().map(of));
        let refused = self.refused.iter();
        lines
            .extend(refused.map(|(reason, count)| format!("  {count} would be refused: {reason}")));
        lines.extend(self.first.iter().map(|item| format!("  > {item}")));
        lines
    }
}

fn line(item: &BacklogItem) -> String {
    let effort = item.effort_person_days;
    let effort = effort.map_or("effort unknown".to_owned(), |days| {
        format!("{days} person-days")
    });
    let status = item.status.as_deref().unwrap_or("no status");
    let waits = match item.depends_on.as_slice() {
        [] => String::new(),
        others => format!(", after {}", others.join(", ")),
    };
    terminal::plain(&format!(
        "{} {} [{status}] {effort}{waits}",
        item.item_id, item.title
    ))
}
