//! The journal of a watched folder: every change in its order, with what tests note between them.
//!
//! A test runs a schedule once, and then looks at what a power cut could have left at each of its
//! changes: [`crash`] lays such an image out as a folder. A call can be made to fail, and the
//! process to die at it, which is a `kill -9` within the call.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

pub use super::image::crash;

/// A change of the disk.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Op {
    /// A new file, with a name.
    Create { path: PathBuf, inode: usize },
    /// Bytes behind those that a file holds.
    Append { inode: usize, bytes: Vec<u8> },
    /// Bytes that a file holds are written once more and forced to disk.
    WriteAgain {
        inode: usize,
        from: usize,
        to: usize,
    },
    /// What a file holds is on disk.
    Sync { inode: usize },
    /// What was appended since the last sync may be on disk or never come there.
    SyncFailed { inode: usize },
    /// A file is cut, on disk too.
    Truncate { inode: usize, bytes: usize },
    /// A file has another name.
    Rename {
        from: PathBuf,
        to: PathBuf,
        inode: usize,
    },
    /// A file has a second name.
    Link { to: PathBuf, inode: usize },
    /// A name is gone.
    Remove { path: PathBuf },
    /// A new folder.
    Folder { path: PathBuf },
    /// A folder is gone.
    RemoveFolder { path: PathBuf },
    /// The names in a folder are on disk.
    SyncFolder { path: PathBuf },
    /// What a test notes: no change.
    Note(u64),
}

/// How a call fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// With the number of an error, such as 5 for `EIO`; the next calls go well.
    Errno(i32),
    /// The process dies within it: nothing is done any more until [`Journal::revive`].
    Death,
}

/// The journal of one watched folder.
#[derive(Debug)]
pub struct Journal {
    root: PathBuf,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
pub(super) struct State {
    ops: Vec<Op>,
    /// The files as a running process sees them.
    names: BTreeMap<PathBuf, usize>,
    inodes: usize,
    changes: usize,
    fault: Option<(usize, Fault)>,
    is_dead: bool,
}

static WATCHED: Mutex<Vec<Arc<Journal>>> = Mutex::new(Vec::new());

fn watched() -> MutexGuard<'static, Vec<Arc<Journal>>> {
    WATCHED.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Journal {
    /// Watches a folder until [`Journal::end`]. What it holds is taken to be on disk.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub fn watch(root: &Path) -> io::Result<Arc<Self>> {
        let mut state = State::default();
        state.take_in(root)?;
        let journal = Arc::new(Self {
            root: root.to_owned(),
            state: Mutex::new(state),
        });
        watched().push(Arc::clone(&journal));
        Ok(journal)
    }

    /// Watches no longer.
    pub fn end(&self) {
        watched().retain(|journal| journal.root != self.root);
    }

