//! What was decided and written about plans, read in the order in which it came.

use std::collections::{BTreeMap, BTreeSet};

use lake::{Micros, PlanChange, Table, columns};

use crate::error::Result;
use crate::facts::Question;
use crate::facts::records::{in_order, list, read};

/// What an item was to cost and to bring when it was decided about.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Figures {
    pub(crate) effort: Option<f64>,
    pub(crate) value: Option<f64>,
    pub(crate) reach: Option<f64>,
}

/// One decision about an item of a plan.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Entry {
    pub(super) at: Micros,
    pub(super) change: PlanChange,
    pub(super) item: String,
    pub(super) plan: Option<String>,
    pub(super) figures: Figures,
    pub(super) capacity: Option<f64>,
    pub(super) reason: Option<String>,
    pub(super) by: Option<String>,
}

/// What a record said, when, and by whom.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Said<T> {
    pub(super) at: Micros,
    pub(super) by: Option<String>,
    pub(super) what: T,
}

/// The decisions of the app in the environment up to `as_of`, by version, oldest first; an id counts
/// once.
pub(super) fn entries(question: &Question<'_>) -> Result<BTreeMap<String, Vec<Entry>>> {
    let names = [
        columns::APP,
        columns::EVENT_ID,
        columns::VERSION,
        columns::ENVIRONMENT,
        columns::CHANGE,
        columns::ITEM_ID,
        columns::PLAN_ID,
        columns::CHANGED_AT,
        columns::EFFORT_PERSON_DAYS,
        columns::VALUE,
        columns::REACH_USERS,
        columns::CAPACITY_PERSON_DAYS,
        columns::NOTE,
        columns::DECIDED_BY,
        columns::AUTHOR,
    ];
    let frame = read(question, Table::Plans, &names)?;
    let text = |name: &str, row: usize| Ok(frame.texts(name)?.get(row).map(str::to_owned));
    let number = |name: &str, row: usize| {
        let given = frame.numbers(name)?.get(row);
        Ok::<_, crate::Error>(given.filter(|number| number.is_finite()))
    };
    let mut known = BTreeSet::new();
    let mut entries: BTreeMap<String, Vec<Entry>> = BTreeMap::new();
    for row in in_order(&frame)? {
        let of_here =
            text(columns::ENVIRONMENT, row)?.as_ref() == Some(&question.settings.environment);
        let is_new = known.insert(text(columns::EVENT_ID, row)?);
        let change: Option<String> = text(columns::CHANGE, row)?;
        let at = frame.integers(columns::CHANGED_AT)?.get(row);
        let found = (
            text(columns::VERSION, row)?,
            text(columns::ITEM_ID, row)?,
            change.and_then(|word| PlanChange::from_word(&word)),
            at.filter(|at| *at <= question.as_of),
        );
        let (Some(version), Some(item), Some(change), Some(at)) = found else {
            continue;
        };
        if !of_here || !is_new {
            continue;
        }
        let decided_by: Option<String> = text(columns::DECIDED_BY, row)?;
        entries.entry(version).or_default().push(Entry {
            at,
            change,
            item,
            plan: text(columns::PLAN_ID, row)?,
            figures: Figures {
                effort: number(columns::EFFORT_PERSON_DAYS, row)?,
                value: number(columns::VALUE, row)?,
                reach: number(columns::REACH_USERS, row)?,
            },
            capacity: number(columns::CAPACITY_PERSON_DAYS, row)?,
            reason: text(columns::NOTE, row)?,
            by: decided_by.or(text(columns::AUTHOR, row)?),
        });
    }
    for entries in entries.values_mut() {
        entries.sort_by_key(|entry| entry.at);
    }
    Ok(entries)
}

/// What each record of a version named as its scope, oldest first.
pub(super) fn scopes(question: &Question<'_>) -> Result<BTreeMap<String, Vec<Said<Vec<String>>>>> {
    let names = [
        columns::APP,
        columns::VERSION,
        columns::ENVIRONMENT,
        columns::SCOPE,
        columns::AUTHOR,
    ];
    let frame = read(question, Table::Releases, &names)?;
    let (versions, environments) = (
        frame.texts(columns::VERSION)?,
        frame.texts(columns::ENVIRONMENT)?,
    );
    let (scopes, authors) = (frame.texts(columns::SCOPE)?, frame.texts(columns::AUTHOR)?);
    let received = frame.integers(columns::RECEIVED_AT)?;
    let mut said: BTreeMap<String, Vec<Said<Vec<String>>>> = BTreeMap::new();
    for row in in_order(&frame)? {
        let (Some(version), Some(at)) = (versions.get(row), received.get(row)) else {
            continue;
        };
        if at > question.as_of
            || environments.get(row) != Some(question.settings.environment.as_str())
        {
            continue;
        }
        let what = list(Table::Releases, columns::SCOPE, version, scopes.get(row))?;
        said.entry(version.to_owned()).or_default().push(Said {
            at,
            by: authors.get(row).map(str::to_owned),
            what,
        });
    }
    Ok(said)
}

/// What each record of an item gave as its estimate, oldest first.
pub(super) fn estimates(question: &Question<'_>) -> Result<BTreeMap<String, Vec<Said<f64>>>> {
    let names = [
        columns::APP,
        columns::ITEM_ID,
        columns::EFFORT_PERSON_DAYS,
        columns::AUTHOR,
    ];
    let frame = read(question, Table::Backlog, &names)?;
    let (items, authors) = (
        frame.texts(columns::ITEM_ID)?,
        frame.texts(columns::AUTHOR)?,
    );
    let efforts = frame.numbers(columns::EFFORT_PERSON_DAYS)?;
    let received = frame.integers(columns::RECEIVED_AT)?;
    let mut said: BTreeMap<String, Vec<Said<f64>>> = BTreeMap::new();
    for row in in_order(&frame)? {
        let found = (
            items.get(row),
            efforts.get(row).filter(|effort| effort.is_finite()),
            received.get(row).filter(|at| *at <= question.as_of),
        );
        let (Some(item), Some(effort), Some(at)) = found else {
            continue;
        };
        said.entry(item.to_owned()).or_default().push(Said {
            at,
            by: authors.get(row).map(str::to_owned),
            what: effort,
        });
    }
    Ok(said)
}

/// The last estimate of each item that was decided about in a plan, and when.
pub(crate) fn decided_efforts(question: &Question<'_>) -> Result<BTreeMap<String, (Micros, f64)>> {
    let mut last: BTreeMap<String, (Micros, f64)> = BTreeMap::new();
    for entry in entries(question)?.into_values().flatten() {
        let (PlanChange::ReEstimated, Some(effort)) = (entry.change, entry.figures.effort) else {
            continue;
        };
        let known = last.entry(entry.item).or_insert((entry.at, effort));
        if entry.at >= known.0 {
            *known = (entry.at, effort);
        }
    }
    Ok(last)
}
