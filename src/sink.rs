//! Where writing commands go: into the data folder, or to the server that holds it.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, bail, ensure};
use ingest::audit::{Act, Actor, Audit};
use ingest::http::Limits;
use ingest::keys::KeyStore;
use ingest::{Batch, Ingest, Receipt, Replay, ReplaySummary, authors};
use lake::{Clock, FolderLock, Lake, Ledger, QuarantineFilter, Snapshot, SystemClock};
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use crate::cli::Data;
use crate::config::Config;
use crate::serving;

/// A data folder, opened here or by a server.
pub(crate) struct Sink {
    runtime: Runtime,
    way: Way,
}

enum Way {
    Folder {
        ingest: Ingest,
        _lock: FolderLock,
    },
    Server {
        url: String,
        key: String,
        agent: ureq::Agent,
        lake: Box<Lake>,
    },
}

impl Sink {
    /// Opens the data folder for an act on an object, which is audited; if a server holds it, finds
    /// the way to that server, which audits by itself and whose configuration then counts.
    pub(crate) fn open(data: &Data, act: Act, object: &str) -> anyhow::Result<Self> {
        let folder = &data.data;
        let runtime = serving::runtime()?;
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let way = match FolderLock::take(folder, "") {
            Ok(lock) => {
                let settings = Config::load(data, Vec::new())?.ingest;
                Audit::new(folder, Arc::clone(&clock))
                    .note(&Actor::Operator, act, object)
                    .context("the audit trail cannot be written")?;
                let ingest = runtime.block_on(serving::open(folder, settings, clock))?;
                Way::Folder {
                    ingest,
                    _lock: lock,
                }
            }
            Err(lake::Error::Held { holder, .. }) if !holder.is_empty() => {
                let lake = Box::new(runtime.block_on(Lake::open(folder, clock))?);
                let agent = ureq::Agent::config_builder()
                    .http_status_as_error(false)
                    .build()
                    .into();
                Way::Server {
                    url: format!("http://{holder}"),
                    key: admin_key(folder)?,
                    agent,
                    lake,
                }
            }
            Err(error) => return Err(error.into()),
        };
        Ok(Self { runtime, way })
    }

    /// The engine, where no server holds the folder.
    pub(crate) fn ingest(&self) -> Option<&Ingest> {
        match &self.way {
            Way::Folder { ingest, .. } => Some(ingest),
            Way::Server { .. } => None,
        }
    }

    /// What its waiting runs on.
    pub(crate) fn runtime(&self) -> &Runtime {
        &self.runtime
    }

    /// Hands a batch over; it is durable when this returns.
    pub(crate) fn submit(&self, batch: Batch) -> anyhow::Result<()> {
        match &self.way {
            Way::Folder { ingest, .. } => {
                let receipts = self.runtime.block_on(ingest.submit(batch));
                receipts
                    .map(|_| ())
                    .context("the batch could not be written")
            }
            Way::Server { .. } => {
                let batch = serde_json::to_vec(&batch)?;
                self.post("/v1/import", &batch).map(drop)
            }
        }
    }

    /// Hands a batch of one record over and tells what became of it; it is durable when this returns.
    pub(crate) fn submit_one(&self, batch: Batch<'_>) -> anyhow::Result<Receipt> {
        let one = self.submit_each(batch)?.into_iter().next();
        one.context("nothing became of the record")
    }

    /// Hands a batch over and tells what became of each record, in order; it is durable when this
    /// returns.
    pub(crate) fn submit_each(&self, batch: Batch<'_>) -> anyhow::Result<Vec<Receipt>> {
        match &self.way {
            Way::Folder { ingest, .. } => {
                let receipts = self.runtime.block_on(ingest.submit(batch));
                receipts.context("the record could not be written")
            }
            Way::Server { .. } => {
                let answer = self.ask("/v1/import", &serde_json::to_vec(&batch)?)?;
                let outcomes = answer["outcomes"].as_array().map_or(&[][..], Vec::as_slice);
                ensure!(
                    outcomes.len() == batch.records.len(),
                    "the server did not say what became of each record"
                );
                outcomes.iter().map(receipt).collect()
            }
        }
    }

    /// Replays quarantine; the tables hold what was taken when this returns.
    pub(crate) fn replay(
        &self,
        filter: QuarantineFilter,
        is_dry_run: bool,
        keys: &KeyStore,
    ) -> anyhow::Result<ReplaySummary> {
        match &self.way {
            Way::Folder { ingest, .. } => {
                let replay = Replay {
                    filter,
                    is_dry_run,
                    authors: authors(keys)?,
                    event_bytes_max: Limits::default().event_bytes_max,
                    limits: Limits::default().event,
                };
                let replayed = self.runtime.block_on(ingest.replay(&replay));
                replayed.context("quarantine could not be replayed")
            }
            Way::Server { .. } => {
                let app = filter.app.map(|app| ["app=", &app].concat());
                let reason = filter
                    .reason
                    .map(|reason| ["reason=", reason.as_str()].concat());
                let dry_run = is_dry_run.then(|| "dry_run=1".to_owned());
                let query: Vec<String> = [app, reason, dry_run].into_iter().flatten().collect();
                let route = format!("/v1/quarantine/replay?{}", query.join("&"));
                let said = self.ask(&route, b"")?;
                serde_json::from_value(said).context("the server's answer cannot be read")
            }
        }
    }

