//! The tables of a report as one workbook for people who open a spreadsheet: a sheet a table, numbers
//! and days as such, the header in sight, charts that the spreadsheet itself draws.
//!
//! Text is stored as text, so that nothing in it is a formula; it has no guard and none of its
//! characters but those that steer a display is left out. Numbers have the decimals of the CSV tables.
//! Nothing in the file depends on when it is written.

use analysis::findings::Scope;
use rust_xlsxwriter::{
    Chart, ChartType, DocProperties, ExcelDateTime, Format, FormatAlign, Workbook, Worksheet,
    XlsxError,
};

use crate::Reproduce;
use crate::bundle::File;
use crate::error::Result;
use crate::table::{Cell, Written, real_text};
use crate::text::short;
use crate::wording;

/// Rows of a sheet below its header; the CSV table holds all.
const ROWS_MAX: usize = 1_000_000;
/// Longest text of a cell: half of what a spreadsheet holds, for it counts some characters twice.
const TEXT_CHARS_MAX: usize = 16_000;
/// Lines of a chart, and charts.
const LINES_MAX: usize = 8;
const CHARTS_MAX: usize = 12;
/// Width and height of a chart, and the cells that it covers with some room.
const CHART_PIXELS: (u32, u32) = (560, 280);
const CHART_CELLS: (u32, u16) = (15, 9);
/// Lines that a sentence of the overview has room for.
const LINES_OF_SENTENCE: u32 = 3;
/// Widths of columns, in characters.
const WIDTHS: std::ops::RangeInclusive<usize> = 10..=48;

/// Lines over days, drawn from rows of a table that lie together.
pub(crate) struct Lines {
    /// The table.
    pub(crate) table: &'static str,
    /// Rows that are alike in this column are a line.
    pub(crate) line: &'static str,
    /// The column of the day.
    pub(crate) day: &'static str,
    /// The column of the value.
    pub(crate) value: &'static str,
    /// Columns that are empty, or hold a text, in each row that is drawn.
    pub(crate) only: &'static [(&'static str, &'static str)],
    /// What the chart says, where all lines are in one; else each line is a chart of its own, named
    /// by this column.
    pub(crate) title: Title,
}

