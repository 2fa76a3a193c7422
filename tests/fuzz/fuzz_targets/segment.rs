//! Bodies of Segment's SDKs, from their bytes to rows.
//!
//! The first byte of an input says how small the limits are.
#![no_main]
#![expect(clippy::panic, reason = "a panic is how a target reports a finding")]

mod rows;
mod stored;

use ingest::fuzzing::read_segment_body;
use ingest::http::Limits;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Some((first, body)) = data.split_first() else {
        return;
    };
    let is_tight = first & 0x80 != 0;
    let limits = Limits {
        event_bytes_max: if is_tight { 48 } else { 1 << 16 },
        batch_events_max: if is_tight { 3 } else { 1_000 },
        ..Limits::default()
    };
    let Some(records) = read_segment_body(body, &limits) else {
        return;
    };
    assert!(records.len() <= limits.batch_events_max);
    stored::keeps_to_limits(&records, limits.event_bytes_max);
    let again = read_segment_body(body, &limits).expect("it was read before");
    stored::are_known_again(&records, &again);
    rows::survive("segment", records);
});
