//! What is left of an app's events.

use lake::{Arrival, RawEvent, Refusal, RefusalReason, check_event, check_feedback};
use serde_json::json;

use super::*;
use crate::batch::Batch;

const ARRIVAL: Arrival = Arrival {
    received_at: 1_777_627_800_000_000,
    sent_at: None,
    import: false,
};

fn event(value: &Value) -> Record<'static> {
    let text = value.to_string();
    let raw = RawEvent::parse(text.as_bytes()).unwrap();
    Record::Event(check_event(&raw, &ARRIVAL).unwrap().into_owned())
}

fn refused(raw: &str) -> Record<'static> {
    let refusal = Refusal::new("name", RefusalReason::MissingField, "name is required");
    Record::Refused(Refused::new(refusal, None, raw.as_bytes(), 1 << 20))
}

fn sender() -> Sender {
    Sender {
        address: Some([198, 51, 100, 1].into()),
        user_agent: Some("Agent/1.0".to_owned()),
    }
}

fn treat(privacy: &Privacy, batch: &mut Batch<'_>, sender: &Sender) -> BTreeSet<String> {
    let Batch {
        app,
        protocol,
        records,
        ..
    } = batch;
    let mut treating = privacy.treating(app, protocol, sender);
    records.iter_mut().for_each(|record| treating.treat(record));
    treating.into_withheld()
}

/// What a batch of one is after treatment, and what was withheld.
fn treated(rules: &AppPrivacy, record: Record<'static>) -> (Record<'static>, Vec<String>) {
    let folder = tempfile::tempdir().unwrap();
    let privacy = Privacy::open(folder.path(), &[("shop".to_owned(), rules.clone())].into());
    let mut batch = Batch {
        app: "shop".into(),
        protocol: "native".into(),
        key_id: None,
        received_at: ARRIVAL.received_at,
        records: vec![record],
    };
    let withheld = treat(&privacy.unwrap(), &mut batch, &sender());
    (batch.records.remove(0), withheld.into_iter().collect())
}

fn properties(record: &Record<'_>) -> Option<Value> {
    let text = match record {
        Record::Event(event) => event.properties.as_deref(),
        Record::Feedback(feedback) => feedback.properties.as_deref(),
        _ => None,
    };
    text.map(|text| serde_json::from_str(text).unwrap())
}

fn rules(value: Value) -> AppPrivacy {
    serde_json::from_value(value).unwrap()
}

#[test]
fn without_rules_an_event_stays_as_it_came() {
    let sent =
        event(&json!({"name": "a", "user_id": "ada", "properties": {"plan": "pro", "p": "a\\b"}}));
    let (left, withheld) = treated(&AppPrivacy::default(), sent.clone());
    assert_eq!(left, sent);
    assert!(withheld.is_empty());
}

#[test]
fn address_and_user_agent_are_stored_where_asked_for_alone() {
    let own = json!({"event_id": "e1", "name": "a", "user_id": "ada", "properties":
        {"plan": "pro", "$ip": "192.0.2.1", "$raw_user_agent": "Own/2", "$user_agent": "Own/2"}});
    let bare =
        json!({"event_id": "e1", "name": "a", "user_id": "ada", "properties": {"plan": "pro"}});
    let (left, withheld) = treated(&AppPrivacy::default(), event(&own));
    assert_eq!(left, event(&bare), "hash and all");
    assert_eq!(withheld, ["$ip", "$raw_user_agent", "$user_agent"]);
    let asked = rules(json!({"store_ip": true, "store_user_agent": true}));
    let (left, _) = treated(&asked, event(&own));
    assert_eq!(properties(&left).unwrap(), own["properties"]);
    let (left, _) = treated(&asked, event(&bare));
    assert_eq!(
        properties(&left).unwrap(),
        json!({"plan": "pro", "$ip": "198.51.100.1", "$user_agent": "Agent/1.0"})
    );
}

