//! The archive of reports in a data folder: a folder a report, with its files and what is told of it.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use reports::Message;
use reports::board::ArchivedReport;

use crate::commands::report::{Made, is_plain};

/// The archive's folder in the data folder.
const FOLDER: &str = "reports";
/// The message of a report, beside its files.
const MESSAGE: &str = "message.json";

/// Reports that were made.
#[derive(Debug, Clone)]
pub(crate) struct Archive {
    folder: PathBuf,
}

impl Archive {
    /// The archive of a data folder.
    pub(crate) fn of(data: &Path) -> Self {
        Self {
            folder: data.join(FOLDER),
        }
    }

    /// Puts a report in; returns its message.
    ///
    /// # Errors
    /// When it has no message, or the disk refuses.
    pub(crate) fn put(&self, made: Made) -> anyhow::Result<Message> {
        let message = made.message.clone().context("a report without a message")?;
        let place = self.folder.join(&made.folder);
        made.publish(Some(&place))?;
        let text = serde_json::to_vec_pretty(&message)?;
        lake::files::replace(&place.join(MESSAGE), &text)?;
        Ok(message)
    }

    /// Removes a report.
    ///
    /// # Errors
    /// When the disk refuses.
    pub(crate) fn remove(&self, report: &str) -> std::io::Result<()> {
        std::fs::remove_dir_all(self.folder.join(report))
    }

    /// What is told of a report.
    ///
    /// # Errors
    /// When it is not there.
    pub(super) fn message(&self, report: &str) -> anyhow::Result<Message> {
        let message = std::fs::read(self.folder.join(report).join(MESSAGE));
        let message = message.with_context(|| format!("{report} is no longer in the archive"))?;
        Ok(serde_json::from_slice(&message)?)
    }

    /// The page of a report: its name and content.
    ///
    /// # Errors
    /// When it is not there.
    pub(super) fn page(&self, report: &str) -> anyhow::Result<(String, Vec<u8>)> {
        let files = self.files(report)?;
        let is_page = |path: &&PathBuf| path.extension().is_some_and(|ending| ending == "html");
        let Some(page) = files.iter().find(is_page) else {
            bail!("{report} has no page");
        };
        let name = page.file_name().unwrap_or_default().to_string_lossy();
        Ok((name.into_owned(), std::fs::read(page)?))
    }

    /// Copies the files of a report into a folder.
    ///
    /// # Errors
    /// When the disk refuses.
    pub(super) fn copy(&self, report: &str, to: &Path) -> anyhow::Result<()> {
        let failed = || format!("{} cannot be written", to.display());
        lake::files::create_folders(to).with_context(failed)?;
        for file in self.files(report)? {
            let name = file.file_name().unwrap_or_default();
            lake::files::replace(&to.join(name), &std::fs::read(&file)?).with_context(failed)?;
        }
        Ok(())
    }

    /// The weekly reports of an app, the newest first, each with what is told of it.
    ///
    /// # Errors
    /// When the disk refuses.
    pub(crate) fn list(&self, app: &str) -> anyhow::Result<Vec<ArchivedReport>> {
        let entries = match std::fs::read_dir(&self.folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(error).context("the archive cannot be read"),
        };
        let mut reports = Vec::new();
        for entry in entries {
            let name = entry?.file_name().to_string_lossy().into_owned();
            if is_of_app(&name, app) {
                match self.listed(name) {
                    Ok(report) => reports.push(report),
                    // It is being put in or removed.
                    Err(error) => tracing::warn!(error = format!("{error:#}"), "report not listed"),
                }
            }
        }
        reports.sort_by(|one, other| other.name.cmp(&one.name));
        Ok(reports)
    }

    fn listed(&self, name: String) -> anyhow::Result<ArchivedReport> {
        let mut files = Vec::new();
        for path in self.files(&name)? {
            files.push(
                path.file_name()
                    .unwrap_or_default()
                    .to_string_lossy()
                    .into_owned(),
            );
        }
        let page = files.iter().position(|file| file.ends_with(".html"));
        Ok(ArchivedReport {
            subject: self.message(&name).map(|message| message.subject)?,
            page: page.map(|index| files.remove(index)),
            files,
            name,
        })
    }

    /// A file of a report of an app; `None` where there is none.
    ///
    /// # Errors
    /// When the disk refuses.
    pub(crate) fn file(
        &self,
        app: &str,
        report: &str,
        name: &str,
    ) -> anyhow::Result<Option<Vec<u8>>> {
        if !is_of_app(report, app) || !is_plain(name) || name == MESSAGE {
            return Ok(None);
        }
        match std::fs::read(self.folder.join(report).join(name)) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error).context("the file cannot be read"),
        }
    }

    /// The files of a report, the manifest last: whoever sees it has all of them.
    fn files(&self, report: &str) -> anyhow::Result<Vec<PathBuf>> {
        let folder = self.folder.join(report);
        let mut files = Vec::new();
        for entry in std::fs::read_dir(&folder)
            .with_context(|| format!("{report} is no longer in the archive"))?
        {
            let entry = entry?;
            let name = entry.file_name().to_string_lossy().into_owned();
            if name != MESSAGE {
                files.push((name.starts_with("manifest"), entry.path()));
            }
        }
        files.sort();
        Ok(files.into_iter().map(|(_, path)| path).collect())
    }
}

/// Whether a folder holds a weekly report of an app. What follows its name is a week or a day and
/// nothing more, so that no app is taken for another whose name begins alike.
fn is_of_app(folder: &str, app: &str) -> bool {
    let of_app = folder.strip_prefix("weekly-");
    let label = of_app.and_then(|rest| rest.strip_prefix(app)?.strip_prefix('-'));
    label.is_some_and(|label| {
        let shape: String = label
            .chars()
            .map(|c| if c.is_ascii_digit() { '0' } else { c })
            .collect();
        matches!(shape.as_str(), "0000-W00" | "0000-00-00")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_is_of_one_app_alone() {
        assert!(is_of_app("weekly-shop-2026-W40", "shop"));
        assert!(is_of_app("weekly-shop-2026-10-04", "shop"));
        assert!(is_of_app("weekly-shop-2026-2026-W40", "shop-2026"));
        for (folder, app) in [
            ("weekly-shop-2026-2026-W40", "shop"),
            ("weekly-shop-eu-2026-W40", "shop"),
            ("weekly-shop-2026-W40", "sho"),
            ("weekly-shop-2026-W40/..", "shop"),
            ("../weekly-shop-2026-W40", "shop"),
            ("weekly-shop-..", "shop"),
        ] {
            assert!(!is_of_app(folder, app), "{folder} of {app}");
        }
    }
}
