//! What can go wrong on the way from socket to table, named by what the caller does about it.
//! Refused events are data, not errors.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// The error of this crate.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A limit is reached and nothing was taken; the client retries.
    #[error("{}", .0.sentence())]
    Overloaded(Overload),
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
    /// The index of known ids could not be read or written; look at the disk, the client retries.
    #[error("the index of known ids could not be used")]
    Index {
        /// The cause.
        #[source]
        source: Arc<io::Error>,
    },
    /// A batch or a prepare frame could not be written as a frame or read from one: a bug of ours.
    #[error("a WAL frame could not be {action}")]
    Frame {
        /// What was tried, as a participle: "encoded", "decoded".
        action: &'static str,
        /// The cause.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
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
    /// The audit trail cannot be written: the act is not done.
    #[error("the audit trail cannot be written")]
    Audit(#[source] io::Error),
    /// The keys cannot be read: look at the data folder.
    #[error("the keys cannot be read")]
    Keys(#[source] crate::keys::KeyError),
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

/// What is full.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Overload {
    /// The bodies that are in memory at once.
    InFlight,
    /// The batches that wait for their group commit.
    Queue,
    /// The WAL's quota: the tables do not follow.
    WalQuota,
    /// The disk: less is free than its low-water mark.
    DiskLow,
}

impl Overload {
    /// The overload as it is spelled in answers and metrics.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::InFlight => "in_flight",
            Self::Queue => "queue",
            Self::WalQuota => "wal_quota",
            Self::DiskLow => "disk_low",
        }
    }

    /// The overload in words.
    #[must_use]
    pub fn sentence(self) -> &'static str {
        match self {
            Self::InFlight => "too many bytes are in flight",
            Self::Queue => "too many bytes wait for the disk",
            Self::WalQuota => "the WAL is full until the tables have followed",
            Self::DiskLow => "the disk has less free space than its low-water mark",
        }
    }

    /// How long a client should wait.
    #[must_use]
    pub fn retry_after(self) -> Duration {
        match self {
            Self::InFlight | Self::Queue => Duration::from_secs(1),
            Self::WalQuota | Self::DiskLow => Duration::from_secs(5),
        }
    }
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

    pub(crate) fn frame<E: std::error::Error + Send + Sync + 'static>(
        action: &'static str,
    ) -> impl FnOnce(E) -> Self {
        move |source| Self::Frame {
            action,
            source: Box::new(source),
        }
    }

    pub(crate) fn index(source: io::Error) -> Self {
        Self::Index {
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
            Self::Overloaded(overload) => Self::Overloaded(*overload),
            Self::Stopped => Self::Stopped,
            _ => Self::TaskEnded,
        }
    }
}
