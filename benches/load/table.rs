//! The table that a run prints.

use comfy_table::presets::ASCII_MARKDOWN;
use comfy_table::{CellAlignment, Table};

/// One line: a load and what came of it. `None` is what was not measured.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) what: String,
    /// Expected before the first measurement, in events a second.
    pub(crate) estimate: Option<f64>,
    pub(crate) acknowledged_per_s: f64,
    pub(crate) committed_per_s: Option<f64>,
    /// Of the bare handler's requests with the same batches.
    pub(crate) of_bare: Option<f64>,
    pub(crate) p50_us: u64,
    pub(crate) p99_us: u64,
    pub(crate) p999_us: u64,
    pub(crate) peak_bytes: Option<u64>,
    pub(crate) wal_bytes: Option<u64>,
    pub(crate) server_us_per_event: Option<f64>,
    pub(crate) client_us_per_event: f64,
    pub(crate) overloads: u64,
}

const HEAD: [&str; 13] = [
    "load",
    "estimate/s",
    "acknowledged/s",
    "committed/s",
    "of bare",
    "p50 ms",
    "p99 ms",
    "p99.9 ms",
    "peak MiB",
    "WAL MiB",
    "server µs/event",
    "client µs/event",
    "503s",
];

pub(crate) fn render(rows: &[Row]) -> String {
    let mut table = Table::new();
    table.load_style(ASCII_MARKDOWN).set_header(HEAD);
    for row in rows {
        table.add_row([
            row.what.clone(),
            or_dash(row.estimate, thousands),
            thousands(row.acknowledged_per_s),
            or_dash(row.committed_per_s, thousands),
            or_dash(row.of_bare, |share| format!("{:.0} %", share * 100.0)),
            millis(row.p50_us),
            millis(row.p99_us),
            millis(row.p999_us),
            or_dash(row.peak_bytes, |bytes| (bytes >> 20).to_string()),
            or_dash(row.wal_bytes, |bytes| (bytes >> 20).to_string()),
            or_dash(row.server_us_per_event, |micros| format!("{micros:.2}")),
            format!("{:.2}", row.client_us_per_event),
            row.overloads.to_string(),
        ]);
    }
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table.to_string()
}

fn or_dash<T>(value: Option<T>, text: impl FnOnce(T) -> String) -> String {
    value.map_or_else(|| "-".to_owned(), text)
}

#[expect(
    clippy::cast_precision_loss,
    reason = "microseconds of a latency are far below 2^52"
)]
fn millis(micros: u64) -> String {
    format!("{:.2}", micros as f64 / 1000.0)
}

/// A rate with its thousands apart.
fn thousands(rate: f64) -> String {
    let digits = format!("{rate:.0}");
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
