//! `shipwake quickstart`: what it prints works as it is printed.

use std::process::Command;

use serde_json::json;

use crate::harness::{Server, path, run, succeed};

const NAMES: [&str; 13] = [
    "posthog-python",
    "posthog-node",
    "posthog-js",
    "segment-python",
    "segment-node",
    "segment-js",
    "sentry-python",
    "sentry-node",
    "sentry-js",
    "otlp",
    "widget",
    "form",
    "curl",
];

#[test]
fn every_sdk_has_its_lines_with_the_real_address_and_key() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let key = server.key("send");
    let host = server.url.strip_prefix("http://").unwrap();
    let digits = key.strip_prefix("sw_send_").unwrap();
    let all = succeed(&["quickstart", "--data", path(folder.path())]);
    let is_long = |line: &str| line.contains("sha384-") || line.contains("LOGS_HEADERS");
    for line in all.lines().filter(|line| !is_long(line)) {
        assert!(line.chars().count() <= 80, "{line}");
    }
    for name in NAMES {
        assert!(all.contains(&format!("\n{name}\n")), "{name}");
        let one = succeed(&["quickstart", "--sdk", name, "--data", path(folder.path())]);
        let has_key = one.contains(&key) || one.contains(digits);
        assert!(has_key && one.contains(host), "{name}:\n{one}");
        assert!(
            !one.contains(['{', '}']) || !one.contains("{key}"),
            "{name}:\n{one}"
        );
        for line in one.lines() {
            assert!(all.contains(line), "{name}: {line}");
        }
    }
    let dsn = format!("http://{digits}@{host}/1");
    assert!(
        succeed(&[
            "quickstart",
            "--sdk",
            "sentry-js",
            "--data",
            path(folder.path())
        ])
        .contains(&dsn)
    );
}

#[test]
fn the_curl_line_sends_an_event_as_it_is_printed() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let line = succeed(&["quickstart", "--sdk", "curl", "--data", path(folder.path())]);
    let output = Command::new("sh").args(["-c", &line]).output().unwrap();
    let answer: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(answer["accepted"], 1, "{answer}");
    drop(server);
}

#[test]
fn another_address_and_key_are_printed_and_nonsense_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let data = path(folder.path());
    let key = format!("sw_send_{}", "0a".repeat(16));
    let named = ["quickstart", "--data", data, "--key", &key, "--server"];
    let said =
        |server: &str, sdk: &str| succeed(&[named.as_slice(), &[server, "--sdk", sdk]].concat());
    let dsn = format!("https://{}@eu.example:8443/wake/1", "0a".repeat(16));
    assert!(said("https://eu.example:8443/wake/", "sentry-node").contains(&dsn));
    let segment = said("https://eu.example", "segment-js");
    assert!(
        segment.contains("apiHost: 'eu.example/v1', protocol: 'https'"),
        "{segment}"
    );
    for bad in [
        "eu.example",
        "ftp://eu.example",
        "https://",
        "https://a'b",
        "https://a b",
    ] {
        let output = run(&[named.as_slice(), &[bad]].concat());
        assert_eq!(output.status.code(), Some(1), "{bad}");
    }
    let admin = format!("sw_admin_{}", "0a".repeat(16));
    let server = "https://eu.example";
    let output = run(&[
        "quickstart",
        "--data",
        data,
        "--server",
        server,
        "--key",
        &admin,
    ]);
    assert_eq!(output.status.code(), Some(1));
    assert!(output.stdout.is_empty());
}

#[test]
fn check_says_which_kpi_has_its_input_and_what_would_fill_the_others() {
    let folder = tempfile::tempdir().unwrap();
    let data = path(folder.path()).to_owned();
    let server = Server::start(folder.path());
    let check = || succeed(&["quickstart", "--check", "--data", &data]);
    let filled = |said: &str| -> Vec<String> {
        let rest = said.split("Has its input\n").nth(1).unwrap_or_default();
        let names = rest.lines().take_while(|line| !line.is_empty());
        names.map(|name| name.trim().to_owned()).collect()
    };
    let nothing = check();
    assert_eq!(filled(&nothing), [] as [&str; 0], "{nothing}");
    let words = nothing.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words.contains("the widget, data-kind=\"nps\""), "{nothing}");

    let send = server.key("send");
    let event = json!({"name": "opened", "user_id": "u", "session_id": "s", "release": "1.0"});
    let feedback = json!([{"kind": "nps", "score": 9}, {"kind": "csat", "score": 4}]);
    for (route, body) in [("/v1/events", event), ("/v1/feedback", feedback)] {
        let (code, answer) = server.post(route, &send, body.to_string().as_bytes());
        assert_eq!(code, 200, "{answer}");
    }
    server.flush();
    let some = check();
    let expected = [
        "Active users",
        "Daily active users (DAU)",
        "Weekly active users (WAU)",
        "Monthly active users (MAU)",
        "Stickiness (DAU of MAU)",
        "New users",
        "Returning users",
        "Resurrected users",
        "Dormant users",
        "Sessions",
        "Sessions per user",
        "Median session length",
        "CSAT (4 or 5 of 5)",
        "NPS",
        "Pieces of feedback",
        "Feedback per 1,000 active users",
        "Adoption by release",
    ];
    assert_eq!(filled(&some), expected, "{some}");
    assert!(some.contains("a Sentry SDK"), "{some}");
    for line in some.lines().chain(nothing.lines()) {
        assert!(line.chars().count() <= 80, "{line}");
    }

    let session = json!({"kind": "session", "session_id": "s", "status": "exited", "user_id": "u",
                         "release": "1.0"});
    let rating = json!([{"kind": "rating", "score": 5}, {"kind": "ces", "score": 6}]);
    let reply = json!([{"event_id": "f", "text": "Sync?"},
                       {"kind": "reply", "parent_id": "f", "text": "Soon"}]);
    for (route, body) in [
        ("/v1/events", session),
        ("/v1/feedback", rating),
        ("/v1/feedback", reply),
    ] {
        let (code, answer) = server.post(route, &send, body.to_string().as_bytes());
        assert_eq!(code, 200, "{answer}");
    }
    server.flush();
    let all = check();
    assert!(!all.contains("Has none yet"), "{all}");
}
