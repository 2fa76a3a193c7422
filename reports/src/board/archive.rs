//! Reports that were made by the schedule, to be read and taken away.

use askama::Template;

use super::Viewer;
use crate::error::Result;
use crate::text::clean;

/// A report of the archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArchivedReport {
    /// Its folder.
    pub name: String,
    /// What it says first.
    pub subject: String,
    /// Its page.
    pub page: Option<String>,
    /// Its other files.
    pub files: Vec<String>,
}

#[derive(Template)]
#[template(path = "board/archive.html")]
struct ArchiveView<'a> {
    reports: Vec<ReportView<'a>>,
    query: String,
}

struct ReportView<'a> {
    name: &'a str,
    subject: String,
    page: Option<&'a str>,
    files: &'a [String],
}

/// The part that lists the archive, the newest report first.
///
/// # Errors
/// [`crate::Error::Page`] if it can't be rendered.
pub fn archive(viewer: &Viewer, reports: &[ArchivedReport]) -> Result<String> {
    let reports = reports.iter().map(|report| ReportView {
        name: &report.name,
        subject: clean(&report.subject),
        page: report.page.as_deref(),
        files: &report.files,
    });
    let view = ArchiveView {
        reports: reports.collect(),
        query: viewer.query(),
    };
    Ok(view.render()?)
}