/// How a chart is named.
#[derive(Clone, Copy)]
pub(crate) enum Title {
    /// One chart of all lines.
    All(&'static str),
    /// A chart a line, named as the metric that the line is of.
    Metric,
}

/// The workbook of some tables, with sentences that tell what they say.
///
/// # Errors
/// [`crate::Error::Workbook`]; a fault of this crate.
pub(crate) fn workbook(
    name: String,
    (scope, reproduce, sentences): (&Scope, &Reproduce, &[String]),
    tables: &[Written],
    lines: &[Lines],
) -> Result<File> {
    let mut book = Workbook::new();
    let mut properties = DocProperties::new()
        .set_title(&name)
        .set_comment(short(&reproduce.command, TEXT_CHARS_MAX));
    if let Ok(as_of) = ExcelDateTime::parse_from_str(&scope.as_of) {
        properties = properties.set_creation_datetime(&as_of);
    }
    book.set_properties(&properties);
    let formats = Formats::new();
    overview(printable(&mut book), (scope, reproduce, sentences), tables)?;
    let charts = charts(tables, lines);
    if !charts.is_empty() {
        let sheet = printable(&mut book);
        sheet.set_name("charts")?;
        for (place, chart) in (0_u32..).zip(&charts) {
            let (rows, columns) = CHART_CELLS;
            let column = if place % 2 == 0 { 0 } else { columns };
            sheet.insert_chart(place / 2 * rows, column, chart)?;
        }
    }
    for table in tables {
        table_sheet(printable(&mut book), table, &formats)?;
    }
    Ok(File {
        name,
        bytes: book.save_to_buffer()?,
    })
}

/// A new sheet, which goes on paper as wide as a page is.
fn printable(book: &mut Workbook) -> &mut Worksheet {
    let sheet = book.add_worksheet();
    sheet.set_landscape().set_print_fit_to_pages(1, 0)
}

/// How cells look.
struct Formats {
    head: Format,
    day: Format,
    count: Format,
}

impl Formats {
    fn new() -> Self {
        Self {
            head: Format::new().set_bold().set_text_wrap(),
            day: Format::new().set_num_format("yyyy-mm-dd"),
            count: Format::new().set_num_format("#,##0"),
        }
    }
}

/// What writing to a sheet gives.
type Put = std::result::Result<(), XlsxError>;

fn overview(
    sheet: &mut Worksheet,
    (scope, reproduce, sentences): (&Scope, &Reproduce, &[String]),
    tables: &[Written],
) -> Put {
    sheet.set_name("overview")?;
    let bold = Format::new().set_bold();
    let told = bold.clone().set_text_wrap().set_align(FormatAlign::Top);
    let mut row = 0;
    for sentence in sentences {
        sheet.merge_range(row, 0, row, 2, &short(sentence, TEXT_CHARS_MAX), &told)?;
        sheet.set_row_height(row, LINES_OF_SENTENCE * 15)?;
        row += 1;
    }
    row += u32::from(!sentences.is_empty());
    let facts = [
        ("App", scope.app.clone()),
        ("From", scope.first_day.clone()),
        ("To", scope.last_day.clone()),
        ("Zone", scope.zone.clone()),
        ("Environment", scope.environment.clone()),
        ("Segment", scope.segment.to_string()),
        ("As of", scope.as_of.clone()),
        ("Data to", scope.data_through.clone().unwrap_or_default()),
        ("Command", reproduce.command.clone()),
        ("Shipwake", reproduce.version.clone()),
    ];
    for (name, value) in facts.iter().filter(|(_, value)| !value.is_empty()) {
        sheet.write_string(row, 0, *name)?;
        sheet.write_string(row, 1, short(value, TEXT_CHARS_MAX))?;
        row += 1;
    }
    row += 1;
    for (column, name) in (0_u16..).zip(["Sheet", "Rows", "One row is"]) {
        sheet.write_string_with_format(row, column, name, &bold)?;
    }
    for table in tables {
        row += 1;
        sheet.write_string(row, 0, table.layout.file)?;
        sheet.write_number(row, 1, number(wording::size(&table.rows)))?;
        let cut = if table.rows.len() > ROWS_MAX {
            "; the first million stand here, all in the CSV table"
        } else {
            ""
        };
        sheet.write_string(row, 2, format!("{}{cut}", table.layout.grain))?;
    }
    sheet.set_column_width(0, 24)?.set_column_width(1, 24)?;
    sheet.set_column_width(2, 60)?;
    Ok(())
}

#[expect(
    clippy::cast_precision_loss,
    reason = "a spreadsheet has no other numbers"
)]
fn number(count: u64) -> f64 {
    count as f64
}

fn table_sheet(sheet: &mut Worksheet, table: &Written, formats: &Formats) -> Put {
    sheet.set_name(table.layout.file)?;
    sheet.set_freeze_panes(1, 0)?;
    let mut last_row = 0;
    let mut last_column = 0;
    for (place, column) in (0_u16..).zip(&table.columns) {
        sheet.write_string_with_format(0, place, column.name, &formats.head)?;
        let cells = table.rows.iter().take(100);
        let cells = cells.filter_map(|row| row.get(usize::from(place)));
        let widest = cells.map(width).chain([column.name.len()]).max();
        let width = widest.unwrap_or_default() + 2;
        let width = width.clamp(*WIDTHS.start(), *WIDTHS.end());
        sheet.set_column_width(place, u32::try_from(width).unwrap_or_default())?;
        last_column = place;
    }
    for (place, row) in (1_u32..).zip(table.rows.iter().take(ROWS_MAX)) {
        for (column, cell) in (0_u16..).zip(row) {
            write(sheet, (place, column), cell, formats)?;
        }
        last_row = place;
    }
    if last_row > 0 {
        sheet.autofilter(0, 0, last_row, last_column)?;
    }
    Ok(())
}

/// How many characters a cell shows.
fn width(cell: &Cell) -> usize {
    match cell {
        Cell::Text(text) => text.chars().take(*WIDTHS.end()).count(),
        _ => *WIDTHS.start(),
    }
}

