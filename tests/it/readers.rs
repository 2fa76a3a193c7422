//! The tables are plain Delta Lake: engines that know nothing of Shipwake count the same rows.

use serde_json::json;

use crate::harness::{Server, path, python, status};

/// What a team says, by route: a row each.
const PLANNED: [(&str, &str); 6] = [
    ("/v1/backlog", r#"{"item_id":"A","title":"Sync"}"#),
    (
        "/v1/releases",
        r#"{"version":"1.0","goals":[{"metric":"nps","target":1}]}"#,
    ),
    (
        "/v1/releases/marks",
        r#"{"version":"1.0","mark":"deployed"}"#,
    ),
    (
        "/v1/plans",
        r#"{"version":"1.0","change":"accepted","item_id":"A","plan_id":"p"}"#,
    ),
    (
        "/v1/feedback/labels",
        r#"{"feedback_id":"f1","label":"praise"}"#,
    ),
    (
        "/v1/feedback/links",
        r#"{"feedback_id":"f1","item_id":"A","link":"confirmed"}"#,
    ),
];

#[test]
fn duckdb_polars_and_deltalake_count_the_same_rows() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let events: Vec<_> = (0..500)
        .map(|id| {
            let day = 1 + id % 28;
            json!({"event_id": format!("e{id}"), "name": "opened", "user_id": format!("u{id}"),
                   "occurred_at": format!("2026-10-{day:02}T12:00:00Z"), "properties": {"n": id}})
        })
        .collect();
    let feedback = json!([{"event_id": "f1", "score": 5, "text": "好き 😀"}, {"score": 9}]);
    let (send, plan) = (server.key("send"), server.key("plan"));
    let posts = [
        ("/v1/events", send.as_str(), json!(events).to_string()),
        ("/v1/feedback", &send, feedback.to_string()),
    ];
    let planned = PLANNED.map(|(route, body)| (route, plan.as_str(), body.to_owned()));
    for (route, key, body) in posts.into_iter().chain(planned) {
        let (code, answer) = server.post(route, key, body.as_bytes());
        assert_eq!(code, 200, "{answer}");
    }
    server.flush();
    server.stop();
    let ours = status(folder.path());
    let Some(counts) = python("count_tables.py", &[path(folder.path())]) else {
        return;
    };
    for table in [
        "events",
        "feedback",
        "releases",
        "backlog",
        "marks",
        "plans",
        "feedback_labels",
        "feedback_links",
        "quarantine",
        "ledger",
    ] {
        for engine in ["deltalake", "duckdb", "polars"] {
            let (found, rows) = (&counts[table][engine], &ours["tables"][table]["rows"]);
            assert_eq!(found, rows, "{engine} on {table}");
        }
    }
    assert_eq!(counts["events"]["polars"], 500);
}
