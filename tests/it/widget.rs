//! Feedback from pages: the widget in Chromium against the real service, and the plain form.
//!
//! `tests/sdk/widget.mjs` drives the browser and says what the page saw; what arrived is read from
//! the tables.

use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use crate::harness::{Server, node, path, python};

/// Bytes of the script as it is served, packed.
const BYTES_MAX: usize = 4096;

/// Runs a scenario on a new service; what the page saw, and the rows that are in the tables then.
fn play(scenario: &str, extra: &str) -> Option<(Value, Option<Vec<Value>>)> {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let arguments = [scenario, &server.url, &server.key("send"), extra];
    let seen = node("widget.mjs", &arguments)?;
    server.flush();
    server.stop();
    let rows = python("feedback_rows.py", &[path(folder.path())]);
    Some((seen, rows.map(|rows| rows.as_array().unwrap().clone())))
}

/// Some fields of a row.
fn fields(row: &Value, names: &[&str]) -> Value {
    names.iter().map(|name| row[*name].clone()).collect()
}

/// Some fields of a row, named with spaces between, as a line of text.
fn line(row: &Value, names: &str) -> String {
    let shown = |name: &str| match &row[name] {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    names.split(' ').map(shown).collect::<Vec<_>>().join(", ")
}

/// Where screenshots are left: a folder that lasts where one is named, to be looked at.
fn screenshots() -> String {
    std::env::var("SHIPWAKE_SCREENSHOTS").unwrap_or_default()
}

fn get(url: &str, headers: &[(&str, &str)]) -> (u16, ureq::http::HeaderMap, Vec<u8>) {
    // Nothing is unpacked on the way: what is served is looked at as it is.
    let output = Command::new("curl")
        .args(["--silent", "--show-error", "--include", "--raw", url])
        .args(
            headers
                .iter()
                .flat_map(|(name, value)| ["--header".to_owned(), format!("{name}: {value}")]),
        )
        .output()
        .unwrap();
    let end = output
        .stdout
        .windows(4)
        .position(|four| four == b"\r\n\r\n");
    let (head, body) = output.stdout.split_at(end.unwrap() + 4);
    let head = std::str::from_utf8(head).unwrap();
    let mut lines = head.lines();
    let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse();
    let mut parsed = ureq::http::HeaderMap::new();
    for (name, value) in lines.filter_map(|line| line.split_once(": ")) {
        let name: ureq::http::HeaderName = name.parse().unwrap();
        parsed.append(name, value.parse().unwrap());
    }
    (status.unwrap(), parsed, body.to_vec())
}

#[test]
fn script_is_small_and_kept_by_browsers_as_its_address_promises() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    for (route, kept) in [
        ("/widget/v1.js", "public, max-age=300"),
        ("/widget/1.0.0.js", "public, max-age=31536000, immutable"),
    ] {
        let url = format!("{}{route}", server.url);
        let (status, headers, packed) = get(&url, &[("Accept-Encoding", "br, gzip")]);
        assert_eq!(status, 200);
        assert_eq!(headers["content-encoding"], "gzip");
        assert_eq!(headers["cache-control"], kept);
        assert_eq!(headers["content-type"], "text/javascript; charset=utf-8");
        assert_eq!(headers["access-control-allow-origin"], "*");
        assert_eq!(headers["vary"], "Accept-Encoding");
        assert!(packed.len() <= BYTES_MAX, "{} bytes", packed.len());
        let (status, headers, plain) = get(&url, &[]);
        assert_eq!((status, headers.get("content-encoding")), (200, None));
        assert!(plain.len() > packed.len() && plain.starts_with(b"(()=>"));
        let tag = headers["etag"].to_str().unwrap();
        let (status, headers, body) = get(&url, &[("If-None-Match", tag)]);
        assert_eq!((status, body.len()), (304, 0));
        assert_eq!(headers["cache-control"], kept);
        let (status, ..) = get(&url, &[("If-None-Match", "\"other\"")]);
        assert_eq!(status, 200);
    }
}

