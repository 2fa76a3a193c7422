//! `shipwake health check`: one release judged once.

use std::process::ExitCode;

use analysis::WeekStart;
use analysis::findings::Verdict;

use crate::cli::{ExitStyle, Health, HealthCheck, HealthFormat};
use crate::question::Asked;
use crate::terminal;

pub(crate) fn run(health: &Health) -> anyhow::Result<ExitCode> {
    match health {
        Health::Check(args) => check(args),
        Health::Simulate(args) => super::simulate::run(args).map(|()| ExitCode::SUCCESS),
    }
}

fn check(args: &HealthCheck) -> anyhow::Result<ExitCode> {
    let asked = Asked::new(&args.question, WeekStart::Monday)?;
    let findings = analysis::health(&asked.snapshot, &asked.settings, &args.release, asked.as_of)?;
    let text = match args.format {
        HealthFormat::Text => reports::health_text(&findings).trim_end().to_owned(),
        HealthFormat::Json => serde_json::to_string_pretty(&findings)?,
    };
    terminal::data(&text);
    Ok(ExitCode::from(code(findings.verdict, args.exit_style)))
}

fn code(verdict: Verdict, style: ExitStyle) -> u8 {
    match (style, verdict) {
        (_, Verdict::Pass) => 0,
        (ExitStyle::Nagios, Verdict::Warn) | (ExitStyle::Ci, Verdict::Fail) => 1,
        (ExitStyle::Nagios, Verdict::Fail) => 2,
        (ExitStyle::Nagios, Verdict::InsufficientData) => 3,
        (ExitStyle::Ci, Verdict::Warn | Verdict::InsufficientData) => 0,
    }
}
