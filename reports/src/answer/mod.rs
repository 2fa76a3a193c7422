//! Answers of queries as text: a table for people, CSV, and JSON, one object a line.

mod screen;

use analysis::sql::Cell;
use jiff::SignedDuration;

use crate::table::guard::guarded;

pub use screen::answer_table;

/// A row of CSV (RFC 4180, CRLF): text quoted and guarded against formulas as in all tables, numbers
/// plain, null empty.
#[must_use]
pub fn answer_csv_row(row: &[Cell]) -> String {
    let cells: Vec<String> = row.iter().map(csv_cell).collect();
    cells.join(",") + "\r\n"
}

/// The first row of CSV. Queries choose the names of columns, so they are guarded, too.
#[must_use]
pub fn answer_csv_head(columns: &[String]) -> String {
    let cells: Vec<String> = columns.iter().map(|name| quoted(name)).collect();
    cells.join(",") + "\r\n"
}

fn csv_cell(cell: &Cell) -> String {
    match cell {
        Cell::Null => String::new(),
        // An infinity is no number to a spreadsheet: missing, as in all tables.
        Cell::Number(number) if !number.is_finite() => String::new(),
        Cell::Truth(_) | Cell::Whole(_) | Cell::Number(_) => plain(cell),
        // Years before 0 begin with a minus.
        Cell::Day(text) | Cell::Instant(text) if !analysis::is_run(text) => text.clone(),
        other => quoted(&plain(other)),
    }
}

fn quoted(text: &str) -> String {
    let (safe, _) = guarded(text);
    ["\"", &safe.replace('"', "\"\""), "\""].concat()
}

/// A row as one JSON object on one line, its members in the order of the columns. Text is exact.
#[must_use]
pub fn answer_json_row(columns: &[String], row: &[Cell]) -> String {
    let members: Vec<String> = columns
        .iter()
        .zip(row)
        .map(|(name, cell)| [&json_text(name), ":", &json_cell(cell)].concat())
        .collect();
    ["{", &members.join(","), "}\n"].concat()
}

fn json_text(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

fn json_cell(cell: &Cell) -> String {
    match cell {
        Cell::Null => "null".to_owned(),
        Cell::Truth(_) | Cell::Whole(_) => plain(cell),
        // JSON has no infinities: they are as absent as what is no number.
        Cell::Number(number) => serde_json::Value::from(*number).to_string(),
        Cell::List(cells) => {
            let cells: Vec<String> = cells.iter().map(json_cell).collect();
            ["[", &cells.join(","), "]"].concat()
        }
        other => json_text(&plain(other)),
    }
}

/// A value in letters: instants in RFC 3339, spans in ISO 8601, bytes in hexadecimal after `\x`,
/// lists as JSON.
fn plain(cell: &Cell) -> String {
    match cell {
        Cell::Null => String::new(),
        Cell::Truth(truth) => truth.to_string(),
        Cell::Whole(whole) => whole.to_string(),
        Cell::Number(number) if number.is_finite() => json_cell(cell),
        Cell::Number(number) => number.to_string(),
        Cell::Text(text) | Cell::Day(text) | Cell::Instant(text) => text.clone(),
        Cell::Bytes(bytes) => {
            let digits: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
            ["\\x", &digits.concat()].concat()
        }
        Cell::Span(micros) => SignedDuration::from_micros(*micros).to_string(),
        Cell::List(_) => json_cell(cell),
    }
}

#[cfg(test)]
mod tests;
