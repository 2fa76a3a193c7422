//! The few calls by which the WAL touches the disk, so that a test can cut them.

use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::path::Path;

use crate::settings::Durability;

/// Where segments are created.
pub(crate) trait WalDisk: Send {
    /// Creates a segment's file, which must not be there yet.
    fn create(&mut self, path: &Path) -> io::Result<Box<dyn WalFile>>;
    /// Forces the folder's entries to disk.
    fn sync_folder(&mut self, folder: &Path) -> io::Result<()>;
}

/// A segment under write.
pub(crate) trait WalFile: Send {
    /// Appends bytes.
    fn append(&mut self, bytes: &[u8]) -> io::Result<()>;
    /// Forces what was appended to disk.
    fn sync(&mut self) -> io::Result<()>;
}

/// The disk of the machine.
#[derive(Debug)]
pub(crate) struct MachineDisk {
    /// Whether to force anything.
    pub durability: Durability,
}

#[derive(Debug)]
struct MachineFile {
    file: File,
    durability: Durability,
}

impl WalDisk for MachineDisk {
    fn create(&mut self, path: &Path) -> io::Result<Box<dyn WalFile>> {
        let file = OpenOptions::new()
            .append(true)
            .create_new(true)
            .open(path)?;
        Ok(Box::new(MachineFile {
            file,
            durability: self.durability,
        }))
    }

    fn sync_folder(&mut self, folder: &Path) -> io::Result<()> {
        match self.durability {
            Durability::Disk => File::open(folder)?.sync_all(),
            Durability::Os => Ok(()),
        }
    }
}

impl WalFile for MachineFile {
    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.file.write_all(bytes)
    }

    fn sync(&mut self) -> io::Result<()> {
        match self.durability {
            Durability::Disk => self.file.sync_data(),
            Durability::Os => Ok(()),
        }
    }
}
