//! CSV summary tables: RFC 4180, CRLF, one header row, text always quoted, numbers never.
//!
//! A column is declared once, with its type, unit and meaning; header, dictionary and manifest all
//! come from that declaration. Columns are only ever appended within a schema version.

mod adoption;
mod by_age;
mod columns;
mod delivery;
mod dictionary;
mod features;
mod feedback;
mod funnel;
pub(crate) mod guard;
mod history;
mod kpis;
mod manifest;
mod priorities;
mod quality;
mod release_plan;
mod releases;
mod retention;
mod themes;
mod upgrades;
mod verdicts;

pub(crate) use adoption::{adoption_daily, release_adoption};
pub(crate) use by_age::{adoption_by_age, release_ratings};
pub(crate) use columns::unit_word;
pub(crate) use delivery::{delivery, deployments};
pub(crate) use dictionary::dictionary;
pub(crate) use features::{feature_candidates, features};
pub(crate) use feedback::{feedback, link_suggestions, release_themes};
pub(crate) use funnel::funnel;
pub(crate) use history::kpi_history;
pub(crate) use kpis::kpi_weekly;
pub(crate) use manifest::manifest;
pub(crate) use priorities::priorities;
pub(crate) use quality::data_quality;
pub(crate) use release_plan::{release_goals, release_items, release_timeline};
pub(crate) use releases::release_health;
pub(crate) use retention::{active_days, retention};
pub(crate) use themes::feedback_themes;
pub(crate) use upgrades::{release_moves, users_behind};
pub(crate) use verdicts::{release_checks, release_verdicts};

use analysis::findings::Scope;

use crate::bundle::File;
use crate::day;
use crate::error::{Error, Result};
use crate::text::file_part;

/// The version of all table layouts, in each row and in each file name.
pub(crate) const SCHEMA_VERSION: &str = "s1";

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Text, guarded against formulas.
    Text,
    /// `YYYY-MM-DD`.
    Date,
    /// A whole number.
    Integer,
    /// A decimal number with a point.
    Number,
    /// `true` or `false`.
    Boolean,
}

impl Kind {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Text => "string",
            Self::Date => "date",
            Self::Integer => "integer",
            Self::Number => "number",
            Self::Boolean => "boolean",
        }
    }
}

/// One column.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Column {
    /// Its name, with the unit in it.
    pub(crate) name: &'static str,
    /// What it holds.
    pub(crate) kind: Kind,
    /// Its unit, empty for text.
    pub(crate) unit: &'static str,
    /// Whether it may be empty.
    pub(crate) nullable: bool,
    /// The values that it may take, where they are few.
    pub(crate) allowed: &'static str,
    /// What it means.
    pub(crate) meaning: &'static str,
}

/// A column that is always filled.
const fn col(name: &'static str, kind: Kind, unit: &'static str, meaning: &'static str) -> Column {
    Column {
        name,
        kind,
        unit,
        nullable: false,
        allowed: "",
        meaning,
    }
}

/// A column that may be empty; empty is missing, never 0.
const fn opt(name: &'static str, kind: Kind, unit: &'static str, meaning: &'static str) -> Column {
    Column {
        name,
        kind,
        unit,
        nullable: true,
        allowed: "",
        meaning,
    }
}

/// A text column with few values.
const fn one_of(
    name: &'static str,
    nullable: bool,
    allowed: &'static str,
    meaning: &'static str,
) -> Column {
    Column {
        name,
        kind: Kind::Text,
        unit: "",
        nullable,
        allowed,
        meaning,
    }
}

/// The layout of a table.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Layout {
    /// The file's name without prefix, app and week.
    pub(crate) file: &'static str,
    /// What one row is.
    pub(crate) grain: &'static str,
    /// The columns that tell one row from another.
    pub(crate) key: &'static [&'static str],
    /// The columns in order.
    pub(crate) columns: &'static [Column],
}

/// The last column of each table of a segment; those of everything do not have it.
pub(crate) const SEGMENT: Column = col(
    "segment",
    Kind::Text,
    "",
    "The part of the app's events and feedback that was read.",
);

/// All layouts, in the order of the dictionary.
pub(crate) const LAYOUTS: &[&Layout] = &[
    &kpis::KPI_WEEKLY,
    &history::KPI_HISTORY,
    &releases::RELEASE_HEALTH,
    &adoption::ADOPTION_DAILY,
    &adoption::RELEASE_ADOPTION,
    &by_age::ADOPTION_BY_AGE,
    &upgrades::RELEASE_MOVES,
    &upgrades::USERS_BEHIND,
    &retention::RETENTION,
    &retention::ACTIVE_DAYS,
    &features::FEATURES,
    &features::FEATURE_CANDIDATES,
    &funnel::FUNNEL,
    &themes::FEEDBACK_THEMES,
    &feedback::FEEDBACK,
    &feedback::RELEASE_THEMES,
    &by_age::RELEASE_RATINGS,
    &verdicts::RELEASE_CHECKS,
    &verdicts::RELEASE_VERDICTS,
    &release_plan::RELEASE_TIMELINE,
    &release_plan::RELEASE_ITEMS,
    &release_plan::RELEASE_GOALS,
    &feedback::LINK_SUGGESTIONS,
    &delivery::DELIVERY,
    &delivery::DEPLOYMENTS,
    &priorities::PRIORITIES,
    &quality::DATA_QUALITY,
    &dictionary::DICTIONARY,
];

