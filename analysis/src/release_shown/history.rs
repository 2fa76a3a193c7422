//! What was said and done about a release, in time: records that were written, marks, and decisions
//! about its plan.

use std::collections::{BTreeMap, BTreeSet};

use lake::{MarkKind, Micros, PlanChange, Table, columns};

use crate::days::instant_text;
use crate::error::Result;
use crate::facts::Question;
use crate::facts::accepted::{Accepted, Changed};
use crate::facts::records::{ReleaseNote, in_order, read};
use crate::findings::HistoryLine;
use crate::scan::Frame;

/// The columns of a record that are texts, and those that are instants.
const TEXTS: [&str; 9] = [
    columns::CHANNEL,
    columns::BUILD,
    columns::ROLLOUT,
    columns::STAGES,
    columns::SCOPE,
    columns::GOALS,
    columns::OWNER,
    columns::NOTES,
    columns::CHECKLIST,
];
const INSTANTS: [&str; 2] = [columns::PLANNED_AT, columns::RELEASED_AT];

type Line = (Micros, HistoryLine);

/// The lines of a release, oldest first.
pub(super) fn history(
    question: &Question<'_>,
    release: &str,
    note: Option<&ReleaseNote>,
) -> Result<Vec<HistoryLine>> {
    let mut lines = of_records(question, release)?;
    lines.extend(of_marks(question, release)?);
    if let Some(plan) = note.and_then(|note| note.accepted.as_ref()) {
        lines.extend(of_plan(plan));
    }
    lines.sort_by(|a, b| (a.0, &a.1.what).cmp(&(b.0, &b.1.what)));
    Ok(lines.into_iter().map(|(_, line)| line).collect())
}

fn line(at: Micros, by: Option<&str>, what: String) -> Line {
    let line = HistoryLine {
        at: instant_text(at),
        by: by.map(str::to_owned),
        what,
        reason: None,
    };
    (at, line)
}

/// The rows of the release in the environment that were written by `as_of`, in order.
fn rows_of(question: &Question<'_>, release: &str, frame: &Frame) -> Result<Vec<usize>> {
    let (versions, environments) = (
        frame.texts(columns::VERSION)?,
        frame.texts(columns::ENVIRONMENT)?,
    );
    let received = frame.integers(columns::RECEIVED_AT)?;
    let environment = question.settings.environment.as_str();
    let is_it = |row: &usize| {
        versions.get(*row) == Some(release)
            && environments.get(*row) == Some(environment)
            && received.get(*row).is_some_and(|at| at <= question.as_of)
    };
    Ok(in_order(frame)?.into_iter().filter(is_it).collect())
}

/// Each record that was written, and which fields it was the first to say.
fn of_records(question: &Question<'_>, release: &str) -> Result<Vec<Line>> {
    let of_row = [
        columns::APP,
        columns::VERSION,
        columns::ENVIRONMENT,
        columns::AUTHOR,
        columns::COMMITS,
    ];
    let names = [&of_row[..], &TEXTS, &INSTANTS].concat();
    let frame = read(question, Table::Releases, &names)?;
    let (authors, received) = (
        frame.texts(columns::AUTHOR)?,
        frame.integers(columns::RECEIVED_AT)?,
    );
    let mut lines = Vec::new();
    let mut before: BTreeMap<&str, String> = BTreeMap::new();
    for row in rows_of(question, release, &frame)? {
        let mut now: BTreeMap<&str, String> = BTreeMap::new();
        for name in TEXTS {
            let text = frame.texts(name)?.get(row).filter(|text| *text != "[]");
            now.extend(text.map(|text| (name, text.to_owned())));
        }
        for name in INSTANTS {
            let at = frame.integers(name)?.get(row);
            now.extend(at.map(|at| (name, instant_text(at))));
        }
        let is_new = |(name, value): &(&&str, &String)| before.get(**name) != Some(*value);
        let said = now.iter().filter(is_new);
        let said: Vec<String> = said
            .map(|(name, value)| format!("{name} {value}"))
            .collect();
        let gone = before.keys().filter(|name| !now.contains_key(**name));
        let gone = gone.map(|name| format!("no {name} any more"));
        let what: Vec<String> = said.into_iter().chain(gone).collect();
        let what = match (before.is_empty(), what.as_slice()) {
            (true, []) => "record written".to_owned(),
            (false, []) => "record written again".to_owned(),
            (_, what) => format!("record: {}", what.join(", ")),
        };
        lines.push(line(
            received.get(row).unwrap_or_default(),
            authors.get(row),
            what,
        ));
        before = now;
    }
    Ok(lines)
}

