//! Who was on which release in which hour, and when it first went wrong for them.
//!
//! A user who crashes crashes again, so only the first crash of a user on a release since the
//! comparison began is an event, and only the hours up to it count as exposure: what happens to one
//! user after the other is independent, what happens to one user again is not. Measured: rules on raw
//! counts of crashes raise a false alarm in 18 to 69 % of good releases, on first crashes in 2 %.

use std::collections::BTreeMap;

use lake::columns;

use super::hours::{Hour, hour_of};
use crate::error::Result;
use crate::facts::Question;
use crate::rollup::{
    ACTIVE_HOURS, CRASHED_HOURS, ERRORED_HOURS, NONE, Names, Piece, Rollup, USER, at, bits,
};
use crate::watch::{Arm, Cell};

/// What went wrong for a user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Harm {
    Crash,
    Error,
}

impl Harm {
    fn bit(self) -> u8 {
        match self {
            Self::Crash => 1,
            Self::Error => 2,
        }
    }
}

/// The side of a comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Group {
    New,
    Base,
}

/// That side of a cell.
fn arm_of(cell: &mut Cell, group: Group) -> &mut Arm {
    match group {
        Group::New => &mut cell.new,
        Group::Base => &mut cell.base,
    }
}

/// By hour, then by stratum (the number of the platform).
pub(crate) type ByHour = BTreeMap<Hour, BTreeMap<u32, Cell>>;

/// Users of one side, and to how many of them something happened.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Side {
    pub(crate) users: u64,
    pub(crate) crashed: u64,
    pub(crate) errored: u64,
}

impl Side {
    pub(crate) fn harmed(self, harm: Harm) -> u64 {
        match harm {
            Harm::Crash => self.crashed,
            Harm::Error => self.errored,
        }
    }
}

/// Which hours are looked at, and who is on which side.
#[derive(Debug, Clone)]
pub(crate) struct Sides<'a> {
    /// The release that is judged.
    pub(crate) new: &'a str,
    /// Those that it is compared with.
    pub(crate) base: &'a [String],
    /// The hours compared.
    pub(crate) hours: (Hour, Hour),
    /// The first hour of the time before, in which both groups were on the releases compared with.
    pub(crate) before_from: Hour,
}

/// The users of both sides.
#[derive(Debug, Clone, Default)]
pub(crate) struct People {
    crashes: ByHour,
    errors: ByHour,
    /// Of the time before: those who took the release later (new) and those who had not yet (base).
    crashes_before: BTreeMap<u32, Cell>,
    errors_before: BTreeMap<u32, Cell>,
    pub(crate) new: Side,
    pub(crate) base: Side,
    /// Users by the hour in which they were first seen on the release.
    arrivals: BTreeMap<Hour, u64>,
    /// Users seen on both sides.
    pub(crate) on_both: u64,
}

/// A user before the release came, while its side is not known yet.
#[derive(Debug, Clone, Copy)]
struct Before {
    user: u32,
    stratum: u32,
    harm: Harm,
    at_risk: Arm,
}

/// What is known of each user, by the number of the name: bits of [`Harm`] on the new side, then on
/// the other, then whether it was seen at all on either.
#[derive(Debug, Default)]
struct Known(Vec<u8>);

const SEEN: u8 = 4;
const BEFORE_SHIFT: u8 = 6;

fn shift(group: Group) -> u8 {
    match group {
        Group::New => 0,
        Group::Base => 3,
    }
}

impl Known {
    fn of(&mut self, user: u32) -> &mut u8 {
        let place = user as usize;
        if place >= self.0.len() {
            self.0.resize(place + 1, 0);
        }
        &mut self.0[place]
    }

    fn has(&self, user: u32, bits: u8) -> bool {
        self.0
            .get(user as usize)
            .is_some_and(|known| known & bits == bits)
    }
}

impl People {
    /// Reads the users of some days.
    ///
    /// # Errors
    /// [`crate::Error::Rollup`] when a file cannot be read.
    pub(crate) fn load(
        question: &Question<'_>,
        sides: &Sides<'_>,
        days: (i32, i32),
    ) -> Result<Self> {
        let mut people = Self::default();
        let mut known = Known::default();
        let mut before = Vec::new();
        let mut names = Names::default();
        let new = names.number(sides.new);
        let base: Vec<u32> = sides.base.iter().map(|name| names.number(name)).collect();
        let columns = [
            columns::RELEASE,
            columns::PLATFORM,
            USER,
            ACTIVE_HOURS,
            CRASHED_HOURS,
            ERRORED_HOURS,
        ];
        let (rollups, of) = (&question.rollups, question.of());
        rollups.read(
            Rollup::UserDay,
            days,
            &columns,
            of,
            &mut names,
            |piece, _| {
                let day_starts = hour_of(question.days.start_of(piece.day())?);
                let group_of = |release: u32| {
                    if release == new {
                        Some(Group::New)
                    } else {
                        base.contains(&release).then_some(Group::Base)
                    }
                };
                people.take(
                    piece,
                    (day_starts, sides),
                    group_of,
                    (&mut known, &mut before),
                );
                Ok(())
            },
        )?;
        people.settle_before(&before, &known);
        people.count(&known);
        Ok(people)
    }

    /// Users by hour and stratum, and those to whom it happened for the first time.
    pub(crate) fn by_hour(&self, harm: Harm) -> &ByHour {
        match harm {
            Harm::Crash => &self.crashes,
            Harm::Error => &self.errors,
        }
    }

