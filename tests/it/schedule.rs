//! The schedule of a running service: it looks by itself, says a verdict once, tells those who asked,
//! and makes up for its downtime by one run.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use serde_json::Value;

use crate::configuration::configure;
use crate::harness::{Server, agent, get_by, path, succeed};
use crate::releases::{RELEASE, ship, ship_story};

const PATIENCE: Duration = Duration::from_secs(90);

/// Paths and bodies, in the order in which they came.
type Heard = Vec<(String, String)>;

/// Somebody who is told.
pub(crate) struct Ear {
    pub(crate) url: String,
    heard: Arc<(Mutex<Heard>, Condvar)>,
}

impl Ear {
    /// Answers 503 to the first message, and 200 to all else.
    pub(crate) fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let heard = Arc::new((Mutex::new(Vec::new()), Condvar::new()));
        let told = Arc::clone(&heard);
        std::thread::spawn(move || {
            let mut has_refused = false;
            for socket in listener.incoming() {
                let Some((path, body)) = read(&mut socket.as_ref().unwrap().try_clone().unwrap())
                else {
                    continue;
                };
                let refuses = path == "/hook" && !std::mem::replace(&mut has_refused, true);
                let status = if refuses { "503 Busy" } else { "200 OK" };
                let answer =
                    format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
                socket.unwrap().write_all(answer.as_bytes()).unwrap();
                if !refuses {
                    told.0.lock().unwrap().push((path, body));
                    told.1.notify_all();
                }
            }
        });
        Self { url, heard }
    }

    /// What came to a path so far.
    pub(crate) fn of(&self, path: &str) -> Vec<String> {
        let heard = self.heard.0.lock().unwrap();
        let there = heard.iter().filter(|(to, _)| to == path);
        there.map(|(_, body)| body.clone()).collect()
    }

    /// Waits until so much came to a path.
    fn wait_for(&self, path: &str, count: usize) {
        let heard = self.heard.0.lock().unwrap();
        let is_missing =
            |heard: &mut Heard| heard.iter().filter(|(to, _)| to == path).count() < count;
        let waited = self
            .heard
            .1
            .wait_timeout_while(heard, PATIENCE, is_missing)
            .unwrap();
        assert!(
            !waited.1.timed_out(),
            "{path} was not told {count} times: {:?}",
            waited.0
        );
    }
}

