//! Flushes cut off between any two durable steps, and what the tables then hold.

mod erasure;

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use arrow::array::AsArray as _;
use arrow::datatypes::Int64Type;
use lake::{
    Arrival, FixedClock, Outcome, RawEvent, Refusal, RefusalReason, Refused, Table, check_backlog,
    check_event, check_feedback, columns,
};
use serde_json::{Value, json};

use super::step::Step;
use super::*;
use crate::batch::{Batch, Record};
use crate::draft::Receipt;
use crate::engine::{Ingest, RecoveryReport};
use crate::settings::Durability;
use crate::wal::FrameKind;

pub(super) const NOW: i64 = 1_780_000_000_000_000;

pub(super) fn settings() -> Settings {
    Settings {
        flush_interval: Duration::from_secs(3_600),
        durability: Durability::Os,
        ..Settings::default()
    }
}

async fn open(dir: &Path) -> (Ingest, RecoveryReport) {
    Ingest::open(dir, settings(), Arc::new(FixedClock(NOW)))
        .await
        .unwrap()
}

/// An engine whose flushes end after a step, as if the process died there.
async fn open_cut_off(dir: &Path, step: Step) -> Ingest {
    let cutoff = Cutoff::default();
    let clock = Arc::new(FixedClock(NOW));
    let (ingest, _) = Ingest::open_with(dir, settings(), clock, cutoff.clone())
        .await
        .unwrap();
    cutoff.stop_after(step);
    ingest
}

pub(super) fn object(value: Value) -> lake::RawObject {
    match value {
        Value::Object(object) => object,
        other => unreachable!("{other} is no object"),
    }
}

pub(super) fn arrival() -> Arrival {
    Arrival {
        received_at: NOW,
        sent_at: None,
        import: false,
    }
}

fn event(id: &str, name: &str) -> Record<'static> {
    let raw = json!({"event_id": id, "name": name, "user_id": "u1"});
    Record::Event(check_event(&RawEvent::of(&object(raw)), &arrival()).unwrap()).into_owned()
}

fn feedback(id: &str, score: u8, revisable: bool) -> Record<'static> {
    let raw = json!({"event_id": id, "kind": "rating", "score": score, "user_id": "u1"});
    let raw = object(raw);
    let mut feedback = check_feedback(&raw, &arrival()).unwrap();
    feedback.revisable = revisable;
    Record::Feedback(feedback).into_owned()
}

fn item(id: &str, title: &str, author: &str) -> Record<'static> {
    let raw = json!({"item_id": id, "title": title, "effort_person_days": 2.5, "keywords": ["a"]});
    let mut item = check_backlog(&object(raw)).unwrap();
    item.author = Some(author.to_owned());
    Record::Backlog(item)
}

pub(super) fn refused() -> Record<'static> {
    let refusal = Refusal::new("name", RefusalReason::MissingField, "name is required");
    Record::Refused(Refused::new(refusal, None, b"{}", 100))
}

