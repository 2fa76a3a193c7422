//! `shipwake score`: a team's own sheet, scored.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use analysis::score::sheet::{Sheet, score};
use anyhow::{Context as _, bail};
use ingest::import;

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

/// Reads a sheet, in whatever form spreadsheets write it.
fn read(path: &Path) -> anyhow::Result<Sheet> {
    let name = path.display();
    let file: Box<dyn Read + Send> = if path == Path::new("-") {
        Box::new(std::io::stdin())
    } else {
        Box::new(File::open(path).with_context(|| format!("{name} cannot be opened"))?)
    };
    let (columns, rows) =
        import::cells(file, BYTES_MAX).with_context(|| format!("{name} is no sheet"))?;
    Ok(Sheet { columns, rows })
}
