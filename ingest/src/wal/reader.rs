//! Frames of one segment in order, with what cannot be read named by its stretch.

use std::fs::File;
use std::io::{BufReader, Read as _, Seek as _, SeekFrom};

use super::frame::{FRAME_HEADER_BYTES, FrameHeader, FrameKind, part};
use super::segment::{SEGMENT_HEADER_SPAN, Span};
use crate::error::{Error, Result};

/// A whole frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Frame {
    /// What it holds.
    pub kind: FrameKind,
    /// Records in the payload.
    pub rows: u32,
    /// Its WAL position.
    pub position: i64,
    /// The position behind it.
    pub end: i64,
    /// The end of what was durable when it was written.
    pub durable: i64,
    /// What it holds, as bytes.
    pub payload: Vec<u8>,
}

/// What lies next in a segment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Found {
    /// A whole frame.
    Frame(Frame),
    /// A stretch that holds no whole frame.
    Damage {
        /// Where it begins.
        from: i64,
        /// Where the next whole frame, or the segment's end, is.
        to: i64,
    },
}

/// Reads a segment between two positions.
#[derive(Debug)]
pub(crate) struct SegmentReader {
    file: BufReader<File>,
    span: Span,
    next: i64,
}

impl SegmentReader {
    /// Begins at `from`, or at the first frame where that is later, and ends with the span.
    pub(crate) fn open(span: &Span, from: i64) -> Result<Self> {
        let file = File::open(&span.path).map_err(Error::wal("opening", &span.path))?;
        let next = from.max(span.start + SEGMENT_HEADER_SPAN);
        let mut reader = Self {
            file: BufReader::new(file),
            span: span.clone(),
            next,
        };
        reader.seek(next)?;
        Ok(reader)
    }

    /// What lies next; `None` at the end.
    pub(crate) fn next(&mut self) -> Result<Option<Found>> {
        if self.next >= self.span.end {
            return Ok(None);
        }
        match self.frame()? {
            Some(frame) => {
                self.next = frame.end;
                Ok(Some(Found::Frame(frame)))
            }
            None => self.skip_damage().map(Some),
        }
    }

    /// The frame at `next`, where a whole one lies there.
    fn frame(&mut self) -> Result<Option<Frame>> {
        let left = distance(self.next, self.span.end);
        let mut head = [0; FRAME_HEADER_BYTES];
        if left < FRAME_HEADER_BYTES || !self.fill(&mut head)? {
            return Ok(None);
        }
        let Some(header) = FrameHeader::decode(&head, self.next) else {
            return Ok(None);
        };
        let length = usize::try_from(header.length).unwrap_or(usize::MAX);
        if length > left - FRAME_HEADER_BYTES {
            return Ok(None);
        }
        let mut payload = vec![0; length];
        let whole = self.fill(&mut payload)? && FrameHeader::matches(&head, &payload);
        Ok(whole.then(|| frame(header, payload)))
    }

    /// Looks for the next whole frame behind the one that could not be read.
    fn skip_damage(&mut self) -> Result<Found> {
        let from = self.next;
        self.seek(from + 1)?;
        let mut rest = vec![0; distance(from + 1, self.span.end)];
        let read = self.read_some(&mut rest)?;
        rest.truncate(read);
        let found = (0..rest.len()).find(|&at| whole_at(&rest[at..], from + 1 + span_of(at)));
        let to = found.map_or(self.span.end, |at| from + 1 + span_of(at));
        self.next = to;
        self.seek(to)?;
        Ok(Found::Damage { from, to })
    }

    fn seek(&mut self, position: i64) -> Result<()> {
        let offset = u64::try_from(position - self.span.start).unwrap_or_default();
        let failed = Error::wal("reading", &self.span.path);
        self.file
            .seek(SeekFrom::Start(offset))
            .map(drop)
            .map_err(failed)
    }

    /// Fills `buffer`; false where the file is shorter.
    fn fill(&mut self, buffer: &mut [u8]) -> Result<bool> {
        Ok(self.read_some(buffer)? == buffer.len())
    }

    fn read_some(&mut self, buffer: &mut [u8]) -> Result<usize> {
        let mut filled = 0;
        while filled < buffer.len() {
            match self.file.read(&mut buffer[filled..]) {
                Ok(0) => break,
                Ok(read) => filled += read,
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(error) => return Err(Error::wal("reading", &self.span.path)(error)),
            }
        }
        Ok(filled)
    }
}

fn frame(header: FrameHeader, payload: Vec<u8>) -> Frame {
    Frame {
        kind: header.kind,
        rows: header.rows,
        position: header.position,
        end: header.position + span_of(FRAME_HEADER_BYTES + payload.len()),
        durable: header.durable,
        payload,
    }
}

/// Whether a whole frame of that position begins at the first of `bytes`.
fn whole_at(bytes: &[u8], position: i64) -> bool {
    let Some(head) = part::<FRAME_HEADER_BYTES>(bytes, 0) else {
        return false;
    };
    let Some(header) = FrameHeader::decode(&head, position) else {
        return false;
    };
    let length = usize::try_from(header.length).unwrap_or(usize::MAX);
    bytes[FRAME_HEADER_BYTES..]
        .get(..length)
        .is_some_and(|payload| FrameHeader::matches(&head, payload))
}

/// Bytes as a distance between positions.
pub(crate) fn span_of(bytes: usize) -> i64 {
    i64::try_from(bytes).unwrap_or(i64::MAX)
}

fn distance(from: i64, to: i64) -> usize {
    usize::try_from(to - from).unwrap_or_default()
}
