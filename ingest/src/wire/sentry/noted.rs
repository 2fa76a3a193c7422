//! What is counted and not kept: items of categories that Shipwake has no use for, and what an SDK
//! says that it lost.
//!
//! Reasons and categories are words of closed lists, so that no client makes the ledger grow.

use std::collections::BTreeMap;

use lake::{Outcome, Refusal};
use serde::Deserialize;

use super::envelope::Item;
use super::json::{self, Raw};
use super::{Around, hashed, unreadable};
use crate::batch::{Noted, Record};

/// The categories that are not kept, as SDKs spell them.
pub(crate) const DECLINED: [&str; 10] = [
    "transaction",
    "span",
    "profile",
    "profile_chunk",
    "replay",
    "monitor",
    "attachment",
    "log_item",
    "trace_metric",
    "metric_bucket",
];
/// Categories that are kept; an SDK may lose some.
const KEPT: [&str; 6] = [
    "error",
    "default",
    "session",
    "feedback",
    "user_report",
    "internal",
];
/// Categories of which there may be a count of bytes beside that of things.
const OF_BYTES: [&str; 2] = ["log_byte", "trace_metric_byte"];
/// Why an SDK drops what it was given.
const REASONS: [&str; 16] = [
    "queue_overflow",
    "cache_overflow",
    "buffer_overflow",
    "ratelimit_backoff",
    "network_error",
    "send_error",
    "internal_sdk_error",
    "sample_rate",
    "before_send",
    "event_processor",
    "insufficient_data",
    "backpressure",
    "ignored",
    "invalid",
    "no_parent_span",
    "too_large",
];
/// Why an SDK drops what it was asked not to send.
const HELD_BACK: &str = "ratelimit_backoff";
const OTHER: &str = "other";
/// Most that one entry of a report may count: sums stay far from overflowing.
const QUANTITY_MAX: u64 = 1_000_000_000;

#[derive(Default, Deserialize)]
#[serde(default)]
struct Report<'a> {
    #[serde(borrow)]
    timestamp: Raw<'a>,
    discarded_events: Raw<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Discarded<'a> {
    #[serde(borrow)]
    reason: Raw<'a>,
    category: Raw<'a>,
    quantity: Raw<'a>,
}

/// Counts of one body, by outcome and reason.
#[derive(Debug, Default)]
pub(super) struct Notes(BTreeMap<(Outcome, String), Count>);

#[derive(Debug, Default)]
struct Count {
    count: u64,
    /// What the counts were made of; `None` where a part of it would look the same if it came from
    /// elsewhere.
    parts: Option<String>,
}

impl Notes {
    /// Counts an item that is not kept.
    pub(super) fn decline(&mut self, item: &Item<'_>) {
        let count = item.count.unwrap_or(1).clamp(1, QUANTITY_MAX);
        let id = Some(hashed(&[item.payload]));
        let reason = category_of(&item.kind).to_owned();
        self.add(Outcome::Declined, reason, count, id);
    }

    /// Counts what an SDK says that it lost.
    pub(super) fn lost(&mut self, text: &str, around: &Around<'_>) -> Result<(), Refusal> {
        let report: Report<'_> = serde_json::from_str(text).map_err(|e| unreadable(&e))?;
        let sent_at = around.sent_at.unwrap_or_default().to_le_bytes();
        let is_told_apart = report.timestamp.is_some() || around.sent_at.is_some();
        let id = is_told_apart.then(|| hashed(&[&sent_at, text.as_bytes()]));
        for raw in json::list(report.discarded_events) {
            let discarded: Discarded<'_> = json::object(Some(raw));
            let quantity = json::field(discarded.quantity);
            let count = match quantity {
                lake::Field::Number(quantity) => quantity.as_u64().unwrap_or_default(),
                _ => 1,
            };
            let count = count.min(QUANTITY_MAX);
            let word = |raw| json::text(raw).unwrap_or_default();
            let (reason, category) = (word(discarded.reason), word(discarded.category));
            if count == 0 || OF_BYTES.contains(&&*category) {
                continue;
            }
            let (reason, category) = (of(&REASONS, &reason), known_category(&category));
            let (outcome, reason) = if reason == HELD_BACK && DECLINED.contains(&category) {
                (Outcome::Declined, category.to_owned())
            } else {
                (Outcome::LostByClient, format!("{reason}:{category}"))
            };
            self.add(outcome, reason, count, id.clone());
        }
        Ok(())
    }

    /// Adds the notes of another part of the body.
    pub(super) fn absorb(&mut self, other: Self) {
        for ((outcome, reason), count) in other.0 {
            self.add(outcome, reason, count.count, count.parts);
        }
    }

    fn add(&mut self, outcome: Outcome, reason: String, count: u64, id: Option<String>) {
        match self.0.entry((outcome, reason)) {
            std::collections::btree_map::Entry::Vacant(place) => {
                place.insert(Count { count, parts: id });
            }
            std::collections::btree_map::Entry::Occupied(mut held) => {
                let held = held.get_mut();
                held.count = (held.count + count).min(QUANTITY_MAX);
                held.parts = match (held.parts.take(), id) {
                    (Some(one), Some(other)) if one == other => Some(one),
                    (Some(one), Some(other)) => Some(hashed(&[one.as_bytes(), other.as_bytes()])),
                    _ => None,
                };
            }
        }
    }

    pub(super) fn into_records<'a>(self) -> impl Iterator<Item = Record<'a>> {
        self.0.into_iter().map(|((outcome, reason), count)| {
            Record::Noted(Noted {
                outcome,
                id: count.parts.map(|parts| [&reason, "/", &parts].concat()),
                reason,
                count: i64::try_from(count.count).unwrap_or(i64::MAX),
            })
        })
    }
}

/// The category of an item that is not kept.
fn category_of(kind: &str) -> &'static str {
    match kind {
        "replay_event" | "replay_recording" | "replay_video" => "replay",
        "check_in" => "monitor",
        "log" | "otel_log" => "log_item",
        "otel_span" => "span",
        "statsd" | "metric_buckets" | "metric_meta" => "metric_bucket",
        kind => of(&DECLINED, kind),
    }
}

fn known_category(category: &str) -> &'static str {
    match of(&KEPT, category) {
        OTHER => of(&DECLINED, category),
        kept => kept,
    }
}

fn of(known: &[&'static str], word: &str) -> &'static str {
    let found = known.iter().find(|known| **known == word);
    found.copied().unwrap_or(OTHER)
}
