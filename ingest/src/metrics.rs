//! What the service counts about itself: every metric is declared here, with its name, help and
//! unit. No label names a person, and none grows with what clients send.

use std::fmt;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use jiff::Timestamp;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::{Registry, Unit};

use crate::draft::Receipt;
use crate::error::Overload;

/// A request, as it was answered.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RequestLabels {
    route: &'static str,
    status: u16,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OutcomeLabels {
    outcome: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ReasonLabels {
    reason: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct TableLabels {
    table: &'static str,
}

/// Of how much is measured at the moment of a question and not counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Levels {
    pub(crate) pending_rows: u64,
    pub(crate) wal_bytes: u64,
    pub(crate) wal_segments: u64,
    pub(crate) damaged_stretches: u64,
    pub(crate) disk_free_bytes: u64,
    pub(crate) body_bytes_in_flight: u64,
    pub(crate) known_ids: u64,
}

/// The last line of the format.
const END: &str = "# EOF\n";

type ReadLevel = fn(&Levels) -> u64;

/// Name, help and value of each level.
const LEVELS: [(&str, &str, ReadLevel); 7] = [
    (
        "pending_records",
        "On disk and not in the tables yet",
        |l| l.pending_rows,
    ),
    ("wal_bytes", "Bytes of all WAL segments", |l| l.wal_bytes),
    ("wal_segments", "WAL segments", |l| l.wal_segments),
    (
        "wal_damaged_stretches",
        "Unreadable stretches of the WAL that the last start found",
        |l| l.damaged_stretches,
    ),
    ("disk_free_bytes", "Free on the disk of the WAL", |l| {
        l.disk_free_bytes
    }),
    (
        "body_bytes_in_flight",
        "Bytes of bodies in memory, and of their decoders",
        |l| l.body_bytes_in_flight,
    ),
    ("known_ids", "Event ids that are looked up", |l| l.known_ids),
];

/// The metrics of a service.
pub(crate) struct Metrics {
    registry: Registry,
    requests: Family<RequestLabels, Counter>,
    body_bytes: Counter,
    records: Family<OutcomeLabels, Counter>,
    noted: Family<OutcomeLabels, Counter>,
    overloads: Family<ReasonLabels, Counter>,
    pub(crate) group_commits: Counter,
    pub(crate) group_commit_failures: Counter,
    pub(crate) fsync_seconds: Histogram,
    flush_seconds: Histogram,
    pub(crate) flush_failures: Counter,
    last_flush: Gauge<f64, AtomicU64>,
    levels: [(Gauge, ReadLevel); LEVELS.len()],
    table_files: Family<TableLabels, Gauge>,
    table_rows: Family<TableLabels, Gauge>,
}

impl fmt::Debug for Metrics {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.debug_struct("Metrics").finish_non_exhaustive()
    }
}

impl Metrics {
    pub(crate) fn new() -> Self {
        let mut all = Registry::with_prefix("shipwake");
        let levels = LEVELS.map(|(name, help, of)| {
            let gauge = Gauge::default();
            all.register(name, help, gauge.clone());
            (gauge, of)
        });
        Self {
            requests: family(&mut all, "requests", "Requests by route and status"),
            body_bytes: counter(&mut all, "body_bytes", "Bytes of bodies as they were sent"),
            records: family(&mut all, "records", "Records by what their sender was told"),
            noted: family(
                &mut all,
                "noted",
                "What clients lost and what is not kept, beside the records",
            ),
            overloads: family(&mut all, "overloads", "Requests answered 503, by reason"),
            group_commits: counter(&mut all, "group_commits", "Group commits of the WAL"),
            group_commit_failures: counter(
                &mut all,
                "group_commit_failures",
                "Group commits that the disk refused",
            ),
            // 50 µs to 3.3 s.
            fsync_seconds: seconds(&mut all, "wal_sync", "Time of a write and fdatasync", 5e-5),
            // 5 ms to 5 min.
            flush_seconds: seconds(&mut all, "flush", "Time of a flush into the tables", 5e-3),
            flush_failures: counter(&mut all, "flush_failures", "Flushes that failed"),
            last_flush: {
                let (gauge, help) = (Gauge::default(), "When a flush last succeeded, Unix time");
                all.register("last_flush_timestamp_seconds", help, gauge.clone());
                gauge
            },
            table_files: family(&mut all, "table_files", "Data files of a table"),
            table_rows: family(&mut all, "table_rows", "Rows of a table"),
            levels,
            registry: all,
        }
    }

    /// Counts a request that was answered.
    pub(crate) fn answered(&self, route: &'static str, status: u16) {
        let labels = RequestLabels { route, status };
        self.requests.get_or_create(&labels).inc();
    }

    pub(crate) fn took_body(&self, bytes: usize) {
        self.body_bytes.inc_by(bytes as u64);
    }

