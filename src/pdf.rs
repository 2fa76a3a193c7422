//! A page on paper: printed by a browser of this machine, which is asked for nothing else.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use rustix::process::geteuid;
use tokio::process::Command;

use crate::serving;

/// Browsers that print pages, the first that is there.
const BROWSERS: [&str; 5] = [
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
];
/// Longest time of printing.
const TIME_MAX: Duration = Duration::from_secs(60);

/// Prints a page to a PDF beside it, and says where that is.
///
/// # Errors
/// When there is no browser, or it does not print.
pub(crate) fn print(page: &Path) -> anyhow::Result<PathBuf> {
    let page = page.canonicalize().context("the page is not there")?;
    let pdf = page.with_extension("pdf");
    let address = reqwest::Url::from_file_path(&page);
    let address = address.map_err(|()| anyhow::anyhow!("{} has no address", page.display()))?;
    // What was printed before is not taken for what is printed now.
    if pdf.try_exists()? {
        std::fs::remove_file(&pdf)?;
    }
    let folder = tempfile::tempdir().context("no room for the profile of a browser")?;
    for browser in BROWSERS {
        let mut command = Command::new(browser);
        command
            .args([
                "--headless",
                "--disable-gpu",
                "--no-first-run",
                "--disable-extensions",
            ])
            .args(["--disable-background-networking", "--disable-sync"])
            .args(["--no-pdf-header-footer", "--virtual-time-budget=5000"])
            .arg(format!("--user-data-dir={}", folder.path().display()))
            .arg(format!("--print-to-pdf={}", pdf.display()))
            // As root it has no box of its own; the page holds no script and asks nobody.
            .args(geteuid().is_root().then_some("--no-sandbox"))
            .arg(address.as_str())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true);
        let ended = serving::runtime()?
            .block_on(async { tokio::time::timeout(TIME_MAX, command.status()).await })
            .with_context(|| format!("{browser} did not end in time"))?;
        match ended {
            Ok(ended) => {
                ensure!(ended.success(), "{browser} did not print the page: {ended}");
                ensure!(pdf.try_exists()?, "{browser} printed nothing");
                return Ok(pdf);
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => bail!("{browser} cannot be started: {error}"),
        }
    }
    bail!(
        "--pdf: neither Chromium nor Chrome is on the PATH; install one, or open the page and print it"
    )
}
