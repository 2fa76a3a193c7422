//! A sorted run of ids on disk: a scratch file of the index.
//!
//! The file holds entries of 24 bytes in order, little-endian, and nothing else. In memory are a
//! filter and the first half of each 128th key.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read as _, Write as _};
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

use super::filter::Filter;
use super::{Entry, Found, Key};

const ENTRY_BYTES: usize = 24;
/// Entries between two keys that are kept in memory.
const STRIDE: usize = 128;
const BUFFER_BYTES: usize = 256 << 10;

/// A run.
#[derive(Debug)]
pub(super) struct Run {
    path: PathBuf,
    file: File,
    entries: usize,
    filter: Filter,
    fences: Vec<u64>,
}

impl Run {
    /// Writes sorted entries, `count` of them at most, with a filter of `bits` bits each.
    pub(super) fn write(
        path: PathBuf,
        sorted: impl Iterator<Item = io::Result<Entry>>,
        count: usize,
        bits: usize,
    ) -> io::Result<Self> {
        let file = File::options()
            .create_new(true)
            .read(true)
            .write(true)
            .open(&path)?;
        let mut out = BufWriter::with_capacity(BUFFER_BYTES, &file);
        let (mut filter, mut fences) = (Filter::new(count, bits), Vec::new());
        let mut entries = 0;
        for entry in sorted {
            let entry = entry?;
            if entries % STRIDE == 0 {
                fences.push(entry.0);
            }
            filter.insert((entry.0, entry.1));
            for part in [entry.0, entry.1, entry.2] {
                out.write_all(&part.to_le_bytes())?;
            }
            entries += 1;
        }
        out.flush()?;
        drop(out);
        Ok(Self {
            path,
            file,
            entries,
            filter,
            fences,
        })
    }

    /// Merges runs into one.
    pub(super) fn merge(path: PathBuf, runs: &[&Self], bits: usize) -> io::Result<Self> {
        let count = runs.iter().map(|run| run.entries).sum();
        let mut readers = Vec::with_capacity(runs.len());
        let mut heads = BinaryHeap::with_capacity(runs.len());
        for (place, run) in runs.iter().enumerate() {
            let mut reader = Reader::open(&run.path, run.entries)?;
            heads.extend(reader.next()?.map(|entry| Reverse((entry, place))));
            readers.push(reader);
        }
        let mut last = None;
        let merged = std::iter::from_fn(|| {
            loop {
                let Reverse((entry, place)) = heads.pop()?;
                match readers[place].next() {
                    Ok(next) => heads.extend(next.map(|entry| Reverse((entry, place)))),
                    Err(error) => return Some(Err(error)),
                }
                if last.replace(entry) != Some(entry) {
                    return Some(Ok(entry));
                }
            }
        });
        Self::write(path, merged, count, bits)
    }

    /// How many entries it holds.
    pub(super) fn len(&self) -> usize {
        self.entries
    }

    /// Bytes that it takes in memory.
    pub(super) fn bytes(&self) -> usize {
        self.filter.bytes() + self.fences.len() * size_of::<u64>()
    }

    /// Whether a key may be in it.
    pub(super) fn may_hold(&self, key: Key) -> bool {
        self.filter.may_hold(key)
    }

    /// Looks a key up and adds what is known of it.
    pub(super) fn find(&self, key: Key, content: u64, found: &mut Found) -> io::Result<()> {
        // Entries of one key may lie on both sides of a fence.
        let from = self
            .fences
            .partition_point(|fence| *fence < key.0)
            .saturating_sub(1);
        let upto = self.fences.partition_point(|fence| *fence <= key.0);
        let (first, last) = (from * STRIDE, (upto * STRIDE).min(self.entries));
        let mut bytes = vec![0; last.saturating_sub(first) * ENTRY_BYTES];
        self.file
            .read_exact_at(&mut bytes, (first * ENTRY_BYTES) as u64)?;
        for entry in bytes.chunks_exact(ENTRY_BYTES).map(decode) {
            if (entry.0, entry.1) == key {
                found.add(entry.2, content);
            }
        }
        Ok(())
    }
}

impl Drop for Run {
    fn drop(&mut self) {
        // A scratch file that stays is removed at the next start.
        drop(std::fs::remove_file(&self.path));
    }
}

struct Reader {
    from: BufReader<File>,
    left: usize,
}

impl Reader {
    fn open(path: &Path, entries: usize) -> io::Result<Self> {
        Ok(Self {
            from: BufReader::with_capacity(BUFFER_BYTES, File::open(path)?),
            left: entries,
        })
    }

    fn next(&mut self) -> io::Result<Option<Entry>> {
        if self.left == 0 {
            return Ok(None);
        }
        self.left -= 1;
        let mut bytes = [0; ENTRY_BYTES];
        self.from.read_exact(&mut bytes)?;
        Ok(Some(decode(&bytes)))
    }
}

fn decode(bytes: &[u8]) -> Entry {
    let part = |at: usize| {
        let part = bytes.get(at..at + 8).and_then(|part| part.try_into().ok());
        u64::from_le_bytes(part.unwrap_or_default())
    };
    (part(0), part(8), part(16))
}
