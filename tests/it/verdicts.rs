//! Verdicts over HTTP: as a resource, as gates of a rollout controller, as gauges, and through
//! `health check --server`, which says what it says on the data folder.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Output;

use serde_json::{Value, json};

use crate::harness::{Server, agent, get_by, new_key, path, shipwake};
use crate::releases::{HOSTILE, RELEASE, ship};

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
        let key = |scope: &str, app: &str| new_key(&data, scope, app);
        let (all, fine) = (key("read", "*"), key("read", "fine"));
        let send = key("send", "broken");
        let server = Server::start(&data);
        Self {
            server,
            folder,
            all,
            fine,
            send,
        }
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn get(&self, path: &str, key: &str) -> (u16, Value) {
        get_by(&agent(), &format!("{}{path}", self.server.url), key)
    }

    fn health(&self, app: &str, release: &str) -> Value {
        let release: String = release.bytes().map(|byte| format!("%{byte:02x}")).collect();
        let (code, answer) = self.get(
            &format!("/v1/health/releases/{release}?app={app}"),
            &self.all,
        );
        assert_eq!(code, 200, "{answer}");
        answer
    }

    /// Asks a gate about an app.
    fn gate(&self, gate: &str, app: &str, more: Value) -> (u16, String) {
        let mut metadata = json!({"app": app, "release": RELEASE});
        metadata
            .as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        let hook = json!({"name": "shop", "namespace": "prod", "phase": "Progressing",
                          "checksum": "85d557f47b", "metadata": metadata});
        let (code, said) = self
            .server
            .post(gate, &self.all, hook.to_string().as_bytes());
        (
            code,
            said.as_str()
                .map_or_else(|| said.to_string(), str::to_owned),
        )
    }

    /// `health check` of an app with further arguments.
    fn check(&self, app: &str, more: &[&str]) -> Output {
        let mut command = shipwake();
        command
            .args(["health", "check", RELEASE, "--app", app])
            .args(more);
        command.env("SHIPWAKE_KEY", &self.all).output().unwrap()
    }
}

const GATE: &str = "/v1/gates/flagger";
const ROLLBACK: &str = "/v1/gates/flagger/rollback";

#[test]
fn resource_is_200_with_every_key_whatever_the_verdict() {
    let shop = Shop::open();
    let keys =
        |answer: &Value| -> Vec<String> { answer.as_object().unwrap().keys().cloned().collect() };
    let fine = shop.health("fine", RELEASE);
    assert_eq!(fine["verdict"], "pass", "{fine}");
    for (app, release, verdict) in [
        ("broken", RELEASE, "fail"),
        ("worse", RELEASE, "warn"),
        ("thin", RELEASE, "insufficient_data"),
        ("fine", "9.9", "insufficient_data"),
        ("nobody", "1", "insufficient_data"),
    ] {
        let answer = shop.health(app, release);
        assert_eq!(answer["verdict"], verdict, "{answer}");
        assert_eq!(answer["app"], app);
        assert_eq!(keys(&answer), keys(&fine));
    }
    let long = "9".repeat(400);
    for name in HOSTILE.into_iter().chain([long.as_str()]) {
        assert_eq!(shop.health("fine", name)["release"], name);
    }
    // The key's own app needs no name, and no other is opened by it.
    let at = format!("/v1/health/releases/{RELEASE}");
    assert_eq!(shop.get(&at, &shop.fine).1["app"], "fine");
    let refused = [
        (format!("{at}?app=broken"), shop.fine.as_str(), 403),
        (at.clone(), shop.all.as_str(), 400),
        (at.clone(), "nobody", 401),
        (format!("{at}?app=fine&as_of=noon"), &shop.all, 400),
        (format!("{at}?app=fine&zone=Mars"), &shop.all, 400),
        (format!("{at}?app=fine&max_age=1"), &shop.all, 400),
        (format!("{at}?app=fine&app=thin"), &shop.all, 400),
        (
            format!("/v1/health/releases/{}?app=fine", "9".repeat(2_000)),
            &shop.all,
            400,
        ),
    ];
    for (uri, key, status) in refused {
        let (code, answer) = shop.get(&uri, key);
        assert_eq!(code, status, "{uri}: {answer}");
    }
    assert_eq!(shop.get(&at, &shop.send).0, 403);
    shop.server.stop();
}

