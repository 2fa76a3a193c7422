//! `shipwake plan`: the backlog within a capacity, and published cases of the next release problem,
//! held to a count over all subsets and to their proven optima.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::Write as _;
use std::path::Path;

use serde_json::Value;

use crate::harness::{path, run, shared, succeed};

/// Three requirements (3, 4 and 5), the first of which the third needs, and three customers.
const CASE: &str = "2\r\n2\r\n3 4\r\n1\r\n5\r\n1\r\n1 3\r\n3\r\n10 1 1\r\n9 1 2\r\n14 1 3\r\n";

fn write(file: &Path, text: &str) {
    let mut file = File::create(file).unwrap();
    file.write_all(text.as_bytes()).unwrap();
}

fn answer(file: &Path, ratio: &str) -> Value {
    let said = succeed(&["plan", "--nrp", path(file), "--ratio", ratio, "--json"]);
    serde_json::from_str(&said).unwrap()
}

#[test]
fn a_case_of_the_next_release_problem_is_solved_and_proved() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("case.txt");
    write(&file, CASE);
    // By hand: (1) 10 for 3, (2) 9 for 4, (1, 3) 24 for 8, (1, 2) 19 for 7, all 33 for 12.
    for (ratio, budget, objective, customers) in [
        ("0.3", 3, 10, vec![1]),
        ("0.6", 7, 19, vec![1, 2]),
        ("0.7", 8, 24, vec![1, 3]),
        ("1", 12, 33, vec![1, 2, 3]),
        ("0", 0, 0, vec![]),
    ] {
        let found = answer(&file, ratio);
        assert_eq!(
            (&found["budget"], &found["objective"], &found["bound"]),
            (&budget.into(), &objective.into(), &objective.into()),
            "{ratio}: {found}"
        );
        assert_eq!(found["proven"], true);
        assert_eq!(found["customers"], serde_json::json!(customers), "{ratio}");
        assert!(found["cost"].as_i64().unwrap() <= budget);
    }
    let text = succeed(&["plan", "--nrp", path(&file), "--ratio", "0.7"]);
    assert!(text.contains("profit 24, proved to be the most"), "{text}");
    assert!(text.contains("2 of 3 customers served"), "{text}");
}

#[test]
fn files_that_hold_no_case_are_refused_with_a_remedy() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("case.txt");
    let mut tried = 0;
    for text in [
        "",
        "\0\0",
        "2 2 3",
        "1 1 -4 0 0",
        "1 99999999999999999999",
        "1 1 5 1 1 9 0",
        "1 1 5 0 1 10 1 7",
        "9223372036854775807",
    ] {
        write(&file, text);
        let output = run(&["plan", "--nrp", path(&file), "--ratio", "0.5"]);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1), "{text:?}: {said}");
        assert!(said.contains("next release problem"), "{text:?}: {said}");
        assert!(!said.contains("panicked"), "{text:?}: {said}");
        tried += 1;
    }
    assert_eq!(tried, 8);
    for ratio in ["1.5", "-0.1", "half", "0.1.2"] {
        let output = run(&["plan", "--nrp", path(&file), "--ratio", ratio]);
        assert_eq!(output.status.code(), Some(2), "{ratio}");
    }
}

#[test]
fn published_optima_are_reached() {
    let Some(optima) = shared("nrp/optima.csv") else {
        return;
    };
    let folder = optima.parent().unwrap().to_owned();
    let mut rows = csv::Reader::from_path(&optima).unwrap();
    let mut reached = BTreeSet::new();
    for row in rows.records() {
        let row = row.unwrap();
        let (name, ratio) = (row[0].to_owned(), row[1].to_owned());
        if !["nrp1", "nrp5", "nrp-e2"].contains(&name.as_str()) {
            continue;
        }
        let found = answer(&folder.join(format!("{name}.txt")), &ratio);
        assert_eq!(found["objective"].to_string(), row[5], "{name} {ratio}");
        assert_eq!(found["proven"], true, "{name} {ratio}");
        reached.insert((name, ratio));
    }
    assert_eq!(reached.len(), 9);
}

#[test]
fn the_backlog_is_planned_within_a_capacity() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let backlog = folder.path().join("backlog.csv");
    let rows = "item_id,title,effort_person_days,reach_users,impact,confidence,depends_on\n\
                A,Search,5,100,1,1,\n\
                B,Export,3,40,1,1,\n\
                C,=cmd|' /C calc'!A0,4,45,1,1,D\n\
                D,Store,2,1,1,1,\n";
    write(&backlog, rows);
    let of_app = ["--app", "shop", "--data", path(&data)];
    succeed(&[&["import", "backlog", path(&backlog)][..], &of_app].concat());
    let planned = |arguments: &[&str]| succeed(&[&["plan"], arguments, &of_app].concat());
    // Of all subsets within 9 days A and B are worth most; within 11 A, C and D.
    for (capacity, expected) in [("9", ["A", "B"].as_slice()), ("11", &["A", "C", "D"])] {
        let found: Value =
            serde_json::from_str(&planned(&["--capacity", capacity, "--json"])).unwrap();
        assert_eq!(found["proved_best"], true);
        let items = found["items"].as_array().unwrap().iter();
        let taken: BTreeSet<&str> = items
            .filter(|item| item["decision"]["decision"] == "chosen")
            .map(|item| item["item_id"].as_str().unwrap())
            .collect();
        assert_eq!(taken, expected.iter().copied().collect(), "{found}");
    }
    let text = planned(&["--capacity", "9"]);
    let line = |id: &str| text.lines().rfind(|line| line.contains(id)).unwrap();
    assert!(line("Search").starts_with("take"), "{text}");
    assert!(line("Store").contains("cut"), "{text}");
}

