//! Marks of releases by command and API, commit times of a repository, and the figures of delivery
//! against DuckDB.

use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use crate::harness::{Server, path, python, run, status, succeed};

fn rows(data: &Path, table: &str) -> u64 {
    status(data)["tables"][table]["rows"].as_u64().unwrap()
}

fn send(server: &Server, route: &str, body: &Value) -> Value {
    let (code, answer) = server.post(route, &server.key("plan"), body.to_string().as_bytes());
    assert_eq!(code, 200, "{answer}");
    answer
}

/// A command on a data folder that must fail, and what it says.
fn fails(arguments: &[&str]) -> String {
    let output = run(arguments);
    let talk = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success(), "{arguments:?}: {talk}");
    talk
}

fn weekly(data: &Path, week: &str, out: &Path) -> Value {
    succeed(&[
        "report",
        "weekly",
        "--data",
        path(data),
        "--week",
        week,
        "--out",
        path(out),
        "--as-of",
        "2024-10-08T00:00:00Z",
    ]);
    let file = std::fs::read_dir(out).unwrap().find_map(|entry| {
        let file = entry.unwrap().path();
        let name = file.file_name().unwrap().to_str().unwrap().to_owned();
        (name.starts_with("shipwake_weekly_") && name.ends_with(".json")).then_some(file)
    });
    let mut report: Value = serde_json::from_slice(&std::fs::read(file.unwrap()).unwrap()).unwrap();
    report["findings"].take()
}

fn figure<'a>(findings: &'a Value, id: &str) -> &'a Value {
    let kpis = findings["delivery"]["kpis"].as_array().unwrap();
    kpis.iter().find(|kpi| kpi["metric"] == id).unwrap()
}

fn near(found: &Value, wanted: &Value, what: &str) {
    let (found, wanted) = (found.as_f64().unwrap(), wanted.as_f64().unwrap());
    assert!(
        (found - wanted).abs() < 1e-9,
        "{what}: {found} and {wanted}"
    );
}

#[test]
fn marks_made_at_the_same_time_are_all_there_and_retries_count_once() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    let server = Server::start(data);
    let at = "2024-09-01T10:00:00Z";
    // Before the release exists, from several sides at once, by API and by command.
    std::thread::scope(|scope| {
        for number in 0..4 {
            let (server, data) = (&server, path(data));
            scope.spawn(move || {
                let mark = json!({"version": "1.0.0", "mark": "restored", "at": at,
                                  "event_id": format!("m{number}")});
                send(server, "/v1/releases/marks", &mark)
            });
            scope.spawn(move || {
                let at = format!("2024-09-01T1{number}:00:00Z");
                succeed(&[
                    "release", "mark", "1.0.0", "deployed", "--data", data, "--at", &at,
                ])
            });
        }
    });
    server.flush();
    assert_eq!(rows(data, "marks"), 8);
    let again = json!({"marks": [
        {"version": "1.0.0", "mark": "restored", "at": at, "event_id": "m1"},
        {"version": "1.0.0", "mark": "restored", "at": at, "event_id": "m1", "note": "why"},
        {"version": "1.0.0", "mark": "rolled_back", "at": at, "event_id": "m1"},
        {"version": "1.0.0", "mark": "deployed", "at": "2024-09-01T10:00:00Z"},
        {"version": "1.1.0", "mark": "hotfix", "of": "1.0.0"},
    ]});
    let answer = send(&server, "/v1/releases/marks", &again);
    let outcomes = answer["outcomes"].as_array().unwrap();
    let words: Vec<&str> = outcomes
        .iter()
        .map(|one| one["outcome"].as_str().unwrap())
        .collect();
    assert_eq!(
        words,
        [
            "duplicate",
            "duplicate",
            "rejected",
            "duplicate",
            "accepted"
        ]
    );
    assert_eq!(outcomes[2]["reason"], "id_conflict");
    // An event may bear the id of a mark.
    let event = json!({"event_id": "m1", "name": "opened", "user_id": "u"});
    let (_, answer) = server.post(
        "/v1/events",
        &server.key("send"),
        event.to_string().as_bytes(),
    );
    assert_eq!(answer["accepted"], 1);
    server.stop();
    marked_again_by_command(data, &folder.path().join("out"));
}

