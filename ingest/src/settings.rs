//! The limits of ingest, each with a name and a unit. Defaults are visible in one place.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::error::{Error, Result};
use crate::privacy::AppPrivacy;

/// How far a batch must have come before its request is answered 200.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Durability {
    /// Covered by a completed `fdatasync`.
    Disk,
    /// Handed to the operating system: a power cut may lose what was answered 200.
    Os,
}

/// The limits of ingest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// Bytes of all WAL segments together; beyond it batches meet an overload.
    #[serde(with = "lake::unit::bytes")]
    pub wal_bytes_max: u64,
    /// Bytes after which a WAL segment is closed and the next one opened.
    #[serde(with = "lake::unit::bytes")]
    pub segment_bytes_max: u64,
    /// Bytes of batches that wait for their group commit; beyond it batches meet an overload.
    #[serde(with = "lake::unit::bytes")]
    pub queue_bytes_max: u64,
    /// Bytes of the file system that are to stay free, at most a twentieth of it; below it batches
    /// meet an overload.
    #[serde(with = "lake::unit::bytes")]
    pub disk_free_bytes_min: u64,
    /// Longest wait between two flushes into the tables.
    #[serde(with = "lake::unit::span")]
    pub flush_interval: Duration,
    /// Rows after which a flush begins at once, and about the most that one flush takes.
    pub flush_rows_max: u64,
    /// WAL bytes after which a flush begins at once, and about the most that one flush takes.
    #[serde(with = "lake::unit::bytes")]
    pub flush_bytes_max: u64,
    /// What a 200 promises.
    pub durability: Durability,
    /// How long what is kept.
    pub keep: lake::Keep,
    /// What is stored of the events of each app that has rules of its own.
    #[serde(skip)]
    pub apps: BTreeMap<String, AppPrivacy>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            wal_bytes_max: 4 << 30,
            segment_bytes_max: 64 << 20,
            queue_bytes_max: 64 << 20,
            disk_free_bytes_min: 512 << 20,
            flush_interval: Duration::from_secs(2),
            flush_rows_max: 250_000,
            flush_bytes_max: 64 << 20,
            durability: Durability::Disk,
            keep: lake::Keep::default(),
            apps: BTreeMap::new(),
        }
    }
}

impl Settings {
    /// Checks that the settings hold together.
    ///
    /// # Errors
    /// [`Error::Settings`] with every problem found.
    pub fn validate(&self) -> Result<()> {
        let problems = self.problems();
        if problems.is_empty() {
            Ok(())
        } else {
            Err(Error::Settings { problems })
        }
    }

    /// What does not hold together, each with the key that it is about.
    #[must_use]
    pub fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        let mut ensure = |holds: bool, problem: &str| {
            if !holds {
                problems.push(problem.to_owned());
            }
        };
        ensure(
            self.segment_bytes_max > 0,
            "ingest.segment_bytes_max must be above 0",
        );
        ensure(
            self.segment_bytes_max <= self.wal_bytes_max,
            "ingest.segment_bytes_max must fit in ingest.wal_bytes_max",
        );
        ensure(
            self.queue_bytes_max > 0,
            "ingest.queue_bytes_max must be above 0",
        );
        ensure(
            !self.flush_interval.is_zero(),
            "ingest.flush_interval must be above 0",
        );
        ensure(
            self.flush_rows_max > 0,
            "ingest.flush_rows_max must be above 0",
        );
        ensure(
            self.flush_bytes_max > 0,
            "ingest.flush_bytes_max must be above 0",
        );
        problems
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_hold_together() {
        assert!(Settings::default().validate().is_ok());
    }

    #[test]
    fn every_problem_is_named_at_once() {
        let settings = Settings {
            segment_bytes_max: 2,
            wal_bytes_max: 1,
            flush_rows_max: 0,
            ..Settings::default()
        };
        let Err(Error::Settings { problems }) = settings.validate() else {
            unreachable!("the settings do not hold together");
        };
        assert_eq!(
            problems,
            [
                "ingest.segment_bytes_max must fit in ingest.wal_bytes_max",
                "ingest.flush_rows_max must be above 0"
            ]
        );
    }

    #[test]
    fn unknown_keys_are_refused() {
        assert!(serde_json::from_str::<Settings>(r#"{"wal_bytes": 1}"#).is_err());
        let settings: Settings = serde_json::from_str(r#"{"durability": "os"}"#).unwrap();
        assert_eq!(settings.durability, Durability::Os);
    }
}
