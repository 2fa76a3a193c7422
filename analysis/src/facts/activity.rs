//! Who was active when, on what: distinct users and sessions by window, by day and by release.
//!
//! Distinct ids are counted by Polars; only the counts come back. Copies of an event that were
//! stored twice change nothing here.

use std::collections::BTreeMap;

use lake::{Micros, Table, columns};
use polars::prelude::{DataType, Expr, LazyFrame, col, lit};

use crate::error::Result;
use crate::facts::Question;
use crate::scan::{collect, count, of_app, release, user};

/// Distinct users and sessions.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Active {
    pub(crate) users: u64,
    pub(crate) sessions: u64,
}

/// What the window's events say of the data themselves.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Arrivals {
    pub(crate) events: u64,
    pub(crate) unknown_release: u64,
    pub(crate) flagged: u64,
    pub(crate) late: u64,
}

/// Activity in the windows known.
#[derive(Debug, Clone, Default)]
pub(crate) struct Activity {
    /// By window index: 0 is the window asked about, −1 the one before.
    pub(crate) by_window: BTreeMap<i32, Active>,
    /// By release, in the window asked about; `unknown` for rows without one.
    pub(crate) by_release: BTreeMap<String, Active>,
    /// Distinct users by day.
    pub(crate) users_by_day: BTreeMap<i32, u64>,
    /// Distinct users by release and day.
    pub(crate) users_by_release_day: BTreeMap<(String, i32), u64>,
    /// The data themselves, in the window asked about.
    pub(crate) arrivals: Arrivals,
}

const DAY: &str = "civil_day";
const INDEX: &str = "window_index";
const USER: &str = "user";
const USERS: &str = "users";
const SESSIONS: &str = "sessions";

/// Protocols whose rows speak of the past by nature: they are never late.
const IMPORT: &str = "import";

impl Activity {
    pub(crate) fn load(question: &Question<'_>) -> Result<Self> {
        let (from, to) = question.span()?;
        let names = [
            columns::APP,
            columns::ENVIRONMENT,
            columns::USER_ID,
            columns::ANONYMOUS_ID,
            columns::SESSION_ID,
            columns::RELEASE,
            columns::OCCURRED_AT,
        ];
        let settings = question.settings;
        let window = question.window;
        let day = question
            .days
            .day_expression(col(columns::OCCURRED_AT), from, to);
        let rows = question
            .tables
            .between(
                Table::Events,
                &names,
                (from, to.min(question.known_until())),
            )?
            .filter(of_app(&settings.app, &settings.environment))
            .select([
                day.alias(DAY),
                user().alias(USER),
                release().alias(columns::RELEASE),
                col(columns::SESSION_ID),
            ])
            .with_columns([window.index_expression(col(DAY)).alias(INDEX)]);
        let in_window = rows.clone().filter(col(INDEX).eq(lit(0_i64)));
        let mut activity = Self {
            arrivals: arrivals(question)?,
            ..Self::default()
        };
        for (index, active) in by_number(rows.clone(), INDEX)? {
            activity.by_window.insert(index, active);
        }
        for (day, active) in by_number(rows.clone(), DAY)? {
            activity.users_by_day.insert(day, active.users);
        }
        let frame = collect(Table::Events, counted(in_window, &[columns::RELEASE]))?;
        let (users, sessions) = (frame.integers(USERS)?, frame.integers(SESSIONS)?);
        let releases = frame.texts(columns::RELEASE)?;
        for row in 0..frame.rows() {
            let active = Active {
                users: count(users.get(row)),
                sessions: count(sessions.get(row)),
            };
            let release = releases.get(row).unwrap_or_default().to_owned();
            activity.by_release.insert(release, active);
        }
        let frame = collect(Table::Events, counted(rows, &[columns::RELEASE, DAY]))?;
        let (users, days) = (frame.integers(USERS)?, frame.integers(DAY)?);
        let releases = frame.texts(columns::RELEASE)?;
        for row in 0..frame.rows() {
            let key = (
                releases.get(row).unwrap_or_default().to_owned(),
                number(days.get(row)),
            );
            activity
                .users_by_release_day
                .insert(key, count(users.get(row)));
        }
        Ok(activity)
    }

