//! Since when users are known: each by itself, on each release, and with each feature.
//!
//! | grain | app, environment, user; and release or feature, or neither |
//! |---|---|
//! | `first_at` | the first event of that user; on that release; with that name |
//!
//! Merge rule: that of [`super::earliest`].

use lake::columns::{APP, ENVIRONMENT, FEATURE, RELEASE};

use super::columns::{Rollup, USER};
use super::day::Day;
use super::earliest::{Made, OfGroup, note};
use super::names::NONE;

pub(super) const MADE: Made<5> = Made {
    rollup: Rollup::FirstSeen,
    key: [APP, ENVIRONMENT, USER, RELEASE, FEATURE],
    from: &[
        (Rollup::UserDay, [APP, ENVIRONMENT, USER, "", ""]),
        (Rollup::UserDay, [APP, ENVIRONMENT, USER, RELEASE, ""]),
        (Rollup::FeatureDay, [APP, ENVIRONMENT, USER, "", FEATURE]),
    ],
};

/// Takes in what a day adds.
pub(super) fn take(firsts: &mut OfGroup<5>, day: &Day) {
    let cells = day.cells.rows();
    let cell_of = |cell: u32| cells.get(cell as usize).map(|row| row.0);
    for ((cell, user), user_day) in day.users.rows() {
        if let (Some([app, environment, _, _, release]), true) = (cell_of(*cell), *user != NONE) {
            let alone = [app, environment, *user, NONE, NONE];
            note(firsts, alone, user_day.first_at);
            if release != NONE {
                let on_release = [app, environment, *user, release, NONE];
                note(firsts, on_release, user_day.first_at);
            }
        }
    }
    let users = day.users.rows();
    for ((place, feature), uses) in day.features.rows() {
        let whose = users.get(*place as usize).map(|row| row.0);
        if let Some((cell, user)) = whose.filter(|(_, user)| *user != NONE)
            && let Some([app, environment, ..]) = cell_of(cell)
        {
            let with_feature = [app, environment, user, NONE, *feature];
            note(firsts, with_feature, uses.first_at);
        }
    }
}
