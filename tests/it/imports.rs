//! Files in, numbers out, equal to those that DuckDB takes from the same file.

use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::process::Stdio;

use serde_json::Value;

use crate::harness::{Server, path, python, run, shared, shipwake, succeed};

const FILES: [(&str, u64); 7] = [
    ("uber_2024.csv", 12_000),
    ("umang.csv", 18_600),
    ("chatgpt_2026.csv", 600),
    ("ja_paypay_2021.csv", 1_052),
    ("ja_paypay_2023.csv", 700),
    ("ja_cokeon_2021.csv", 1_736),
    ("ja_coke_on_2023.csv", 839),
];

fn import(data: &Path, app: &str, kind: &str, file: &Path) -> Value {
    let arguments = [
        "import",
        kind,
        "--json",
        "--data",
        path(data),
        "--app",
        app,
        path(file),
    ];
    serde_json::from_str(&succeed(&arguments)).unwrap()
}

fn outcome(summary: &Value) -> (u64, u64, u64, u64) {
    let count = |name: &str| {
        summary[name]
            .as_u64()
            .unwrap_or_else(|| panic!("{summary}"))
    };
    (
        count("read"),
        count("stored"),
        count("duplicate"),
        count("quarantined"),
    )
}

fn weekly(data: &Path, app: &str, day: &str, out: &Path) -> Value {
    succeed(&[
        "report",
        "weekly",
        "--data",
        path(data),
        "--app",
        app,
        "--week",
        day,
        "--as-of",
        "2026-11-01T00:00:00Z",
        "--out",
        path(out),
    ]);
    let find = |extension: &str| {
        let mut files: Vec<_> = std::fs::read_dir(out)
            .unwrap()
            .map(|f| f.unwrap().path())
            .collect();
        files.sort();
        files.into_iter().find(|file| {
            file.file_name()
                .unwrap()
                .to_str()
                .unwrap()
                .starts_with("shipwake_weekly_")
                && file.extension().is_some_and(|e| e == extension)
        })
    };
    assert!(find("html").is_some());
    let text = std::fs::read(find("json").unwrap()).unwrap();
    let mut report: Value = serde_json::from_slice(&text).unwrap();
    report["findings"].take()
}

fn kpi<'a>(report: &'a Value, metric: &str) -> &'a Value {
    let kpis = report["kpis"]
        .as_array()
        .unwrap_or_else(|| panic!("{report}"));
    kpis.iter().find(|kpi| kpi["metric"] == metric).unwrap()
}

fn close(found: &Value, wanted: &Value, what: &str) {
    match (found.as_f64(), wanted.as_f64()) {
        (Some(found), Some(wanted)) => {
            assert!(
                (found - wanted).abs() < 1e-9,
                "{what}: {found} against {wanted}"
            );
        }
        (None, None) => {}
        other => panic!("{what}: {other:?}"),
    }
}

#[test]
fn every_review_file_adds_up_and_a_second_import_stores_nothing() {
    let folder = tempfile::tempdir().unwrap();
    for (name, rows) in FILES {
        let Some(file) = shared(&format!("reviews/{name}")) else {
            return;
        };
        let app = name.split('.').next().unwrap().replace('_', "-");
        let data = folder.path().join(&app);
        let first = import(&data, &app, "reviews", &file);
        let (read, stored, duplicate, quarantined) = outcome(&first);
        assert_eq!(
            (read, stored + duplicate + quarantined),
            (rows, rows),
            "{name}"
        );
        let second = outcome(&import(&data, &app, "reviews", &file));
        assert_eq!((second.0, second.1), (rows, 0), "{name}");
        let unknown = serde_json::json!("unknown");
        let Some(direct) = python("review_week.py", &[path(&file), "2000-01-03"]) else {
            continue;
        };
        assert_eq!(direct["rows"], rows);
        let week = direct["busiest_week"].as_str().unwrap();
        let direct = python("review_week.py", &[path(&file), week]).unwrap();
        let report = weekly(
            &data,
            &app,
            week,
            &folder.path().join(format!("{app}-report")),
        );
        let rating = kpi(&report, "rating_mean");
        assert_eq!(rating["now"]["n"], direct["week"]["n"], "{name}");
        close(&rating["now"]["value"], &direct["week"]["mean"], name);
        assert_eq!(report["ratings"]["now"], direct["week"]["stars"], "{name}");
        for row in report["releases"].as_array().unwrap() {
            let direct = &direct["releases"][row["release"].as_str().unwrap()];
            assert_eq!(row["rating"]["n"], direct["n"], "{name} {}", row["release"]);
            close(&row["rating"]["value"], &direct["mean"], name);
        }
        assert_ne!(report["releases"][0]["release"], unknown);
    }
}

