//! Since when each release is known, and which inputs an app has ever sent: one pass over a few
//! columns of all events.

use std::collections::BTreeMap;

use lake::{EventKind, Micros, Table, columns};
use polars::prelude::{col, lit};

use crate::error::Result;
use crate::facts::Question;
use crate::scan::{collect, count, of_app, user};

/// What is known of all events up to `as_of`.
#[derive(Debug, Clone, Default)]
pub(crate) struct Origins {
    /// The first event on each release; rows without a release are left out.
    pub(crate) first_seen: BTreeMap<String, Micros>,
    /// The first event of all.
    pub(crate) first_at: Option<Micros>,
    /// The latest arrival.
    pub(crate) data_through: Option<Micros>,
    /// Events with a user, ever.
    pub(crate) with_user: u64,
    /// Events with a session id, ever.
    pub(crate) with_session: u64,
    /// Session updates, ever.
    pub(crate) updates: u64,
    /// Session updates with a user, ever.
    pub(crate) updates_with_user: u64,
}

const FIRST: &str = "first";
const THROUGH: &str = "through";
const WITH_USER: &str = "with_user";
const UPDATES_WITH_USER: &str = "updates_with_user";
const WITH_SESSION: &str = "with_session";
const UPDATES: &str = "updates";

impl Origins {
    pub(crate) fn load(question: &Question<'_>) -> Result<Self> {
        let names = [
            columns::APP,
            columns::ENVIRONMENT,
            columns::KIND,
            columns::USER_ID,
            columns::ANONYMOUS_ID,
            columns::SESSION_ID,
            columns::RELEASE,
            columns::OCCURRED_AT,
            columns::RECEIVED_AT,
        ];
        let settings = question.settings;
        let update = || {
            col(columns::KIND)
                .eq(lit(EventKind::Session.as_str()))
                .and(col(columns::SESSION_ID).is_not_null())
        };
        let counted = |condition: polars::prelude::Expr, name: &str| {
            condition
                .cast(polars::prelude::DataType::Int64)
                .sum()
                .alias(name)
        };
        let query = question
            .tables
            .between(Table::Events, &names, (Micros::MIN, question.known_until()))?
            .filter(of_app(&settings.app, &settings.environment))
            .group_by([col(columns::RELEASE)])
            .agg([
                col(columns::OCCURRED_AT).min().alias(FIRST),
                col(columns::RECEIVED_AT).max().alias(THROUGH),
                counted(user().is_not_null(), WITH_USER),
                counted(col(columns::SESSION_ID).is_not_null(), WITH_SESSION),
                counted(update(), UPDATES),
                counted(update().and(user().is_not_null()), UPDATES_WITH_USER),
            ]);
        let frame = collect(Table::Events, query)?;
        let releases = frame.texts(columns::RELEASE)?;
        let (first, through) = (frame.integers(FIRST)?, frame.integers(THROUGH)?);
        let (users, sessions) = (frame.integers(WITH_USER)?, frame.integers(WITH_SESSION)?);
        let updates = frame.integers(UPDATES)?;
        let updates_with_user = frame.integers(UPDATES_WITH_USER)?;
        let mut origins = Self::default();
        for row in 0..frame.rows() {
            if let (Some(release), Some(first)) = (releases.get(row), first.get(row)) {
                origins.first_seen.insert(release.to_owned(), first);
            }
            origins.first_at = origins.first_at.into_iter().chain(first.get(row)).min();
            origins.data_through = origins.data_through.max(through.get(row));
            origins.with_user += count(users.get(row));
            origins.with_session += count(sessions.get(row));
            origins.updates += count(updates.get(row));
            origins.updates_with_user += count(updates_with_user.get(row));
        }
        Ok(origins)
    }
}