    /// Waits until everything is in the tables and sums the ledger up.
    pub(crate) fn ledger(&self) -> anyhow::Result<Ledger> {
        Ok(Ledger::read(&self.snapshot()?)?)
    }

    /// Waits until everything is in the tables and pins them.
    pub(crate) fn snapshot(&self) -> anyhow::Result<Snapshot> {
        Ok(match &self.way {
            Way::Folder { ingest, .. } => self.runtime.block_on(async {
                ingest
                    .flush()
                    .await
                    .context("the tables could not be written")?;
                ingest
                    .lake()
                    .snapshot()
                    .await
                    .context("the tables cannot be read")
            })?,
            Way::Server { lake, .. } => {
                self.post("/v1/flush", b"{}")?;
                self.runtime
                    .block_on(lake.snapshot())
                    .context("the tables cannot be read")?
            }
        })
    }

    /// Erases a person of an app and says what was done and what is left, as JSON.
    pub(crate) fn erase(&self, app: &str, user: &str) -> anyhow::Result<Value> {
        match &self.way {
            Way::Folder { ingest, .. } => {
                let erasure = self.runtime.block_on(ingest.erase(Some(app), user));
                let erasure = erasure.context("the person is not erased in full: erase again")?;
                Ok(serde_json::to_value(erasure)?)
            }
            Way::Server { .. } => {
                let body = json!({"app": app, "user": user}).to_string();
                self.ask("/v1/erase", body.as_bytes())
            }
        }
    }

    /// Removes old versions and files that nothing names, and says how many, as JSON.
    pub(crate) fn vacuum(&self) -> anyhow::Result<Value> {
        match &self.way {
            Way::Folder { ingest, .. } => {
                let vacuumed = self.runtime.block_on(ingest.vacuum());
                Ok(serde_json::to_value(
                    vacuumed.context("not all is removed")?,
                )?)
            }
            Way::Server { .. } => self.ask("/v1/vacuum", b"{}"),
        }
    }

    /// Posts to the server and returns its answer in JSON.
    pub(crate) fn ask(&self, route: &str, body: &[u8]) -> anyhow::Result<Value> {
        let said = self.post(route, body)?;
        serde_json::from_str(&said).with_context(|| format!("{route} did not answer in JSON"))
    }

    /// Posts to the server, where one holds the folder, and returns what it answers.
    fn post(&self, route: &str, body: &[u8]) -> anyhow::Result<String> {
        let Way::Server {
            url, key, agent, ..
        } = &self.way
        else {
            return Ok(String::new());
        };
        let request = agent
            .post(format!("{url}{route}"))
            .header("authorization", format!("Bearer {key}"));
        let mut response = request
            .send(body)
            .with_context(|| format!("{url} does not answer"))?;
        if response.status() != 200 {
            let said = response.body_mut().read_to_string().unwrap_or_default();
            bail!("{url}{route} answered {}: {said}", response.status());
        }
        let said = response.body_mut().read_to_string();
        said.with_context(|| format!("{url}{route} broke off"))
    }

    /// Ends in order: nothing is left pending.
    pub(crate) fn close(self) -> anyhow::Result<()> {
        match self.way {
            Way::Folder { ingest, .. } => self
                .runtime
                .block_on(ingest.shutdown())
                .context("the last flush failed"),
            Way::Server { .. } => Ok(()),
        }
    }
}

/// What became of a record, as a server says it.
fn receipt(outcome: &Value) -> anyhow::Result<Receipt> {
    match outcome["outcome"].as_str() {
        Some("accepted") => Ok(Receipt::Accepted),
        Some("duplicate") => Ok(Receipt::Duplicate),
        Some("rejected") => Ok(Receipt::Rejected),
        _ => bail!("the server did not say what became of a record: {outcome}"),
    }
}

/// The admin key that `serve` left for its operator.
pub(crate) fn first_key(folder: &Path, scope: &str) -> anyhow::Result<String> {
    let path = folder.join("first-keys.txt");
    let text = std::fs::read_to_string(&path).with_context(|| {
        format!(
            "{} cannot be read: name a key with --key-file",
            path.display()
        )
    })?;
    let prefix = format!("{scope}=");
    let found = text.lines().find_map(|line| line.strip_prefix(&prefix));
    found
        .map(str::to_owned)
        .with_context(|| format!("{} holds no {scope} key", path.display()))
}

fn admin_key(folder: &Path) -> anyhow::Result<String> {
    first_key(folder, "admin").context("a server holds the data folder and wants an admin key")
}