    /// Distinct users in the window asked about.
    pub(crate) fn window_users(&self) -> u64 {
        self.by_window.get(&0).map_or(0, |active| active.users)
    }
}

fn counted(rows: LazyFrame, keys: &[&str]) -> LazyFrame {
    let keys: Vec<Expr> = keys.iter().map(|key| col(*key)).collect();
    // A null is a value to n_unique, but no user and no session.
    let distinct = |name: &str| {
        col(name).n_unique().cast(DataType::Int64)
            - col(name).is_null().any(true).cast(DataType::Int64)
    };
    rows.group_by(keys).agg([
        distinct(USER).alias(USERS),
        distinct(columns::SESSION_ID).alias(SESSIONS),
    ])
}

fn by_number(rows: LazyFrame, key: &str) -> Result<Vec<(i32, Active)>> {
    let frame = collect(Table::Events, counted(rows, &[key]))?;
    let keys = frame.integers(key)?;
    let (users, sessions) = (frame.integers(USERS)?, frame.integers(SESSIONS)?);
    Ok((0..frame.rows())
        .map(|row| {
            let active = Active {
                users: count(users.get(row)),
                sessions: count(sessions.get(row)),
            };
            (number(keys.get(row)), active)
        })
        .collect())
}

fn number(value: Option<i64>) -> i32 {
    value
        .and_then(|value| i32::try_from(value).ok())
        .unwrap_or(i32::MIN)
}

fn arrivals(question: &Question<'_>) -> Result<Arrivals> {
    const EVENTS: &str = "events";
    const UNKNOWN: &str = "unknown_release";
    const FLAGGED: &str = "flagged";
    const LATE: &str = "late";
    let window = question.window;
    let from = question.days.start_of(window.first)?;
    let to = question.days.start_of(window.end())?;
    let names = [
        columns::APP,
        columns::ENVIRONMENT,
        columns::EVENT_ID,
        columns::RELEASE,
        columns::OCCURRED_AT,
        columns::RECEIVED_AT,
        columns::CLOCK_FLAG,
        columns::PROTOCOL,
    ];
    let distinct_where = |condition: Expr, name: &str| {
        col(columns::EVENT_ID)
            .filter(condition)
            .n_unique()
            .cast(DataType::Int64)
            .alias(name)
    };
    let settings = question.settings;
    let query = question
        .tables
        .between(
            Table::Events,
            &names,
            (from, to.min(question.known_until())),
        )?
        .filter(of_app(&settings.app, &settings.environment))
        .select([
            col(columns::EVENT_ID)
                .n_unique()
                .cast(DataType::Int64)
                .alias(EVENTS),
            distinct_where(col(columns::RELEASE).is_null(), UNKNOWN),
            distinct_where(col(columns::CLOCK_FLAG).is_not_null(), FLAGGED),
            distinct_where(is_late(to), LATE),
        ]);
    let frame = collect(Table::Events, query)?;
    let read = |name: &str| Ok(count(frame.integers(name)?.get(0)));
    Ok(Arrivals {
        events: read(EVENTS)?,
        unknown_release: read(UNKNOWN)?,
        flagged: read(FLAGGED)?,
        late: read(LATE)?,
    })
}

/// Arrived after the window was over, by a protocol that sends as things happen.
fn is_late(window_end: Micros) -> Expr {
    col(columns::RECEIVED_AT)
        .gt_eq(lit(window_end))
        .and(col(columns::PROTOCOL).neq_missing(lit(IMPORT)))
}

/// Whether a row arrived late: see [`Arrivals`].
pub(crate) fn arrived_late(received_at: Micros, protocol: &str, window_end: Micros) -> bool {
    received_at >= window_end && protocol != IMPORT
}
