//! One release as the team keeps it: its record, its plan with the drift, and what was said and done
//! about it in time.

mod history;

use lake::{Micros, Snapshot};

use crate::accepted::{Known, told};
use crate::days::instant_text;
use crate::error::Result;
use crate::facts::{Question, records};
use crate::findings::{ReleaseShown, ScopeItem};
use crate::scan::Tables;
use crate::settings::Settings;

/// What the team keeps of a release of an app in an environment; `None` where it keeps nothing.
///
/// # Errors
/// [`crate::Error::Scan`] when files cannot be read, [`crate::Error::Record`] when a stored record does
/// not hold what it should, [`crate::Error::Zone`] for an unknown zone.
pub fn release_shown(
    snapshot: &Snapshot,
    settings: &Settings,
    release: &str,
    as_of: Micros,
) -> Result<Option<ReleaseShown>> {
    let tables = Tables::of(snapshot);
    of_question(&Question::of_moment(&tables, settings, as_of)?, release)
}

pub(crate) fn of_question(question: &Question<'_>, release: &str) -> Result<Option<ReleaseShown>> {
    let note = records::release_notes(question)?.remove(release);
    let history = history::history(question, release, note.as_ref())?;
    if note.is_none() && history.is_empty() {
        return Ok(None);
    }
    let note = note.unwrap_or_default();
    let known = records::backlog_by_id(question)?;
    Ok(Some(ReleaseShown {
        app: question.settings.app.clone(),
        environment: question.settings.environment.clone(),
        release: release.to_owned(),
        planned_at: note.planned_at.map(instant_text),
        released_at: note.released_at.map(instant_text),
        rollout: note.rollout,
        owner: note.owner,
        scope: note
            .scope
            .into_iter()
            .map(|id| scope_item(id, &known))
            .collect(),
        goals: note.goals,
        plan: note.accepted.as_ref().map(|plan| told(plan, &known)),
        history,
    }))
}

fn scope_item(id: String, known: &Known) -> ScopeItem {
    let item = known.get(&id);
    ScopeItem {
        title: item.map(|item| item.title.clone()),
        status: item.and_then(|item| item.status.clone()),
        owner: item.and_then(|item| item.owner.clone()),
        item_id: id,
    }
}
