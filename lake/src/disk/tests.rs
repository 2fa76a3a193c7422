//! The model itself: what must survive a power cut does, and what need not sometimes does not.

use std::collections::BTreeSet;
use std::path::Path;

use super::journal::{Fault, Journal, crash};
use super::*;

const SEEDS: u64 = 200;

/// What `read` finds in the images of power cuts after everything that `run` does.
fn outcomes<T: Ord>(run: impl FnOnce(&Path, &Journal), read: impl Fn(&Path) -> T) -> BTreeSet<T> {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().canonicalize().unwrap();
    let journal = Journal::watch(&root).unwrap();
    run(&root, &journal);
    journal.end();
    let ops = journal.ops();
    let lay_out = |seed| {
        let image = tempfile::tempdir().unwrap();
        crash(&ops, &root, ops.len(), seed, image.path()).unwrap();
        read(image.path())
    };
    (0..SEEDS).map(lay_out).collect()
}

fn content(name: &str) -> impl Fn(&Path) -> Option<Vec<u8>> {
    move |image| fs::read(image.join(name)).ok()
}

#[test]
fn synced_bytes_under_a_synced_name_always_survive() {
    let found = outcomes(
        |root, _| {
            let mut file = create_new(&root.join("a")).unwrap();
            file.append(b"first").unwrap();
            file.sync().unwrap();
            sync_folder(root).unwrap();
        },
        content("a"),
    );
    assert_eq!(found, BTreeSet::from([Some(b"first".to_vec())]));
}

#[test]
fn unsynced_bytes_survive_in_part_torn_or_not_at_all_and_never_touch_synced_ones() {
    let found = outcomes(
        |root, _| {
            let mut file = create_new(&root.join("a")).unwrap();
            file.append(&[1; 700]).unwrap();
            file.sync().unwrap();
            sync_folder(root).unwrap();
            file.append(&[2; 2_000]).unwrap();
        },
        content("a"),
    );
    let found: Vec<Vec<u8>> = found.into_iter().flatten().collect();
    assert!(found.iter().all(|bytes| bytes.starts_with(&[1; 700])));
    let whole = [vec![1; 700], vec![2; 2_000]].concat();
    assert!(found.contains(&whole) && found.contains(&vec![1; 700]));
    assert!(
        found
            .iter()
            .any(|bytes| bytes.len() == 2_700 && *bytes != whole)
    );
}

#[test]
fn name_and_bytes_survive_apart() {
    let found = outcomes(
        |root, _| {
            let mut file = create_new(&root.join("a")).unwrap();
            file.append(b"x").unwrap();
            sync_folder(root).unwrap();
            let file = create_new(&root.join("b")).unwrap();
            file.sync().unwrap();
        },
        |image| {
            (
                content("a")(image).is_some_and(|a| a == b"x"),
                content("b")(image).is_some(),
            )
        },
    );
    let all = [(false, false), (false, true), (true, false), (true, true)];
    assert_eq!(found, BTreeSet::from(all));
}

#[test]
fn rename_leaves_the_old_or_the_new_file_whole() {
    let found = outcomes(
        |root, _| {
            for (name, bytes) in [("a", b"old"), ("beside", b"new")] {
                let mut file = create_new(&root.join(name)).unwrap();
                file.append(bytes).unwrap();
                file.sync().unwrap();
            }
            sync_folder(root).unwrap();
            rename(&root.join("beside"), &root.join("a")).unwrap();
        },
        content("a"),
    );
    assert_eq!(
        found,
        BTreeSet::from([Some(b"old".to_vec()), Some(b"new".to_vec())])
    );
}

#[test]
fn file_in_a_folder_whose_name_is_not_synced_can_vanish() {
    let nested = |is_parent_synced: bool| {
        move |root: &Path, _: &Journal| {
            let folder = root.join("f");
            create_folder(&folder).unwrap();
            if is_parent_synced {
                sync_folder(root).unwrap();
            }
            let mut file = create_new(&folder.join("a")).unwrap();
            file.append(b"x").unwrap();
            file.sync().unwrap();
            sync_folder(&folder).unwrap();
        }
    };
    let lost = outcomes(nested(false), content("f/a"));
    assert_eq!(lost, BTreeSet::from([None, Some(b"x".to_vec())]));
    let kept = outcomes(nested(true), content("f/a"));
    assert_eq!(kept, BTreeSet::from([Some(b"x".to_vec())]));
}

#[test]
fn bytes_of_a_failed_sync_stay_in_doubt_until_they_are_written_again() {
    let failed = |is_written_again: bool| {
        move |root: &Path, journal: &Journal| {
            let path = root.join("a");
            let mut file = create_new(&path).unwrap();
            sync_folder(root).unwrap();
            file.append(b"doubt").unwrap();
            journal.fail_at(0, Fault::Errno(5));
            assert_eq!(file.sync().unwrap_err().raw_os_error(), Some(5));
            file.append(b"sure").unwrap();
            file.sync().unwrap();
            if is_written_again {
                write_again(&path, 0, b"doubt").unwrap();
            }
        }
    };
    let found = outcomes(failed(false), content("a"));
    assert!(found.len() > 1 && found.iter().flatten().all(|bytes| bytes.ends_with(b"sure")));
    let found = outcomes(failed(true), content("a"));
    assert_eq!(found, BTreeSet::from([Some(b"doubtsure".to_vec())]));
}

#[test]
fn dead_process_changes_nothing_more() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().canonicalize().unwrap();
    let journal = Journal::watch(&root).unwrap();
    let mut file = create_new(&root.join("a")).unwrap();
    journal.fail_at(0, Fault::Death);
    assert!(file.append(b"half").is_err());
    assert!(file.append(b"more").is_err());
    assert!(remove(&root.join("a")).is_err());
    journal.revive();
    assert_eq!(fs::read(root.join("a")).unwrap(), b"ha");
    remove(&root.join("a")).unwrap();
    journal.end();
}