#[test]
fn retry_from_another_place_is_the_same_event() {
    let asked = rules(json!({"store_ip": true, "store_user_agent": true}));
    let content = |record: &Record<'_>| match record {
        Record::Event(event) => event.content_hash(),
        Record::Feedback(feedback) => feedback.content_hash(),
        _ => String::new(),
    };
    let object = json!({"event_id": "f1", "score": 4, "properties": {"a": 1}});
    let object = object.as_object().unwrap();
    let feedback = Record::Feedback(check_feedback(object, &ARRIVAL).unwrap().into_owned());
    let event = event(&json!({"event_id": "e1", "name": "a", "user_id": "ada"}));
    for sent in [event, feedback] {
        let (there, _) = treated(&asked, sent.clone());
        assert_ne!(there, sent);
        assert_eq!(content(&there), content(&sent));
    }
}

#[test]
fn pseudonyms_are_the_same_for_the_same_id_and_ids_are_gone() {
    let folder = tempfile::tempdir().unwrap();
    let apps = [(
        "shop".to_owned(),
        rules(json!({"user_ids": "pseudonymise"})),
    )]
    .into();
    let privacy = Privacy::open(folder.path(), &apps).unwrap();
    let mut batch = Batch {
        app: "shop".into(),
        protocol: "native".into(),
        key_id: None,
        received_at: 0,
        records: vec![
            event(&json!({"event_id": "1", "name": "a", "user_id": "ada", "anonymous_id": "x7"})),
            event(&json!({"event_id": "2", "name": "a", "anonymous_id": "ada"})),
            event(&json!({"event_id": "3", "name": "a", "user_id": "bob"})),
        ],
    };
    treat(&privacy, &mut batch, &Sender::default());
    let ids = batch.records.iter().map(|record| match record {
        Record::Event(event) => (
            event.origin.user_id.clone(),
            event.origin.anonymous_id.clone(),
        ),
        _ => (None, None),
    });
    let ids: Vec<_> = ids.collect();
    let stored = privacy.stored_user("shop", "ada").map(Text::from);
    assert_eq!(ids[0].0, stored);
    assert_eq!(
        ids[1].1, stored,
        "an id that becomes known stays one person"
    );
    assert_ne!(ids[2].0, stored);
    let text = serde_json::to_string(&batch).unwrap();
    assert!(!text.contains("ada") && !text.contains("x7") && !text.contains("bob"));
    assert_eq!(privacy.stored_user("bank", "ada").as_deref(), Some("ada"));
}

#[test]
fn names_of_the_sender_in_other_protocols_are_left_out_of_quarantine() {
    let segment = r#"{"context":{"ip":"192.0.2.1","userAgent":"A","x":1}}"#;
    let without = r#"{"context":{"x":1}}"#;
    let attribute = r#"{"attributes":[{"key":"client.address","value":"192.0.2.1"}]}"#;
    let asked = json!({"store_ip": true, "store_user_agent": true});
    for (protocol, rule, raw, kept) in [
        ("segment", json!({}), segment.as_bytes(), without),
        ("segment", asked.clone(), segment.as_bytes(), segment),
        ("native", json!({}), segment.as_bytes(), segment),
        ("otlp", json!({}), attribute.as_bytes(), ""),
        ("otlp", json!({}), b"\xffclient.address\x00", ""),
        ("otlp", json!({}), b"\xffother", "hex:ff6f74686572"),
        ("otlp", asked, attribute.as_bytes(), attribute),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let privacy = Privacy::open(folder.path(), &[("shop".to_owned(), rules(rule))].into());
        let refusal = Refusal::new("name", RefusalReason::MissingField, "name is required");
        let mut batch = Batch {
            app: "shop".into(),
            protocol: protocol.into(),
            key_id: None,
            received_at: 0,
            records: vec![Record::Refused(Refused::new(refusal, None, raw, 1 << 20))],
        };
        treat(&privacy.unwrap(), &mut batch, &sender());
        let Record::Refused(refused) = &batch.records[0] else {
            panic!("not refused")
        };
        assert_eq!(refused.raw, kept, "{protocol}");
    }
}