    pub(super) fn of(path: &Path) -> Option<Arc<Self>> {
        let watched = watched();
        let mut found = watched.iter();
        found.find(|one| path.starts_with(&one.root)).cloned()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The watched folder.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Makes the `count`th change from now on fail, counted from 0.
    pub fn fail_at(&self, count: usize, fault: Fault) {
        let mut state = self.state();
        state.fault = Some((state.changes + count, fault));
    }

    /// Calls that would change the disk or force it, failed ones among them.
    #[must_use]
    pub fn changes(&self) -> usize {
        self.state().changes
    }

    /// Whether the process has died.
    #[must_use]
    pub fn is_dead(&self) -> bool {
        self.state().is_dead
    }

    /// Another process begins.
    pub fn revive(&self) {
        self.state().is_dead = false;
    }

    /// Notes what a test has seen, such as an answer.
    pub fn note(&self, what: u64) {
        self.state().ops.push(Op::Note(what));
    }

    /// What was done, in order.
    #[must_use]
    pub fn ops(&self) -> Vec<Op> {
        self.state().ops.clone()
    }

    /// How much was done.
    #[must_use]
    pub fn len(&self) -> usize {
        self.state().ops.len()
    }

    /// Whether nothing was done and nothing was there.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Does a change and notes it, in one step for all who look.
    pub(super) fn change<T>(
        &self,
        op: impl FnOnce(&State) -> Option<Op>,
        real: impl FnOnce() -> io::Result<T>,
    ) -> io::Result<T> {
        let mut state = self.state();
        state.fail()?;
        let op = op(&state);
        let done = real()?;
        if let Some(op) = op {
            state.push(op);
        }
        Ok(done)
    }

    pub(super) fn create<T>(
        &self,
        path: &Path,
        real: impl FnOnce() -> io::Result<T>,
    ) -> io::Result<(T, usize)> {
        let mut state = self.state();
        state.fail()?;
        let done = real()?;
        Ok((done, state.create(path)))
    }

    /// A write that fails has written a part.
    pub(super) fn append(
        &self,
        inode: usize,
        bytes: &[u8],
        real: impl FnOnce(&[u8]) -> io::Result<()>,
    ) -> io::Result<()> {
        let mut state = self.state();
        let was_dead = state.is_dead;
        let failed = state.fail();
        let written = match failed {
            Ok(()) => bytes,
            Err(_) if was_dead => &[],
            Err(_) => &bytes[..bytes.len() / 2],
        };
        real(written)?;
        let bytes = written.to_vec();
        state.push(Op::Append { inode, bytes });
        failed
    }

    pub(super) fn sync(&self, inode: usize) -> io::Result<()> {
        let mut state = self.state();
        let failed = state.fail();
        if failed.is_ok() {
            state.push(Op::Sync { inode });
        } else if !state.is_dead {
            state.push(Op::SyncFailed { inode });
        }
        failed
    }

    pub(super) fn sync_folder(&self, path: &Path) -> io::Result<()> {
        let sync = Op::SyncFolder {
            path: path.to_owned(),
        };
        self.change(|_| Some(sync), || fs::metadata(path).map(drop))
    }

    pub(super) fn write_again(&self, path: &Path, offset: u64, bytes: &[u8]) -> io::Result<()> {
        let from = usize::try_from(offset).map_err(io::Error::other)?;
        let again = |state: &State| {
            Some(Op::WriteAgain {
                inode: state.inode(path)?,
                from,
                to: from + bytes.len(),
            })
        };
        self.change(again, || Ok(()))
    }

    pub(super) fn truncate(
        &self,
        path: &Path,
        bytes: u64,
        real: impl FnOnce() -> io::Result<()>,
    ) -> io::Result<()> {
        let bytes = usize::try_from(bytes).map_err(io::Error::other)?;
        let cut = |state: &State| {
            let inode = state.inode(path)?;
            Some(Op::Truncate { inode, bytes })
        };
        self.change(cut, real)
    }
}

impl State {
    pub(super) fn inode(&self, path: &Path) -> Option<usize> {
        self.names.get(path).copied()
    }

    fn create(&mut self, path: &Path) -> usize {
        let inode = self.inodes;
        self.inodes += 1;
        self.push(Op::Create {
            path: path.to_owned(),
            inode,
        });
        inode
    }

    fn push(&mut self, op: Op) {
        match &op {
            Op::Create { path, inode } | Op::Link { to: path, inode } => {
                self.names.insert(path.clone(), *inode);
            }
            Op::Rename { from, to, inode } => {
                self.names.remove(from);
                self.names.insert(to.clone(), *inode);
            }
            Op::Remove { path } => {
                self.names.remove(path);
            }
            _ => {}
        }
        self.ops.push(op);
    }

    /// Takes in what a folder holds, as if it had just been made and forced to disk.
    fn take_in(&mut self, folder: &Path) -> io::Result<()> {
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            if path.is_dir() {
                self.push(Op::Folder { path: path.clone() });
                self.take_in(&path)?;
            } else {
                let bytes = fs::read(&path)?;
                let inode = self.create(&path);
                self.push(Op::Append { inode, bytes });
                self.push(Op::Sync { inode });
            }
        }
        self.push(Op::SyncFolder {
            path: folder.to_owned(),
        });
        Ok(())
    }

    fn fail(&mut self) -> io::Result<()> {
        if self.is_dead {
            return Err(io::Error::other("the process has died"));
        }
        let change = self.changes;
        self.changes += 1;
        match self.fault {
            Some((at, Fault::Errno(errno))) if at == change => {
                Err(io::Error::from_raw_os_error(errno))
            }
            Some((at, Fault::Death)) if at == change => {
                self.is_dead = true;
                Err(io::Error::other("the process has died"))
            }
            _ => Ok(()),
        }
    }
}
