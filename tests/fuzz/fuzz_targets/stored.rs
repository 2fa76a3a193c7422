//! What holds of every record that was read from a body of an SDK.

use ingest::Record;

/// A refused event keeps no more bytes than it may, a checked one is within its limits.
pub(crate) fn keeps_to_limits(records: &[Record<'_>], event_bytes_max: usize) {
    let short = |text: &str| assert!(text.chars().count() <= 400, "a long id or name");
    for record in records {
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
                let origin = &event.origin;
                let ids = [&origin.user_id, &origin.anonymous_id, &origin.session_id];
                ids.into_iter().flatten().for_each(|id| short(id));
                if let Some(text) = &event.properties {
                    let read: serde_json::Result<serde_json::Map<String, serde_json::Value>> =
                        serde_json::from_str(text);
                    assert!(read.is_ok(), "properties are an object");
                }
            }
            other => panic!("no SDK of these sends {other:?}"),
        }
    }
}

/// The same bytes make the same records, so that a retry is known.
pub(crate) fn are_known_again(records: &[Record<'_>], again: &[Record<'_>]) {
    assert_eq!(records.len(), again.len());
    for pair in records.iter().zip(again) {
        if let (Record::Event(one), Record::Event(other)) = pair {
            assert_eq!(one.content, other.content);
            assert!(!one.id_given || one.event_id == other.event_id);
        }
    }
}
