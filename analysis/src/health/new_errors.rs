//! Errors that came with a release: nobody met them before it, and nobody meets them on an older one.
//!
//! It needs nothing to compare with, so it speaks where the rates cannot yet, or never can. It is a list
//! to look at and no verdict: a fingerprint can be new because the code around an old error moved.

use std::collections::{BTreeMap, BTreeSet};

use lake::{Micros, columns};

use crate::days::instant_text;
use crate::error::Result;
use crate::facts::Question;
use crate::findings::NewError;
use crate::rollup::{ERRORS, FIRST_AT, NONE, Names, Rollup, USER, at, instant_at};
use crate::scan::count;
use crate::stats::rate;

/// Users to whom an error happened before it is listed, and their share of the release's users.
const USERS_MIN: usize = 3;
const SHARE_MIN: f64 = 0.001;
/// The most that are listed.
const LISTED_MAX: usize = 20;

/// What is known of an error, by fingerprint.
#[derive(Debug, Default)]
struct Known {
    name: u32,
    users: BTreeSet<u32>,
    errors: u64,
    first_at: Option<Micros>,
    is_older: bool,
}

/// The new errors of a release, those of most users first.
#[derive(Debug, Default)]
pub(super) struct NewErrors {
    pub(super) listed: Vec<NewError>,
    /// How many there are beyond those listed.
    pub(super) more: usize,
}

/// Finds them in the errors of some days; `older` are the releases before it, `from` its first instant
/// in use and `users` how many it has had since then.
///
/// # Errors
/// [`crate::Error::Rollup`] when a file cannot be read.
pub(super) fn find(
    question: &Question<'_>,
    days: (i32, i32),
    (release, older): (&str, &[String]),
    (from, users): (Micros, u64),
) -> Result<NewErrors> {
    let mut names = Names::default();
    let new = names.number(release);
    let older: BTreeSet<u32> = older.iter().map(|name| names.number(name)).collect();
    let mut known: BTreeMap<u32, Known> = BTreeMap::new();
    let columns = [
        columns::RELEASE,
        USER,
        columns::FINGERPRINT,
        columns::NAME,
        ERRORS,
        FIRST_AT,
    ];
    let (rollups, of) = (&question.rollups, question.of());
    rollups.read(
        Rollup::ErrorDay,
        days,
        &columns,
        of,
        &mut names,
        |piece, _| {
            let texts = [columns::FINGERPRINT, columns::NAME, USER].map(|name| piece.texts(name));
            let [fingerprints, own_names, who] = texts;
            let (errors, first) = (piece.counts(ERRORS), piece.instants(FIRST_AT));
            let releases = piece.texts(columns::RELEASE);
            for row in piece.rows() {
                let of_error = known.entry(fingerprints[row]).or_default();
                let first_at = instant_at(first.as_ref(), row);
                let is_before = first_at.is_none_or(|first_at| first_at < from);
                of_error.is_older |= is_before || older.contains(&releases[row]);
                if releases[row] == new {
                    of_error.name = own_names[row];
                    of_error.errors += count(at(errors.as_ref(), row));
                    let earliest = of_error.first_at.into_iter().chain(first_at).min();
                    of_error.first_at = earliest;
                    if who[row] != NONE {
                        of_error.users.insert(who[row]);
                    }
                }
            }
            Ok(())
        },
    )?;
    let is_listed = |found: &Known| {
        let share = found.users.len() as f64 / users.max(1) as f64;
        !found.is_older && found.users.len() >= USERS_MIN && share >= SHARE_MIN
    };
    let text = |number| names.text(number).unwrap_or_default().to_owned();
    let mut listed: Vec<NewError> = known
        .iter()
        .filter(|(_, found)| is_listed(found))
        .map(|(fingerprint, found)| {
            let affected = found.users.len() as u64;
            NewError {
                fingerprint: text(*fingerprint),
                name: text(found.name),
                users: affected,
                per_user: rate::estimate(affected, users),
                errors: found.errors,
                first_at: found.first_at.map(instant_text),
            }
        })
        .collect();
    listed.sort_by(|a, b| {
        let of = |error: &NewError| std::cmp::Reverse((error.users, error.errors));
        of(a).cmp(&of(b)).then(a.fingerprint.cmp(&b.fingerprint))
    });
    let more = listed.len().saturating_sub(LISTED_MAX);
    listed.truncate(LISTED_MAX);
    Ok(NewErrors { listed, more })
}