fn read(socket: &mut TcpStream) -> Option<(String, String)> {
    let mut reader = BufReader::new(socket);
    let (mut first, mut line, mut length) = (String::new(), String::new(), 0);
    reader.read_line(&mut first).ok()?;
    while line != "\r\n" {
        line.clear();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    let path = first.split(' ').nth(1)?.to_owned();
    Some((path, String::from_utf8(body).unwrap()))
}

fn schedule(data: &Path, ear: &Ear, health: &str) {
    let url = &ear.url;
    configure(
        data,
        &format!(
            "[schedule]\nhealth = '{health}'\ndense_every = '1s'\nheartbeat = '{url}/beat'\n\
             [notify]\nwebhook = '{url}/hook'\n"
        ),
    );
}

fn history(data: &Path, app: &str) -> Value {
    let line = [
        "health",
        "history",
        "--format",
        "json",
        "--app",
        app,
        "--data",
        path(data),
    ];
    serde_json::from_str(&succeed(&line)).unwrap()
}

/// Each verdict is one row.
fn is_kept(data: &Path, hostile: &str) {
    for (app, verdict) in [
        ("broken", "fail"),
        ("worse", "warn"),
        ("fine", "pass"),
        ("hostile", "fail"),
    ] {
        let found = history(data, app);
        let verdicts = found["verdicts"].as_array().unwrap();
        assert_eq!(verdicts.len(), 1, "{found}");
        assert_eq!(verdicts[0]["verdict"], verdict, "{found}");
        assert_eq!(
            (&verdicts[0]["revision"], &verdicts[0]["changed_from"]),
            (&1.into(), &Value::Null)
        );
        let release = if app == "hostile" { hostile } else { RELEASE };
        assert_eq!(verdicts[0]["release"], release);
    }
    assert_eq!(
        history(data, "thin")["verdicts"],
        serde_json::json!([]),
        "too few is no news"
    );
    assert_eq!(history(data, "fine")["flagged_while_fine"]["value"], 0.0);
}

/// Each that is news is one message, in which no name calls anybody.
fn is_told(ear: &Ear) {
    let told = ear.of("/hook").join("\n");
    for app in ["broken: CRITICAL", "worse: WARNING", "hostile: CRITICAL"] {
        assert!(told.contains(app), "{told}");
    }
    assert!(
        told.contains("Release &lt;!channel&gt; &amp; *x* of hostile"),
        "{told}"
    );
    assert!(
        !told.contains("fine") && !told.contains('<') && !told.contains('\u{202e}'),
        "{told}"
    );
}

/// Each is a gauge.
fn is_shown(server: &Server) {
    let (_, metrics) = get_by(&agent(), &format!("{}/metrics", server.url), "");
    let metrics = metrics.as_str().unwrap();
    for gauge in [
        "shipwake_release_health{app=\"broken\",environment=\"production\",release=\"2.0\"} 2\n",
        "shipwake_last_successful_run_timestamp_seconds{job=\"health\"} ",
    ] {
        assert!(metrics.contains(gauge), "{gauge} is not in {metrics}");
    }
}

#[test]
fn verdicts_are_found_kept_and_told_once() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    ship(&data);
    let hostile = "<!channel> & *x*\u{202e}";
    ship_story(
        &data,
        hostile,
        ("hostile", 500, |n| n % 100 == 0, |n| n % 20 == 0),
    );
    let ear = Ear::open();
    schedule(&data, &ear, "* * * * * *");
    let server = Server::start(&data);
    ear.wait_for("/hook", 3);
    server.flush();
    is_kept(&data, hostile);
    is_told(&ear);
    is_shown(&server);
    // What was said stays said, by this service and by the next one on the folder.
    server.stop();
    let server = Server::start(&data);
    let beats = ear.of("/beat/0").len();
    ear.wait_for("/beat/0", beats + 3);
    server.flush();
    assert_eq!(
        history(&data, "broken")["verdicts"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
    assert_eq!(ear.of("/hook").len(), 3);
    assert!(ear.of("/beat/1").is_empty());
    server.stop();
    let verified = succeed(&["lake", "verify", "--data", path(&data)]);
    assert!(!verified.contains("ledger says"), "{verified}");
    let text = succeed(&[
        "health",
        "history",
        "--app",
        "broken",
        "--data",
        path(&data),
    ]);
    assert!(text.contains("2.0  ■ fail (first, no. 1)"), "{text}");
    assert!(
        text.contains("calibration: no release has come out fine yet"),
        "{text}"
    );
}

#[test]
fn downtime_is_made_up_for_by_one_run() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    ship_story(&data, RELEASE, ("shop", 5, |_| false, |_| false));
    let ear = Ear::open();
    // Once a year, on a day that was missed two years long.
    let month = jiff::Timestamp::now()
        .to_zoned(jiff::tz::TimeZone::UTC)
        .month();
    let month = if month == 1 { 6 } else { 1 };
    schedule(&data, &ear, &format!("0 0 1 {month} *"));
    let remembered = serde_json::json!({ "ran_at": 1_600_000_000_000_000_i64 }).to_string();
    std::fs::File::create(data.join("schedule.json"))
        .unwrap()
        .write_all(remembered.as_bytes())
        .unwrap();
    let server = Server::start(&data);
    ear.wait_for("/beat/0", 1);
    server.stop();
    let server = Server::start(&data);
    // The next service has nothing to make up for: it would have begun before it was asked to stop.
    server.flush();
    server.stop();
    assert_eq!(ear.of("/beat/0").len(), 1);
    let kept = std::fs::read_to_string(data.join("schedule.json")).unwrap();
    let kept: Value = serde_json::from_str(&kept).unwrap();
    assert!(
        kept["ran_at"].as_i64().unwrap() > 1_700_000_000_000_000,
        "{kept}"
    );
}

#[test]
fn the_schedule_is_shown_and_run_out_of_turn_here_or_by_the_service() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    ship(&data);
    let ear = Ear::open();
    schedule(&data, &ear, "0 8 * * 1");
    let list = || -> Value {
        let list = [
            "schedule",
            "list",
            "--format",
            "json",
            "--data",
            path(&data),
        ];
        serde_json::from_str(&succeed(&list)).unwrap()
    };
    let never = &list()[0];
    assert_eq!(
        (&never["cron"], &never["ran_at"]),
        (&"0 8 * * 1".into(), &Value::Null)
    );
    let next = succeed(&["schedule", "next", "--count", "3", "--data", path(&data)]);
    let times: Vec<&str> = next
        .lines()
        .map(|line| line.split(' ').next().unwrap())
        .collect();
    assert_eq!(times.len(), 3);
    assert_eq!(never["next_at"], times[0]);
    let at = |text: &str| text.parse::<jiff::Timestamp>().unwrap().as_second();
    let weeks: Vec<i64> = times
        .windows(2)
        .map(|two| at(two[1]) - at(two[0]))
        .collect();
    assert!(
        weeks.iter().all(|week| (*week - 7 * 86_400).abs() <= 3_600),
        "{times:?}"
    );
    // A verdict is said once two looks came to it.
    let run = ["schedule", "run", "--data", path(&data)];
    let first = succeed(&run);
    assert!(first.contains("broken 2.0: nothing said yet"), "{first}");
    let second = succeed(&run);
    assert!(second.contains("broken 2.0: fail"), "{second}");
    assert_ne!(list()[0]["ran_at"], Value::Null);
    let server = Server::start(&data);
    let beats = ear.of("/beat/0").len();
    succeed(&run);
    ear.wait_for("/beat/0", beats + 1);
    server.stop();
}

