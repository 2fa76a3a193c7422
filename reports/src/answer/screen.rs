//! The table for people: one line a row, numbers to the right, wide text cut.

use analysis::sql::Cell;

use super::plain;
use crate::text::{clean, short};

/// Wider text is cut, unless it has the line for itself.
const WIDTH_MAX: usize = 48;

const GAP: &str = "  ";

/// What stands for a value that does not exist.
const NULL: &str = "null";

/// The table, without a line break at its end.
#[must_use]
pub fn answer_table(columns: &[String], rows: &[Vec<Cell>]) -> String {
    let is_alone = columns.len() == 1;
    let text = |text: &str| {
        let one_line = clean(text);
        if is_alone {
            one_line
        } else {
            short(&one_line, WIDTH_MAX)
        }
    };
    let head: Vec<String> = columns.iter().map(|name| text(name)).collect();
    let body: Vec<Vec<String>> = rows
        .iter()
        .map(|row| row.iter().map(|cell| text(&shown(cell))).collect())
        .collect();
    let widths: Vec<usize> = (0..head.len())
        .map(|place| {
            let cells = body.iter().filter_map(|row| row.get(place));
            let all = cells.chain(head.get(place));
            all.map(|cell| cell.chars().count()).max().unwrap_or(0)
        })
        .collect();
    let is_number: Vec<bool> = (0..head.len())
        .map(|place| {
            let mut cells = rows.iter().filter_map(|row| row.get(place));
            cells.all(|cell| matches!(cell, Cell::Null | Cell::Whole(_) | Cell::Number(_)))
        })
        .collect();
    let rule: Vec<String> = widths.iter().map(|width| "─".repeat(*width)).collect();
    [head, rule]
        .into_iter()
        .chain(body)
        .map(|cells| line(&cells, &widths, &is_number))
        .collect::<Vec<_>>()
        .join("\n")
}

fn shown(cell: &Cell) -> String {
    match cell {
        Cell::Null => NULL.to_owned(),
        other => plain(other),
    }
}

fn line(cells: &[String], widths: &[usize], is_number: &[bool]) -> String {
    let padded: Vec<String> = cells
        .iter()
        .zip(widths)
        .zip(is_number)
        .map(|((cell, width), right)| {
            if *right {
                format!("{cell:>width$}")
            } else {
                format!("{cell:width$}")
            }
        })
        .collect();
    padded.join(GAP).trim_end().to_owned()
}
