//! What the demo's reports say of features and funnels, held to what is planted and to plain sets
//! over its events.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;

use crate::harness::{path, python, run, succeed};

/// The feature that shipped with the last release is found with its item, by those who could use it;
/// nothing that was planted is hardly used.
pub(crate) fn are_as_planted(weekly: &Value, truth: &toml::Table) {
    let features = &weekly["features"];
    let rows = features["rows"].as_array().unwrap();
    let shipped = rows.iter().find(|row| row["feature"] == "export_used");
    let shipped = shipped.unwrap();
    assert_eq!(
        (&shipped["release"], &shipped["is_recorded"]),
        (&"2.3.0".into(), &true.into())
    );
    assert_eq!(shipped["items"], serde_json::json!(["APP-64"]));
    let mut releases = truth["release"].as_array().unwrap().iter();
    let release = releases.find(|release| release["version"].as_str() == Some("2.3.0"));
    let reach = release.unwrap()["reach"]["export_used"].as_float();
    let share = shipped["eligible_share"]["now"]["value"].as_f64().unwrap();
    assert!((share - reach.unwrap()).abs() < 0.06, "{share}");
    for planted in truth["feature"].as_array().unwrap() {
        let name = planted["name"].as_str().unwrap();
        let row = rows.iter().find(|row| row["feature"] == name).unwrap();
        assert_eq!(
            row["release"], "2.1.0",
            "{name} was there from the beginning"
        );
    }
    assert_eq!(features["unused"]["rows"].as_array().unwrap().len(), 0);
    assert_eq!(
        features["unused"]["judged"], 3,
        "the new one has not had its 30 days"
    );
}

/// The days of the demo are those of UTC.
pub(crate) fn are_those_of_sets_over_the_events(data: &Path, weekly: &Value) {
    let first_day = weekly["scope"]["first_day"].as_str().unwrap();
    let environment = weekly["scope"]["environment"].as_str().unwrap();
    let rows = weekly["features"]["rows"].as_array().unwrap();
    let asked: BTreeMap<&str, &str> = rows
        .iter()
        .map(|row| {
            (
                row["feature"].as_str().unwrap(),
                row["release"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(asked.len(), 4);
    let asked = serde_json::to_string(&asked).unwrap();
    let arguments = [path(data), first_day, environment, &asked];
    let Some(sets) = python("features.py", &arguments) else {
        return;
    };
    for row in rows {
        let name = row["feature"].as_str().unwrap();
        let expected = &sets[name];
        let share = |key: &str, figure: &Value| {
            let (above, below) = (expected[key][0].as_f64(), expected[key][1].as_f64());
            let (above, below) = (above.unwrap(), below.unwrap());
            assert!(below > 0.0, "{name} {key}");
            assert_eq!(figure["now"]["n"].as_f64(), Some(below), "{name} {key}");
            let difference = figure["now"]["value"].as_f64().unwrap() - above / below;
            assert!(difference.abs() < 1e-12, "{name} {key}");
        };
        assert_eq!(row["users"]["now"]["n"], expected["users"], "{name}");
        share("eligible", &row["eligible_share"]);
        share("repeat", &row["repeat_share"]);
        if name != "export_used" || expected["kept"][1] != 0 {
            share("kept", &row["kept_share"]);
        }
        let number = |found: &Value, key: &str| {
            assert_eq!(found.as_f64(), expected[key].as_f64(), "{name} {key}");
        };
        number(&row["depth"]["value"], "depth");
        number(&row["depth_p90"], "p90");
        let first_use = [&row["first_users"], &row["first_use_days"]["n"]];
        assert_eq!(
            serde_json::json!(first_use),
            expected["first_use"],
            "{name}"
        );
    }
}

pub(crate) fn a_funnel_is_that_of_joins_over_the_events(data: &Path, weekly: &Value) {
    let scope = |key: &str| weekly["scope"][key].as_str().unwrap();
    let steps = ["sync_done", "search", "share"];
    let (first, last, to) = (scope("first_day"), scope("last_day"), scope("to"));
    let asked = steps.join(" > ");
    let said = succeed(&[
        "funnel",
        &asked,
        "--data",
        path(data),
        "--within",
        "36h",
        "--from",
        first,
        "--to",
        last,
        "--as-of",
        to,
        "--format",
        "json",
    ]);
    let found: Value = serde_json::from_str(&said).unwrap();
    let funnel = &found["funnels"][0];
    let environment = scope("environment");
    let arguments = [
        path(data),
        first,
        last,
        to,
        "36",
        environment,
        steps[0],
        steps[1],
        steps[2],
    ];
    let Some(joins) = python("funnel.py", &arguments) else {
        return;
    };
    let users: Vec<&Value> = (0..3).map(|step| &funnel["steps"][step]["users"]).collect();
    assert_eq!(serde_json::json!(users), joins["users"]);
    assert_eq!(funnel["left_out"], joins["left_out"]);
    assert!(funnel["left_out"].as_u64() > Some(0), "{funnel}");
    for step in [1, 2] {
        let median = funnel["steps"][step]["seconds"]["value"].as_f64();
        assert_eq!(median, joins["seconds"][step - 1].as_f64());
    }
    let table = succeed(&["funnel", &asked, "--data", path(data), "--to", last]);
    assert!(table.contains("got through"), "{table}");
    let unknown = run(&["funnel", "checkout", "--data", path(data)]);
    assert_eq!(unknown.status.code(), Some(1));
}