/// The release of each item, by id; `None` is out of the plan.
fn placed(found: &Value) -> BTreeMap<&str, Option<&str>> {
    let items = found["items"].as_array().unwrap().iter();
    items
        .map(|item| (item["item_id"].as_str().unwrap(), item["release"].as_str()))
        .collect()
}

#[test]
fn releases_ahead_teams_and_rules_are_kept() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let backlog = folder.path().join("backlog.csv");
    let rows = "item_id,title,kind,team,effort_person_days,reach_users,impact,confidence,depends_on\n\
                A,Search,feature,Mobile,5,100,1,1,\n\
                B,Export,feature,Mobile,3,40,1,1,\n\
                C,Sync,feature,Platform,4,45,1,1,D\n\
                D,Store,debt,Platform,2,1,1,1,\n\
                E,Tests,debt,Platform,3,10,1,1,\n";
    write(&backlog, rows);
    let of_app = ["--app", "shop", "--data", path(&data)];
    succeed(&[&["import", "backlog", path(&backlog)][..], &of_app].concat());
    let ahead = [
        "plan",
        "--json",
        "--release",
        "now=Mobile:5,Platform:3",
        "--release",
        "next=Mobile:3,Platform:6",
    ];
    let planned = |more: &[&str]| -> Value {
        serde_json::from_str(&succeed(&[&ahead, more, &of_app[..]].concat())).unwrap()
    };
    // By hand: all of it fits in one way alone, with E first.
    let found = planned(&["--draws", "1000"]);
    assert_eq!(
        (&found["value"], &found["proved_best"]),
        (&196.0.into(), &true.into())
    );
    let all = [
        ("A", "now"),
        ("B", "next"),
        ("C", "next"),
        ("D", "next"),
        ("E", "now"),
    ];
    let all: BTreeMap<&str, Option<&str>> = all.iter().map(|(id, at)| (*id, Some(*at))).collect();
    assert_eq!(placed(&found), all);
    assert_eq!(found["draws"], 1_000);
    let in_draws = &found["items"][0]["in_draws"];
    assert_eq!(
        (&found["items"][0]["item_id"], &in_draws["n"]),
        (&"A".into(), &1_000.into())
    );
    // E in the later release leaves no room for C there.
    let pinned = planned(&["--pin", "E=next"]);
    assert_eq!(placed(&pinned)["E"], Some("next"));
    assert_eq!(placed(&pinned)["C"], None);
    assert_eq!(pinned["value"], 151.0);
    let without = planned(&["--without", "E"]);
    assert_eq!(
        (placed(&without)["E"], &without["value"]),
        (None, &186.0.into())
    );
    let one = planned(&["--at-most-one", "A,B"]);
    assert_eq!((placed(&one)["A"], placed(&one)["B"]), (Some("now"), None));
    // Work on debt may take no more than half of a release.
    let bound = planned(&["--share", "debt<=0.5"]);
    assert_eq!(bound["broken_shares"], serde_json::json!([]));
    let frozen = planned(&["--pin", "A=next"]);
    assert_eq!(frozen["freeze"]["shortfall"][1]["Mobile"], 2.0, "{frozen}");
    let text = succeed(&[&["plan", "--release", "now=20"][..], &of_app].concat());
    assert!(text.contains("5 of 5 items planned"), "{text}");
}

#[test]
fn requests_that_cannot_be_planned_are_refused_with_a_remedy() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let backlog = folder.path().join("backlog.csv");
    write(&backlog, "item_id,title,effort_person_days\nA,Search,5\n");
    let of_app = ["--app", "shop", "--data", path(&data)];
    succeed(&[&["import", "backlog", path(&backlog)][..], &of_app].concat());
    for (arguments, code, words) in [
        (["--pin", "Z"], 1, "no open item"),
        (["--pin", "A=later"], 1, "there is no --release later"),
        (["--release", "next=Mobile:3"], 1, "by team"),
        (["--release", "now"], 2, "NAME=DAYS"),
        (["--share", "debt"], 2, "KIND>=SHARE"),
        (["--together", "A"], 2, "two items or more"),
    ] {
        let output = run(&[&["plan", "--release", "now=9"], &arguments[..], &of_app].concat());
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {said}");
        assert!(said.contains(words), "{arguments:?}: {said}");
    }
}
