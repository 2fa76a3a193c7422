//! Bodies of PostHog's SDKs, in every form, from their bytes to checked records: bytes in flight are
//! given back, a refused event keeps bytes of the body, a checked one is within the limits, survives
//! the WAL and fits its table, and the same bytes always make the same records.
//!
//! The first byte of an input says what the query says of the packing and how small the limits are.
#![no_main]
#![expect(clippy::panic, reason = "a panic is how a target reports a finding")]

mod rows;

use ingest::Record;
use ingest::fuzzing::read_posthog;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Some((first, body)) = data.split_first() else {
        return;
    };
    let compression = [None, Some("base64"), Some("gzip-js"), Some("lz64")];
    let compression = compression[usize::from(first % 4)];
    let is_tight = first & 0x80 != 0;
    let limits = if is_tight {
        (500, 100)
    } else {
        (1 << 20, 1 << 16)
    };
    let read = read_posthog(body, compression, limits);
    assert_eq!(read.left_in_flight, 0, "each byte is given back");
    let records = match read.outcome {
        Ok(records) => records,
        Err((status, word)) => {
            let words = [
                "empty",
                "unreadable",
                "mixed_keys",
                "personal_key",
                "too_many_events",
                "unpacked_too_large",
                "overloaded",
            ];
            assert!(words.contains(&word), "{status} {word}");
            return;
        }
    };
    for record in &records {
        keeps_to_limits(record, limits.1);
    }
    let again = read_posthog(body, compression, limits).outcome;
    let again = again.expect("it was read before");
    assert_eq!(records.len(), again.len());
    for (one, other) in records.iter().zip(&again) {
        if let (Record::Event(one), Record::Event(other)) = (one, other) {
            assert_eq!(one.content, other.content);
            let is_known = !one.id_given || one.event_id == other.event_id;
            assert!(is_known, "a retry is known");
        }
    }
    rows::survive("posthog", records);
});

fn keeps_to_limits(record: &Record<'_>, event_bytes_max: usize) {
    let short = |text: &str| assert!(text.chars().count() <= 400, "a long id or name");
    match record {
        Record::Refused(refused) => {
            assert!(refused.raw_bytes().len() <= event_bytes_max);
            assert!(!refused.refusal.message.is_empty());
        }
        Record::Event(event) => {
            for text in [&event.event_id, &event.name] {
                assert!(!text.is_empty());
                short(text);
            }
            let ids = event
                .origin
                .user_id
                .iter()
                .chain(&event.origin.anonymous_id);
            assert!(ids.clone().next().is_some(), "somebody's");
            ids.for_each(|id| short(id));
            event.fingerprint.iter().for_each(|text| short(text));
            if let Some(text) = &event.properties {
                let object: serde_json::Map<String, serde_json::Value> =
                    serde_json::from_str(text).expect("properties are an object");
                assert!(object.len() <= 256, "more properties than may be");
            }
        }
        Record::Feedback(feedback) => {
            short(&feedback.event_id);
            let text = feedback.text.iter().chain(&feedback.question);
            text.for_each(|text| assert!(text.chars().count() <= 10_000));
            let within = feedback.scale.zip(feedback.score);
            assert!(within.is_none_or(|(scale, score)| (scale.min..=scale.max).contains(&score)));
        }
        other => panic!("no SDK sends {other:?}"),
    }
}
