//! What comes next, for those who asked: the releases that are planned and not out, what they hold, and
//! how many asked for it. Nothing of a single person goes in: no words, no names, no small numbers.

use std::collections::BTreeSet;

use lake::{Micros, Snapshot};

use crate::days::instant_text;
use crate::error::Result;
use crate::evidence::{Items, Suggested, Texts};
use crate::facts::feedback::Feedback;
use crate::facts::records::{self, Mark, ReleaseNote};
use crate::facts::triage::Triage;
use crate::findings::{ComingItem, ComingNext, ComingRelease};
use crate::period::Period;
use crate::scan::Tables;
use crate::scope;
use crate::settings::Settings;
use crate::status;

/// Fewer people than that could be told apart.
const USERS_LEAST: u64 = 5;

/// The releases that are planned and not out at `as_of`, with who asked for what they hold in `period`.
///
/// # Errors
/// [`crate::Error::Scan`] when files cannot be read, [`crate::Error::Record`] when a stored record does
/// not hold what it should.
pub fn coming_next(
    snapshot: &Snapshot,
    settings: &Settings,
    period: &Period,
    as_of: Micros,
) -> Result<ComingNext> {
    let tables = Tables::of(snapshot);
    let question = scope::question(&tables, settings, period, as_of)?;
    let feedback = Feedback::load(&question)?;
    let triage = Triage::load(&question)?;
    let texts = Texts::of(&feedback, question.window, &triage);
    let known = records::backlog_by_id(&question)?;
    let by_id: Items<'_> = known.iter().map(|(id, item)| (id.as_str(), item)).collect();
    let out: BTreeSet<String> = records::marks(&question)?
        .into_iter()
        .filter(|(_, marks)| marks.iter().any(Mark::goes_out))
        .map(|(version, _)| version)
        .collect();
    let is_ahead = |(version, note): &(String, ReleaseNote)| {
        let is_out = note.released_at.is_some_and(|at| at <= as_of) || out.contains(version);
        !is_out && !note.scope.is_empty()
    };
    let notes = records::release_notes(&question)?;
    let mut ahead: Vec<(String, ReleaseNote)> = notes.into_iter().filter(is_ahead).collect();
    ahead.sort_by_key(|(version, note)| (note.planned_at.unwrap_or(Micros::MAX), version.clone()));
    let item = |id: &String| {
        let Some(item) = known.get(id) else {
            return ComingItem {
                title: id.clone(),
                kind: None,
                users: None,
                is_done: false,
            };
        };
        let (evidence, _) = texts.evidence(item, &by_id, &Suggested::new());
        ComingItem {
            title: item.title.clone(),
            kind: item.kind.clone(),
            users: (evidence.users >= USERS_LEAST).then_some(evidence.users),
            is_done: item.status.as_deref().is_some_and(status::is_shipped),
        }
    };
    let release = |(version, note): (String, ReleaseNote)| {
        let mut items: Vec<ComingItem> = note.scope.iter().map(item).collect();
        items.sort_by(|a, b| b.users.cmp(&a.users).then_with(|| a.title.cmp(&b.title)));
        ComingRelease {
            release: version,
            planned_at: note.planned_at.map(instant_text),
            items,
        }
    };
    Ok(ComingNext {
        releases: ahead.into_iter().map(release).collect(),
        users_least: USERS_LEAST,
        scope: scope::bare(&tables, settings, period, (as_of, feedback.data_through)),
    })
}
