//! Since when each user is known, and on which release they came.

use lake::{Micros, columns};

use crate::error::Result;
use crate::facts::Question;
use crate::rollup::{FIRST_AT, NONE, Names, Piece, Rollup, USER, instant_at};
use crate::scan::UNKNOWN;

/// A user's first event ever.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct First {
    pub(crate) at: Micros,
    /// The local day of it.
    pub(crate) day: i32,
    /// The number of its release's name, that of `unknown` where it named none. Of several releases
    /// at that very instant the first by name.
    pub(crate) release: u32,
}

/// The first events of users, by the number of the user's name.
#[derive(Debug, Clone, Default)]
pub(crate) struct Firsts {
    by_user: Vec<Option<First>>,
}

impl Firsts {
    /// Those that are known by `as_of`.
    pub(crate) fn load(question: &Question<'_>, names: &mut Names) -> Result<Self> {
        let unknown = names.number(UNKNOWN);
        let mut firsts = Self::default();
        let columns = [USER, columns::RELEASE, columns::FEATURE, FIRST_AT];
        let (rollups, of) = (&question.rollups, question.of());
        let all = (i32::MIN, i32::MAX);
        rollups.read(
            Rollup::FirstSeen,
            all,
            &columns,
            of,
            names,
            |piece, names| {
                firsts.take(question, piece, (names, unknown));
                Ok(())
            },
        )?;
        Ok(firsts)
    }

    /// Takes rows in. They come in the order of their texts: an id's own row before those of its
    /// releases.
    fn take(&mut self, question: &Question<'_>, piece: &Piece, (names, unknown): (&Names, u32)) {
        let [users, releases, features] =
            [USER, columns::RELEASE, columns::FEATURE].map(|name| piece.texts(name));
        let instants = piece.instants(FIRST_AT);
        for row in piece.rows().filter(|row| features[*row] == NONE) {
            let known = instant_at(instants.as_ref(), row).filter(|at| *at <= question.as_of);
            let Some(at) = known else { continue };
            let (user, release) = (users[row], releases[row]);
            if release == NONE {
                let first = First {
                    at,
                    day: question.days.day_of(at),
                    release: unknown,
                };
                self.insert(user, first);
            } else if let Some(Some(first)) = self.by_user.get_mut(user as usize)
                && first.at == at
                && (first.release == unknown || names.text(release) < names.text(first.release))
            {
                first.release = release;
            }
        }
    }

    /// Of several ids of a user the earliest first event counts.
    pub(crate) fn insert(&mut self, user: u32, first: First) {
        let place = user as usize;
        if self.by_user.len() <= place {
            self.by_user.resize(place + 1, None);
        }
        if let Some(known) = self.by_user.get_mut(place)
            && known.is_none_or(|known| first.at < known.at)
        {
            *known = Some(first);
        }
    }

    pub(crate) fn of(&self, user: u32) -> Option<First> {
        self.by_user.get(user as usize).copied().flatten()
    }
}