#[test]
fn minified_script_is_made_of_its_source() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let kept = std::fs::read(folder.join("ingest/src/http/widget/widget.min.js")).unwrap();
    if node("watching.mjs", &[]).is_none() {
        return;
    }
    let made = Command::new("node")
        .arg(folder.join("tests/sdk/minify.mjs"))
        .output()
        .unwrap();
    assert!(made.status.success());
    let how = "node tests/sdk/minify.mjs > ingest/src/http/widget/widget.min.js";
    assert!(made.stdout == kept, "the source has changed: {how}");
}

#[test]
fn every_form_arrives_once_by_keyboard_alone_under_the_strictest_policy() {
    let Some((seen, rows)) = play("kinds", "") else {
        return;
    };
    assert_eq!(seen["console"], json!([]));
    assert_eq!(seen["focus"], "float", "the focus comes back");
    let requests = seen["requests"].as_array().unwrap();
    let (scripts, sent): (Vec<_>, Vec<_>) = requests
        .iter()
        .partition(|request| request["kind"] == "script");
    assert_eq!(scripts.len(), 1, "{requests:?}");
    assert!((1..=5).contains(&sent.len()), "{requests:?}");
    let expected = json!({"kind": "fetch", "method": "POST", "status": 200,
                          "type": "text/plain;charset=UTF-8", "foreign": false});
    for request in sent {
        assert_eq!(*request, expected);
    }
    let Some(rows) = rows else { return };
    let names = "kind score scale_min scale_max text question";
    let mut answers: Vec<String> = rows.iter().map(|row| line(row, names)).collect();
    // Forms that are answered within one flush arrive together.
    answers.sort_unstable();
    assert_eq!(
        answers,
        [
            "bug_report, null, null, null, bug words, What went wrong?",
            "comment, null, null, null, text words, What would you like to tell us?",
            "csat, 4.0, 1.0, 5.0, csat words, How satisfied are you?",
            "csat, 5.0, 1.0, 5.0, emoji words, How do you feel about it?",
            "nps, 9.0, 0.0, 10.0, nps words, How likely are you to recommend us?",
        ]
    );
    let anonymous = rows[0]["anonymous_id"].as_str().unwrap();
    assert_eq!(anonymous.len(), 32);
    let names = "page feature survey_id release user_id anonymous_id platform locale source \
                 sdk_name sdk_version protocol environment";
    let shared = format!(
        "/settings, cart, s-1, 4.2.0, u-1, {anonymous}, web, en-US, widget, widget, 1.0.0, native, \
         production"
    );
    for row in &rows {
        assert_eq!(line(row, names), shared);
    }
}

#[test]
fn axe_finds_nothing_in_any_form_and_theme() {
    let Some((seen, _)) = play("axe", &screenshots()) else {
        return;
    };
    let looks = seen.as_array().unwrap();
    assert_eq!(looks.len(), 2 * 7);
    for look in looks {
        assert_eq!(look["violations"], json!([]), "{}", look["what"]);
        assert_eq!(
            (&look["passes"], &look["console"]),
            (&json!(true), &json!([]))
        );
    }
}

#[test]
fn feedback_given_offline_arrives_once_the_network_is_back() {
    let Some((seen, rows)) = play("offline", "") else {
        return;
    };
    assert_eq!(seen, json!({"before": 2, "after": 0}));
    let Some(rows) = rows else { return };
    let texts: Vec<&Value> = rows.iter().map(|row| &row["text"]).collect();
    assert_eq!(texts, ["offline, first", "offline, second"]);
}

#[test]
fn feedback_outlives_a_server_that_is_away_busy_or_dies_before_its_answer() {
    let Some((seen, rows)) = play("broken", "") else {
        return;
    };
    for mode in ["away", "busy", "portal", "unheard"] {
        assert_eq!(seen[mode], 1, "{mode}: not kept");
    }
    // Refused once, then taken along by the page that goes and sent again by the one that comes.
    assert_eq!(seen["left"], json!(["busy", "open", "open"]));
    let Some(rows) = rows else { return };
    let texts: Vec<&Value> = rows.iter().map(|row| &row["text"]).collect();
    assert_eq!(texts, ["away", "busy", "portal", "unheard", "left behind"]);
}

