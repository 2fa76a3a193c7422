//! The main job from nothing, held to what `sample-data/truth.toml` plants: found where something
//! is planted, silent where nothing is. One run of the demo serves all of it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_json::Value;

use crate::features;
use crate::harness::{only, path, python, run, succeed};
use crate::pages;

const WHEN: &str = "2031-01-01T00:00:00Z";

fn truth() -> toml::Table {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("sample-data/truth.toml");
    std::fs::read_to_string(file).unwrap().parse().unwrap()
}

fn findings(folder: &Path, report: &str) -> Value {
    let text = std::fs::read(only(folder, &format!("shipwake_{report}_"), "json")).unwrap();
    let mut report: Value = serde_json::from_slice(&text).unwrap();
    report["findings"].take()
}

fn rows(file: &Path) -> Vec<BTreeMap<String, String>> {
    let mut reader = csv::Reader::from_path(file).unwrap();
    reader.deserialize().map(|row| row.unwrap()).collect()
}

fn words(value: &toml::Value) -> BTreeSet<&str> {
    value
        .as_array()
        .unwrap()
        .iter()
        .map(|word| word.as_str().unwrap())
        .collect()
}

fn releases_are_judged_as_planted(weekly: &Value, truth: &toml::Table) {
    let expect = truth["expect"].as_table().unwrap();
    let releases = weekly["releases"].as_array().unwrap();
    let judged = |name: &str| releases.iter().find(|row| row["release"] == name).unwrap();
    let worse = expect["worse"].as_table().unwrap();
    let found = judged(worse["release"].as_str().unwrap());
    assert_eq!(found["verdict"], "fail");
    assert_eq!(found["baseline"], worse["baseline"].as_str().unwrap());
    let by: BTreeSet<&str> = found["worse_by"]
        .as_array()
        .unwrap()
        .iter()
        .map(|m| m.as_str().unwrap())
        .collect();
    assert_eq!(by, words(&worse["by"]));
    for name in words(&expect["not_worse"]) {
        assert_ne!(judged(name)["verdict"], "fail", "{name} is fine");
        assert_ne!(judged(name)["verdict"], "warn", "{name} is fine");
    }
    for name in words(&expect["insufficient_data"]) {
        assert_eq!(judged(name)["verdict"], "insufficient_data", "{name}");
    }
    for (name, days) in expect["days_to_half"].as_table().unwrap() {
        let found = judged(name)["days_to_half"].as_i64().unwrap();
        assert!(
            (found - days.as_integer().unwrap()).abs() <= 1,
            "{name}: {found} days to half"
        );
    }
    assert!(
        judged("2.3.0")["days_to_half"].is_null(),
        "the slow release has not got half"
    );
    let first = &weekly["headline"][0];
    assert_eq!(
        (&first["claim"], &first["release"]),
        (&"release_worse".into(), &found["release"])
    );
}

/// Adoption as planted: who could have it, how long users took, and no forecast from three releases.
fn adoption_is_as_planted(weekly: &Value, truth: &toml::Table) {
    let found = weekly["adoption"].as_array().unwrap();
    let for_all = |release: &&toml::Value| release.get("channel").is_none();
    for planted in truth["release"].as_array().unwrap().iter().filter(for_all) {
        let name = planted["version"].as_str().unwrap();
        let series = found
            .iter()
            .find(|series| series["release"] == name)
            .unwrap();
        let shares: Vec<f64> = planted["adoption"]
            .as_array()
            .unwrap()
            .iter()
            .map(|share| share.as_float().unwrap())
            .collect();
        assert_eq!(
            series["stage"], "adopted",
            "{name}: a tenth or more are on it"
        );
        assert_eq!(series["rollout"], planted["rollout"].as_str().unwrap());
        assert!(
            series["forecast"].is_null(),
            "{name}: too few releases came before"
        );
        let last = series["points"].as_array().unwrap().last().unwrap();
        if let Some(stages) = planted.get("stages").and_then(toml::Value::as_array) {
            let offered = stages.last().unwrap()["share"].as_float().unwrap();
            assert_eq!(last["offered"].as_f64(), Some(offered));
            let of_offered = last["share_of_offered"].as_f64().unwrap();
            let expected = shares.last().unwrap() / offered;
            assert!((of_offered - expected).abs() < 0.25, "{name}: {of_offered}");
        } else {
            assert_eq!(last["offered"], 1.0);
        }
        if planted["day"].as_integer() == Some(0) {
            assert!(
                series["time_to_adopt"].is_null(),
                "nobody saw {name} arrive"
            );
            continue;
        }
        // Users are seen on it on their next active day, so a little later than they could be.
        for until in series["time_to_adopt"]["until"].as_array().unwrap() {
            let share = until["share"].as_f64().unwrap();
            let moved = shares.iter().position(|known| *known >= share);
            let days = until["days"]
                .as_u64()
                .map(|days| usize::try_from(days).unwrap());
            let what = format!("{name}: {share} after {days:?} days, planted {moved:?}");
            assert_eq!(moved.is_some(), days.is_some(), "{what}");
            if let (Some(moved), Some(days)) = (moved, days) {
                assert!((moved..=moved + 2).contains(&days), "{what}");
            }
        }
    }
}

