//! One checked entry of the WAL, as bytes.
//!
//! A frame knows its own position, which is also where it lies, so that frames can be found again
//! behind a damaged stretch. It also knows what was durable before it was written, which tells a
//! torn tail (nothing promised is lost) from damage (something is).

use lake::Failpoint;

/// Bytes before a frame's payload.
pub(crate) const FRAME_HEADER_BYTES: usize = 29;
/// Largest payload: far above one request's limit, far below what a damaged length could claim.
pub(crate) const PAYLOAD_BYTES_MAX: usize = 512 << 20;

/// What a frame holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FrameKind {
    /// One request's records.
    Batch,
    /// A decided flush: what recovery redoes.
    Prepare,
}

impl FrameKind {
    fn code(self) -> u8 {
        match self {
            Self::Batch => 6,
            Self::Prepare => 2,
        }
    }

    fn from_code(code: u8) -> Option<Self> {
        match code {
            6 => Some(Self::Batch),
            2 => Some(Self::Prepare),
            _ => None,
        }
    }
}

/// What stands before a payload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct FrameHeader {
    /// What the frame holds.
    pub kind: FrameKind,
    /// Records in the payload that will be received; what is only noted is none.
    pub rows: u32,
    /// Bytes of the payload.
    pub length: u32,
    /// The frame's WAL position.
    pub position: i64,
    /// The end of what was durable when the frame was written.
    pub durable: i64,
}

impl FrameHeader {
    /// Appends header and payload to `out`.
    pub(crate) fn encode(&self, payload: &[u8], out: &mut Vec<u8>) {
        let head = out.len();
        out.extend_from_slice(&[0; 4]);
        out.extend_from_slice(&self.length.to_le_bytes());
        out.extend_from_slice(&self.rows.to_le_bytes());
        out.push(self.kind.code());
        out.extend_from_slice(&self.position.to_le_bytes());
        out.extend_from_slice(&self.durable.to_le_bytes());
        debug_assert_eq!(
            out.len() - head,
            FRAME_HEADER_BYTES,
            "the written format is fixed"
        );
        out.extend_from_slice(payload);
        let sum = crc32c::crc32c(&out[head + 4..]);
        out[head..head + 4].copy_from_slice(&sum.to_le_bytes());
    }

    /// Reads a header that must lie at `position`; `None` where there is none. The checksum is
    /// checked by [`FrameHeader::matches`], once the payload is there.
    pub(crate) fn decode(bytes: &[u8; FRAME_HEADER_BYTES], position: i64) -> Option<Self> {
        let header = Self {
            length: u32::from_le_bytes(part(bytes, 4)?),
            rows: u32::from_le_bytes(part(bytes, 8)?),
            kind: FrameKind::from_code(bytes[12])?,
            position: i64::from_le_bytes(part(bytes, 13)?),
            durable: i64::from_le_bytes(part(bytes, 21)?),
        };
        let fits = usize::try_from(header.length).is_ok_and(|length| length <= PAYLOAD_BYTES_MAX);
        (fits && header.position == position && header.durable <= position).then_some(header)
    }

    /// Whether the checksum in `header` covers the rest of it and `payload`.
    pub(crate) fn matches(header: &[u8; FRAME_HEADER_BYTES], payload: &[u8]) -> bool {
        let sum = crc32c::crc32c_append(crc32c::crc32c(&header[4..]), payload);
        header[..4] == sum.to_le_bytes() || Failpoint::WalSkipChecksum.is_on()
    }
}

/// `N` bytes of `bytes` from `at` on.
pub(crate) fn part<const N: usize>(bytes: &[u8], at: usize) -> Option<[u8; N]> {
    bytes.get(at..at + N)?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> (FrameHeader, Vec<u8>) {
        let header = FrameHeader {
            kind: FrameKind::Batch,
            rows: 2,
            length: 5,
            position: 1_000,
            durable: 900,
        };
        let mut bytes = Vec::new();
        header.encode(b"hello", &mut bytes);
        (header, bytes)
    }

    #[test]
    fn frame_is_read_back_where_it_lies_and_nowhere_else() {
        let (header, bytes) = sample();
        let head: [u8; FRAME_HEADER_BYTES] = part(&bytes, 0).unwrap();
        assert_eq!(FrameHeader::decode(&head, 1_000), Some(header));
        assert_eq!(FrameHeader::decode(&head, 1_001), None);
        assert!(FrameHeader::matches(&head, b"hello"));
    }

    #[test]
    fn every_flipped_bit_is_noticed() {
        let (header, bytes) = sample();
        for bit in 0..bytes.len() * 8 {
            let mut damaged = bytes.clone();
            damaged[bit / 8] ^= 1 << (bit % 8);
            let head: [u8; FRAME_HEADER_BYTES] = part(&damaged, 0).unwrap();
            let same = FrameHeader::decode(&head, 1_000) == Some(header);
            let whole = FrameHeader::matches(&head, &damaged[FRAME_HEADER_BYTES..]);
            assert!(!(same && whole), "bit {bit} went unnoticed");
        }
    }

    #[test]
    fn written_bytes_stay_as_they_are() {
        let (_, bytes) = sample();
        let fixed = [
            5, 0, 0, 0, 2, 0, 0, 0, 6, 0xE8, 3, 0, 0, 0, 0, 0, 0, 0x84, 3, 0, 0, 0, 0, 0, 0,
        ];
        assert_eq!(bytes[4..FRAME_HEADER_BYTES], fixed);
        assert_eq!(&bytes[FRAME_HEADER_BYTES..], b"hello");
    }
}
