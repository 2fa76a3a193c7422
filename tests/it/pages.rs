//! Reports in a browser: no console error, no request to another host, nothing wider than a phone.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::json;

use crate::harness::{node, only, path, shipwake, skipped, succeed};
use crate::releases::{HOSTILE, ship_story};

/// What Chromium said while it showed a page: console lines, and addresses other than the file's.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Shown {
    pub(crate) console: Vec<String>,
    pub(crate) requests: Vec<String>,
}

/// Hosts that Chromium itself asks for at a start. That no page names them is for the content
/// security policy and the tests of `reports`.
const OWN_HOSTS: [&str; 4] = ["google.com", "googleapis.com", "gvt1.com", "gstatic.com"];

/// Opens a file in headless Chromium; `None` (and a word) where there is none.
pub(crate) fn show(page: &Path) -> Option<Shown> {
    let profile = tempfile::tempdir().unwrap();
    let log = profile.path().join("net.json");
    let output = Command::new("chromium")
        .args([
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
        ])
        .args([
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
        ])
        .args([
            "--enable-logging=stderr",
            "--v=0",
            "--timeout=20000",
            "--dump-dom",
        ])
        .arg(format!("--user-data-dir={}", path(profile.path())))
        .arg(format!("--log-net-log={}", path(&log)))
        .arg(format!("file://{}", path(&page.canonicalize().unwrap())))
        .output();
    let Ok(output) = output else {
        skipped("chromium is absent");
        return None;
    };
    let dom = String::from_utf8_lossy(&output.stdout);
    assert!(dom.contains("</html>"), "chromium showed nothing");
    let talk = String::from_utf8_lossy(&output.stderr);
    let console = talk
        .lines()
        .filter(|line| line.contains("CONSOLE"))
        .map(str::to_owned)
        .collect();
    let net = std::fs::read_to_string(&log).unwrap_or_default();
    let requests = net
        .split('"')
        .filter(|word| {
            ["http://", "https://", "ws://"]
                .iter()
                .any(|s| word.starts_with(s))
        })
        .filter(|word| !OWN_HOSTS.iter().any(|host| word.contains(host)))
        .map(str::to_owned)
        .collect();
    Some(Shown { console, requests })
}

#[test]
fn the_watch_sees_console_errors_and_foreign_requests() {
    let folder = tempfile::tempdir().unwrap();
    let page = folder.path().join("bad.html");
    let text = "<!doctype html><html><body><img src=\"http://127.0.0.1:9/pixel.png\">\
                <script>console.error('planted')</script></body></html>";
    std::fs::File::create(&page)
        .and_then(|mut file| std::io::Write::write_all(&mut file, text.as_bytes()))
        .unwrap();
    let Some(shown) = show(&page) else { return };
    assert!(
        shown.console.iter().any(|line| line.contains("planted")),
        "{shown:?}"
    );
    assert!(
        shown
            .requests
            .iter()
            .any(|url| url.contains("127.0.0.1:9/pixel")),
        "{shown:?}"
    );
}

#[test]
fn the_driven_browser_tells_of_console_errors_and_of_every_request() {
    let Some(seen) = node("watching.mjs", &[]) else {
        return;
    };
    let console = ["error: planted", "uncaught: thrown"];
    let requests = [
        "fetch POST {}",
        "ping POST by beacon",
        "preflight OPTIONS null",
    ];
    assert_eq!(seen, json!({ "console": console, "requests": requests }));
}

#[test]
fn the_report_of_a_release_runs_nothing_and_asks_nobody_whatever_it_is_called() {
    let folder = tempfile::tempdir().unwrap();
    let (data, out) = (folder.path().join("data"), folder.path().join("out"));
    let rarely: fn(u64) -> bool = |n| n.is_multiple_of(33);
    ship_story(&data, HOSTILE[0], ("hostile", 60, rarely, rarely));
    let line = ["report", "release", "--data", path(&data), "--out"];
    succeed(&[&line[..], &[path(&out), "--", HOSTILE[0]]].concat());
    let page = only(&out, "shipwake_release_", "html");
    let text = std::fs::read_to_string(&page).unwrap();
    assert!(text.len() <= 300 * 1024 && !text.contains("<script"));
    if let Some(shown) = show(&page) {
        assert_eq!((shown.console, shown.requests), (Vec::new(), Vec::new()));
    }
    let unknown = [&line[..], &[path(&out), "9.9"]].concat();
    let unknown = shipwake().args(unknown).output().unwrap();
    let talk = String::from_utf8_lossy(&unknown.stderr);
    assert_eq!(unknown.status.code(), Some(1), "{talk}");
    assert!(
        talk.contains("known are") && talk.contains("\"1.0\""),
        "{talk}"
    );
}

#[test]
fn a_report_goes_on_paper_by_a_browser_of_the_machine_or_says_that_there_is_none() {
    let folder = tempfile::tempdir().unwrap();
    let (data, out) = (folder.path().join("data"), folder.path().join("out"));
    let rarely: fn(u64) -> bool = |n| n.is_multiple_of(33);
    ship_story(&data, HOSTILE[0], ("hostile", 30, rarely, rarely));
    let line = [
        "report",
        "weekly",
        "--pdf",
        "--data",
        path(&data),
        "--out",
        path(&out),
    ];
    let alone = shipwake().args(line).env("PATH", "").output().unwrap();
    let talk = String::from_utf8_lossy(&alone.stderr);
    assert!(
        !alone.status.success() && talk.contains("neither Chromium nor Chrome"),
        "{talk}"
    );
    let files = || {
        std::fs::read_dir(&out)
            .unwrap()
            .map(|file| file.unwrap().path())
    };
    assert!(files().count() > 15, "the files are there all the same");
    if Command::new("chromium").arg("--version").output().is_err() {
        return skipped("chromium is absent");
    }
    succeed(&line);
    let is_pdf = |file: &PathBuf| file.extension().is_some_and(|e| e == "pdf");
    let printed = std::fs::read(files().find(is_pdf).unwrap()).unwrap();
    assert!(printed.starts_with(b"%PDF-"));
    let text = String::from_utf8_lossy(&printed);
    assert!(
        text.contains("/StructTreeRoot"),
        "read aloud, it has an order"
    );
    let pages = text.matches("/Type /Page\n").count();
    assert!((2..=12).contains(&pages), "{pages} pages");
}
