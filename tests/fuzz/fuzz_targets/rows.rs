//! The way of records behind a reader, the same for each: through the WAL and into rows.

use ingest::fuzzing::{RECEIVED_AT, of_payload, to_payload};
use ingest::{Batch, Record};
use lake::{Quarantined, Rows, Stamp};

/// Through the WAL and into rows.
pub(crate) fn survive(protocol: &str, records: Vec<Record<'_>>) {
    let batch = Batch {
        app: "shop".into(),
        protocol: protocol.into(),
        key_id: Some("key".into()),
        received_at: RECEIVED_AT,
        records,
    };
    let payload = to_payload(&batch).expect("a checked batch is a payload");
    let read = of_payload(&payload).expect("a payload is a batch");
    assert_eq!(read, batch, "what went into the WAL comes out of it");
    let stamp = Stamp {
        app: "shop",
        protocol,
        key_id: None,
        received_at: RECEIVED_AT,
        node: "node",
        position: 0,
        frame_row: 0,
    };
    for record in read.records {
        let rows = match record {
            Record::Event(event) => Rows::Events(vec![(stamp, event)]),
            Record::Feedback(feedback) => Rows::Feedback(vec![(stamp, feedback)]),
            Record::Release(release) => Rows::Releases(vec![(stamp, release)]),
            Record::Backlog(item) => Rows::Backlog(vec![(stamp, item)]),
            Record::Mark(mark) => Rows::Marks(vec![(stamp, mark)]),
            Record::FeedbackLabel(label) => Rows::FeedbackLabels(vec![(stamp, label)]),
            Record::FeedbackLink(link) => Rows::FeedbackLinks(vec![(stamp, link)]),
            Record::Plan(entry) => Rows::Plans(vec![(stamp, entry)]),
            Record::Verdict(verdict) => Rows::Verdicts(vec![(stamp, verdict)]),
            Record::Refused(refused) => {
                Rows::Quarantine(vec![(stamp, Quarantined::Refused(refused))])
            }
            Record::Noted(_) => continue,
            Record::Replayed(_) => panic!("nothing lay in quarantine"),
        };
        let row = rows.to_batch().expect("a checked record fits its table");
        assert_eq!(row.num_rows(), 1);
    }
}
