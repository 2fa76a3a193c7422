//! Sends the sample through HTTP, as an app and a team would: batches, a key, and a retry where the
//! server says that it is busy. Ids make a retry safe.

use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use indicatif::ProgressBar;
use serde::Deserialize;
use serde_json::Value;

use super::generate::Sample;
use crate::terminal;

/// Objects in one request.
const BATCH: usize = 2_000;
/// Requests tried for one batch before it is given up.
const TRIES_MAX: u32 = 20;
/// Longest wait between two of them, whatever the server asks for.
const WAIT_MAX: Duration = Duration::from_secs(5);
const TIMEOUT: Duration = Duration::from_secs(60);

/// The secrets to send with.
#[derive(Clone)]
pub(crate) struct Keys {
    /// Of scope send: events and feedback.
    pub(crate) send: String,
    /// Of scope plan: releases, their marks and backlog.
    pub(crate) plan: String,
}

/// How much was sent and taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Sent {
    pub(crate) events: usize,
    pub(crate) feedback: usize,
    pub(crate) releases: usize,
    pub(crate) backlog: usize,
}

/// Sends the sample to the service at `base_url` (such as `http://127.0.0.1:8790`), with a progress
/// bar on a terminal. The team's records go first, then what users did and said.
///
/// # Errors
/// When the server cannot be reached, refuses a batch, or takes fewer objects than it was sent.
pub(crate) fn send(base_url: &str, keys: &Keys, sample: &Sample) -> anyhow::Result<Sent> {
    let lists: [(&str, &str, &[Value]); 5] = [
        ("/v1/releases", &keys.plan, &sample.releases),
        ("/v1/releases/marks", &keys.plan, &sample.marks),
        ("/v1/backlog", &keys.plan, &sample.backlog),
        ("/v1/events", &keys.send, &sample.events),
        ("/v1/feedback", &keys.send, &sample.feedback),
    ];
    let all: usize = lists.iter().map(|(_, _, list)| list.len()).sum();
    let bar = terminal::bar(u64::try_from(all)?, "Sending sample data");
    let agent = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .timeout_global(Some(TIMEOUT))
        .build()
        .new_agent();
    for (route, key, list) in lists {
        let url = format!("{}{route}", base_url.trim_end_matches('/'));
        post_all(&agent, &url, key, list, &bar)?;
    }
    bar.finish_and_clear();
    Ok(Sent {
        events: sample.events.len(),
        feedback: sample.feedback.len(),
        releases: sample.releases.len(),
        backlog: sample.backlog.len(),
    })
}

fn post_all(
    agent: &ureq::Agent,
    url: &str,
    key: &str,
    list: &[Value],
    bar: &ProgressBar,
) -> anyhow::Result<()> {
    for batch in list.chunks(BATCH) {
        let answer = post(agent, url, key, &serde_json::to_vec(batch)?)
            .with_context(|| format!("{url} did not take a batch of {}", batch.len()))?;
        let taken = answer.accepted + answer.duplicate;
        ensure!(
            taken == batch.len(),
            "{url} took {taken} of {}; the first that it did not: {}",
            batch.len(),
            answer.first_rejection().unwrap_or("not named"),
        );
        bar.inc(u64::try_from(batch.len())?);
    }
    Ok(())
}

/// What one try came to.
enum Try {
    Taken(Answer),
    /// The server is busy, or the connection broke.
    Again(Duration, anyhow::Error),
}

fn post(agent: &ureq::Agent, url: &str, key: &str, body: &[u8]) -> anyhow::Result<Answer> {
    let mut tries = 1;
    loop {
        match post_once(agent, url, key, body)? {
            Try::Taken(answer) => return Ok(answer),
            Try::Again(_, error) if tries == TRIES_MAX => {
                return Err(error.context(format!("given up after {TRIES_MAX} tries")));
            }
            Try::Again(wait, _) => pause(wait),
        }
        tries += 1;
    }
}

fn post_once(agent: &ureq::Agent, url: &str, key: &str, body: &[u8]) -> anyhow::Result<Try> {
    let sent = agent
        .post(url)
        .header("Authorization", &format!("Bearer {key}"))
        .header("Content-Type", "application/json")
        .send(body);
    let mut response = match sent {
        Ok(response) => response,
        Err(error) => return Ok(Try::Again(Duration::from_millis(200), error.into())),
    };
    match response.status().as_u16() {
        200 => Ok(Try::Taken(
            response
                .body_mut()
                .read_json()
                .context("the answer is unreadable")?,
        )),
        503 => {
            let asked = response
                .headers()
                .get("Retry-After")
                .and_then(|wait| wait.to_str().ok());
            let seconds = asked.and_then(|wait| wait.trim().parse().ok()).unwrap_or(1);
            let wait = Duration::from_secs(seconds).min(WAIT_MAX);
            Ok(Try::Again(wait, anyhow::anyhow!("the server is busy")))
        }
        status => {
            let body = response.body_mut().read_to_string().unwrap_or_default();
            let said: String = body.chars().take(300).collect();
            bail!("the server answered {status}: {said}")
        }
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the wait that the server asks for, at its length"
)]
fn pause(wait: Duration) {
    std::thread::sleep(wait);
}

