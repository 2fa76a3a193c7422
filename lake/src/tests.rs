//! Tables as a crash leaves them, and what their readers see.

use std::sync::Arc;

use serde_json::json;

use crate::columns::{APP, EVENT_ID};
use crate::upkeep::Change;
use crate::*;

const NODE: &str = "node-a";
const NOON: Micros = 1_780_000_000_000_000;
const DAY: Micros = 86_400_000_000;

fn clock() -> Arc<dyn Clock> {
    Arc::new(FixedClock(NOON))
}

fn raw(value: serde_json::Value) -> RawObject {
    match value {
        serde_json::Value::Object(map) => map,
        other => panic!("not an object: {other}"),
    }
}

fn arrival(received_at: Micros) -> Arrival {
    Arrival {
        received_at,
        sent_at: None,
        import: false,
    }
}

fn stamp(position: i64, frame_row: i64) -> Stamp<'static> {
    Stamp {
        app: "demo",
        protocol: "native",
        key_id: None,
        received_at: NOON + position,
        node: NODE,
        position,
        frame_row,
    }
}

fn events(ids: &[&str], position: i64) -> Rows<'static> {
    let rows = ids.iter().zip(0..).map(|(id, row)| {
        let at = jiff::Timestamp::from_microsecond(NOON - row * DAY)
            .unwrap()
            .to_string();
        let value = json!({"event_id": id, "name": "open", "user_id": "u1", "occurred_at": at});
        (
            stamp(position, row),
            check_event(&RawEvent::of(&raw(value)), &arrival(NOON))
                .unwrap()
                .into_owned(),
        )
    });
    Rows::Events(rows.collect())
}

fn ledger(position: i64, count: i64) -> Rows<'static> {
    let delta = LedgerDelta {
        day: utc_day(NOON),
        app: "demo".into(),
        protocol: "native".into(),
        outcome: Outcome::Stored,
        reason: None,
        count,
    };
    Rows::Ledger {
        node: NODE.into(),
        position,
        flushed_at: NOON,
        deltas: vec![delta],
    }
}

fn ids(snapshot: &Snapshot) -> Vec<String> {
    let mut ids = Vec::new();
    let read = snapshot.table(Table::Events).read(&[EVENT_ID], |batch| {
        let column = batch
            .column(0)
            .as_any()
            .downcast_ref::<arrow::array::StringArray>();
        ids.extend(column.unwrap().iter().map(|id| id.unwrap().to_owned()));
    });
    read.unwrap();
    ids.sort();
    ids
}

async fn flush(lake: &Lake, names: &[&str], position: i64) {
    let files = lake.write(&events(names, position)).await.unwrap();
    lake.commit(Table::Events, &files, NODE, position)
        .await
        .unwrap();
    let count = i64::try_from(names.len()).unwrap();
    let files = lake.write(&ledger(position, count)).await.unwrap();
    lake.commit(Table::Ledger, &files, NODE, position)
        .await
        .unwrap();
}

#[tokio::test]
async fn a_commit_done_twice_appends_once() {
    let folder = tempfile::tempdir().unwrap();
    let lake = Lake::open(folder.path(), clock()).await.unwrap();
    let files = lake.write(&events(&["a", "b"], 7)).await.unwrap();
    assert_eq!(files.len(), 2, "one file a day");
    let first = lake.commit(Table::Events, &files, NODE, 7).await.unwrap();
    let again = lake.commit(Table::Events, &files, NODE, 7).await.unwrap();
    assert_eq!(first, CommitOutcome::Committed { version: 1 });
    assert_eq!(again, CommitOutcome::AlreadyThere);
    drop(lake);

    let lake = Lake::open(folder.path(), clock()).await.unwrap();
    assert_eq!(lake.position(Table::Events, NODE).await.unwrap(), Some(7));
    assert_eq!(lake.position(Table::Events, "node-b").await.unwrap(), None);
    let redone = lake.commit(Table::Events, &files, NODE, 7).await.unwrap();
    assert_eq!(redone, CommitOutcome::AlreadyThere);
}

