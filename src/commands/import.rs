//! `shipwake import`: history from files.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use anyhow::Context as _;
use ingest::audit::Act;
use ingest::import::{self, Destination, ImportSummary, LineContent, ReviewOptions, TableContent};
use jiff::tz::TimeZone;
use lake::{Clock as _, SystemClock};

use crate::cli::{Import, ImportFile, ImportReviews};
use crate::question;
use crate::sink::Sink;
use crate::terminal;

pub(crate) fn run(import: &Import) -> anyhow::Result<()> {
    match import {
        Import::Reviews(args) => {
            let summary = reviews(args)?;
            tell(&summary, args.file.json)
        }
        Import::Events(args) => each(args, |file, into| {
            import::ndjson(file, into, LineContent::Events)
        }),
        Import::Feedback(args) => each(args, |file, into| {
            import::ndjson(file, into, LineContent::Feedback)
        }),
        Import::Backlog(args) => each(args, |file, into| {
            import::table(file, into, TableContent::Backlog, &[], TimeZone::UTC)
        }),
        Import::Releases(args) => each(args, |file, into| {
            import::table(file, into, TableContent::Releases, &[], TimeZone::UTC)
        }),
    }
}

/// Takes in reviews and says what became of them.
pub(crate) fn reviews(args: &ImportReviews) -> anyhow::Result<ImportSummary> {
    let zone = question::zone(&args.zone)?;
    let map = args
        .maps
        .iter()
        .map(|pair| {
            let (field, column) = pair.split_once('=').with_context(|| {
                format!("--map {pair:?} is not FIELD=COLUMN, such as --map text=Body")
            })?;
            Ok((field.trim().to_owned(), column.trim().to_owned()))
        })
        .collect::<anyhow::Result<Vec<_>>>()?;
    take_in(&args.file, |file, into| {
        let options = ReviewOptions {
            map: map.clone(),
            zone: zone.clone(),
            source: None,
        };
        import::reviews(file, into, options)
    })
}

type Bytes = Box<dyn Read + Send>;
type Opened = Result<import::Import, import::ImportError>;

fn each(args: &ImportFile, open: impl Fn(Bytes, Destination) -> Opened) -> anyhow::Result<()> {
    let summary = take_in(args, open)?;
    tell(&summary, args.json)
}

fn take_in(
    args: &ImportFile,
    open: impl Fn(Bytes, Destination) -> Opened,
) -> anyhow::Result<ImportSummary> {
    let sink = Sink::open(&args.data, Act::Import, &args.app)?;
    let before = sink.ledger()?;
    let mut read = 0;
    for path in &args.files {
        let file =
            File::open(path).with_context(|| format!("{} cannot be opened", path.display()))?;
        let into = Destination {
            app: args.app.clone(),
            received_at: SystemClock.now(),
            author: Some("import".to_owned()),
        };
        read += one_file(&sink, path, file, |file| open(file, into))
            .with_context(|| format!("{} could not be imported", path.display()))?;
    }
    let after = sink.ledger()?;
    sink.close()?;
    Ok(ImportSummary::between(&before, &after, &args.app, read))
}

fn one_file(
    sink: &Sink,
    path: &Path,
    file: File,
    open: impl FnOnce(Bytes) -> Opened,
) -> anyhow::Result<u64> {
    let length = file.metadata().context("its size is unknown")?.len();
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let bar = terminal::bar(length, &format!("importing {name}"));
    let mut rows = open(Box::new(file))?;
    while let Some(batch) = rows.next() {
        sink.submit(batch?)?;
        bar.set_position(rows.bytes_read());
    }
    bar.finish_and_clear();
    let notes = rows.notes();
    if !notes.unmatched_columns.is_empty() {
        let columns = notes.unmatched_columns.join(", ");
        terminal::note(&format!(
            "{name}: columns that nothing is read from: {columns}"
        ));
    }
    if notes.lossy_rows > 0 {
        let rows = notes.lossy_rows;
        terminal::note(&format!(
            "{name}: {rows} rows hold bytes that are no UTF-8, kept as U+FFFD"
        ));
    }
    for remark in &notes.remarks {
        terminal::note(&format!("{name}: {remark}"));
    }
    Ok(rows.rows_read())
}

fn tell(summary: &ImportSummary, json: bool) -> anyhow::Result<()> {
    if json {
        terminal::data(&serde_json::to_string(summary)?);
        return Ok(());
    }
    for (reason, count) in &summary.reasons {
        terminal::data(&format!("quarantined {count}: {reason}"));
    }
    terminal::data(&format!(
        "read {}, stored {} (updated {}), duplicate {}, quarantined {}",
        summary.read, summary.stored, summary.updated, summary.duplicate, summary.quarantined
    ));
    Ok(())
}
