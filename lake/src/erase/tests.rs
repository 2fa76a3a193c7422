//! A person planted everywhere, found by the search, erased, and not found any more.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use serde_json::{Value, json};

use crate::columns::{PROPERTIES, TEXT, USER_ID};
use crate::files::list as files_of;
use crate::upkeep::{Change, texts};
use crate::*;

const NODE: &str = "node-a";
const NOON: Micros = 1_780_000_000_000_000;
/// An id with characters that JSON escapes.
const PERSON: &str = "jörg \"7f3a\" <j@x.io>";
const DEVICE: &str = "device-91c2";
const SHARED: &str = "kiosk-22";

fn stamp(app: &'static str, position: i64, frame_row: i64) -> Stamp<'static> {
    Stamp {
        app,
        protocol: "native",
        key_id: None,
        received_at: NOON,
        node: NODE,
        position,
        frame_row,
    }
}

fn arrival() -> Arrival {
    Arrival {
        received_at: NOON,
        sent_at: None,
        import: false,
    }
}

fn raw(value: Value) -> RawObject {
    match value {
        Value::Object(object) => object,
        other => unreachable!("{other} is no object"),
    }
}

fn event(value: Value) -> Event<'static> {
    let raw = raw(value);
    check_event(&RawEvent::of(&raw), &arrival())
        .unwrap()
        .into_owned()
}

async fn store(lake: &Lake, rows: Rows<'static>, position: i64) {
    let files = lake.write(&rows).await.unwrap();
    lake.commit(rows.table(), &files, NODE, position)
        .await
        .unwrap();
}

/// Events of the person and of others; the position keeps commits apart.
async fn plant(lake: &Lake) {
    let events = [
        json!({"event_id": "1", "name": "open", "user_id": PERSON}),
        json!({"event_id": "2", "kind": "identify", "user_id": PERSON, "anonymous_id": DEVICE}),
        json!({"event_id": "3", "name": "open", "anonymous_id": DEVICE}),
        json!({"event_id": "4", "name": "open", "user_id": "other"}),
        json!({"event_id": "5", "name": "share", "user_id": "other",
            "properties": {"with": PERSON, "n": 1}}),
        json!({"event_id": "6", "kind": "identify", "user_id": PERSON, "anonymous_id": SHARED}),
        json!({"event_id": "7", "kind": "identify", "user_id": "other", "anonymous_id": SHARED}),
        json!({"event_id": format!("{DEVICE}-8"), "name": "open", "user_id": "other",
            "session_id": format!("s-{DEVICE}")}),
    ];
    let of = |app: &'static str, position: i64, values: &[Value]| -> Rows<'static> {
        let rows = values.iter().zip(0..);
        Rows::Events(
            rows.map(|(value, row)| (stamp(app, position, row), event(value.clone())))
                .collect(),
        )
    };
    store(lake, of("demo", 1, &events[..4]), 1).await;
    store(lake, of("demo", 2, &events[4..]), 2).await;
    // A copy, as another node would have stored it, and the same id at another app.
    store(lake, of("demo", 3, &events[..1]), 3).await;
    store(lake, of("elsewhere", 4, &events[..1]), 4).await;
    let texts = [format!("{PERSON} told me"), "nothing to see".to_owned()];
    let given = texts.iter().zip(0..).map(|(text, row)| {
        let value =
            json!({"event_id": format!("f{row}"), "score": 4, "text": text, "user_id": "other"});
        let value = raw(value);
        let given = check_feedback(&value, &arrival()).unwrap();
        (stamp("demo", 1, row), given.into_owned())
    });
    store(lake, Rows::Feedback(given.collect()), 1).await;
    let bytes = [
        json!({"user_id": PERSON, "name": 1}).to_string(),
        r#"{"user_id": "j\u00f6rg \u00227f3a\u0022 <j@x.io>", "name": 2}"#.to_owned(),
        json!({"user_id": "other"}).to_string(),
    ];
    let refused = bytes.iter().zip(0..).map(|(bytes, row)| {
        let refusal = Refusal::new("name", RefusalReason::MissingField, "name is required");
        let refused = Refused::new(refusal, None, bytes.as_bytes(), 1 << 20);
        (stamp("demo", 1, row), Quarantined::Refused(refused))
    });
    store(lake, Rows::Quarantine(refused.collect()), 1).await;
    let release = check_release(&raw(
        json!({"version": "1.0", "notes": format!("for {PERSON}!")}),
    ));
    store(
        lake,
        Rows::Releases(vec![(stamp("demo", 1, 0), release.unwrap())]),
        1,
    )
    .await;
}

/// The files, from the data folder on, in which the search finds something.
fn found(lake: &Lake, ids: &[&str]) -> BTreeSet<String> {
    let searcher = Searcher::new(Some("demo"), ids.iter().copied());
    let traces = searcher.tables(lake.folder()).unwrap();
    let tables = traces.iter().map(|trace| {
        let path = trace.file.strip_prefix(lake.folder()).unwrap();
        path.components()
            .find(|part| part.as_os_str() != "tables")
            .unwrap()
            .as_os_str()
            .to_string_lossy()
            .into_owned()
    });
    tables.collect()
}

