//! The comparison: the same events inserted into SQLite, one synchronous transaction a request.
//!
//! In this process, without HTTP and without JSON, so that it is flattered.

use std::path::Path;
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;
use rusqlite::{Connection, params};

use crate::client::Tally;

/// Inserts batches of `events` for a time.
pub(crate) fn run(folder: &Path, events: u64, time: Duration) -> anyhow::Result<Tally> {
    let mut database = Connection::open(folder.join(format!("events-{events}.sqlite")))?;
    database.pragma_update(None, "journal_mode", "WAL")?;
    database.pragma_update(None, "synchronous", "FULL")?;
    database.execute_batch(
        "CREATE TABLE events (event_id TEXT PRIMARY KEY, name TEXT, user_id TEXT, session_id TEXT,
         occurred_at INTEGER, release TEXT, environment TEXT, platform TEXT, properties TEXT)",
    )?;
    let mut latency_us = Histogram::new_with_bounds(1, 120_000_000, 3)?;
    let (start, mut requests) = (Instant::now(), 0_u64);
    while start.elapsed() < time {
        let due = Instant::now();
        let transaction = database.transaction()?;
        {
            let mut insert = transaction.prepare_cached(
                "INSERT OR IGNORE INTO events VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
            )?;
            for id in requests * events..(requests + 1) * events {
                insert.execute(params![
                    format!("0193576a-8c00-7000-8000-{id:012x}"),
                    "item_opened",
                    format!("u-{:06x}", id / 8 % 50_000),
                    format!("s-{:010x}", id / 8),
                    1_790_000_000_000_000_i64,
                    "4.2.0",
                    "production",
                    "ios",
                    r#"{"screen":"home","position":7,"is_cached":true}"#,
                ])?;
            }
        }
        transaction.commit()?;
        requests += 1;
        latency_us.saturating_record(u64::try_from(due.elapsed().as_micros()).unwrap_or(u64::MAX));
    }
    Ok(Tally {
        requests,
        events: requests * events,
        overloads: 0,
        breaks: 0,
        took: start.elapsed(),
        latency_us,
    })
}
