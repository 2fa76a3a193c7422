//! The batch entry of the health check: hourly counts of another simulator, evidence by another
//! computation, and files that do not fit.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::Path;
use std::process::Stdio;

use serde_json::Value;

use crate::harness::{path, python, run, shipwake, succeed};

/// The columns of a CSV without quotes, by release and hour.
type Judged = BTreeMap<String, BTreeMap<i64, Vec<String>>>;

fn judged(csv: &str) -> Judged {
    let mut lines = csv.lines();
    assert_eq!(
        lines.next(),
        Some("release,hour,state,e_value,ratio,ratio_low,ratio_high")
    );
    let mut judged = Judged::new();
    for line in lines {
        let fields: Vec<String> = line.split(',').map(str::to_owned).collect();
        assert_eq!(fields.len(), 7, "{line}");
        let hour = fields[1].parse().unwrap();
        let of_release = judged.entry(fields[0].clone()).or_default();
        assert!(of_release.insert(hour, fields[2..].to_vec()).is_none());
    }
    judged
}

fn is_flag(state: &str) -> bool {
    state == "regressed" || state == "suspected"
}

/// Hours of the first flags, of those releases that were flagged.
fn flags(judged: &Judged) -> Vec<i64> {
    let mut flags: Vec<i64> = judged
        .values()
        .filter_map(|hours| {
            let flagged = hours.iter().find(|(_, fields)| is_flag(&fields[0]));
            flagged.map(|(hour, _)| *hour)
        })
        .collect();
    flags.sort_unstable();
    flags
}

fn simulated(folder: &Path, family: &str, releases: usize) -> Option<Judged> {
    let file = folder.join(family);
    let count = releases.to_string();
    python("release_hours.py", &[path(&file), family, &count, "1"])?;
    let judged = judged(&succeed(&["health", "simulate", "--hours", path(&file)]));
    assert_eq!(judged.len(), releases, "{family}");
    assert!(judged.values().all(|hours| hours.len() == 168), "{family}");
    Some(judged)
}

#[test]
fn good_releases_of_another_simulator_are_left_in_peace() {
    let folder = tempfile::tempdir().unwrap();
    let releases = 120;
    for family in [
        "fine",
        "small",
        "rare",
        "loops",
        "selection",
        "strata",
        "big_bang",
    ] {
        let Some(judged) = simulated(folder.path(), family, releases) else {
            return;
        };
        let flagged = flags(&judged).len();
        assert!(
            flagged * 20 <= releases,
            "{family}: {flagged} of {releases}"
        );
        let states: Vec<&str> = judged
            .values()
            .map(|hours| hours[&167][0].as_str())
            .collect();
        assert!(!states.contains(&"insufficient_data"), "{family}");
    }
}

#[test]
fn bad_releases_of_another_simulator_are_found_soon() {
    let folder = tempfile::tempdir().unwrap();
    for (family, onset, median_max) in [("worse", 0, 20), ("late", 72, 85)] {
        let Some(judged) = simulated(folder.path(), family, 60) else {
            return;
        };
        let found: Vec<i64> = flags(&judged)
            .into_iter()
            .filter(|hour| *hour >= onset)
            .collect();
        assert!(found.len() >= 55, "{family}: {found:?}");
        assert!(found[found.len() / 2] <= median_max, "{family}: {found:?}");
        for hours in judged.values() {
            let states: Vec<&str> = hours.values().map(|fields| fields[0].as_str()).collect();
            let first = states.iter().position(|state| is_flag(state));
            let after = first.map_or(&[][..], |first| &states[first..]);
            let stays = |state: &&str| is_flag(state) || *state == "recovered";
            assert!(after.iter().all(stays), "{after:?}");
        }
    }
}