    /// Who came to the release in each hour, and to how many of all of them it happened then.
    pub(crate) fn course(&self, harm: Harm) -> BTreeMap<Hour, Arm> {
        let mut course: BTreeMap<Hour, Arm> = BTreeMap::new();
        for (hour, users) in &self.arrivals {
            course.entry(*hour).or_default().exposure = *users;
        }
        for (hour, strata) in self.by_hour(harm) {
            let events = strata.values().map(|cell| cell.new.events).sum();
            course.entry(*hour).or_default().events = events;
        }
        course
    }

    /// The time before, by stratum.
    pub(crate) fn before(&self, harm: Harm) -> &BTreeMap<u32, Cell> {
        match harm {
            Harm::Crash => &self.crashes_before,
            Harm::Error => &self.errors_before,
        }
    }

    fn take(
        &mut self,
        piece: &Piece,
        (day_starts, sides): (Hour, &Sides<'_>),
        group_of: impl Fn(u32) -> Option<Group>,
        (known, before): (&mut Known, &mut Vec<Before>),
    ) {
        let texts = [columns::RELEASE, columns::PLATFORM, USER].map(|name| piece.texts(name));
        let [releases, platforms, users] = texts;
        let masks = [ACTIVE_HOURS, CRASHED_HOURS, ERRORED_HOURS].map(|name| piece.counts(name));
        let (from, end) = sides.hours;
        for row in piece.rows().filter(|row| users[*row] != NONE) {
            let Some(group) = group_of(releases[row]) else {
                continue;
            };
            let [active, crashed, errored] = masks.each_ref().map(|mask| {
                let mask = at(mask.as_ref(), row).unwrap_or(0);
                u32::try_from(mask).unwrap_or(0)
            });
            let (user, stratum) = (users[row], platforms[row]);
            for (harm, harmed) in [(Harm::Crash, crashed), (Harm::Error, errored)] {
                let earlier = keep_hours(active | harmed, day_starts, sides.before_from, from);
                if group == Group::Base && earlier != 0 {
                    let at_risk = exposed(known, user, (BEFORE_SHIFT, harm), (earlier, harmed));
                    before.push(Before {
                        user,
                        stratum,
                        harm,
                        at_risk: at_risk.1,
                    });
                }
                let within = keep_hours(active | harmed, day_starts, from, end);
                if within == 0 {
                    continue;
                }
                let (hit, _) = exposed(known, user, (shift(group), harm), (within, harmed));
                let is_first = !known.has(user, SEEN << shift(group));
                *known.of(user) |= SEEN << shift(group);
                if is_first && group == Group::New {
                    let hour = day_starts + Hour::from(within.trailing_zeros());
                    *self.arrivals.entry(hour).or_default() += 1;
                }
                let last = hit.unwrap_or(u32::BITS - 1);
                let by_hour = match harm {
                    Harm::Crash => &mut self.crashes,
                    Harm::Error => &mut self.errors,
                };
                if hit == Some(ALREADY) {
                    continue;
                }
                for hour in bits(within).take_while(|hour| *hour <= last) {
                    let of_hour = by_hour.entry(day_starts + Hour::from(hour)).or_default();
                    let at_risk = arm_of(of_hour.entry(stratum).or_default(), group);
                    at_risk.exposure += 1;
                    at_risk.events += u64::from(hit == Some(hour));
                }
            }
        }
    }

    fn settle_before(&mut self, before: &[Before], known: &Known) {
        for row in before {
            let group = if known.has(row.user, SEEN << shift(Group::New)) {
                Group::New
            } else {
                Group::Base
            };
            let strata = match row.harm {
                Harm::Crash => &mut self.crashes_before,
                Harm::Error => &mut self.errors_before,
            };
            let sum = arm_of(strata.entry(row.stratum).or_default(), group);
            *sum = sum.plus(row.at_risk);
        }
    }

    fn count(&mut self, known: &Known) {
        for user in &known.0 {
            let has = |group: Group, bit: u8| u64::from(user >> shift(group) & bit != 0);
            for (group, side) in [(Group::New, &mut self.new), (Group::Base, &mut self.base)] {
                side.users += has(group, SEEN);
                side.crashed += has(group, Harm::Crash.bit());
                side.errored += has(group, Harm::Error.bit());
            }
            self.on_both += has(Group::New, SEEN) & has(Group::Base, SEEN);
        }
    }
}

/// Stands for the hour of something that happened on an earlier day.
const ALREADY: u32 = u32::MAX;

/// The hour in which it happened to a user who was seen in some hours of a day, and what these hours
/// add to the exposure.
fn exposed(
    known: &mut Known,
    user: u32,
    (shift, harm): (u8, Harm),
    (seen, harmed): (u32, u32),
) -> (Option<u32>, Arm) {
    let of_user = known.of(user);
    let bit = harm.bit() << shift;
    if *of_user & bit != 0 {
        return (Some(ALREADY), Arm::default());
    }
    let hit = bits(seen & harmed).next();
    if hit.is_some() {
        *of_user |= bit;
    }
    let last = hit.unwrap_or(u32::BITS - 1);
    let exposure = bits(seen).take_while(|hour| *hour <= last).count() as u64;
    let events = u64::from(hit.is_some());
    (hit, Arm { exposure, events })
}

/// Of the hours of a day those in `[from, end)`.
fn keep_hours(mask: u32, day_starts: Hour, from: Hour, end: Hour) -> u32 {
    let clamp =
        |hour: Hour| u32::try_from(hour.saturating_sub(day_starts).clamp(0, 31)).unwrap_or(0);
    let below = |bits: u32| (1_u32 << bits).wrapping_sub(1);
    mask & below(clamp(end)) & !below(clamp(from))
}
