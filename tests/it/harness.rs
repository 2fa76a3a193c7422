//! Starting the program, talking to it, and asking Python.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use serde_json::Value;

/// The built program.
pub(crate) fn shipwake() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_shipwake"));
    command
        .env_remove("SHIPWAKE_CONFIG")
        .env_remove("SHIPWAKE_DATA")
        .env_remove("SHIPWAKE_LISTEN")
        .env_remove("SHIPWAKE_URL")
        .env_remove("SHIPWAKE_KEY")
        .env_remove("GITHUB_STEP_SUMMARY")
        .env_remove("GITHUB_OUTPUT")
        .env_remove("SHIPWAKE_ZONE");
    command
}

/// Runs the program to its end.
pub(crate) fn run(arguments: &[&str]) -> Output {
    shipwake()
        .args(arguments)
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

/// Runs the program, which must succeed, and returns its stdout.
pub(crate) fn succeed(arguments: &[&str]) -> String {
    let output = run(arguments);
    let talk = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "shipwake {arguments:?} failed:\n{talk}"
    );
    String::from_utf8(output.stdout).unwrap()
}

/// `lake status --json` of a data folder.
pub(crate) fn status(data: &Path) -> Value {
    serde_json::from_str(&succeed(&[
        "lake",
        "status",
        "--json",
        "--data",
        path(data),
    ]))
    .unwrap()
}

/// A counter of the ledger, summed over protocols.
pub(crate) fn counter(status: &Value, name: &str) -> u64 {
    status["ledger"]
        .as_array()
        .unwrap()
        .iter()
        .map(|line| line[name].as_u64().unwrap())
        .sum()
}

/// The only file of a folder that is named so.
pub(crate) fn only(folder: &Path, start: &str, extension: &str) -> PathBuf {
    let mut found: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|file| {
            file.file_name()
                .unwrap()
                .to_str()
                .unwrap()
                .starts_with(start)
        })
        .filter(|file| file.extension().is_some_and(|found| found == extension))
        .collect();
    assert_eq!(
        found.len(),
        1,
        "{start}*.{extension} in {}: {found:?}",
        folder.display()
    );
    found.remove(0)
}

/// Makes a key for an app, `*` for all, and returns its secret.
pub(crate) fn new_key(data: &Path, scope: &str, app: &str) -> String {
    let of = ["--scope", scope, "--app", app, "--data", path(data)];
    let said = succeed(&[&["key", "create"], &of[..]].concat());
    said.trim().to_owned()
}