#[tokio::test]
async fn a_snapshot_leaves_out_a_flush_that_the_ledger_has_not_reached() {
    let folder = tempfile::tempdir().unwrap();
    let lake = Lake::open(folder.path(), clock()).await.unwrap();
    lake.name_node().unwrap();
    flush(&lake, &["a"], 1).await;
    let half = lake.write(&events(&["b"], 2)).await.unwrap();
    lake.commit(Table::Events, &half, NODE, 2).await.unwrap();
    assert_eq!(ids(&lake.snapshot().await.unwrap()), ["a"]);
    let rest = lake.write(&ledger(2, 1)).await.unwrap();
    lake.commit(Table::Ledger, &rest, NODE, 2).await.unwrap();
    assert_eq!(ids(&lake.snapshot().await.unwrap()), ["a", "b"]);
}

#[tokio::test]
async fn the_first_flush_is_not_seen_before_it_is_whole() {
    let folder = tempfile::tempdir().unwrap();
    let lake = Lake::open(folder.path(), clock()).await.unwrap();
    let node = lake.name_node().unwrap();
    let half = lake.write(&events(&["a"], 1)).await.unwrap();
    lake.commit(Table::Events, &half, &node, 1).await.unwrap();
    assert!(ids(&lake.snapshot().await.unwrap()).is_empty());
}

#[tokio::test]
async fn a_pinned_snapshot_does_not_change_under_later_flushes() {
    let folder = tempfile::tempdir().unwrap();
    let lake = Lake::open(folder.path(), clock()).await.unwrap();
    flush(&lake, &["a"], 1).await;
    let pinned = lake.snapshot().await.unwrap();
    flush(&lake, &["b"], 2).await;
    assert_eq!(ids(&pinned), ["a"]);
}

#[tokio::test]
async fn compaction_keeps_each_event_once_and_prunes_by_instant() {
    let folder = tempfile::tempdir().unwrap();
    let lake = Lake::open(folder.path(), clock()).await.unwrap();
    for position in 1..=5 {
        let name = format!("e{position}");
        flush(&lake, &[&name, "late copy"], position).await;
    }
    let outcome = lake.compact(Table::Events, 2).await.unwrap();
    assert_eq!(
        (
            outcome.files_removed,
            outcome.files_added,
            outcome.copies_dropped
        ),
        (10, 2, 4)
    );
    let snapshot = lake.snapshot().await.unwrap();
    assert_eq!(ids(&snapshot), ["e1", "e2", "e3", "e4", "e5", "late copy"]);
    let events = snapshot.table(Table::Events);
    assert_eq!(events.files_between(NOON - 1, NOON + 1).len(), 1);
    assert_eq!(events.files_between(NOON - DAY, NOON + 1).len(), 2);
    assert_eq!(events.files_between(NOON + DAY, NOON + 2 * DAY).len(), 0);
    let outcome = lake.compact(Table::Events, 2).await.unwrap();
    assert_eq!(outcome, CompactOutcome::default());
}

#[tokio::test]
async fn of_two_compactions_of_the_same_files_one_wins() {
    let folder = tempfile::tempdir().unwrap();
    let first = Lake::open(folder.path(), clock()).await.unwrap();
    for position in 1..=3 {
        flush(&first, &[&format!("e{position}")], position).await;
    }
    let second = Lake::open(folder.path(), clock()).await.unwrap();
    let inputs = second
        .snapshot()
        .await
        .unwrap()
        .table(Table::Events)
        .files
        .clone();
    first.compact(Table::Events, 2).await.unwrap();
    let files = second.write(&events(&["e1", "e2", "e3"], 3)).await.unwrap();
    let change = Change::compaction(0);
    let lost = second
        .replace_files(Table::Events, &inputs, &files, change)
        .await;
    assert!(matches!(lost, Err(Error::Conflict { .. })), "got {lost:?}");
    assert_eq!(ids(&second.snapshot().await.unwrap()), ["e1", "e2", "e3"]);
}

#[tokio::test]
async fn an_unreadable_last_entry_is_set_aside_and_its_commit_done_again() {
    let folder = tempfile::tempdir().unwrap();
    let lake = Lake::open(folder.path(), clock()).await.unwrap();
    flush(&lake, &["a"], 1).await;
    let files = lake.write(&events(&["b"], 2)).await.unwrap();
    lake.commit(Table::Events, &files, NODE, 2).await.unwrap();
    drop(lake);
    let log = folder.path().join("tables/events/_delta_log");
    let last = log.join("00000000000000000002.json");
    std::fs::File::options()
        .write(true)
        .open(&last)
        .unwrap()
        .set_len(10)
        .unwrap();

    let lake = Lake::open(folder.path(), clock()).await.unwrap();
    assert!(
        log.join("00000000000000000002.json.damaged")
            .try_exists()
            .unwrap()
    );
    assert_eq!(lake.position(Table::Events, NODE).await.unwrap(), Some(1));
    lake.commit(Table::Events, &files, NODE, 2).await.unwrap();
    let rest = lake.write(&ledger(2, 1)).await.unwrap();
    lake.commit(Table::Ledger, &rest, NODE, 2).await.unwrap();
    assert_eq!(ids(&lake.snapshot().await.unwrap()), ["a", "b"]);
}

