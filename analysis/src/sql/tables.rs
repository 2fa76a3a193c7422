//! What a query may read: each table of the lake, views that count each event once, rollups, and who
//! is who.

use std::cell::OnceCell;
use std::sync::Arc;

use jiff::tz::TimeZone;
use lake::{Micros, Table, columns};
use polars::frame::UniqueKeepStrategy;
use polars::prelude::{
    DataType, IntoLazy, JoinArgs, JoinType, LazyFrame, SortMultipleOptions, col, df, len, lit,
};

use crate::days::Days;
use crate::error::{Error, Result};
use crate::rollup::{FIRST_AT, Persons, Rollup, Rollups};
use crate::scan::{Tables, rollup_rows};

/// A view: each key of a table once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum View {
    /// Each event once: the copy that came first counts.
    EventsDistinct,
    /// Each piece of feedback once: as its latest revision left it.
    FeedbackLatest,
}

impl View {
    pub(super) const ALL: [Self; 2] = [Self::EventsDistinct, Self::FeedbackLatest];

    /// The name that queries give it; `lake/sql` has the same view for other engines.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::EventsDistinct => "events_distinct",
            Self::FeedbackLatest => "feedback_latest",
        }
    }

    pub(super) fn table(self) -> Table {
        match self {
            Self::EventsDistinct => Table::Events,
            Self::FeedbackLatest => Table::Feedback,
        }
    }

    /// The row that counts of several with one id: the first in this order.
    fn order(self) -> (&'static [&'static str], bool) {
        match self {
            Self::EventsDistinct => (
                &[
                    columns::RECEIVED_AT,
                    columns::POSITION,
                    columns::FRAME_ROW,
                    columns::NODE,
                ],
                false,
            ),
            Self::FeedbackLatest => (
                &[
                    columns::OCCURRED_AT,
                    columns::RECEIVED_AT,
                    columns::POSITION,
                    columns::FRAME_ROW,
                    columns::NODE,
                ],
                true,
            ),
        }
    }

    /// Few ids have several rows, so only those are sorted: the rest streams past. What is left out
    /// is named and not what is kept, since a union of both cannot be counted by the engine: it
    /// sums counts in a type that is not built in.
    fn of(self, rows: &LazyFrame) -> LazyFrame {
        const ROWS: &str = "rows_of_the_id";
        let keys = || [col(columns::APP), col(columns::EVENT_ID)];
        // No two rows of a table have all of these alike.
        let place = || {
            [
                columns::APP,
                columns::EVENT_ID,
                columns::NODE,
                columns::POSITION,
                columns::FRAME_ROW,
            ]
            .map(col)
        };
        let several = rows
            .clone()
            .select(keys())
            .group_by(keys())
            .agg([len().alias(ROWS)])
            .filter(col(ROWS).gt(lit(1)))
            .select(keys());
        let copies = rows
            .clone()
            .join(several, keys(), keys(), JoinArgs::new(JoinType::Semi));
        let (order, descending) = self.order();
        let sorting = SortMultipleOptions::default().with_order_descending(descending);
        let counted = copies
            .clone()
            .sort(order.iter().copied(), sorting)
            .unique_stable_generic(Some(keys().to_vec()), UniqueKeepStrategy::First)
            .select(place());
        let left_out =
            copies
                .select(place())
                .join(counted, place(), place(), JoinArgs::new(JoinType::Anti));
        rows.clone()
            .join(left_out, place(), place(), JoinArgs::new(JoinType::Anti))
    }
}

/// The rows of a table with all its columns; up to a moment, where one is given.
pub(super) fn rows_of(tables: &Tables, table: Table, as_of: Option<Micros>) -> Result<LazyFrame> {
    let rows = tables.whole(table)?;
    let Some(as_of) = as_of else { return Ok(rows) };
    let schema = table.schema();
    let has = |name: &str| schema.field_with_name(name).is_ok();
    let at = [columns::OCCURRED_AT, columns::RECEIVED_AT]
        .into_iter()
        .find(|name| has(name));
    Ok(match at {
        Some(at) => rows.filter(col(at).cast(DataType::Int64).lt_eq(lit(as_of))),
        None => rows,
    })
}

/// What names stand for, as far as a query may know.
pub(super) struct Sources<'a> {
    pub(super) tables: &'a Tables,
    /// Later rows are not known.
    pub(super) as_of: Option<Micros>,
    /// Whose days rollups have.
    pub(super) zone: &'a TimeZone,
    rollups: OnceCell<Rollups>,
}