#[test]
fn gates_speak_by_their_status() {
    let shop = Shop::open();
    let none = json!({});
    for (app, gate, rollback) in [
        ("fine", 200, 412),
        ("worse", 200, 412),
        ("broken", 412, 200),
        ("thin", 412, 412),
    ] {
        let (code, said) = shop.gate(GATE, app, none.clone());
        assert_eq!((code, said.lines().count()), (gate, 1), "{app}: {said}");
        let (code, said) = shop.gate(ROLLBACK, app, none.clone());
        assert_eq!((code, said.lines().count()), (rollback, 1), "{app}: {said}");
    }
    let advance = json!({"on_insufficient": "advance"});
    assert_eq!(shop.gate(GATE, "thin", advance.clone()).0, 200);
    assert_eq!(shop.gate(GATE, "broken", advance.clone()).0, 412);
    assert_eq!(
        shop.gate(ROLLBACK, "thin", advance).0,
        412,
        "nothing is taken back by chance"
    );
    let stale = json!({"max_age": "1ms"});
    assert_eq!(
        shop.gate(ROLLBACK, "broken", stale.clone()).0,
        412,
        "nor by old data"
    );
    assert_eq!(shop.gate(GATE, "fine", stale).0, 412);
    // Flagger sends no header of its own: the key stands in the address.
    let hook = json!({"metadata": {"app": "fine", "release": RELEASE}}).to_string();
    let (code, said) = shop
        .server
        .post(&format!("{GATE}?key={}", shop.all), "", hook.as_bytes());
    assert_eq!(code, 200, "{said}");
    shop.server.stop();
}

