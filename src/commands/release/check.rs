//! `shipwake release check`: whether a release may go out; who signs and decides is kept.

use std::process::ExitCode;

use analysis::WeekStart;
use analysis::findings::{ReleaseCheck, Verdict};
use anyhow::ensure;
use lake::{Clock as _, RawObject, SystemClock};
use serde_json::{Value, json};

use crate::cli::{GoArg, PlanFormat, ReleaseCheckArgs};
use crate::commands::draft::{self, Draft};
use crate::question::Asked;
use crate::terminal;

/// Days whose feedback is looked at.
const DAYS: i64 = 28;

/// Prints how the release stands, and ends as a health check does: 0 ready, 1 with a warning, 2 not
/// ready, 3 where too little is known.
pub(super) fn run(args: &ReleaseCheckArgs) -> anyhow::Result<ExitCode> {
    let asked = Asked::new(&args.question, WeekStart::Monday)?;
    let period = asked.last_days(DAYS)?;
    let (snapshot, settings) = (&asked.snapshot, &asked.settings);
    let found = analysis::release_check(snapshot, settings, &period, &args.release, asked.as_of)?;
    if args.says() {
        let draft = draft(args, &asked.settings.app, &found)?;
        if args.dry_run {
            draft.show(args.format == PlanFormat::Json)?;
        } else {
            draft.write(&args.question.data)?;
        }
        return Ok(ExitCode::SUCCESS);
    }
    if args.parts {
        let parts = reports::board::release_check_parts(&found)?;
        terminal::bytes(&serde_json::to_vec(&parts)?)?;
        return Ok(ExitCode::SUCCESS);
    }
    let text = match args.format {
        PlanFormat::Text => reports::release_check_text(&found),
        PlanFormat::Json => reports::release_check_json(&found)?,
    };
    terminal::data(text.trim_end());
    Ok(ExitCode::from(found.verdict.number()))
}

/// The marks that sign and decide.
fn draft(args: &ReleaseCheckArgs, app: &str, found: &ReleaseCheck) -> anyhow::Result<Draft> {
    let by = args.by.as_deref().unwrap_or_default();
    ensure!(!by.trim().is_empty(), "--by: name who signs or decides");
    let at = jiff::Timestamp::from_microsecond(SystemClock.now())?.to_string();
    let mut draft = Draft {
        app: app.to_owned(),
        plans: Vec::new(),
        marks: Vec::new(),
        told: Vec::new(),
    };
    let mark = |mark: &str, more: &[(&str, Value)]| -> RawObject {
        let of_all = [
            ("version", json!(args.release)),
            ("environment", json!(found.environment)),
            ("mark", json!(mark)),
            ("at", json!(at)),
            ("author", json!(by)),
            ("note", json!(args.reason)),
        ];
        draft::object(&of_all, more)
    };
    let signed = args.sign.iter().map(|item| (item, "signed"));
    let taken_back = args.unsign.iter().map(|item| (item, "unsigned"));
    for (item, word) in signed.chain(taken_back) {
        is_known(item, found)?;
        draft.marks.push(mark(word, &[("item", json!(item))]));
        draft
            .told
            .push(format!("{}: {item} {word} by {by}", args.release));
    }
    if let Some(decision) = args.decide {
        let is_against = decision == GoArg::Go && found.verdict == Verdict::Fail;
        ensure!(
            !is_against || args.reason.is_some(),
            "{} is not ready: a go against the checks needs a --reason",
            args.release
        );
        let (word, told) = match decision {
            GoArg::Go => ("go", "go"),
            GoArg::NoGo => ("no_go", "no-go"),
        };
        draft.marks.push(mark(word, &[("checks", stand(found))]));
        draft.told.push(format!(
            "{}: {told}, decided by {by}; {} checks and {} signatures are kept with it",
            args.release,
            found.checks.len(),
            found.by_hand.len()
        ));
    }
    Ok(draft)
}

fn is_known(item: &str, found: &ReleaseCheck) -> anyhow::Result<()> {
    let known: Vec<&str> = found
        .by_hand
        .iter()
        .map(|known| known.item.as_str())
        .collect();
    ensure!(
        !known.is_empty(),
        "there is no checklist: give one in the configuration, [checklist.NAME] with a title, or in \
         the release's record"
    );
    ensure!(
        known.contains(&item),
        "no item of the checklist is called {item:?}: it has {}",
        known.join(", ")
    );
    Ok(())
}

/// How each check stands, as it is kept with a decision; at the end what was read for it.
fn stand(found: &ReleaseCheck) -> Value {
    let by_data = found.checks.iter().map(|check| {
        json!({"check": check.check, "verdict": check.verdict, "found": check.found, "of": check.of})
    });
    let by_hand = found.by_hand.iter().map(|item| {
        let verdict = if item.signed_at.is_some() {
            "signed"
        } else {
            "open"
        };
        json!({"check": item.item, "verdict": verdict, "by": item.signed_by})
    });
    let versions: serde_json::Map<String, Value> = found
        .table_versions
        .iter()
        .map(|(table, version)| (table.clone(), json!(version)))
        .collect();
    let read = [json!({"tables": versions})];
    by_data.chain(by_hand).chain(read).collect()
}
