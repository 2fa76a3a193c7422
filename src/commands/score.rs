//! `shipwake score`: a team's own sheet, scored.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use analysis::score::sheet::{Sheet, score};
use anyhow::{Context as _, bail};

use crate::cli::{Score, SqlFormat};
use crate::terminal;

/// The largest sheet.
const BYTES_MAX: u64 = 64 << 20;

pub(crate) fn run(args: &Score) -> anyhow::Result<()> {
    let sheet = read(&args.file)?;
    let scored = score(&sheet, &args.by, &args.weights)?;
    let (head, rows) = (&scored.columns, &scored.rows);
    let text = match args.format {
        SqlFormat::Table => reports::answer_table(head, rows) + "\n",
        SqlFormat::Csv => {
            let rows = rows.iter().map(|row| reports::answer_csv_row(row));
            reports::answer_csv_head(head) + &rows.collect::<String>()
        }
        SqlFormat::Json => {
            let rows = rows.iter().map(|row| reports::answer_json_row(head, row));
            rows.collect()
        }
        SqlFormat::Parquet => bail!("a sheet is printed as a table, CSV or JSON"),
    };
    terminal::bytes(text.as_bytes())?;
    for note in &scored.notes {
        terminal::note(note);
    }
    Ok(())
}

/// Reads a sheet. What separates its cells is told by its first line, as spreadsheets write it.
fn read(path: &Path) -> anyhow::Result<Sheet> {
    let name = path.display();
    let mut file: Box<dyn Read> = if path == Path::new("-") {
        Box::new(std::io::stdin())
    } else {
        Box::new(File::open(path).with_context(|| format!("{name} cannot be opened"))?)
    };
    let mut bytes = Vec::new();
    let read = file.by_ref().take(BYTES_MAX + 1).read_to_end(&mut bytes);
    read.with_context(|| format!("{name} cannot be read"))?;
    if u64::try_from(bytes.len()).is_ok_and(|bytes| bytes > BYTES_MAX) {
        bail!("{name} is larger than {} MiB", BYTES_MAX >> 20);
    }
    let text = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&bytes);
    let first = text.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let count = |wanted: u8| first.iter().filter(|byte| **byte == wanted).count();
    let mut delimiters = [b',', b'\t', b';'];
    delimiters.sort_by_key(|delimiter| count(*delimiter));
    let [.., delimiter] = delimiters;
    let mut reader = csv::ReaderBuilder::new();
    let reader = reader
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter);
    let mut rows = Vec::new();
    for record in reader.from_reader(text).byte_records() {
        let record = record.with_context(|| format!("{name} is no table"))?;
        let cells = record
            .iter()
            .map(|cell| String::from_utf8_lossy(cell).into_owned());
        rows.push(cells.collect::<Vec<String>>());
    }
    let mut rows = rows.into_iter();
    let columns = rows.next();
    let columns =
        columns.with_context(|| format!("{name} is empty: its first line names the columns"))?;
    Ok(Sheet {
        columns: columns.iter().map(|name| name.trim().to_owned()).collect(),
        rows: rows.collect(),
    })
}