#[tokio::test]
async fn a_checkpointed_table_opens_at_the_same_position() {
    let folder = tempfile::tempdir().unwrap();
    let lake = Lake::open(folder.path(), clock()).await.unwrap();
    for position in 1..=4 {
        flush(&lake, &[&format!("e{position}")], position).await;
    }
    lake.checkpoint(Table::Events).await.unwrap();
    let checkpoint = folder
        .path()
        .join("tables/events/_delta_log/_last_checkpoint");
    assert!(checkpoint.try_exists().unwrap());
    drop(lake);
    let lake = Lake::open(folder.path(), clock()).await.unwrap();
    assert_eq!(lake.position(Table::Events, NODE).await.unwrap(), Some(4));
    assert_eq!(ids(&lake.snapshot().await.unwrap()).len(), 4);
}

#[test]
fn a_folder_is_held_by_one_at_a_time() {
    let folder = tempfile::tempdir().unwrap();
    let held = FolderLock::take(folder.path(), "127.0.0.1:1").unwrap();
    match FolderLock::take(folder.path(), "") {
        Err(Error::Held { holder, .. }) => assert_eq!(holder, "127.0.0.1:1"),
        other => panic!("got {other:?}"),
    }
    drop(held);
    FolderLock::take(folder.path(), "").unwrap();
}

#[test]
fn raw_bytes_come_back_as_they_went() {
    let refusal = || Refusal::new("name", RefusalReason::MissingField, "name is required");
    for raw in [
        &b"{\"a\":1}"[..],
        b"\xff\x00\xfe",
        b"hex:beef",
        "😀\u{0}".as_bytes(),
        b"",
    ] {
        let kept = Refused::new(refusal(), None, raw, 1 << 20);
        assert_eq!(kept.raw_bytes(), raw);
    }
    assert_eq!(
        Refused::new(refusal(), None, b"abcdef", 3).raw_bytes(),
        b"abc"
    );
}

fn check_event_refusal(value: serde_json::Value, field: &str, message: &str) {
    let refusal = check_event(&RawEvent::of(&raw(value)), &arrival(NOON)).unwrap_err();
    assert_eq!(
        (refusal.field.as_str(), refusal.message.as_str()),
        (field, message)
    );
}

#[test]
fn a_refused_event_names_field_limit_and_what_was_found() {
    check_event_refusal(json!({"user_id": "u"}), "name", "name is required");
    check_event_refusal(
        json!({"name": "x"}),
        "user_id",
        "user_id or anonymous_id is required",
    );
    check_event_refusal(
        json!({"name": 1.5, "user_id": []}),
        "user_id",
        "user_id must be text, got a list",
    );
    let long = "x".repeat(401);
    check_event_refusal(
        json!({"name": long, "user_id": "u"}),
        "name",
        "name must have at most 400 characters, got 401",
    );
    check_event_refusal(
        json!({"kind": "session", "user_id": "u"}),
        "session_id",
        "session_id is required of an event of kind session",
    );
    check_event_refusal(
        json!({"name": "x", "user_id": "u", "occurred_at": "yesterday"}),
        "occurred_at",
        "occurred_at is not an instant: write it like 2026-05-01T09:30:00Z or 2026-05-01T11:30:00+02:00",
    );
    let many: serde_json::Map<_, _> = (0..257).map(|i| (format!("p{i}"), json!(i))).collect();
    check_event_refusal(
        json!({"name": "x", "user_id": "u", "properties": many}),
        "properties",
        "properties must have at most 256 names, got 257",
    );
    let given = raw(json!({"kind": "nps", "score": 11}));
    let refusal = check_feedback(&given, &arrival(NOON));
    assert_eq!(refusal.unwrap_err().message, "score must be 0..=10, got 11");
    let given = raw(json!({"user_id": "u"}));
    let refusal = check_feedback(&given, &arrival(NOON));
    assert_eq!(refusal.unwrap_err().field, "score");
    let refusal = check_backlog(&raw(
        json!({"item_id": "A", "title": "t", "factors": {"cost": 12}}),
    ));
    assert_eq!(refusal.unwrap_err().field, "factors.cost");
}

