//! Since when each release is known, and which inputs an app has ever sent.

use std::collections::BTreeMap;

use lake::{Micros, columns};

use crate::error::Result;
use crate::facts::Question;
use crate::rollup::{
    FIRST_AT, NONE, Names, RECEIVED_TO, Rollup, UPDATES, UPDATES_WITH_USER, WITH_SESSION,
    WITH_USER, at, instant_at,
};
use crate::scan::count;

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

impl Origins {
    pub(crate) fn load(question: &Question<'_>) -> Result<Self> {
        let columns = [
            columns::RELEASE,
            FIRST_AT,
            RECEIVED_TO,
            WITH_USER,
            WITH_SESSION,
            UPDATES,
            UPDATES_WITH_USER,
        ];
        let mut origins = Self::default();
        let mut names = Names::default();
        let all = (i32::MIN, i32::MAX);
        let (rollups, of) = (&question.rollups, question.of());
        rollups.read(
            Rollup::ArrivalDay,
            all,
            &columns,
            of,
            &mut names,
            |piece, names| {
                let releases = piece.texts(columns::RELEASE);
                let (firsts, through) = (piece.instants(FIRST_AT), piece.instants(RECEIVED_TO));
                let counts = [WITH_USER, WITH_SESSION, UPDATES, UPDATES_WITH_USER];
                let counts = counts.map(|name| piece.counts(name));
                for row in piece.rows() {
                    let first = instant_at(firsts.as_ref(), row);
                    if let Some(first) = first
                        && releases[row] != NONE
                    {
                        let release = names.text(releases[row]).unwrap_or_default();
                        match origins.first_seen.get_mut(release) {
                            Some(known) => *known = first.min(*known),
                            None => drop(origins.first_seen.insert(release.to_owned(), first)),
                        }
                    }
                    origins.first_at = origins.first_at.into_iter().chain(first).min();
                    origins.data_through =
                        origins.data_through.max(instant_at(through.as_ref(), row));
                    let [users, sessions, updates, updates_with_user] = counts
                        .each_ref()
                        .map(|counts| count(at(counts.as_ref(), row)));
                    origins.with_user += users;
                    origins.with_session += sessions;
                    origins.updates += updates;
                    origins.updates_with_user += updates_with_user;
                }
                Ok(())
            },
        )?;
        Ok(origins)
    }
}
