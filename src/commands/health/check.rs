//! `shipwake health check`: one release judged once, on a data folder or by a running service.

use std::process::ExitCode;
use std::time::Duration;

use analysis::WeekStart;
use analysis::findings::{HealthFindings, Verdict};
use anyhow::{Context as _, bail};

use super::told;
use crate::cli::{ExitStyle, FailOn, HealthCheck};
use crate::judge::judge;
use crate::question::Asked;
use crate::remote::Remote;

pub(super) fn run(args: &HealthCheck) -> anyhow::Result<ExitCode> {
    let rule = ExitRule::of(args)?;
    let findings = match Remote::named(&args.service)? {
        Some(remote) => ask(&remote, args)?,
        None => look(args)?,
    };
    told::tell(&findings, args.format)?;
    Ok(ExitCode::from(rule.code(findings.verdict)))
}

/// Judges by the data folder.
fn look(args: &HealthCheck) -> anyhow::Result<HealthFindings> {
    let mut asked = Asked::new(&args.question, WeekStart::Monday)?;
    asked.settings.baseline.clone_from(&args.baseline);
    if let Some(max_age) = args.max_age {
        asked.settings.health.max_age = max_age;
    }
    Ok(judge(
        &asked.snapshot,
        &asked.settings,
        &args.release,
        asked.as_of,
    )?)
}

/// Has a running service judge.
fn ask(remote: &Remote, args: &HealthCheck) -> anyhow::Result<HealthFindings> {
    let question = &args.question;
    let path = ["v1", "health", "releases", &args.release];
    let query = [
        ("app", question.app.clone()),
        ("environment", Some(question.environment.clone())),
        ("zone", Some(question.zone.clone())),
        ("as_of", question.as_of.clone()),
        ("baseline", args.baseline.clone()),
        ("max_age", args.max_age.map(written)),
    ];
    let answer = remote.get(&path, &query)?;
    serde_json::from_str(&answer).context("the service did not answer with a verdict")
}

/// A span as the service reads it.
fn written(span: Duration) -> String {
    format!("{}ms", span.as_millis())
}

/// From a verdict to an exit code.
#[derive(Debug, PartialEq, Eq)]
enum ExitRule {
    /// 0 pass, 1 warn, 2 fail, 3 unknown.
    Nagios,
    /// 1 for these, else 0.
    Ci(Vec<FailOn>),
}

impl ExitRule {
    fn of(args: &HealthCheck) -> anyhow::Result<Self> {
        match (args.exit_style, args.fail_on.as_slice()) {
            (ExitStyle::Nagios, []) => Ok(Self::Nagios),
            (ExitStyle::Nagios, _) => bail!("--fail-on goes with --exit-style ci"),
            (ExitStyle::Ci, []) => Ok(Self::Ci(vec![FailOn::Fail])),
            (ExitStyle::Ci, named) => Ok(Self::Ci(named.to_vec())),
        }
    }

    fn code(&self, verdict: Verdict) -> u8 {
        let fails = match self {
            Self::Nagios => return verdict.number(),
            Self::Ci(fails) => fails,
        };
        let named = match verdict {
            Verdict::Pass => return 0,
            Verdict::Warn => FailOn::Warn,
            Verdict::Fail => FailOn::Fail,
            Verdict::InsufficientData => FailOn::Unknown,
        };
        u8::from(fails.contains(&named))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const VERDICTS: [Verdict; 4] = [
        Verdict::Pass,
        Verdict::Warn,
        Verdict::Fail,
        Verdict::InsufficientData,
    ];

    #[test]
    fn each_style_has_its_codes() {
        let codes = |rule: ExitRule| VERDICTS.map(|verdict| rule.code(verdict));
        assert_eq!(codes(ExitRule::Nagios), [0, 1, 2, 3]);
        assert_eq!(codes(ExitRule::Ci(vec![FailOn::Fail])), [0, 0, 1, 0]);
        assert_eq!(codes(ExitRule::Ci(vec![FailOn::Unknown])), [0, 0, 0, 1]);
        let all = vec![FailOn::Fail, FailOn::Warn, FailOn::Unknown];
        assert_eq!(codes(ExitRule::Ci(all)), [0, 1, 1, 1]);
    }
}
