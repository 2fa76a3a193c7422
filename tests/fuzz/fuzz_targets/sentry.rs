//! Sentry envelopes and bare events, from the bytes of a body to checked records: a refused item
//! keeps bytes of the body, a checked one is within the limits, survives the WAL and fits its table,
//! and the same bytes always make the same records.
//!
//! The first byte of an input says whether it is an envelope and how small the limit is.
#![no_main]
#![expect(clippy::panic, reason = "a panic is how a target reports a finding")]

mod rows;

use ingest::Record;
use ingest::fuzzing::sentry;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Some((first, body)) = data.split_first() else {
        return;
    };
    let is_bare = first & 1 != 0;
    let event_bytes_max = if first & 0x80 != 0 { 48 } else { 1 << 20 };
    let Ok(records) = sentry(body, is_bare, event_bytes_max) else {
        return;
    };
    for record in &records {
        keeps_to_limits(record, body, event_bytes_max);
    }
    let again = sentry(body, is_bare, event_bytes_max).expect("it was read before");
    assert_eq!(records.len(), again.len());
    for (one, other) in records.iter().zip(&again) {
        if let (Record::Event(one), Record::Event(other)) = (one, other) {
            assert_eq!(one.content, other.content);
            assert!(
                !one.id_given || one.event_id == other.event_id,
                "a retry is known"
            );
        }
    }
    rows::survive("sentry", records);
});

fn keeps_to_limits(record: &Record<'_>, body: &[u8], event_bytes_max: usize) {
    let short = |text: &str| assert!(text.chars().count() <= 400, "a long id or name");
    match record {
        Record::Refused(refused) => {
            let kept = refused.raw_bytes();
            assert!(kept.len() <= event_bytes_max);
            let is_part = kept.is_empty() || body.windows(kept.len()).any(|part| part == kept);
            assert!(is_part, "its own bytes");
            assert!(!refused.refusal.message.is_empty());
        }
        Record::Event(event) => {
            for text in [&event.event_id, &event.name] {
                assert!(!text.is_empty());
                short(text);
            }
            event.fingerprint.iter().for_each(|text| short(text));
            if let Some(text) = &event.properties {
                let _: serde_json::Map<String, serde_json::Value> =
                    serde_json::from_str(text).expect("properties are an object");
            }
            let count = event.session.as_ref().and_then(|session| session.count);
            assert!(count.is_none() || event.origin.session_id.is_none());
        }
        Record::Feedback(feedback) => {
            short(&feedback.event_id);
            let text = feedback
                .text
                .as_deref()
                .expect("feedback without a score has words");
            assert!(text.chars().count() <= 10_000);
        }
        Record::Noted(noted) => {
            assert!((1..=1_000_000_000).contains(&noted.count));
            assert!(noted.reason.len() < 50, "a word of a closed list");
            assert!(!noted.outcome.is_of_received());
        }
        other => panic!("no SDK sends {other:?}"),
    }
}
