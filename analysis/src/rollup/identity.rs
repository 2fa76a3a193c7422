//! Which ids identify events tie together, by day and of all days.
//!
//! | rollup | grain |
//! |---|---|
//! | `rollup_identity_day` | app, environment, channel, platform, release, day, anonymous id, user id |
//! | `rollup_identity` | app, environment, anonymous id, user id |
//!
//! `first_at` is the first event of kind `identify` that names both. Merge rule: that of
//! [`super::earliest`]. Who is who by them is said in [`super::persons`].

use std::collections::BTreeSet;
use std::path::Path;

use arrow::array::{StringArray, TimestampMicrosecondArray};
use lake::Micros;
use lake::columns::{ANONYMOUS_ID, APP, ENVIRONMENT, USER_ID};

use super::columns::{FIRST_AT, Rollup};
use super::day::Day;
use super::earliest::{Made, OfGroup, note};
use super::persons::{Persons, Tie};
use super::piece::Of;
use super::source::{column, text_at};
use super::store;
use crate::error::Result;

pub(super) const MADE: Made<4> = Made {
    rollup: Rollup::Identity,
    key: [APP, ENVIRONMENT, ANONYMOUS_ID, USER_ID],
    from: &[(
        Rollup::IdentityDay,
        [APP, ENVIRONMENT, ANONYMOUS_ID, USER_ID],
    )],
};

/// Takes in what a day adds.
pub(super) fn take(firsts: &mut OfGroup<4>, day: &Day) {
    let cells = day.cells.rows();
    for ([cell, anonymous, user], first_at) in day.ties.rows() {
        let cell = cells.get(*cell as usize).map(|row| row.0);
        if let Some([app, environment, ..]) = cell {
            note(firsts, [app, environment, *anonymous, *user], *first_at);
        }
    }
}

/// The texts of the ties of a file, and when each was told first.
type Ties = Vec<([Option<StringArray>; 4], TimestampMicrosecondArray)>;

fn ties(path: &Path) -> Result<Ties> {
    let mut ties = Ties::new();
    store::read(path, |batch| {
        let texts = MADE.key.map(|name| column::<StringArray>(batch, name));
        ties.extend(column(batch, FIRST_AT).map(|firsts| (texts, firsts)));
    })?;
    Ok(ties)
}

/// The apps and environments with ties.
///
/// # Errors
/// [`crate::Error::Rollup`] when the file cannot be read.
pub(super) fn apps(path: &Path) -> Result<BTreeSet<(String, String)>> {
    let mut apps = BTreeSet::new();
    for (texts, firsts) in ties(path)? {
        let [of_app, of_environment, ..] = texts.each_ref().map(Option::as_ref);
        let row = |row| text_at(of_app, row).zip(text_at(of_environment, row));
        let pairs: BTreeSet<_> = (0..firsts.len()).filter_map(row).collect();
        apps.extend(
            pairs
                .into_iter()
                .map(|(app, environment)| (app.to_owned(), environment.to_owned())),
        );
    }
    Ok(apps)
}

/// Who is who by the ties of one app in one environment that were told before an instant.
///
/// # Errors
/// [`crate::Error::Rollup`] when the file cannot be read.
pub(super) fn persons(path: &Path, of: Of<'_>, until: Micros) -> Result<Persons> {
    let columns = ties(path)?;
    let mut ties = Vec::new();
    for (texts, firsts) in &columns {
        let [apps, environments, anonymous, users] = texts.each_ref().map(Option::as_ref);
        for (row, first_at) in firsts.values().iter().enumerate() {
            let is_asked = text_at(apps, row) == Some(of.app)
                && text_at(environments, row) == Some(of.environment)
                && *first_at < until;
            let ids = text_at(anonymous, row).zip(text_at(users, row));
            if let Some((anonymous, user)) = ids.filter(|_| is_asked) {
                ties.push(Tie {
                    first_at: *first_at,
                    anonymous,
                    user,
                });
            }
        }
    }
    Ok(Persons::of(ties))
}