#[test]
fn derived_ids_cannot_be_tried_out() {
    let folder = tempfile::tempdir().unwrap();
    let apps = [("shop".to_owned(), rules(json!({"user_ids": "drop"})))].into();
    let privacy = Privacy::open(folder.path(), &apps).unwrap();
    let derived = "event-0123456789abcdef0123456789abcdef";
    let id = |app: &str, protocol: &str, id: &str| {
        let mut batch = Batch {
            app: app.to_owned().into(),
            protocol: protocol.to_owned().into(),
            key_id: None,
            received_at: 0,
            records: vec![event(
                &json!({"event_id": id, "name": "a", "user_id": "ada"}),
            )],
        };
        treat(&privacy, &mut batch, &Sender::default());
        match &batch.records[0] {
            Record::Event(event) => event.event_id.to_string(),
            _ => String::new(),
        }
    };
    let treated = id("shop", "import", derived);
    assert!(treated.starts_with("p_"), "{treated}");
    assert_eq!(
        id("shop", "import", derived),
        treated,
        "a second import finds duplicates"
    );
    let of_log = "otlp-0123456789abcdef0123456789abcdef";
    assert!(id("shop", "otlp", of_log).starts_with("p_"));
    for (app, protocol, given) in [
        ("bank", "import", derived),
        ("bank", "otlp", of_log),
        ("shop", "otlp", "given"),
        ("shop", "native", derived),
        ("shop", "import", "5f0c"),
    ] {
        assert_eq!(id(app, protocol, given), given);
    }
}

#[test]
fn dropped_ids_leave_no_trace_in_the_content_hash() {
    let dropped = rules(json!({"user_ids": "drop"}));
    let of = |user: &str| event(&json!({"event_id": "1", "name": "a", "user_id": user}));
    let (ada, _) = treated(&dropped, of("ada"));
    let (bob, _) = treated(&dropped, of("bob"));
    assert_eq!(ada, bob);
}

#[test]
fn properties_beside_the_list_are_left_out_and_named() {
    let listed = rules(json!({"properties": ["plan", "country"]}));
    let sent = event(&json!({"name": "a", "user_id": "u", "properties":
        {"email": "ada@example.com", "plan": "pro", "nested": {"plan": 1}}}));
    let (left, withheld) = treated(&listed, sent);
    assert_eq!(properties(&left), Some(json!({"plan": "pro"})));
    assert_eq!(withheld, ["email", "nested"]);
    let nothing = rules(json!({"properties": []}));
    let sent = event(&json!({"name": "a", "user_id": "u", "properties": {"email": "x"}}));
    assert_eq!(properties(&treated(&nothing, sent).0), None);
}

#[test]
fn quarantine_keeps_no_bytes_of_an_app_that_leaves_anything_out() {
    let raw =
        r#"{"user_id":"ada","properties":{"$ip":"192.0.2.1","list":[{"$user_agent":"A"}],"p":1}}"#;
    let kept = |cut: Value, raw: &str| match treated(&rules(cut), refused(raw)).0 {
        Record::Refused(refused) => refused.raw,
        _ => String::new(),
    };
    for cut in [
        json!({"user_ids": "drop"}),
        json!({"user_ids": "pseudonymise"}),
        json!({"properties": []}),
    ] {
        assert_eq!(kept(cut, raw), "");
    }
    assert_eq!(
        kept(json!({}), raw),
        r#"{"properties":{"list":[{}],"p":1},"user_id":"ada"}"#
    );
    assert_eq!(kept(json!({}), "{\"$ip\": \"192.0.2.1\" oops"), "");
    assert_eq!(kept(json!({}), "{ \"p\": 1 oops"), "{ \"p\": 1 oops");
    let asked = json!({"store_ip": true, "store_user_agent": true});
    assert_eq!(kept(asked, raw), raw);
}
