//! What is wrong with how the counts came about: then no verdict is right, neither red nor green.

use lake::columns;

use super::hours::{DAY_HOURS, Hour, Hours};
use super::people::People;
use crate::error::Result;
use crate::facts::Question;
use crate::rollup::{EVENTS, FLAGGED, NONE, Names, RECEIVED_TO, Rollup, at, instant_at};
use crate::scan::{UNKNOWN, count};
use crate::stats::sample_ratio::SampleRatio;

/// More of the traffic than this naming no release makes every share a guess.
const UNKNOWN_SHARE_MAX: f64 = 0.05;
/// More of a release's events than this with a clock that was not believed, and twice the others'.
const FLAGGED_SHARE_MAX: f64 = 0.05;
/// A release that sent nothing for so many hours ...
const SILENT_HOURS: Hour = 6;
/// ... in which so much was to be expected has stopped sending.
const SILENT_EXPECTED: f64 = 20.0;

/// When events of the app arrived, and whose clocks were off.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Arrivals {
    /// The latest arrival.
    pub(crate) data_through: Option<lake::Micros>,
    /// Events of the release and those flagged, then the same of all others.
    release: (u64, u64),
    others: (u64, u64),
}

impl Arrivals {
    /// Reads the arrivals of some days.
    ///
    /// # Errors
    /// [`crate::Error::Rollup`] when a file cannot be read.
    pub(crate) fn load(question: &Question<'_>, release: &str, days: (i32, i32)) -> Result<Self> {
        let mut arrivals = Self::default();
        let mut names = Names::default();
        let release = names.number(release);
        let columns = [columns::RELEASE, EVENTS, FLAGGED, RECEIVED_TO];
        let (rollups, of) = (&question.rollups, question.of());
        rollups.read(
            Rollup::ArrivalDay,
            days,
            &columns,
            of,
            &mut names,
            |piece, _| {
                let releases = piece.texts(columns::RELEASE);
                let counts = [EVENTS, FLAGGED].map(|name| piece.counts(name));
                let through = piece.instants(RECEIVED_TO);
                for row in piece.rows() {
                    let through = instant_at(through.as_ref(), row);
                    arrivals.data_through = arrivals.data_through.max(through);
                    let [events, flagged] = counts
                        .each_ref()
                        .map(|counts| count(at(counts.as_ref(), row)));
                    let sum = if releases[row] == release && release != NONE {
                        &mut arrivals.release
                    } else {
                        &mut arrivals.others
                    };
                    *sum = (sum.0 + events, sum.1 + flagged);
                }
                Ok(())
            },
        )?;
        Ok(arrivals)
    }
}

/// What decides whether the counts can be believed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Grounds<'a> {
    pub(crate) hours: &'a Hours,
    pub(crate) people: &'a People,
    pub(crate) arrivals: Arrivals,
    pub(crate) release: &'a str,
    /// The hours compared.
    pub(crate) window: (Hour, Hour),
    /// The first hour that is not judged yet, whatever the window.
    pub(crate) now: Hour,
    /// The share of users that was to get the release, where they were drawn by lot.
    pub(crate) drawn_share: Option<f64>,
}

/// Everything that is wrong, in plain words; nothing where all is well.
pub(crate) fn problems(grounds: &Grounds<'_>) -> Vec<String> {
    let problems = [
        unknown_releases(grounds),
        stopped_sending(grounds),
        clocks(grounds),
        sample_ratio(grounds),
    ];
    problems.into_iter().flatten().collect()
}

fn percent(share: f64) -> String {
    format!("{:.1} %", 100.0 * share)
}

fn unknown_releases(grounds: &Grounds<'_>) -> Option<String> {
    let (from, end) = grounds.window;
    let share = grounds.hours.share(UNKNOWN, from, end);
    // Reviews in stores often name no version.
    let counts = !grounds.hours.is_of_feedback();
    (counts && share > UNKNOWN_SHARE_MAX).then(|| {
        format!(
            "{} of the traffic names no release (more than {})",
            percent(share),
            percent(UNKNOWN_SHARE_MAX)
        )
    })
}

fn stopped_sending(grounds: &Grounds<'_>) -> Option<String> {
    let recent = grounds.now - SILENT_HOURS;
    let before = recent - DAY_HOURS;
    let hours = grounds.hours;
    let own = |from, end| hours.traffic(hours.of(grounds.release, from, end));
    let all = |from, end| hours.traffic(hours.of_all(from, end));
    let share = own(before, recent) as f64 / all(before, recent).max(1) as f64;
    let expected = share * all(recent, grounds.now) as f64;
    let is_silent = own(recent, grounds.now) == 0 && !hours.is_of_feedback();
    (is_silent && expected >= SILENT_EXPECTED).then(|| {
        format!(
            "it has sent nothing for {SILENT_HOURS} hours, in which about {expected:.0} sessions were to be expected"
        )
    })
}

fn clocks(grounds: &Grounds<'_>) -> Option<String> {
    let share = |(events, flagged): (u64, u64)| flagged as f64 / events.max(1) as f64;
    let (own, others) = (
        share(grounds.arrivals.release),
        share(grounds.arrivals.others),
    );
    (own > FLAGGED_SHARE_MAX && own > 2.0 * others).then(|| {
        format!(
            "the clocks of {} of its events could not be believed (others: {})",
            percent(own),
            percent(others)
        )
    })
}

fn sample_ratio(grounds: &Grounds<'_>) -> Option<String> {
    let share = grounds.drawn_share?;
    let mut check = SampleRatio::new(&[share, 1.0 - share])?;
    let base = grounds
        .people
        .base
        .users
        .saturating_sub(grounds.people.on_both);
    let new = grounds.people.new.users;
    check.advance(&[new, base]);
    check.is_broken().then(|| {
        format!(
            "{new} users on it beside {base} do not fit the drawn share of {}",
            percent(share)
        )
    })
}
