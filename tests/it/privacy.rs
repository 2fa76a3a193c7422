//! What an app leaves out is in no byte of the data folder: WAL, tables, quarantine, indexes. The
//! scan unpacks every zstd frame that it finds, and must find what is kept.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::configuration::configure;
use crate::harness::{Server, agent, path, succeed};

const USER: &str = "user-ada-7f3a";
const DEVICE: &str = "device-ada-7f3a";
const EMAIL: &str = "ada-7f3a@mail.example";
const PLAN: &str = "plan-pro-7f3a";
const ADDRESS: &str = "203.0.113.77";
const AGENT: &str = "SecretAgent/7f3a";
const ZSTD_MAGIC: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                found.push(path);
            }
        }
    }
    found
}

/// The bytes of a file, and after them what each zstd frame in it unpacks to.
fn unpacked(file: &Path) -> Vec<u8> {
    let bytes = std::fs::read(file).unwrap();
    let mut all = bytes.clone();
    for at in memchr::memmem::find_iter(&bytes, &ZSTD_MAGIC) {
        let frame = zstd::stream::Decoder::new(&bytes[at..])
            .unwrap()
            .single_frame();
        // What only looks like a frame ends in an error; what came before it is kept.
        drop(frame.take(64 << 20).read_to_end(&mut all));
    }
    all
}

/// The files below a folder that hold a text, as paths from it.
fn files_with(folder: &Path, text: &str) -> Vec<String> {
    let holds = |file: &PathBuf| memchr::memmem::find(&unpacked(file), text.as_bytes()).is_some();
    let found = files(folder).into_iter().filter(holds);
    let mut names: Vec<String> = found
        .map(|file| path(file.strip_prefix(folder).unwrap()).to_owned())
        .collect();
    names.sort();
    names
}

fn is_in(folder: &Path, part: &str, text: &str) -> bool {
    files_with(folder, text)
        .iter()
        .any(|file| file.starts_with(part))
}

fn post(server: &Server, route: &str, key: &str, body: &Value) -> Value {
    let answer = agent()
        .post(format!("{}{route}", server.url))
        .header("authorization", format!("Bearer {key}"))
        .header("x-forwarded-for", ADDRESS)
        .header("user-agent", AGENT)
        .send(body.to_string().as_bytes());
    let mut answer = answer.unwrap();
    let text = answer.body_mut().read_to_string().unwrap();
    assert_eq!(answer.status().as_u16(), 200, "{text}");
    serde_json::from_str(&text).unwrap()
}

/// An event, a refused one, an identify and a piece of feedback of the same person.
fn send_everything(server: &Server, key: &str) -> Value {
    let properties = json!({"email": EMAIL, "plan": PLAN, "nested": {"mail": EMAIL}});
    let who = |id: &str| {
        json!({"event_id": id, "name": "opened", "user_id": USER, "anonymous_id": DEVICE,
               "release": "1.0.0", "properties": properties})
    };
    let mut identify = who("identify");
    identify["kind"] = json!("identify");
    let mut refused = who("refused");
    refused["occurred_at"] = json!("yesterday");
    let mut conflict = who("event");
    conflict["name"] = json!("closed");
    let broken = json!({"user_id": USER, "event_id": {"email": EMAIL}});
    let mut feedback = who("feedback");
    feedback["score"] = json!(4);
    let mut unscored = who("unscored");
    unscored["score"] = json!(11);
    let events = json!([who("event"), identify, refused, conflict, broken]);
    let answer = post(server, "/v1/events", key, &events);
    assert_eq!(
        (&answer["accepted"], &answer["rejected"]),
        (&json!(2), &json!(3)),
        "{answer}"
    );
    let answer_to_feedback = post(server, "/v1/feedback", key, &json!([feedback, unscored]));
    assert_eq!(answer_to_feedback["accepted"], 1, "{answer_to_feedback}");
    answer
}

fn import_line(folder: &Path) -> PathBuf {
    let file = folder.join("rows.ndjson");
    let line = json!({"name": "opened", "user_id": USER, "occurred_at": "2026-01-05T10:00:00Z",
                      "properties": {"email": EMAIL, "plan": PLAN}});
    let broken = json!({"user_id": USER, "properties": {"email": EMAIL}});
    let mut rows = std::fs::File::create(&file).unwrap();
    std::io::Write::write_all(&mut rows, format!("{line}\n{broken}\n").as_bytes()).unwrap();
    file
}

/// Sends and imports under the rules of one app, beside a server and without one, and returns the
/// answer; no byte may hold what is left out, neither before the tables are written nor after.
fn leaves_no_trace(rules: &str, left_out: &[&str], kept: &[&str]) -> Value {
    let around = tempfile::tempdir().unwrap();
    let data = around.path().join("data");
    let long = "[ingest]\nflush_interval = '1h'\n[serve]\napp = 'shop'\nproxies = ['127.0.0.1']\n";
    configure(&data, &format!("{long}[app.shop]\n{rules}"));
    let rows = import_line(around.path());
    let import = [
        "import",
        "events",
        path(&rows),
        "--app",
        "shop",
        "--data",
        path(&data),
    ];
    let check = |part: &str| {
        for text in left_out {
            assert_eq!(
                files_with(&data, text),
                [""; 0],
                "{text} stays under {rules}"
            );
        }
        for text in kept {
            assert!(
                is_in(&data, part, text),
                "{text} is not found in {part} under {rules}"
            );
        }
    };
    let server = Server::start(&data);
    let answer = send_everything(&server, &server.key("send"));
    check("wal");
    succeed(&import);
    server.flush();
    check("tables");
    server.stop();
    succeed(&import);
    check("tables");
    answer
}

#[test]
fn by_default_all_is_kept_but_address_and_user_agent() {
    leaves_no_trace("", &[ADDRESS, AGENT], &[USER, DEVICE, EMAIL, PLAN]);
}

#[test]
fn address_and_user_agent_are_kept_where_asked_for() {
    let rules = "store_ip = true\nstore_user_agent = true\n";
    leaves_no_trace(rules, &[], &[ADDRESS, AGENT, USER]);
}

#[test]
fn dropped_ids_and_unlisted_properties_are_nowhere() {
    let rules = "user_ids = 'drop'\nproperties = ['plan']\n";
    let answer = leaves_no_trace(rules, &[USER, DEVICE, EMAIL, ADDRESS, AGENT], &[PLAN]);
    let warnings = answer["warnings"].to_string();
    assert!(
        warnings.contains("properties that are not stored for this app: email, nested"),
        "{warnings}"
    );
}

#[test]
fn pseudonyms_join_what_one_person_did_and_name_nobody() {
    let rules = "user_ids = 'pseudonymise'\n";
    leaves_no_trace(rules, &[USER, DEVICE, ADDRESS, AGENT], &["p_", PLAN]);
}