/// The server's answer to one batch.
#[derive(Debug, Deserialize)]
struct Answer {
    accepted: usize,
    duplicate: usize,
    #[serde(default)]
    outcomes: Vec<Outcome>,
}

#[derive(Debug, Deserialize)]
struct Outcome {
    message: Option<String>,
}

impl Answer {
    fn first_rejection(&self) -> Option<&str> {
        self.outcomes
            .iter()
            .find_map(|outcome| outcome.message.as_deref())
    }
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead as _, BufReader, Read as _, Write as _};
    use std::net::TcpListener;
    use std::thread::JoinHandle;

    use serde_json::json;

    use super::*;

    /// Route, key and number of objects.
    type Request = (String, String, usize);

    /// A server that gives each request the next of `answers`, and then the requests that it got.
    fn server(answers: Vec<(&'static str, Value)>) -> (String, JoinHandle<Vec<Request>>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let thread = std::thread::spawn(move || {
            let one = |(head, body): (&str, Value)| {
                let (stream, _) = listener.accept().unwrap();
                let mut reader = BufReader::new(stream);
                let mut head_lines = Vec::new();
                loop {
                    let mut line = String::new();
                    reader.read_line(&mut line).unwrap();
                    if line.trim().is_empty() {
                        break;
                    }
                    head_lines.push(line.trim().to_owned());
                }
                let field = |name: &str| {
                    let found = head_lines.iter().find_map(|line| {
                        let (field, value) = line.split_once(':')?;
                        field
                            .eq_ignore_ascii_case(name)
                            .then(|| value.trim().to_owned())
                    });
                    found.unwrap()
                };
                let mut sent = vec![0; field("content-length").parse().unwrap()];
                reader.read_exact(&mut sent).unwrap();
                let objects: Vec<Value> = serde_json::from_slice(&sent).unwrap();
                let body = body.to_string();
                let answer = format!(
                    "HTTP/1.1 {head}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
                    body.len()
                );
                reader.get_mut().write_all(answer.as_bytes()).unwrap();
                let route = head_lines[0].split(' ').nth(1).unwrap().to_owned();
                (route, field("authorization"), objects.len())
            };
            answers.into_iter().map(one).collect()
        });
        (url, thread)
    }

    fn taken(accepted: usize, duplicate: usize) -> (&'static str, Value) {
        (
            "200 OK",
            json!({"accepted": accepted, "duplicate": duplicate, "rejected": 0}),
        )
    }

    fn sample(events: usize) -> Sample {
        let list = |count: usize| (0..count).map(|n| json!({"n": n})).collect::<Vec<_>>();
        Sample {
            app: "demo".to_owned(),
            versions: Vec::new(),
            capacity_person_days: 0.0,
            events: list(events),
            feedback: list(1),
            releases: list(1),
            marks: list(0),
            backlog: list(1),
        }
    }

    fn keys() -> Keys {
        Keys {
            send: "s".to_owned(),
            plan: "p".to_owned(),
        }
    }

    #[test]
    fn batches_are_retried_and_each_goes_with_its_key() {
        let (url, thread) = server(vec![
            taken(1, 0),
            taken(1, 0),
            (
                "503 Service Unavailable\r\nRetry-After: 0",
                json!({"error": "overloaded"}),
            ),
            taken(1999, 1),
            taken(5, 0),
            taken(0, 1),
        ]);
        let sent = send(&url, &keys(), &sample(2005)).unwrap();
        assert_eq!(
            sent,
            Sent {
                events: 2005,
                feedback: 1,
                releases: 1,
                backlog: 1
            }
        );
        let request = |route: &str, key: &str, n| (route.to_owned(), format!("Bearer {key}"), n);
        assert_eq!(
            thread.join().unwrap(),
            [
                request("/v1/releases", "p", 1),
                request("/v1/backlog", "p", 1),
                request("/v1/events", "s", 2000),
                request("/v1/events", "s", 2000),
                request("/v1/events", "s", 5),
                request("/v1/feedback", "s", 1),
            ]
        );
    }

    #[test]
    fn a_rejected_object_stops_the_sending_with_its_reason() {
        let rejected = json!({
            "accepted": 0, "duplicate": 0, "rejected": 1,
            "outcomes": [{"index": 0, "outcome": "rejected", "message": "version is required"}],
        });
        let (url, thread) = server(vec![("200 OK", rejected)]);
        let error = send(&url, &keys(), &sample(0)).unwrap_err().to_string();
        assert!(
            error.contains("took 0 of 1") && error.contains("version is required"),
            "{error}"
        );
        thread.join().unwrap();
    }

    #[test]
    fn an_unknown_key_is_not_retried() {
        let (url, thread) = server(vec![("401 Unauthorized", json!({"error": "unknown_key"}))]);
        let error = format!("{:#}", send(&url, &keys(), &sample(0)).unwrap_err());
        assert!(
            error.contains("401") && error.contains("unknown_key"),
            "{error}"
        );
        thread.join().unwrap();
    }
}
