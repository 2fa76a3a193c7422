//! A running service that is asked over HTTP, in place of a data folder.
//!
//! What it answers is not believed more than it must be: sizes are bounded, redirects are not
//! followed (a key is for one service), and its words are shown without control characters.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, bail};
use reqwest::header::CONTENT_TYPE;
use reqwest::redirect::Policy;
use reqwest::{Client, RequestBuilder, Response, StatusCode, Url};
use serde_json::Value;

use crate::cli::ServiceArgs;
use crate::config::env;
use crate::{serving, terminal};

/// Largest answer that is read.
const ANSWER_BYTES_MAX: usize = 64 << 20;
/// Longest message of a service that is shown.
const MESSAGE_CHARS_MAX: usize = 400;

/// A service and the key for it.
pub(crate) struct Remote {
    base: Url,
    key: String,
    client: Client,
}

impl Remote {
    /// The service that is named, if any.
    ///
    /// # Errors
    /// When its address cannot be read, or no key for it is given.
    pub(crate) fn named(args: &ServiceArgs) -> anyhow::Result<Option<Self>> {
        let Some(server) = args.server.as_deref().filter(|url| !url.is_empty()) else {
            return Ok(None);
        };
        Ok(Some(Self {
            base: base(server)?,
            key: key(args.key_file.as_deref())?,
            client: client(args.timeout)?,
        }))
    }

    /// Asks for a resource and returns what is answered with 200.
    ///
    /// # Errors
    /// When the service is not reached, is too slow, or answers anything else.
    pub(crate) fn get(
        &self,
        path: &[&str],
        query: &[(&str, Option<String>)],
    ) -> anyhow::Result<String> {
        let answer = self.ask(self.client.get(self.url(path, query)?))?;
        String::from_utf8(answer).context("the answer is no text")
    }

    /// Posts an object in JSON and returns what is answered with 200.
    ///
    /// # Errors
    /// As [`Remote::get`].
    pub(crate) fn post(&self, path: &[&str], json: &[u8]) -> anyhow::Result<Vec<u8>> {
        let request = self.client.post(self.url(path, &[])?);
        let request = request.header(CONTENT_TYPE, "application/json");
        self.ask(request.body(json.to_vec()))
    }

    /// Writes records and returns what became of each, in order.
    ///
    /// # Errors
    /// As [`Remote::get`].
    pub(crate) fn write(&self, path: &[&str], records: &Value) -> anyhow::Result<Vec<Value>> {
        let answer = self.post(path, &serde_json::to_vec(records)?)?;
        let mut answer: Value = serde_json::from_slice(&answer).context("the answer is no JSON")?;
        match answer["outcomes"].take() {
            Value::Array(outcomes) => Ok(outcomes),
            _ => Ok(Vec::new()),
        }
    }

    fn ask(&self, request: RequestBuilder) -> anyhow::Result<Vec<u8>> {
        serving::runtime()?.block_on(async {
            let request = request.bearer_auth(&self.key);
            let response = request.send().await.map_err(reqwest::Error::without_url);
            let response = response.with_context(|| format!("{} does not answer", self.base))?;
            let status = response.status();
            let body = body(response)
                .await
                .with_context(|| format!("the answer of {} broke off", self.base))?;
            if status != StatusCode::OK {
                bail!("{} answered {status}: {}", self.base, message(&body));
            }
            Ok(body)
        })
    }

    fn url(&self, path: &[&str], query: &[(&str, Option<String>)]) -> anyhow::Result<Url> {
        let mut url = self.base.clone();
        match url.path_segments_mut() {
            Ok(mut segments) => drop(segments.pop_if_empty().extend(path)),
            Err(()) => bail!(
                "--server {:?} is no address of a service",
                self.base.as_str()
            ),
        }
        let dots = path.iter().find(|part| matches!(**part, "" | "." | ".."));
        if let Some(part) = dots {
            bail!("{part:?} cannot be asked for over HTTP: it is no name in a path");
        }
        let given = query
            .iter()
            .filter_map(|(name, value)| Some((*name, value.as_deref()?)));
        url.query_pairs_mut().extend_pairs(given);
        Ok(url)
    }
}

