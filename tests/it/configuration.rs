//! `shipwake.toml`: what it may say, what goes before it, and what is said of its problems.

use std::path::Path;
use std::process::Output;

use crate::harness::{Server, path, run, shipwake, succeed};

/// Writes a configuration file into a data folder.
pub(crate) fn configure(data: &Path, text: &str) {
    std::fs::create_dir_all(data).unwrap();
    let mut file = std::fs::File::create(data.join("shipwake.toml")).unwrap();
    std::io::Write::write_all(&mut file, text.as_bytes()).unwrap();
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn every_problem_of_a_file_is_told_and_nothing_starts_with_it() {
    let folder = tempfile::tempdir().unwrap();
    let text = "
        [serve]
        lisen = '127.0.0.1:0'
        [ingest]
        wal_bytes_max = 4
        segment_bytes_max = '1TiB'
        [app.shop]
        user_ids = 'hash'
        [shop]
    ";
    configure(folder.path(), text);
    let rows = folder.path().join("rows.ndjson");
    std::fs::File::create(&rows).unwrap();
    for arguments in [
        vec!["config", "check"],
        vec!["config", "show"],
        vec!["serve", "--listen", "127.0.0.1:0"],
        vec!["import", "events", path(&rows)],
    ] {
        let output = run(&[&arguments[..], &["--data", path(folder.path())]].concat());
        assert_eq!(output.status.code(), Some(1), "{arguments:?}");
        let said = said(&output);
        for problem in [
            "serve.lisen: unknown field",
            "ingest.wal_bytes_max: ",
            "app.shop.user_ids: unknown variant `hash`",
            "shop: there is no such section",
        ] {
            assert!(said.contains(problem), "{problem} is not in\n{said}");
        }
    }
    assert!(!folder.path().join("wal").try_exists().unwrap());
}

#[test]
fn flag_goes_before_environment_before_file_before_default() {
    let folder = tempfile::tempdir().unwrap();
    let value = |file: &str, environment: Option<&str>| {
        configure(folder.path(), file);
        let mut command = shipwake();
        command.args(["config", "show", "--data", path(folder.path())]);
        if let Some(listen) = environment {
            command.env("SHIPWAKE_LISTEN", listen);
        }
        let shown = String::from_utf8(command.output().unwrap().stdout).unwrap();
        let line = shown.lines().find(|line| line.starts_with("listen"));
        let words = line.unwrap().split_whitespace();
        words.skip(2).collect::<Vec<_>>().join(" ")
    };
    let file = "[serve]\nlisten = '127.0.0.1:2'\n";
    assert_eq!(value("", None), "\"127.0.0.1:8790\" # default");
    assert_eq!(value(file, None), "\"127.0.0.1:2\" # file");
    let expected = "\"127.0.0.1:3\" # SHIPWAKE_LISTEN";
    assert_eq!(value(file, Some("127.0.0.1:3")), expected);
    // The harness gives `--listen` on a free port: a server starts although the file's is taken.
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let file = format!(
        "[serve]\nlisten = '{}'\napp = 'shop'\n",
        taken.local_addr().unwrap()
    );
    configure(folder.path(), &file);
    let server = Server::start(folder.path());
    let (code, _) = server.post("/v1/events?app=shop", &server.key("send"), b"[]");
    assert_ne!(code, 403, "the first keys are for the app of the file");
    server.stop();
}

#[test]
fn file_that_is_named_is_read_and_shown_as_it_can_be_written() {
    let folder = tempfile::tempdir().unwrap();
    configure(folder.path(), "[http]\nbody_bytes_max = '1KiB'\n");
    let named = folder.path().join("shipwake.toml");
    let elsewhere = folder.path().join("data");
    let both = ["--data", path(&elsewhere), "--config", path(&named)];
    let checked = succeed(&[&["config", "check"], &both[..]].concat());
    assert!(
        checked.contains("holds together; 1 values are given"),
        "{checked}"
    );
    let shown = succeed(&[&["config", "show"], &both[..]].concat());
    let text: toml::Table = shown.parse().unwrap();
    assert_eq!(text["http"]["body_bytes_max"].as_str(), Some("1KiB"));
    assert_eq!(text["ingest"]["flush_interval"].as_str(), Some("2s"));
    configure(folder.path(), &shown);
    let again = succeed(&[&["config", "show"], &both[..]].concat());
    assert_eq!(again.parse::<toml::Table>().unwrap(), text);
    let server = Server::start_with(&elsewhere, &["--config", path(&named)]);
    let (code, answer) = server.post("/v1/events", &server.key("send"), &[b' '; 2 << 10]);
    assert_eq!((code, answer["limit"].as_u64()), (413, Some(1 << 10)));
    server.stop();
}
