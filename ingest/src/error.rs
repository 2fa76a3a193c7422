//! What can go wrong on the way from socket to table, named by what the caller does about it.
//! Refused events are data, not errors.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// The error of this crate.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A bounded queue or the WAL's quota is full and nothing was taken; the client retries.
    #[error("queue is full, retry in {retry_after:?}")]
    Overloaded {
        /// How long the client should wait.
        retry_after: Duration,
    },
    /// The service is going down and takes nothing more; the client retries elsewhere or later.
    #[error("the service is stopping")]
    Stopped,
    /// The disk refused the WAL; what was sent is not promised, the client retries.
    #[error("{action} {path} failed")]
    Wal {
        /// What was tried: "writing", "syncing".
        action: &'static str,
        /// The segment or folder.
        path: PathBuf,
        /// The cause, shared by all who waited for the same group commit.
        #[source]
        source: Arc<io::Error>,
    },
    /// Reading or writing another file failed; look at the disk.
    #[error("{action} {path} failed")]
    File {
        /// What was tried: "reading", "writing".
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// The cause.
        #[source]
        source: io::Error,
    },
    /// The WAL was written by another ingest node; give the data folder its own node name back.
    #[error("WAL segment {path} belongs to another ingest node")]
    ForeignSegment {
        /// The segment.
        path: PathBuf,
    },
    /// A batch or a prepare frame could not become JSON: a bug of ours.
    #[error("a WAL frame could not be encoded")]
    Encode(#[source] serde_json::Error),
    /// The tables refused; what was sent is safe in the WAL and is tried again.
    #[error("the tables could not be {action}")]
    Lake {
        /// What was tried, as a participle: "committed".
        action: &'static str,
        /// The cause.
        #[source]
        source: Box<lake::Error>,
    },
    /// Settings that cannot hold together; change them.
    #[error("settings of ingest: {}", problems.join("; "))]
    Settings {
        /// Every problem, each with the key that it is about.
        problems: Vec<String>,
    },
    /// A task of the engine ended before it answered: a bug of ours.
    #[error("a task of the ingest engine ended early")]
    TaskEnded,
    /// A flush was cut off at a step, as a test asked.
    #[cfg(test)]
    #[error("cut off at {step}")]
    CutOff {
        /// The step after which nothing more was done.
        step: String,
    },
}

/// The result of this crate's calls.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    pub(crate) fn wal(
        action: &'static str,
        path: &std::path::Path,
    ) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Wal {
            action,
            path,
            source: Arc::new(source),
        }
    }

    pub(crate) fn lake(action: &'static str) -> impl FnOnce(lake::Error) -> Self {
        move |source| Self::Lake {
            action,
            source: Box::new(source),
        }
    }

    /// The same error for one more of those who waited for the same group commit.
    pub(crate) fn shared(&self) -> Self {
        match self {
            Self::Wal {
                action,
                path,
                source,
            } => Self::Wal {
                action,
                path: path.clone(),
                source: Arc::clone(source),
            },
            Self::Overloaded { retry_after } => Self::Overloaded {
                retry_after: *retry_after,
            },
            Self::Stopped => Self::Stopped,
            _ => Self::TaskEnded,
        }
    }
}