/// How this program speaks to others over HTTP: for so long at most, and with nobody they name.
///
/// # Errors
/// When TLS cannot be set up.
pub(crate) fn client(timeout: Duration) -> anyhow::Result<Client> {
    Client::builder()
        .timeout(timeout)
        .redirect(Policy::none())
        .user_agent(concat!("shipwake/", env!("CARGO_PKG_VERSION")))
        .build()
        .context("no connection can be set up")
}

/// The address that `--server` names.
fn base(server: &str) -> anyhow::Result<Url> {
    let is_web = |url: &Url| matches!(url.scheme(), "http" | "https") && url.has_host();
    let url = Url::parse(server).ok().filter(is_web);
    let url = url.with_context(|| {
        format!("--server {server:?} is no address: write it like https://shipwake.example")
    })?;
    if !url.username().is_empty() || url.password().is_some() {
        bail!(
            "--server holds a name or password: give the key with --key-file or {}",
            env::KEY
        );
    }
    Ok(url)
}

/// The key in a file, else in the environment.
fn key(file: Option<&Path>) -> anyhow::Result<String> {
    let key = match file {
        Some(file) => key_in(file)?,
        None => std::env::var(env::KEY)
            .unwrap_or_default()
            .trim()
            .to_owned(),
    };
    if key.is_empty() || !key.chars().all(|c| c.is_ascii_graphic()) {
        let place = file.map_or_else(|| env::KEY.to_owned(), |file| file.display().to_string());
        bail!(
            "{place} holds no key: name a file with --key-file, or set {}",
            env::KEY
        );
    }
    Ok(key)
}

/// The key on the first line of a file.
pub(crate) fn key_in(file: &Path) -> anyhow::Result<String> {
    let text = std::fs::read_to_string(file)
        .with_context(|| format!("{} cannot be read", file.display()))?;
    Ok(text.lines().next().unwrap_or_default().trim().to_owned())
}

async fn body(mut response: Response) -> anyhow::Result<Vec<u8>> {
    let mut body = Vec::new();
    while let Some(piece) = response
        .chunk()
        .await
        .map_err(reqwest::Error::without_url)?
    {
        if body.len() + piece.len() > ANSWER_BYTES_MAX {
            bail!("it is larger than {ANSWER_BYTES_MAX} bytes");
        }
        body.extend_from_slice(&piece);
    }
    Ok(body)
}

/// What a service says of a request that it refused.
fn message(body: &[u8]) -> String {
    let said: Option<Value> = serde_json::from_slice(body).ok();
    let said = said.and_then(|said| said["message"].as_str().map(str::to_owned));
    let said = said.unwrap_or_else(|| String::from_utf8_lossy(body).into_owned());
    terminal::plain(&said)
        .chars()
        .take(MESSAGE_CHARS_MAX)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(base_url: &str, release: &str) -> String {
        let remote = Remote {
            base: base(base_url).unwrap(),
            key: "k".to_owned(),
            client: Client::new(),
        };
        let query = [("app", Some("a&b".to_owned())), ("zone", None)];
        remote
            .url(&["v1", release], &query)
            .map_or_else(|error| format!("error: {error}"), |url| url.to_string())
    }

    #[test]
    fn names_stay_in_their_place_of_the_address() {
        let at = "http://h:1";
        assert_eq!(url(at, "4.2.0+7"), "http://h:1/v1/4.2.0+7?app=a%26b");
        assert_eq!(url("http://h/x/", "1"), "http://h/x/v1/1?app=a%26b");
        assert_eq!(
            url(at, "../../etc"),
            "http://h:1/v1/..%2F..%2Fetc?app=a%26b"
        );
        assert_eq!(
            url(at, "a?b#c%0a"),
            "http://h:1/v1/a%3Fb%23c%250a?app=a%26b"
        );
        assert!(url(at, "..").starts_with("error"));
        assert!(url(at, "").starts_with("error"));
    }

    #[test]
    fn address_must_be_one_and_hold_no_secret() {
        for bad in [
            "",
            "h:1",
            "ftp://h",
            "file:///etc/passwd",
            "http://k@h",
            "http://a:b@h",
        ] {
            assert!(base(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn words_of_a_service_are_short_and_steer_nothing() {
        let long = "x".repeat(1_000);
        assert_eq!(message(long.as_bytes()).len(), MESSAGE_CHARS_MAX);
        assert_eq!(message(b"{\"message\":\"no\\u001b[2J\"}"), "no[2J");
    }
}