/// The server is gone: the commands work on the folder, which knows ten marks in the end.
fn marked_again_by_command(data: &Path, out: &Path) {
    let mark = ["release", "mark", "1.0.0", "deployed", "--data"];
    let mark = [&mark[..], &[path(data), "--at"]].concat();
    let said = succeed(&[&mark[..], &["2024-09-01T12:00:00Z"]].concat());
    assert!(
        said.contains("it said so before"),
        "a new start knows it: {said}"
    );
    let said = succeed(&[&mark[..], &["2024-09-01", "--zone", "Europe/Berlin"]].concat());
    assert!(said.contains("2024-08-31T22:00:00Z"), "{said}");
    assert_eq!(rows(data, "marks"), 10);
    succeed(&["lake", "compact", "--data", path(data)]);
    assert_eq!(rows(data, "marks"), 10);
    succeed(&["lake", "verify", "--data", path(data)]);
    let week = weekly(data, "2024-W36", out);
    assert_eq!(
        figure(&week, "deployments")["now"]["n"],
        1,
        "one deployment, said often"
    );
}

/// A mark, the field at fault, and words of the remedy.
const BAD: [(&str, &str, &str); 11] = [
    (r#"{"mark":"deployed"}"#, "version", "version is required"),
    (r#"{"version":"1"}"#, "mark", "one of deployed, hotfix"),
    (r#"{"version":"1","mark":"gone"}"#, "mark", "rolled_back"),
    (r#"{"version":"1","mark":7}"#, "mark", "text"),
    (
        r#"{"version":"1","mark":"hotfix"}"#,
        "of",
        "the version that it repairs",
    ),
    (
        r#"{"version":"1","mark":"hotfix","of":"1"}"#,
        "of",
        "another version",
    ),
    (
        r#"{"version":"1","mark":"deployed","of":"0"}"#,
        "of",
        "leave it out",
    ),
    (
        r#"{"version":"1","mark":"deployed","at":"soon"}"#,
        "at",
        "2026-05-01T09:30:00Z",
    ),
    (
        r#"{"version":"1","mark":"deployed","at":"9998-01-01T00:00:00Z"}"#,
        "at",
        "planned_at",
    ),
    (
        r#"{"version":"1","mark":"deployed","at":"1969-12-31T23:59:59Z"}"#,
        "at",
        "1970",
    ),
    ("[1]", "", "object"),
];

#[test]
fn a_bad_mark_names_the_field_the_limit_and_the_remedy() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let too_large = |name: &str, chars: usize| {
        let mut mark = json!({"version": "1", "mark": "deployed"});
        mark[name] = json!("x".repeat(chars));
        mark
    };
    let plain = BAD.map(|(body, field, words)| (serde_json::from_str(body).unwrap(), field, words));
    let large = [
        (
            too_large("version", 401),
            "version",
            "at most 400 characters",
        ),
        (
            too_large("note", 10_001),
            "note",
            "at most 10000 characters",
        ),
    ];
    for (body, field, words) in plain.into_iter().chain(large) {
        let body: Value = body;
        let answer = send(&server, "/v1/releases/marks", &json!([body]));
        let outcome = &answer["outcomes"][0];
        assert_eq!(outcome["outcome"], "rejected", "{body}");
        assert_eq!(outcome["field"], field, "{body}: {outcome}");
        assert!(
            outcome["message"].as_str().unwrap().contains(words),
            "{body}: {outcome}"
        );
    }
    let (code, _) = server.post("/v1/releases/marks", &server.key("send"), b"{}");
    assert_eq!(code, 403, "a send key plans nothing");
    server.stop();
    let mark = ["release", "mark", "1.1", "--data", path(folder.path())];
    for (arguments, words) in [
        (&["hotfix"][..], "--of: of is required of a hotfix"),
        (&["gone"][..], "rolled-back"),
        (
            &["deployed", "--at", "soon"][..],
            "--at \"soon\" is no instant",
        ),
        (
            &["deployed", "--at", "2024-09-01", "--zone", "Nowhere"][..],
            "no IANA zone",
        ),
    ] {
        let said = fails(&[&mark[..], arguments].concat());
        assert!(said.contains(words), "{arguments:?}: {said}");
    }
    assert_eq!(rows(folder.path(), "marks"), 0);
}

/// A repository with commits at given hours of September 2024 and a tag after some of them.
fn repository(folder: &Path, history: &[(i64, &str)]) {
    let git = |arguments: &[&str], at: &str| {
        let done = Command::new("git")
            .args(["-C", path(folder)])
            .args(arguments)
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .envs([
                ("GIT_AUTHOR_NAME", "Nora Nobody"),
                ("GIT_AUTHOR_EMAIL", "nora@example.com"),
            ])
            .envs([
                ("GIT_COMMITTER_NAME", "Nora Nobody"),
                ("GIT_COMMITTER_EMAIL", "nora@example.com"),
            ])
            .envs([("GIT_AUTHOR_DATE", at), ("GIT_COMMITTER_DATE", at)])
            .output()
            .unwrap();
        assert!(done.status.success(), "{arguments:?}: {done:?}");
    };
    git(&["init", "--quiet"], "");
    for (hour, tag) in history {
        let at = format!("2024-09-{:02}T{:02}:00:00Z", 1 + hour / 24, hour % 24);
        git(
            &[
                "commit",
                "--quiet",
                "--allow-empty",
                "-m",
                "a secret message",
            ],
            &at,
        );
        if !tag.is_empty() {
            git(&["tag", tag], &at);
        }
    }
}

#[test]
fn commit_times_become_lead_times_and_nothing_else_of_a_repository_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    let (repo, data) = (folder.path().join("repo"), folder.path().join("data"));
    std::fs::create_dir(&repo).unwrap();
    repository(
        &repo,
        &[
            (0, "v1.0.0"),
            (10, ""),
            (20, ""),
            (40, ""),
            (50, "v1.1.0"),
            (60, ""),
        ],
    );
    let add = |version: &str, more: &[&str]| {
        let add = [
            "release",
            "add",
            version,
            "--data",
            path(&data),
            "--git",
            path(&repo),
        ];
        succeed(&[&add[..], more].concat())
    };
    let said = add(
        "1.1.0",
        &[
            "--released-at",
            "2024-09-05T00:00:00Z",
            "--planned-at",
            "2024-09-03",
        ],
    );
    assert!(said.contains("1.1.0 is added, with 4 commits"), "{said}");
    // Adding something later keeps what was there.
    let said = succeed(&[
        "release",
        "add",
        "1.1.0",
        "--data",
        path(&data),
        "--owner",
        "Ada",
    ]);
    assert!(said.contains("is changed"), "{said}");
    let week = weekly(&data, "2024-W36", &folder.path().join("out"));
    let lead = figure(&week, "lead_time_hours");
    // 96 hours less 10, 20, 40, 50: the median of 86, 76, 56, 46.
    assert_eq!(
        (&lead["now"]["value"], &lead["now"]["n"]),
        (&json!(66.0), &json!(4))
    );
    assert_eq!(lead["rests_on"], json!([{"what": "commits", "count": 4}]));
    assert_eq!(week["delivery"]["deployments"][0]["slip_days"], 2);
    assert!(add("1.1.0", &["--since", "v1.0.0"]).contains("with 4 commits"));
    assert!(add("1.1.0", &["--from", "v1.1.0~2"]).contains("with 2 commits"));
    assert!(add("1.2.0", &["--to", "HEAD"]).contains("with 1 commits"));
    is_told_what_is_wrong(&repo, &data);
    if let Some(rows) = python("table_rows.py", &[path(&data), "releases"]) {
        let text = rows.to_string();
        assert!(text.contains("2024-09-01T10:00:00Z"), "{text}");
        for secret in ["Nora", "nora@", "secret message"] {
            assert!(!text.contains(secret), "{secret}");
        }
    }
}

/// Whoever names what is not there.
fn is_told_what_is_wrong(repo: &Path, data: &Path) {
    for (version, more, words) in [
        ("7.7.7", &[][..], "there is no tag 7.7.7 or v7.7.7"),
        ("1.0.0", &[], "name where it begins by --from"),
        ("1.1.0", &["--since", "v9"], "--since \"v9\" is no tag"),
        ("1.1.0", &["--from=--output=stolen"], "is no revision"),
        ("1.1.0", &["--to=--all"], "is no revision"),
        (
            "1.1.0",
            &["--git", path(data)],
            "there is no git repository",
        ),
    ] {
        let more: Vec<&str> = more.to_vec();
        let base: &[&str] = if more.first() == Some(&"--git") {
            &[]
        } else {
            &["--git", path(repo)]
        };
        let said = fails(
            &[
                &["release", "add", version, "--data", path(data)],
                base,
                &more,
            ]
            .concat(),
        );
        assert!(said.contains(words), "{version} {more:?}: {said}");
    }
    assert!(!repo.join("stolen").try_exists().unwrap());
}

/// Records and marks in which everything happens that can.
fn history() -> (Vec<Value>, Vec<Value>) {
    let start: jiff::Timestamp = "2024-07-01T00:00:00Z".parse().unwrap();
    let day = |day: i64, hour: i64| {
        let at = start.as_second() + (24 * day + hour) * 3600;
        jiff::Timestamp::from_second(at).unwrap().to_string()
    };
    let (mut records, mut marks) = (Vec::new(), Vec::new());
    for number in 0..18 {
        let (version, out) = (format!("3.{number}.0"), 8 + number * 5);
        let commits: Vec<String> = (0..number % 5).map(|n| day(out - 2 - n, n)).collect();
        let mut record = json!({"version": version, "planned_at": day(out - number % 3, 12), "commits": commits});
        if number % 4 == 0 {
            record["released_at"] = json!(day(out, 9));
        } else {
            marks.push(json!({"version": version, "mark": "deployed", "at": day(out, 9)}));
            marks.push(json!({"version": version, "mark": "deployed", "at": day(out, 11)}));
        }
        if number % 5 == 1 {
            marks.push(json!({"version": version, "mark": "rolled_back", "at": day(out, 15)}));
            marks.push(
                json!({"version": version, "mark": "restored", "at": day(out, 16 + number % 7)}),
            );
            marks.push(json!({"version": version, "mark": "deployed", "at": day(out + 1, 9)}));
        }
        if number % 6 == 2 {
            let fix = format!("3.{number}.1");
            marks.push(json!({"version": fix, "mark": "hotfix", "of": version, "at": day(out + number % 12, 20)}));
        }
        records.push(record);
    }
    (records, marks)
}

#[test]
fn figures_of_delivery_equal_those_of_duckdb() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let server = Server::start(&data);
    let (records, marks) = history();
    send(&server, "/v1/releases", &json!(records));
    send(&server, "/v1/releases/marks", &json!(marks));
    server.stop();
    let week = weekly(&data, "2024-W40", &folder.path().join("out"));
    let Some(by_sql) = python("delivery.py", &[path(&data), "2024-07-09", "2024-10-07"]) else {
        return;
    };
    let now = |id: &str| &figure(&week, id)["now"];
    assert_eq!(now("deployments")["n"], by_sql["deployments"]);
    assert_eq!(now("lead_time_hours")["n"], by_sql["changes"]);
    let all = by_sql["deployments"].as_f64().unwrap();
    let share = |id: &str| json!(by_sql[id].as_f64().unwrap() / all);
    near(
        &now("change_fail_rate")["value"],
        &share("failed"),
        "change-fail rate",
    );
    near(
        &now("rework_rate")["value"],
        &share("rework"),
        "rework rate",
    );
    for (id, name) in [
        ("lead_time_hours", "lead_time_hours"),
        ("recovery_hours", "recovery_hours"),
        ("release_slip_days", "slip_days"),
        ("deployment_gap_days", "gap_days"),
    ] {
        near(&now(id)["value"], &by_sql[name], id);
    }
    assert!(
        by_sql["failed"].as_u64().unwrap() >= 5,
        "something failed: {by_sql}"
    );
}
