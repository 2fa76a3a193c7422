//! The WAL's frame reader. Frames that were never written are not made up, those that were written
//! before the damage are all found, and what cannot be read is named without a gap.
//!
//! An input is read twice: as a script (how many frames, of which bytes, what is then done to the
//! file), and as the bytes of a segment's file.
#![no_main]

use std::fs::File;
use std::io::Write as _;
use std::path::PathBuf;
use std::sync::LazyLock;

use ingest::fuzzing::{Frame, Piece, first_position, of_payload, read_segment, segment};
use libfuzzer_sys::fuzz_target;

/// Where the segment begins; a position that leaves its low bytes to the fuzzer's guesses.
const START: i64 = 4_096;
/// Most frames that a script writes.
const FRAMES_MAX: usize = 8;

static FILE: LazyLock<(tempfile::TempDir, PathBuf)> = LazyLock::new(|| {
    let memory = PathBuf::from("/dev/shm");
    let folder = if memory.is_dir() {
        tempfile::tempdir_in(memory)
    } else {
        tempfile::tempdir()
    };
    let folder = folder.expect("a folder for the segment");
    let file = folder.path().join("segment.wal");
    (folder, file)
});

fn read(bytes: &[u8]) -> Vec<Piece> {
    let file = &FILE.1;
    let written = File::create(file).and_then(|mut file| file.write_all(bytes));
    written.expect("the segment is written");
    let pieces = read_segment(file, START, bytes.len()).expect("the segment is read");
    let mut at = first_position(START);
    let end = START + i64::try_from(bytes.len()).expect("a small file");
    for piece in &pieces {
        let (from, to) = match piece {
            Piece::Frame(frame) => (frame.position, frame.end),
            Piece::Damage { from, to } => (*from, *to),
        };
        assert_eq!(from, at, "no gap and no overlap");
        assert!(from < to && to <= end, "within the file");
        at = to;
        if let Piece::Frame(frame) = piece {
            let place = usize::try_from(frame.position - START).expect("within the file");
            let written = frame.encode();
            assert_eq!(
                bytes[place..place + written.len()],
                written,
                "as it lies there"
            );
        }
    }
    assert!(at >= end, "read to the end of the file");
    pieces
}

/// Frames are written, then the file is damaged.
fn script(data: &[u8]) {
    let [
        count,
        damage,
        place_low,
        place_high,
        length,
        mask,
        payloads @ ..,
    ] = data
    else {
        return;
    };
    let count = usize::from(*count) % FRAMES_MAX + 1;
    let chunk = payloads.len().div_ceil(count).max(1);
    let payloads: Vec<&[u8]> = payloads.chunks(chunk).collect();
    let (mut bytes, frames) = segment(START, &payloads);
    let place = usize::from(u16::from_le_bytes([*place_low, *place_high])) % bytes.len();
    let place = place.max(usize::try_from(first_position(0)).expect("a small number"));
    let stretch = place
        ..(place + usize::from(*length) + 1)
            .min(bytes.len())
            .max(place);
    match damage % 4 {
        0 => bytes.truncate(place),
        1 => bytes.get_mut(stretch).unwrap_or_default().fill(0),
        // A burst of at most 32 bits, which the checksum notices by construction.
        2 => {
            if let Some(byte) = bytes.get_mut(place) {
                *byte ^= mask;
            }
        }
        _ => {}
    }
    let found: Vec<Frame> = read(&bytes)
        .into_iter()
        .filter_map(|piece| match piece {
            Piece::Frame(frame) => Some(frame),
            Piece::Damage { .. } => None,
        })
        .collect();
    for frame in &found {
        assert!(frames.contains(frame), "a frame that was never written");
        // A payload of the fuzzer is hardly ever a batch, and must not be a danger either.
        drop(of_payload(&frame.payload));
    }
    let place = START + i64::try_from(place).expect("a small number");
    let untouched = |frame: &&Frame| frame.end <= place || damage % 4 == 3;
    for frame in frames.iter().filter(untouched) {
        assert!(found.contains(frame), "a frame before the damage is lost");
    }
}

fuzz_target!(|data: &[u8]| {
    script(data);
    let (mut bytes, _) = segment(START, &[]);
    bytes.extend_from_slice(data);
    read(&bytes);
});
