//! A running service: lock, WAL, tables, keys and sockets, started in that order and stopped in the
//! reverse one.

use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use actix_web::dev::ServerHandle;
use actix_web::{App, HttpServer, web};
use anyhow::Context as _;
use ingest::http::{Proxy, State, configure};
use ingest::keys::{KeyStore, is_app_name};
use ingest::{Ingest, MoreMetrics, Notices, Settings};
use lake::{Clock, FolderLock, SystemClock};
use serde::{Deserialize, Serialize};
use tokio::runtime::{Builder, Runtime};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::task::JoinHandle;

use crate::config::Config;
use crate::terminal;
use crate::tls::Certificate;
use crate::web::Answers;

/// Connections that wait to be served before clients are refused.
const BACKLOG: u32 = 1024;
/// Connections that one worker holds; an idle one costs a few KiB.
const CONNECTIONS_MAX: usize = 25_000;
/// How long an idle connection is kept: longer than the minute after which SDKs send again.
const KEEP_ALIVE: Duration = Duration::from_secs(75);
/// Longest time for the head of a request.
const HEAD_TIME: Duration = Duration::from_secs(10);
/// Large bodies that one worker unpacks and checks at once: each needs its own memory.
const BLOCKING_THREADS: usize = 2;
/// Where commands on this machine are taken when the public socket speaks TLS.
const LOCAL: &str = "127.0.0.1:0";
/// Seconds that requests under way have to become durable when the service stops.
const STOP_SECONDS: u64 = 8;

/// The section `[serve]`: where the service listens and whom it believes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct ServeSettings {
    /// Address and port.
    pub(crate) listen: String,
    /// The app that the first keys are for.
    pub(crate) app: String,
    /// Proxies whose word is taken for who is behind them.
    pub(crate) proxies: Vec<Proxy>,
}

impl Default for ServeSettings {
    fn default() -> Self {
        Self {
            listen: "127.0.0.1:8790".to_owned(),
            app: "app".to_owned(),
            proxies: Vec::new(),
        }
    }
}

impl ServeSettings {
    /// What does not hold together.
    pub(crate) fn problems(&self) -> Vec<String> {
        let is_named = is_app_name(&self.app);
        let problem = "serve.app: an app is named with 1 to 63 of a-z, 0-9 and -".to_owned();
        (!is_named).then_some(problem).into_iter().collect()
    }
}

/// The runtime of one command.
pub(crate) fn runtime() -> anyhow::Result<Runtime> {
    Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("no threads could be started")
}

/// A service that takes requests.
pub(crate) struct Running {
    pub(crate) scheme: &'static str,
    pub(crate) address: SocketAddr,
    pub(crate) ingest: Ingest,
    /// What its routes answer from.
    pub(crate) answers: Answers,
    server: ServerHandle,
    task: JoinHandle<std::io::Result<()>>,
    _lock: FolderLock,
}

/// Where the service listens.
struct Sockets {
    /// What apps reach.
    public: TcpListener,
    address: SocketAddr,
    /// With TLS on the public one: where commands on this machine reach the service, since no
    /// certificate is for this machine's own name.
    local: Option<TcpListener>,
    certificate: Option<Arc<Certificate>>,
}

impl Sockets {
    fn open(config: &Config) -> anyhow::Result<Self> {
        let listen = &config.serve.listen;
        let public = TcpListener::bind(listen)
            .with_context(|| format!("cannot listen on {listen}: choose another with --listen"))?;
        let certificate = Certificate::open(&config.tls)?;
        let local = certificate.is_some().then(|| TcpListener::bind(LOCAL));
        Ok(Self {
            address: public.local_addr().context("the socket has no address")?,
            public,
            local: local.transpose().context("cannot listen on this machine")?,
            certificate,
        })
    }

    /// The address for commands on this machine.
    fn for_commands(&self) -> anyhow::Result<SocketAddr> {
        let local = self.local.as_ref().map(TcpListener::local_addr);
        let address = local.transpose().context("the socket has no address")?;
        Ok(address.unwrap_or(self.address))
    }
}

/// Starts the service on a data folder.
pub(crate) async fn start(folder: &Path, config: &Config) -> anyhow::Result<Running> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let sockets = Sockets::open(config)?;
    let lock = FolderLock::take(folder, &sockets.for_commands()?.to_string())?;
    let ingest = open(folder, config.ingest.clone(), Arc::clone(&clock)).await?;
    let keys = keys(folder, &clock, &config.serve.app)?;
    let notices = Notices::default();
    let metrics = MoreMetrics::default();
    let parts = (ingest.clone(), Arc::clone(&clock), metrics.clone());
    let answers = Answers::of(folder, parts, config)?;
    let state = State::new(
        ingest.clone(),
        keys,
        Arc::clone(&clock),
        config.http.clone(),
    )
    .behind(config.serve.proxies.clone())
    .telling(notices.clone())
    .showing(metrics)
    .describing(crate::web::document);
    let state = web::Data::new(state);
    let answering = answers.clone();
    let server = HttpServer::new(move || {
        let (state, answers) = (state.clone(), answering.clone());
        App::new()
            .configure(move |config| configure(config, state))
            .configure(move |config| crate::web::configure(config, answers))
    })
    .backlog(BACKLOG)
    .max_connections(CONNECTIONS_MAX)
    .keep_alive(KEEP_ALIVE)
    .client_request_timeout(HEAD_TIME)
    .worker_max_blocking_threads(BLOCKING_THREADS)
    .disable_signals()
    .shutdown_timeout(STOP_SECONDS);
    let address = sockets.address;
    let scheme = if sockets.certificate.is_some() {
        "https"
    } else {
        "http"
    };
    let server = match &sockets.certificate {
        Some(certificate) => {
            Arc::clone(certificate).follow(notices, ingest.stopping())?;
            server.listen_rustls_0_23(sockets.public, certificate.server_config()?)
        }
        None => server.listen(sockets.public),
    };
    let server = match sockets.local {
        Some(local) => server.and_then(|server| server.listen(local)),
        None => server,
    };
    let server = server.context("the socket cannot be served")?.run();
    let handle = server.handle();
    let task = tokio::spawn(server);
    Ok(Running {
        scheme,
        address,
        ingest,
        answers,
        server: handle,
        task,
        _lock: lock,
    })
}

/// Opens the keys, and says where the first ones are.
fn keys(folder: &Path, clock: &Arc<dyn Clock>, app: &str) -> anyhow::Result<KeyStore> {
    let keys = KeyStore::open(folder, Arc::clone(clock))?;
    if let Some(path) = keys.create_first(app)? {
        let path = path.display();
        terminal::note(&format!("first keys for app {app} are in {path}"));
    }
    Ok(keys)
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

/// The signals that ask the process to stop, caught from when this is made.
pub(crate) struct StopSignals {
    terminate: Signal,
    interrupt: Signal,
}

impl StopSignals {
    /// To be made before anybody is told that the service runs.
    pub(crate) fn catch() -> anyhow::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate()).context("SIGTERM cannot be awaited")?,
            interrupt: signal(SignalKind::interrupt()).context("ctrl-c cannot be awaited")?,
        })
    }

    /// Waits until the process is asked to stop.
    pub(crate) async fn wait(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

impl Running {
    /// Takes nothing more, brings what was taken into the tables, and lets the folder go.
    pub(crate) async fn stop(self) -> anyhow::Result<()> {
        self.ingest.announce_stop();
        self.server.stop(true).await;
        self.task.await.context("the server ended early")??;
        self.ingest
            .shutdown()
            .await
            .context("the last flush failed; the WAL holds the rest")
    }
}
