//! `shipwake sql`: a query to the tables, and its answer to the terminal or into a file.

use std::fs::File;
use std::io::{BufWriter, IsTerminal as _, Read as _, Write};
use std::path::{Path, PathBuf};

use analysis::sql::{Answer, Cell};
use anyhow::{Context as _, bail};
use indicatif::ProgressBar;

use crate::cli::{Sql, SqlFormat};
use crate::question;
use crate::terminal;

/// Rows that a table on the terminal shows where nothing else is asked for.
const TABLE_ROWS: u64 = 100;

/// Longer queries are not read from stdin.
const STDIN_BYTES_MAX: u64 = 1 << 20;

pub(crate) fn run(args: &Sql) -> anyhow::Result<()> {
    let query = query(&args.query)?;
    let as_of = question::as_of(args.as_of.as_deref())?;
    let format = checked_format(args)?;
    let snapshot = question::pin(&args.data)?;
    let zone = question::zone(&args.zone)?;
    let answer = analysis::sql::sql(&snapshot, &query, as_of, &zone)?;
    let read: Vec<String> = answer
        .versions()
        .iter()
        .map(|(table, version)| format!("{table} at version {version}"))
        .collect();
    if !read.is_empty() {
        terminal::note(&format!("reads {}", read.join(", ")));
    }
    let Some(out) = &args.out else {
        return to_stdout(answer, format, args.limit);
    };
    let told = to_file(answer, format, args, out)?;
    terminal::note(&told);
    Ok(())
}

/// The query, or what stdin holds where it is `-`.
pub(crate) fn query(given: &str) -> anyhow::Result<String> {
    if given != "-" {
        return Ok(given.to_owned());
    }
    let mut text = String::new();
    std::io::stdin()
        .take(STDIN_BYTES_MAX + 1)
        .read_to_string(&mut text)
        .context("the query cannot be read from stdin")?;
    Ok(text)
}

/// What is asked for, else what the file's name says, else a table.
///
/// # Errors
/// When that is not for a terminal, and would go to one.
pub(crate) fn checked_format(args: &Sql) -> anyhow::Result<SqlFormat> {
    let ending = args.out.as_deref().and_then(Path::extension);
    let format = args
        .format
        .unwrap_or_else(|| match ending.and_then(|ending| ending.to_str()) {
            Some("csv") => SqlFormat::Csv,
            Some("json" | "jsonl" | "ndjson") => SqlFormat::Json,
            Some("parquet") => SqlFormat::Parquet,
            _ => SqlFormat::Table,
        });
    let is_seen = args.out.is_none() && std::io::stdout().is_terminal();
    if format == SqlFormat::Parquet && is_seen {
        bail!("Parquet is not for terminals: name a file with --out");
    }
    Ok(format)
}

fn to_stdout(answer: Answer, format: SqlFormat, limit: Option<u64>) -> anyhow::Result<()> {
    let mut out = BufWriter::new(terminal::stdout());
    let written = write(answer, format, limit, &mut out)
        .and_then(|told| out.flush().map(|()| told).map_err(Into::into));
    match written {
        Ok(Some(told)) => terminal::note(&told),
        Ok(None) => {}
        // `shipwake sql … | head` ends early, and that is no failure.
        Err(error) if terminal::is_broken_pipe(&error) => {}
        Err(error) => return Err(error),
    }
    Ok(())
}

fn to_file(answer: Answer, format: SqlFormat, args: &Sql, out: &Path) -> anyhow::Result<String> {
    refuse_tables(&args.data.data, out)?;
    let told = put_in_place(out, |file| write(answer, format, args.limit, file))?;
    let place = out.display();
    Ok(told.map_or_else(
        || format!("written to {place}"),
        |told| format!("{told}; written to {place}"),
    ))
}