fn check_times(occurred: Option<Micros>, sent: Option<Micros>, import: bool) -> Times {
    let at = occurred.map(|at| jiff::Timestamp::from_microsecond(at).unwrap().to_string());
    let value = json!({"name": "x", "user_id": "u", "occurred_at": at});
    let arrival = Arrival {
        received_at: NOON,
        sent_at: sent,
        import,
    };
    check_event(&RawEvent::of(&raw(value)), &arrival)
        .unwrap()
        .times
}

#[test]
fn absurd_clocks_are_flagged_and_both_instants_kept() {
    let absent = check_times(None, None, false);
    assert_eq!(
        (absent.occurred_at, absent.flag),
        (NOON, Some(ClockFlag::Absent))
    );
    let old = check_times(Some(NOON - 401 * DAY), None, false);
    assert_eq!((old.occurred_at, old.flag), (NOON, Some(ClockFlag::TooOld)));
    assert_eq!(
        (old.client_at, old.day),
        (Some(NOON - 401 * DAY), utc_day(NOON))
    );
    let future = check_times(Some(NOON + 2 * DAY), None, false);
    assert_eq!(
        (future.occurred_at, future.flag),
        (NOON, Some(ClockFlag::Future))
    );
    let fine = check_times(Some(NOON - 399 * DAY), None, false);
    assert_eq!((fine.occurred_at, fine.flag), (NOON - 399 * DAY, None));
    let imported = check_times(Some(NOON - 4000 * DAY), None, true);
    assert_eq!(
        (imported.occurred_at, imported.flag),
        (NOON - 4000 * DAY, None)
    );
}

#[test]
fn a_skewed_clock_is_corrected_and_the_day_stays_the_clients() {
    // The device is 20 hours behind: it says that it sent the event just now.
    let skew = 20 * 3_600_000_000;
    let times = check_times(Some(NOON - skew - 60), Some(NOON - skew), false);
    assert_eq!(times.occurred_at, NOON - 60);
    assert_eq!(times.day, utc_day(NOON - skew - 60));
}

#[test]
fn a_content_hash_ignores_what_a_retry_changes() {
    let value = json!({"event_id": "1", "name": "x", "user_id": "u", "occurred_at": "2026-05-01T00:00:00Z"});
    let hash = |value: &serde_json::Value, received: Micros| {
        let arrival = Arrival {
            received_at: received,
            sent_at: Some(received - 5),
            import: false,
        };
        check_event(&RawEvent::of(&raw(value.clone())), &arrival)
            .unwrap()
            .content_hash()
    };
    assert_eq!(hash(&value, NOON), hash(&value, NOON + DAY));
    let mut other = value.clone();
    other["name"] = json!("y");
    assert_ne!(hash(&value, NOON), hash(&other, NOON));
}

#[test]
fn columns_of_every_row_kind_fit_their_schema() {
    let release = check_release(&raw(
        json!({"version": "1.0", "goals": [{"metric": "nps", "target": 30}]}),
    ));
    let item = check_backlog(&raw(
        json!({"item_id": "A-1", "title": "Sync", "depends_on": ["B"]}),
    ));
    let given = raw(json!({"score": 4, "text": "好き 😀"}));
    let feedback = check_feedback(&given, &arrival(NOON));
    let refusal = Refusal::new("", RefusalReason::Unreadable, "no object");
    let refused = Refused::new(refusal, None, b"\xff", 10);
    let all = [
        events(&["a"], 1),
        Rows::Feedback(vec![(stamp(1, 0), feedback.unwrap())]),
        Rows::Releases(vec![(stamp(1, 0), release.unwrap())]),
        Rows::Backlog(vec![(stamp(1, 0), item.unwrap())]),
        Rows::Quarantine(vec![(stamp(1, 0), Quarantined::Refused(refused))]),
        ledger(1, 1),
    ];
    for rows in all {
        let batch = rows.to_batch().unwrap();
        assert_eq!(batch.num_rows(), 1);
        assert!(batch.column_by_name(APP).is_some());
    }
}
