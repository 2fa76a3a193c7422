//! How much one key may send, who stands behind a proxy, and what the audit trail says.

use std::path::Path;

use serde_json::{Value, json};

use crate::configuration::configure;
use crate::harness::{Server, agent, get_by, path, succeed};

fn audit(data: &Path) -> Vec<Value> {
    let text = std::fs::read_to_string(data.join("audit.jsonl")).unwrap();
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

fn flush_from(server: &Server, address: &str) {
    let answer = agent()
        .post(format!("{}/v1/flush", server.url))
        .header("authorization", format!("Bearer {}", server.key("admin")))
        .header("x-forwarded-for", address)
        .send_empty();
    assert_eq!(answer.unwrap().status().as_u16(), 200);
}

#[test]
fn one_key_that_sends_too_often_waits_and_starves_nobody() {
    let folder = tempfile::tempdir().unwrap();
    configure(folder.path(), "[http]\nkey_events_per_second = 10\n");
    let server = Server::start(folder.path());
    let create = [
        "key",
        "create",
        "--scope",
        "send",
        "--data",
        path(folder.path()),
    ];
    let other = succeed(&create);
    let batch = |first: usize| {
        let events = (first..first + 1_000)
            .map(|n| json!({"event_id": format!("e{n}"), "name": "opened", "user_id": "u"}));
        Value::from_iter(events).to_string()
    };
    let (code, answer) = server.post("/v1/events", &server.key("send"), batch(0).as_bytes());
    assert_eq!(code, 200, "a batch beyond the rate comes through: {answer}");
    let refused = agent()
        .post(format!("{}/v1/events", server.url))
        .header("authorization", format!("Bearer {}", server.key("send")))
        .send(batch(0).as_bytes());
    let mut refused = refused.unwrap();
    assert_eq!(refused.status().as_u16(), 429);
    let wait = refused.headers()["retry-after"].to_str().unwrap();
    assert!((80..=100).contains(&wait.parse::<u64>().unwrap()), "{wait}");
    let said: Value = serde_json::from_reader(refused.body_mut().as_reader()).unwrap();
    assert_eq!(
        (&said["error"], &said["unit"]),
        (&json!("too_often"), &json!("events"))
    );
    let (code, answer) = server.post("/v1/events", other.trim(), batch(1_000).as_bytes());
    assert_eq!(code, 200, "another key is served: {answer}");
    server.stop();
}

#[test]
fn every_administrative_act_is_on_the_trail_with_its_author() {
    let around = tempfile::tempdir().unwrap();
    let data = around.path().join("data");
    let server = Server::start(&data);
    let at = ["--data", path(&data)];
    let made = succeed(&[&["key", "create", "--scope", "read"], &at[..]].concat());
    let listed = succeed(&[&["key", "list"], &at[..]].concat());
    let id = listed
        .lines()
        .last()
        .unwrap()
        .split_whitespace()
        .next()
        .unwrap()
        .to_owned();
    succeed(&[&["key", "revoke", &id], &at[..]].concat());
    let release = json!({"version": "1.0.0"}).to_string();
    let (code, _) = server.post("/v1/releases", &server.key("plan"), release.as_bytes());
    assert_eq!(code, 200);
    let rows = around.path().join("rows.ndjson");
    let mut file = std::fs::File::create(&rows).unwrap();
    std::io::Write::write_all(&mut file, b"{\"name\":\"a\",\"user_id\":\"u\"}\n").unwrap();
    let import = [&["import", "events", path(&rows)], &at[..]].concat();
    succeed(&import);
    server.stop();
    succeed(&import);
    succeed(&[&["lake", "compact"], &at[..]].concat());
    let lines = audit(&data);
    let acts: Vec<&str> = lines
        .iter()
        .map(|line| line["act"].as_str().unwrap())
        .collect();
    assert_eq!(
        acts,
        [
            "key_create",
            "key_create",
            "key_create",
            "key_create", // the first keys
            "key_create",
            "key_revoke",
            "plan",
            "flush",
            "import",
            "flush", // an import beside the server
            "import",
            "compact",
        ]
    );
    let by = |act: &str| &lines.iter().rfind(|line| line["act"] == act).unwrap()["actor"];
    assert_eq!(by("plan")["key"]["person"], "operator");
    assert_eq!(by("flush")["key"]["address"], "127.0.0.1");
    assert_eq!(by("compact"), "operator");
    let revoked = lines
        .iter()
        .find(|line| line["act"] == "key_revoke")
        .unwrap();
    assert_eq!(revoked["object"], id.as_str());
    let text = std::fs::read_to_string(data.join("audit.jsonl")).unwrap();
    assert!(!text.contains(made.trim()), "a secret is on the trail");
}

#[test]
fn word_of_a_proxy_is_taken_where_it_is_named_alone() {
    let folder = tempfile::tempdir().unwrap();
    let address = |proxies: &str| {
        configure(folder.path(), &format!("[serve]\nproxies = [{proxies}]\n"));
        let server = Server::start(folder.path());
        flush_from(&server, "203.0.113.77");
        server.stop();
        audit(folder.path()).pop().unwrap()["actor"]["key"]["address"].take()
    };
    assert_eq!(address(""), "127.0.0.1");
    assert_eq!(address("'10.0.0.0/8'"), "127.0.0.1");
    assert_eq!(address("'10.0.0.0/8', '127.0.0.0/8'"), "203.0.113.77");
}

#[test]
fn lesser_durability_is_told_by_every_answer_and_by_readiness() {
    let folder = tempfile::tempdir().unwrap();
    for (arguments, word) in [(&[][..], "disk"), (&["--durability", "os"][..], "os")] {
        let server = Server::start_with(folder.path(), arguments);
        let (code, ready) = get_by(&agent(), &format!("{}/readyz", server.url), "");
        assert_eq!((code, &ready["durability"]), (200, &json!(word)));
        assert_eq!(
            ready["warnings"].to_string().contains("durability is os"),
            word == "os"
        );
        let answer = agent()
            .post(format!("{}/v1/events", server.url))
            .header("authorization", format!("Bearer {}", server.key("send")))
            .send(&b"{\"name\":\"a\",\"user_id\":\"u\"}"[..]);
        let answer = answer.unwrap();
        let header = answer.headers().get("shipwake-durability");
        assert_eq!(header.is_some_and(|value| value == "os"), word == "os");
        server.stop();
    }
}
