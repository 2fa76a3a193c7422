//! The arguments of `shipwake export`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use super::Question;

#[derive(Debug, Subcommand)]
pub(crate) enum Export {
    /// As a sheet
    #[command(subcommand)]
    Csv(ExportCsv),
}

#[derive(Debug, Subcommand)]
pub(crate) enum ExportCsv {
    /// The backlog, to be edited in a spreadsheet and read again by `import backlog`
    Backlog(ExportBacklog),
}

#[derive(Debug, Args)]
pub(crate) struct ExportBacklog {
    #[command(flatten)]
    pub(crate) question: Question,
    /// The program that opens it: excel-eu parts cells by `;` and has a decimal comma
    #[arg(long, value_enum, default_value = "plain")]
    pub(crate) preset: PresetArg,
    /// File to write; by default it is printed
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum PresetArg {
    Plain,
    Excel,
    ExcelEu,
}
