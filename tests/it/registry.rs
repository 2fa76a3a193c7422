//! Every KPI of the registry over invented users of many seeds, held to plain SQL over the tables.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;
use tempfile::TempDir;

use crate::demo::usage_is_that_of_sql_over_the_events;
use crate::harness::{is_long, number_from_env, path, python, succeed};

const LAST_DAY: &str = "2026-10-04";
const FIRST_DAY: &str = "2026-09-28";
const AS_OF: &str = "2026-10-05T12:00:00Z";

/// What the users of a seed did, in a data folder of its own.
fn world(seed: u64, events: u64) -> Option<TempDir> {
    let folder = TempDir::new().unwrap();
    let (seed, events) = (seed.to_string(), events.to_string());
    python("world.py", &[path(folder.path()), &seed, &events, LAST_DAY])?;
    let data = folder.path().join("data");
    for (table, file) in [
        ("events", "events"),
        ("feedback", "feedback"),
        ("feedback", "revised"),
    ] {
        let file = folder.path().join(format!("{file}.ndjson"));
        let of = ["--data", path(&data), "--app", "world"];
        succeed(&[&["import", table, path(&file)], &of[..]].concat());
    }
    Some(folder)
}

fn weekly(data: &Path, more: &[&str]) -> Value {
    let asked = ["report", "weekly", "--out", "-", "--as-of", AS_OF, "--data"];
    let printed = succeed(&[&asked[..], &[path(data)], more].concat());
    let made: Value = serde_json::from_str(&printed).unwrap();
    let files = made["files"].as_array().unwrap();
    let is_it = |file: &&Value| {
        let name = file["name"].as_str().unwrap();
        name.starts_with("shipwake_weekly") && name.ends_with(".json")
    };
    let file = files.iter().find(is_it).unwrap();
    let page: Value = serde_json::from_str(file["text"].as_str().unwrap()).unwrap();
    page["findings"].clone()
}

/// A count to the last digit, a ratio to 1e-9; what is left out of a segment is not compared.
#[track_caller]
fn same(found: &Value, expected: &Value, (what, is_segment): (&str, bool)) -> bool {
    if is_segment && found.is_null() {
        return false;
    }
    match (found.as_f64(), expected.as_f64()) {
        (Some(a), Some(b)) => assert!((a - b).abs() < 1e-9, "{what}: {a}, {b} by SQL"),
        _ => assert_eq!(found, expected, "{what}"),
    }
    true
}

/// How many figures are the same; the others fail.
fn compare(weekly: &Value, sql: &Value, is_segment: bool) -> usize {
    let mut compared = 0;
    let mut check = |found: &Value, expected: &Value, what: &str| {
        compared += usize::from(same(found, expected, (what, is_segment)));
    };
    let kpis = weekly["kpis"].as_array().unwrap();
    assert_eq!(kpis.len(), sql["kpis"].as_object().unwrap().len());
    for kpi in kpis {
        let metric = kpi["metric"].as_str().unwrap();
        let expected = &sql["kpis"][metric];
        check(&kpi["now"]["value"], &expected[0], metric);
        check(
            &kpi["before"]["value"],
            &expected[1],
            &format!("{metric} before"),
        );
    }
    for row in weekly["releases"].as_array().unwrap() {
        let release = row["release"].as_str().unwrap();
        let expected = &sql["releases"][release];
        for (column, expected) in expected.as_object().unwrap() {
            let what = format!("{column} of {release}");
            match expected.as_array() {
                Some(pair) => {
                    check(&row[column]["value"], &pair[0], &what);
                    if !is_segment {
                        check(&row[column]["n"], &pair[1], &format!("n of {what}"));
                    }
                }
                None => check(&row[column], expected, &what),
            }
        }
    }
    for series in weekly["adoption"].as_array().unwrap() {
        for point in series["points"].as_array().unwrap() {
            let key = [&series["release"], &point["day"]].map(|part| part.as_str().unwrap());
            let key = key.join(" ");
            // Days on which nobody had the release are not in the SQL's answer.
            if let Some(expected) = sql["adoption"].get(&key) {
                check(&point["on_release"], &expected[0], &key);
                check(&point["total"], &expected[1], &key);
            } else {
                assert_eq!(point["on_release"], 0, "{key}");
            }
        }
    }
    compared
}

/// Ten days beside the ten before them.
fn a_window_of_ones_own_is_that_of_sql(data: &Path, seed: u64) {
    let (first, days) = ("2026-09-25", "10");
    let asked = [path(data), first, days, "production", AS_OF];
    let sql = python("registry.py", &asked).unwrap();
    let window = weekly(data, &["--from", first, "--to", LAST_DAY]);
    assert_eq!(window["scope"]["first_day"], first);
    let compared = compare(&window, &sql, false);
    assert!(compared > 90, "seed {seed}: {compared}");
    // Data begin within the window before: what adds up over days is not held against it.
    let longer = weekly(data, &["--from", "2026-09-16", "--to", LAST_DAY]);
    let before = |metric: &str| {
        let mut kpis = longer["kpis"].as_array().unwrap().iter();
        let kpi = kpis.find(|kpi| kpi["metric"] == metric).unwrap();
        (
            kpi["before"]["value"].is_number(),
            kpi["change"].is_object(),
        )
    };
    assert_eq!(before("sessions_per_user"), (false, false));
    assert_eq!(before("daily_active_users"), (true, true));
}

#[test]
fn every_kpi_is_that_of_sql_over_the_tables() {
    let sizes: BTreeMap<u64, u64> = if is_long() {
        BTreeMap::from([(7, number_from_env("SHIPWAKE_WORLD_EVENTS", 5_000_000))])
    } else {
        BTreeMap::from([(1, 12_000), (2, 25_000)])
    };
    for (seed, events) in sizes {
        let Some(world) = world(seed, events) else {
            return;
        };
        let data = world.path().join("data");
        let asked = [path(&data), FIRST_DAY, "7", "production", AS_OF];
        let Some(sql) = python("registry.py", &asked) else {
            return;
        };
        let all = weekly(&data, &[]);
        let compared = compare(&all, &sql, false);
        assert!(compared > 90, "seed {seed}: {compared}");
        usage_is_that_of_sql_over_the_events(&data, &all);
        a_window_of_ones_own_is_that_of_sql(&data, seed);
        let rules = world.path().join("shipwake.toml");
        lake::files::replace(&rules, b"[segments]\nproperties = ['plan']\n").unwrap();
        for (segment, flags) in [
            ("platform=ios", ["--platform", "ios"]),
            ("plan=pro", ["--property", "plan=pro"]),
        ] {
            let sql = python("registry.py", &[&asked[..], &[segment]].concat()).unwrap();
            let of_segment = weekly(&data, &[&flags[..], &["--config", path(&rules)]].concat());
            let told = of_segment["scope"]["segment"].as_object().unwrap();
            assert_eq!(told.len(), 1, "{told:?}");
            let compared = compare(&of_segment, &sql, true);
            assert!(compared > 60, "seed {seed}, {segment}: {compared}");
        }
    }
}
