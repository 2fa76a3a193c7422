//! What a power cut may leave of a journal.
//!
//! The model, which is harsher than any file system in use but asks for nothing that POSIX does not
//! promise: bytes are on disk once a sync of their file has succeeded after them, names once one of
//! their folder has, the name of a folder being one in its parent. Of the rest any part survives:
//! a file's new bytes up to any length, each sector of them written, zero or garbage, apart from
//! the file's name; changes of names in any subset, each whole. What a file had when a sync of it
//! failed stays in doubt, whatever later syncs say, until it is written again. A change under way
//! may be done, half done or not. A sector holds what was on disk in it when its rest is written,
//! and a sync of a folder that succeeds covers what an earlier failed one left: a file system that
//! loses its own journal takes no more changes.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{self, Write as _};
use std::ops::Range;
use std::path::{Path, PathBuf};

use super::chance::Chance;
use super::journal::Op;

/// Bytes that a disk writes whole or not at all.
const SECTOR: usize = 512;

/// A file's bytes, as written and as forced to disk.
#[derive(Debug, Default)]
struct Inode {
    bytes: Vec<u8>,
    /// Before this everything is on disk, but for what is doubtful.
    synced: usize,
    doubtful: Vec<Range<usize>>,
}

#[derive(Debug, Default)]
struct Names {
    files: BTreeMap<PathBuf, usize>,
    folders: BTreeSet<PathBuf>,
}

/// Of what is at risk: nothing, everything or any part survives. Half-way states must not drown
/// the plain ones.
#[derive(Debug, Clone, Copy)]
enum Luck {
    Nothing,
    Everything,
    Any,
}

impl Luck {
    fn of(chance: &mut Chance) -> Self {
        match chance.below(4) {
            0 => Self::Nothing,
            1 => Self::Everything,
            _ => Self::Any,
        }
    }

    fn survives(self, chance: &mut Chance) -> bool {
        match self {
            Self::Nothing => false,
            Self::Everything => true,
            Self::Any => chance.one_in(2),
        }
    }
}

/// Lays out in `target`, which is absent or empty, what a power cut at `ops[at]` may leave of the
/// folder `root`: that change is under way, those before it are done. `seed` chooses.
///
/// # Errors
/// When `target` cannot be written.
pub fn crash(ops: &[Op], root: &Path, at: usize, seed: u64, target: &Path) -> io::Result<()> {
    let mut chance = Chance::new(seed);
    let ops = &ops[..(at + 1).min(ops.len())];
    let names = surviving_names(ops, at, &mut chance);
    let inodes = written(ops, at, &mut chance);
    fs::create_dir_all(target)?;
    for folder in names.folders.iter().filter(|one| names.reach(root, one)) {
        fs::create_dir_all(target.join(folder.strip_prefix(root).unwrap_or(folder)))?;
    }
    for (path, inode) in &names.files {
        let folder = path.parent().unwrap_or(root);
        if folder == root || names.reach(root, folder) {
            let bytes = inodes
                .get(inode)
                .map(|inode| inode.surviving_bytes(&mut chance));
            let path = target.join(path.strip_prefix(root).unwrap_or(path));
            fs::File::create(path)?.write_all(&bytes.unwrap_or_default())?;
        }
    }
    Ok(())
}

impl Names {
    /// Whether a folder and all above it are there.
    fn reach(&self, root: &Path, folder: &Path) -> bool {
        let mut above = folder
            .ancestors()
            .take_while(|one| *one != root && one.starts_with(root));
        above.all(|one| self.folders.contains(one))
    }

    fn change(&mut self, op: &Op) {
        match op {
            Op::Create { path, inode } | Op::Link { to: path, inode } => {
                self.files.insert(path.clone(), *inode);
            }
            Op::Rename { from, to, inode } => {
                self.files.remove(from);
                self.files.insert(to.clone(), *inode);
            }
            Op::Remove { path } => {
                self.files.remove(path);
            }
            Op::Folder { path } => {
                self.folders.insert(path.clone());
            }
            Op::RemoveFolder { path } => {
                self.folders.remove(path);
            }
            _ => {}
        }
    }
}

/// The name that an operation changes, where it does.
fn changed_name(op: &Op) -> Option<&Path> {
    match op {
        Op::Create { path, .. }
        | Op::Rename { to: path, .. }
        | Op::Link { to: path, .. }
        | Op::Remove { path }
        | Op::Folder { path }
        | Op::RemoveFolder { path } => Some(path),
        _ => None,
    }
}

