//! A Parquet file as its reader asks for it: a small one is read at once, of a large one the parts.
//!
//! Why not the file itself: its reader duplicates, seeks and closes the file twice for each page, and
//! rollups have thousands of small pages.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::sync::Arc;

use bytes::{Buf as _, Bytes};
use parquet::errors::Result;
use parquet::file::reader::{ChunkReader, Length};

/// Largest file that is read at once.
const WHOLE_MAX: u64 = 512 << 10;
/// Read ahead of a large file's header of a page.
const HEADER_BYTES: usize = 512;

/// The bytes of a file.
#[derive(Debug, Clone)]
pub(crate) enum Chunks {
    Whole(Bytes),
    Parts(Arc<File>, u64),
}

impl Chunks {
    /// Opens a file.
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        let mut file = File::open(path)?;
        let bytes = file.metadata()?.len();
        if bytes > WHOLE_MAX {
            return Ok(Self::Parts(Arc::new(file), bytes));
        }
        let mut whole = Vec::with_capacity(usize::try_from(bytes).unwrap_or_default());
        file.read_to_end(&mut whole)?;
        Ok(Self::Whole(whole.into()))
    }
}

/// What lies behind a place in a file.
#[derive(Debug)]
pub(crate) struct Behind {
    chunks: Chunks,
    at: u64,
}

impl Read for Behind {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = match &mut self.chunks {
            Chunks::Whole(bytes) => {
                let length = into.len().min(bytes.len());
                bytes.copy_to_slice(&mut into[..length]);
                length
            }
            Chunks::Parts(file, _) => file.read_at(into, self.at)?,
        };
        self.at += read as u64;
        Ok(read)
    }
}

impl Length for Chunks {
    fn len(&self) -> u64 {
        match self {
            Self::Whole(bytes) => bytes.len() as u64,
            Self::Parts(_, bytes) => *bytes,
        }
    }
}

impl ChunkReader for Chunks {
    type T = BufReader<Behind>;

    fn get_read(&self, start: u64) -> Result<Self::T> {
        let chunks = match self {
            Self::Whole(_) => Self::Whole(self.get_bytes(start, self.behind(start))?),
            Self::Parts(..) => self.clone(),
        };
        let behind = Behind { chunks, at: start };
        Ok(BufReader::with_capacity(HEADER_BYTES, behind))
    }

    fn get_bytes(&self, start: u64, length: usize) -> Result<Bytes> {
        match self {
            Self::Whole(bytes) => {
                let start = usize::try_from(start).unwrap_or(usize::MAX);
                let end = start.saturating_add(length);
                if end > bytes.len() {
                    return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into());
                }
                Ok(bytes.slice(start..end))
            }
            Self::Parts(file, _) => {
                let mut part = vec![0; length];
                file.read_exact_at(&mut part, start)?;
                Ok(part.into())
            }
        }
    }
}

impl Chunks {
    /// How many bytes there are from a place on.
    fn behind(&self, start: u64) -> usize {
        usize::try_from(self.len().saturating_sub(start)).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    #[test]
    fn a_large_file_reads_as_a_small_one_does() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("f");
        let bytes: Vec<u8> = (0..100_000_u32).flat_map(u32::to_le_bytes).collect();
        File::create(&path).unwrap().write_all(&bytes).unwrap();
        let whole = Chunks::open(&path).unwrap();
        assert!(matches!(whole, Chunks::Whole(_)));
        let file = Arc::new(File::open(&path).unwrap());
        let parts = Chunks::Parts(file, bytes.len() as u64);
        for chunks in [whole, parts] {
            assert_eq!(chunks.len(), 400_000);
            assert_eq!(chunks.get_bytes(399_990, 10).unwrap(), bytes[399_990..]);
            assert!(chunks.get_bytes(399_990, 11).is_err());
            assert!(chunks.get_bytes(u64::MAX, 1).is_err());
            let mut read = Vec::new();
            chunks
                .get_read(1_001)
                .unwrap()
                .read_to_end(&mut read)
                .unwrap();
            assert!(read == bytes[1_001..]);
        }
    }
}
