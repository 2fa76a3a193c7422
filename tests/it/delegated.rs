//! Commands that a running service carries out: the same output, files and exit codes as on its data
//! folder, for those who may read, and nothing that writes or names a file.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::process::Output;

use jiff::Timestamp;
use serde_json::json;

use crate::harness::{Server, agent, new_key, path, post_by, shipwake, succeed};
use crate::releases::{RELEASE, ship};

const BACKLOG: &[u8] = b"id,title,status,effort,impact\n\
    A-1,Search finds nothing,open,3,2\nA-2,<b>Dark</b> theme,open,5,1\n";

/// A service with the stories of `releases`, a key that reads all apps and one that reads one.
struct Shop {
    server: Server,
    folder: tempfile::TempDir,
    all: String,
    fine: String,
    send: String,
}

impl Shop {
    fn open() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        ship(&data);
        let backlog = folder.path().join("backlog.csv");
        File::create(&backlog).unwrap().write_all(BACKLOG).unwrap();
        let of = ["--app", "fine", "--data", path(&data)];
        succeed(&[&["import", "backlog", path(&backlog)], &of[..]].concat());
        // Before the service does: merged files are another version of a table.
        succeed(&["lake", "compact", "--data", path(&data)]);
        let key = |scope: &str, app: &str| new_key(&data, scope, app);
        let (all, fine) = (key("read", "*"), key("read", "fine"));
        let send = key("send", "fine");
        Self {
            server: Server::start(&data),
            folder,
            all,
            fine,
            send,
        }
    }

    fn here(&self, arguments: &[&str]) -> Output {
        let data = self.folder.path().join("data");
        shipwake()
            .args(arguments)
            .arg("--data")
            .arg(data)
            .output()
            .unwrap()
    }

    fn there(&self, arguments: &[&str], key: &str) -> Output {
        let mut command = shipwake();
        command.args(arguments).current_dir(self.folder.path());
        command
            .env("SHIPWAKE_URL", &self.server.url)
            .env("SHIPWAKE_KEY", key);
        command.output().unwrap()
    }
}

/// The beginning of today: what happened since is not known to either side.
fn as_of() -> String {
    let today = Timestamp::now().as_second() / 86_400 * 86_400;
    format!("--as-of={}", Timestamp::from_second(today).unwrap())
}

fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = std::fs::read_dir(folder).unwrap();
    entries
        .map(|entry| {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            (name, std::fs::read(path).unwrap())
        })
        .collect()
}

#[test]
fn a_service_says_what_its_data_folder_says() {
    let shop = Shop::open();
    let as_of = as_of();
    let rows = "SELECT app, count(*) AS n FROM events GROUP BY app ORDER BY app";
    let commands: [&[&str]; 8] = [
        &["feedback", "list", "--app", "fine", "--format", "json"],
        &[
            "feedback", "themes", "2.0", "--app", "fine", "--format", "csv",
        ],
        &["plan", "--app", "fine"],
        &["health", "history", "--app", "fine"],
        &["release", "list", "--app", "fine", "--format", "json"],
        &["funnel", "a > b", "--app", "fine", "--format", "csv"],
        &["sql", rows, "--format", "csv"],
        &["sql", "SELECT no_such_column FROM events"],
    ];
    for command in commands {
        let command = [command, &[as_of.as_str()]].concat();
        let (here, there) = (shop.here(&command), shop.there(&command, &shop.all));
        let talk = |output: &Output| String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(
            here.status.code(),
            there.status.code(),
            "{command:?}: {}",
            talk(&there)
        );
        let said = |output: &Output| String::from_utf8_lossy(&output.stdout).into_owned();
        assert_eq!(said(&here), said(&there), "{command:?}: {}", talk(&there));
        assert_eq!(talk(&here), talk(&there), "{command:?}");
    }
    let (here, there) = ("here.parquet", "there.parquet");
    let file = |name: &str| shop.folder.path().join(name);
    let query = |name: &str| {
        let out = file(name).display().to_string();
        ["sql", rows, "--out", &out].map(str::to_owned)
    };
    let query_here = query(here);
    assert!(
        shop.here(&query_here.each_ref().map(String::as_str))
            .status
            .success()
    );
    let query_there = query(there);
    let words = query_there.each_ref().map(String::as_str);
    assert!(shop.there(&words, &shop.all).status.success());
    assert_eq!(
        std::fs::read(file(here)).unwrap(),
        std::fs::read(file(there)).unwrap()
    );
}

