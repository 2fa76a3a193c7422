//! Days of flushes, sequences of everything that rewrites tables, and what the tables then hold.

mod day;
mod removal;
mod sequences;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use object_store::local::LocalFileSystem;
use serde_json::json;

use super::*;
use crate::columns::EVENT_ID;
use crate::*;

const NODE: &str = "node-a";
const START: Micros = 1_780_012_800_000_000;
/// Later than any file that a test writes.
const FAR_AHEAD: Micros = 4_000_000_000_000_000;
const DAY: Micros = 86_400_000_000;
const FLUSH_EVERY: Micros = 2_000_000;

/// A clock that a test moves.
#[derive(Debug)]
struct Hand(AtomicI64);

impl Clock for Hand {
    fn now(&self) -> Micros {
        self.0.load(Ordering::Relaxed)
    }
}

struct World {
    lake: Lake,
    hand: Arc<Hand>,
    position: i64,
}

/// What one event of a flush is.
#[derive(Clone)]
struct Sent {
    id: String,
    days_late: i64,
    received_at: Micros,
}

impl World {
    /// On files that are not forced to disk: what is looked at is which there are.
    async fn open(folder: &Path, start: Micros) -> Self {
        let hand = Arc::new(Hand(AtomicI64::new(start)));
        let clock: Arc<dyn Clock> = Arc::clone(&hand) as Arc<dyn Clock>;
        let store = Arc::new(LocalFileSystem::new());
        let lake = Lake::open_on(folder, clock, store).await.unwrap();
        Self {
            lake,
            hand,
            position: 0,
        }
    }

    fn sent(&self, id: impl Into<String>, days_late: i64) -> Sent {
        Sent {
            id: id.into(),
            days_late,
            received_at: self.hand.now(),
        }
    }

    async fn flush(&mut self, events: &[Sent]) {
        self.position += 1;
        let files = self.write(events).await;
        let position = self.position;
        self.lake
            .commit(Table::Events, &files, NODE, position)
            .await
            .unwrap();
        let deltas = [Outcome::Received, Outcome::Stored].map(|outcome| LedgerDelta {
            day: utc_day(self.hand.now()),
            app: "demo".into(),
            protocol: "native".into(),
            outcome,
            reason: None,
            count: i64::try_from(events.len()).unwrap(),
        });
        let rows = Rows::Ledger {
            node: NODE.into(),
            position,
            flushed_at: self.hand.now(),
            deltas: deltas.to_vec(),
        };
        let files = self.lake.write(&rows).await.unwrap();
        self.lake
            .commit(Table::Ledger, &files, NODE, position)
            .await
            .unwrap();
    }

    async fn write(&self, events: &[Sent]) -> Vec<DataFile> {
        let rows = events.iter().zip(0..).map(|(event, row)| {
            let at = event.received_at - event.days_late * DAY;
            let at = jiff::Timestamp::from_microsecond(at).unwrap().to_string();
            let value = json!({"event_id": event.id, "name": "open", "user_id": event.id,
                "release": format!("1.{row}"), "occurred_at": at});
            let serde_json::Value::Object(raw) = value else {
                unreachable!("it is an object")
            };
            let arrival = Arrival {
                received_at: event.received_at,
                sent_at: None,
                import: false,
            };
            let stamp = Stamp {
                app: "demo",
                protocol: "native",
                key_id: None,
                received_at: event.received_at,
                node: NODE,
                position: self.position,
                frame_row: row,
            };
            let event = check_event(&RawEvent::of(&raw), &arrival).unwrap();
            (stamp, event.into_owned())
        });
        self.lake
            .write(&Rows::Events(rows.collect()))
            .await
            .unwrap()
    }

    /// How often each event id is in the table.
    async fn ids(&self) -> BTreeMap<String, u64> {
        let snapshot = self.lake.snapshot().await.unwrap();
        let mut ids = BTreeMap::new();
        let read = snapshot.table(Table::Events).read(&[EVENT_ID], |batch| {
            for id in texts(batch, EVENT_ID).unwrap().iter() {
                *ids.entry(id.unwrap().to_owned()).or_default() += 1;
            }
        });
        read.unwrap();
        ids
    }

    /// The most small files that any day of any table has.
    async fn small_files(&self) -> usize {
        let mut most = 0;
        for table in Table::ALL {
            for files in self.lake.parts(table).await.unwrap().into_values() {
                let small = files.iter().filter(|f| f.bytes < plan::SMALL_BYTES).count();
                most = most.max(small);
            }
        }
        most
    }
}

#[tokio::test]
async fn late_copy_of_an_event_in_a_merged_day_goes_when_the_day_is_merged_again() {
    let folder = tempfile::tempdir().unwrap();
    let mut world = World::open(folder.path(), START).await;
    for flush in 0..4 {
        world.flush(&[world.sent(format!("e{flush}"), 3)]).await;
    }
    world.lake.upkeep(&Keep::default(), || {}).await.unwrap();
    let merged = world.lake.parts(Table::Events).await.unwrap();
    assert!(merged.values().all(|files| plan::is_one_whole(files)));
    // Another node stores the same event again, an hour later.
    world.hand.0.fetch_add(MICROS_PER_HOUR, Ordering::Relaxed);
    let copy = Sent {
        received_at: START + MICROS_PER_HOUR,
        days_late: 3,
        id: "e1".to_owned(),
    };
    world.flush(&[copy]).await;
    world.lake.upkeep(&Keep::default(), || {}).await.unwrap();
    assert_eq!(world.lake.verify().await.unwrap().tables[0].copies, 1);
    world.hand.0.fetch_add(DAY, Ordering::Relaxed);
    world.lake.upkeep(&Keep::default(), || {}).await.unwrap();
    let verified = world.lake.verify().await.unwrap();
    assert_eq!(verified.tables[0].copies, 0);
    assert_eq!(verified.tables[0].gone["copies"], 1);
    assert_eq!(verified.findings, []);
    let ids = world.ids().await;
    assert_eq!((ids.len(), ids["e1"]), (4, 1));
}

#[tokio::test]
async fn large_input_is_sorted_in_pieces_and_merged() {
    let folder = tempfile::tempdir().unwrap();
    let mut world = World::open(folder.path(), START).await;
    let mut dice = 7_u64;
    for flush in 0..2 {
        let events: Vec<Sent> = (0..3_000)
            .map(|n| {
                dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                let ago = i64::try_from(dice >> 50).unwrap();
                Sent {
                    id: format!("{}-{n}-{flush}", "x".repeat(100)),
                    days_late: 0,
                    received_at: START - ago,
                }
            })
            .collect();
        world.flush(&events).await;
    }
    let done = world.lake.compact(Table::Events, 2).await.unwrap();
    assert_eq!((done.files_removed, done.files_added), (2, 1));
    assert_eq!(world.ids().await.len(), 6_000);
    let snapshot = world.lake.snapshot().await.unwrap();
    let file = &snapshot.table(Table::Events).files[0];
    let mut last = None;
    for batch in Kept::open(Table::Events, &file.path, Vec::new()).unwrap() {
        let batch = batch.unwrap();
        let keys = order::Keys::new(Table::Events).unwrap();
        for key in keys.of(&batch).unwrap().iter() {
            let key = key.owned();
            assert!(
                last.as_ref().is_none_or(|last| *last <= key),
                "out of order"
            );
            last = Some(key);
        }
    }
    let scratch = files::list(&world.lake.scratch_folder()).unwrap();
    assert_eq!(scratch, []);
}
