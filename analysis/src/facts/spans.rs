//! In which spans of 24 hours, counted from their own first event, users came back.
//!
//! Rollups say of a user's day when its first and its last event were. That answers for every span
//! that begins or ends within a day, so for all but those that lie in the midst of a day of 25 hours:
//! for these alone events are read.

use std::collections::BTreeMap;

use lake::{Micros, Table, columns};
use polars::prelude::col;

use crate::error::Result;
use crate::facts::Question;
use crate::facts::firsts::Firsts;
use crate::rollup::Names;
use crate::scan::{self, collect, of_app};

/// After how many days it is asked who came back.
pub(crate) const RETENTION_DAYS: [i32; 6] = [1, 3, 7, 14, 28, 30];

/// 24 hours.
pub(crate) const SPAN: Micros = 24 * 3_600_000_000;

/// What is known of one user: a bit for each of [`RETENTION_DAYS`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Bits {
    /// Came back in the span.
    back: u8,
    /// Was active before and after it on one day; whether in it, nobody has said yet.
    open: u8,
}

/// The spans in which users came back, by the number of the user's name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Spans {
    by_user: Vec<Bits>,
}

/// The bit of the span with this number.
fn bit(span: i64) -> u8 {
    let place = RETENTION_DAYS
        .iter()
        .position(|days| i64::from(*days) == span);
    place.map_or(0, |place| 1 << place)
}

impl Spans {
    /// Takes in the first and the last event of a user on one day.
    pub(crate) fn take(&mut self, user: u32, first: Micros, (from, to): (Micros, Micros)) {
        let span_of = |at: Micros| at.saturating_sub(first).div_euclid(SPAN);
        let (of_first, of_last) = (span_of(from), span_of(to));
        let mut bits = Bits {
            back: bit(of_first) | bit(of_last),
            open: 0,
        };
        for between in of_first + 1..of_last {
            bits.open |= bit(between);
        }
        if bits != Bits::default() {
            self.add(user, bits);
        }
    }

    fn add(&mut self, user: u32, bits: Bits) {
        let place = user as usize;
        if self.by_user.len() <= place {
            self.by_user.resize(place + 1, Bits::default());
        }
        if let Some(known) = self.by_user.get_mut(place) {
            known.back |= bits.back;
            known.open |= bits.open;
        }
    }

    /// Whether a user came back in the span at this place of [`RETENTION_DAYS`].
    pub(crate) fn is_back(&self, user: u32, place: usize) -> bool {
        let bits = self.by_user.get(user as usize);
        bits.is_some_and(|bits| bits.back & (1 << place) != 0)
    }

    /// The spans of which it is not known yet whether their users came back in them, by the local
    /// day in which they lie.
    fn open(&self, question: &Question<'_>, firsts: &Firsts) -> BTreeMap<i32, Vec<Span>> {
        let mut open: BTreeMap<i32, Vec<Span>> = BTreeMap::new();
        for (user, bits) in (0..).zip(&self.by_user) {
            let Some(first) = firsts.of(user).filter(|_| bits.open & !bits.back != 0) else {
                continue;
            };
            for (place, days) in RETENTION_DAYS.into_iter().enumerate() {
                if bits.open & !bits.back & (1 << place) != 0 {
                    let from = first.at.saturating_add(i64::from(days) * SPAN);
                    let span = Span {
                        user,
                        from,
                        back: 1 << place,
                    };
                    open.entry(question.days.day_of(from))
                        .or_default()
                        .push(span);
                }
            }
        }
        open
    }

    /// Reads the events of spans that are still open.
    pub(crate) fn settled(
        mut self,
        question: &Question<'_>,
        firsts: &Firsts,
        names: &Names,
    ) -> Result<Self> {
        let persons = question.persons()?;
        for mut spans in self.open(question, firsts).into_values() {
            spans.sort_unstable();
            let from = spans.iter().map(|span| span.from).min();
            let to = spans.iter().map(|span| span.from).max();
            let (from, to) = from.zip(to).unwrap_or_default();
            let wanted = [
                columns::APP,
                columns::ENVIRONMENT,
                columns::USER_ID,
                columns::ANONYMOUS_ID,
                columns::OCCURRED_AT,
                columns::PLATFORM,
                columns::CHANNEL,
            ];
            let until = to.saturating_add(SPAN).min(question.known_until());
            let settings = question.settings;
            let query = question
                .tables
                .between(Table::Events, &wanted, (from, until))?
                .filter(of_app(&settings.app, &settings.environment))
                .filter(scan::of_segment(&settings.segment))
                .select([
                    scan::user().alias(columns::USER_ID),
                    col(columns::OCCURRED_AT),
                ]);
            let frame = collect(Table::Events, query)?;
            let (users, instants) = (
                frame.texts(columns::USER_ID)?,
                frame.integers(columns::OCCURRED_AT)?,
            );
            for row in 0..frame.rows() {
                let user = users.get(row).and_then(|id| names.find(persons.person(id)));
                let Some((user, at)) = user.zip(instants.get(row)) else {
                    continue;
                };
                let start = spans.partition_point(|span| span.user < user);
                let of_user = spans.iter().skip(start);
                for span in of_user.take_while(|span| span.user == user) {
                    if (span.from..span.from.saturating_add(SPAN)).contains(&at) {
                        let back = span.back;
                        self.add(user, Bits { back, open: 0 });
                    }
                }
            }
        }
        Ok(self)
    }
}

/// A span of a user.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Span {
    user: u32,
    from: Micros,
    back: u8,
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: Micros = SPAN / 24;

    #[test]
    fn a_span_begins_at_the_first_event_and_not_at_midnight() {
        let mut spans = Spans::default();
        let first = 20 * HOUR;
        spans.take(1, first, (first, first + 4 * HOUR - 1));
        assert_eq!(spans, Spans::default(), "the day itself");
        // Sixteen hours later it is the next day, and not the next span.
        spans.take(1, first, (first + 4 * HOUR, first + SPAN - 1));
        assert!(!spans.is_back(1, 0));
        spans.take(1, first, (first + SPAN, first + SPAN));
        assert!(spans.is_back(1, 0) && !spans.is_back(1, 1));
        spans.take(1, first, (first + 8 * SPAN - 1, first + 8 * SPAN));
        assert!(spans.is_back(1, 2), "the last instant of the seventh");
        assert!(!spans.is_back(2, 0) && !spans.is_back(1, 3));
    }

    #[test]
    fn events_about_a_span_do_not_say_that_it_held_one() {
        let mut spans = Spans::default();
        // A day of 25 hours.
        spans.take(3, 0, (7 * SPAN - 1, 8 * SPAN));
        assert!(!spans.is_back(3, 2));
        assert_eq!(
            spans.by_user.get(3).copied(),
            Some(Bits {
                back: 0,
                open: 1 << 2
            })
        );
    }
}