#[test]
fn evidence_and_intervals_are_those_of_the_formulas() {
    let folder = tempfile::tempdir().unwrap();
    for (family, r_min) in [
        ("small", "1"),
        ("strata", "1"),
        ("worse", "1.1"),
        ("loops", "1"),
    ] {
        let Some(judged_by_default) = simulated(folder.path(), family, 2) else {
            return;
        };
        let file = folder.path().join(family);
        let ours = if r_min == "1" {
            judged_by_default
        } else {
            let arguments = [
                "health",
                "simulate",
                "--hours",
                path(&file),
                "--r-min",
                r_min,
            ];
            judged(&succeed(&arguments))
        };
        let hours = ["0", "30", "167"];
        let arguments = [&[path(&file), r_min][..], &hours].concat();
        let Some(theirs) = python("hourly_evidence.py", &arguments) else {
            return;
        };
        for (release, of_release) in &ours {
            for hour in hours {
                let fields = &of_release[&hour.parse().unwrap()];
                let expected = theirs[release][hour].as_array().unwrap();
                for (ours, theirs) in fields[1..].iter().zip(expected) {
                    let context = format!("{release} at {hour}: {fields:?}, {expected:?}");
                    same(ours, theirs, &context);
                }
            }
        }
    }
}

/// The same number to nine digits; where one side has no end, the other has none (or 0).
fn same(ours: &str, theirs: &Value, context: &str) {
    match (ours.parse::<f64>(), theirs.as_f64()) {
        (Ok(ours), Some(theirs)) => {
            let error = (ours - theirs).abs();
            assert!(error <= 1e-8 * theirs.abs(), "{context}");
        }
        (ours, None) => assert!(ours.is_err() || ours == Ok(0.0), "{context}"),
        (Err(_), Some(_)) => panic!("{context}"),
    }
}

#[test]
fn scenarios_are_the_same_for_a_seed() {
    let ask = |seed: &str| {
        succeed(&[
            "health",
            "simulate",
            "--generate",
            "--releases",
            "12",
            "--seed",
            seed,
            "--format",
            "csv",
        ])
    };
    let csv = ask("7");
    assert_eq!(csv, ask("7"));
    assert_ne!(csv, ask("8"));
    assert!(
        csv.lines().skip(1).all(|line| line.contains(",12,")),
        "{csv}"
    );
    let table = succeed(&[
        "health",
        "simulate",
        "--generate",
        "--releases",
        "4",
        "--rules",
    ]);
    assert!(
        table.contains("3 breaches of x1.5") && table.contains("r_min 1.10"),
        "{table}"
    );
}

/// The bar of delays: what half of the releases must be found by, in hours.
const MEDIANS_MAX: [(&str, f64); 7] = [
    ("2000/h 0.5 % to 0.7 %", 56.0),
    ("2000/h 0.5 % to 1.0 %", 17.0),
    ("2000/h 1 % to 2 %", 12.0),
    ("300/h 1 % to 2 %", 40.0),
    ("20000/h 0.2 % to 0.3 %", 17.0),
    ("late: 0.5 % to 1.0 % at hour 72", 85.0),
    ("proved healthy, 2000/h 0.5 %", 42.0),
];

#[test]
fn the_bar_holds_in_the_scenarios() {
    let csv = succeed(&[
        "health",
        "simulate",
        "--generate",
        "--releases",
        "300",
        "--format",
        "csv",
    ]);
    let mut lines = csv.lines();
    assert_eq!(
        lines.next(),
        Some("scenario,kind,releases,flagged_share,flagged_upper95,found_share,median_hours")
    );
    let (mut good, mut met) = (0, 0);
    for line in lines {
        // From the right: names of scenarios may hold commas, and are quoted then.
        let fields: Vec<&str> = line.rsplitn(7, ',').collect();
        let [median, found, upper, flagged, releases, kind, scenario] = fields[..] else {
            panic!("{line}");
        };
        assert_eq!(releases, "300");
        let flagged: f64 = flagged.parse().unwrap();
        let upper: f64 = upper.parse().unwrap();
        assert!(flagged <= upper, "{line}");
        if kind == "good" {
            good += 1;
            // By 2,000 releases it is at most 5 %; of 300, that much by chance.
            assert!(flagged <= 0.07, "{line}");
        } else {
            assert!(found.parse::<f64>().unwrap() > 0.5, "{line}");
        }
        let name = scenario.trim_matches('"');
        if let Some((_, max)) = MEDIANS_MAX.iter().find(|(of, _)| *of == name) {
            met += 1;
            assert!(median.parse::<f64>().unwrap() <= *max, "{line}");
        }
    }
    assert_eq!((good, met), (14, MEDIANS_MAX.len()), "{csv}");
}

