//! The calls that change the disk, of the WAL as of the tables: all of them, so that a test build
//! can keep a journal of them and know what a power cut may leave.
//!
//! A plain build adds nothing to the calls of the standard library. With the cargo feature
//! `failpoints` each call on a folder that is watched is noted in its [`journal`], and can be made
//! to fail. A watched folder is never forced to disk: its journal says what would be there.

#[cfg(feature = "failpoints")]
mod chance;
#[cfg(feature = "failpoints")]
mod image;
#[cfg(feature = "failpoints")]
pub mod journal;
#[cfg(test)]
#[cfg(feature = "failpoints")]
mod tests;

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::os::unix::fs::FileExt as _;
use std::path::Path;
#[cfg(feature = "failpoints")]
use std::sync::Arc;

#[cfg(feature = "failpoints")]
pub use chance::Chance;
#[cfg(feature = "failpoints")]
use journal::{Journal, Op};

/// Does a change, noted in the journal if the path is of a watched folder: `change!(path, real, op)`
/// where `op` is made from the journal's state. Without failpoints only `real` remains.
#[cfg(feature = "failpoints")]
macro_rules! change {
    ($path:expr, $real:expr, $op:expr) => {
        match Journal::of($path) {
            Some(journal) => journal.change($op, || $real),
            None => $real,
        }
    };
}

#[cfg(not(feature = "failpoints"))]
macro_rules! change {
    ($path:expr, $real:expr, $op:expr) => {
        $real
    };
}

/// A new file, written from its start to its end.
#[derive(Debug)]
pub struct NewFile {
    file: File,
    #[cfg(feature = "failpoints")]
    watched: Option<(Arc<Journal>, usize)>,
}

/// Creates a file, which must not be there yet.
///
/// # Errors
/// When the disk refuses.
pub fn create_new(path: &Path) -> io::Result<NewFile> {
    let create = || File::options().append(true).create_new(true).open(path);
    #[cfg(feature = "failpoints")]
    if let Some(journal) = Journal::of(path) {
        let (file, inode) = journal.create(path, create)?;
        let watched = Some((journal, inode));
        return Ok(NewFile { file, watched });
    }
    Ok(NewFile {
        file: create()?,
        #[cfg(feature = "failpoints")]
        watched: None,
    })
}

impl NewFile {
    /// Appends bytes.
    ///
    /// # Errors
    /// When the disk refuses; a part may then be written.
    pub fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        #[cfg(feature = "failpoints")]
        if let Some((journal, inode)) = &self.watched {
            let file = &mut self.file;
            return journal.append(*inode, bytes, |bytes| file.write_all(bytes));
        }
        self.file.write_all(bytes)
    }

    /// Forces what was appended to disk.
    ///
    /// # Errors
    /// When the disk refuses; nothing is then known of what was appended since the last sync, and a
    /// later sync says nothing about it.
    pub fn sync(&self) -> io::Result<()> {
        #[cfg(feature = "failpoints")]
        if let Some((journal, inode)) = &self.watched {
            return journal.sync(*inode);
        }
        self.file.sync_data()
    }
}

/// Writes bytes over those that a file holds from `offset` on, which are the same, and forces them
/// to disk: bytes of which a sync failed, or that nobody synced, are there for sure afterwards.
///
/// # Errors
/// When the disk refuses.
pub fn write_again(path: &Path, offset: u64, bytes: &[u8]) -> io::Result<()> {
    let file = File::options().write(true).open(path)?;
    #[cfg(feature = "failpoints")]
    if let Some(journal) = Journal::of(path) {
        return journal.write_again(path, offset, bytes);
    }
    file.write_all_at(bytes, offset)?;
    file.sync_all()
}

/// Cuts a file and forces that to disk.
///
/// # Errors
/// When the disk refuses.
pub fn truncate(path: &Path, bytes: u64) -> io::Result<()> {
    let file = File::options().write(true).open(path)?;
    #[cfg(feature = "failpoints")]
    if let Some(journal) = Journal::of(path) {
        return journal.truncate(path, bytes, || file.set_len(bytes));
    }
    file.set_len(bytes)?;
    file.sync_all()
}

/// Renames a file within its folder.
///
/// # Errors
/// When the disk refuses.
pub fn rename(from: &Path, to: &Path) -> io::Result<()> {
    change!(from, fs::rename(from, to), |names| Some(Op::Rename {
        from: from.to_owned(),
        to: to.to_owned(),
        inode: names.inode(from)?,
    }))
}

/// Gives a file a second name, which must not be there yet.
///
/// # Errors
/// When the disk refuses.
pub fn hard_link(from: &Path, to: &Path) -> io::Result<()> {
    change!(from, fs::hard_link(from, to), |names| Some(Op::Link {
        to: to.to_owned(),
        inode: names.inode(from)?,
    }))
}

/// Removes a file.
///
/// # Errors
/// When the disk refuses.
pub fn remove(path: &Path) -> io::Result<()> {
    change!(path, fs::remove_file(path), |_| Some(Op::Remove {
        path: path.to_owned()
    }))
}

/// Creates a folder, whose parent is there and which is not.
///
/// # Errors
/// When the disk refuses.
pub fn create_folder(path: &Path) -> io::Result<()> {
    change!(path, fs::create_dir(path), |_| Some(Op::Folder {
        path: path.to_owned()
    }))
}

/// Removes a folder that is empty.
///
/// # Errors
/// When the disk refuses.
pub fn remove_folder(path: &Path) -> io::Result<()> {
    change!(path, fs::remove_dir(path), |_| Some(Op::RemoveFolder {
        path: path.to_owned()
    }))
}

/// Forces the names in a folder to disk.
///
/// # Errors
/// When the disk refuses.
pub fn sync_folder(path: &Path) -> io::Result<()> {
    let path = if path.as_os_str().is_empty() {
        Path::new(".")
    } else {
        path
    };
    #[cfg(feature = "failpoints")]
    if let Some(journal) = Journal::of(path) {
        return journal.sync_folder(path);
    }
    File::open(path)?.sync_all()
}
