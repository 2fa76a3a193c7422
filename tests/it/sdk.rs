//! Real SDKs with nothing but host and key changed: how one is run past a kill and a busy server,
//! and how its rows are compared.

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::gate::{Gate, busy_for};
use crate::harness::{Server, path, python, skipped};

fn script(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/sdk")
        .join(name)
}

/// Says why a test is skipped, unless nothing may be skipped.
pub(crate) fn absent(what: &str) {
    assert!(std::env::var("CI").as_deref() != Ok("true"), "{what}");
    skipped(what);
}

/// Node with a script of `tests/sdk`; `None` (and a word) where Node or the package is absent.
pub(crate) fn node_sdk(name: &str, package: &str) -> Option<Command> {
    let folder = script("node_modules").join(package);
    let probe = Command::new("node").arg("--version").output();
    if !folder.try_exists().unwrap() || !probe.is_ok_and(|probe| probe.status.success()) {
        absent("node or its packages are absent (npm ci --prefix tests/sdk)");
        return None;
    }
    let mut command = Command::new("node");
    command.arg(script(name));
    Some(command)
}

/// Python with a script of `tests/sdk`; `None` (and a word) where the module is absent.
pub(crate) fn python_sdk(name: &str, module: &str) -> Option<Command> {
    let interpreter = std::env::var("SHIPWAKE_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let mut probe = Command::new(&interpreter);
    let probe = probe
        .args(["-c", &["import ", module].concat()])
        .stderr(Stdio::null());
    if !probe.status().is_ok_and(|status| status.success()) {
        absent("python3 with its SDKs is absent (tests/sdk/requirements.txt)");
        return None;
    }
    let mut command = Command::new(interpreter);
    command.arg(script(name));
    Some(command)
}

/// Runs an SDK through its repertoire: the server is killed after the first half, started again at
/// another port, and says that it is busy in between. Returns the rows; `None` (and a word) where
/// they cannot be read.
pub(crate) fn sent(mut sdk: Command) -> Option<Value> {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let gate = Gate::to(&server);
    let mut child = sdk
        .args([gate.url.as_str(), &server.key("send")])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut said = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    said.read_line(&mut line).unwrap();
    assert_eq!(line.trim(), "first", "the SDK did not send its first half");
    server.kill();
    // Some come again three times, and not once more: a long overload is all that they meet.
    let is_long = !busy_for().is_zero();
    if is_long {
        gate.be_busy();
    } else {
        gate.close();
    }
    child.stdin.take().unwrap().write_all(b"go\n").unwrap();
    if !is_long {
        gate.wait();
        gate.be_busy();
    }
    let server = Server::start(folder.path());
    gate.wait();
    gate.go_on();
    gate.open(&server);
    assert!(
        child.wait().unwrap().success(),
        "the SDK did not end as it should"
    );
    server.flush();
    let rows = python("sdk_rows.py", &[path(folder.path())]);
    server.stop();
    rows
}

/// The rows of a table.
pub(crate) fn rows<'r>(rows: &'r Value, table: &str) -> Vec<&'r Value> {
    rows[table].as_array().unwrap().iter().collect()
}

/// Whether a row holds what is expected, objects member by member.
pub(crate) fn holds(row: &Value, expected: &Value) -> bool {
    match expected {
        Value::Object(members) => members.iter().all(|(name, value)| holds(&row[name], value)),
        value => row == value,
    }
}

/// Each expected event is there once, no other is, and no event id is there twice.
pub(crate) fn check_events(protocol: &str, found: &Value, expected: &[Value]) {
    let found = rows(found, "events");
    for expected in expected {
        let count = found.iter().filter(|row| holds(row, expected)).count();
        let is_named = |row: &&&Value| row["name"] == expected["name"];
        let named: Vec<_> = found.iter().filter(is_named).collect();
        assert_eq!(count, 1, "{expected}\nof {named:#?}");
    }
    let names: Vec<_> = found.iter().map(|row| &row["name"]).collect();
    assert_eq!(found.len(), expected.len(), "{names:?}");
    let ids: BTreeSet<_> = found.iter().map(|row| row["event_id"].as_str()).collect();
    assert_eq!(ids.len(), found.len(), "an event is there twice");
    for row in &found {
        assert_eq!(row["protocol"], protocol);
    }
}

/// A row with more members.
pub(crate) fn with(base: &Value, more: &Value) -> Value {
    let mut row = base.clone();
    let more = more.as_object().unwrap();
    row.as_object_mut()
        .unwrap()
        .extend(more.iter().map(|(k, v)| (k.clone(), v.clone())));
    row
}

/// Base 64 of RFC 4648, section 4, as recordings hold bytes.
pub(crate) fn from_base64(text: &str) -> Vec<u8> {
    const DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let (mut held, mut bits, mut bytes) = (0_u32, 0, Vec::new());
    for digit in text.trim_end_matches('=').bytes() {
        let value = DIGITS.iter().position(|known| *known == digit).unwrap();
        held = held << 6 | u32::try_from(value).unwrap();
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            bytes.push(u8::try_from(held >> bits & 0xff).unwrap());
        }
    }
    bytes
}
