use std::path::Path;
use std::sync::Arc;

use arrow::array::{Array as _, Int64Array, RecordBatch};
use deltalake_core::kernel::transaction::CommitBuilder;
use deltalake_core::kernel::{Action, Add};
use deltalake_core::logstore::{StorageConfig, logstore_with};
use deltalake_core::operations::create::CreateBuilder;
use deltalake_core::protocol::{DeltaOperation, SaveMode};
use object_store::ObjectStoreExt as _;
use parquet::arrow::ArrowWriter;
use serde_json::{Value, json};
use url::Url;

use super::*;
use crate::columns::{DAY, EVENT_ID, SESSION_COUNT};
use crate::*;

const NODE: &str = "node-a";
const NOON: Micros = 1_780_000_000_000_000;

fn clock() -> Arc<dyn Clock> {
    Arc::new(FixedClock(NOON))
}

fn rows(events: &[Value], position: i64) -> Rows<'static> {
    let arrival = Arrival {
        received_at: NOON,
        sent_at: None,
        import: false,
    };
    let row = |(event, frame_row): (&Value, i64)| {
        let raw = event.as_object().unwrap();
        let stamp = Stamp {
            app: "demo",
            protocol: "sentry",
            key_id: None,
            received_at: NOON,
            node: NODE,
            position,
            frame_row,
        };
        let checked = check_event(&RawEvent::of(raw), &arrival).unwrap();
        (stamp, checked.into_owned())
    };
    Rows::Events(events.iter().zip(0..).map(row).collect())
}

fn opened(id: &str, user: &str) -> Value {
    json!({"event_id": id, "name": "opened", "user_id": user})
}

fn counted(id: &str, sessions: i64) -> Value {
    json!({"event_id": id, "kind": "session", "user_id": "u3", "session_count": sessions})
}