fn files(folder: &Path) -> usize {
    files_of(folder).unwrap().len()
}

/// What others did and said stays, without the person.
fn check_others(snapshot: &Snapshot) {
    let mut kept = Vec::new();
    let read = snapshot
        .table(Table::Events)
        .read(&[USER_ID, PROPERTIES], |batch| {
            let users = texts(batch, USER_ID).unwrap().iter();
            let properties = texts(batch, PROPERTIES).unwrap().iter();
            kept.extend(
                users
                    .zip(properties)
                    .map(|(user, text)| (user.unwrap().to_owned(), text.map(str::to_owned))),
            );
        });
    read.unwrap();
    kept.sort();
    let others = kept.iter().filter(|(user, _)| user == "other").count();
    assert_eq!(
        (others, kept.len()),
        (4, 5),
        "and the namesake at the other app: {kept:?}"
    );
    let shared = kept
        .iter()
        .find_map(|(_, text)| text.as_deref().filter(|t| t.contains("with")));
    let shared: Value = serde_json::from_str(shared.unwrap()).unwrap();
    assert_eq!(shared, json!({"with": "[erased]", "n": 1}));
    let mut said = Vec::new();
    let read = snapshot.table(Table::Feedback).read(&[TEXT], |batch| {
        said.extend(
            texts(batch, TEXT)
                .unwrap()
                .iter()
                .flatten()
                .map(str::to_owned),
        );
    });
    read.unwrap();
    said.sort();
    assert_eq!(said, ["[erased] told me", "nothing to see"]);
}

#[tokio::test]
async fn person_is_found_everywhere_and_nowhere_once_erased() {
    let folder = tempfile::tempdir().unwrap();
    let clock = Arc::new(FixedClock(NOON));
    let lake = Lake::open(folder.path(), clock).await.unwrap();
    plant(&lake).await;
    // The old version of a file that was compacted, and what a crash left, hold the person too.
    lake.compact(Table::Events, 2).await.unwrap();
    let lost = vec![(
        stamp("demo", 9, 0),
        event(json!({"name": "x", "user_id": PERSON})),
    )];
    lake.write(&Rows::Events(lost)).await.unwrap();
    // What was made from the events speaks of the person as they do.
    let of_a_day = lake
        .snapshot()
        .await
        .unwrap()
        .rollup_folder()
        .join("zone=UTC/day=2026-05-28");
    files::create_folders(&of_a_day).unwrap();
    let events = files_of(&lake.table_folder(Table::Events)).unwrap();
    let data = events
        .iter()
        .find(|file| file.0.extension().is_some_and(|e| e == "parquet"));
    let bytes = std::fs::read(&data.unwrap().0).unwrap();
    files::replace(&of_a_day.join("0123456789abcdef.parquet"), &bytes).unwrap();
    let ids = lake.person_ids(Some("demo"), PERSON).await.unwrap();
    assert_eq!(
        ids,
        BTreeSet::from([PERSON, DEVICE, SHARED].map(str::to_owned))
    );
    let all = [PERSON, DEVICE, SHARED];
    let tables = ["events", "feedback", "quarantine", "releases", "rollups"].map(str::to_owned);
    assert_eq!(found(&lake, &all), BTreeSet::from(tables));
    assert!(found(&lake, &["nobody-1234"]).is_empty());

    let outcome = lake.erase(Some("demo"), PERSON, &ids).await.unwrap();
    assert!(!found(&lake, &all).is_empty(), "older versions still speak");
    // A crash here is made good by erasing again.
    let again = lake.erase(Some("demo"), PERSON, &ids).await.unwrap();
    assert_eq!(again, EraseOutcome::default());
    assert!(lake.forget().await.unwrap() > 0);
    assert_eq!(found(&lake, &all), BTreeSet::new());

    // Events 1, 2, 3 and 6, and two refused ones; 5, 7 and 8, the feedback and the release stay.
    assert_eq!((outcome.rows_erased, outcome.rows_redacted), (6, 5));
    let snapshot = lake.snapshot().await.unwrap();
    let rows = |table| snapshot.table(table).rows();
    assert_eq!(rows(Table::Feedback), 2);
    assert_eq!(rows(Table::Quarantine), 1);
    check_others(&snapshot);
    let verified = lake.verify().await.unwrap();
    assert_eq!(verified.tables[0].gone["erased"], 4);
    assert!(
        verified
            .findings
            .iter()
            .all(|finding| finding.kind == "ledger")
    );
    // Of the log the checkpoint and its entry are left, of the data one file a table.
    assert!(files(&lake.table_folder(Table::Feedback)) <= 4);
}

