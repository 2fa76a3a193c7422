//! A table of comma-, semicolon- or tab-separated values, row by row, each with its raw bytes.
//!
//! Rows may be ragged: cells that are missing are empty, and those beyond the header are counted.
//! A row that is longer than a limit ends the import, since a quote that is never closed would
//! otherwise take the rest of the file into memory.

use std::io::{self, Read};
use std::sync::{Arc, Mutex, PoisonError};

use csv::{ByteRecord, ReaderBuilder};

use crate::import::ImportError;
use crate::import::source::{File, Progress, text_of};

/// The longest row.
const ROW_BYTES_MAX: usize = 16 << 20;
/// As much of the file as is looked at to tell what separates its cells.
const HEAD_BYTES: u64 = 64 << 10;

/// Rows with more cells than the header has: how many, and where the first ones are.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WideRows {
    /// The numbers of the first few; the first row below the header is 1.
    pub first: Vec<u64>,
    /// How many there are.
    pub count: u64,
}

impl WideRows {
    /// Rows that are named by their numbers.
    const NAMED: usize = 5;

    fn take(&mut self, row: u64) {
        self.count += 1;
        if self.first.len() < Self::NAMED {
            self.first.push(row);
        }
    }
}

/// A row of a table.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct SheetRow {
    /// Its cells, at least as many as the header has.
    pub(crate) cells: Vec<String>,
    /// Its bytes, without the end of the line.
    pub(crate) raw: Vec<u8>,
}

/// A table that is being read.
pub(crate) struct Sheet {
    reader: csv::Reader<Tap>,
    kept: Arc<Mutex<Kept>>,
    progress: Progress,
    header: Vec<String>,
    record: ByteRecord,
    lossy_rows: u64,
    wide_rows: WideRows,
    rows: u64,
    has_decimal_comma: bool,
}

/// What was handed to the reader and belongs to no finished row.
#[derive(Default)]
struct Kept {
    bytes: Vec<u8>,
    /// Where the current row begins in `bytes`.
    row: usize,
    /// Where `bytes` begins in the text.
    start: u64,
}

struct Tap {
    from: Box<dyn Read + Send>,
    kept: Arc<Mutex<Kept>>,
}

impl Read for Tap {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        let read = self.from.read(to)?;
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let row = kept.row;
        kept.bytes.drain(..row);
        kept.start += u64::try_from(row).unwrap_or(u64::MAX);
        kept.row = 0;
        if kept.bytes.len() > ROW_BYTES_MAX {
            let message = "a row is longer than 16 MiB: is there a quote that is never closed?";
            return Err(io::Error::new(io::ErrorKind::InvalidData, message));
        }
        kept.bytes.extend_from_slice(&to[..read]);
        Ok(read)
    }
}

impl Kept {
    /// The bytes up to `end` in the text, which end a row.
    fn take_row(&mut self, end: u64) -> Vec<u8> {
        let end = usize::try_from(end.saturating_sub(self.start)).unwrap_or(usize::MAX);
        let end = end.clamp(self.row, self.bytes.len());
        let raw = &self.bytes[self.row..end];
        self.row = end;
        let is_line_end = |byte: &u8| matches!(byte, b'\r' | b'\n');
        let first = raw
            .iter()
            .position(|byte| !is_line_end(byte))
            .unwrap_or(raw.len());
        let last = raw
            .iter()
            .rposition(|byte| !is_line_end(byte))
            .map_or(first, |last| last + 1);
        raw[first..last].to_vec()
    }
}

impl Sheet {
    /// Whether a comma stands before decimals: spreadsheets that write so part cells by `;`.
    pub(crate) fn has_decimal_comma(&self) -> bool {
        self.has_decimal_comma
    }

    /// Opens a table and reads its header.
    pub(crate) fn open(file: File) -> Result<Self, ImportError> {
        let (mut text, progress) = text_of(file)?;
        let mut head = Vec::new();
        text.by_ref().take(HEAD_BYTES).read_to_end(&mut head)?;
        let delimiter = delimiter(&head);
        let kept = Arc::default();
        let from = Box::new(io::Cursor::new(head).chain(text));
        let tap = Tap {
            from,
            kept: Arc::clone(&kept),
        };
        let reader = ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .delimiter(delimiter)
            .from_reader(tap);
        let mut sheet = Self {
            reader,
            kept,
            progress,
            header: Vec::new(),
            record: ByteRecord::new(),
            lossy_rows: 0,
            wide_rows: WideRows::default(),
            rows: 0,
            has_decimal_comma: delimiter == b';',
        };
        let Some(header) = sheet.next_row()? else {
            let message = "the file is empty: its first line must name the columns".to_owned();
            return Err(ImportError::Header { message });
        };
        sheet.header = header
            .cells
            .iter()
            .map(|name| name.trim().to_owned())
            .collect();
        (sheet.lossy_rows, sheet.rows) = (0, 0);
        Ok(sheet)
    }

    /// The names of the columns.
    pub(crate) fn header(&self) -> &[String] {
        &self.header
    }

    /// The next row.
    pub(crate) fn next_row(&mut self) -> Result<Option<SheetRow>, ImportError> {
        if !self.reader.read_byte_record(&mut self.record)? {
            return Ok(None);
        }
        let end = self.reader.position().byte();
        let raw = self
            .kept
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take_row(end);
        let mut is_lossy = false;
        let mut cells: Vec<String> = self
            .record
            .iter()
            .map(|cell| {
                let text = String::from_utf8_lossy(cell);
                is_lossy |= matches!(text, std::borrow::Cow::Owned(_));
                text.into_owned()
            })
            .collect();
        self.lossy_rows += u64::from(is_lossy);
        self.rows += 1;
        if cells.len() > self.header.len() && !self.header.is_empty() {
            self.wide_rows.take(self.rows);
        }
        if cells.len() < self.header.len() {
            cells.resize(self.header.len(), String::new());
        }
        Ok(Some(SheetRow { cells, raw }))
    }