#[test]
fn a_review_exported_again_with_another_rating_is_a_revision() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let write = |rows: &str| {
        let file = folder.path().join("reviews.csv");
        let text = format!("reviewId,content,score,at,reviewCreatedVersion,repliedAt\n{rows}");
        File::create(&file)
            .and_then(|mut handle| std::io::Write::write_all(&mut handle, text.as_bytes()))
            .unwrap();
        file
    };
    let first = write(
        "r1,fine,5,2026-05-04 10:00:00,1.0,\nr2,\"=1+1, \"\"so\"\"\",4,2026-05-05 10:00:00,1.0,\n",
    );
    assert_eq!(
        outcome(&import(&data, "shop", "reviews", &first)),
        (2, 2, 0, 0)
    );
    let again = write(
        "r1,\"not, any more\",1,2026-05-06 10:00:00,1.1,2026-05-06 12:00:00\nr2,\"=1+1, \"\"so\"\"\",4,2026-05-05 10:00:00,1.0,\nr3,no date,3,yesterday-ish,1.0,\nr4,six stars,6,2026-05-05 10:00:00,1.0,\n",
    );
    let summary = import(&data, "shop", "reviews", &again);
    assert_eq!(outcome(&summary), (4, 1, 1, 2), "{summary}");
    assert_eq!(summary["updated"], 1);
    assert_eq!(
        outcome(&import(&data, "shop", "reviews", &again)),
        (4, 0, 4 - 2, 2)
    );
    let report = weekly(&data, "shop", "2026-05-04", &folder.path().join("out"));
    assert_eq!(report["ratings"]["now"], serde_json::json!([1, 0, 0, 1, 0]));
}

#[test]
fn a_week_without_data_says_so_and_a_wrong_week_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let missing = run(&["report", "weekly", "--data", path(&data)]);
    assert_eq!(missing.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&missing.stderr).contains("there is no data in"));
    let health = run(&["health", "check", "1.0", "--data", path(&data)]);
    assert_eq!(health.status.code(), Some(3), "no verdict, no failure");
    assert_eq!(run(&["health", "chekc"]).status.code(), Some(3));
    assert_eq!(run(&["report", "wekly"]).status.code(), Some(2));
}

#[test]
fn backlog_and_releases_come_from_csv() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let Some(file) = shared("backlog/usergrid.csv") else {
        return;
    };
    let first = outcome(&import(&data, "grid", "backlog", &file));
    assert_eq!((first.0, first.1 + first.2 + first.3), (482, 482));
    let second = outcome(&import(&data, "grid", "backlog", &file));
    assert_eq!((second.0, second.1), (482, 0));
    let out = folder.path().join("plan");
    let text = succeed(&[
        "report",
        "planning",
        "--data",
        path(&data),
        "--app",
        "grid",
        "--out",
        path(&out),
        "--as-of",
        "2026-11-01T00:00:00Z",
        "--capacity",
        "40",
    ]);
    assert!(!text.is_empty());
}

#[test]
fn a_reader_that_leaves_early_is_no_failure() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    server.stop();
    let mut child = shipwake()
        .args(["lake", "status", "--data", path(folder.path())])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    let talk = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && talk.is_empty(), "{talk}");
}

