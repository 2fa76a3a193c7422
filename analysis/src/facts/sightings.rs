//! Who was seen when, on what: the rows of users by day, read once.

use lake::columns;

use crate::error::Result;
use crate::facts::Question;
use crate::facts::firsts::{First, Firsts};
use crate::facts::spans::Spans;
use crate::rollup::{FIRST_AT, LAST_AT, NONE, Names, Piece, Rollup, USER, instant_at, releases};
use crate::scan::UNKNOWN;

/// An id on a release and a day, all as plain numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Sighting {
    /// Which id; the numbers mean nothing from run to run.
    pub(crate) id: u32,
    /// The number of the release's name.
    pub(crate) release: u32,
    /// The number of the platform's name; none of sessions.
    pub(crate) platform: u32,
    pub(crate) day: i32,
}

/// What the rows of users by day say.
#[derive(Debug)]
pub(crate) struct Users {
    /// In the windows known.
    pub(crate) sightings: Vec<Sighting>,
    /// Users and days of the month before them, which some of their days' months begin in.
    pub(crate) before: Vec<(u32, i32)>,
    /// In which of their own spans of 24 hours users came back.
    pub(crate) spans: Spans,
}

/// Days of a month: four of each day of the week.
pub(crate) const MONTH_DAYS: i32 = 28;

impl Users {
    pub(crate) fn read(
        question: &Question<'_>,
        firsts: &Firsts,
        names: &mut Names,
    ) -> Result<Self> {
        let unknown = names.number(UNKNOWN);
        let (known, end) = question.known_days();
        let mut users = Self {
            sightings: Vec::new(),
            before: Vec::new(),
            spans: Spans::default(),
        };
        let days = (known.saturating_sub(MONTH_DAYS - 1), end);
        let columns = [columns::RELEASE, columns::PLATFORM, USER, FIRST_AT, LAST_AT];
        let (rollups, of) = (&question.rollups, question.of());
        rollups.read(Rollup::UserDay, days, &columns, of, names, |piece, _| {
            if piece.day() < known {
                users.take_before(piece);
            } else {
                users.take(piece, unknown, |user| {
                    firsts.of(user).filter(|first| known <= first.day)
                });
            }
            Ok(())
        })?;
        Ok(users)
    }

    fn take_before(&mut self, piece: &Piece) {
        let (ids, day) = (piece.texts(USER), piece.day());
        let rows = piece.rows().filter(|row| ids[*row] != NONE);
        self.before.extend(rows.map(|row| (ids[row], day)));
    }

    fn take(&mut self, piece: &Piece, unknown: u32, first: impl Fn(u32) -> Option<First>) {
        let (releases, ids, day) = (releases(piece, unknown), piece.texts(USER), piece.day());
        let platforms = piece.texts(columns::PLATFORM);
        let instants = [FIRST_AT, LAST_AT].map(|name| piece.instants(name));
        let named = |number| if number == NONE { unknown } else { number };
        for row in piece.rows().filter(|row| ids[*row] != NONE) {
            let id = ids[row];
            self.sightings.push(Sighting {
                id,
                release: releases[row],
                platform: named(platforms[row]),
                day,
            });
            let [from, to] = instants
                .each_ref()
                .map(|instants| instant_at(instants.as_ref(), row));
            if let (Some(first), Some(from), Some(to)) = (first(id), from, to) {
                self.spans.take(id, first.at, (from, to));
            }
        }
    }

    /// All users and days, of those read.
    pub(crate) fn days(&mut self) -> Vec<(u32, i32)> {
        let mut days = std::mem::take(&mut self.before);
        days.extend(self.sightings.iter().map(|seen| (seen.id, seen.day)));
        days
    }
}
