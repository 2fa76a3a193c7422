//! One process at a time writes to a data folder.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read as _, Seek as _, Write as _};
use std::path::Path;

use crate::error::{Error, Result};
use crate::files;

/// The hold on a data folder; let go when dropped or when the process ends, however it ends.
#[derive(Debug)]
pub struct FolderLock {
    _file: File,
}

impl FolderLock {
    /// Takes the lock of `folder`, creating the folder if need be. `note` is left in the lock file
    /// for other processes to read, such as the address of the server that holds it.
    ///
    /// # Errors
    /// [`Error::Held`] when another process has it; [`Error::File`] when the disk refuses.
    pub fn take(folder: &Path, note: &str) -> Result<Self> {
        files::create_folders(folder)?;
        let path = folder.join("lock");
        let failed = |source| Error::File {
            action: "locking",
            path: path.clone(),
            source,
        };
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .map_err(failed)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let holder = Self::note(folder);
                return Err(Error::Held {
                    folder: folder.to_owned(),
                    holder,
                });
            }
            Err(TryLockError::Error(source)) => return Err(failed(source)),
        }
        file.set_len(0).map_err(failed)?;
        file.rewind().map_err(failed)?;
        file.write_all(note.as_bytes()).map_err(failed)?;
        Ok(Self { _file: file })
    }

    /// What the holder of the lock left in it; empty when there is nothing.
    #[must_use]
    pub fn note(folder: &Path) -> String {
        let mut note = String::new();
        if let Ok(mut file) = File::open(folder.join("lock")) {
            // An unreadable note is an absent one: it is a courtesy, the lock itself is the truth.
            if file.read_to_string(&mut note).is_err() {
                note.clear();
            }
        }
        note.trim().to_owned()
    }
}
