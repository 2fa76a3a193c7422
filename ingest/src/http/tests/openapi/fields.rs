//! Every documented field and limit of what clients send is one of the check.

use super::*;

/// The schema's name, its route, and an object in which each field is looked at.
const SENT: [(&str, &str, &str); 8] = [
    (
        "Event",
        "/v1/events",
        r#"{"kind":"session","name":"a","user_id":"u","session_id":"s"}"#,
    ),
    ("Feedback", "/v1/feedback", r#"{"score":5,"parent_id":"p"}"#),
    ("Release", "/v1/releases", r#"{"version":"1"}"#),
    (
        "ReleaseMark",
        "/v1/releases/marks",
        r#"{"version":"1","mark":"restored"}"#,
    ),
    (
        "PlanEntry",
        "/v1/plans",
        r#"{"version":"1","change":"accepted","item_id":"A","plan_id":"p"}"#,
    ),
    (
        "BacklogItem",
        "/v1/backlog",
        r#"{"item_id":"A","title":"t"}"#,
    ),
    (
        "FeedbackLabel",
        "/v1/feedback/labels",
        r#"{"feedback_id":"f","label":"other"}"#,
    ),
    (
        "FeedbackLink",
        "/v1/feedback/links",
        r#"{"feedback_id":"f","item_id":"A","link":"withdrawn"}"#,
    ),
];

/// Values of a field that are just within its documented limits, and just beyond.
fn edges(schemas: &Value, name: &str, field: &Value) -> (Vec<Value>, Vec<Value>) {
    let (mut good, mut bad) = (Vec::new(), Vec::new());
    let number = |name: &str| field[name].as_u64().map(|n| usize::try_from(n).unwrap());
    if let Some(most) = number("maxLength").filter(|_| name != "app") {
        // A scale is text of a form of its own, too.
        good.extend((name != "scale").then(|| json!("é".repeat(most))));
        bad.push(json!("é".repeat(most + 1)));
    }
    if let Some(most) = number("maxItems") {
        let entry = match name {
            "goals" => json!({"metric": "nps", "target": 1}),
            "commits" => json!("2026-05-01T09:30:00Z"),
            _ => json!("x"),
        };
        good.push(Value::from(vec![entry.clone(); most]));
        bad.push(Value::from(vec![entry; most + 1]));
    }
    if let Some(most) = number("maxProperties") {
        let object = |count: usize| (0..count).map(|n| (n.to_string(), json!(n))).collect();
        good.push(Value::Object(object(most)));
        bad.push(Value::Object(object(most + 1)));
    }
    for (limit, beyond) in [("minimum", -1.0), ("maximum", 1.0)] {
        if let Some(edge) = field[limit].as_f64() {
            good.push(field[limit].clone());
            bad.push(json!(edge + beyond));
        }
    }
    let words = field["oneOf"].as_array().into_iter().flatten();
    for reference in words.filter_map(|one| one["$ref"].as_str()) {
        let schema = &schemas[reference.rsplit('/').next().unwrap()];
        if let Some(words) = schema["enum"].as_array() {
            good.extend(words.iter().cloned());
            bad.push(json!("none of them"));
        }
    }
    let is_object = number("maxProperties").is_some() || name == "factors";
    bad.push(if is_object { json!(7) } else { json!({"x": 1}) });
    (good, bad)
}

#[actix_web::test]
async fn every_documented_field_and_limit_is_one_of_the_check() {
    let others = Limits {
        event: lake::EventLimits {
            short_text_chars_max: 30,
            text_chars_max: 300,
            properties_max: 4,
            list_entries_max: 3,
        },
        ..Limits::default()
    };
    for limits in [Limits::default(), others] {
        hold_to_the_check(limits).await;
    }
}

async fn hold_to_the_check(limits: Limits) {
    let folder = tempfile::tempdir().unwrap();
    let document = described(&limits);
    let (state, keys) = open(folder.path(), limits).await;
    let service = service!(state);
    let schemas = &document.json["components"]["schemas"];
    for (schema, path, base) in SENT {
        let uri = [path, "?dry_run=1"].concat();
        for (name, field) in schemas[schema]["properties"].as_object().unwrap() {
            let (good, bad) = edges(schemas, name, field);
            for (value, expected) in good
                .iter()
                .map(|v| (v, true))
                .chain(bad.iter().map(|v| (v, false)))
            {
                let mut object: Value = serde_json::from_str(base).unwrap();
                object[name] = value.clone();
                if name == "session_count" {
                    // Many sessions have no id.
                    object["session_id"] = Value::Null;
                }
                if (schema, name.as_str()) == ("ReleaseMark", "item") {
                    object["mark"] = json!("signed");
                }
                if name == "checks" {
                    object["mark"] = json!("go");
                }
                if name == "into_item_id" {
                    // One link is withdrawn at a time.
                    object["feedback_id"] = Value::Null;
                }
                let body = serde_json::to_vec(&object).unwrap();
                let (status, answer) = answer!(&service, post(&uri, &keys.admin, body));
                let outcome = &answer["outcomes"][0];
                let shown: String = value.to_string().chars().take(40).collect();
                assert_eq!(status, 200);
                let is_accepted = outcome["outcome"] == "accepted";
                assert_eq!(is_accepted, expected, "{schema} {name} {shown}: {outcome}");
                assert!(
                    expected || outcome["field"] == json!(name),
                    "{schema} {name}: {outcome}"
                );
            }
        }
    }
}

#[test]
fn every_field_that_an_event_is_read_for_is_documented() {
    let read = lake::RawEvent::NAMES.iter().copied();
    let document = described(&Limits::default());
    let documented = document.json["components"]["schemas"]["Event"]["properties"].as_object();
    let documented: BTreeSet<&str> = documented.unwrap().keys().map(String::as_str).collect();
    assert_eq!(documented, read.collect());
}