#[test]
fn reports_come_whole_and_into_the_folder_of_the_one_who_asks() {
    let shop = Shop::open();
    let as_of = as_of();
    for report in [&["weekly"][..], &["planning"], &["release", RELEASE]] {
        let out = |name: &str| shop.folder.path().join(name);
        let (here, there) = (out("here"), out("there"));
        let words = [&["report"], report, &["--app", "fine", &as_of, "--out"]].concat();
        let one = shop.here(&[&words[..], &[path(&here)]].concat());
        let other = shop.there(&[&words[..], &[path(&there)]].concat(), &shop.fine);
        assert!(one.status.success() && other.status.success(), "{other:?}");
        assert_eq!(one.stdout, other.stdout, "{report:?}");
        let (found, sent) = (files(&here), files(&there));
        assert!(found.len() > 3, "{report:?}");
        let other: Vec<_> = found
            .iter()
            .filter(|(name, bytes)| sent.get(*name) != Some(bytes))
            .collect();
        let names: Vec<&String> = other.into_iter().map(|(name, _)| name).collect();
        assert!(
            names.is_empty() && found.len() == sent.len(),
            "{report:?}: {names:?}"
        );
    }
    // Without --out, into a folder of its own beside the one who asks.
    let asked = shop.there(&["report", "weekly", &as_of], &shop.fine);
    assert!(asked.status.success(), "{asked:?}");
    let reports = std::fs::read_dir(shop.folder.path().join("shipwake-reports")).unwrap();
    let folders: Vec<_> = reports.map(|entry| entry.unwrap().path()).collect();
    assert_eq!(folders.len(), 1);
    assert!(
        files(&folders[0]).contains_key("manifest.json"),
        "{folders:?}"
    );
}

#[test]
fn a_service_carries_out_what_reads_for_those_who_may() {
    let shop = Shop::open();
    let refused = |arguments: &[&str], key: &str, because: &str| {
        let output = shop.there(arguments, key);
        let talk = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{arguments:?}: {talk}");
        assert!(talk.contains(because), "{arguments:?}: {talk}");
    };
    refused(&["plan", "--app", "broken"], &shop.fine, "403");
    refused(&["sql", "SELECT 1"], &shop.fine, "for app fine alone");
    refused(&["plan", "--app", "fine"], &shop.send, "403");
    refused(&["plan", "--app", "fine"], "nobody", "401");
    let url = format!("{}/v1/commands", shop.server.url);
    let sent = |arguments: &[&str]| {
        let body = json!({"arguments": arguments}).to_string();
        post_by(&agent(), &url, &shop.all, body.as_bytes())
    };
    for bad in [
        &["key", "create", "--scope", "admin"][..],
        &["serve"],
        &["lake", "erase", "--user", "x"],
        &["plan", "--nrp", "/etc/passwd", "--ratio", "0.5"],
        &["plan", "--config", "/etc/passwd"],
        &["report", "weekly", "--out", "/tmp/x"],
        &["sql", "--data", "/", "SELECT 1"],
        &["health", "check", "2.0"],
        &[],
    ] {
        let (status, answer) = sent(bad);
        assert_eq!(
            (status, &answer["error"]),
            (400, &"bad_command".into()),
            "{bad:?}"
        );
    }
    for hostile in [&b"{"[..], b"[]", b"{\"arguments\": [1]}", &[b'x'; 300_000]] {
        let (status, _) = post_by(&agent(), &url, &shop.all, hostile);
        assert!((400..500).contains(&status), "{status}");
    }
}
