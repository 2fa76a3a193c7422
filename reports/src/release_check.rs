//! Whether a release may go out, for the terminal and as JSON.

use analysis::findings::{GoCheck, GoRule, HandCheck, ReleaseCheck, Verdict};

use crate::error::Result;
use crate::number;
use crate::text::{clean, listed, short};
use crate::wording::{aligned, verdict};

/// Most items that are named.
const ITEMS_MAX: usize = 5;
/// Longest title and reason.
const CHARS_MAX: usize = 160;

/// The go/no-go check for the terminal.
#[must_use]
pub fn release_check_text(found: &ReleaseCheck) -> String {
    let planned = found.planned_at.as_deref().map_or_else(String::new, |at| {
        format!(", planned for {}", clean(at.get(..10).unwrap_or(at)))
    });
    let owner = found.owner.as_deref().map_or_else(String::new, |owner| {
        format!(", {} answers for it", clean(owner))
    });
    let head = format!(
        "{} {}: {}{planned}{owner}",
        clean(&found.app),
        clean(&found.release),
        standing(found.verdict),
    );
    let heading = ["", "check", "what was found"].map(str::to_owned);
    let by_data = found.checks.iter().map(|check| {
        let word = match (check.verdict, check.is_blocking) {
            (Verdict::Fail, false) => "warn",
            (found, _) => verdict(found).word,
        };
        [word.to_owned(), name(check.check).to_owned(), told(check)]
    });
    let by_hand = found.by_hand.iter().map(|item| {
        let word = match (&item.signed_at, item.is_overdue) {
            (Some(_), _) => "signed",
            (None, true) => "overdue",
            (None, false) => "open",
        };
        [
            word.to_owned(),
            short(&item.title, CHARS_MAX),
            signature(item),
        ]
    });
    let rows = std::iter::once(heading).chain(by_data).chain(by_hand);
    let rows: Vec<[String; 3]> = rows.collect();
    let decision = found.decision.as_ref().map(|decision| {
        let by = decision
            .by
            .as_deref()
            .map_or_else(String::new, |by| format!(" by {}", clean(by)));
        let reason = decision.reason.as_deref();
        let reason = reason.map_or_else(String::new, |why| format!(": {}", short(why, CHARS_MAX)));
        format!(
            "\n\ndecided {}{by} at {}{reason}",
            decision.decision.replace('_', "-"),
            clean(&decision.at)
        )
    });
    format!(
        "{head}\n\n{}{}\n",
        aligned(&rows),
        decision.unwrap_or_default()
    )
}

/// The go/no-go check as JSON, of which no character steers a terminal or a build log.
///
/// # Errors
/// When it cannot be written as JSON.
pub fn release_check_json(found: &ReleaseCheck) -> Result<String> {
    Ok(crate::verdict::json(&serde_json::to_string_pretty(found)?))
}

pub(crate) fn standing(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Pass => "ready",
        Verdict::Warn => "ready, with warnings",
        Verdict::Fail => "not ready",
        Verdict::InsufficientData => "too little is known",
    }
}

pub(crate) fn name(rule: GoRule) -> &'static str {
    match rule {
        GoRule::CriticalReports => "no open critical reports",
        GoRule::LastRelease => "the last release is healthy",
        GoRule::Staging => "healthy where it is tried out",
        GoRule::ScopeDone => "all of its scope is done",
        GoRule::Answers => "people are answered in time",
        GoRule::Goals => "it has goals",
        GoRule::Measurable => "each item can be measured",
        GoRule::ClearScope => "each item says when it is done",
        GoRule::Capacity => "its plan keeps within the capacity",
    }
}

/// What was found.
pub(crate) fn told(check: &GoCheck) -> String {
    let (found, of) = (number::plain(check.found), number::plain(check.of));
    match check.check {
        GoRule::CriticalReports => format!("{found} of the last four weeks without an answer"),
        GoRule::LastRelease | GoRule::Staging => {
            let words = check.about.iter().map(|word| short(word, CHARS_MAX));
            words.collect::<Vec<_>>().join(": ")
        }
        GoRule::Answers => format!("{found} overdue; {of} were due"),
        GoRule::Goals => format!("{of} in its record"),
        GoRule::Capacity => format!("{found} of {of} person-days"),
        GoRule::ScopeDone | GoRule::Measurable | GoRule::ClearScope => of_items(check, &of),
    }
}

fn of_items(check: &GoCheck, of: &str) -> String {
    if check.verdict == Verdict::InsufficientData {
        return "it has no scope".to_owned();
    }
    let named = check.items.iter().take(ITEMS_MAX).map(|item| {
        let title = short(&item.title, 40);
        let words: Vec<String> = item.found.iter().map(|word| clean(word)).collect();
        let words = if words.is_empty() {
            String::new()
        } else {
            format!(" ({})", words.join(", "))
        };
        format!("{} {title}{words}", clean(&item.item_id))
    });
    let rest = check.items.len().saturating_sub(ITEMS_MAX);
    let rest = (rest > 0).then(|| format!("{rest} more"));
    let named: Vec<String> = named.chain(rest).collect();
    match named.is_empty() {
        true => format!("all {of} items"),
        false => format!(
            "{} of {of} items: {}",
            number::plain(check.found),
            listed(&named)
        ),
    }
}

pub(crate) fn signature(item: &HandCheck) -> String {
    let optional = if item.is_optional { ", optional" } else { "" };
    let who = match (&item.signed_at, &item.signed_by, &item.owner) {
        (Some(at), Some(by), _) => format!("by {} at {}", clean(by), clean(at)),
        (Some(at), None, _) => format!("at {}", clean(at)),
        (None, _, Some(owner)) => format!("{} signs it", clean(owner)),
        (None, _, None) => "nobody is named".to_owned(),
    };
    let due = match (&item.signed_at, &item.due_at) {
        (None, Some(due)) => format!(", due {}", clean(due)),
        _ => String::new(),
    };
    let note = item
        .note
        .as_deref()
        .map_or_else(String::new, |note| format!(": {}", short(note, CHARS_MAX)));
    format!("{} ({who}{due}{optional}){note}", clean(&item.item))
}