fn delivery_is_as_planted(weekly: &Value, truth: &toml::Table) {
    let expect = truth["expect"]["delivery"].as_table().unwrap();
    let delivery = &weekly["delivery"];
    let figure = |id: &str| {
        let mut kpis = delivery["kpis"].as_array().unwrap().iter();
        kpis.find(|kpi| kpi["metric"] == id).unwrap().clone()
    };
    let rows = delivery["deployments"].as_array().unwrap();
    let number = |name: &str| expect[name].as_integer().unwrap();
    assert_eq!(figure("deployments")["now"]["n"], number("deployments"));
    let mut failed = BTreeMap::new();
    for row in rows {
        for reason in row["failed_by"].as_array().unwrap() {
            failed.insert(row["release"].as_str().unwrap(), reason.as_str().unwrap());
        }
    }
    let planted = expect["failed"].as_table().unwrap().iter();
    let planted = planted.map(|(release, why)| (release.as_str(), why.as_str().unwrap()));
    assert_eq!(failed, planted.collect());
    for (release, hours) in expect["recovery_hours"].as_table().unwrap() {
        let recovered = rows
            .iter()
            .find(|row| row["release"] == release.as_str() && !row["recovery_hours"].is_null());
        assert_eq!(
            recovered.unwrap()["recovery_hours"].as_f64(),
            hours.as_integer().map(|h| h as f64)
        );
    }
    let reworked = rows.iter().filter(|row| !row["repairs"].is_null());
    let reworked: BTreeSet<&str> = reworked
        .map(|row| row["release"].as_str().unwrap())
        .collect();
    assert_eq!(reworked, words(&expect["rework"]));
    let lead = figure("lead_time_hours");
    assert_eq!(
        lead["now"]["value"].as_f64(),
        Some(number("lead_time_hours_median") as f64)
    );
    assert_eq!(lead["now"]["n"], number("lead_time_changes"));
    assert_eq!(lead["left_out"][0]["count"], 1, "the automated change");
    let slip = figure("release_slip_days");
    assert_eq!(
        slip["now"]["value"].as_f64(),
        Some(number("slip_days_median") as f64)
    );
    let last = rows.iter().find(|row| row["release"] == "2.3.0").unwrap();
    let goals = expect["goals"].as_array().unwrap();
    assert_eq!(last["goals_met"], goals[0].as_integer().unwrap());
    assert_eq!(last["goals_judged"], goals[1].as_integer().unwrap());
}

fn themes_are_found(weekly: &Value, truth: &toml::Table) {
    let phrases = weekly["phrases"].as_array().unwrap();
    let said: BTreeSet<&str> = phrases
        .iter()
        .map(|p| p["text"].as_str().unwrap())
        .collect();
    for planted in [
        "keeps crashing",
        "sync fails",
        "offline mode",
        "export to pdf",
    ] {
        assert!(said.contains(planted), "{planted:?} is not among {said:?}");
    }
    assert!(truth["theme"].as_array().unwrap().len() >= 4);
}

fn plan_holds(folder: &Path, truth: &toml::Table) {
    let plan = findings(folder, "planning");
    let capacity = truth["plan"]["capacity_person_days"].as_float().unwrap();
    assert_eq!(plan["proved_best"], true);
    assert!(plan["used_person_days"].as_f64().unwrap() <= capacity);
    assert!(
        plan["by_list"]["lost_share"].as_f64().unwrap() >= 0.05,
        "{}",
        plan["by_list"]
    );
    let priorities = rows(&only(folder, "shipwake_priorities_", "csv"));
    let chosen: BTreeSet<&str> = priorities
        .iter()
        .filter(|row| row["decision"] == "chosen")
        .map(|row| row["item_id"].as_str())
        .collect();
    let mut days = 0.0;
    for row in &priorities {
        if chosen.contains(row["item_id"].as_str()) {
            days += row["effort_person_days"].parse::<f64>().unwrap();
            for needed in row["depends_on"]
                .split(';')
                .map(str::trim)
                .filter(|id| !id.is_empty())
            {
                let is_open = priorities.iter().any(|other| other["item_id"] == needed);
                assert!(
                    !is_open || chosen.contains(needed),
                    "{} needs {needed}",
                    row["item_id"]
                );
            }
        } else {
            assert_eq!(row["decision"], "cut");
            assert!(!row["decision_reason"].is_empty(), "{row:?}");
        }
    }
    assert!(days <= capacity && days > 0.0, "{days} of {capacity} days");
    let goals = plan["score_card"]["goals"].as_array().unwrap();
    let outcome = |metric: &str| {
        let goal = goals
            .iter()
            .find(|goal| goal["metric"].as_str().unwrap().starts_with(metric));
        goal.unwrap()["outcome"].as_str().unwrap().to_owned()
    };
    assert_eq!(outcome("feature_reach:"), "met");
    assert_eq!(outcome("rating_mean"), "missed");
}

