//! What a run speaks of, and what there is to speak of: apps with rows, and since when.

use std::collections::BTreeSet;

use lake::{Micros, Snapshot, Table, columns};
use polars::prelude::col;

use crate::days::{Days, Window, instant_text};
use crate::error::Result;
use crate::facts::{Facts, Question};
use crate::findings::Scope;
use crate::period::Period;
use crate::scan::{Tables, collect};
use crate::settings::Settings;

/// The apps that have sent anything or that have a backlog, in order of name.
///
/// # Errors
/// [`crate::Error::Scan`] when files cannot be read.
pub fn apps(snapshot: &Snapshot) -> Result<Vec<String>> {
    let tables = Tables::of(snapshot);
    let mut apps = BTreeSet::new();
    for table in [
        Table::Events,
        Table::Feedback,
        Table::Releases,
        Table::Backlog,
        Table::Marks,
    ] {
        let query = tables
            .all(table, &[columns::APP])?
            .group_by([col(columns::APP)])
            .agg([col(columns::APP).count().alias("rows")]);
        let frame = collect(table, query)?;
        let names = frame.texts(columns::APP)?;
        apps.extend(
            (0..frame.rows())
                .filter_map(|row| names.get(row))
                .map(str::to_owned),
        );
    }
    Ok(apps.into_iter().collect())
}

/// The first and the last instant at or before `as_of` at which something happened in the app;
/// `None` where nothing has. Tells a caller which weeks hold data.
///
/// # Errors
/// [`crate::Error::Scan`] when files cannot be read.
pub fn data_span(
    snapshot: &Snapshot,
    settings: &Settings,
    as_of: Micros,
) -> Result<Option<(Micros, Micros)>> {
    let tables = Tables::of(snapshot);
    let mut span: Option<(Micros, Micros)> = None;
    for table in [Table::Events, Table::Feedback] {
        let names = [columns::APP, columns::ENVIRONMENT, columns::OCCURRED_AT];
        let at = || col(columns::OCCURRED_AT);
        let query = tables
            .between(table, &names, (Micros::MIN, as_of.saturating_add(1)))?
            .filter(crate::scan::of_app(&settings.app, &settings.environment))
            .select([at().min().alias("first"), at().max().alias("last")]);
        let frame = collect(table, query)?;
        let (first, last) = (
            frame.integers("first")?.get(0),
            frame.integers("last")?.get(0),
        );
        if let Some((first, last)) = first.zip(last) {
            span = Some(span.map_or((first, last), |known| {
                (known.0.min(first), known.1.max(last))
            }));
        }
    }
    Ok(span)
}

/// The question that a period asks.
///
/// # Errors
/// When the rollups that it needs cannot be made.
pub(crate) fn question<'a>(
    tables: &'a Tables,
    settings: &'a Settings,
    period: &Period,
    as_of: Micros,
) -> Result<Question<'a>> {
    let days = Days::of_zone(period.zone.clone());
    let first = days.day_of(period.from);
    let length = days
        .day_of(period.to.saturating_sub(1))
        .saturating_sub(first)
        .saturating_add(1);
    let windows = i32::try_from(settings.history_weeks)
        .unwrap_or(i32::MAX)
        .clamp(2, 520);
    let window = Window { first, length };
    Question::new(tables, settings, days, (window, windows), as_of)
}

pub(crate) fn scope(question: &Question<'_>, facts: &Facts, period: &Period) -> Scope {
    let known = (question.as_of, facts.data_through);
    bare(question.tables, question.settings, period, known)
}

/// The scope of a run that reads no more than it needs, by the moment that it speaks for and the
/// latest arrival among what it read.
pub(crate) fn bare(
    tables: &Tables,
    settings: &Settings,
    period: &Period,
    (as_of, data_through): (Micros, Option<Micros>),
) -> Scope {
    Scope {
        app: settings.app.clone(),
        environment: settings.environment.clone(),
        segment: settings.segment.clone(),
        zone: period.zone_name(),
        from: instant_text(period.from),
        to: instant_text(period.to),
        first_day: period.first_day.to_string(),
        last_day: period.last_day.to_string(),
        iso_week: period.iso_week.clone(),
        complete: period.is_complete(as_of),
        as_of: instant_text(as_of),
        data_through: data_through.map(instant_text),
        table_versions: tables.versions(),
    }
}
