//! The reader of plain HTML forms: whatever is sent, it is one piece of feedback within the limits,
//! one refusal whose kept bytes can be checked again, or no form.
#![no_main]
#![expect(clippy::panic, reason = "a panic is how a target reports a finding")]

use ingest::Record;
use ingest::fuzzing::{check_slowly, form};
use lake::{Refusal, SentAs};
use libfuzzer_sys::fuzz_target;

const EVENT_BYTES_MAX: usize = 1 << 16;

fuzz_target!(|data: &[u8]| {
    match form(data, EVENT_BYTES_MAX) {
        None => {}
        Some(Record::Feedback(feedback)) => {
            assert!(feedback.score.is_some() || feedback.text.is_some());
            let within = feedback.scale.zip(feedback.score);
            assert!(within.is_none_or(|(scale, score)| (scale.min..=scale.max).contains(&score)));
            let text = feedback.text.iter().chain(&feedback.question);
            text.for_each(|text| assert!(text.chars().count() <= 10_000));
        }
        Some(Record::Refused(refused)) => {
            assert!(!refused.refusal.message.is_empty());
            let raw = refused.raw_bytes();
            assert!(raw.len() <= EVENT_BYTES_MAX);
            if raw.len() < EVENT_BYTES_MAX {
                let again = check_slowly(&raw, SentAs::Feedback, EVENT_BYTES_MAX);
                let Record::Refused(again) = again else {
                    panic!("a replay takes what was refused: {again:?}")
                };
                // A number may be spelled otherwise in the message.
                let told = |refusal: &Refusal| (refusal.field.clone(), refusal.reason);
                assert_eq!(told(&again.refusal), told(&refused.refusal));
            }
        }
        Some(other) => panic!("a form sends feedback alone: {other:?}"),
    }
});
