//! TLS: the certificate that the service shows, read again when its files change.
//!
//! Connections keep the certificate that they began with. A new pair of files that cannot be used
//! changes nothing but what `/readyz` and the log say: the certificate before it stays.

use std::fs::{self, Metadata};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use anyhow::Context as _;
use ingest::Notices;
use rustls::ServerConfig;
use rustls::crypto::CryptoProvider;
use rustls::crypto::ring::default_provider;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use serde::{Deserialize, Serialize};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;

/// How often the files are looked at.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// What `/readyz` says it under.
const TOPIC: &str = "tls";

/// The section `[serve.tls]`: TLS where both files are named.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct TlsSettings {
    /// The certificate and those that lead to it, PEM.
    #[serde(skip_serializing_if = "Option::is_none")]
    cert: Option<PathBuf>,
    /// Its private key, PEM.
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<PathBuf>,
}

impl TlsSettings {
    /// Whether the service speaks TLS.
    pub(crate) fn is_on(&self) -> bool {
        self.cert.is_some()
    }

    /// Takes relative paths from `folder` on.
    pub(crate) fn look_in(&mut self, folder: &Path) {
        for path in [&mut self.cert, &mut self.key].into_iter().flatten() {
            *path = folder.join(&*path);
        }
    }

    /// What does not hold together.
    pub(crate) fn problems(&self) -> Vec<String> {
        let missing = match (&self.cert, &self.key) {
            (Some(_), None) => "key",
            (None, Some(_)) => "cert",
            _ => return Vec::new(),
        };
        vec![format!(
            "serve.tls.{missing}: cert and key are named together"
        )]
    }

    /// The two files, where TLS is asked for.
    fn files(&self) -> Option<[PathBuf; 2]> {
        Some([self.cert.clone()?, self.key.clone()?])
    }
}

/// Tells one state of the files from another.
type Mark = [Option<(u64, u64, i64, i64)>; 2];

/// A certificate that follows its files.
#[derive(Debug)]
pub(crate) struct Certificate {
    files: [PathBuf; 2],
    provider: CryptoProvider,
    shown: RwLock<Arc<CertifiedKey>>,
    mark: Mutex<Mark>,
}

impl Certificate {
    /// Reads the certificate, where TLS is asked for.
    ///
    /// # Errors
    /// When the files cannot be used: the service does not start without TLS if it is to have it.
    pub(crate) fn open(settings: &TlsSettings) -> anyhow::Result<Option<Arc<Self>>> {
        let Some(files) = settings.files() else {
            return Ok(None);
        };
        let provider = default_provider();
        let mark = mark(&files);
        let shown = RwLock::new(read(&files, &provider)?);
        let mark = Mutex::new(mark);
        Ok(Some(Arc::new(Self {
            files,
            provider,
            shown,
            mark,
        })))
    }

    /// How connections are secured.
    ///
    /// # Errors
    /// When the provider lacks a protocol version, which is a bug.
    pub(crate) fn server_config(self: &Arc<Self>) -> anyhow::Result<ServerConfig> {
        let provider = Arc::new(self.provider.clone());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .context("TLS cannot be set up")?
            .with_no_client_auth()
            .with_cert_resolver(Arc::clone(self) as Arc<dyn ResolvesServerCert>);
        Ok(config)
    }

    /// Reads the files again, at once on SIGHUP and else when they change, until the service stops.
    ///
    /// # Errors
    /// When SIGHUP cannot be awaited.
    pub(crate) fn follow(
        self: Arc<Self>,
        notices: Notices,
        stopping: watch::Receiver<bool>,
    ) -> anyhow::Result<()> {
        let hangup = signal(SignalKind::hangup()).context("SIGHUP cannot be awaited")?;
        tokio::spawn(self.keep_up(notices, hangup, stopping));
        Ok(())
    }

    async fn keep_up(
        self: Arc<Self>,
        notices: Notices,
        mut hangup: Signal,
        mut stopping: watch::Receiver<bool>,
    ) {
        let mut looks = tokio::time::interval(LOOK_EVERY);
        loop {
            let is_asked = tokio::select! {
                _ = looks.tick() => false,
                _ = hangup.recv() => true,
                _ = stopping.wait_for(|stops| *stops) => return,
            };
            let certificate = Arc::clone(&self);
            let looked = tokio::task::spawn_blocking(move || certificate.look(is_asked)).await;
            match looked {
                Ok(Some(Ok(()))) => notices.set(TOPIC, None),
                Ok(Some(Err(error))) => {
                    let warning = format!("the certificate before it stays: {error:#}");
                    tracing::warn!(error = %warning, "certificate not reloaded");
                    notices.set(TOPIC, Some(format!("TLS: {warning}")));
                }
                Ok(None) | Err(_) => {}
            }
        }
    }

    /// Reads the files if they changed or if it is asked for; says how that ended.
    fn look(&self, is_asked: bool) -> Option<anyhow::Result<()>> {
        // The mark before the content: a change in between is then seen at the next look.
        let now = mark(&self.files);
        let before = {
            let mut mark = self.mark.lock().unwrap_or_else(PoisonError::into_inner);
            std::mem::replace(&mut *mark, now)
        };
        if before == now && !is_asked {
            return None;
        }
        Some(read(&self.files, &self.provider).map(|read| {
            *self.shown.write().unwrap_or_else(PoisonError::into_inner) = read;
            tracing::info!(cert = %self.files[0].display(), "reloaded certificate");
        }))
    }
}

impl ResolvesServerCert for Certificate {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let shown = self.shown.read().unwrap_or_else(PoisonError::into_inner);
        Some(Arc::clone(&shown))
    }
}

fn mark(files: &[PathBuf; 2]) -> Mark {
    let of = |meta: Metadata| (meta.ino(), meta.len(), meta.mtime(), meta.mtime_nsec());
    [&files[0], &files[1]].map(|file| fs::metadata(file).ok().map(of))
}

/// Reads a certificate and the key that belongs to it.
fn read(
    [cert, key]: &[PathBuf; 2],
    provider: &CryptoProvider,
) -> anyhow::Result<Arc<CertifiedKey>> {
    let chain: Vec<CertificateDer<'static>> = CertificateDer::pem_file_iter(cert)
        .and_then(Iterator::collect)
        .with_context(|| format!("{} holds no certificates in PEM", cert.display()))?;
    let secret = PrivateKeyDer::from_pem_file(key)
        .with_context(|| format!("{} holds no private key in PEM", key.display()))?;
    anyhow::ensure!(!chain.is_empty(), "{} holds no certificate", cert.display());
    let pair = CertifiedKey::from_der(chain, secret, provider).with_context(|| {
        let (cert, key) = (cert.display(), key.display());
        format!("{key} is not the key of {cert}, or of a kind that is not known")
    })?;
    Ok(Arc::new(pair))
}
