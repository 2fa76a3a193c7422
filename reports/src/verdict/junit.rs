//! A verdict as JUnit XML: one test case for the verdict and one for each check. What a test report
//! drops on its way (GitLab drops the `message`) is said again in the element's text.

use analysis::findings::{HealthFindings, Verdict};

use crate::text::{escape, log_safe};
use crate::wording::{NAME_CHARS_MAX, REASON_CHARS_MAX, check_sentence};

/// A test case: its name, how it ended, and why.
struct Case {
    name: String,
    verdict: Verdict,
    message: String,
}

/// The verdict as a file that test reports are made of.
pub(crate) fn junit(findings: &HealthFindings) -> String {
    let release = attribute(&log_safe(&findings.release, NAME_CHARS_MAX));
    let cases = cases(findings);
    let count = |verdict| cases.iter().filter(|case| case.verdict == verdict).count();
    let counts = format!(
        "tests=\"{}\" failures=\"{}\" errors=\"0\" skipped=\"{}\"",
        cases.len(),
        count(Verdict::Fail),
        count(Verdict::InsufficientData)
    );
    let timestamp = attribute(&findings.evaluated_at);
    let mut lines = vec![
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>".to_owned(),
        format!("<testsuites name=\"shipwake health check\" {counts}>"),
        format!("  <testsuite name=\"health.{release}\" {counts} timestamp=\"{timestamp}\">"),
    ];
    lines.extend(cases.iter().map(|case| element(case, &release)));
    lines.extend(["  </testsuite>".to_owned(), "</testsuites>\n".to_owned()]);
    lines.join("\n")
}

fn cases(findings: &HealthFindings) -> Vec<Case> {
    let whole = Case {
        name: "verdict".to_owned(),
        verdict: findings.verdict,
        message: log_safe(&findings.reason, REASON_CHARS_MAX),
    };
    let each = findings.checks.iter().map(|check| Case {
        name: log_safe(&check.metric, NAME_CHARS_MAX),
        verdict: check.verdict,
        message: check_sentence(check),
    });
    std::iter::once(whole).chain(each).collect()
}

fn element(case: &Case, release: &str) -> String {
    let (name, message) = (attribute(&case.name), attribute(&case.message));
    let said = match case.verdict {
        Verdict::Pass | Verdict::Warn => {
            let word = case.verdict.as_str();
            format!("<system-out>{word}: {message}</system-out>")
        }
        Verdict::Fail => {
            format!("<failure message=\"{message}\" type=\"regression\">{message}</failure>")
        }
        Verdict::InsufficientData => {
            format!("<skipped message=\"{message}\">{message}</skipped>")
        }
    };
    format!(
        "    <testcase classname=\"health.{release}\" name=\"{name}\" time=\"0\">{said}</testcase>"
    )
}

/// Escaped, without the few characters that XML has no way to write.
fn attribute(text: &str) -> String {
    let writable: String = text
        .chars()
        .filter(|c| !matches!(c, '\u{fffe}' | '\u{ffff}'))
        .collect();
    escape(&writable)
}