pub(super) fn batch(records: Vec<Record<'static>>) -> Batch<'static> {
    Batch {
        app: "shop".into(),
        protocol: "native".into(),
        key_id: None,
        received_at: NOW,
        records,
    }
}

/// How often each value of a column is in a table.
pub(super) async fn counts(ingest: &Ingest, table: Table, column: &str) -> BTreeMap<String, u64> {
    let snapshot = ingest.lake().snapshot().await.unwrap();
    let mut counts = BTreeMap::new();
    let read = snapshot.table(table).read(&[column], |batch| {
        for value in batch.column(0).as_string::<i32>().iter().flatten() {
            *counts.entry(value.to_owned()).or_default() += 1;
        }
    });
    read.unwrap();
    counts
}

/// The sums of the ledger by outcome.
pub(super) async fn ledger(ingest: &Ingest) -> BTreeMap<String, i64> {
    let snapshot = ingest.lake().snapshot().await.unwrap();
    let mut sums = BTreeMap::new();
    let columns = [columns::OUTCOME, columns::COUNT];
    let read = snapshot.table(Table::Ledger).read(&columns, |batch| {
        let outcomes = batch
            .column_by_name(columns::OUTCOME)
            .unwrap()
            .as_string::<i32>();
        let counts = batch
            .column_by_name(columns::COUNT)
            .unwrap()
            .as_primitive::<Int64Type>();
        for (outcome, count) in outcomes.iter().zip(counts.iter()) {
            *sums.entry(outcome.unwrap().to_owned()).or_default() += count.unwrap();
        }
    });
    read.unwrap();
    sums
}

fn sums(received: i64, stored: i64, duplicate: i64, quarantined: i64) -> BTreeMap<String, i64> {
    let outcomes = [
        (Outcome::Received, received),
        (Outcome::Stored, stored),
        (Outcome::Duplicate, duplicate),
        (Outcome::Quarantined, quarantined),
    ];
    let told = outcomes.into_iter().filter(|(_, count)| *count > 0);
    told.map(|(outcome, count)| (outcome.as_str().to_owned(), count))
        .collect()
}

fn mixed() -> Batch<'static> {
    batch(vec![
        event("e1", "open"),
        event("e2", "open"),
        event("e1", "open"),
        feedback("f1", 4, false),
        item("B-1", "dark mode", "ann"),
        refused(),
    ])
}

fn once(ids: &[&str]) -> BTreeMap<String, u64> {
    ids.iter().map(|id| ((*id).to_owned(), 1)).collect()
}

#[tokio::test]
async fn flush_cut_off_at_any_step_is_taken_up_and_counts_everything_once() {
    let steps = [
        Step::Written,
        Step::Prepared,
        Step::Committed(Table::Events),
        Step::Committed(Table::Feedback),
        Step::Committed(Table::Backlog),
        Step::Committed(Table::Quarantine),
        Step::Committed(Table::Ledger),
    ];
    for step in steps {
        let dir = tempfile::tempdir().unwrap();
        let (ingest, _) = open(dir.path()).await;
        ingest
            .submit(batch(vec![event("e0", "open")]))
            .await
            .unwrap();
        ingest.shutdown().await.unwrap();
        drop(ingest);

        let ingest = open_cut_off(dir.path(), step).await;
        ingest.submit(mixed()).await.unwrap();
        let cut = ingest.flush().await;
        assert!(
            matches!(cut, Err(Error::CutOff { .. })),
            "{step:?} is passed"
        );
        drop(ingest);

        let (ingest, report) = open(dir.path()).await;
        let whole = step == Step::Committed(Table::Ledger);
        let redone = step != Step::Written && !whole;
        assert_eq!(report.flush_redone, redone, "{step:?}");
        assert_eq!(
            report.pending,
            if step == Step::Written { 6 } else { 0 },
            "{step:?}"
        );
        let receipts = ingest.submit(mixed()).await.unwrap();
        if step != Step::Written {
            assert_eq!(receipts[0], Receipt::Duplicate, "{step:?}");
        }
        ingest.flush().await.unwrap();
        assert_eq!(ingest.pending(), 0);
        assert_eq!(
            counts(&ingest, Table::Events, columns::EVENT_ID).await,
            once(&["e0", "e1", "e2"]),
            "{step:?}"
        );
        assert_eq!(
            counts(&ingest, Table::Feedback, columns::EVENT_ID).await,
            once(&["f1"])
        );
        assert_eq!(
            counts(&ingest, Table::Backlog, columns::ITEM_ID).await,
            once(&["B-1"])
        );
        assert_eq!(ledger(&ingest).await, sums(13, 5, 6, 2), "{step:?}");
    }
}