impl<'a> Sources<'a> {
    pub(super) fn new(tables: &'a Tables, as_of: Option<Micros>, zone: &'a TimeZone) -> Self {
        Self {
            tables,
            as_of,
            zone,
            rollups: OnceCell::new(),
        }
    }

    /// The rows that a name of a query stands for; rollups are brought up to date first.
    pub(super) fn named(&self, name: &str) -> Result<Option<LazyFrame>> {
        match rollup(name) {
            Some(rollup) => self.rows_of_rollup(rollup).map(Some),
            None if name == IDENTITY => self.identity().map(Some),
            None => self.of_tables(name),
        }
    }

    /// As [`Self::named`], for their columns alone.
    pub(super) fn described(&self, name: &str) -> Result<Option<LazyFrame>> {
        match rollup(name) {
            Some(rollup) => rollup_rows(rollup, std::iter::empty()).map(Some),
            None if name == IDENTITY => identity_rows(&[]).map(Some),
            None => self.of_tables(name),
        }
    }

    /// The rollups that were read: the files of some are gone once this is dropped.
    pub(super) fn into_rollups(self) -> Option<Rollups> {
        self.rollups.into_inner()
    }

    fn of_tables(&self, name: &str) -> Result<Option<LazyFrame>> {
        if let Some(table) = Table::ALL.into_iter().find(|table| table.name() == name) {
            return rows_of(self.tables, table, self.as_of).map(Some);
        }
        match View::ALL.into_iter().find(|view| view.name() == name) {
            Some(view) => {
                let rows = rows_of(self.tables, view.table(), self.as_of)?;
                Ok(Some(view.of(&rows)))
            }
            None => Ok(None),
        }
    }

    /// The first instant that is not known.
    fn until(&self) -> Micros {
        self.as_of
            .map_or(Micros::MAX, |as_of| as_of.saturating_add(1))
    }

    fn rollups(&self) -> Result<&Rollups> {
        if let Some(rollups) = self.rollups.get() {
            return Ok(rollups);
        }
        let days = Days::of_zone(self.zone.clone());
        let made = self.tables.rollups(&days, self.until())?;
        Ok(self.rollups.get_or_init(|| made))
    }

    fn identity(&self) -> Result<LazyFrame> {
        identity_rows(&self.rollups()?.all_persons()?)
    }

    fn rows_of_rollup(&self, rollup: Rollup) -> Result<LazyFrame> {
        let files = self.rollups()?.files(rollup, i32::MIN, i32::MAX);
        let rows = rollup_rows(rollup, files.into_iter())?;
        let known = col(FIRST_AT).cast(DataType::Int64).lt(lit(self.until()));
        Ok(match rollup {
            // Of days the later rows are left out already.
            Rollup::FirstSeen | Rollup::Identity => rows.filter(known),
            _ => rows,
        })
    }
}

/// The table that says who is who: ids, and the person as whom each counts.
const IDENTITY: &str = "identity";

fn identity_rows(all: &[(String, String, Arc<Persons>)]) -> Result<LazyFrame> {
    let mut columns: [Vec<&str>; 4] = Default::default();
    for (app, environment, persons) in all {
        for (id, person) in persons.ties() {
            for (column, text) in columns.iter_mut().zip([app, environment, id, person]) {
                column.push(text);
            }
        }
    }
    let [apps, environments, ids, persons] = columns;
    let rows = df!(
        columns::APP => apps,
        columns::ENVIRONMENT => environments,
        "id" => ids,
        "person" => persons,
    );
    rows.map(IntoLazy::lazy).map_err(|source| Error::Scan {
        table: IDENTITY,
        source,
    })
}

fn rollup(name: &str) -> Option<Rollup> {
    let mut all = Rollup::ALL.into_iter();
    all.find(|rollup| rollup.name() == name)
}

/// The table that a name reads.
pub(super) fn table_behind(name: &str) -> Option<Table> {
    let view = View::ALL.into_iter().find(|view| view.name() == name);
    let table = Table::ALL.into_iter().find(|table| table.name() == name);
    let view = view.map(View::table);
    let is_made = rollup(name).is_some() || name == IDENTITY;
    table.or(view).or(is_made.then_some(Table::Events))
}

/// All names, in order.
pub(super) fn all_names() -> Vec<String> {
    let mut names: Vec<String> = Table::ALL
        .into_iter()
        .map(Table::name)
        .chain(View::ALL.into_iter().map(View::name))
        .chain(Rollup::ALL.into_iter().map(Rollup::name))
        .chain([IDENTITY])
        .map(str::to_owned)
        .collect();
    names.sort();
    names
}
