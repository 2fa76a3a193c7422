//! Records of the team: release records and backlog items. The last one written counts, whatever
//! the files' order.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use lake::{
    BacklogItem, Factors, Goal, MarkKind, Micros, ReleaseRecord, Rollout, Snapshot, Table, columns,
};
use polars::prelude::{Expr, col, lit};
use serde::de::DeserializeOwned;

use crate::error::{Error, Result};
use crate::facts::Question;
use crate::facts::accepted::{Accepted, accepted, decided_efforts};
use crate::scan::{Frame, Tables, collect};
use crate::status;

/// What analysis needs of a release record.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct ReleaseNote {
    pub(crate) planned_at: Option<Micros>,
    pub(crate) released_at: Option<Micros>,
    /// Who answers for it.
    pub(crate) owner: Option<String>,
    /// When its changes were committed.
    pub(crate) commits: Vec<Micros>,
    /// Ids of the items that it holds: of its accepted plan with all changes, else as recorded.
    pub(crate) scope: Vec<String>,
    pub(crate) accepted: Option<Accepted>,
    pub(crate) goals: Vec<Goal>,
    /// The rollout path, as it is spelled in the table.
    pub(crate) rollout: Option<String>,
    /// The stages of a phased rollout, as sent.
    pub(crate) stages: Vec<serde_json::Value>,
    /// Its own checklist, as sent.
    pub(crate) checklist: Vec<serde_json::Value>,
}

/// When a record was written: arrival, then position, then row, then node.
pub(crate) type Written = (Micros, i64, i64, String);

/// The columns that tell it.
pub(crate) const ORDER: [&str; 4] = [
    columns::RECEIVED_AT,
    columns::POSITION,
    columns::FRAME_ROW,
    columns::NODE,
];

/// Release records of the app in the environment, by version.
pub(crate) fn release_notes(question: &Question<'_>) -> Result<BTreeMap<String, ReleaseNote>> {
    let names = [
        columns::APP,
        columns::ENVIRONMENT,
        columns::VERSION,
        columns::PLANNED_AT,
        columns::RELEASED_AT,
        columns::COMMITS,
        columns::SCOPE,
        columns::GOALS,
        columns::ROLLOUT,
        columns::STAGES,
        columns::OWNER,
        columns::CHECKLIST,
    ];
    let frame = read(question, Table::Releases, &names)?;
    let (versions, environments) = (
        frame.texts(columns::VERSION)?,
        frame.texts(columns::ENVIRONMENT)?,
    );
    let (scopes, goals) = (frame.texts(columns::SCOPE)?, frame.texts(columns::GOALS)?);
    let (rollouts, stages) = (
        frame.texts(columns::ROLLOUT)?,
        frame.texts(columns::STAGES)?,
    );
    let released = frame.integers(columns::RELEASED_AT)?;
    let planned = frame.integers(columns::PLANNED_AT)?;
    let commits = frame.texts(columns::COMMITS)?;
    let mut notes = BTreeMap::new();
    for (version, row) in latest(&frame, versions)? {
        if environments.get(row) != Some(question.settings.environment.as_str()) {
            continue;
        }
        let note = ReleaseNote {
            planned_at: planned.get(row),
            released_at: released.get(row),
            owner: frame.texts(columns::OWNER)?.get(row).map(str::to_owned),
            commits: instants(&version, commits.get(row))?,
            scope: list(Table::Releases, columns::SCOPE, &version, scopes.get(row))?,
            accepted: None,
            goals: list(Table::Releases, columns::GOALS, &version, goals.get(row))?,
            rollout: rollouts.get(row).map(str::to_owned),
            stages: list(Table::Releases, columns::STAGES, &version, stages.get(row))?,
            checklist: list(
                Table::Releases,
                columns::CHECKLIST,
                &version,
                frame.texts(columns::CHECKLIST)?.get(row),
            )?,
        };
        notes.insert(version, note);
    }
    for (version, plan) in accepted(question, &notes)? {
        let note = notes.entry(version).or_default();
        note.scope = plan.now.keys().cloned().collect();
        note.accepted = Some(plan);
    }
    Ok(notes)
}

