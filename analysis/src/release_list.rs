//! Which releases there are: those that were seen, and those that have a record.

use std::collections::BTreeSet;

use lake::{Micros, Snapshot};

use crate::days::instant_text;
use crate::error::Result;
use crate::facts::origin::Origins;
use crate::facts::{Question, records};
use crate::findings::ReleaseSeen;
use crate::scan::Tables;
use crate::settings::Settings;
use crate::versions;

/// The releases of an app in an environment, the oldest first.
///
/// # Errors
/// [`crate::Error::Scan`] when files cannot be read, [`crate::Error::Zone`] for an unknown zone.
pub fn release_list(
    snapshot: &Snapshot,
    settings: &Settings,
    as_of: Micros,
) -> Result<Vec<ReleaseSeen>> {
    let tables = Tables::of(snapshot);
    let question = Question::of_moment(&tables, settings, as_of)?;
    let first_seen = Origins::load(&question)?.first_seen;
    let notes = records::release_notes(&question)?;
    let released_at = |version: &str| notes.get(version).and_then(|note| note.released_at);
    let seen = versions::oldest_first(&first_seen, released_at);
    let known: BTreeSet<&String> = seen.iter().collect();
    let unseen = notes.keys().filter(|version| !known.contains(version));
    Ok(seen
        .iter()
        .chain(unseen)
        .map(|version| ReleaseSeen {
            app: settings.app.clone(),
            environment: settings.environment.clone(),
            release: version.clone(),
            first_seen_at: first_seen.get(version).copied().map(instant_text),
            released_at: released_at(version).map(instant_text),
            rollout: notes.get(version).and_then(|note| note.rollout.clone()),
        })
        .collect())
}
