//! What can go wrong while findings are rendered or published.

use std::io;
use std::path::PathBuf;

/// An error of this crate.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A page could not be rendered.
    #[error("page could not be rendered")]
    Page(#[from] askama::Error),
    /// Findings could not be written as JSON.
    #[error("findings could not be written as JSON")]
    Json(#[from] serde_json::Error),
    /// A workbook could not be written: a fault of this crate.
    #[error("workbook could not be written")]
    Workbook(#[from] rust_xlsxwriter::XlsxError),
    /// A CSV row does not fit the columns of its table: a fault of this crate.
    #[error("row {row} of {file} has {got} cells for {want} columns")]
    Row {
        /// The table.
        file: &'static str,
        /// The row, from 1.
        row: usize,
        /// Cells in the row.
        got: usize,
        /// Columns of the table.
        want: usize,
    },
    /// A file could not be put in place.
    #[error("{path} could not be written")]
    Publish {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

/// A result of this crate.
pub type Result<T> = std::result::Result<T, Error>;
