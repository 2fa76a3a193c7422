//! A running service: lock, WAL, tables, keys and sockets, started in that order and stopped in the
//! reverse one.

use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::sync::Arc;

use actix_web::dev::ServerHandle;
use actix_web::{App, HttpServer, web};
use anyhow::Context as _;
use ingest::http::{Limits, State, configure};
use ingest::keys::KeyStore;
use ingest::{Ingest, Settings};
use lake::{Clock, FolderLock, SystemClock};
use tokio::runtime::{Builder, Runtime};
use tokio::task::JoinHandle;

use crate::terminal;

/// Connections that wait to be served before clients are refused.
const BACKLOG: u32 = 1024;
/// Seconds that requests under way have to become durable when the service stops.
const STOP_SECONDS: u64 = 8;

/// The runtime of one command.
pub(crate) fn runtime() -> anyhow::Result<Runtime> {
    Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("no threads could be started")
}

/// A service that takes requests.
pub(crate) struct Running {
    pub(crate) address: SocketAddr,
    pub(crate) ingest: Ingest,
    server: ServerHandle,
    task: JoinHandle<std::io::Result<()>>,
    _lock: FolderLock,
}

/// Starts the service on a data folder.
pub(crate) async fn start(
    folder: &Path,
    listen: &str,
    app: &str,
    settings: Settings,
) -> anyhow::Result<Running> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let listener = TcpListener::bind(listen)
        .with_context(|| format!("cannot listen on {listen}: choose another with --listen"))?;
    let address = listener.local_addr().context("the socket has no address")?;
    let lock = FolderLock::take(folder, &address.to_string())?;
    let ingest = open(folder, settings, Arc::clone(&clock)).await?;
    let keys = KeyStore::open(folder, Arc::clone(&clock))?;
    if let Some(path) = keys.create_first(app)? {
        terminal::note(&format!(
            "first keys for app {app} are in {}",
            path.display()
        ));
    }
    let state = web::Data::new(State::new(ingest.clone(), keys, clock, Limits::default()));
    let server = HttpServer::new(move || {
        let state = state.clone();
        App::new().configure(move |config| configure(config, state))
    })
    .backlog(BACKLOG)
    .disable_signals()
    .shutdown_timeout(STOP_SECONDS)
    .listen(listener)
    .context("the socket cannot be served")?
    .run();
    let handle = server.handle();
    let task = tokio::spawn(server);
    Ok(Running {
        address,
        ingest,
        server: handle,
        task,
        _lock: lock,
    })
}

/// Opens WAL and tables, and says what a crash left.
pub(crate) async fn open(
    folder: &Path,
    settings: Settings,
    clock: Arc<dyn Clock>,
) -> anyhow::Result<Ingest> {
    let (ingest, recovery) = Ingest::open(folder, settings, clock)
        .await
        .with_context(|| format!("the data folder {} cannot be opened", folder.display()))?;
    if recovery.torn_bytes > 0 {
        let bytes = recovery.torn_bytes;
        terminal::note(&format!(
            "cut {bytes} bytes of an interrupted write, answered to nobody"
        ));
    }
    for damage in &recovery.damage {
        terminal::note(&format!(
            "set aside an unreadable part of the WAL: {damage}"
        ));
    }
    Ok(ingest)
}

impl Running {
    /// Waits until the process is asked to stop.
    pub(crate) async fn wait_for_signal(&self) -> anyhow::Result<()> {
        use tokio::signal::unix::{SignalKind, signal};
        let mut terminate = signal(SignalKind::terminate()).context("SIGTERM cannot be awaited")?;
        tokio::select! {
            _ = terminate.recv() => {}
            pressed = tokio::signal::ctrl_c() => pressed.context("ctrl-c cannot be awaited")?,
        }
        Ok(())
    }

    /// Takes nothing more, brings what was taken into the tables, and lets the folder go.
    pub(crate) async fn stop(self) -> anyhow::Result<()> {
        self.server.stop(true).await;
        self.task.await.context("the server ended early")??;
        self.ingest
            .shutdown()
            .await
            .context("the last flush failed; the WAL holds the rest")
    }
}
