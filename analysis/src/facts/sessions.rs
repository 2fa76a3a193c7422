//! Sessions reduced from their updates.
//!
//! Updates arrive out of order and more than once, so each session keeps one of them: a terminal
//! update beats an open one, then the latest counts, then the highest sequence, then the most
//! errors (Sentry's session model). A session has crashed when that update says `crashed`; or when
//! no terminal update ever came and an error of the session was not handled by the app: the process
//! died before it could say so. `unhandled`, `abnormal` and `exited` are believed as they stand. A
//! session belongs to the day of its start, to the release and to the user of the update kept.

use std::collections::BTreeMap;

use lake::{EventKind, Micros, SessionStatus, Table, columns};
use polars::prelude::{DataType, Expr, LazyFrame, SortMultipleOptions, col, lit};

use crate::error::Result;
use crate::facts::Question;
use crate::scan::{Frame, collect, collect_held, count, of_app, release, user};

/// Sessions and the crashed ones among them; or users and those of them with a crashed session.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Crashes {
    pub(crate) all: u64,
    pub(crate) crashed: u64,
}

impl Crashes {
    pub(crate) fn free(self) -> u64 {
        self.all.saturating_sub(self.crashed)
    }

    pub(crate) fn plus(self, other: Self) -> Self {
        Self {
            all: self.all + other.all,
            crashed: self.crashed + other.crashed,
        }
    }
}

/// Sessions that began in the windows known.
#[derive(Debug, Clone)]
pub(crate) struct Sessions {
    rows: Frame,
    /// By release and day of start; `unknown` for sessions without a release.
    pub(crate) by_release_day: BTreeMap<String, BTreeMap<i32, Crashes>>,
    /// Users by window index.
    pub(crate) users_by_window: BTreeMap<i32, Crashes>,
}

/// A session may still be updated so long after it began (Sentry's limit).
const UPDATES_LAST: Micros = 5 * 86_400 * 1_000_000;

const DAY: &str = "civil_day";
const USER: &str = "user";
const CRASHED: &str = "crashed";
const ALL: &str = "all";
const START: &str = "start";
const INDEX: &str = "window_index";
const RANK: &str = "rank";
const BROKE: &str = "broke";

impl Sessions {
    pub(crate) fn load(question: &Question<'_>) -> Result<Self> {
        let (from, to) = question.span()?;
        Self::starting_in(question, from, to)
    }

    /// Sessions that began in `[from, to)`.
    pub(crate) fn starting_in(question: &Question<'_>, from: Micros, to: Micros) -> Result<Self> {
        let known = to.saturating_add(UPDATES_LAST).min(question.known_until());
        let reduced = reduce(updates(
            question,
            (from.saturating_sub(UPDATES_LAST), known),
        )?)?;
        let started = || col(START).gt_eq(lit(from)).and(col(START).lt(lit(to)));
        let day = question.days.day_expression(col(START), from, to);
        let query = reduced.filter(started()).select([
            col(columns::RELEASE),
            col(USER),
            col(CRASHED),
            day.alias(DAY),
        ]);
        let rows = collect_held(Table::Events, query)?;
        let index = question.window.index_expression(col(DAY));
        let mut users_by_window = BTreeMap::new();
        let users = collect_held(
            Table::Events,
            users_of(rows.lazy().with_columns([index.alias(INDEX)]), &[INDEX]),
        )?;
        let (indexes, all) = (users.integers(INDEX)?, users.integers(ALL)?);
        let crashed = users.integers(CRASHED)?;
        for row in 0..users.rows() {
            let crashes = Crashes {
                all: count(all.get(row)),
                crashed: count(crashed.get(row)),
            };
            users_by_window.insert(number(indexes.get(row)), crashes);
        }
        let by_release_day = by_release_day(&rows)?;
        Ok(Self {
            rows,
            by_release_day,
            users_by_window,
        })
    }

    /// Sessions of all releases that began on days for which `holds` is true.
    pub(crate) fn on_days(&self, holds: impl Fn(i32) -> bool) -> Crashes {
        self.by_release_day
            .values()
            .flatten()
            .filter(|(day, _)| holds(**day))
            .fold(Crashes::default(), |sum, (_, crashes)| sum.plus(*crashes))
    }

    /// Sessions of one release that began on days for which `holds` is true.
    pub(crate) fn of_release(&self, release: &str, holds: impl Fn(i32) -> bool) -> Crashes {
        self.by_release_day
            .get(release)
            .into_iter()
            .flatten()
            .filter(|(day, _)| holds(**day))
            .fold(Crashes::default(), |sum, (_, crashes)| sum.plus(*crashes))
    }

    /// Users with a session on a release, and those of them for whom one crashed.
    pub(crate) fn users_of_release(&self, release: &str) -> Result<Crashes> {
        let rows = self
            .rows
            .lazy()
            .filter(col(columns::RELEASE).eq(lit(release)));
        let users = collect_held(Table::Events, users_of(rows, &[columns::RELEASE]))?;
        let (all, crashed) = (users.integers(ALL)?, users.integers(CRASHED)?);
        Ok(Crashes {
            all: count(all.get(0)),
            crashed: count(crashed.get(0)),
        })
    }
}

