//! Weeks wherever they start and whatever the clocks do; a week of nothing, of one event; and reports
//! of very many releases and very many themes.

use std::io::Write as _;
use std::path::Path;

use jiff::civil::{Date, Weekday};
use jiff::{Timestamp, ToSpan as _};
use serde_json::{Value, json};

use crate::harness::{path, python, skipped, succeed};

const ZONES: [&str; 5] = [
    "UTC",
    "Europe/Berlin",
    "America/New_York",
    // Half an hour is what its clocks change by.
    "Australia/Lord_Howe",
    // No whole number of hours off.
    "Asia/Kathmandu",
];
const STARTS: [(&str, Weekday); 3] = [
    ("monday", Weekday::Monday),
    ("sunday", Weekday::Sunday),
    ("saturday", Weekday::Saturday),
];

/// The Sundays on which the clocks of 2026 change: back and forth, in the north and in the south.
const CHANGES: [&str; 6] = [
    "2026-03-08",
    "2026-03-29",
    "2026-04-05",
    "2026-10-04",
    "2026-10-25",
    "2026-11-01",
];

fn write(file: &Path, text: &str) {
    let written = std::fs::File::create(file).and_then(|mut to| to.write_all(text.as_bytes()));
    written.unwrap();
}

fn import(data: &Path, file: &Path) {
    let line = [
        "import",
        "events",
        path(file),
        "--app",
        "clock",
        "--data",
        path(data),
    ];
    succeed(&line);
}

/// The findings of a week.
fn week(data: &Path, options: &[&str]) -> Value {
    let line = ["report", "weekly", "--data", path(data), "--out", "-"];
    let made: Value = serde_json::from_str(&succeed(&[&line[..], options].concat())).unwrap();
    let files = made["files"].as_array().unwrap();
    let is_json = |file: &&Value| {
        let name = file["name"].as_str().unwrap();
        name.ends_with(".json") && !name.starts_with("manifest")
    };
    let report = files.iter().find(is_json).unwrap()["text"]
        .as_str()
        .unwrap();
    let report: Value = serde_json::from_str(report).unwrap();
    report["findings"].clone()
}

fn kpi<'a>(findings: &'a Value, id: &str) -> &'a Value {
    let kpis = findings["kpis"].as_array().unwrap();
    let found = kpis.iter().find(|kpi| kpi["metric"] == id);
    &found.unwrap_or_else(|| panic!("no {id}"))["now"]["value"]
}

/// A user every half hour from a week before the first change of a season to a week after the last.
fn every_half_hour(seasons: &[(&str, &str)]) -> String {
    let mut lines = String::new();
    for (from, to) in seasons {
        let mut at: Timestamp = from.parse().unwrap();
        let end: Timestamp = to.parse().unwrap();
        while at < end {
            let event = json!({"event_id": at.to_string(), "name": "open", "occurred_at": at.to_string(),
                               "user_id": format!("u{}", at.as_second()), "release": "1.0"});
            lines.push_str(&event.to_string());
            lines.push('\n');
            at += 30.minutes();
        }
    }
    lines
}

/// The first day of the week of a day.
fn first_of_week(day: Date, start: Weekday) -> Date {
    let back = day.weekday().since(start);
    day.checked_sub(i64::from(back).days()).unwrap()
}

#[test]
fn a_week_is_seven_days_of_its_zone_from_its_start_over_every_change_of_the_clock() {
    let folder = tempfile::tempdir().unwrap();
    let (data, file) = (folder.path().join("data"), folder.path().join("e.ndjson"));
    let seasons = [
        ("2026-02-26T00:00:00Z", "2026-04-14T00:00:00Z"),
        ("2026-09-24T00:00:00Z", "2026-11-10T00:00:00Z"),
    ];
    write(&file, &every_half_hour(&seasons));
    import(&data, &file);
    let mut cases = Vec::new();
    for zone in ZONES {
        for (word, start) in STARTS {
            // The change itself, and the last hours of the week before it where weeks start on it.
            for change in CHANGES {
                let day: Date = change.parse().unwrap();
                cases.push((zone, word, first_of_week(day, start)));
            }
        }
    }
    let told: Vec<Value> = cases
        .iter()
        .map(|(zone, _, first)| json!([zone, first.to_string()]))
        .collect();
    let asked = folder.path().join("cases.json");
    write(&asked, &json!(told).to_string());
    let Some(expected) = python("weeks.py", &[path(&file), path(&asked)]) else {
        return skipped("no Python to reckon by");
    };
    let lengths: std::collections::BTreeSet<i64> = expected
        .as_array()
        .unwrap()
        .iter()
        .map(|n| n.as_i64().unwrap())
        .collect();
    assert_eq!(
        lengths.into_iter().collect::<Vec<_>>(),
        [334, 335, 336, 337, 338],
        "weeks of 167, 167.5, 168, 168.5 and 169 hours"
    );
    for ((zone, start, first), expected) in cases.iter().zip(expected.as_array().unwrap()) {
        let day = first.checked_add(3.days()).unwrap().to_string();
        let options = ["--zone", zone, "--week-start", start, "--week", &day];
        let found = week(&data, &options);
        let case = format!("{zone}, weeks from {start}, {first}");
        assert_eq!(found["scope"]["first_day"], first.to_string(), "{case}");
        assert_eq!(found["quality"]["events"], *expected, "{case}");
        let users = kpi(&found, "active_users").as_f64().unwrap();
        assert_eq!(Some(users), expected.as_f64(), "{case}");
    }
}

