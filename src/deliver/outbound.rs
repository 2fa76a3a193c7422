//! What is told to others: a change of verdict to a webhook, each run to a heartbeat. Bounded in time
//! and tries; the service goes on whether or not anybody hears it.

use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use reqwest::{Client, RequestBuilder, StatusCode};
use serde_json::json;
use sha2::{Digest as _, Sha256};

use crate::remote::client;

/// Longest time of one try.
const TIME_MAX: Duration = Duration::from_secs(10);
/// Longest time of a try that is the only one.
const ONCE_MAX: Duration = Duration::from_secs(30);
/// Waits before the second and the third try, which is the last.
const WAITS: [Duration; 2] = [Duration::from_secs(1), Duration::from_secs(5)];

/// The way out.
#[derive(Debug, Clone)]
pub(crate) struct Outbound {
    client: Client,
}

impl Outbound {
    /// # Errors
    /// When TLS cannot be set up.
    pub(crate) fn new() -> anyhow::Result<Self> {
        Ok(Self {
            client: client(TIME_MAX)?,
        })
    }

    /// Posts a message to a webhook that takes `{"text": …}`.
    ///
    /// # Errors
    /// When no try was taken.
    pub(crate) async fn message(&self, webhook: &str, text: &str) -> anyhow::Result<()> {
        let body = json!({ "text": text }).to_string();
        let post = || {
            let request = self.client.post(webhook);
            request
                .header("content-type", "application/json")
                .body(body.clone())
        };
        self.deliver(post).await
    }

    /// Posts a message to a webhook in one try, under a name by which a receiver that had it already knows
    /// it.
    ///
    /// # Errors
    /// When it was not taken.
    pub(super) async fn once(&self, webhook: &str, name: &str, text: &str) -> anyhow::Result<()> {
        let sent = self.client.post(webhook).timeout(ONCE_MAX);
        let sent = sent
            .header("content-type", "application/json")
            .header("idempotency-key", hash(name))
            .body(json!({ "text": text }).to_string())
            .send()
            .await;
        // The address may hold a secret: it is not told.
        let answer = sent.map_err(reqwest::Error::without_url);
        let status = answer.context("it does not answer")?.status();
        ensure!(status.is_success(), "it answered {status}");
        Ok(())
    }

    /// Tells a heartbeat how a run ended.
    ///
    /// # Errors
    /// When no try was taken.
    pub(crate) async fn beat(&self, heartbeat: &str, code: u8) -> anyhow::Result<()> {
        let url = format!("{}/{code}", heartbeat.trim_end_matches('/'));
        self.deliver(|| self.client.get(&url)).await
    }

    /// Tries until it is taken. What is refused for what it says is not tried again.
    async fn deliver(&self, request: impl Fn() -> RequestBuilder) -> anyhow::Result<()> {
        let mut waits = WAITS.iter();
        loop {
            // The address may hold a secret: it is not told.
            let sent = request().send().await.map_err(reqwest::Error::without_url);
            let failure = match sent {
                Ok(response) if response.status().is_success() => return Ok(()),
                Ok(response) => {
                    let status = response.status();
                    let passes =
                        status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS;
                    if !passes {
                        bail!("it answered {status}");
                    }
                    anyhow::anyhow!("it answered {status}")
                }
                Err(error) => anyhow::Error::new(error).context("it does not answer"),
            };
            match waits.next() {
                Some(wait) => tokio::time::sleep(*wait).await,
                None => return Err(failure),
            }
        }
    }
}

/// A name as sixteen hexadecimal bytes: what it is made of need not be a header.
pub(crate) fn hash(name: &str) -> String {
    let hash = Sha256::digest(name.as_bytes());
    let bytes = hash.iter().take(16).map(|byte| format!("{byte:02x}"));
    bytes.collect()
}