#[tokio::test]
async fn commit_that_reported_an_error_but_is_durable_is_not_done_twice() {
    let dir = tempfile::tempdir().unwrap();
    let ingest = open_cut_off(dir.path(), Step::Committed(Table::Events)).await;
    ingest.submit(mixed()).await.unwrap();
    // The same task tries again and again; the table of events is told its commit each time.
    for _ in 0..3 {
        assert!(ingest.flush().await.is_err());
    }
    drop(ingest);
    let (ingest, _) = open(dir.path()).await;
    ingest.flush().await.unwrap();
    assert_eq!(
        counts(&ingest, Table::Events, columns::EVENT_ID).await,
        once(&["e1", "e2"])
    );
    assert_eq!(ledger(&ingest).await, sums(6, 4, 1, 1));
}

#[tokio::test]
async fn unflushed_batches_survive_a_stop_without_warning() {
    let dir = tempfile::tempdir().unwrap();
    let (ingest, _) = open(dir.path()).await;
    for n in 0..20 {
        ingest
            .submit(batch(vec![event(&format!("e{n}"), "open")]))
            .await
            .unwrap();
    }
    assert_eq!(ingest.pending(), 20);
    drop(ingest);
    let (ingest, report) = open(dir.path()).await;
    assert_eq!(report.pending, 20);
    ingest.flush().await.unwrap();
    let found = counts(&ingest, Table::Events, columns::EVENT_ID).await;
    assert_eq!((found.len(), found.values().sum::<u64>()), (20, 20));
    assert_eq!(ledger(&ingest).await, sums(20, 20, 0, 0));
}

#[tokio::test]
async fn same_id_with_other_content_is_quarantined_and_the_first_wins() {
    let dir = tempfile::tempdir().unwrap();
    let (ingest, _) = open(dir.path()).await;
    let receipts = ingest
        .submit(batch(vec![event("e1", "open"), event("e1", "close")]))
        .await;
    assert_eq!(receipts.unwrap(), [Receipt::Accepted, Receipt::Rejected]);
    ingest.flush().await.unwrap();
    // Events and feedback share their ids.
    let receipts = ingest
        .submit(batch(vec![feedback("e1", 4, false), event("e1", "open")]))
        .await;
    assert_eq!(receipts.unwrap(), [Receipt::Rejected, Receipt::Duplicate]);
    ingest.flush().await.unwrap();
    assert_eq!(
        counts(&ingest, Table::Events, columns::NAME).await,
        once(&["open"])
    );
    let reasons = counts(&ingest, Table::Quarantine, columns::REASON).await;
    assert_eq!(reasons, BTreeMap::from([("id_conflict".to_owned(), 2)]));
    assert_eq!(ledger(&ingest).await, sums(4, 1, 1, 2));
}

#[tokio::test]
async fn revision_is_stored_once_and_told_apart_in_the_ledger_across_restarts() {
    let dir = tempfile::tempdir().unwrap();
    let (ingest, _) = open(dir.path()).await;
    let reviews = batch(vec![feedback("r1", 4, true), feedback("r1", 2, true)]);
    ingest.submit(reviews.clone()).await.unwrap();
    ingest.shutdown().await.unwrap();
    assert!(matches!(
        ingest.submit(reviews.clone()).await,
        Err(Error::Stopped)
    ));
    drop(ingest);
    let (ingest, report) = open(dir.path()).await;
    assert_eq!(report.known, 2);
    let receipts = ingest.submit(reviews).await.unwrap();
    assert_eq!(receipts, [Receipt::Duplicate, Receipt::Duplicate]);
    ingest.flush().await.unwrap();
    assert_eq!(ledger(&ingest).await, sums(4, 2, 2, 0));
    let parts = counts(&ingest, Table::Ledger, columns::REASON).await;
    assert_eq!(parts, once(&["revision"]));
}

