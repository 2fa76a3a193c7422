//! What leaves the disk: what a crash left, old versions, what is beyond its time.

use super::*;

#[tokio::test]
async fn rewrite_that_a_crash_cut_off_leaves_a_file_that_a_vacuum_removes() {
    let folder = tempfile::tempdir().unwrap();
    let mut world = World::open(folder.path(), FAR_AHEAD).await;
    world.flush(&[world.sent("a", 0)]).await;
    world.flush(&[world.sent("b", 0)]).await;
    // Written, not committed: the process died here; or in the midst of writing.
    let lost = world.write(&[world.sent("lost", 0)]).await;
    let lost = world.lake.table_folder(Table::Events).join(lost[0].path());
    let half = lost.with_extension("parquet#1");
    files::replace(&half, b"half").unwrap();
    let under_way = world.write(&[world.sent("under way", 0)]).await;
    let under_way = world
        .lake
        .table_folder(Table::Events)
        .join(under_way[0].path());
    world
        .lake
        .note_under_way(BTreeSet::from([under_way.clone()]));
    assert_eq!(
        world.lake.verify().await.unwrap().tables[0].unnamed_files,
        3
    );
    let vacuumed = world.lake.vacuum(&Keep::default()).await.unwrap();
    assert_eq!(vacuumed.files_removed, 2);
    let is_there = |path: &Path| path.try_exists().unwrap();
    assert!(!is_there(&lost) && !is_there(&half) && is_there(&under_way));
    assert_eq!(world.ids().await.len(), 2);
}

#[tokio::test]
async fn old_versions_go_with_the_files_that_only_they_name() {
    let folder = tempfile::tempdir().unwrap();
    let mut world = World::open(folder.path(), FAR_AHEAD).await;
    for flush in 0..3 {
        world.flush(&[world.sent(format!("e{flush}"), 0)]).await;
    }
    let old = world
        .lake
        .snapshot()
        .await
        .unwrap()
        .table(Table::Events)
        .files
        .clone();
    world.lake.compact(Table::Events, 2).await.unwrap();
    let keep = Keep::default();
    assert_eq!(
        world.lake.trim(Table::Events, &keep).await.unwrap(),
        0,
        "no checkpoint"
    );
    world.lake.checkpoint(Table::Events).await.unwrap();
    // A crash after the data files and before the log entries: the next trim goes on.
    files::remove(&old[0].path).unwrap();
    assert_eq!(world.lake.trim(Table::Events, &keep).await.unwrap(), 4);
    assert!(old.iter().all(|file| !file.path.try_exists().unwrap()));
    let again = World::open(folder.path(), FAR_AHEAD).await;
    assert_eq!((world.ids().await.len(), again.ids().await.len()), (3, 3));
    assert_eq!(
        again.lake.position(Table::Events, NODE).await.unwrap(),
        Some(3)
    );
    world.position = 3;
    world.flush(&[world.sent("after", 0)]).await;
    assert_eq!(again.ids().await.len(), 4);
}

#[tokio::test]
async fn what_is_beyond_its_time_or_bytes_is_taken_out_and_counted() {
    let folder = tempfile::tempdir().unwrap();
    let mut world = World::open(folder.path(), START).await;
    world
        .flush(&[world.sent("new", 0), world.sent("old", 40)])
        .await;
    let keep = Keep {
        events_days: Some(30),
        ..Keep::default()
    };
    world.lake.upkeep(&keep, || {}).await.unwrap();
    assert_eq!(world.ids().await.into_keys().collect::<Vec<_>>(), ["new"]);
    let verified = world.lake.verify().await.unwrap();
    assert_eq!(verified.tables[0].gone["expired"], 1);
    assert_eq!(verified.findings, []);
}