/// The last record written for a version of an app, whatever its environment.
///
/// # Errors
/// [`Error::Scan`] when files cannot be read, [`Error::Record`] when the record does not hold what
/// it should.
pub fn release_record(
    snapshot: &Snapshot,
    app: &str,
    version: &str,
) -> Result<Option<ReleaseRecord>> {
    let mut names = vec![
        columns::APP,
        columns::VERSION,
        columns::CHANNEL,
        columns::ENVIRONMENT,
        columns::BUILD,
        columns::PLANNED_AT,
        columns::RELEASED_AT,
        columns::ROLLOUT,
        columns::STAGES,
        columns::SCOPE,
        columns::GOALS,
        columns::OWNER,
        columns::NOTES,
        columns::CHECKLIST,
        columns::AUTHOR,
        columns::COMMITS,
    ];
    names.extend(ORDER);
    let is_it = col(columns::APP)
        .eq(lit(app))
        .and(col(columns::VERSION).eq(lit(version)));
    let rows = Tables::of(snapshot).all(Table::Releases, &names)?;
    let frame = collect(Table::Releases, rows.filter(is_it))?;
    let Some(row) = latest(&frame, frame.texts(columns::VERSION)?)?.remove(version) else {
        return Ok(None);
    };
    let text = |name: &str| Ok::<_, Error>(frame.texts(name)?.get(row).map(str::to_owned));
    let (scope, goals) = (text(columns::SCOPE)?, text(columns::GOALS)?);
    Ok(Some(ReleaseRecord {
        version: version.to_owned(),
        channel: text(columns::CHANNEL)?,
        environment: text(columns::ENVIRONMENT)?.unwrap_or_default(),
        build: text(columns::BUILD)?,
        planned_at: frame.integers(columns::PLANNED_AT)?.get(row),
        released_at: frame.integers(columns::RELEASED_AT)?.get(row),
        rollout: text(columns::ROLLOUT)?
            .as_deref()
            .and_then(Rollout::from_word),
        stages: text(columns::STAGES)?,
        scope: list(Table::Releases, columns::SCOPE, version, scope.as_deref())?,
        goals: list(Table::Releases, columns::GOALS, version, goals.as_deref())?,
        owner: text(columns::OWNER)?,
        notes: text(columns::NOTES)?,
        checklist: text(columns::CHECKLIST)?,
        commits: instants(version, text(columns::COMMITS)?.as_deref())?,
        author: text(columns::AUTHOR)?,
    }))
}

/// A mark of a release, as analysis reads it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Mark {
    pub(crate) at: Micros,
    pub(crate) kind: MarkKind,
    pub(crate) of: Option<String>,
    /// Orders marks of one instant, whatever the files' order.
    pub(crate) id: String,
    /// The item of the checklist that was signed.
    pub(crate) item: Option<String>,
    /// Who made it.
    pub(crate) author: Option<String>,
    /// Why.
    pub(crate) note: Option<String>,
}

impl Mark {
    /// Whether the release went out by it.
    pub(crate) fn goes_out(&self) -> bool {
        matches!(self.kind, MarkKind::Deployed | MarkKind::Hotfix)
    }
}

/// Marks of the app in the environment that were made by `as_of`, by version, oldest first; an id
/// counts once.
pub(crate) fn marks(question: &Question<'_>) -> Result<BTreeMap<String, Vec<Mark>>> {
    let names = [
        columns::APP,
        columns::ENVIRONMENT,
        columns::EVENT_ID,
        columns::VERSION,
        columns::MARK,
        columns::MARKED_AT,
        columns::OF_VERSION,
        columns::ITEM_ID,
        columns::AUTHOR,
        columns::NOTE,
    ];
    let frame = read(question, Table::Marks, &names)?;
    let environments = frame.texts(columns::ENVIRONMENT)?;
    let (ids, versions) = (
        frame.texts(columns::EVENT_ID)?,
        frame.texts(columns::VERSION)?,
    );
    let (kinds, of) = (
        frame.texts(columns::MARK)?,
        frame.texts(columns::OF_VERSION)?,
    );
    let instants = frame.integers(columns::MARKED_AT)?;
    let mut marks: BTreeMap<String, BTreeSet<Mark>> = BTreeMap::new();
    for row in 0..frame.rows() {
        let found = (
            versions.get(row),
            kinds.get(row).and_then(MarkKind::from_word),
            instants.get(row).filter(|at| *at <= question.as_of),
        );
        let (Some(version), Some(kind), Some(at)) = found else {
            continue;
        };
        if environments.get(row) != Some(question.settings.environment.as_str()) {
            continue;
        }
        let mark = Mark {
            at,
            kind,
            of: of.get(row).map(str::to_owned),
            id: ids.get(row).unwrap_or_default().to_owned(),
            item: frame.texts(columns::ITEM_ID)?.get(row).map(str::to_owned),
            author: frame.texts(columns::AUTHOR)?.get(row).map(str::to_owned),
            note: frame.texts(columns::NOTE)?.get(row).map(str::to_owned),
        };
        marks.entry(version.to_owned()).or_default().insert(mark);
    }
    let once = |marks: BTreeSet<Mark>| {
        let mut known = BTreeSet::new();
        let of_new_id = |mark: &Mark| known.insert(mark.id.clone());
        marks.into_iter().filter(of_new_id).collect()
    };
    Ok(marks
        .into_iter()
        .map(|(version, marks)| (version, once(marks)))
        .collect())
}

