//! What the schedule remembers from run to run, in one file of the data folder.
//!
//! A file that cannot be read is no reason to stop looking: it is set aside by name and said so. What
//! was said of each release stands in the table `verdicts` as well.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use lake::Micros;
use serde::{Deserialize, Serialize};

use super::urgent::UrgentMemory;
use super::watch::Watched;
use super::weekly::WeeklyMemory;
use crate::deliver::Deliveries;

const FILE: &str = "schedule.json";

/// By app, then by release.
pub(crate) type Releases = BTreeMap<String, BTreeMap<String, Watched>>;

/// What is remembered.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Memory {
    /// When releases were looked at last.
    pub(crate) ran_at: Option<Micros>,
    /// By app, then by release.
    pub(crate) releases: Releases,
    /// What was made each week.
    pub(crate) weekly: WeeklyMemory,
    /// What was told at once.
    pub(crate) urgent: UrgentMemory,
    /// What is to go to whom, and what went.
    pub(crate) deliveries: Deliveries,
    #[serde(skip)]
    file: PathBuf,
}

impl Memory {
    /// Reads what is remembered in a data folder.
    ///
    /// # Errors
    /// When the disk refuses.
    pub(crate) fn read(folder: &Path) -> anyhow::Result<Self> {
        let file = folder.join(FILE);
        let text = match std::fs::read(&file) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
            read => Some(read.with_context(|| format!("{} cannot be read", file.display()))?),
        };
        let read = text.map(|text| serde_json::from_slice::<Self>(&text));
        let memory = match read {
            None => Self::default(),
            Some(Ok(memory)) => memory,
            Some(Err(cause)) => {
                let aside = file.with_extension("json.unreadable");
                tracing::warn!(%cause, aside = %aside.display(), "schedule set aside");
                std::fs::rename(&file, &aside)
                    .with_context(|| format!("{} cannot be set aside", file.display()))?;
                Self::default()
            }
        };
        Ok(Self { file, ..memory })
    }

    /// The data folder that it is of.
    pub(crate) fn folder(&self) -> &Path {
        self.file.parent().unwrap_or(Path::new(""))
    }

    /// Keeps it.
    ///
    /// # Errors
    /// When the disk refuses.
    pub(crate) fn keep(&self) -> anyhow::Result<()> {
        let text = serde_json::to_vec_pretty(self).context("the schedule has no form in JSON")?;
        lake::files::replace(&self.file, &text).context("the schedule cannot be kept")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_is_read_again_and_what_is_no_json_is_set_aside() {
        let folder = tempfile::tempdir().unwrap();
        let mut memory = Memory::read(folder.path()).unwrap();
        assert_eq!(memory.ran_at, None);
        memory.ran_at = Some(7);
        let shop = memory.releases.entry("shop".to_owned()).or_default();
        shop.insert("2.0".to_owned(), Watched::default());
        memory.keep().unwrap();
        let again = Memory::read(folder.path()).unwrap();
        assert_eq!((again.ran_at, &again.releases), (Some(7), &memory.releases));
        lake::files::replace(&folder.path().join(FILE), b"oops").unwrap();
        assert_eq!(Memory::read(folder.path()).unwrap().ran_at, None);
        let aside = folder.path().join("schedule.json.unreadable");
        assert!(aside.try_exists().unwrap());
    }
}
