//! Replays of rows that an earlier check refused.

use std::path::Path;
use std::sync::Arc;

use lake::{FixedClock, Ledger, Outcome, Refusal, Refused, SentAs, Table};

use super::*;
use crate::settings::Settings;

const NOW: lake::Micros = 1_777_627_800_000_000;
const HOUR: lake::Micros = 3_600_000_000;

async fn open(folder: &Path) -> Ingest {
    let clock = Arc::new(FixedClock(NOW));
    let opened = Ingest::open(folder, Settings::default(), clock).await;
    opened.unwrap().0
}

fn refused(raw: &str, sent_as: Option<SentAs>) -> Record<'static> {
    let refusal = Refusal::new("user_id", RefusalReason::MissingField, "refused then");
    let refused = Refused::new(refusal, None, raw.as_bytes(), 1 << 20);
    Record::Refused(match sent_as {
        Some(sent_as) => refused.sent_as(sent_as),
        None => refused,
    })
}

/// Submits records that came an hour ago.
async fn submit(ingest: &Ingest, protocol: &'static str, records: Vec<Record<'static>>) {
    let batch = Batch {
        app: "shop".into(),
        protocol: protocol.into(),
        key_id: Some("k1".into()),
        received_at: NOW - HOUR,
        records,
    };
    ingest.submit(batch).await.unwrap();
}

fn replay() -> Replay {
    Replay {
        event_bytes_max: 1 << 20,
        authors: [("k1".to_owned(), "Ada".to_owned())].into(),
        ..Replay::default()
    }
}

/// received, stored, duplicate, quarantined, and rows of events and open ones of quarantine.
async fn counted(ingest: &Ingest) -> [i64; 6] {
    let snapshot = ingest.lake().snapshot().await.unwrap();
    let ledger = Ledger::read(&snapshot).unwrap();
    let sum = |outcome| ledger.sum(outcome, |_| true);
    let mut open = 0;
    let each = |_| {
        open += 1;
        ControlFlow::Continue(())
    };
    snapshot
        .open_quarantine(&QuarantineFilter::default(), each)
        .unwrap();
    let events = i64::try_from(snapshot.table(Table::Events).rows()).unwrap();
    let [received, stored] = [Outcome::Received, Outcome::Stored].map(sum);
    let [duplicate, quarantined] = [Outcome::Duplicate, Outcome::Quarantined].map(sum);
    assert_eq!(received, stored + duplicate + quarantined);
    [received, stored, duplicate, quarantined, events, open]
}

const GOOD: &str = r#"{"event_id":"e1","name":"open","user_id":"u"}"#;
const GOOD_TOO: &str = r#"{"name":"open","user_id":"u"}"#;

#[tokio::test]
async fn what_passes_now_moves_from_quarantine_to_stored_once() {
    let folder = tempfile::tempdir().unwrap();
    let ingest = open(folder.path()).await;
    let events = Some(SentAs::Events);
    let records = vec![
        refused(GOOD, events),
        refused(GOOD, events),
        refused(GOOD_TOO, events),
        refused("{}", events),
        refused("", events),
        refused(GOOD_TOO, None),
    ];
    submit(&ingest, "native", records).await;
    ingest.flush().await.unwrap();
    assert_eq!(counted(&ingest).await, [6, 0, 0, 6, 0, 6]);

    let dry = Replay {
        is_dry_run: true,
        ..replay()
    };
    let expected = ReplaySummary {
        found: 6,
        stored: 2,
        duplicate: 1,
        refused: 1,
        left: 2,
        dry_run: true,
    };
    assert_eq!(ingest.replay(&dry).await.unwrap(), expected);
    assert_eq!(counted(&ingest).await, [6, 0, 0, 6, 0, 6]);

    let done = ingest.replay(&replay()).await.unwrap();
    let dry_run = false;
    assert_eq!(
        done,
        ReplaySummary {
            dry_run,
            ..expected
        }
    );
    assert_eq!(counted(&ingest).await, [6, 2, 1, 3, 2, 3]);
    let again = ingest.replay(&replay()).await.unwrap();
    assert_eq!((again.found, again.stored, again.duplicate), (3, 0, 0));
    assert_eq!(counted(&ingest).await, [6, 2, 1, 3, 2, 3]);

    // Two at once come one after the other; a restart changes nothing.
    let first = replay();
    let second = replay();
    let (first, second) = tokio::join!(ingest.replay(&first), ingest.replay(&second));
    assert_eq!((first.unwrap().stored, second.unwrap().stored), (0, 0));
    ingest.shutdown().await.unwrap();
    drop(ingest);
    let ingest = open(folder.path()).await;
    assert_eq!(ingest.replay(&replay()).await.unwrap().stored, 0);
    assert_eq!(counted(&ingest).await, [6, 2, 1, 3, 2, 3]);
}