fn reruns_are_identical(out: &Path, week: &str) {
    let data = out.join("data");
    for (report, twice) in [
        ("weekly", ["again1", "again2"]),
        ("planning", ["again3", "again4"]),
    ] {
        let folders = twice.map(|name| out.join(name));
        for folder in &folders {
            succeed(&[
                "report",
                report,
                "--data",
                path(&data),
                "--as-of",
                WHEN,
                "--week",
                week,
                "--out",
                path(folder),
            ]);
        }
        let names = |folder: &Path| -> BTreeSet<_> {
            std::fs::read_dir(folder)
                .unwrap()
                .map(|entry| entry.unwrap().file_name())
                .collect()
        };
        assert_eq!(names(&folders[0]), names(&folders[1]));
        for name in names(&folders[0]) {
            let read = |folder: &Path| std::fs::read(folder.join(&name)).unwrap();
            assert_eq!(read(&folders[0]), read(&folders[1]), "{}", name.display());
        }
    }
}

/// Another engine makes the same rollups of the same events.
fn rollups_equal_their_sql(data: &Path) {
    let sql = Path::new(env!("CARGO_MANIFEST_DIR")).join("analysis/src/rollup/sql");
    let Some(found) = python("rollups.py", &[path(data), path(&sql)]) else {
        return;
    };
    let zones = found.as_object().unwrap();
    assert!(!zones.is_empty(), "the reports have made rollups");
    for rollups in zones.values() {
        let rollups = rollups.as_object().unwrap();
        assert_eq!(rollups.len(), 9);
        for (rollup, compared) in rollups {
            assert!(compared["rows"].as_u64().unwrap() > 0, "{rollup} is empty");
            assert_eq!(
                (&compared["missing"], &compared["extra"]),
                (&0.into(), &0.into()),
                "{found}"
            );
        }
    }
}

/// The days of the demo are those of UTC.
fn lifecycle_is_that_of_sets_over_the_events(data: &Path, weekly: &Value) {
    let first_day = weekly["scope"]["first_day"].as_str().unwrap();
    let environment = weekly["scope"]["environment"].as_str().unwrap();
    assert_eq!(weekly["scope"]["zone"], "UTC");
    let Some(sets) = python("lifecycle.py", &[path(data), first_day, environment]) else {
        return;
    };
    let kpis = weekly["kpis"].as_array().unwrap();
    for (metric, users) in sets.as_object().unwrap() {
        let kpi = kpis.iter().find(|kpi| kpi["metric"] == metric.as_str());
        let found = kpi.unwrap()["now"]["value"].as_f64();
        assert_eq!(found, users.as_f64(), "{metric}");
    }
}

/// How often people came, how long they stayed and who came back.
pub(crate) fn usage_is_that_of_sql_over_the_events(data: &Path, weekly: &Value) {
    let first_day = weekly["scope"]["first_day"].as_str().unwrap();
    let environment = weekly["scope"]["environment"].as_str().unwrap();
    let Some(sql) = python("usage.py", &[path(data), first_day, environment]) else {
        return;
    };
    let kpis = weekly["kpis"].as_array().unwrap();
    let expected = sql["kpis"].as_object().unwrap();
    assert_eq!(expected.len(), 7);
    for (metric, expected) in expected {
        let kpi = kpis.iter().find(|kpi| kpi["metric"] == metric.as_str());
        let found = kpi.unwrap()["now"]["value"].as_f64().unwrap();
        let difference = found - expected.as_f64().unwrap();
        assert!(difference.abs() < 1e-9, "{metric}: {found}, {expected}");
    }
    let rows = weekly["active_days"].as_array().unwrap().iter();
    let active_days: Vec<&Value> = rows.map(|row| &row["users"]).collect();
    let expected: Vec<&Value> = sql["active_days"].as_array().unwrap().iter().collect();
    assert_eq!(active_days, expected);
    let mut found = BTreeMap::new();
    for cohort in weekly["retention"]["cohorts"].as_array().unwrap() {
        for returned in cohort["returned"].as_array().unwrap() {
            let key = [&cohort["cohort"], &returned["metric"], &returned["day"]];
            let key = key.map(|part| part.to_string().replace('"', "")).join(" ");
            let counted = [&returned["users"], &returned["share"]["n"]].map(Value::as_u64);
            found.insert(key, counted);
        }
    }
    let mut expected = BTreeMap::new();
    for (cohort, metrics) in sql["retention"].as_object().unwrap() {
        for (metric, days) in metrics.as_object().unwrap() {
            for (day, counted) in days.as_object().unwrap() {
                let key = format!("{cohort} {metric} {day}");
                expected.insert(key, [counted[0].as_u64(), counted[1].as_u64()]);
            }
        }
    }
    assert!(expected.len() > 50, "{} counts", expected.len());
    assert_eq!(found, expected);
}