#[tokio::test]
async fn anonymous_id_leads_to_the_person_but_not_through_a_shared_device() {
    let folder = tempfile::tempdir().unwrap();
    let clock = Arc::new(FixedClock(NOON));
    let lake = Lake::open(folder.path(), clock).await.unwrap();
    plant(&lake).await;
    let of = async |id| lake.person_ids(Some("demo"), id).await.unwrap();
    let person = BTreeSet::from([PERSON, DEVICE, SHARED].map(str::to_owned));
    assert_eq!(of(DEVICE).await, person);
    assert_eq!(of(SHARED).await, BTreeSet::from([SHARED.to_owned()]));
    assert_eq!(
        of("other").await,
        BTreeSet::from(["other", SHARED].map(str::to_owned))
    );
    assert_eq!(of("nobody").await, BTreeSet::from(["nobody".to_owned()]));
}

#[tokio::test]
async fn merge_that_began_before_an_erasure_loses_against_it() {
    let folder = tempfile::tempdir().unwrap();
    let clock = Arc::new(FixedClock(NOON));
    let lake = Lake::open(folder.path(), clock).await.unwrap();
    plant(&lake).await;
    let inputs = lake
        .snapshot()
        .await
        .unwrap()
        .table(Table::Events)
        .files
        .clone();
    let rows = vec![(
        stamp("demo", 1, 0),
        event(json!({"name": "x", "user_id": PERSON})),
    )];
    let merged = lake.write(&Rows::Events(rows)).await.unwrap();
    let ids = lake.person_ids(Some("demo"), PERSON).await.unwrap();
    lake.erase(Some("demo"), PERSON, &ids).await.unwrap();
    let change = Change::compaction(0);
    let lost = lake
        .replace_or_discard(Table::Events, &inputs, &merged, change)
        .await;
    assert!(matches!(lost, Err(Error::Conflict { .. })), "{lost:?}");
    let path = lake.table_folder(Table::Events).join(merged[0].path());
    assert!(!path.try_exists().unwrap(), "what was merged is discarded");
    lake.forget().await.unwrap();
    assert!(found(&lake, &[PERSON]).is_empty());
}

#[tokio::test]
async fn what_the_team_said_loses_the_person_and_stays_with_its_piece() {
    let folder = tempfile::tempdir().unwrap();
    let clock = Arc::new(FixedClock(NOON));
    let lake = Lake::open(folder.path(), clock).await.unwrap();
    let (limits, id) = (EventLimits::default(), format!("{DEVICE}-f"));
    let given = raw(json!({"event_id": id, "user_id": "other", "text": "fine"}));
    let given = check_feedback(&given, &arrival()).unwrap().into_owned();
    let label =
        raw(json!({"feedback_id": id, "label": "praise", "note": format!("as {PERSON} says")}));
    let label = check_label_within(&label, &arrival(), &limits).unwrap();
    let link = raw(json!({"feedback_id": id, "item_id": "A-1", "link": "confirmed"}));
    let link = check_link_within(&link, &arrival(), &limits).unwrap();
    let entry = raw(
        json!({"version": "1.0", "change": "added", "item_id": "A-1",
        "note": format!("{PERSON} waits")}),
    );
    let entry = check_plan_entry_within(&entry, &arrival(), &limits).unwrap();
    for rows in [
        Rows::Feedback(vec![(stamp("demo", 1, 0), given)]),
        Rows::FeedbackLabels(vec![(stamp("demo", 1, 1), label)]),
        Rows::FeedbackLinks(vec![(stamp("demo", 1, 2), link)]),
        Rows::Plans(vec![(stamp("demo", 1, 3), entry)]),
    ] {
        store(&lake, rows, 1).await;
    }
    let tables = ["feedback", "feedback_labels", "feedback_links", "plans"].map(str::to_owned);
    assert_eq!(found(&lake, &[PERSON, DEVICE]), BTreeSet::from(tables));
    let ids = BTreeSet::from([PERSON, DEVICE].map(str::to_owned));
    let outcome = lake.erase(Some("demo"), PERSON, &ids).await.unwrap();
    assert_eq!((outcome.rows_erased, outcome.rows_redacted), (0, 4));
    lake.forget().await.unwrap();
    assert!(found(&lake, &[PERSON, DEVICE]).is_empty());
    let snapshot = lake.snapshot().await.unwrap();
    let only = |table: Table, column: &str| {
        let mut cells = Vec::new();
        let read = snapshot.table(table).read(&[column], |batch| {
            let texts = texts(batch, column).unwrap().iter().flatten();
            cells.extend(texts.map(str::to_owned));
        });
        read.unwrap();
        assert_eq!(cells.len(), 1, "{column}: {cells:?}");
        cells.remove(0)
    };
    let piece = only(Table::Feedback, columns::EVENT_ID);
    assert!(piece.starts_with("erased-"), "{piece}");
    for table in [Table::FeedbackLabels, Table::FeedbackLinks] {
        assert_eq!(only(table, columns::FEEDBACK_ID), piece);
    }
    assert_eq!(
        only(Table::FeedbackLabels, columns::NOTE),
        "as [erased] says"
    );
    assert_eq!(only(Table::Plans, columns::NOTE), "[erased] waits");
}
