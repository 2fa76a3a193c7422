//! A person in the WAL, in the tables and beside them, found by the search and then not any more.

use std::collections::BTreeSet;

use super::*;
use crate::erasure::search;

const PERSON: &str = "person-7f3a91c2";

fn planted(id: &str) -> Record<'static> {
    let raw = json!({"event_id": id, "name": "open", "user_id": PERSON});
    Record::Event(check_event(&RawEvent::of(&object(raw)), &arrival()).unwrap()).into_owned()
}

fn spoken(id: &str) -> Record<'static> {
    let text = format!("ask {PERSON} about it");
    let raw = json!({"event_id": id, "kind": "comment", "text": text, "user_id": "u1"});
    let raw = object(raw);
    Record::Feedback(check_feedback(&raw, &arrival()).unwrap()).into_owned()
}

fn refused_of(person: &str) -> Record<'static> {
    let refusal = Refusal::new("name", RefusalReason::MissingField, "name is required");
    let raw = json!({"user_id": person}).to_string();
    Record::Refused(Refused::new(refusal, None, raw.as_bytes(), 1_000))
}

/// What kinds of files hold the person.
fn found(dir: &Path) -> BTreeSet<String> {
    let ids = BTreeSet::from([PERSON.to_owned()]);
    let traces = search(dir, Some("shop"), &ids).unwrap();
    let kind = |path: &Path| {
        let name = path.file_name().unwrap().to_str().unwrap();
        let ending = name.split_once(".frame").map_or_else(
            || name.rsplit_once('.').unwrap().1,
            |(_, _)| "frame.damaged",
        );
        ending.to_owned()
    };
    traces.iter().map(|trace| kind(&trace.file)).collect()
}

#[tokio::test]
async fn person_goes_from_wal_tables_and_what_was_set_aside_while_others_are_taken() {
    let dir = tempfile::tempdir().unwrap();
    let (ingest, _) = open(dir.path()).await;
    let first = vec![
        planted("e1"),
        planted("e1"),
        spoken("f1"),
        refused_of(PERSON),
    ];
    ingest.submit(batch(first)).await.unwrap();
    let garbled = format!("no batch, but {PERSON} in it").into_bytes();
    ingest
        .wal()
        .append(FrameKind::Batch, 1, garbled)
        .await
        .unwrap();
    ingest.flush().await.unwrap();
    let pending = vec![planted("e2"), event("e3", "open"), refused_of("u2")];
    ingest.submit(batch(pending)).await.unwrap();
    let everywhere = ["frame.damaged", "parquet", "wal"].map(str::to_owned);
    assert_eq!(found(dir.path()), BTreeSet::from(everywhere));

    let (erasure, taken) = tokio::join!(
        ingest.erase(Some("shop"), PERSON),
        ingest.submit(batch(vec![event("e4", "open")]))
    );
    let erasure = erasure.unwrap();
    assert_eq!(erasure.traces, []);
    assert_eq!(found(dir.path()), BTreeSet::new());
    assert_eq!(taken.unwrap(), [Receipt::Accepted]);
    assert_eq!(erasure.tables.rows_erased, 3, "two events, one refused");
    assert_eq!(
        (erasure.tables.rows_redacted, erasure.set_aside_blanked),
        (1, 1)
    );

    ingest.flush().await.unwrap();
    assert_eq!(
        counts(&ingest, Table::Events, columns::EVENT_ID).await,
        once(&["e3", "e4"])
    );
    assert_eq!(
        ledger(&ingest).await,
        sums(8, 5, 1, 2),
        "what happened stays counted"
    );
    let verified = crate::verify(ingest.lake()).await.unwrap();
    let kinds: Vec<&str> = verified
        .findings
        .iter()
        .map(|finding| finding.kind)
        .collect();
    assert_eq!(
        kinds,
        ["wal"],
        "the frame set aside: {:?}",
        verified.findings
    );
    ingest.shutdown().await.unwrap();
    drop(ingest);
    let (ingest, report) = open(dir.path()).await;
    assert_eq!((report.pending, report.flush_redone), (0, false));
    assert_eq!(found(dir.path()), BTreeSet::new());
    assert_eq!(ledger(&ingest).await, sums(8, 5, 1, 2));
}

#[tokio::test]
async fn erasure_after_any_interrupted_flush_is_whole() {
    let steps = [
        Step::Written,
        Step::Prepared,
        Step::Committed(Table::Events),
        Step::Committed(Table::Ledger),
    ];
    for step in steps {
        let dir = tempfile::tempdir().unwrap();
        let ingest = open_cut_off(dir.path(), step).await;
        let records = vec![planted("e1"), event("e2", "open"), spoken("f1")];
        ingest.submit(batch(records)).await.unwrap();
        assert!(
            ingest.erase(Some("shop"), PERSON).await.is_err(),
            "{step:?}"
        );
        drop(ingest);
        assert!(!found(dir.path()).is_empty(), "{step:?}");
        let (ingest, _) = open(dir.path()).await;
        let erasure = ingest.erase(Some("shop"), PERSON).await.unwrap();
        assert_eq!(erasure.traces, [], "{step:?}");
        assert_eq!(found(dir.path()), BTreeSet::new(), "{step:?}");
        assert_eq!(
            counts(&ingest, Table::Events, columns::EVENT_ID).await,
            once(&["e2"])
        );
        let verified = crate::verify(ingest.lake()).await.unwrap();
        assert_eq!(verified.findings, [], "{step:?}");
    }
}

#[tokio::test]
async fn many_flushes_leave_few_files_and_upkeep_runs_beside_them() {
    let dir = tempfile::tempdir().unwrap();
    let (ingest, _) = open(dir.path()).await;
    for number in 0..60 {
        let record = event(&format!("e{number}"), "open");
        ingest.submit(batch(vec![record])).await.unwrap();
        ingest.flush().await.unwrap();
        assert!(ingest.lake().crowd() <= lake::SMALL_FILES_MAX);
    }
    let snapshot = ingest.lake().snapshot().await.unwrap();
    for table in [Table::Events, Table::Ledger] {
        let files = snapshot.table(table).files.len();
        assert!(files <= lake::SMALL_FILES_MAX, "{files} files of {table:?}");
    }
    assert_eq!(ledger(&ingest).await, sums(60, 60, 0, 0));
    ingest.shutdown().await.unwrap();
    assert_eq!(crate::verify(ingest.lake()).await.unwrap().findings, []);
}
