//! Where imported batches go: into the data folder, or to the server that holds it.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, bail};
use ingest::{Batch, Ingest, Settings};
use lake::{Clock, FolderLock, Lake, Ledger, SystemClock};
use tokio::runtime::Runtime;

use crate::serving;

/// An open destination of batches.
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
    /// Opens the data folder; if a server holds it, finds the way to that server.
    pub(crate) fn open(folder: &Path) -> anyhow::Result<Self> {
        let runtime = serving::runtime()?;
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let way = match FolderLock::take(folder, "") {
            Ok(lock) => {
                let ingest = runtime.block_on(serving::open(folder, Settings::default(), clock))?;
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

    /// Hands a batch over; it is durable when this returns.
    pub(crate) fn submit(&self, batch: Batch) -> anyhow::Result<()> {
        match &self.way {
            Way::Folder { ingest, .. } => {
                let receipts = self.runtime.block_on(ingest.submit(batch));
                receipts
                    .map(|_| ())
                    .context("the batch could not be written")
            }
            Way::Server { .. } => self.post("/v1/import", &serde_json::to_vec(&batch)?),
        }
    }

    /// Waits until everything is in the tables and sums the ledger up.
    pub(crate) fn ledger(&self) -> anyhow::Result<Ledger> {
        let snapshot = match &self.way {
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
        };
        Ok(Ledger::read(&snapshot)?)
    }

    fn post(&self, route: &str, body: &[u8]) -> anyhow::Result<()> {
        let Way::Server {
            url, key, agent, ..
        } = &self.way
        else {
            return Ok(());
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
        Ok(())
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