fn of_marks(question: &Question<'_>, release: &str) -> Result<Vec<Line>> {
    let names = [
        columns::APP,
        columns::EVENT_ID,
        columns::VERSION,
        columns::ENVIRONMENT,
        columns::MARK,
        columns::MARKED_AT,
        columns::OF_VERSION,
        columns::NOTE,
        columns::AUTHOR,
        columns::ITEM_ID,
        columns::CHECKS,
    ];
    let frame = read(question, Table::Marks, &names)?;
    let mut known = BTreeSet::new();
    let mut lines = Vec::new();
    for row in rows_of(question, release, &frame)? {
        let text = |name: &str| Ok::<_, crate::Error>(frame.texts(name)?.get(row));
        let kind = text(columns::MARK)?.and_then(MarkKind::from_word);
        let at = frame.integers(columns::MARKED_AT)?.get(row);
        let (Some(kind), Some(at)) = (kind, at.filter(|at| *at <= question.as_of)) else {
            continue;
        };
        if !known.insert(text(columns::EVENT_ID)?) {
            continue;
        }
        let what = match kind {
            MarkKind::Deployed => "deployed",
            MarkKind::Hotfix => "deployed as a hotfix",
            MarkKind::RolledBack => "rolled back",
            MarkKind::Restored => "users are fine again",
            MarkKind::Signed => "signed",
            MarkKind::Unsigned => "signature taken back",
            MarkKind::Go => "decided: go",
            MarkKind::NoGo => "decided: no-go",
        };
        let mut what = what.to_owned();
        if let Some(of) = text(columns::OF_VERSION)? {
            what = format!("{what}, of {of}");
        }
        if let Some(item) = text(columns::ITEM_ID)? {
            what = format!("{what}: {item}");
        }
        if let Some(checks) = text(columns::CHECKS)? {
            what = format!("{what} ({})", stood(checks));
        }
        let (at, mut told) = line(at, text(columns::AUTHOR)?, what);
        told.reason = text(columns::NOTE)?.map(str::to_owned);
        lines.push((at, told));
    }
    Ok(lines)
}

/// How checks stood at a decision, in short.
fn stood(checks: &str) -> String {
    let checks: Vec<serde_json::Value> = serde_json::from_str(checks).unwrap_or_default();
    let told = checks.iter().filter_map(|check| {
        let word = |name: &str| check.get(name).and_then(serde_json::Value::as_str);
        Some(format!("{} {}", word("check")?, word("verdict")?))
    });
    told.collect::<Vec<_>>().join(", ").replace('_', " ")
}

fn of_plan(plan: &Accepted) -> Vec<Line> {
    let items: Vec<&str> = plan.planned.keys().map(String::as_str).collect();
    let accepted = format!("plan accepted: {}", items.join(", "));
    let mut lines = vec![line(plan.at, plan.by.as_deref(), accepted)];
    lines.extend(plan.changes.iter().map(of_change));
    lines
}

fn of_change(one: &Changed) -> Line {
    let days = |days: Option<f64>| days.map_or("?".to_owned(), |days| days.to_string());
    let what = match one.change {
        PlanChange::Removed => format!("plan: {} taken out", one.item),
        PlanChange::ReEstimated => format!(
            "plan: {} estimated anew, {} person-days in place of {}",
            one.item,
            days(one.after),
            days(one.before)
        ),
        PlanChange::Added | PlanChange::Accepted => {
            format!("plan: {} added, {} person-days", one.item, days(one.after))
        }
    };
    let (at, mut told) = line(one.at, one.by.as_deref(), what);
    told.reason.clone_from(&one.reason);
    (at, told)
}
