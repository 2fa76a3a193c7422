//! Files in, numbers out, equal to those that DuckDB takes from the same file.

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
        std::fs::File::create(&file)
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
