//! `health check` as cron, CI and monitors meet it: exit codes, and formats that hold whatever a
//! release is named.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;

use serde_json::Value;

use crate::configuration::configure;
use crate::harness::{path, python, run, shipwake};
use crate::releases::{HOSTILE, RELEASE, ship};

const FORMATS: [&str; 6] = ["text", "json", "junit", "github", "nagios", "prom"];

/// A data folder that tests only read.
fn data() -> &'static Path {
    static DATA: OnceLock<(tempfile::TempDir, PathBuf)> = OnceLock::new();
    let made = DATA.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        ship(&data);
        (folder, data)
    });
    &made.1
}

fn check_at(data: &Path, app: &str, release: &str, more: &[&str]) -> Command {
    let mut command = shipwake();
    command
        .args([
            "health",
            "check",
            release,
            "--app",
            app,
            "--data",
            path(data),
        ])
        .args(more)
        .stdin(Stdio::null());
    command
}

fn check(app: &str, more: &[&str]) -> Output {
    check_at(data(), app, RELEASE, more).output().unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn code(output: &Output) -> i32 {
    output.status.code().unwrap()
}

#[test]
fn each_verdict_has_its_exit_code() {
    for (app, word, expected) in [
        ("fine", "OK", 0),
        ("worse", "WARNING", 1),
        ("broken", "CRITICAL", 2),
        ("thin", "UNKNOWN", 3),
        ("nobody", "UNKNOWN", 3),
    ] {
        let output = check(app, &[]);
        let text = said(&output);
        assert_eq!(code(&output), expected, "{app}: {text}");
        assert!(
            text.starts_with(&format!("RELEASE {word} - {app} 2.0 ")),
            "{text}"
        );
    }
}

#[test]
fn pipelines_say_what_fails_them() {
    for (app, fail_on, expected) in [
        ("fine", None, 0),
        ("broken", None, 1),
        ("thin", None, 0),
        ("thin", Some("unknown"), 1),
        ("worse", Some("fail,warn"), 1),
        ("broken", Some("unknown"), 0),
    ] {
        let mut more = vec!["--exit-style", "ci"];
        more.extend(fail_on.iter().flat_map(|named| ["--fail-on", named]));
        assert_eq!(code(&check(app, &more)), expected, "{app} {fail_on:?}");
    }
}

#[test]
fn what_is_no_verdict_is_unknown() {
    let folder = tempfile::tempdir().unwrap();
    let broken = folder.path().join("broken");
    configure(&broken, "[health]\nmax_age = 'soon'\n");
    let absent = folder.path().join("absent");
    let full = std::fs::OpenOptions::new()
        .write(true)
        .open("/dev/full")
        .unwrap();
    let unwritable = check_at(data(), "fine", RELEASE, &[])
        .stdout(full)
        .output()
        .unwrap();
    for (what, output) in [
        ("a flag that is not known", check("fine", &["--oops"])),
        (
            "a format that is not known",
            check("fine", &["--format", "xml"]),
        ),
        ("a moment that is none", check("fine", &["--as-of", "noon"])),
        (
            "a zone that is none",
            check("fine", &["--zone", "Mars/Base"]),
        ),
        ("no release", run(&["health", "check"])),
        (
            "--fail-on without ci",
            check("broken", &["--fail-on", "fail"]),
        ),
        ("stale data", check("fine", &["--max-age", "1ms"])),
        (
            "no configuration",
            check("fine", &["--config", path(&absent)]),
        ),
        (
            "a broken configuration",
            check_at(&broken, "fine", RELEASE, &[]).output().unwrap(),
        ),
        (
            "no data",
            check_at(&absent, "fine", RELEASE, &[]).output().unwrap(),
        ),
        ("a full disk behind stdout", unwritable),
    ] {
        let talk = String::from_utf8_lossy(&output.stderr);
        assert_eq!(code(&output), 3, "{what}: {talk}{}", said(&output));
    }
    // In a pipeline an error is an error, not a verdict that one may overlook.
    assert_eq!(code(&check("fine", &["--exit-style", "ci", "--oops"])), 3);
    let stale = check("fine", &["--max-age", "1ms", "--exit-style", "ci"]);
    assert_eq!(code(&stale), 0, "{}", said(&stale));
    assert!(said(&stale).contains("stale data: nothing arrived since"));
}

#[test]
fn panic_is_unknown() {
    let output = check_at(data(), "fine", RELEASE, &[])
        .env("SHIPWAKE_FAILPOINTS", "health-check-panic")
        .output()
        .unwrap();
    let talk = String::from_utf8_lossy(&output.stderr);
    assert_eq!(code(&output), 3, "{talk}");
    assert!(talk.contains("told to panic"), "{talk}");
}

#[test]
fn damaged_file_is_unknown_and_never_a_verdict() {
    let folder = tempfile::tempdir().unwrap();
    let copy = folder.path().join("data");
    let copied = Command::new("cp")
        .args(["-r", path(data()), path(&copy)])
        .status();
    assert!(copied.unwrap().success());
    std::fs::remove_dir_all(copy.join("rollups")).unwrap_or_default();
    let mut folders = vec![copy.join("tables/events")];
    let mut damaged = 0;
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let found = entry.unwrap().path();
            if found.is_dir() {
                folders.push(found);
            } else if found.extension().is_some_and(|e| e == "parquet") {
                let mut file = std::fs::File::create(&found).unwrap();
                file.write_all(&[7; 4096]).unwrap();
                damaged += 1;
            }
        }
    }
    assert!(damaged > 0);
    let output = check_at(&copy, "fine", RELEASE, &[]).output().unwrap();
    assert_eq!(code(&output), 3, "{}", said(&output));
}

