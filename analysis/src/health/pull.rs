//! How far a release has come that its users fetch by themselves, against its deadline.
//!
//! Counted are the users who were active in the last seven days, each by the newest release seen of
//! them in these days: an update that was taken is not undone by a second device on an older one.

use lake::columns;

use crate::days::instant_text;
use crate::error::Result;
use crate::facts::Question;
use crate::facts::records::ReleaseNote;
use crate::facts::stages::deadline;
use crate::findings::PullProgress;
use crate::rollup::{NONE, Names, Rollup, USER};
use crate::stats::proportion;

/// Days in which a user counts as active.
const ACTIVE_DAYS: i32 = 7;

/// How many are still below a release; `order` has all releases, oldest first. `None` where the release
/// is not pulled.
///
/// # Errors
/// [`crate::Error::Rollup`] when a file cannot be read.
pub(super) fn progress(
    question: &Question<'_>,
    (release, note): (&str, Option<&ReleaseNote>),
    order: &[String],
    today: i32,
) -> Result<Option<PullProgress>> {
    let Some(note) = note.filter(|note| note.rollout.as_deref() == Some("pull")) else {
        return Ok(None);
    };
    let mut names = Names::default();
    // Named first and in order: the number of a release is its place, from 1.
    let last = order.iter().map(|name| names.number(name)).max();
    let last = last.unwrap_or(NONE);
    let own = order.iter().position(|known| known == release);
    let own = own.and_then(|place| u32::try_from(place + 1).ok());
    let mut newest: Vec<u32> = Vec::new();
    let days = (
        today.saturating_sub(ACTIVE_DAYS - 1),
        today.saturating_add(1),
    );
    let columns = [columns::RELEASE, USER];
    let (rollups, of) = (&question.rollups, question.of());
    rollups.read(
        Rollup::UserDay,
        days,
        &columns,
        of,
        &mut names,
        |piece, _| {
            let [releases, users] = columns.map(|name| piece.texts(name));
            for row in piece.rows().filter(|row| users[*row] != NONE) {
                let place = releases[row];
                let place = if place <= last { place } else { NONE };
                let user = users[row] as usize;
                if user >= newest.len() {
                    newest.resize(user + 1, NONE);
                }
                newest[user] = newest[user].max(place);
            }
            Ok(())
        },
    )?;
    let (mut active, mut below) = (0, 0);
    for place in newest.into_iter().filter(|place| *place != NONE) {
        active += 1;
        below += u64::from(Some(place) < own);
    }
    let deadline = deadline(&note.stages);
    Ok(Some(PullProgress {
        active_users: active,
        below: proportion::estimate(below, active),
        deadline: deadline.map(instant_text),
        is_overdue: below > 0 && deadline.is_some_and(|deadline| deadline <= question.as_of),
    }))
}
