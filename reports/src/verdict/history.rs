//! The history of verdicts for the terminal, and the line that is told when one changes.

use analysis::findings::{HealthFindings, PastVerdict, Verdict, VerdictHistory};
use analysis::metric::Unit;

use crate::number;
use crate::text::{for_chat, log_safe};
use crate::wording::{NAME_CHARS_MAX, REASON_CHARS_MAX, state, verdict};

/// What was said, a line each, and how often a release that was fine had been flagged.
pub(crate) fn history(found: &VerdictHistory) -> String {
    let mut lines: Vec<String> = found.verdicts.iter().map(line).collect();
    if lines.is_empty() {
        lines.push(format!(
            "no verdict was given yet on releases of {}",
            found.app
        ));
    }
    lines.push(calibration(found));
    lines.join("\n") + "\n"
}

fn line(past: &PastVerdict) -> String {
    let before = past.changed_from.map_or_else(
        || "first".to_owned(),
        |before| format!("was {}", verdict(before).word),
    );
    let chip = verdict(past.verdict);
    format!(
        "{}  {}  {} {} ({before}, no. {})  {}",
        past.evaluated_at,
        log_safe(&past.release, NAME_CHARS_MAX),
        chip.icon,
        chip.word,
        past.revision,
        log_safe(&past.reason, REASON_CHARS_MAX)
    )
}

fn calibration(found: &VerdictHistory) -> String {
    let flagged = &found.flagged_while_fine;
    if flagged.n == 0 {
        return "calibration: no release has come out fine yet".to_owned();
    }
    format!(
        "calibration: of the {} releases that came out fine, {} had been flagged before",
        number::count(flagged.n),
        number::estimate(Unit::Rate, flagged)
    )
}

/// What a chat is told when a verdict changes; no name of a release calls anybody.
pub(crate) fn notice(findings: &HealthFindings, before: Option<Verdict>) -> String {
    let before = before.map_or_else(String::new, |before| {
        format!(" (was {})", verdict(before).word)
    });
    let text = format!(
        "{} Release {} of {}: {}{before}. {}",
        verdict(findings.verdict).icon,
        log_safe(&findings.release, NAME_CHARS_MAX),
        findings.app,
        state(findings.verdict),
        log_safe(&findings.reason, REASON_CHARS_MAX)
    );
    for_chat(&text)
}