/// The names that are there: those of synced folders, and of the others what chance leaves.
fn surviving_names(ops: &[Op], cut_off: usize, chance: &mut Chance) -> Names {
    let mut synced_until: BTreeMap<&Path, usize> = BTreeMap::new();
    for (at, op) in ops.iter().enumerate().take(cut_off) {
        if let Op::SyncFolder { path } = op {
            synced_until.insert(path, at);
        }
    }
    let luck = Luck::of(chance);
    let mut names = Names::default();
    for (at, op) in ops.iter().enumerate() {
        let Some(folder) = changed_name(op).and_then(Path::parent) else {
            continue;
        };
        let is_synced = synced_until.get(folder).is_some_and(|sync| at < *sync);
        if is_synced || luck.survives(chance) {
            names.change(op);
        }
    }
    names
}

/// What was written to each file, and how much of it is on disk for sure.
fn written(ops: &[Op], cut_off: usize, chance: &mut Chance) -> BTreeMap<usize, Inode> {
    let mut inodes: BTreeMap<usize, Inode> = BTreeMap::new();
    for (at, op) in ops.iter().enumerate() {
        let is_under_way = at == cut_off;
        match op {
            Op::Append { inode, bytes } => {
                let whole = bytes.len();
                let part = if is_under_way {
                    chance.below(whole + 1)
                } else {
                    whole
                };
                let inode = inodes.entry(*inode).or_default();
                inode.bytes.extend_from_slice(&bytes[..part]);
            }
            Op::Sync { inode } if !is_under_way => {
                let inode = inodes.entry(*inode).or_default();
                inode.synced = inode.bytes.len();
            }
            Op::SyncFailed { inode } => {
                let inode = inodes.entry(*inode).or_default();
                inode.doubtful.push(inode.synced..inode.bytes.len());
            }
            Op::WriteAgain { inode, from, to } if !is_under_way => {
                inodes.entry(*inode).or_default().write_again(*from, *to);
            }
            Op::Truncate { inode, bytes } if !is_under_way || chance.one_in(2) => {
                inodes.entry(*inode).or_default().truncate(*bytes);
            }
            _ => {}
        }
    }
    inodes
}

impl Inode {
    /// The sync that belongs to it is one of the whole file.
    fn write_again(&mut self, from: usize, to: usize) {
        self.synced = self.bytes.len();
        let doubtful = std::mem::take(&mut self.doubtful).into_iter();
        let beside = doubtful.flat_map(|range| {
            let before = range.start..range.end.min(from).max(range.start);
            let behind = range.start.max(to).min(range.end)..range.end;
            [before, behind]
        });
        self.doubtful = beside.filter(|range| !range.is_empty()).collect();
    }

    fn truncate(&mut self, bytes: usize) {
        self.bytes.truncate(bytes);
        self.synced = self.bytes.len();
        for range in &mut self.doubtful {
            range.end = range.end.min(bytes);
        }
        self.doubtful.retain(|range| range.start < range.end);
    }

    fn surviving_bytes(&self, chance: &mut Chance) -> Vec<u8> {
        let unsynced = self.bytes.len() - self.synced;
        let kept = match Luck::of(chance) {
            Luck::Nothing => 0,
            Luck::Everything => unsynced,
            Luck::Any => chance.below(unsynced + 1),
        };
        let mut bytes = self.bytes[..self.synced + kept].to_vec();
        let mut at_risk = self.doubtful.clone();
        at_risk.push(self.synced..bytes.len());
        if chance.one_in(2) {
            for range in at_risk {
                tear(&mut bytes, range, chance);
            }
        }
        bytes
    }
}

/// Leaves of each sector what was written, zeros or garbage.
fn tear(bytes: &mut [u8], range: Range<usize>, chance: &mut Chance) {
    let end = range.end.min(bytes.len());
    let mut sector = range.start;
    while sector < end {
        let next = ((sector / SECTOR + 1) * SECTOR).min(end);
        match chance.below(4) {
            0 => bytes[sector..next].fill(0),
            1 => bytes[sector..next]
                .iter_mut()
                .for_each(|byte| *byte ^= 0x5a),
            _ => {}
        }
        sector = next;
    }
}