#[test]
fn a_week_of_nothing_and_a_week_of_one_event_are_reports_too() {
    let folder = tempfile::tempdir().unwrap();
    let (data, file) = (folder.path().join("data"), folder.path().join("e.ndjson"));
    let event = json!({"event_id": "1", "name": "open", "occurred_at": "2026-10-07T12:00:00Z",
                       "user_id": "u", "release": "1.0"});
    write(&file, &format!("{event}\n"));
    import(&data, &file);
    let one = week(&data, &["--week", "2026-W41"]);
    assert_eq!(
        (kpi(&one, "active_users"), &one["quality"]["events"]),
        (&json!(1.0), &json!(1))
    );
    for empty in ["2026-W40", "2026-W42"] {
        let none = week(&data, &["--week", empty]);
        assert_eq!(none["quality"]["events"], 0, "{empty}");
        let claims: Vec<&Value> = none["headline"]
            .as_array()
            .unwrap()
            .iter()
            .map(|claim| &claim["claim"])
            .collect();
        assert!(
            claims.iter().all(|claim| **claim == "too_few_data"),
            "{empty}: {claims:?}"
        );
        let missing = none["missing"].as_array().unwrap().len();
        assert!(missing > 10, "{empty} says what to send");
    }
}

/// Reviews with ten thousand themes, each of two words that nobody else says, by six people.
fn ten_thousand_themes() -> String {
    let word = |n: usize, salt: usize| -> String {
        let digits = [n % 22, n / 22 % 22, (n / 484 + salt) % 22];
        let letters = "bcdfghjklmnpqrstvwxzyk".as_bytes();
        digits
            .iter()
            .flat_map(|digit| [char::from(letters[*digit]), 'o'])
            .collect()
    };
    let mut rows = String::from("rating,text,date,version,user\n");
    for theme in 0..10_000 {
        for user in 0..6 {
            let (one, other) = (word(theme, 0), word(theme, 11));
            rows.push_str(
                &[
                    "2,",
                    &one,
                    " ",
                    &other,
                    ",2026-10-07,3.",
                    &(theme % 200).to_string(),
                    ".0,",
                    &format!("t{theme}-{user}\n"),
                ]
                .concat(),
            );
        }
    }
    rows
}

#[test]
fn two_hundred_releases_and_ten_thousand_themes_fit_a_page() {
    let folder = tempfile::tempdir().unwrap();
    let (data, file) = (folder.path().join("data"), folder.path().join("e.ndjson"));
    let mut lines = String::new();
    for release in 0..200 {
        for user in 0..12 {
            let event = json!({"event_id": format!("{release}-{user}"), "name": "open",
                "occurred_at": format!("2026-10-0{}T12:00:00Z", 5 + user % 5),
                "user_id": format!("u{release}-{user}"), "release": format!("3.{release}.0")});
            lines.push_str(&event.to_string());
            lines.push('\n');
        }
    }
    write(&file, &lines);
    import(&data, &file);
    let reviews = folder.path().join("reviews.csv");
    write(&reviews, &ten_thousand_themes());
    succeed(&[
        "import",
        "reviews",
        path(&reviews),
        "--app",
        "clock",
        "--data",
        path(&data),
    ]);
    let out = folder.path().join("out");
    succeed(&[
        "report",
        "weekly",
        "--week",
        "2026-W41",
        "--data",
        path(&data),
        "--out",
        path(&out),
    ]);
    for entry in std::fs::read_dir(&out).unwrap() {
        let file = entry.unwrap().path();
        let bytes = file.metadata().unwrap().len();
        match file.extension().and_then(|ending| ending.to_str()) {
            Some("html") => assert!(bytes < 300 << 10, "{bytes} bytes of the page"),
            Some("csv") if path(&file).contains("release_health") => {
                let text = std::fs::read_to_string(&file).unwrap();
                assert!(text.lines().count() > 200, "every release is in the table");
            }
            _ => {}
        }
    }
}
