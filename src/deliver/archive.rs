//! The archive of reports in a data folder: a folder a report, with its files and what is told of it.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use reports::Message;

use crate::commands::report::Made;

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