/// The table of events as it was before rows stood for many sessions, with one file in it.
async fn plant_older_table(folder: &Path, events: &[Value]) {
    let path = folder.join("tables/events");
    std::fs::create_dir_all(&path).unwrap();
    let url = Url::from_directory_path(path.canonicalize().unwrap()).unwrap();
    let store = Arc::new(SyncedStore::default());
    let log_store = logstore_with(store, &url, StorageConfig::default()).unwrap();
    let present: StructType = Table::Events.schema().as_ref().try_into_kernel().unwrap();
    let older = present
        .fields()
        .filter(|field| field.name() != SESSION_COUNT);
    let table = CreateBuilder::new()
        .with_log_store(Arc::clone(&log_store))
        .with_columns(older.cloned())
        .with_partition_columns([DAY])
        .await
        .unwrap();
    let batch = rows(events, 1).to_batch().unwrap();
    let kept = |name: &str| name != SESSION_COUNT && name != DAY;
    let kept = (0..batch.num_columns()).filter(|at| kept(batch.schema().field(*at).name()));
    let batch = batch.project(&kept.collect::<Vec<_>>()).unwrap();
    let mut writer = ArrowWriter::try_new(Vec::new(), batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    let bytes = writer.into_inner().unwrap();
    let name = encode::path_in(Some(utc_day(NOON)), "part-older");
    let size = i64::try_from(bytes.len()).unwrap();
    let location = object_store::path::Path::parse(&name).unwrap();
    let files = log_store.object_store(None);
    files.put(&location, bytes.into()).await.unwrap();
    let mut statistics = statistics::Statistics::new(Table::Events);
    statistics.add(&batch);
    let day = jiff::Timestamp::from_microsecond(NOON)
        .unwrap()
        .strftime("%F")
        .to_string();
    let add = Add {
        path: name,
        partition_values: [(DAY.to_owned(), Some(day))].into_iter().collect(),
        size,
        modification_time: 0,
        data_change: true,
        stats: Some(statistics.to_json()),
        tags: None,
        deletion_vector: None,
        base_row_id: None,
        default_row_commit_version: None,
        clustering_provider: None,
    };
    let transaction = deltalake_core::kernel::Transaction::new(NODE, 1);
    CommitBuilder::from(plain_commit().with_application_transaction(transaction))
        .with_actions(vec![Action::Add(add)])
        .build(
            Some(table.snapshot().unwrap()),
            log_store,
            DeltaOperation::Write {
                mode: SaveMode::Append,
                partition_by: None,
                predicate: None,
            },
        )
        .await
        .unwrap();
}

async fn commit(lake: &Lake, rows: &Rows<'_>, position: i64) {
    let files = lake.write(rows).await.unwrap();
    let committed = lake.commit(rows.table(), &files, NODE, position).await;
    committed.unwrap();
}

/// Counts what was stored, as a flush does.
async fn count(lake: &Lake, stored: i64, position: i64) {
    let delta = |outcome| LedgerDelta {
        day: utc_day(NOON),
        app: "demo".to_owned(),
        protocol: "sentry".to_owned(),
        outcome,
        reason: None,
        count: stored,
    };
    let deltas = [Outcome::Received, Outcome::Stored].map(delta).to_vec();
    let rows = Rows::Ledger {
        node: NODE.to_owned(),
        position,
        flushed_at: NOON,
        deltas,
    };
    commit(lake, &rows, position).await;
}

/// Event id and count of sessions of each row.
async fn sessions(lake: &Lake) -> Vec<(String, Option<i64>)> {
    let snapshot = lake.snapshot().await.unwrap();
    let mut found = Vec::new();
    let each = |batch: &RecordBatch| {
        let ids = upkeep::texts(batch, EVENT_ID).unwrap();
        let counts = batch.column_by_name(SESSION_COUNT).unwrap();
        let counts = counts.as_any().downcast_ref::<Int64Array>().unwrap();
        for row in 0..batch.num_rows() {
            let count = counts.is_valid(row).then(|| counts.value(row));
            found.push((ids.value(row).to_owned(), count));
        }
    };
    let table = snapshot.table(Table::Events);
    table.read(&[EVENT_ID, SESSION_COUNT], each).unwrap();
    found.sort();
    found
}

fn of(rows: &[(&str, Option<i64>)]) -> Vec<(String, Option<i64>)> {
    let owned = |(id, count): &(&str, Option<i64>)| ((*id).to_owned(), *count);
    rows.iter().map(owned).collect()
}

#[tokio::test]
async fn older_table_gains_the_column_and_every_reader_takes_its_files() {
    let folder = tempfile::tempdir().unwrap();
    plant_older_table(folder.path(), &[opened("a", "u1"), opened("b", "u2")]).await;
    let lake = Lake::open(folder.path(), clock()).await.unwrap();
    count(&lake, 2, 1).await;
    assert_eq!(sessions(&lake).await, of(&[("a", None), ("b", None)]));
    let version = lake.snapshot().await.unwrap().table(Table::Events).version;
    assert_eq!(version, 2, "one commit brought it to the present schema");

    commit(&lake, &rows(&[counted("c", 40), opened("a", "u1")], 2), 2).await;
    count(&lake, 2, 2).await;
    let both = [("a", None), ("a", None), ("b", None), ("c", Some(40))];
    assert_eq!(sessions(&lake).await, of(&both));
    assert_eq!(lake.verify().await.unwrap().findings, []);

    let merged = lake.compact(Table::Events, 2).await.unwrap();
    assert_eq!((merged.files_removed, merged.copies_dropped), (2, 1));
    assert_eq!(
        sessions(&lake).await,
        of(&[("a", None), ("b", None), ("c", Some(40))])
    );
    lake.checkpoint(Table::Events).await.unwrap();
    let erased = lake
        .erase(Some("demo"), "u2", &["u2".to_owned()].into())
        .await
        .unwrap();
    assert_eq!(erased.rows_erased, 1);
    assert_eq!(sessions(&lake).await, of(&[("a", None), ("c", Some(40))]));
    assert_eq!(lake.verify().await.unwrap().findings, []);

    let again = Lake::open(folder.path(), clock()).await.unwrap();
    assert_eq!(sessions(&again).await, of(&[("a", None), ("c", Some(40))]));
    let delta = again.cell(Table::Events).lock().await.clone();
    assert_eq!(missing(Table::Events, &delta).unwrap(), []);
    let protocol = delta.snapshot().unwrap().protocol().clone();
    assert_eq!(
        (protocol.min_reader_version(), protocol.min_writer_version()),
        (1, 2)
    );
}

#[tokio::test]
async fn older_file_is_erased_from_before_it_is_merged() {
    let folder = tempfile::tempdir().unwrap();
    plant_older_table(folder.path(), &[opened("a", "u1"), opened("b", "u2")]).await;
    let lake = Lake::open(folder.path(), clock()).await.unwrap();
    count(&lake, 2, 1).await;
    lake.erase(Some("demo"), "u1", &["u1".to_owned()].into())
        .await
        .unwrap();
    assert_eq!(sessions(&lake).await, of(&[("b", None)]));
    assert_eq!(lake.verify().await.unwrap().findings, []);
}

#[tokio::test]
async fn processes_that_open_an_older_table_at_once_agree() {
    let folder = tempfile::tempdir().unwrap();
    plant_older_table(folder.path(), &[opened("a", "u1")]).await;
    let open = || Lake::open(folder.path(), clock());
    let (one, other, third) = tokio::join!(open(), open(), open());
    let (one, other) = (one.unwrap(), other.unwrap());
    third.unwrap();
    commit(&one, &rows(&[counted("b", 2)], 2), 2).await;
    commit(&other, &rows(&[counted("c", 3)], 3), 3).await;
    count(&one, 3, 3).await;
    let expected = of(&[("a", None), ("b", Some(2)), ("c", Some(3))]);
    assert_eq!(sessions(&one).await, expected);
}