    pub(crate) fn bytes_read(&self) -> u64 {
        self.progress.bytes_read()
    }

    pub(crate) fn lossy_rows(&self) -> u64 {
        self.lossy_rows
    }

    /// Rows with more cells than the header has.
    pub(crate) fn wide_rows(&self) -> &WideRows {
        &self.wide_rows
    }
}

/// Reads a whole table as it stands: the names of its columns, and its rows, each with a cell a column
/// at least.
///
/// # Errors
/// [`ImportError`] when it cannot be read, is empty, or has more than `bytes_max` bytes.
pub fn cells(file: File, bytes_max: u64) -> Result<(Vec<String>, Vec<Vec<String>>), ImportError> {
    let mut sheet = Sheet::open(file)?;
    let mut rows = Vec::new();
    while let Some(row) = sheet.next_row()? {
        if sheet.bytes_read() > bytes_max {
            let message = format!("the file is larger than {} MiB", bytes_max >> 20);
            return Err(ImportError::Header { message });
        }
        rows.push(row.cells);
    }
    Ok((sheet.header, rows))
}

/// The delimiter that is most frequent outside of quotes in the first line.
fn delimiter(head: &[u8]) -> u8 {
    let mut is_quoted = false;
    let mut counts = [(b',', 0_u32), (b';', 0), (b'\t', 0)];
    for byte in head {
        match byte {
            b'"' => is_quoted = !is_quoted,
            b'\n' if !is_quoted => break,
            _ if is_quoted => {}
            _ => {
                for (delimiter, count) in &mut counts {
                    *count += u32::from(byte == delimiter);
                }
            }
        }
    }
    let [first, rest @ ..] = counts;
    rest.into_iter()
        .fold(
            first,
            |best, next| if next.1 > best.1 { next } else { best },
        )
        .0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(bytes: &[u8]) -> (Vec<String>, Vec<SheetRow>) {
        let mut sheet = Sheet::open(Box::new(io::Cursor::new(bytes.to_vec()))).unwrap();
        let mut rows = Vec::new();
        while let Some(row) = sheet.next_row().unwrap() {
            rows.push(row);
        }
        (sheet.header().to_vec(), rows)
    }

    fn row(cells: &[&str], raw: &str) -> SheetRow {
        SheetRow {
            cells: cells.iter().map(|c| (*c).to_owned()).collect(),
            raw: raw.into(),
        }
    }

    #[test]
    fn rows_keep_their_own_bytes() {
        let table = "\u{feff}a,b\r\n1,\"x\r\n\"\"y\"\"\"\r\n\r\n日本,=cmd\r\n🙂";
        let (header, found) = rows(table.as_bytes());
        assert_eq!(header, ["a", "b"]);
        let expected = [
            row(&["1", "x\r\n\"y\""], "1,\"x\r\n\"\"y\"\"\""),
            row(&["日本", "=cmd"], "日本,=cmd"),
            row(&["🙂", ""], "🙂"),
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn bytes_of_each_row_are_right_over_many_buffers() {
        let line = |n: usize| format!("{n},{}", "z".repeat(n % 997));
        let mut table = String::from("a,b\n");
        for n in 0..5000 {
            table.push_str(&line(n));
            table.push('\n');
        }
        let (_, found) = rows(table.as_bytes());
        assert_eq!(found.len(), 5000);
        for (n, row) in found.iter().enumerate() {
            assert_eq!(row.raw, line(n).as_bytes());
        }
    }

    #[test]
    fn delimiter_is_told_by_the_header() {
        assert_eq!(rows(b"a;b\n1;2,5\n").1, [row(&["1", "2,5"], "1;2,5")]);
        assert_eq!(rows(b"a\tb\n1\t2\n").1, [row(&["1", "2"], "1\t2")]);
        assert_eq!(rows(b"\"a;;;\",b\n1,2\n").1, [row(&["1", "2"], "1,2")]);
        assert_eq!(rows(b"a\n1\n").1, [row(&["1"], "1")]);
    }

    #[test]
    fn wrong_bytes_and_wide_rows_are_counted() {
        let bytes = b"a,b\nx\xff,1\nx,1,2,3\n";
        let mut sheet = Sheet::open(Box::new(io::Cursor::new(bytes.to_vec()))).unwrap();
        let first = sheet.next_row().unwrap().unwrap();
        assert_eq!(
            (first.cells[0].as_str(), first.raw.as_slice()),
            ("x\u{fffd}", &b"x\xff,1"[..])
        );
        assert!(sheet.next_row().unwrap().is_some());
        let wide = sheet.wide_rows();
        assert_eq!(
            (sheet.lossy_rows(), &wide.first[..], wide.count),
            (1, &[2][..], 1)
        );
    }

    #[test]
    fn quote_that_is_never_closed_ends_the_import_in_bounded_memory() {
        let table = b"a,b\n1,\"".as_slice().chain(io::repeat(b'x'));
        let mut sheet = Sheet::open(Box::new(table)).unwrap();
        assert!(matches!(sheet.next_row(), Err(ImportError::Csv(_))));
        let length = u64::try_from(ROW_BYTES_MAX).unwrap();
        assert!(sheet.bytes_read() < length + (1 << 20));
    }

    #[test]
    fn empty_file_is_refused() {
        let opened = Sheet::open(Box::new(io::empty())).map(|sheet| sheet.header().to_vec());
        assert!(matches!(opened, Err(ImportError::Header { .. })));
    }
}
