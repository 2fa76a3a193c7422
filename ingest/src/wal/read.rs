//! Reading what is durable, on the way to the tables.

use std::path::Path;

use tracing::error;

use super::Wal;
use super::frame::FrameKind;
use super::reader::{Found, Frame, SegmentReader};
use super::segment::Span;
use crate::error::Result;

/// A stretch of the WAL as read.
#[derive(Debug, Default)]
pub(crate) struct Reading {
    /// The batch frames.
    pub frames: Vec<Frame>,
    /// The position up to which the WAL was read.
    pub end: i64,
}

impl Wal {
    /// Reads batch frames from `from` on and before `upto`, about `rows_max` rows and `bytes_max`
    /// bytes of them at most, but one frame at least.
    ///
    /// # Errors
    /// [`Error::Wal`] when the disk refuses.
    pub(crate) fn read(&self, from: i64, upto: i64, bounds: (u64, u64)) -> Result<Reading> {
        let spans: Vec<Span> = {
            let state = self.shared.state();
            state
                .spans
                .iter()
                .filter(|s| s.end > from && s.start < upto)
                .cloned()
                .collect()
        };
        let mut reading = Reading {
            frames: Vec::new(),
            end: from,
        };
        let (mut rows, mut bytes) = (0, 0);
        for span in spans {
            let clipped = Span {
                end: span.end.min(upto),
                ..span
            };
            let mut reader = SegmentReader::open(&clipped, from)?;
            while let Some(found) = reader.next()? {
                match found {
                    Found::Frame(frame) => {
                        reading.end = frame.end;
                        if frame.kind == FrameKind::Batch {
                            rows += u64::from(frame.rows);
                            bytes += frame.payload.len() as u64;
                            reading.frames.push(frame);
                        }
                    }
                    Found::Damage { from, to } => {
                        reading.end = to;
                        self.note_damage(&clipped.path, from, to);
                    }
                }
                if rows >= bounds.0 || bytes >= bounds.1 {
                    return Ok(reading);
                }
            }
        }
        reading.end = upto;
        Ok(reading)
    }

    fn note_damage(&self, path: &Path, from: i64, to: i64) {
        error!(segment = %path.display(), from, to, "stretch of the WAL cannot be read");
        let mut state = self.shared.state();
        for span in state.spans.iter_mut().filter(|span| span.path == path) {
            span.damaged = true;
        }
    }
}
