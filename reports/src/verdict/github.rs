//! A verdict for GitHub Actions: annotations for the log, a table for the summary of the job, values
//! for later steps.
//!
//! A step shows ten annotations of a kind and a job fifty, so at most three are written: the verdict
//! and the checks that speak against the release.

use analysis::findings::{Check, HealthFindings, Verdict};

use crate::number;
use crate::text::log_safe;
use crate::wording::{
    NAME_CHARS_MAX, check_sentence, health_line, health_rows, metric_inline, state,
};

/// Annotations of one verdict.
const ANNOTATIONS_MAX: usize = 3;

/// What GitHub Actions is told, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GithubVerdict {
    /// For stdout: workflow commands, a line each.
    pub annotations: String,
    /// To be appended to the file that `GITHUB_STEP_SUMMARY` names, in Markdown.
    pub summary: String,
    /// To be appended to the file that `GITHUB_OUTPUT` names: `verdict=` and `score=`.
    pub outputs: String,
}

/// The verdict for GitHub Actions.
pub(crate) fn github(findings: &HealthFindings) -> GithubVerdict {
    let score = super::score(findings).map_or_else(String::new, |score| number::fixed(score, 0));
    GithubVerdict {
        annotations: annotations(findings),
        summary: summary(findings),
        outputs: format!("verdict={}\nscore={score}\n", findings.verdict.as_str()),
    }
}

fn annotations(findings: &HealthFindings) -> String {
    let release = log_safe(&findings.release, NAME_CHARS_MAX);
    let whole = command(
        findings.verdict,
        &format!("Release {release}: {}", state(findings.verdict)),
        &health_line(findings),
    );
    let against = |wanted: Verdict| {
        let checks = findings.checks.iter();
        checks.filter(move |check: &&Check| check.verdict == wanted)
    };
    let checks = against(Verdict::Fail).chain(against(Verdict::Warn));
    let checks = checks.map(|check| {
        let title = format!("Release {release}: {}", metric_inline(&check.metric));
        command(check.verdict, &title, &check_sentence(check))
    });
    let lines = std::iter::once(whole).chain(checks);
    lines.take(ANNOTATIONS_MAX).collect()
}

fn command(verdict: Verdict, title: &str, message: &str) -> String {
    let level = match verdict {
        Verdict::Pass => "notice",
        Verdict::Warn | Verdict::InsufficientData => "warning",
        Verdict::Fail => "error",
    };
    format!("::{level} title={}::{}\n", property(title), data(message))
}

/// The text of a workflow command.
fn data(text: &str) -> String {
    let text = text.replace('%', "%25");
    text.replace('\r', "%0D").replace('\n', "%0A")
}

/// A property of a workflow command.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

fn summary(findings: &HealthFindings) -> String {
    let mut lines = vec![
        format!(
            "### Release {}: {}\n",
            markdown(&log_safe(&findings.release, NAME_CHARS_MAX)),
            state(findings.verdict)
        ),
        format!("{}\n", markdown(&health_line(findings))),
    ];
    for (index, row) in health_rows(findings).iter().enumerate() {
        if findings.checks.is_empty() {
            break;
        }
        let cells: Vec<String> = row.iter().map(|cell| markdown(cell)).collect();
        lines.push(format!("| {} |", cells.join(" | ")));
        if index == 0 {
            lines.push(format!("|{}", " --- |".repeat(row.len())));
        }
    }
    lines.join("\n") + "\n\n"
}

/// Text that Markdown takes as it stands: its signs are escaped, HTML is none, nobody is mentioned.
fn markdown(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '@' => out.push_str("&#64;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '~' | '!' | '#' => out.extend(['\\', c]),
            other => out.push(other),
        }
    }
    out
}