/// When each item of the app was first seen with a status that says that it is worked on.
pub(crate) fn item_starts(question: &Question<'_>) -> Result<BTreeMap<String, Micros>> {
    let names = [
        columns::APP,
        columns::ITEM_ID,
        columns::STATUS,
        columns::RECEIVED_AT,
    ];
    let frame = read(question, Table::Backlog, &names)?;
    let (ids, statuses) = (
        frame.texts(columns::ITEM_ID)?,
        frame.texts(columns::STATUS)?,
    );
    let received = frame.integers(columns::RECEIVED_AT)?;
    let mut starts: BTreeMap<String, Micros> = BTreeMap::new();
    for row in 0..frame.rows() {
        let status = statuses.get(row).unwrap_or_default();
        let (Some(id), Some(at)) = (ids.get(row), received.get(row)) else {
            continue;
        };
        if at <= question.as_of && status::is_worked_on(status) {
            let first = starts.entry(id.to_owned()).or_insert(at);
            *first = at.min(*first);
        }
    }
    Ok(starts)
}

/// Backlog items of the app, by id. An estimate that was decided about in a plan after the item was
/// written stands above that of its record.
pub(crate) fn backlog(question: &Question<'_>) -> Result<Vec<BacklogItem>> {
    let names = [
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
        columns::SPENT_PERSON_DAYS,
    ];
    let frame = read(question, Table::Backlog, &names)?;
    let ids = frame.texts(columns::ITEM_ID)?;
    let received = frame.integers(columns::RECEIVED_AT)?;
    let decided = decided_efforts(question)?;
    latest(&frame, ids)?
        .into_iter()
        .map(|(id, row)| {
            let mut item = item(&frame, id, row)?;
            if let Some((at, effort)) = decided.get(&item.item_id)
                && received.get(row).is_none_or(|received| received < *at)
            {
                item.effort_person_days = Some(*effort);
            }
            Ok(item)
        })
        .collect()
}

/// As [`backlog`], by their ids.
pub(crate) fn backlog_by_id(question: &Question<'_>) -> Result<BTreeMap<String, BacklogItem>> {
    let items = backlog(question)?.into_iter();
    Ok(items.map(|item| (item.item_id.clone(), item)).collect())
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
        spent_person_days: number(columns::SPENT_PERSON_DAYS)?,
        item_id,
    })
}

/// Columns of all rows of the app, with those that tell their order.
pub(crate) fn read(question: &Question<'_>, table: Table, names: &[&str]) -> Result<Frame> {
    let of_app: Expr = col(columns::APP).eq(lit(question.settings.app.as_str()));
    let names: BTreeSet<&str> = names.iter().copied().chain(ORDER).collect();
    let names: Vec<&str> = names.into_iter().collect();
    collect(table, question.tables.all(table, &names)?.filter(of_app))
}

/// The rows in the order in which they were written.
pub(crate) fn in_order(frame: &Frame) -> Result<Vec<usize>> {
    let written_at = written(frame)?;
    let mut rows: Vec<usize> = (0..frame.rows()).collect();
    rows.sort_by_cached_key(|row| (written_at(*row), *row));
    Ok(rows)
}

/// When each row was written.
pub(crate) fn written(frame: &Frame) -> Result<impl Fn(usize) -> Written> {
    let (received, positions) = (
        frame.integers(columns::RECEIVED_AT)?,
        frame.integers(columns::POSITION)?,
    );
    let (frame_rows, nodes) = (
        frame.integers(columns::FRAME_ROW)?,
        frame.texts(columns::NODE)?,
    );
    Ok(move |row| {
        (
            received.get(row).unwrap_or_default(),
            positions.get(row).unwrap_or_default(),
            frame_rows.get(row).unwrap_or_default(),
            nodes.get(row).unwrap_or_default().to_owned(),
        )
    })
}

/// The row of each id that was written last.
fn latest(frame: &Frame, ids: &polars::prelude::StringChunked) -> Result<BTreeMap<String, usize>> {
    let written_at = written(frame)?;
    let mut latest: BTreeMap<String, (Written, usize)> = BTreeMap::new();
    for row in 0..frame.rows() {
        let Some(id) = ids.get(row) else { continue };
        let written = written_at(row);
        match latest.get(id) {
            Some((known, _)) if *known >= written => {}
            _ => drop(latest.insert(id.to_owned(), (written, row))),
        }
    }
    Ok(latest.into_iter().map(|(id, (_, row))| (id, row)).collect())
}

/// The instants of a list.
fn instants(version: &str, text: Option<&str>) -> Result<Vec<Micros>> {
    let texts: Vec<Timestamp> = list(Table::Releases, columns::COMMITS, version, text)?;
    Ok(texts.iter().map(|at| at.as_microsecond()).collect())
}

pub(super) fn list<T: DeserializeOwned>(
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