fn write(sheet: &mut Worksheet, (row, column): (u32, u16), cell: &Cell, of: &Formats) -> Put {
    match cell {
        Cell::Empty => {}
        Cell::Text(text) => {
            sheet.write_string(row, column, short(text, TEXT_CHARS_MAX))?;
        }
        // A day that the spreadsheet's calendar does not have stays text.
        Cell::Date(day) => match ExcelDateTime::parse_from_str(day) {
            Ok(at) => {
                sheet.write_datetime_with_format(row, column, &at, &of.day)?;
            }
            Err(_) => {
                sheet.write_string(row, column, short(day, TEXT_CHARS_MAX))?;
            }
        },
        Cell::Count(count) => {
            sheet.write_number_with_format(row, column, number(*count), &of.count)?;
        }
        Cell::Real(value, decimals) => {
            let rounded = real_text(*value, *decimals).parse().unwrap_or(*value);
            sheet.write_number(row, column, rounded)?;
        }
        Cell::Flag(flag) => {
            sheet.write_boolean(row, column, *flag)?;
        }
    }
    Ok(())
}

fn charts(tables: &[Written], lines: &[Lines]) -> Vec<Chart> {
    let drawn = lines.iter().flat_map(|lines| {
        let table = tables.iter().find(|table| table.layout.file == lines.table);
        table.map_or_else(Vec::new, |table| drawn(table, lines))
    });
    drawn.take(CHARTS_MAX).collect()
}

fn drawn(table: &Written, lines: &Lines) -> Vec<Chart> {
    let place = |name: &str| table.columns.iter().position(|column| column.name == name);
    let (Some(line), Some(day), Some(value)) =
        (place(lines.line), place(lines.day), place(lines.value))
    else {
        return Vec::new();
    };
    let runs = runs(table, lines, line, value);
    match lines.title {
        Title::All(title) => {
            let mut chart = empty(title);
            if table.columns[value].unit == "ratio" {
                chart.y_axis().set_num_format("0%").set_max(1);
            }
            // The newest are told of last.
            let shown = runs.len().saturating_sub(LINES_MAX);
            for run in &runs[shown..] {
                series(&mut chart, table, (*run, line), (day, value));
            }
            if runs.is_empty() {
                Vec::new()
            } else {
                vec![chart]
            }
        }
        Title::Metric => {
            let chart = |run: &(u32, u32)| {
                let cell = table.rows.get(run.0 as usize - 1)?.get(line)?;
                let Cell::Text(metric) = cell else {
                    return None;
                };
                let mut chart = empty(&wording::metric_name(metric));
                series(&mut chart, table, (*run, line), (day, value));
                chart.legend().set_hidden();
                Some(chart)
            };
            runs.iter().filter_map(chart).collect()
        }
    }
}

/// First and last row of each line with more than one point.
fn runs(table: &Written, lines: &Lines, line: usize, value: usize) -> Vec<(u32, u32)> {
    let is_drawn = |row: &Vec<Cell>| {
        let holds = |(name, text): &(&str, &str)| {
            let place = table.columns.iter().position(|column| column.name == *name);
            place.and_then(|place| row.get(place)) == Some(&Cell::text(text))
        };
        row.get(value).is_some_and(|cell| *cell != Cell::Empty) && lines.only.iter().all(holds)
    };
    let mut runs: Vec<(u32, u32)> = Vec::new();
    let mut open: Option<&Cell> = None;
    for (place, row) in (1_u32..).zip(table.rows.iter().take(ROWS_MAX)) {
        let key = row.get(line).filter(|_| is_drawn(row));
        match (key, runs.last_mut()) {
            (Some(key), Some(run)) if open == Some(key) => run.1 = place,
            (Some(_), _) => runs.push((place, place)),
            (None, _) => {}
        }
        open = key;
    }
    runs.retain(|run| run.1 > run.0);
    runs
}

fn empty(title: &str) -> Chart {
    let mut chart = Chart::new(ChartType::ScatterStraightWithMarkers);
    // Titles are ours: a text that began with `=` would be taken for a range.
    chart.title().set_name(title.trim_start_matches('='));
    chart.x_axis().set_num_format("d mmm");
    chart.set_width(CHART_PIXELS.0).set_height(CHART_PIXELS.1);
    chart.set_alt_text(title);
    chart
}

/// Adds a line. Its name is the text of a cell, so that none is taken for a range.
fn series(
    chart: &mut Chart,
    table: &Written,
    ((first, last), line): ((u32, u32), usize),
    (day, value): (usize, usize),
) {
    let sheet = table.layout.file;
    let [line, day, value] = [line, day, value].map(|place| u16::try_from(place).unwrap_or(0));
    chart
        .add_series()
        .set_name((sheet, first, line))
        .set_categories((sheet, first, day, last, day))
        .set_values((sheet, first, value, last, value));
}
