//! What holds of each decompressor: nothing beyond a limit is handed on, nothing stays counted as
//! in flight, the limit changes nothing but what is over it, and what was packed comes back whole
//! or not at all.

use ingest::fuzzing::unpack;

/// Bytes that a body may unpack to.
const BYTES_MAX: usize = 64 << 10;
/// Bytes in flight, the largest window of a decoder among them.
const IN_FLIGHT_MAX: usize = 20 << 20;
/// Plain bytes that are packed and unpacked again.
const PLAIN_MAX: usize = 2 << 10;

/// Unpacks `data`, then packs it and unpacks that.
pub(crate) fn check(encoding: &'static str, data: &[u8], pack: impl Fn(&[u8]) -> Vec<u8>) {
    let found = within(encoding, data, BYTES_MAX);
    if let Ok(bytes) = &found {
        let exact = within(encoding, data, bytes.len());
        assert_eq!(exact.as_ref(), Ok(bytes), "what just fits is taken");
        if let Some(below) = bytes.len().checked_sub(1) {
            let refused = within(encoding, data, below);
            assert_eq!(refused, Err((413, "unpacked_too_large")), "one byte less");
        }
    }
    let plain = &data[..data.len().min(PLAIN_MAX)];
    let packed = pack(plain);
    assert_eq!(within(encoding, &packed, BYTES_MAX).as_deref(), Ok(plain));
    let end = data.first().map_or(0, |first| usize::from(*first)) % packed.len().max(1);
    let cut = within(encoding, &packed[..end], BYTES_MAX);
    assert_eq!(cut, Err((400, "unreadable")), "a packing that was cut off");
    let no_room = unpack(encoding, &packed, BYTES_MAX, plain.len().saturating_sub(1));
    assert!(
        plain.is_empty() || no_room.outcome == Err((503, "overloaded")),
        "no room"
    );
    assert_eq!(no_room.left_in_flight, 0);
}

type Outcome = Result<Vec<u8>, (u16, &'static str)>;

fn within(encoding: &'static str, packed: &[u8], bytes_max: usize) -> Outcome {
    let found = unpack(encoding, packed, bytes_max, IN_FLIGHT_MAX);
    assert_eq!(found.left_in_flight, 0, "each byte is given back");
    match &found.outcome {
        Ok(bytes) => assert!(bytes.len() <= bytes_max, "{} bytes", bytes.len()),
        Err(refused) => {
            let known = [(400, "unreadable"), (413, "unpacked_too_large")];
            assert!(known.contains(refused), "{refused:?}");
        }
    }
    found.outcome
}