pub(crate) fn path(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// A server on a free port.
pub(crate) struct Server {
    child: Child,
    pub(crate) url: String,
    pub(crate) data: PathBuf,
}

impl Server {
    pub(crate) fn start(data: &Path) -> Self {
        Self::start_with(data, &[])
    }

    /// As [`Server::start`], with further arguments.
    pub(crate) fn start_with(data: &Path, arguments: &[&str]) -> Self {
        Self::start_at("127.0.0.1:0", data, arguments)
    }

    /// As [`Server::start_with`], at an address: that of a server that was there before.
    pub(crate) fn start_at(address: &str, data: &Path, arguments: &[&str]) -> Self {
        // With as few open files allowed as most systems allow a program that they start.
        let mut child = Command::new("sh")
            .args(["-c", r#"ulimit -Sn 1024 && exec "$0" "$@""#])
            .arg(shipwake().get_program())
            .args(["serve", "--listen", address, "--data", path(data)])
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut talk = BufReader::new(child.stderr.take().unwrap());
        let mut said = String::new();
        let url = loop {
            let mut line = String::new();
            assert!(
                talk.read_line(&mut line).unwrap() > 0,
                "the server did not start:\n{said}"
            );
            if let Some(rest) = line.split("listening on ").nth(1) {
                break rest.split(',').next().unwrap().trim().to_owned();
            }
            said.push_str(&line);
        };
        // The pipe is read to its end, so that the server never waits on it.
        std::thread::spawn(move || std::io::copy(&mut talk, &mut std::io::sink()));
        Self {
            child,
            url,
            data: data.to_owned(),
        }
    }

    /// The first key of a scope.
    pub(crate) fn key(&self, scope: &str) -> String {
        let file = std::fs::read_to_string(self.data.join("first-keys.txt")).unwrap();
        let line = file
            .lines()
            .find_map(|line| line.strip_prefix(&format!("{scope}=")));
        line.unwrap().to_owned()
    }

    /// Posts a body and returns status and answer; status 0 when the connection broke.
    pub(crate) fn post(&self, route: &str, key: &str, body: &[u8]) -> (u16, Value) {
        post(&format!("{}{route}", self.url), key, body)
    }

    /// Waits until everything taken is in the tables.
    pub(crate) fn flush(&self) {
        let (status, answer) = self.post("/v1/flush", &self.key("admin"), b"{}");
        assert_eq!(status, 200, "{answer}");
    }

    /// Host and port.
    pub(crate) fn address(&self) -> String {
        self.url.trim_start_matches("http://").to_owned()
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Largest resident memory so far.
    pub(crate) fn peak_bytes(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let mut lines = status.lines();
        let peak = lines.find_map(|line| line.strip_prefix("VmHWM:")?.strip_suffix("kB"));
        peak.unwrap().trim().parse::<u64>().unwrap() << 10
    }

    /// `kill -9`.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// SIGTERM, and waits for the end.
    pub(crate) fn stop(mut self) {
        let pid = self.child.id().to_string();
        assert!(
            Command::new("kill")
                .args(["-TERM", &pid])
                .status()
                .unwrap()
                .success()
        );
        assert!(self.child.wait().unwrap().success());
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Already gone after `kill` and `stop`; a failed test leaves none behind.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

pub(crate) fn post(url: &str, key: &str, body: &[u8]) -> (u16, Value) {
    post_by(&agent(), url, key, body)
}

/// A client that keeps its connections.
pub(crate) fn agent() -> ureq::Agent {
    ureq::Agent::config_builder()
        .http_status_as_error(false)
        .timeout_global(Some(std::time::Duration::from_secs(60)))
        .build()
        .into()
}

/// Posts a body and returns status and answer; status 0 when the connection broke.
pub(crate) fn post_by(agent: &ureq::Agent, url: &str, key: &str, body: &[u8]) -> (u16, Value) {
    let request = agent.post(url);
    read(
        request
            .header("authorization", format!("Bearer {key}"))
            .send(body),
    )
}

/// Asks for a page and returns status and answer; status 0 when the connection broke.
pub(crate) fn get_by(agent: &ureq::Agent, url: &str, key: &str) -> (u16, Value) {
    let request = agent.get(url);
    read(
        request
            .header("authorization", format!("Bearer {key}"))
            .call(),
    )
}

fn read(answered: Result<ureq::http::Response<ureq::Body>, ureq::Error>) -> (u16, Value) {
    let Ok(mut response) = answered else {
        return (0, Value::Null);
    };
    let code = response.status().as_u16();
    let says_when = response.headers().contains_key("retry-after");
    assert!(code != 503 || says_when, "a 503 without Retry-After");
    match response.body_mut().read_to_string() {
        Ok(text) => (
            code,
            serde_json::from_str(&text).unwrap_or(Value::String(text)),
        ),
        Err(_) => (0, Value::Null),
    }
}

/// A size that the environment may set.
pub(crate) fn number_from_env(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |number| number.parse().unwrap())
}

/// Whether the long forms of the tests are asked for.
pub(crate) fn is_long() -> bool {
    number_from_env("SHIPWAKE_LONG", 0) > 0
}

/// Third-party data beside the checkout, or `None` (and a word) where it is absent.
pub(crate) fn shared(name: &str) -> Option<PathBuf> {
    let found = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../shared/data")
        .join(name);
    if found.try_exists().unwrap() {
        return Some(found);
    }
    skipped(&format!("../shared/data/{name} is absent"));
    None
}

#[expect(clippy::print_stderr, reason = "a skipped test says so")]
pub(crate) fn skipped(why: &str) {
    eprintln!("skipped: {why}");
}

/// Runs a script of `tests/python`; `None` (and a word) where its packages are absent.
pub(crate) fn python(script: &str, arguments: &[&str]) -> Option<Value> {
    let interpreter = std::env::var("SHIPWAKE_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let script = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/python")
        .join(script);
    let probe = Command::new(&interpreter)
        .args(["-c", "import duckdb, polars, deltalake, openpyxl"])
        .stderr(Stdio::null())
        .status();
    if !probe.is_ok_and(|status| status.success()) {
        skipped("python3 with duckdb, polars, deltalake and openpyxl is absent");
        return None;
    }
    let output = Command::new(&interpreter)
        .arg(script)
        .args(arguments)
        .output()
        .unwrap();
    let talk = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{talk}");
    Some(serde_json::from_slice(&output.stdout).unwrap())
}

/// Runs a script of `tests/sdk` with Node, which must succeed, and returns the JSON value that it
/// says; `None` (and a word) where Node or its packages are absent.
pub(crate) fn node(script: &str, arguments: &[&str]) -> Option<Value> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/sdk");
    let has_packages = folder.join("node_modules").try_exists().unwrap();
    let probe = Command::new("node").arg("--version").output();
    if !has_packages || !probe.is_ok_and(|probe| probe.status.success()) {
        let why = "node or its packages are absent (npm ci --prefix tests/sdk)";
        assert!(std::env::var("CI").as_deref() != Ok("true"), "{why}");
        skipped(why);
        return None;
    }
    let output = Command::new("node")
        .arg(folder.join(script))
        .args(arguments)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let talk = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{script} failed:\n{talk}");
    Some(serde_json::from_slice(&output.stdout).unwrap())
}