#[tokio::test]
async fn event_that_was_sent_again_meanwhile_is_a_duplicate_or_stays() {
    let folder = tempfile::tempdir().unwrap();
    let ingest = open(folder.path()).await;
    let other = GOOD.replace("open", "close");
    submit(
        &ingest,
        "native",
        vec![refused(&other, Some(SentAs::Events))],
    )
    .await;
    submit(&ingest, "native", vec![refused(GOOD, Some(SentAs::Events))]).await;
    let context = Context {
        app: "shop",
        content: SentAs::Events.into(),
        arrival: native::live(NOW, None),
        author: None,
        event_bytes_max: 1_000,
        limits: EventLimits::default(),
    };
    let sent = native::check(GOOD.as_bytes(), &context).into_owned();
    submit(&ingest, "native", vec![sent]).await;
    let done = ingest.replay(&replay()).await.unwrap();
    assert_eq!((done.stored, done.duplicate, done.refused), (0, 1, 1));
    assert_eq!(counted(&ingest).await, [3, 1, 1, 1, 1, 1]);
}

#[tokio::test]
async fn replayed_rows_come_as_they_came_and_to_their_own_tables() {
    let folder = tempfile::tempdir().unwrap();
    let ingest = open(folder.path()).await;
    let feedback = r#"{"score":5,"text":"good","user_id":"u"}"#;
    let release = r#"{"version":"1.0"}"#;
    let item = r#"{"item_id":"A","title":"Sync"}"#;
    let records = vec![
        refused(feedback, Some(SentAs::Feedback)),
        refused(release, Some(SentAs::Releases)),
        refused(item, Some(SentAs::Backlog)),
    ];
    submit(&ingest, "native", records).await;
    let only = |reason| Replay {
        filter: QuarantineFilter {
            app: Some("shop".to_owned()),
            reason: Some(reason),
        },
        ..replay()
    };
    let none = ingest.replay(&only(RefusalReason::TooLarge)).await.unwrap();
    assert_eq!(none.found, 0);
    let done = ingest
        .replay(&only(RefusalReason::MissingField))
        .await
        .unwrap();
    assert_eq!((done.found, done.stored), (3, 3));
    let snapshot = ingest.lake().snapshot().await.unwrap();
    for (table, author) in [
        (Table::Feedback, None),
        (Table::Releases, Some("Ada")),
        (Table::Backlog, Some("Ada")),
    ] {
        let pinned = snapshot.table(table);
        assert_eq!(pinned.rows(), 1, "{}", table.name());
        let names = [
            lake::columns::RECEIVED_AT,
            lake::columns::AUTHOR,
            lake::columns::KEY_ID,
        ];
        let read = pinned.read(&names, |batch| {
            use arrow::array::AsArray as _;
            let text = |name: &str| {
                Some(
                    batch
                        .column_by_name(name)?
                        .as_string::<i32>()
                        .value(0)
                        .to_owned(),
                )
            };
            let at = batch.column_by_name(lake::columns::RECEIVED_AT).unwrap();
            let at = at.as_primitive::<arrow::datatypes::TimestampMicrosecondType>();
            assert_eq!(at.value(0), NOW - HOUR);
            assert_eq!(text(lake::columns::KEY_ID).as_deref(), Some("k1"));
            assert_eq!(text(lake::columns::AUTHOR).as_deref(), author);
        });
        read.unwrap();
    }
    assert_eq!(counted(&ingest).await, [3, 3, 0, 0, 0, 0]);
}
