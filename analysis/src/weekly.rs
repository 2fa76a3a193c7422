//! The weekly KPI report's findings.

use lake::{Micros, Snapshot};

use crate::adoption::Adoption;
use crate::beside::beside;
use crate::error::{Error, Result};
use crate::facts::Facts;
use crate::findings::{RatingSplit, WeeklyFindings};
use crate::period::Period;
use crate::releases::Releases;
use crate::scan::Tables;
use crate::settings::Settings;
use crate::{
    delivery, features, headline, history, kpi, phrases, quality, retention, scope, small_cells,
};

/// What a week (or any window of whole days) shows, beside the window before it.
///
/// # Errors
/// [`crate::Error::Scan`] when files cannot be read, [`crate::Error::Record`] when a stored record
/// does not hold what it should, [`crate::Error::SmallSegment`] where a segment holds too few users to
/// speak of.
pub fn weekly(
    snapshot: &Snapshot,
    settings: &Settings,
    period: &Period,
    as_of: Micros,
) -> Result<WeeklyFindings> {
    of_tables(&Tables::of(snapshot), settings, period, as_of)
}

pub(crate) fn of_tables(
    tables: &Tables,
    settings: &Settings,
    period: &Period,
    as_of: Micros,
) -> Result<WeeklyFindings> {
    let question = scope::question(tables, settings, period, as_of)?;
    let facts = Facts::load(&question)?;
    let (days, window) = (&question.days, question.window);
    let (kpis, mut missing) = kpi::all(&facts, settings, question.windows);
    let releases = Releases::of(&facts, settings, days, window);
    let delivery = match delivery::delivery(&question, &facts, &releases)? {
        Ok(delivery) => Some(delivery),
        Err(nothing) => {
            missing.push(nothing);
            None
        }
    };
    let adoption = Adoption::of(&facts, settings, days, window, as_of);
    let (history, features) = beside(
        || history::history(&question, &facts),
        || features::features(&question, &facts),
    )?;
    let mut findings = WeeklyFindings {
        scope: scope::scope(&question, &facts, period),
        headline: headline::claims(&facts, &releases, &kpis, &adoption.series),
        kpis,
        ratings: RatingSplit {
            now: kpi::stars(&facts, 0),
            before: kpi::stars(&facts, -1),
        },
        releases: releases.rows,
        adoption: adoption.series,
        upgrades: adoption.upgrades,
        active_days: retention::active_days(&facts),
        retention: retention::retention(&facts),
        features,
        phrases: phrases::top(&facts.feedback, settings, window),
        delivery,
        quality: quality::quality(&question, &facts)?,
        missing,
        history,
    };
    if !settings.segment.is_all() {
        let (users, least) = (facts.activity.window_users(), settings.segments.users_min);
        if users < least {
            return Err(Error::SmallSegment {
                segment: settings.segment.to_string(),
                days: format!("{} to {}", period.first_day, period.last_day),
                least,
            });
        }
        small_cells::leave_out(&mut findings, least);
    }
    Ok(findings)
}