/// Writes beside the file and puts it in place whole.
///
/// # Errors
/// When it cannot be written; then nothing is left of it.
fn put_in_place<T>(
    out: &Path,
    write: impl FnOnce(&mut BufWriter<File>) -> anyhow::Result<T>,
) -> anyhow::Result<T> {
    let mut beside = out.as_os_str().to_owned();
    beside.push(".partial");
    let beside = PathBuf::from(beside);
    let file = File::create_new(&beside)
        .with_context(|| format!("{} cannot be written", beside.display()))?;
    let mut file = BufWriter::new(file);
    let written = write(&mut file).and_then(|told| {
        let file = file
            .into_inner()
            .map_err(std::io::IntoInnerError::into_error)?;
        file.sync_all()?;
        std::fs::rename(&beside, out)?;
        Ok(told)
    });
    written.map_err(|error| {
        // The first error is the one to tell; what is left beside the file says so by its name.
        drop(std::fs::remove_file(&beside));
        error.context(format!("{} is not written", out.display()))
    })
}

/// Puts a whole file in place and says so.
///
/// # Errors
/// As writing it part by part.
pub(crate) fn put_whole(out: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    put_in_place(out, |file| Ok(file.write_all(bytes)?))?;
    terminal::note(&format!("written to {}", out.display()));
    Ok(())
}

/// Queries only read: no answer goes among the tables.
fn refuse_tables(data: &Path, out: &Path) -> anyhow::Result<()> {
    let folder = match out.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let folder = folder
        .canonicalize()
        .with_context(|| format!("{} is no folder", folder.display()))?;
    if folder.starts_with(data.canonicalize()?) {
        bail!("--out lies in the data folder, which only the service writes to");
    }
    Ok(())
}

/// Writes an answer; returns what to tell of its rows, where there is anything to tell.
fn write(
    answer: Answer,
    format: SqlFormat,
    limit: Option<u64>,
    out: &mut (impl Write + Send),
) -> anyhow::Result<Option<String>> {
    let bar = terminal::counter("rows");
    let columns = answer.columns().to_vec();
    match format {
        SqlFormat::Parquet if limit.is_some() => {
            bail!("--limit does not go with Parquet: write LIMIT into the query")
        }
        SqlFormat::Parquet => {
            let rows = answer.write_parquet(out, |rows| bar.set_position(rows))?;
            Ok(Some(format!("{rows} rows")))
        }
        SqlFormat::Table => {
            let most = limit.unwrap_or(TABLE_ROWS);
            let mut shown = Vec::new();
            let rows = each_row(answer, most, &bar, |row| {
                shown.push(row);
                Ok(())
            })?;
            let table = reports::answer_table(&columns, &shown);
            out.write_all(table.as_bytes())?;
            out.write_all(b"\n")?;
            Ok(Some(told(rows, most)))
        }
        SqlFormat::Csv => {
            let most = limit.unwrap_or(u64::MAX);
            out.write_all(reports::answer_csv_head(&columns).as_bytes())?;
            let rows = each_row(answer, most, &bar, |row| {
                Ok(out.write_all(reports::answer_csv_row(&row).as_bytes())?)
            })?;
            Ok((rows > most).then(|| told(rows, most)))
        }
        SqlFormat::Json => {
            let most = limit.unwrap_or(u64::MAX);
            let rows = each_row(answer, most, &bar, |row| {
                Ok(out.write_all(reports::answer_json_row(&columns, &row).as_bytes())?)
            })?;
            Ok((rows > most).then(|| told(rows, most)))
        }
    }
}

/// Hands the first rows on, and counts all.
fn each_row(
    answer: Answer,
    most: u64,
    bar: &ProgressBar,
    mut each: impl FnMut(Vec<Cell>) -> anyhow::Result<()>,
) -> anyhow::Result<u64> {
    let mut rows = 0;
    for piece in answer.rows()? {
        for row in piece? {
            rows += 1;
            if rows <= most {
                each(row)?;
            }
        }
        bar.set_position(rows);
    }
    Ok(rows)
}

fn told(rows: u64, most: u64) -> String {
    let word = if rows == 1 { "row" } else { "rows" };
    if rows > most {
        format!("{rows} {word}, the first {most} are shown: --limit shows more")
    } else {
        format!("{rows} {word}")
    }
}
