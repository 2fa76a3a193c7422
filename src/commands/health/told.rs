//! Where each format of a verdict goes: stdout, and the files that GitHub Actions names.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::Path;

use analysis::findings::HealthFindings;
use anyhow::Context as _;

use crate::cli::HealthFormat;
use crate::config::env;
use crate::terminal;

/// Says the verdict.
///
/// # Errors
/// When it cannot be written: a verdict that nobody is told is none.
pub(super) fn tell(findings: &HealthFindings, format: HealthFormat) -> anyhow::Result<()> {
    let text = match format {
        HealthFormat::Text => reports::health_text(findings),
        HealthFormat::Json => reports::health_json(findings)?,
        HealthFormat::Junit => reports::health_junit(findings),
        HealthFormat::Nagios => reports::health_nagios(findings),
        HealthFormat::Prom => reports::health_prometheus(findings),
        HealthFormat::Github => {
            let told = reports::health_github(findings);
            append(env::GITHUB_STEP_SUMMARY, &told.summary)?;
            append(env::GITHUB_OUTPUT, &told.outputs)?;
            told.annotations
        }
    };
    terminal::bytes(text.as_bytes()).context("stdout cannot be written")
}

/// Appends to the file that the environment names; nothing where it names none.
fn append(variable: &str, text: &str) -> anyhow::Result<()> {
    let named = std::env::var_os(variable).filter(|path| !path.is_empty());
    let Some(path) = named else {
        return Ok(());
    };
    let path = Path::new(&path);
    let written = OpenOptions::new()
        .append(true)
        .create(true)
        .open(path)
        .and_then(|mut file| file.write_all(text.as_bytes()));
    written.with_context(|| format!("{variable} {} cannot be written", path.display()))
}
