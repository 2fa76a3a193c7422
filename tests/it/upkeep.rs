//! What keeps the tables small and clean, driven from the command line: a person is erased while
//! others send, old versions go, and damage is named.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::{Value, json};

use crate::harness::{Server, agent, counter, path, post_by, run, status, succeed};

const PERSON: &str = "person-7f3a91c2";

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap().path();
        if entry.is_dir() {
            found.extend(files(&entry));
        } else {
            found.push(entry);
        }
    }
    found
}

/// Whether the bytes of any file that is not compressed hold the person.
fn plain_mentions(data: &Path) -> BTreeSet<String> {
    let mention = |path: &PathBuf| {
        // A file that is merged or cut meanwhile is gone.
        let bytes = std::fs::read(path).unwrap_or_default();
        memchr::memmem::find(&bytes, PERSON.as_bytes()).is_some()
    };
    let found = files(data).into_iter().filter(mention);
    let ending = |path: &Path| path.extension().map(|e| e.to_str().unwrap().to_owned());
    found.filter_map(|path| ending(&path)).collect()
}

fn send(server: &Server, client: &ureq::Agent, route: &str, body: &Value) {
    let url = format!("{}{route}", server.url);
    let (code, answer) = post_by(
        client,
        &url,
        &server.key("send"),
        body.to_string().as_bytes(),
    );
    assert_eq!(code, 200, "{answer}");
}

fn verify(data: &Path) -> Value {
    serde_json::from_str(&run_json(&[
        "lake",
        "verify",
        "--json",
        "--data",
        path(data),
    ]))
    .unwrap()
}

fn run_json(arguments: &[&str]) -> String {
    String::from_utf8(run(arguments).stdout).unwrap()
}

/// Erases the person while others send; returns what the command said, and how many events of
/// others were taken.
fn erase_beside_senders(server: &Server) -> (String, u64) {
    let data = &server.data;
    let stop = AtomicBool::new(false);
    std::thread::scope(|threads| {
        let sender = threads.spawn(|| {
            let (client, mut sent) = (agent(), 0_u64);
            while !stop.load(Ordering::Relaxed) {
                let events = (0..20).map(|n| {
                    let id = format!("s{sent}-{n}");
                    json!({"event_id": id, "name": "open", "user_id": format!("u{n}")})
                });
                send(server, &client, "/v1/events", &Value::from_iter(events));
                sent += 20;
            }
            sent
        });
        let arguments = [
            "lake",
            "erase",
            "--user",
            PERSON,
            "--json",
            "--data",
            path(data),
        ];
        let erased = succeed(&arguments);
        stop.store(true, Ordering::Relaxed);
        (erased, sender.join().unwrap())
    })
}

#[test]
fn person_is_erased_while_others_send_and_the_tables_stay_sound() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    let server = Server::start(data);
    let client = agent();
    let theirs = json!([
        {"event_id": "p1", "name": "open", "user_id": PERSON},
        {"event_id": "p1", "name": "open", "user_id": PERSON},
        {"event_id": "p2", "kind": "identify", "user_id": PERSON, "anonymous_id": "device-91c2"},
        {"event_id": "p3", "name": "open", "anonymous_id": "device-91c2"},
        {"event_id": "p4", "user_id": PERSON},
        {"event_id": "o1", "name": "share", "user_id": "other", "properties": {"with": PERSON}},
    ]);
    send(&server, &client, "/v1/events", &theirs);
    let said = json!([{"event_id": "f1", "score": 4, "user_id": "other",
        "text": format!("{PERSON} showed me")}]);
    send(&server, &client, "/v1/feedback", &said);
    server.flush();
    let late = json!([{"event_id": "p5", "name": "open", "user_id": PERSON}]);
    send(&server, &client, "/v1/events", &late);
    assert!(plain_mentions(data).contains("wal"));
    let (erased, sent) = erase_beside_senders(&server);
    let erased: Value = serde_json::from_str(&erased).unwrap();
    assert_eq!(erased["traces"], json!([]), "{erased}");
    assert_eq!(erased["ids"], 2);
    // Four events and one refused.
    assert_eq!(erased["rows_erased"], 5, "{erased}");
    assert_eq!(erased["rows_redacted"], 2, "{erased}");
    assert_eq!(plain_mentions(data), BTreeSet::new());
    server.flush();
    let state = status(data);
    assert_eq!(state["tables"]["events"]["rows"], sent + 1);
    assert_eq!(
        counter(&state, "stored"),
        sent + 6,
        "what happened stays counted"
    );
    assert_eq!(counter(&state, "duplicate"), 1);
    let verified = verify(data);
    assert_eq!(verified["findings"], json!([]), "{verified}");
    assert_eq!(verified["tables"][0]["gone"]["erased"], 4, "{verified}");
    let audit = std::fs::read_to_string(data.join("audit.jsonl")).unwrap();
    assert!(
        audit.contains("\"act\":\"erase\"") && !audit.contains(PERSON),
        "{audit}"
    );
    server.stop();
    let again = succeed(&["lake", "erase", "--user", PERSON, "--data", path(data)]);
    assert!(again.contains("none of the ids is found"), "{again}");
    let vacuumed = succeed(&["lake", "vacuum", "--data", path(data)]);
    assert!(vacuumed.starts_with("removed "), "{vacuumed}");
    assert_eq!(verify(data)["findings"], json!([]));
}

#[test]
fn damage_is_named_and_fails_the_check() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    let server = Server::start(data);
    let events = (0..50).map(|n| json!({"event_id": n.to_string(), "name": "a", "user_id": "u"}));
    send(&server, &agent(), "/v1/events", &Value::from_iter(events));
    server.stop();
    let verified = run(&["lake", "verify", "--data", path(data)]);
    assert!(verified.status.success());
    let tables = files(&data.join("tables/events"));
    let file = tables
        .iter()
        .find(|path| path.extension().is_some_and(|ending| ending == "parquet"))
        .unwrap();
    // One bit of a page.
    let mut bytes = std::fs::read(file).unwrap();
    bytes[60] ^= 16;
    File::create(file).unwrap().write_all(&bytes).unwrap();
    let damaged = run(&["lake", "verify", "--json", "--data", path(data)]);
    assert_eq!(damaged.status.code(), Some(1));
    let found: Value = serde_json::from_slice(&damaged.stdout).unwrap();
    assert_eq!(found["findings"][0]["place"], path(file), "{found}");
    std::fs::remove_file(file).unwrap();
    let missing = run(&["lake", "verify", "--data", path(data)]);
    assert_eq!(missing.status.code(), Some(1));
    let talk = String::from_utf8(missing.stdout).unwrap();
    assert!(
        talk.contains("missing_file") && talk.contains("ledger"),
        "{talk}"
    );
}