/// Judges what is on stdin.
fn judge_text(text: &str) -> (Option<i32>, String, String) {
    let mut child = shipwake()
        .args(["health", "simulate", "--hours", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(text.as_bytes()).unwrap();
    drop(stdin);
    let output = child.wait_with_output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (
        output.status.code(),
        text(output.stdout),
        text(output.stderr),
    )
}

#[test]
fn columns_stand_in_any_order_and_two_may_be_missing() {
    let text = "\u{feff}arm,release,events,hour,exposure,note\n\
                base,\"4, beta\",1,0,100.0,x\nnew,\"4, beta\",2,0,100,\nNew,b,0,3,10,\n";
    let (code, out, talk) = judge_text(text);
    assert_eq!(code, Some(0), "{talk}");
    let lines: Vec<&str> = out.lines().collect();
    assert!(
        lines[1].starts_with("\"4, beta\",0,insufficient_data,"),
        "{out}"
    );
    assert!(lines[1].ends_with(",2,0,"), "{out}");
    assert_eq!(lines[2], "b,3,insufficient_data,1,,,");
    let (code, out, _) = judge_text("release,hour,arm,exposure,events\n");
    assert_eq!((code, out.lines().count()), (Some(0), 1));
}

#[test]
fn rows_that_cannot_be_read_are_named() {
    let head = "release,hour,stratum,arm,exposure,events,users\n";
    for (rows, named) in [
        (
            "r,0,,neu,10,1,\n",
            ["line 2", "arm", "new, base, pre_new or pre_base"],
        ),
        (
            "r,0,,new,10,1,\nr,0.5,,base,10,1,\n",
            ["line 3", "hour", "whole number"],
        ),
        ("r,0,,new,-1,0,\n", ["line 2", "exposure", "whole number"]),
        ("r,0,,new,10,many,\n", ["line 2", "events", "\"many\""]),
        ("r,0,,new,10,,\n", ["line 2", "events", "empty"]),
        (",0,,new,10,1,\n", ["line 2", "release", "empty"]),
        (
            "r,0,,new,10,1,2\n",
            ["line 2", "users", "more than 1 events"],
        ),
        (
            "r,0,,new,10,1,\nr,0,,new,10,1,\n",
            ["line 3", "arm", "line 2 already"],
        ),
        (
            "r,0,,new,10,1,\nr,0,new,10\n",
            ["line: 3", "record", "fields"],
        ),
    ] {
        let (code, out, talk) = judge_text(&[head, rows].concat());
        assert!(code != Some(0) && out.is_empty(), "{rows}: {out}");
        for named in named {
            assert!(talk.contains(named), "{rows}: {talk}");
        }
    }
    let (code, _, talk) = judge_text("release,hour,arm,exposure\n");
    assert!(code != Some(0) && talk.contains("events"), "{talk}");
    let absent = run(&["health", "simulate", "--hours", "/nonexistent/hours.csv"]);
    assert!(!absent.status.success());
    for usage in [
        &["health", "simulate"][..],
        &["health", "simulate", "--hours", "-", "--generate"],
        &["health", "simulate", "--hours", "-", "--seed", "3"],
        &["health", "simulate", "--generate", "--r-min", "0.5"],
    ] {
        assert!(!run(usage).status.success(), "{usage:?}");
    }
}
