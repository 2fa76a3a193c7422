//! Files that are whole or absent: written beside, forced to disk, renamed into place.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use crate::clock::Micros;
use crate::disk::{self, NewFile};
use crate::error::{Error, Result};
use crate::failpoint::Failpoint;

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
        .and_then(|beside| disk::rename(&beside, path))
        .and_then(|()| sync_folder_of(path))
        .map_err(failed("writing", path))
}

/// Forces a folder's entries to disk.
///
/// # Errors
/// [`Error::File`] when the disk refuses.
pub fn sync_folder(folder: &Path) -> Result<()> {
    disk::sync_folder(folder).map_err(failed("syncing", folder))
}

/// Creates `folder` and its ancestors, each new one forced to disk.
///
/// # Errors
/// [`Error::File`] when the disk refuses.
pub fn create_folders(folder: &Path) -> Result<()> {
    create_synced(folder).map_err(failed("creating", folder))
}

/// Creates what is absent of a folder's way, the uppermost first. A folder whose name cannot be
/// forced to disk is removed again: whoever finds one may build on it. One does this at a time, so
/// that nobody finds one before that is done.
fn create_synced(folder: &Path) -> io::Result<()> {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let _alone = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    let absent: Vec<&Path> = folder
        .ancestors()
        .take_while(|above| !above.as_os_str().is_empty() && !above.is_dir())
        .collect();
    for folder in absent.into_iter().rev() {
        match disk::create_folder(folder) {
            Ok(()) => {}
            // Another process was faster.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
        if Failpoint::LakeSkipAncestorFsync.is_on() {
            continue;
        }
        if let Err(error) = sync_folder_of(folder) {
            if !Failpoint::LakeKeepFailedFolder.is_on() {
                disk::remove_folder(folder)?;
            }
            return Err(error);
        }
    }
    Ok(())
}

/// Writes `bytes` to a new file beside `path`, forced to disk, and returns where it is. A crash may
/// leave it: its name is hidden, so that nobody takes it for a log entry or a data file.
pub(crate) fn write_beside(path: &Path, bytes: &[u8]) -> io::Result<PathBuf> {
    if let Some(folder) = path.parent() {
        create_synced(folder)?;
    }
    let beside = beside(path);
    let mut file = disk::create_new(&beside)?;
    let written = file.append(bytes).and_then(|()| {
        if Failpoint::LakeSkipFileFsync.is_on() {
            return Ok(());
        }
        file.sync()
    });
    match written {
        Ok(()) => Ok(beside),
        Err(error) => {
            drop(file);
            disk::remove(&beside)?;
            Err(error)
        }
    }
}

/// Removes a file; one that is gone already is no error. Survives a power cut once the folder is
/// synced.
///
/// # Errors
/// [`Error::File`] when the disk refuses.
pub fn remove(path: &Path) -> Result<()> {
    match disk::remove(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        removed => removed.map_err(failed("removing", path)),
    }
}

/// A file that is written piece by piece under a name of its own beside its place, and put there
/// whole. Dropped before that, it is removed.
#[derive(Debug)]
pub(crate) struct Staged {
    file: NewFile,
    beside: Option<PathBuf>,
    path: PathBuf,
}

impl Staged {
    /// Begins a file that will lie at `path`.
    pub(crate) fn create(path: &Path) -> io::Result<Self> {
        if let Some(folder) = path.parent() {
            create_synced(folder)?;
        }
        let beside = beside(path);
        Ok(Self {
            file: disk::create_new(&beside)?,
            beside: Some(beside),
            path: path.to_owned(),
        })
    }

    /// Appends bytes.
    pub(crate) fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.file.append(bytes)
    }

    /// Forces the file to disk and puts it in its place.
    pub(crate) fn finish(mut self) -> io::Result<()> {
        if !Failpoint::LakeSkipFileFsync.is_on() {
            self.file.sync()?;
        }
        if let Some(beside) = self.beside.take() {
            let renamed = disk::rename(&beside, &self.path);
            if renamed.is_err() {
                self.beside = Some(beside);
            }
            renamed?;
        }
        sync_folder_of(&self.path)
    }
}

impl Drop for Staged {
    fn drop(&mut self) {
        if let Some(beside) = self.beside.take()
            && let Err(cause) = disk::remove(&beside)
        {
            tracing::warn!(file = %beside.display(), %cause, "a file given up stays");
        }
    }
}

/// A new file for scratch data, which need not survive a power cut.
pub(crate) fn create_scratch(path: &Path) -> io::Result<File> {
    if let Some(folder) = path.parent() {
        create_synced(folder)?;
    }
    File::create_new(path)
}

/// A name beside `path` that nothing else has; hidden, so that nobody takes what a crash leaves
/// there for a log entry or a data file.
fn beside(path: &Path) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let name = format!(".{name}.{}.tmp", uuid::Uuid::new_v4().simple());
    path.with_file_name(name)
}

pub(crate) fn sync_folder_of(path: &Path) -> io::Result<()> {
    disk::sync_folder(path.parent().unwrap_or_else(|| Path::new("/")))
}

/// All files below a folder, with their size and when they were written.
pub(crate) fn list(folder: &Path) -> Result<Vec<(PathBuf, u64, Micros)>> {
    let failed = || failed("listing", folder);
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(failed())?,
    };
    let mut found = Vec::new();
    for entry in entries {
        let entry = entry.map_err(failed())?;
        // A file that went meanwhile is no error.
        let Ok(about) = entry.metadata() else {
            continue;
        };
        if about.is_dir() {
            found.extend(list(&entry.path())?);
        } else {
            let written_at = micros(about.modified().map_err(failed())?);
            found.push((entry.path(), about.len(), written_at));
        }
    }
    Ok(found)
}

/// Forces the entries of a folder and of all below it to disk.
pub(crate) fn sync_folders(folder: &Path) -> Result<()> {
    for entry in fs::read_dir(folder).map_err(failed("listing", folder))? {
        let path = entry.map_err(failed("listing", folder))?.path();
        if path.is_dir() {
            sync_folders(&path)?;
        }
    }
    sync_folder(folder)
}

/// An instant of the file system.
pub(crate) fn micros(at: std::time::SystemTime) -> Micros {
    let since = at.duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_micros()).unwrap_or(i64::MAX)
}