#[tokio::test]
async fn record_is_stored_when_it_says_something_else_whoever_says_it() {
    let dir = tempfile::tempdir().unwrap();
    let (ingest, _) = open(dir.path()).await;
    let first = batch(vec![
        item("B-1", "dark mode", "ann"),
        item("B-1", "dark mode", "bob"),
    ]);
    let receipts = ingest.submit(first).await.unwrap();
    assert_eq!(receipts, [Receipt::Accepted, Receipt::Duplicate]);
    ingest
        .submit(batch(vec![item("B-1", "night mode", "ann")]))
        .await
        .unwrap();
    ingest.shutdown().await.unwrap();
    drop(ingest);
    let (ingest, _) = open(dir.path()).await;
    let again = batch(vec![
        item("B-1", "night mode", "eve"),
        item("B-1", "dark mode", "ann"),
    ]);
    let receipts = ingest.submit(again).await.unwrap();
    assert_eq!(receipts, [Receipt::Duplicate, Receipt::Accepted]);
    ingest.flush().await.unwrap();
    assert_eq!(ledger(&ingest).await, sums(5, 3, 2, 0));
}

#[tokio::test]
async fn flush_in_small_steps_keeps_order_and_cuts_the_wal() {
    let dir = tempfile::tempdir().unwrap();
    let settings = Settings {
        flush_rows_max: 3,
        segment_bytes_max: 800,
        ..settings()
    };
    let clock = Arc::new(FixedClock(NOW));
    let (ingest, _) = Ingest::open(dir.path(), settings, clock).await.unwrap();
    let mut listener = ingest.subscribe();
    for n in 0..10 {
        let records = vec![event(&format!("a{n}"), "open"), event("same", "open")];
        ingest.submit(batch(records)).await.unwrap();
    }
    assert_eq!(
        listener.recv().await.unwrap().event_id.as_deref(),
        Some("a0")
    );
    ingest.flush().await.unwrap();
    assert_eq!(ledger(&ingest).await, sums(20, 11, 9, 0));
    let wal = dir.path().join("wal");
    assert!(
        !wal.join(format!("{:020}.wal", 0)).try_exists().unwrap(),
        "the first segment is gone"
    );
    assert!(std::fs::read_dir(wal).unwrap().count() <= 6);
}

#[tokio::test]
async fn what_comes_after_a_lost_wal_is_stored() {
    let dir = tempfile::tempdir().unwrap();
    let (ingest, _) = open(dir.path()).await;
    ingest
        .submit(batch(vec![event("e1", "open")]))
        .await
        .unwrap();
    ingest.shutdown().await.unwrap();
    drop(ingest);
    std::fs::remove_dir_all(dir.path().join("wal")).unwrap();
    let (ingest, _) = open(dir.path()).await;
    ingest
        .submit(batch(vec![event("e2", "open")]))
        .await
        .unwrap();
    ingest.flush().await.unwrap();
    let found = counts(&ingest, Table::Events, columns::EVENT_ID).await;
    let hidden = "what came after a lost WAL is hidden";
    assert_eq!(found, once(&["e1", "e2"]), "{hidden}");
    assert_eq!(ingest.pending(), 0, "{hidden}");
}

#[tokio::test]
async fn frame_that_cannot_be_understood_is_set_aside_and_the_rest_goes_on() {
    let dir = tempfile::tempdir().unwrap();
    let (ingest, _) = open(dir.path()).await;
    ingest
        .wal()
        .append(FrameKind::Batch, 3, b"no json".to_vec())
        .await
        .unwrap();
    ingest
        .submit(batch(vec![event("e1", "open")]))
        .await
        .unwrap();
    ingest.flush().await.unwrap();
    assert_eq!(
        (ingest.pending(), ledger(&ingest).await),
        (0, sums(1, 1, 0, 0))
    );
    let files = std::fs::read_dir(dir.path().join("wal")).unwrap();
    let names = files.map(|file| file.unwrap().file_name().into_string().unwrap());
    assert_eq!(
        names
            .filter(|name| name.ends_with(".frame.damaged"))
            .count(),
        1
    );
}
