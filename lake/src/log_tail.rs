//! What a table's log has gained since a version, without a look at all that it holds.
//!
//! Each commit asks for the entries behind the one that it knows. A log of a week has tens of
//! thousands of them, and listing a folder reads every name. Entries are numbered without a gap and
//! removed the oldest first, so from an entry that is there the next ones are found by their names.

use std::path::PathBuf;
use std::sync::Arc;

use futures::stream::{self, BoxStream, StreamExt as _};
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::{ObjectMeta, ObjectStore as _, Result};

use crate::store::generic;

const LOG_FOLDER: &str = "_delta_log";
/// Digits of a version in a file name.
const VERSION_DIGITS: usize = 20;

/// Lists what lies behind `offset` in `prefix`.
pub(crate) fn list_behind(
    store: Arc<LocalFileSystem>,
    prefix: Option<&Path>,
    offset: &Path,
) -> BoxStream<'static, Result<ObjectMeta>> {
    let (Some(log), Some(version)) = (prefix, version_of(prefix, offset)) else {
        return store.list_with_offset(prefix, offset);
    };
    let (log, offset) = (log.clone(), offset.clone());
    let listing = async move {
        let (folder, behind) = (store.path_to_filesystem(&log), offset.clone());
        let named = log.clone();
        let entries =
            tokio::task::spawn_blocking(move || entries(&folder?, &named, version, &behind))
                .await
                .map_err(|source| generic(std::io::Error::other(source)));
        match entries.and_then(|entries| entries) {
            Ok(Some(entries)) => stream::iter(entries.into_iter().map(Ok)).boxed(),
            Ok(None) => store.list_with_offset(Some(&log), &offset),
            Err(failure) => stream::once(async move { Err(failure) }).boxed(),
        }
    };
    stream::once(listing).flatten().boxed()
}

/// The version at which a listing of a log begins; `None` for other listings.
fn version_of(prefix: Option<&Path>, offset: &Path) -> Option<u64> {
    let prefix = prefix.filter(|prefix| prefix.filename() == Some(LOG_FOLDER))?;
    if offset.prefix_match(prefix)?.count() != 1 {
        return None;
    }
    offset.filename()?.get(..VERSION_DIGITS)?.parse().ok()
}

/// The entries and checkpoints from a version on; `None` where its entry is not there, so that
/// those behind it cannot be told from their names.
fn entries(
    folder: &std::path::Path,
    log: &Path,
    version: u64,
    offset: &Path,
) -> Result<Option<Vec<ObjectMeta>>> {
    let mut found = Vec::new();
    for next in version.. {
        let mut has_entry = false;
        // In the order of their names.
        for ending in ["checkpoint.parquet", "json"] {
            let name = format!("{next:020}.{ending}");
            let location = log.clone().join(name.as_str());
            let path: PathBuf = folder.join(name);
            let about = match std::fs::metadata(&path) {
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
                about => about.map_err(generic)?,
            };
            has_entry |= ending == "json";
            if location > *offset {
                found.push(ObjectMeta {
                    location,
                    last_modified: about.modified().map_err(generic)?.into(),
                    size: about.len(),
                    e_tag: None,
                    version: None,
                });
            }
        }
        if !has_entry && next == version {
            return Ok(None);
        }
        if !has_entry {
            break;
        }
    }
    Ok((!found.is_empty()).then_some(found))
}

#[cfg(test)]
mod tests {
    use futures::TryStreamExt as _;

    use super::*;

    async fn behind(folder: &std::path::Path, offset: &str) -> Vec<String> {
        let store = Arc::new(LocalFileSystem::new());
        let log = Path::from_absolute_path(folder).unwrap();
        let offset = log.clone().join(offset);
        let listed = list_behind(store, Some(&log), &offset);
        let listed: Vec<ObjectMeta> = listed.try_collect().await.unwrap();
        let names = listed
            .into_iter()
            .map(|meta| meta.location.filename().unwrap().to_owned());
        let mut names: Vec<String> = names.collect();
        names.sort();
        names
    }

    #[tokio::test]
    async fn entries_behind_one_that_is_there_are_told_by_their_names() {
        let folder = tempfile::tempdir().unwrap();
        let log = folder.path().join(LOG_FOLDER);
        let write = |name: &str| crate::files::replace(&log.join(name), b"{}").unwrap();
        for version in 3..6 {
            write(&format!("{version:020}.json"));
        }
        write("00000000000000000004.checkpoint.parquet");
        write("_last_checkpoint");
        let four = [
            "00000000000000000004.checkpoint.parquet",
            "00000000000000000004.json",
        ];
        let five = "00000000000000000005.json";
        let from_four = [four[0], four[1], five];
        assert_eq!(behind(&log, "00000000000000000004").await, from_four);
        assert_eq!(behind(&log, "00000000000000000004.json").await, [five]);
        // The first was trimmed: everything is listed.
        let all = behind(&log, "00000000000000000001").await;
        assert_eq!(all.len(), 5, "{all:?}");
        assert_eq!(behind(&log, five).await, ["_last_checkpoint"]);
    }
}