fn updates(question: &Question<'_>, span: (Micros, Micros)) -> Result<LazyFrame> {
    let names = [
        columns::APP,
        columns::ENVIRONMENT,
        columns::KIND,
        columns::EVENT_ID,
        columns::SESSION_ID,
        columns::USER_ID,
        columns::ANONYMOUS_ID,
        columns::RELEASE,
        columns::OCCURRED_AT,
        columns::HANDLED,
        columns::SESSION_STATUS,
        columns::SESSION_ERRORS,
        columns::SESSION_STARTED_AT,
        columns::SESSION_SEQUENCE,
    ];
    let settings = question.settings;
    let is_update = || col(columns::KIND).eq(lit(EventKind::Session.as_str()));
    let broke = || {
        col(columns::KIND)
            .eq(lit(EventKind::Error.as_str()))
            .and(col(columns::HANDLED).eq(lit(false)).fill_null(lit(false)))
    };
    Ok(question
        .tables
        .between(Table::Events, &names, span)?
        .filter(of_app(&settings.app, &settings.environment))
        .filter(
            col(columns::SESSION_ID)
                .is_not_null()
                .and(is_update().or(broke())),
        )
        .select([
            col(columns::SESSION_ID),
            col(columns::EVENT_ID),
            release().alias(columns::RELEASE),
            user().alias(USER),
            broke().cast(DataType::Int64).alias(BROKE),
            col(columns::SESSION_STATUS),
            rank().alias(RANK),
            col(columns::OCCURRED_AT),
            col(columns::SESSION_SEQUENCE).fill_null(lit(-1_i64)),
            col(columns::SESSION_ERRORS).fill_null(lit(0_i64)),
            col(columns::SESSION_STARTED_AT),
        ]))
}

/// Errors rank below every update, open updates below terminal ones.
fn rank() -> Expr {
    let is_update = col(columns::KIND).eq(lit(EventKind::Session.as_str()));
    let is_terminal = is_update
        .clone()
        .and(col(columns::SESSION_STATUS).neq_missing(lit(SessionStatus::Ok.as_str())));
    is_update.cast(DataType::Int64) + is_terminal.cast(DataType::Int64)
}

/// The rank of an open update.
const OPEN: i64 = 1;

/// One row a session: release, user, start, crashed.
fn reduce(updates: LazyFrame) -> Result<LazyFrame> {
    // Sorted once, as a whole: the last row of each session is the update that counts.
    let order = [
        RANK,
        columns::OCCURRED_AT,
        columns::SESSION_SEQUENCE,
        columns::SESSION_ERRORS,
        columns::EVENT_ID,
    ];
    let sorted = collect(
        Table::Events,
        updates.sort(order, SortMultipleOptions::default()),
    )?;
    let said_crashed = || col(columns::SESSION_STATUS).eq(lit(SessionStatus::Crashed.as_str()));
    Ok(sorted
        .lazy()
        .group_by([col(columns::SESSION_ID)])
        .agg([
            col(columns::RELEASE).last(),
            col(USER).last(),
            col(columns::SESSION_STATUS).last(),
            col(RANK).max(),
            col(BROKE).max(),
            col(columns::SESSION_STARTED_AT).min(),
            col(columns::OCCURRED_AT).min(),
        ])
        .filter(col(RANK).gt_eq(lit(OPEN)))
        .select([
            col(columns::RELEASE),
            col(USER),
            col(columns::SESSION_STARTED_AT)
                .fill_null(col(columns::OCCURRED_AT))
                .alias(START),
            said_crashed()
                .fill_null(lit(false))
                .or(col(RANK).eq(lit(OPEN)).and(col(BROKE).gt(lit(0_i64))))
                .alias(CRASHED),
        ]))
}

fn by_release_day(rows: &Frame) -> Result<BTreeMap<String, BTreeMap<i32, Crashes>>> {
    let query = rows
        .lazy()
        .group_by([col(columns::RELEASE), col(DAY)])
        .agg([
            col(CRASHED).len().cast(DataType::Int64).alias(ALL),
            col(CRASHED)
                .cast(DataType::Int64)
                .sum()
                .alias("crashed_count"),
        ]);
    let frame = collect_held(Table::Events, query)?;
    let (releases, days) = (frame.texts(columns::RELEASE)?, frame.integers(DAY)?);
    let (all, crashed) = (frame.integers(ALL)?, frame.integers("crashed_count")?);
    let mut cells: BTreeMap<String, BTreeMap<i32, Crashes>> = BTreeMap::new();
    for row in 0..frame.rows() {
        let crashes = Crashes {
            all: count(all.get(row)),
            crashed: count(crashed.get(row)),
        };
        let release = releases.get(row).unwrap_or_default().to_owned();
        cells
            .entry(release)
            .or_default()
            .insert(number(days.get(row)), crashes);
    }
    Ok(cells)
}

/// Per key: distinct users, and those of them with a crashed session.
fn users_of(rows: LazyFrame, keys: &[&str]) -> LazyFrame {
    let keys: Vec<Expr> = keys.iter().map(|key| col(*key)).collect();
    let mut by_user = keys.clone();
    by_user.push(col(USER));
    rows.filter(col(USER).is_not_null())
        .group_by(by_user)
        .agg([col(CRASHED).any(true).alias(CRASHED)])
        .group_by(keys)
        .agg([
            col(CRASHED).len().cast(DataType::Int64).alias(ALL),
            col(CRASHED).cast(DataType::Int64).sum().alias(CRASHED),
        ])
}

fn number(value: Option<i64>) -> i32 {
    value
        .and_then(|value| i32::try_from(value).ok())
        .unwrap_or(i32::MIN)
}