#[test]
fn widget_asks_seldom_and_leaves_the_page_its_focus() {
    let Some((seen, rows)) = play("asking", &screenshots()) else {
        return;
    };
    assert_eq!(
        seen,
        json!({
            "never": false, "asked": true, "focus": "field", "told": "How do you feel about it?",
            "again": false, "soon": true, "closed": true, "after_no": false, "attached": false,
            "clicked": true, "back_to": "feedback", "early": true, "typed": "typed",
        })
    );
    assert_eq!(rows.unwrap_or_default(), [] as [Value; 0]);
}

#[test]
fn words_direction_and_colours_are_the_pages_own() {
    let Some((seen, rows)) = play("dress", &screenshots()) else {
        return;
    };
    assert_eq!(seen["console"], json!([]));
    assert_eq!(seen["button"], json!([true, "رأيك"]));
    let text = seen["text"].as_str().unwrap();
    assert!(
        text.contains("كم ترشحنا؟") && text.contains("إرسال"),
        "{text}"
    );
    let bounds: Vec<f64> = serde_json::from_value(seen["box"].clone()).unwrap();
    assert!(bounds[0] >= 0.0 && bounds[1] <= bounds[2], "{bounds:?}");
    assert_eq!(seen["background"], "rgb(34, 34, 34)");
    let Some(rows) = rows else { return };
    let names = [
        "event_id",
        "kind",
        "score",
        "text",
        "user_id",
        "release",
        "properties",
    ];
    let expected = json!([
        seen["id"],
        "csat",
        2.0,
        "by call",
        "u-7",
        "5.1",
        "{\"plan\":\"pro\"}"
    ]);
    assert_eq!(
        rows.iter()
            .map(|row| fields(row, &names))
            .collect::<Vec<_>>(),
        [expected]
    );
}

#[test]
fn nothing_is_thrown_into_a_page_that_forbids_or_errs() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let lines = crate::harness::succeed(&[
        "quickstart",
        "--sdk",
        "widget",
        "--data",
        path(folder.path()),
    ]);
    let integrity = lines
        .split('"')
        .find(|word| word.starts_with("sha384-"))
        .unwrap();
    server.stop();
    let Some((seen, rows)) = play("hostile", integrity) else {
        return;
    };
    for (name, console) in seen.as_object().unwrap() {
        // A browser itself tells of an answer such as 401.
        let own = "Failed to load resource";
        let lines = console.as_array().unwrap().iter();
        let thrown: Vec<_> = lines
            .filter(|line| !line.as_str().unwrap().contains(own))
            .collect();
        assert!(thrown.is_empty(), "{name}: {thrown:?}");
    }
    let Some(rows) = rows else { return };
    let texts: Vec<&Value> = rows.iter().map(|row| &row["text"]).collect();
    assert_eq!(texts, ["from a sandbox"]);
}

#[test]
fn plain_form_sends_without_script_and_leads_back_to_its_own_site_alone() {
    let Some((seen, rows)) = play("form", &screenshots()) else {
        return;
    };
    assert_eq!(seen["back"], json!(["SITE/thanks?x=1", "Thanks"]));
    assert_eq!(
        seen["stays"],
        json!(["SERVER/v1/feedback/form", "Thank you"])
    );
    assert_eq!(
        seen["refused"],
        json!(["SERVER/v1/feedback/form", "Not taken"])
    );
    let Some(rows) = rows else { return };
    let names = ["kind", "score", "text", "release", "source", "protocol"];
    let text = "line one\r\nзавтра & 100%";
    let rows: Vec<Value> = rows.iter().map(|row| fields(row, &names)).collect();
    let row = |score| json!(["csat", score, text, "4.2.0", "form", "form"]);
    assert_eq!(rows, [row(4.0), row(5.0)]);
}
