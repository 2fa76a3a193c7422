//! `shipwake import`: history from files.

mod preview;

use std::fs::File;
use std::io::Read;
use std::path::Path;

use anyhow::Context as _;
use ingest::audit::Act;
use ingest::import::{
    self, Destination, ImportSummary, LineContent, Notes, ReviewOptions, TableContent, WideRows,
};
use lake::{Clock as _, SystemClock};

use crate::cli::{Import, ImportFile, ImportReviews, ImportTable};
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
        Import::Backlog(args) => table(args, TableContent::Backlog),
        Import::Releases(args) => table(args, TableContent::Releases),
    }
}

fn table(args: &ImportTable, what: TableContent) -> anyhow::Result<()> {
    let zone = question::zone(&args.zone)?;
    let map = maps(&args.maps)?;
    let open = |file, into| import::table(file, into, what, &map, zone.clone());
    if args.dry_run {
        return preview::preview(&args.file, open);
    }
    each(&args.file, open)
}

/// Columns that are named for fields.
fn maps(given: &[String]) -> anyhow::Result<Vec<(String, String)>> {
    let pair = |pair: &String| {
        let (field, column) = pair.split_once('=').with_context(|| {
            format!("--map {pair:?} is not FIELD=COLUMN, such as --map text=Body")
        })?;
        Ok((field.trim().to_owned(), column.trim().to_owned()))
    };
    given.iter().map(pair).collect()
}

/// Takes in reviews and says what became of them.
pub(crate) fn reviews(args: &ImportReviews) -> anyhow::Result<ImportSummary> {
    let zone = question::zone(&args.zone)?;
    let map = maps(&args.maps)?;
    take_in(&args.file, |file, into| {
        let options = ReviewOptions {
            map: map.clone(),
            zone: zone.clone(),
            source: None,
        };
        import::reviews(file, into, options)
    })
}

pub(super) type Bytes = Box<dyn Read + Send>;
pub(super) type Opened = Result<import::Import, import::ImportError>;

fn each(args: &ImportFile, open: impl Fn(Bytes, Destination) -> Opened) -> anyhow::Result<()> {
    let summary = take_in(args, open)?;
    tell(&summary, args.json)
}

/// Where the rows of a file go.
fn destination(args: &ImportFile) -> Destination {
    Destination {
        app: args.app.clone(),
        received_at: SystemClock.now(),
        author: Some("import".to_owned()),
    }
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
        let into = destination(args);
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
    tell_notes(&name, &rows.notes());
    Ok(rows.rows_read())
}

/// Says what is to be known of a file.
fn tell_notes(name: &str, notes: &Notes) {
    for remark in &notes.remarks {
        terminal::note(&format!("{name}: {remark}"));
    }
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
    if let Some(rows) = numbers(&notes.wide_rows) {
        terminal::note(&format!(
            "{name}: more cells than the header has, which are left out: {rows}"
        ));
    }
}

/// The first few rows by their numbers.
fn numbers(rows: &WideRows) -> Option<String> {
    let first: Vec<String> = rows.first.iter().map(u64::to_string).collect();
    let named = u64::try_from(first.len()).unwrap_or(rows.count);
    let more = rows.count.saturating_sub(named);
    let more = (more > 0).then(|| format!(" and {more} more"));
    let word = if rows.count == 1 { "row" } else { "rows" };
    let named = format!("{word} {}{}", first.join(", "), more.unwrap_or_default());
    (rows.count > 0).then_some(named)
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
