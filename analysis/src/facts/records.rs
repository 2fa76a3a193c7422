//! Records of the team: release records and backlog items. The last one written counts, whatever
//! the files' order.

use std::collections::BTreeMap;

use lake::{BacklogItem, Factors, Goal, Micros, Table, columns};
use polars::prelude::{Expr, col, lit};
use serde::de::DeserializeOwned;

use crate::error::{Error, Result};
use crate::facts::Question;
use crate::scan::{Frame, collect};

/// What analysis needs of a release record.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ReleaseNote {
    pub(crate) released_at: Option<Micros>,
    pub(crate) scope: Vec<String>,
    pub(crate) goals: Vec<Goal>,
}

/// When a record was written: arrival, then position, then row, then node.
type Written = (Micros, i64, i64, String);

const ORDER: [&str; 4] = [
    columns::RECEIVED_AT,
    columns::POSITION,
    columns::FRAME_ROW,
    columns::NODE,
];

/// Release records of the app in the environment, by version.
pub(crate) fn release_notes(question: &Question<'_>) -> Result<BTreeMap<String, ReleaseNote>> {
    let mut names = vec![
        columns::APP,
        columns::ENVIRONMENT,
        columns::VERSION,
        columns::RELEASED_AT,
        columns::SCOPE,
        columns::GOALS,
    ];
    names.extend(ORDER);
    let frame = read(question, Table::Releases, &names)?;
    let (versions, environments) = (
        frame.texts(columns::VERSION)?,
        frame.texts(columns::ENVIRONMENT)?,
    );
    let (scopes, goals) = (frame.texts(columns::SCOPE)?, frame.texts(columns::GOALS)?);
    let released = frame.integers(columns::RELEASED_AT)?;
    let mut notes = BTreeMap::new();
    for (version, row) in latest(&frame, versions)? {
        if environments.get(row) != Some(question.settings.environment.as_str()) {
            continue;
        }
        let note = ReleaseNote {
            released_at: released.get(row),
            scope: list(Table::Releases, columns::SCOPE, &version, scopes.get(row))?,
            goals: list(Table::Releases, columns::GOALS, &version, goals.get(row))?,
        };
        notes.insert(version, note);
    }
    Ok(notes)
}

/// Backlog items of the app, by id.
pub(crate) fn backlog(question: &Question<'_>) -> Result<Vec<BacklogItem>> {
    let mut names = vec![
        columns::APP,
        columns::ITEM_ID,
        columns::TITLE,
        columns::KIND,
        columns::STATUS,
        columns::EFFORT_PERSON_DAYS,
        columns::TEAM,
        columns::OWNER,
        columns::DEPENDS_ON,
        columns::FACTOR_BUG_FIX,
        columns::FACTOR_STRATEGIC,
        columns::FACTOR_FEASIBILITY,
        columns::FACTOR_DEPENDENCIES,
        columns::FACTOR_RESOURCES,
        columns::FACTOR_COST,
        columns::FACTOR_EXPECTED_RETURN,
        columns::REACH_USERS,
        columns::IMPACT,
        columns::CONFIDENCE,
        columns::KEYWORDS,
        columns::FEATURE_EVENTS,
        columns::TARGET,
        columns::MANDATORY,
        columns::AUTHOR,
    ];
    names.extend(ORDER);
    let frame = read(question, Table::Backlog, &names)?;
    let ids = frame.texts(columns::ITEM_ID)?;
    latest(&frame, ids)?
        .into_iter()
        .map(|(id, row)| item(&frame, id, row))
        .collect()
}

fn item(frame: &Frame, item_id: String, row: usize) -> Result<BacklogItem> {
    let text = |name: &str| Ok(frame.texts(name)?.get(row).map(str::to_owned));
    let number = |name: &str| Ok(frame.numbers(name)?.get(row).filter(|n| n.is_finite()));
    let list = |name: &'static str| -> Result<Vec<String>> {
        list(Table::Backlog, name, &item_id, frame.texts(name)?.get(row))
    };
    Ok(BacklogItem {
        title: text(columns::TITLE)?.unwrap_or_default(),
        kind: text(columns::KIND)?,
        status: text(columns::STATUS)?,
        effort_person_days: number(columns::EFFORT_PERSON_DAYS)?,
        team: text(columns::TEAM)?,
        owner: text(columns::OWNER)?,
        depends_on: list(columns::DEPENDS_ON)?,
        factors: Factors {
            bug_fix: number(columns::FACTOR_BUG_FIX)?,
            strategic: number(columns::FACTOR_STRATEGIC)?,
            feasibility: number(columns::FACTOR_FEASIBILITY)?,
            dependencies: number(columns::FACTOR_DEPENDENCIES)?,
            resources: number(columns::FACTOR_RESOURCES)?,
            cost: number(columns::FACTOR_COST)?,
            expected_return: number(columns::FACTOR_EXPECTED_RETURN)?,
        },
        reach_users: number(columns::REACH_USERS)?,
        impact: number(columns::IMPACT)?,
        confidence: number(columns::CONFIDENCE)?,
        keywords: list(columns::KEYWORDS)?,
        feature_events: list(columns::FEATURE_EVENTS)?,
        target: text(columns::TARGET)?,
        mandatory: frame.truths(columns::MANDATORY)?.get(row).unwrap_or(false),
        author: text(columns::AUTHOR)?,
        item_id,
    })
}

fn read(question: &Question<'_>, table: Table, names: &[&str]) -> Result<Frame> {
    let of_app: Expr = col(columns::APP).eq(lit(question.settings.app.as_str()));
    collect(table, question.tables.all(table, names)?.filter(of_app))
}

/// The row of each id that was written last.
fn latest(frame: &Frame, ids: &polars::prelude::StringChunked) -> Result<BTreeMap<String, usize>> {
    let (received, positions) = (
        frame.integers(columns::RECEIVED_AT)?,
        frame.integers(columns::POSITION)?,
    );
    let (frame_rows, nodes) = (
        frame.integers(columns::FRAME_ROW)?,
        frame.texts(columns::NODE)?,
    );
    let mut latest: BTreeMap<String, (Written, usize)> = BTreeMap::new();
    for row in 0..frame.rows() {
        let Some(id) = ids.get(row) else { continue };
        let written = (
            received.get(row).unwrap_or_default(),
            positions.get(row).unwrap_or_default(),
            frame_rows.get(row).unwrap_or_default(),
            nodes.get(row).unwrap_or_default().to_owned(),
        );
        match latest.get(id) {
            Some((known, _)) if *known >= written => {}
            _ => drop(latest.insert(id.to_owned(), (written, row))),
        }
    }
    Ok(latest.into_iter().map(|(id, (_, row))| (id, row)).collect())
}

fn list<T: DeserializeOwned>(
    table: Table,
    column: &'static str,
    id: &str,
    text: Option<&str>,
) -> Result<Vec<T>> {
    let Some(text) = text else {
        return Ok(Vec::new());
    };
    serde_json::from_str(text).map_err(|source| Error::Record {
        table: table.name(),
        column,
        id: id.to_owned(),
        source,
    })
}