    /// Counts what senders were told of their records.
    pub(crate) fn told(&self, receipts: &[Receipt]) {
        let outcomes = [
            (Receipt::Accepted, "accepted"),
            (Receipt::Duplicate, "duplicate"),
            (Receipt::Rejected, "rejected"),
        ];
        for (receipt, outcome) in outcomes {
            let count = receipts.iter().filter(|found| **found == receipt).count();
            if count > 0 {
                let labels = OutcomeLabels { outcome };
                self.records.get_or_create(&labels).inc_by(count as u64);
            }
        }
    }

    /// Counts what is beside all that was received.
    pub(crate) fn noted(&self, noted: &[(lake::Outcome, u64)]) {
        for (outcome, count) in noted {
            let outcome = outcome.as_str();
            let labels = OutcomeLabels { outcome };
            self.noted.get_or_create(&labels).inc_by(*count);
        }
    }

    pub(crate) fn overloaded(&self, overload: Overload) {
        let reason = overload.as_str();
        self.overloads.get_or_create(&ReasonLabels { reason }).inc();
    }

    pub(crate) fn flushed(&self, took: Duration, at: Timestamp) {
        self.flush_seconds.observe(took.as_secs_f64());
        self.last_flush.set(at.as_duration().as_secs_f64());
    }

    pub(crate) fn table(&self, table: lake::Table, files: usize, rows: u64) {
        let labels = TableLabels {
            table: table.name(),
        };
        let number = |value: u64| i64::try_from(value).unwrap_or(i64::MAX);
        self.table_files
            .get_or_create(&labels)
            .set(number(files as u64));
        self.table_rows.get_or_create(&labels).set(number(rows));
    }

    /// All metrics in the text format of OpenMetrics 1.0, and more of them that are in it already.
    pub(crate) fn to_text(&self, levels: &Levels, more: &str) -> String {
        for (gauge, of) in &self.levels {
            gauge.set(i64::try_from(of(levels)).unwrap_or(i64::MAX));
        }
        let mut text = String::new();
        // Writing to a string cannot fail.
        encode(&mut text, &self.registry).unwrap_or_default();
        let end = text.strip_suffix(END).map_or(text.len(), str::len);
        text.insert_str(end, more);
        text
    }
}

fn counter(all: &mut Registry, name: &str, help: &str) -> Counter {
    let counter = Counter::default();
    all.register(name, help, counter.clone());
    counter
}

fn family<L, M>(all: &mut Registry, name: &str, help: &str) -> Family<L, M>
where
    L: Clone + Eq + std::hash::Hash + EncodeLabelSet + fmt::Debug + Send + Sync + 'static,
    M: Default + Clone + fmt::Debug + Send + Sync + 'static,
    Family<L, M>: prometheus_client::registry::Metric,
{
    let family = Family::default();
    all.register(name, help, family.clone());
    family
}

/// A histogram of times, in 17 buckets that double from `least` on.
fn seconds(all: &mut Registry, name: &str, help: &str, least: f64) -> Histogram {
    let histogram = Histogram::new(exponential_buckets(least, 2.0, 17));
    all.register_with_unit(name, help, Unit::Seconds, histogram.clone());
    histogram
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_metric_has_a_help_and_counts() {
        let metrics = Metrics::new();
        metrics.answered("/v1/events", 200);
        metrics.answered("/v1/events", 200);
        metrics.told(&[Receipt::Accepted, Receipt::Rejected, Receipt::Accepted]);
        metrics.overloaded(Overload::DiskLow);
        let at = Timestamp::from_millisecond(1_500).unwrap();
        metrics.flushed(Duration::from_millis(20), at);
        let levels = Levels {
            wal_bytes: 7,
            ..Levels::default()
        };
        let text = metrics.to_text(&levels, "# TYPE more gauge\nmore 1\n");
        assert!(text.ends_with("\nmore 1\n# EOF\n"), "{text}");
        for line in [
            "shipwake_requests_total{route=\"/v1/events\",status=\"200\"} 2",
            "shipwake_records_total{outcome=\"accepted\"} 2",
            "shipwake_records_total{outcome=\"rejected\"} 1",
            "shipwake_overloads_total{reason=\"disk_low\"} 1",
            "shipwake_flush_seconds_count 1",
            "shipwake_last_flush_timestamp_seconds 1.5",
            "shipwake_wal_bytes 7",
            "# EOF",
        ] {
            assert!(
                text.lines().any(|found| found == line),
                "{line} is not in\n{text}"
            );
        }
        let text = metrics.to_text(&levels, "");
        let kinds = text
            .lines()
            .filter(|line| line.starts_with("# TYPE"))
            .count();
        let helps = text
            .lines()
            .filter(|line| line.starts_with("# HELP"))
            .count();
        assert_eq!(kinds, helps);
    }
}