#[test]
fn baseline_is_the_one_that_is_named() {
    let named = |baseline: &str| -> Value {
        let output = check("broken", &["--format", "json", "--baseline", baseline]);
        serde_json::from_slice(&output.stdout).unwrap()
    };
    let found = named("1.0");
    assert_eq!(
        (&found["baseline"], &found["verdict"]),
        (&"1.0".into(), &"fail".into())
    );
    let found = named("0.9");
    assert_eq!(
        (&found["baseline"], &found["verdict"]),
        (&Value::Null, &"insufficient_data".into())
    );
}

#[test]
fn github_gets_annotations_a_summary_and_values() {
    let folder = tempfile::tempdir().unwrap();
    let (summary, values) = (folder.path().join("summary"), folder.path().join("values"));
    for _ in 0..2 {
        let output = check_at(data(), "broken", RELEASE, &["--format", "github"])
            .env("GITHUB_STEP_SUMMARY", &summary)
            .env("GITHUB_OUTPUT", &values)
            .output()
            .unwrap();
        assert_eq!(code(&output), 2);
        let text = said(&output);
        assert!(
            text.starts_with("::error title=Release 2.0%3A CRITICAL::RELEASE"),
            "{text}"
        );
        assert!((1..=3).contains(&text.lines().count()), "{text}");
    }
    let values = std::fs::read_to_string(values).unwrap();
    assert_eq!(
        values.matches("verdict=fail\n").count(),
        2,
        "appended: {values}"
    );
    assert_eq!(values.matches("score=").count(), 2);
    let summary = std::fs::read_to_string(summary).unwrap();
    assert_eq!(
        summary.matches("### Release 2.0: CRITICAL").count(),
        2,
        "{summary}"
    );
    assert!(
        summary.contains("| Crash-free users | ■ fail |"),
        "{summary}"
    );
    // A summary that cannot be written is an error, and no verdict is told in its place.
    let output = check_at(data(), "broken", RELEASE, &["--format", "github"])
        .env("GITHUB_STEP_SUMMARY", folder.path())
        .output()
        .unwrap();
    assert_eq!((code(&output), said(&output).as_str()), (3, ""));
}

#[test]
fn no_name_of_a_release_breaks_out_of_a_format() {
    let folder = tempfile::tempdir().unwrap();
    let long = "9".repeat(400);
    let mut reports = Vec::new();
    for (number, name) in HOSTILE.into_iter().chain([long.as_str()]).enumerate() {
        for format in FORMATS {
            let output = check_at(data(), "fine", name, &["--format", format])
                .output()
                .unwrap();
            let text = said(&output);
            assert_eq!(code(&output), 3, "{name:?} {format}: {text}");
            let shown = |c: char| c == '\n' || !(c.is_control() || c == '\u{202e}');
            assert!(text.chars().all(shown), "{name:?} {format}: {text:?}");
            assert!(!text.contains("##["), "{text}");
            let begins = |line: &str| line.trim_start().starts_with("::");
            let commands = text.lines().filter(|line| begins(line)).count();
            assert_eq!(commands, usize::from(format == "github"), "{text}");
            match format {
                "json" => {
                    let found: Value = serde_json::from_str(&text).unwrap();
                    assert_eq!(found["release"], name);
                }
                "junit" => {
                    let report = folder.path().join(format!("{number}.xml"));
                    let mut file = std::fs::File::create(&report).unwrap();
                    file.write_all(text.as_bytes()).unwrap();
                    reports.push(report);
                }
                _ => {}
            }
        }
    }
    let reports: Vec<&str> = reports.iter().map(|report| path(report)).collect();
    let Some(read) = python("junit.py", &reports) else {
        return;
    };
    let read = read.as_array().unwrap();
    assert_eq!(read.len(), HOSTILE.len() + 1);
    for report in read {
        assert_eq!(report["cases"][0]["name"], "verdict", "{report}");
        assert_eq!(report["cases"][0]["ended"], "skipped", "{report}");
    }
}