#[test]
fn the_demo_tells_what_was_planted() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("demo");
    let said = succeed(&["demo", "--out", path(&out)]);
    assert!(said.contains("2.2.0 got worse than 2.1.0"), "{said}");
    assert!(
        said.contains("A list sorted by score would have lost"),
        "{said}"
    );
    assert_eq!(
        said.lines()
            .filter(|line| line.starts_with("health "))
            .count(),
        4,
        "{said}"
    );
    let verdict_of = |release: &str| {
        let mut lines = said.lines().filter_map(|line| line.strip_prefix("health "));
        let line = lines.find(|line| line.starts_with(release)).unwrap();
        line.split_whitespace().nth(1).unwrap().to_owned()
    };
    assert_eq!(verdict_of("2.2.0"), "fail");
    assert_eq!(verdict_of("2.3.0"), "pass");
    assert_eq!(verdict_of("2.4.0-beta.1"), "insufficient_data");
    let (truth, weekly) = (truth(), findings(&out.join("weekly"), "weekly"));
    releases_are_judged_as_planted(&weekly, &truth);
    adoption_is_as_planted(&weekly, &truth);
    themes_are_found(&weekly, &truth);
    delivery_is_as_planted(&weekly, &truth);
    plan_holds(&out.join("planning"), &truth);
    for report in ["weekly", "planning"] {
        let page = only(&out.join(report), &format!("shipwake_{report}_"), "html");
        let text = std::fs::read_to_string(&page).unwrap();
        assert!(text.len() <= 300 * 1024, "{} bytes", text.len());
        assert!(
            !text.contains("<script"),
            "what users wrote is never markup"
        );
        if let Some(shown) = pages::show(&page) {
            assert_eq!((shown.console, shown.requests), (Vec::new(), Vec::new()));
        }
    }
    rollups_equal_their_sql(&out.join("data"));
    lifecycle_is_that_of_sets_over_the_events(&out.join("data"), &weekly);
    usage_is_that_of_sql_over_the_events(&out.join("data"), &weekly);
    features::are_as_planted(&weekly, &truth);
    features::are_those_of_sets_over_the_events(&out.join("data"), &weekly);
    features::a_funnel_is_that_of_joins_over_the_events(&out.join("data"), &weekly);
    reruns_are_identical(&out, weekly["scope"]["first_day"].as_str().unwrap());
    // A second demo starts anew; a folder that no demo made is left alone.
    succeed(&["demo", "--out", path(&out)]);
    let other = folder.path().join("other");
    std::fs::create_dir_all(other.join("data")).unwrap();
    assert_eq!(run(&["demo", "--out", path(&other)]).status.code(), Some(1));
}

#[test]
fn the_demo_runs_on_reviews_that_somebody_brings() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("mine.csv");
    let mut writer = csv::Writer::from_path(&file).unwrap();
    writer
        .write_record(["Date", "Rating", "Review", "Version"])
        .unwrap();
    for row in 0..400_u32 {
        let (day, is_new) = (1 + row / 20, row >= 200);
        let stars = if is_new && row % 2 == 0 { 1 } else { 5 };
        let words = if stars == 1 {
            "sync fails every day"
        } else {
            "great lists"
        };
        let version = if is_new { "2.0" } else { "1.0" };
        let day = format!("2026-05-{day:02} 10:00:{:02}", row % 60);
        writer
            .write_record([&day, &stars.to_string(), words, version])
            .unwrap();
    }
    writer.flush().unwrap();
    let out = folder.path().join("demo");
    let said = succeed(&["demo", "--out", path(&out), "--reviews", path(&file)]);
    assert!(said.contains("weekly report"), "{said}");
    let weekly = findings(&out.join("weekly"), "weekly");
    assert_eq!(weekly["ratings"]["now"].as_array().unwrap().len(), 5);
    let phrases = weekly["phrases"].as_array().unwrap();
    assert!(
        phrases
            .iter()
            .any(|phrase| phrase["text"].as_str().unwrap().contains("sync fails"))
    );
}