/// One cell.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Cell {
    /// Missing.
    Empty,
    /// Text as it came; cleaned and guarded when written.
    Text(String),
    /// A day.
    Date(String),
    /// A whole number.
    Count(u64),
    /// A number with fixed decimals.
    Real(f64, usize),
    /// True or false.
    Flag(bool),
}

impl Cell {
    pub(crate) fn text(text: &str) -> Self {
        if text.is_empty() {
            Self::Empty
        } else {
            Self::Text(text.to_owned())
        }
    }

    pub(crate) fn text_or_empty(text: Option<&str>) -> Self {
        text.map_or(Self::Empty, Self::text)
    }

    pub(crate) fn date(day: Option<&str>) -> Self {
        day.map_or(Self::Empty, |day| Self::Date(day.to_owned()))
    }

    pub(crate) fn real(value: Option<f64>, decimals: usize) -> Self {
        value
            .filter(|value| value.is_finite())
            .map_or(Self::Empty, |value| Self::Real(value, decimals))
    }
}

/// A table as written.
pub(crate) struct Written {
    /// Its layout.
    pub(crate) layout: &'static Layout,
    /// The columns in order: those of the layout, and of a segment's table the segment.
    pub(crate) columns: Vec<Column>,
    /// The rows, a cell a column.
    pub(crate) rows: Vec<Vec<Cell>>,
    /// The file.
    pub(crate) file: File,
    /// Cells that the formula guard marked.
    pub(crate) guarded_cells: u64,
}

/// The name of a table's file.
pub(crate) fn file_name(file: &str, scope: &Scope) -> String {
    format!(
        "shipwake_{file}_{}_{}_{SCHEMA_VERSION}.csv",
        file_part(&scope.app),
        file_part(&day::label(scope))
    )
}

/// Writes rows under a layout. Each row lacks its first cell, the schema version, which is added.
pub(crate) fn write(
    layout: &'static Layout,
    scope: &Scope,
    rows: Vec<Vec<Cell>>,
) -> Result<Written> {
    let mut columns = layout.columns.to_vec();
    let mut segment = None;
    if !scope.segment.is_all() {
        columns.push(SEGMENT);
        segment = Some(Cell::text(&scope.segment.to_string()));
    }
    let names: Vec<&str> = columns.iter().map(|column| column.name).collect();
    let mut out = names.join(",");
    out.push_str("\r\n");
    let mut guarded_cells = 0;
    let mut whole_rows = Vec::with_capacity(rows.len());
    for (index, row) in rows.into_iter().enumerate() {
        if row.len() + 1 != layout.columns.len() {
            return Err(Error::Row {
                file: layout.file,
                row: index + 1,
                got: row.len() + 1,
                want: layout.columns.len(),
            });
        }
        let version = Cell::text(SCHEMA_VERSION);
        let row: Vec<Cell> = std::iter::once(version)
            .chain(row)
            .chain(segment.clone())
            .collect();
        let cells = row.iter().map(|cell| cell_text(cell, &mut guarded_cells));
        out.push_str(&cells.collect::<Vec<String>>().join(","));
        out.push_str("\r\n");
        whole_rows.push(row);
    }
    Ok(Written {
        layout,
        columns,
        rows: whole_rows,
        file: File {
            name: file_name(layout.file, scope),
            bytes: out.into_bytes(),
        },
        guarded_cells,
    })
}

fn cell_text(cell: &Cell, guarded_cells: &mut u64) -> String {
    match cell {
        Cell::Empty => String::new(),
        Cell::Text(text) => {
            let (safe, guarded) = guard::guarded(text);
            *guarded_cells += u64::from(guarded);
            quoted(&safe)
        }
        // A day comes from the findings as text: held to its form, so that nothing else gets in.
        Cell::Date(day) if guard::is_date(day) => day.clone(),
        Cell::Date(_) => String::new(),
        Cell::Count(count) => count.to_string(),
        Cell::Real(value, decimals) => real_text(*value, *decimals),
        Cell::Flag(flag) => flag.to_string(),
    }
}

/// A number with fixed decimals; a zero has no sign.
pub(crate) fn real_text(value: f64, decimals: usize) -> String {
    let text = format!("{value:.decimals$}");
    let zero = !text.chars().any(|c| ('1'..='9').contains(&c));
    if zero {
        text.trim_start_matches('-').to_owned()
    } else {
        text
    }
}

/// A cell as it is written: in quotes, whatever it holds.
pub(crate) fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('"', "\"\""))
}

#[cfg(test)]
mod tests;
