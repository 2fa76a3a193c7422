//! One file of the WAL: its name, its header and where it begins and ends.

use std::path::{Path, PathBuf};

use super::frame::part;

/// Bytes before the first frame.
pub(crate) const SEGMENT_HEADER_BYTES: usize = 56;
/// The same as a distance between positions.
pub(crate) const SEGMENT_HEADER_SPAN: i64 = 56;

const MAGIC: [u8; 8] = *b"SHIPWAKE";
const VERSION: u32 = 1;
const SUFFIX: &str = ".wal";
/// No segment starts beyond: room is left for positions to be counted on.
const START_MAX: i64 = i64::MAX / 2;

/// What stands at the head of a segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SegmentHeader {
    /// Hash of the ingest node's name.
    pub node: u128,
    /// The WAL position of the file's first byte.
    pub start: i64,
    /// The end of what was durable before this segment: bytes of older segments beyond it belong
    /// to a write that failed and was answered so.
    pub durable: i64,
}

impl SegmentHeader {
    /// The header as it is written.
    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(SEGMENT_HEADER_BYTES);
        bytes.extend_from_slice(&MAGIC);
        bytes.extend_from_slice(&VERSION.to_le_bytes());
        bytes.extend_from_slice(&self.node.to_le_bytes());
        bytes.extend_from_slice(&self.start.to_le_bytes());
        bytes.extend_from_slice(&self.durable.to_le_bytes());
        bytes.extend_from_slice(&[0; 8]);
        let sum = crc32c::crc32c(&bytes);
        bytes.extend_from_slice(&sum.to_le_bytes());
        debug_assert_eq!(
            bytes.len(),
            SEGMENT_HEADER_BYTES,
            "the written format is fixed"
        );
        bytes
    }

    /// Reads a header; `None` where it is cut short, damaged or of another version.
    pub(crate) fn decode(bytes: &[u8]) -> Option<Self> {
        let sum = u32::from_le_bytes(part(bytes, SEGMENT_HEADER_BYTES - 4)?);
        let whole = crc32c::crc32c(bytes.get(..SEGMENT_HEADER_BYTES - 4)?) == sum;
        let known = bytes.starts_with(&MAGIC) && part(bytes, 8)? == VERSION.to_le_bytes();
        let header = Self {
            node: u128::from_le_bytes(part(bytes, 12)?),
            start: i64::from_le_bytes(part(bytes, 28)?),
            durable: i64::from_le_bytes(part(bytes, 36)?),
        };
        (whole && known).then_some(header)
    }
}

/// A segment that is part of the WAL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Span {
    /// The file.
    pub path: PathBuf,
    /// The position of its first byte.
    pub start: i64,
    /// The end of its durable frames.
    pub end: i64,
    /// Its size on disk.
    pub bytes: u64,
    /// Whether a stretch of it could not be read: it is set aside, not removed, when it is cut.
    pub damaged: bool,
}

/// Where the segment that starts at a position lies.
pub(crate) fn path_of(folder: &Path, start: i64) -> PathBuf {
    folder.join(format!("{start:020}{SUFFIX}"))
}

/// Where a damaged segment is kept.
pub(crate) fn aside_of(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".damaged");
    PathBuf::from(name)
}

/// The position that a segment's file name says; `None` for other files.
pub(crate) fn start_of(path: &Path) -> Option<i64> {
    let digits = path.file_name()?.to_str()?.strip_suffix(SUFFIX)?;
    let plain = digits.len() == 20 && digits.bytes().all(|digit| digit.is_ascii_digit());
    let start = plain.then(|| digits.parse().ok())??;
    (start <= START_MAX).then_some(start)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn header_is_read_back_and_damage_is_noticed() {
        let header = SegmentHeader {
            node: 7,
            start: 4_096,
            durable: 4_000,
        };
        let bytes = header.encode();
        assert_eq!(SegmentHeader::decode(&bytes), Some(header));
        assert_eq!(
            SegmentHeader::decode(&bytes[..SEGMENT_HEADER_BYTES - 1]),
            None
        );
        for at in 0..bytes.len() {
            let mut damaged = bytes.clone();
            damaged[at] ^= 4;
            assert_eq!(SegmentHeader::decode(&damaged), None, "byte {at}");
        }
    }

    #[test]
    fn name_is_the_start_position() {
        let path = path_of(Path::new("wal"), 4_096);
        assert_eq!(path, Path::new("wal/00000000000000004096.wal"));
        assert_eq!(start_of(&path), Some(4_096));
        assert_eq!(start_of(&aside_of(&path)), None);
        assert_eq!(start_of(Path::new("wal/records.wal")), None);
        assert_eq!(start_of(&path_of(Path::new("wal"), i64::MAX)), None);
    }
}