/// A backlog of names and numbers that spreadsheets run or take for something else.
const HOSTILE_BACKLOG: &str = "item_id,title,kind,effort_person_days,depends_on,factor_cost,reach_users,\
    impact,confidence,keywords,target,mandatory\r\n\
    APP-1,=cmd|'/c calc'!A1,bug,0.125,,10,1234.5,0.25,0.8,\"sync fails; crash, on start\",4.10,yes\r\n\
    007,'90s music,feature,3,APP-1,0,12000,3,0.05,\"[\"\"a;b\"\",\"\"c, d\"\"]\",1-2,no\r\n\
    1-2,TRUE,,0.333333333333333,007; APP-1,,,,,4.10,May 23,\r\n\
    -3,\"two \"\"lines\"\",\nof text; 🛳 \u{202b}\u{5d0}\",debt,38.5,,2.5,,,,,@home,yes\r\n\
    '=x,''=y,,,,,,,,,,\r\n";

/// What comes as JSON was never in a sheet, and begins with what it begins with.
const HOSTILE_ISSUES: &str = "[{\"number\": 7, \"title\": \"'@here' pings everyone\", \"state\": \"OPEN\"},\
        {\"number\": 8, \"title\": \"''=1+1\", \"state\": \"OPEN\"},\
        {\"number\": 9, \"title\": \"'TRUE\", \"state\": \"CLOSED\", \"stateReason\": \"NOT_PLANNED\"}]";

#[test]
fn a_backlog_goes_out_as_a_sheet_and_comes_back_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let there = |name: &str| folder.path().join(name);
    let file = there("backlog.csv");
    File::create(&file)
        .and_then(|mut out| out.write_all(HOSTILE_BACKLOG.as_bytes()))
        .unwrap();
    let import = |file: &Path, data: &Path| {
        let line = [
            "import",
            "backlog",
            path(file),
            "--app",
            "shop",
            "--data",
            path(data),
        ];
        succeed(&line)
    };
    let export = |data: &Path, preset: &str| -> String {
        let line = [
            "export",
            "csv",
            "backlog",
            "--app",
            "shop",
            "--data",
            path(data),
        ];
        succeed(&[&line[..], &["--preset", preset]].concat())
    };
    let first = there("first");
    import(&file, &first);
    let list = there("issues.json");
    File::create(&list)
        .and_then(|mut out| out.write_all(HOSTILE_ISSUES.as_bytes()))
        .unwrap();
    import(&list, &first);
    let plain = export(&first, "plain");
    assert_eq!(plain.matches("\r\n").count(), 9, "{plain}");
    for text in [
        "0.125",
        "1234.5",
        "\"4.10\"",
        "\"007\"",
        "\"'=cmd|'/c calc'!A1\"",
        "\"''=y\"",
    ] {
        assert!(plain.contains(text), "{text} is not in {plain}");
    }
    for (preset, text) in [
        ("plain", "0.125"),
        ("excel", "\"'4.10\""),
        ("excel-eu", ";0,125;"),
    ] {
        let sheet = export(&first, preset);
        assert!(sheet.contains(text), "{text} is not in {sheet}");
        assert_eq!(sheet.starts_with('\u{feff}'), preset != "plain");
        let cells = sheet.split([',', ';', '\n']);
        let run = cells.filter(|cell| cell.trim_matches(['"', ' ']).starts_with(['=', '@', '+']));
        assert_eq!(run.count(), 0, "{sheet}");
        let (again, data) = (there(&format!("{preset}.csv")), there(preset));
        File::create(&again)
            .and_then(|mut out| out.write_all(sheet.as_bytes()))
            .unwrap();
        import(&again, &data);
        assert_eq!(export(&data, "plain"), plain, "{preset}");
        // What comes back unchanged changes nothing where it came from.
        import(&again, &first);
        assert_eq!(export(&first, "plain"), plain, "{preset}");
    }
}