#[test]
fn failed_run_is_told_and_the_service_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    ship_story(&data, RELEASE, ("shop", 5, |_| false, |_| false));
    let ear = Ear::open();
    schedule(&data, &ear, "* * * * * *");
    let mut text = std::fs::read_to_string(data.join("shipwake.toml")).unwrap();
    text = text.replace("dense_every", "time_max = '1ms'\ndense_every");
    configure(&data, &text);
    let server = Server::start(&data);
    ear.wait_for("/beat/1", 2);
    let event = br#"{"name":"open","user_id":"u"}"#;
    assert_eq!(server.post("/v1/events", &server.key("send"), event).0, 200);
    assert!(ear.of("/beat/0").is_empty());
    server.stop();
}

#[test]
fn releases_are_listed_by_app_the_oldest_first() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    ship(&data);
    let add = [
        "release",
        "add",
        "3.0",
        "--app",
        "fine",
        "--rollout",
        "phased",
        "--data",
        path(&data),
    ];
    succeed(&add);
    let list = |more: &[&str]| -> Vec<(String, String)> {
        let line = ["release", "list", "--format", "json", "--data", path(&data)];
        let found: Value = serde_json::from_str(&succeed(&[&line[..], more].concat())).unwrap();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        found
            .as_array()
            .unwrap()
            .iter()
            .map(|one| (text(&one["app"]), text(&one["release"])))
            .collect()
    };
    let all = list(&[]);
    assert_eq!(all.len(), 9, "{all:?}");
    let fine = list(&["--app", "fine"]);
    let expected = ["1.0", "2.0", "3.0"].map(|release| ("fine".to_owned(), release.to_owned()));
    assert_eq!(fine, expected);
    let text = succeed(&["release", "list", "--app", "fine", "--data", path(&data)]);
    assert!(text.lines().last().unwrap().contains("phased"), "{text}");
}
