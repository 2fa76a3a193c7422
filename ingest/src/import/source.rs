//! The bytes of a file as UTF-8 text, counted for the progress bar.
//!
//! A byte order mark is dropped, and UTF-16 with one is brought into UTF-8: store consoles export
//! their tables so.

use std::io::{self, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// A file as it is read from.
pub(crate) type File = Box<dyn Read + Send>;

/// How many bytes of the file were read.
#[derive(Debug, Clone, Default)]
pub(crate) struct Progress(Arc<AtomicU64>);

impl Progress {
    pub(crate) fn bytes_read(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

struct Counted {
    from: File,
    progress: Progress,
}

impl Read for Counted {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        let read = self.from.read(to)?;
        self.progress
            .0
            .fetch_add(u64::try_from(read).unwrap_or(u64::MAX), Ordering::Relaxed);
        Ok(read)
    }
}

/// A file's text, without its byte order mark.
pub(crate) fn text_of(from: File) -> io::Result<(File, Progress)> {
    let progress = Progress::default();
    let mut from = Counted {
        from,
        progress: progress.clone(),
    };
    let mut head = Vec::new();
    from.by_ref().take(3).read_to_end(&mut head)?;
    let text: File = match head.as_slice() {
        [0xEF, 0xBB, 0xBF] => Box::new(from),
        [0xFF, 0xFE, rest @ ..] => Box::new(utf16(rest, from, u16::from_le_bytes)),
        [0xFE, 0xFF, rest @ ..] => Box::new(utf16(rest, from, u16::from_be_bytes)),
        _ => Box::new(io::Cursor::new(head).chain(from)),
    };
    Ok((text, progress))
}

fn utf16(head: &[u8], from: Counted, unit: fn([u8; 2]) -> u16) -> impl Read + use<> {
    Utf16 {
        from: io::Cursor::new(head.to_vec()).chain(from),
        unit,
        bytes: Vec::new(),
        text: Vec::new(),
    }
}

/// UTF-16 text, read as UTF-8.
struct Utf16<R> {
    from: R,
    unit: fn([u8; 2]) -> u16,
    /// Bytes that are no whole character yet.
    bytes: Vec<u8>,
    /// Text that is ready to be read.
    text: Vec<u8>,
}

impl<R: Read> Utf16<R> {
    /// Makes text ready; at the end of the file there is none.
    fn fill(&mut self) -> io::Result<()> {
        while self.text.is_empty() {
            let mut chunk = [0_u8; 8 << 10];
            let read = self.from.read(&mut chunk)?;
            self.bytes.extend_from_slice(&chunk[..read]);
            let mut units: Vec<u16> = self
                .bytes
                .chunks_exact(2)
                .map(|pair| (self.unit)([pair[0], pair[1]]))
                .collect();
            // The second half of a pair of surrogates may lie in the next chunk.
            if read > 0
                && units
                    .last()
                    .is_some_and(|unit| (0xD800..0xDC00).contains(unit))
            {
                units.pop();
            }
            self.bytes.drain(..units.len() * 2);
            self.text = String::from_utf16_lossy(&units).into_bytes();
            if read == 0 {
                return Ok(());
            }
        }
        Ok(())
    }
}

impl<R: Read> Read for Utf16<R> {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        self.fill()?;
        let count = self.text.len().min(to.len());
        to[..count].copy_from_slice(&self.text[..count]);
        self.text.drain(..count);
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(bytes: &[u8], expected: &str) {
        let (mut text, progress) = text_of(Box::new(io::Cursor::new(bytes.to_vec()))).unwrap();
        let mut found = String::new();
        text.read_to_string(&mut found).unwrap();
        assert_eq!(found, expected);
        assert_eq!(progress.bytes_read(), u64::try_from(bytes.len()).unwrap());
    }

    #[test]
    fn byte_order_mark_is_dropped_and_utf_16_becomes_utf_8() {
        check(b"", "");
        check(b"a", "a");
        check(b"a,b\n", "a,b\n");
        check("\u{feff}a,é\n".as_bytes(), "a,é\n");
        let text = "a,日本 🙂\n";
        let little: Vec<u8> = "\u{feff}a,日本 🙂\n"
            .encode_utf16()
            .flat_map(u16::to_le_bytes)
            .collect();
        let big: Vec<u8> = "\u{feff}a,日本 🙂\n"
            .encode_utf16()
            .flat_map(u16::to_be_bytes)
            .collect();
        check(&little, text);
        check(&big, text);
        check(b"\xFF\xFE\x00\xD8a\x00", "\u{fffd}a");
    }
}
