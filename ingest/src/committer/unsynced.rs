//! Names that a failed sync, or a process that was killed before one, left in memory alone: what is
//! built on them afterwards must not be lost with them.

use std::path::Path;
use std::sync::Arc;

use lake::disk::journal::{Fault, Journal, crash};
use lake::{FixedClock, Lake, LedgerDelta, Outcome, Rows, Table, files, utc_day};

use super::tests::NOW;
use crate::power_cuts::scratch;

const SEEDS: u64 = 40;
const NODE: &str = "node";

/// Every power cut after all that was done leaves the file.
fn survives(journal: &Journal, file: &str) {
    let ops = journal.ops();
    for seed in 0..SEEDS {
        let (_folder, image) = scratch();
        crash(&ops, journal.root(), ops.len(), seed, &image).unwrap();
        assert!(
            image.join(file).is_file(),
            "{file} was built on and is lost, image {seed}"
        );
    }
}

async fn open(root: &Path) -> Lake {
    Lake::open(root, Arc::new(FixedClock(NOW))).await.unwrap()
}

/// A commit of whose calls the last one, the sync of the log's folder, fails.
async fn commit(lake: &Lake, journal: &Journal, fault: Fault) -> lake::Result<lake::CommitOutcome> {
    let delta = LedgerDelta {
        day: utc_day(NOW),
        app: "shop".to_owned(),
        protocol: "native".to_owned(),
        outcome: Outcome::Stored,
        reason: None,
        count: 1,
    };
    let rows = Rows::Ledger {
        node: NODE.to_owned(),
        position: 7,
        flushed_at: NOW,
        deltas: vec![delta],
    };
    let written = lake.write(&rows).await.unwrap();
    // Created, written, synced, linked, its other name removed, the folder synced.
    journal.fail_at(5, fault);
    lake.commit(Table::Ledger, &written, NODE, 7).await
}

const ENTRY: &str = "tables/ledger/_delta_log/00000000000000000001.json";

#[tokio::test]
async fn commit_whose_last_sync_failed_is_synced_before_it_is_answered() {
    let (_folder, root) = scratch();
    let journal = Journal::watch(&root).unwrap();
    let lake = open(&root).await;
    let committed = commit(&lake, &journal, Fault::Errno(5)).await;
    journal.end();
    assert!(committed.is_ok(), "got {committed:?}");
    survives(&journal, ENTRY);
}

#[tokio::test]
async fn commit_of_a_killed_process_is_synced_by_the_next_start() {
    let (_folder, root) = scratch();
    let journal = Journal::watch(&root).unwrap();
    let lake = open(&root).await;
    assert!(commit(&lake, &journal, Fault::Death).await.is_err());
    drop(lake);
    journal.revive();
    let lake = open(&root).await;
    let position = lake.position(Table::Ledger, NODE).await.unwrap();
    journal.end();
    assert_eq!(position, Some(7), "the entry is there, in memory at least");
    survives(&journal, ENTRY);
}

#[test]
fn folder_whose_name_could_not_be_synced_is_made_again() {
    let (_folder, root) = scratch();
    let journal = Journal::watch(&root).unwrap();
    let folder = root.join("day=2026-05-27");
    journal.fail_at(1, Fault::Errno(5));
    assert!(files::create_folders(&folder).is_err());
    files::replace(&folder.join("part"), b"rows").unwrap();
    journal.end();
    survives(&journal, "day=2026-05-27/part");
}
