//! Files that are whole or absent: written beside, forced to disk, renamed into place.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::Path;

use crate::error::{Error, Result};

fn failed(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Error {
    let path = path.to_owned();
    move |source| Error::File {
        action,
        path,
        source,
    }
}

/// Replaces the file at `path` by `bytes`: after a crash either the old or the new content is
/// there, whole.
///
/// # Errors
/// [`Error::File`] when the disk refuses.
pub fn replace(path: &Path, bytes: &[u8]) -> Result<()> {
    write_beside(path, bytes)
        .and_then(|beside| fs::rename(&beside, path))
        .and_then(|()| sync_folder_of(path))
        .map_err(failed("writing", path))
}

/// Forces a folder's entries to disk.
///
/// # Errors
/// [`Error::File`] when the disk refuses.
pub fn sync_folder(folder: &Path) -> Result<()> {
    File::open(folder)
        .and_then(|f| f.sync_all())
        .map_err(failed("syncing", folder))
}

/// Creates `folder` and its ancestors, each new one forced to disk.
///
/// # Errors
/// [`Error::File`] when the disk refuses.
pub fn create_folders(folder: &Path) -> Result<()> {
    create_synced(folder).map_err(failed("creating", folder))
}

pub(crate) fn create_synced(folder: &Path) -> io::Result<()> {
    if folder.as_os_str().is_empty() || folder.is_dir() {
        return Ok(());
    }
    let parent = folder.parent().unwrap_or_else(|| Path::new("/"));
    create_synced(parent)?;
    match fs::create_dir(folder) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
        _ => {}
    }
    let parent = if parent.as_os_str().is_empty() {
        Path::new(".")
    } else {
        parent
    };
    File::open(parent)?.sync_all()
}

/// Writes `bytes` to a new file beside `path`, forced to disk, and returns where it is.
pub(crate) fn write_beside(path: &Path, bytes: &[u8]) -> io::Result<std::path::PathBuf> {
    if let Some(folder) = path.parent() {
        create_synced(folder)?;
    }
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!("#{}", uuid::Uuid::new_v4().simple()));
    let beside = path.with_file_name(name);
    let mut file = File::create_new(&beside)?;
    let written = file.write_all(bytes).and_then(|()| file.sync_all());
    match written {
        Ok(()) => Ok(beside),
        Err(error) => {
            drop(file);
            fs::remove_file(&beside)?;
            Err(error)
        }
    }
}

pub(crate) fn sync_folder_of(path: &Path) -> io::Result<()> {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => File::open(folder)?.sync_all(),
        _ => File::open(".")?.sync_all(),
    }
}
