//! Funnels: how many get through a row of steps, in order and in time.
//!
//! | part | module |
//! |---|---|
//! | what is asked: steps and the time allowed | [`asked`] |
//! | the events of the steps, each once | [`events`] |
//! | how far one user came | [`walk`] |
//! | users together | [`count`] |
//!
//! Days do not say which of two events came first, so funnels read the events themselves: of the
//! files that can hold the window, the rows that name a step. Rollups say who is who: what somebody did
//! before signing in counts for the same user.

mod asked;
mod count;
mod events;
#[cfg(test)]
mod tests;
mod walk;

use std::collections::BTreeSet;

use lake::{Micros, Snapshot};

use crate::days::Days;
use crate::error::Result;
use crate::findings::{FunnelFindings, FunnelSegment};
use crate::period::Period;
use crate::rollup::Of;
use crate::scan::Tables;
use crate::scope;
use crate::settings::Settings;

pub use asked::{Funnel, FunnelError, FunnelRules};

/// How many of the users who took the first step in the window got through each funnel. A segment
/// holds the first step's event to what it says.
///
/// # Errors
/// [`crate::Error::Rollup`] when files of events cannot be read.
pub fn funnels(
    snapshot: &Snapshot,
    settings: &Settings,
    period: &Period,
    (funnels, segment): (&[Funnel], &FunnelSegment),
    as_of: Micros,
) -> Result<FunnelFindings> {
    let tables = Tables::of(snapshot);
    of_tables(&tables, settings, period, (funnels, segment), as_of)
}

pub(crate) fn of_tables(
    tables: &Tables,
    settings: &Settings,
    period: &Period,
    (funnels, segment): (&[Funnel], &FunnelSegment),
    as_of: Micros,
) -> Result<FunnelFindings> {
    let known_until = as_of.saturating_add(1);
    let within = funnels.iter().map(Funnel::within_micros).max().unwrap_or(0);
    let names: BTreeSet<&str> = funnels.iter().flat_map(Funnel::steps).collect();
    let last = period.to.saturating_add(within);
    let days = Days::of_zone(period.zone.clone());
    let persons = tables.rollups(&days, known_until)?.persons(Of {
        app: &settings.app,
        environment: &settings.environment,
        segment: &settings.segment,
    })?;
    let asked = events::Asked {
        settings,
        names: &names,
        segment,
        span: (period.from, last.min(known_until)),
        persons: &persons,
    };
    let events = events::Events::read(tables, asked)?;
    let window = walk::Window {
        from: period.from,
        to: period.to,
        known_until,
    };
    let results = funnels
        .iter()
        .map(|funnel| count::count(&events, funnel, segment, window));
    Ok(FunnelFindings {
        funnels: results.collect(),
        scope: scope::bare(tables, settings, period, (as_of, events.data_through)),
    })
}