/// A refusal is no 5xx, which would be sent again, and no 2xx, which would be a yes.
#[test]
fn gates_refuse_by_a_4xx() {
    let shop = Shop::open();
    for gate in [GATE, ROLLBACK] {
        for (body, key, status) in [
            ("{}", &shop.all, 400),
            ("oops", &shop.all, 400),
            ("", &shop.all, 400),
            (r#"{"metadata":{"app":"broken"}}"#, &shop.all, 400),
            (r#"{"metadata":{"release":"2.0"}}"#, &shop.all, 400),
            (
                r#"{"metadata":{"release":"2.0","app":"../x"}}"#,
                &shop.all,
                400,
            ),
            (
                r#"{"metadata":{"release":"2.0","app":"broken","on_insufficient":"maybe"}}"#,
                &shop.all,
                400,
            ),
            (
                r#"{"metadata":{"release":"2.0","app":"broken"}}"#,
                &shop.fine,
                403,
            ),
            (
                r#"{"metadata":{"release":"2.0","app":"broken"}}"#,
                &shop.send,
                403,
            ),
            (
                r#"{"metadata":{"release":"2.0","app":"broken"}}"#,
                &"nobody".to_owned(),
                401,
            ),
        ] {
            let (code, said) = shop.server.post(gate, key, body.as_bytes());
            assert_eq!(code, status, "{gate} {body}: {said}");
        }
        let large = vec![b' '; 100_000];
        assert_eq!(shop.server.post(gate, &shop.all, &large).0, 413);
        assert_eq!(shop.get(gate, &shop.all).0, 405);
    }
    shop.server.stop();
}

#[test]
fn last_verdicts_are_gauges() {
    let shop = Shop::open();
    shop.health("broken", RELEASE);
    shop.health("fine", RELEASE);
    shop.health("fine", "never seen");
    let (_, text) = shop.get("/metrics", "");
    let text = text.as_str().unwrap();
    for line in [
        "shipwake_release_health{app=\"broken\",environment=\"production\",release=\"2.0\"} 2",
        "shipwake_release_health{app=\"fine\",environment=\"production\",release=\"2.0\"} 0",
        "# EOF",
    ] {
        assert!(
            text.lines().any(|found| found == line),
            "{line} is not in\n{text}"
        );
    }
    assert!(!text.contains("never seen"));
    assert!(text.ends_with("# EOF\n"));
    shop.server.stop();
}

#[test]
fn polls_agree_and_a_flood_is_bounded() {
    let shop = Shop::open();
    shop.health("fine", RELEASE);
    let first = shop.health("fine", RELEASE);
    for _ in 0..20 {
        assert_eq!(shop.health("fine", RELEASE)["verdict"], first["verdict"]);
    }
    let codes: Vec<u16> = std::thread::scope(|threads| {
        let ask = |n: usize| {
            let shop = &shop;
            move || {
                shop.get(&format!("/v1/health/releases/x{n}?app=broken"), &shop.all)
                    .0
            }
        };
        let asked: Vec<_> = (0..80).map(|n| threads.spawn(ask(n))).collect();
        asked.into_iter().map(|one| one.join().unwrap()).collect()
    });
    assert!(
        codes.iter().all(|code| matches!(code, 200 | 503)),
        "{codes:?}"
    );
    assert!(codes.contains(&200));
    shop.server.stop();
}

#[test]
fn answers_are_as_the_document_says() {
    let shop = Shop::open();
    let (code, document) = shop.get("/v1/openapi.json", "");
    assert_eq!(code, 200);
    let response = &document["paths"]["/v1/health/releases/{release}"]["get"]["responses"]["200"];
    let mut components = document["components"].clone();
    for schema in components["schemas"].as_object_mut().unwrap().values_mut() {
        if schema.get("properties").is_some() {
            schema["additionalProperties"] = json!(false);
        }
    }
    let schema = &response["content"]["application/json"]["schema"];
    let root = json!({"allOf": [schema], "components": components});
    let validator = jsonschema::validator_for(&root).unwrap();
    for (app, release) in [
        ("fine", RELEASE),
        ("broken", RELEASE),
        ("thin", RELEASE),
        ("thin", "9"),
    ] {
        let answer = shop.health(app, release);
        let errors: Vec<String> = validator
            .iter_errors(&answer)
            .map(|e| e.to_string())
            .collect();
        assert!(errors.is_empty(), "{errors:?}\n{answer}");
    }
    shop.server.stop();
}

#[test]
fn running_service_says_what_the_data_folder_says() {
    let shop = Shop::open();
    let (url, data) = (shop.server.url.clone(), shop.data());
    let as_of = jiff::Timestamp::now().to_string();
    for app in ["fine", "worse", "broken", "thin", "nobody"] {
        for format in ["text", "json", "junit", "github", "nagios", "prom"] {
            let same = ["--as-of", as_of.as_str(), "--format", format];
            let here = shop.check(app, &[&["--data", path(&data)], &same[..]].concat());
            let there = shop.check(app, &[&["--server", url.as_str()], &same[..]].concat());
            let talk = String::from_utf8_lossy(&there.stderr);
            assert_eq!(
                there.status.code(),
                here.status.code(),
                "{app} {format}: {talk}"
            );
            let text = |output: &Output| String::from_utf8_lossy(&output.stdout).into_owned();
            assert_eq!(text(&there), text(&here), "{app} {format}");
        }
    }
    let stale = ["--max-age", "1ms", "--server", &url];
    assert_eq!(shop.check("fine", &stale).status.code(), Some(3));
    let named = ["--baseline", "0.9", "--server", &url];
    assert_eq!(shop.check("fine", &named).status.code(), Some(3));
    // By the environment alone, and by a key in a file.
    let mut command = shipwake();
    command.args(["health", "check", RELEASE]);
    command
        .env("SHIPWAKE_URL", &url)
        .env("SHIPWAKE_KEY", &shop.fine);
    assert_eq!(command.output().unwrap().status.code(), Some(0));
    let file = shop.folder.path().join("key");
    write(&file, &format!("{}\n", shop.fine));
    let mut command = shipwake();
    command.args([
        "health",
        "check",
        RELEASE,
        "--server",
        &url,
        "--key-file",
        path(&file),
    ]);
    assert_eq!(command.output().unwrap().status.code(), Some(0));
    shop.server.stop();
}

fn write(file: &Path, text: &str) {
    let mut file = std::fs::File::create(file).unwrap();
    std::io::Write::write_all(&mut file, text.as_bytes()).unwrap();
}

#[test]
fn service_that_gives_no_verdict_is_unknown() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let server = Server::start(&data);
    let closed = {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        format!("http://{}", listener.local_addr().unwrap())
    };
    // Takes connections and says nothing.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let silent = format!("http://{}", listener.local_addr().unwrap());
    let read = server.key("read");
    let cases = [
        ("nobody listens", closed.as_str(), read.as_str()),
        ("it says nothing", &silent, &read),
        ("a key that is not known", &server.url, "sw_read_nobody"),
        ("a key that may not read", &server.url, &server.key("send")),
        ("no key", &server.url, ""),
        ("no address", "somewhere", &read),
        ("another scheme", "ftp://127.0.0.1", &read),
    ];
    for (what, url, key) in cases {
        for style in ["nagios", "ci"] {
            let mut command = shipwake();
            command.args([
                "health",
                "check",
                "1.0",
                "--exit-style",
                style,
                "--server",
                url,
            ]);
            let output = command
                .args(["--timeout", "500ms"])
                .env("SHIPWAKE_KEY", key)
                .output()
                .unwrap();
            let talk = String::from_utf8_lossy(&output.stderr);
            assert_eq!(output.status.code(), Some(3), "{what}: {talk}");
            assert!(
                output.stdout.is_empty() && talk.starts_with("error: "),
                "{what}: {talk}"
            );
            assert!(
                key.is_empty() || !talk.contains(key),
                "{what}: the key is told: {talk}"
            );
        }
    }
    server.stop();
}
