//! How the service is: what its parts note about themselves, and what that comes to for those who
//! ask whether it is ready.

use std::sync::atomic::AtomicU64;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use crate::engine::RecoveryReport;
use crate::metrics::Metrics;
use crate::settings::Durability;

/// What the parts of the service note about themselves.
#[derive(Debug)]
pub(crate) struct Signs {
    pub(crate) metrics: Metrics,
    pub(crate) wal: Trouble,
    pub(crate) tables: Trouble,
    /// Erasures that ended since the start.
    pub(crate) erasures: AtomicU64,
    last_flush_at: Mutex<Option<Timestamp>>,
}

impl Signs {
    pub(crate) fn new() -> Self {
        Self {
            metrics: Metrics::new(),
            wal: Trouble::default(),
            tables: Trouble::default(),
            erasures: AtomicU64::new(0),
            last_flush_at: Mutex::default(),
        }
    }

    /// Takes note of a flush that succeeded.
    pub(crate) fn flushed(&self, took: Duration, at: Timestamp) {
        self.metrics.flushed(took, at);
        *self
            .last_flush_at
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = Some(at);
    }

    pub(crate) fn last_flush_at(&self) -> Option<Timestamp> {
        *self
            .last_flush_at
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

/// What failed last, until it works again.
#[derive(Debug, Default)]
pub(crate) struct Trouble(Mutex<Option<(Instant, String)>>);

impl Trouble {
    /// Takes note of how an attempt ended, and of the causes of a failure.
    pub(crate) fn note<T, E: std::error::Error>(&self, outcome: &Result<T, E>) {
        let failure = outcome.as_ref().err().map(|error| {
            let cause = error.source().map(|cause| format!(": {cause}"));
            (
                Instant::now(),
                format!("{error}{}", cause.unwrap_or_default()),
            )
        });
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = failure;
    }

    fn within(&self, span: Duration) -> Option<String> {
        let found = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (at, words) = found.as_ref()?;
        (at.elapsed() <= span).then(|| words.clone())
    }
}

/// How long a failed group commit keeps the service from being ready: whoever sends nothing while
/// it is not ready would never see it recover.
const WAL_TROUBLE: Duration = Duration::from_secs(5);

/// How the service is at one moment.
#[derive(Debug, Clone, Serialize)]
pub struct Condition {
    /// Whether it takes what is sent.
    pub is_ready: bool,
    /// Why it does not, each in words.
    pub reasons: Vec<String>,
    /// What it takes all the same but somebody should look at.
    pub warnings: Vec<String>,
    /// What a 200 promises.
    pub durability: Durability,
    /// Records on disk that the tables do not hold yet.
    pub pending: u64,
    /// The WAL.
    pub wal: WalCondition,
    /// When a flush last succeeded.
    pub last_flush_at: Option<Timestamp>,
    /// What the last start found.
    pub recovery: RecoveryReport,
}

/// The WAL at one moment.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct WalCondition {
    /// Bytes of all segments.
    pub bytes: u64,
    /// The quota.
    pub bytes_max: u64,
    /// Its segments.
    pub segments: u64,
    /// Free on its disk; absent before the first request.
    pub disk_free_bytes: Option<u64>,
    /// Whether less is free than the low-water mark.
    #[serde(skip)]
    pub(crate) disk_is_low: bool,
}

impl Condition {
    pub(crate) fn judge(mut self, signs: &Signs, is_stopping: bool) -> Self {
        let mut reason = |holds: bool, words: &str| {
            if holds {
                self.reasons.push(words.to_owned());
            }
        };
        reason(is_stopping, "the service is stopping");
        reason(
            self.wal.disk_is_low,
            "the disk has less free space than ingest.disk_free_bytes_min: make room",
        );
        reason(
            self.wal.bytes >= self.wal.bytes_max / 16 * 15,
            "the WAL has reached ingest.wal_bytes_max: the tables do not follow",
        );
        if let Some(failure) = signs.wal.within(WAL_TROUBLE) {
            self.reasons
                .push(format!("the WAL cannot be written: {failure}"));
        }
        if let Some(failure) = signs.tables.within(Duration::MAX) {
            let words = "the tables cannot be written, what is sent waits in the WAL";
            self.warnings.push(format!("{words}: {failure}"));
        }
        if self.durability == Durability::Os {
            let words = "durability is os: a power cut may lose what was answered 200";
            self.warnings.push(words.to_owned());
        }
        for damage in &self.recovery.damage {
            self.warnings
                .push(format!("a part of the WAL was set aside: {damage}"));
        }
        self.is_ready = self.reasons.is_empty();
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trouble_is_told_with_its_cause_until_it_works_again() {
        let trouble = Trouble::default();
        let failure = || -> crate::Result<()> {
            Err(crate::Error::Audit(std::io::Error::other("no space left")))
        };
        trouble.note(&failure());
        let words = trouble.within(Duration::MAX).unwrap();
        assert_eq!(words, "the audit trail cannot be written: no space left");
        trouble.note(&crate::Result::Ok(()));
        assert_eq!(trouble.within(Duration::MAX), None);
    }
}
