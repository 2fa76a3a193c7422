//! The main job from nothing, held to what `sample-data/truth.toml` plants: found where something
//! is planted, silent where nothing is. One run of the demo serves all of it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::harness::{path, run, succeed};
use crate::pages;

const WHEN: &str = "2031-01-01T00:00:00Z";

fn truth() -> toml::Table {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("sample-data/truth.toml");
    std::fs::read_to_string(file).unwrap().parse().unwrap()
}

fn only(folder: &Path, start: &str, extension: &str) -> PathBuf {
    let mut found: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|file| {
            file.file_name()
                .unwrap()
                .to_str()
                .unwrap()
                .starts_with(start)
        })
        .filter(|file| file.extension().is_some_and(|found| found == extension))
        .collect();
    assert_eq!(
        found.len(),
        1,
        "{start}*.{extension} in {}: {found:?}",
        folder.display()
    );
    found.remove(0)
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
        3,
        "{said}"
    );
    let (truth, weekly) = (truth(), findings(&out.join("weekly"), "weekly"));
    releases_are_judged_as_planted(&weekly, &truth);
    themes_are_found(&weekly, &truth);
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
