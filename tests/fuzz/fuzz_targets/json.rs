//! The JSON reader, from the bytes of a body to checked records: every event of a body ends in
//! exactly one outcome, a refused one keeps its own bytes, a checked one is within the limits,
//! survives the WAL and fits its table, and both readers of events say the same.
//!
//! The first byte of an input says which route it is sent to and how small the limits are.
#![no_main]
#![expect(clippy::panic, reason = "a panic is how a target reports a finding")]

mod rows;

use std::ops::Range;

use ingest::Record;
use ingest::answer::Answer;
use ingest::fuzzing::{Checked, check, check_slowly};
use lake::{Event, RefusalReason, SentAs};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Some((first, body)) = data.split_first() else {
        return;
    };
    let sent_as = match first % 8 {
        0 => SentAs::Events,
        1 => SentAs::Feedback,
        2 => SentAs::Releases,
        3 => SentAs::Backlog,
        4 => SentAs::Marks,
        5 => SentAs::FeedbackLabels,
        6 => SentAs::FeedbackLinks,
        _ => SentAs::Plans,
    };
    let is_tight = first & 0x80 != 0;
    let (events_max, event_bytes_max) = if is_tight { (3, 48) } else { (1_000, 1 << 20) };
    let Ok(Checked { pieces, records }) = check(body, sent_as, events_max, event_bytes_max) else {
        return;
    };
    assert!(pieces.len() <= events_max);
    assert_eq!(pieces.len(), records.len(), "one outcome for each event");
    let mut at = 0;
    for (piece, record) in pieces.iter().zip(&records) {
        assert!(
            at <= piece.start && piece.start <= piece.end,
            "in order, apart"
        );
        at = piece.end;
        let raw = &body[Range::clone(piece)];
        keeps_to_limits(record, raw, event_bytes_max);
        same_by_both_readers(record, raw, sent_as, event_bytes_max);
    }
    assert!(at <= body.len(), "within the body");
    let answer = Answer::checked(&records, Vec::new());
    let listed = answer.outcomes.len();
    assert_eq!(answer.accepted + answer.duplicate + answer.rejected, listed);
    assert_eq!(listed, pieces.len());
    rows::survive("native", records);
});

fn keeps_to_limits(record: &Record<'_>, raw: &[u8], event_bytes_max: usize) {
    let short = |text: &str| assert!(text.chars().count() <= 400, "a long id or name");
    match record {
        Record::Refused(refused) => {
            let kept = &raw[..raw.len().min(event_bytes_max)];
            assert_eq!(refused.raw_bytes(), kept, "its own bytes");
            assert!(!refused.refusal.message.is_empty());
        }
        Record::Event(event) => {
            assert!(raw.len() <= event_bytes_max);
            for text in [&event.event_id, &event.name] {
                assert!(!text.is_empty());
                short(text);
            }
            event.origin.user_id.iter().for_each(|text| short(text));
            assert!(properties(event) <= 256, "more properties than may be");
        }
        Record::Feedback(feedback) => {
            short(&feedback.event_id);
            let text = feedback.text.iter().chain(&feedback.question);
            text.for_each(|text| assert!(text.chars().count() <= 10_000));
            let within = feedback.scale.zip(feedback.score);
            assert!(within.is_none_or(|(scale, score)| (scale.min..=scale.max).contains(&score)));
        }
        Record::Release(release) => {
            short(&release.version);
            assert_eq!(release.author.as_deref(), Some("Ada"));
        }
        Record::Backlog(item) => {
            short(&item.item_id);
            assert_eq!(item.author.as_deref(), Some("Ada"));
        }
        Record::Mark(mark) => {
            short(&mark.version);
            assert_eq!(mark.author.as_deref(), Some("Ada"));
        }
        Record::FeedbackLabel(label) => {
            short(&label.feedback_id);
            assert_eq!(label.author.as_deref(), Some("Ada"));
        }
        Record::FeedbackLink(link) => {
            short(&link.item_id);
            assert!(link.feedback_id.is_some() != link.into_item_id.is_some());
            assert_eq!(link.author.as_deref(), Some("Ada"));
        }
        Record::Plan(entry) => {
            short(&entry.item_id);
            assert_eq!(entry.author.as_deref(), Some("Ada"));
        }
        Record::Replayed(_) | Record::Noted(_) | Record::Verdict(_) => {
            panic!("not of the native form")
        }
    }
}

fn properties(event: &Event<'_>) -> usize {
    let Some(text) = &event.properties else {
        return 0;
    };
    let object: serde_json::Map<String, serde_json::Value> =
        serde_json::from_str(text).expect("properties are an object");
    object.len()
}

fn same_by_both_readers(record: &Record<'_>, raw: &[u8], sent_as: SentAs, bytes_max: usize) {
    if raw.len() > bytes_max {
        return;
    }
    match (record, check_slowly(raw, sent_as, bytes_max)) {
        // The reader of objects reads what it then leaves alone, and may stumble over it.
        (_, Record::Refused(slow)) if slow.refusal.reason == RefusalReason::Unreadable => {}
        (Record::Event(fast), Record::Event(slow)) => {
            assert_eq!(fast.id_given, slow.id_given);
            assert_eq!(fast.content, slow.content, "the content has one hash");
            let told = |event: &Event<'_>| {
                let mut event = event.clone().into_owned();
                event.properties = None;
                if !event.id_given {
                    event.event_id = "made".into();
                }
                event
            };
            assert_eq!(told(fast), told(&slow));
        }
        (Record::Refused(fast), Record::Refused(slow)) => {
            assert_eq!(fast.refusal, slow.refusal);
            assert_eq!(fast.event_id, slow.event_id);
        }
        (Record::Event(_), slow) => panic!("accepted by the fast reader only: {slow:?}"),
        (fast, Record::Event(_)) => panic!("refused by the fast reader only: {fast:?}"),
        _ => {}
    }
}
