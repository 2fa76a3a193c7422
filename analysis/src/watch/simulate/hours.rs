//! Hourly counts of any origin: sorted into releases, checked, and judged hour by hour.

use std::collections::BTreeMap;

use super::parallel::in_parallel;
use crate::error::Result;
use crate::findings::State;
use crate::stats::sequential::{Arm, Cell};
use crate::watch::{Control, Rule, Watch};

/// Hours of a week.
const WEEK: i64 = 168;

/// Most past weeks that a release is compared with: the latest.
const PAST_WEEKS_MAX: usize = 8;

/// Which counts a row holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ArmName {
    /// The release.
    New,
    /// What it is compared with.
    Base,
    /// Those on the release, when they were on the one before.
    PreNew,
    /// The others at that time.
    PreBase,
}

impl ArmName {
    /// All, in the order in which they are named.
    pub const ALL: [Self; 4] = [Self::New, Self::Base, Self::PreNew, Self::PreBase];

    /// The word in the file.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Base => "base",
            Self::PreNew => "pre_new",
            Self::PreBase => "pre_base",
        }
    }
}

/// A row: an arm in one hour and stratum.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HourRow {
    /// Where it stands, for errors.
    pub line: u64,
    /// The release that the row helps to judge.
    pub release: String,
    /// Hours since the release; any whole number.
    pub hour: i64,
    /// The stratum, or nothing.
    pub stratum: String,
    /// Which counts these are.
    pub arm: ArmName,
    /// Sessions or users that could have had the event.
    pub exposure: u64,
    /// Events.
    pub events: u64,
    /// Users who had their first one: what is judged, where it is given.
    pub users: Option<u64>,
}

/// What is wrong with hourly counts, and what would mend it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, {field}: {problem}; {remedy}")]
pub struct HoursError {
    /// The line of the file, from 1.
    pub line: u64,
    /// The column.
    pub field: &'static str,
    /// What is wrong.
    pub problem: String,
    /// What would mend it.
    pub remedy: &'static str,
}

/// The hours of one release, in order.
#[derive(Debug, Clone)]
pub struct Timeline {
    release: String,
    control: Control,
    hours: BTreeMap<i64, Vec<Cell>>,
}

/// The judgement of a release after an hour.
#[derive(Debug, Clone, PartialEq)]
pub struct JudgedHour {
    /// The hour.
    pub hour: i64,
    /// The state.
    pub state: State,
    /// Evidence for harm, never infinite.
    pub e_value: f64,
    /// Rate ratio as counted, within hours and strata.
    pub ratio: Option<f64>,
    /// Lower end of its confidence sequence; `None` before any event.
    pub low: Option<f64>,
    /// Upper end; `None` where there is none yet.
    pub high: Option<f64>,
}

/// The judgements of a release.
#[derive(Debug, Clone, PartialEq)]
pub struct JudgedRelease {
    /// The release.
    pub release: String,
    /// The first hour at which the evidence sufficed for an alarm.
    pub first_alarm_hour: Option<i64>,
    /// After each of its hours, in order.
    pub hours: Vec<JudgedHour>,
}

/// A place in a timeline.
type At = (i64, String);

/// The two arms of each place, as far as they are there.
type Places = BTreeMap<At, [Option<(u64, Arm)>; 2]>;

/// The rows of a release as they come.
#[derive(Debug, Default)]
struct Gathered {
    own: Places,
    pre: Places,
    /// A row without users that would need them, and whether any row has them.
    lacks_users: Option<u64>,
    has_users: bool,
}

/// Sorts rows into releases, in the order in which these first appear.
///
/// Rows of arm `base` before the first hour of `new` are past weeks, as are those of the `pre_` arms
/// where no `base` stands beside `new`: the release is then judged as one that all got at once.
///
/// # Errors
/// The first row that does not fit the others.
pub fn timelines(
    rows: impl Iterator<Item = HourRow>,
) -> std::result::Result<Vec<Timeline>, HoursError> {
    let mut order: Vec<String> = Vec::new();
    let mut releases: BTreeMap<String, Gathered> = BTreeMap::new();
    for row in rows {
        if !releases.contains_key(&row.release) {
            order.push(row.release.clone());
        }
        let gathered = releases.entry(row.release.clone()).or_default();
        gathered.add(row)?;
    }
    order
        .into_iter()
        .filter_map(|release| releases.remove(&release).map(|of_it| (release, of_it)))
        .map(|(release, gathered)| gathered.timeline(release))
        .collect()
}

/// Judges each release, hour by hour. `done` is told of each.
///
/// # Errors
/// [`crate::Error::Stopped`] when a thread broke off.
pub fn judge(
    timelines: &[Timeline],
    rule: &Rule,
    threads: usize,
    done: &(dyn Fn() + Sync),
) -> Result<Vec<JudgedRelease>> {
    in_parallel(
        timelines.len(),
        threads,
        |index| timelines[index].judge(rule),
        done,
    )
}

impl Timeline {
    fn judge(&self, rule: &Rule) -> JudgedRelease {
        let mut watch = Watch::new(*rule, &self.control);
        let judged = |(hour, cells): (&i64, &Vec<Cell>)| {
            watch.advance(*hour, cells);
            watch.judged_hour()
        };
        let hours = self.hours.iter().map(judged).collect();
        JudgedRelease {
            release: self.release.clone(),
            first_alarm_hour: watch.first_alarm_hour(),
            hours,
        }
    }
}

impl Watch {
    fn judged_hour(&mut self) -> JudgedHour {
        let shown = self.counted();
        JudgedHour {
            hour: self.hour(),
            state: self.state(),
            e_value: self.e_value(),
            ratio: shown.ratio,
            low: shown.low,
            high: shown.high,
        }
    }
}

impl Gathered {
    fn add(&mut self, row: HourRow) -> std::result::Result<(), HoursError> {
        let line = row.line;
        let wrong = |field, problem, remedy| {
            Err(HoursError {
                line,
                field,
                problem,
                remedy,
            })
        };
        if let Some(users) = row.users.filter(|users| *users > row.events) {
            return wrong(
                "users",
                format!("{users} users are more than {} events", row.events),
                "users holds those who had their first event in the hour, or nothing",
            );
        }
        match row.users {
            Some(_) => self.has_users = true,
            None if row.events > 0 => self.lacks_users = self.lacks_users.or(Some(line)),
            None => {}
        }
        let (places, arm) = match row.arm {
            ArmName::New => (&mut self.own, 0),
            ArmName::Base => (&mut self.own, 1),
            ArmName::PreNew => (&mut self.pre, 0),
            ArmName::PreBase => (&mut self.pre, 1),
        };
        let counts = Arm {
            exposure: row.exposure,
            events: row.users.unwrap_or(row.events),
        };
        let place = places.entry((row.hour, row.stratum)).or_default();
        if let Some((before, _)) = place[arm] {
            return wrong(
                "arm",
                format!(
                    "{} of this release, hour and stratum stands in line {before} already",
                    row.arm.as_str()
                ),
                "add the two rows up, or name their strata",
            );
        }
        place[arm] = Some((line, counts));
        Ok(())
    }

    fn timeline(self, release: String) -> std::result::Result<Timeline, HoursError> {
        if let Some(line) = self.lacks_users.filter(|_| self.has_users) {
            return Err(HoursError {
                line,
                field: "users",
                problem: "events without users, in a release that has users elsewhere".to_owned(),
                remedy: "give users in all of its rows, or in none",
            });
        }
        let mut new_hours = self.own.iter().filter(|(_, arms)| arms[0].is_some());
        let first = new_hours.next().map_or(0, |((hour, _), _)| *hour);
        let is_beside = self
            .own
            .range((first, String::new())..)
            .any(|(_, arms)| arms[1].is_some());
        Ok(if is_beside || self.is_without_past(first) {
            self.side_by_side(release, first)
        } else {
            self.against_past_weeks(release, first)
        })
    }

    fn is_without_past(&self, first: i64) -> bool {
        self.pre.is_empty() && self.own.range(..(first, String::new())).next().is_none()
    }

    fn side_by_side(mut self, release: String, first: i64) -> Timeline {
        // Hours from the release on; it counts as out from hour 0 unless it was seen before.
        let own = self.own.split_off(&(first.min(0), String::new()));
        let mut hours: BTreeMap<i64, Vec<Cell>> = BTreeMap::new();
        for ((hour, _), arms) in own {
            hours.entry(hour).or_default().push(cell(&arms));
        }
        Timeline {
            release,
            control: Control::Concurrent {
                pre: self.pre.values().map(cell).collect(),
            },
            hours,
        }
    }

    fn against_past_weeks(self, release: String, first: i64) -> Timeline {
        let own = self.own.range((first, String::new())..);
        let past = PastWeeks::of(
            self.own
                .range(..(first, String::new()))
                .chain(self.pre.iter()),
            first,
        );
        let mut hours: BTreeMap<i64, Vec<Cell>> = BTreeMap::new();
        for ((hour, stratum), arms) in own {
            let new = cell(arms).new;
            let base = past.same_hour(hour.wrapping_sub(first), stratum);
            hours.entry(*hour).or_default().push(Cell { new, base });
        }
        Timeline {
            release,
            control: Control::PastWeeks { weeks: past.weeks },
            hours,
        }
    }
}

fn cell(arms: &[Option<(u64, Arm)>; 2]) -> Cell {
    let [new, base] = arms.map(|arm| arm.map_or_else(Arm::default, |(_, counts)| counts));
    Cell { new, base }
}

/// What was before a release that all got at once.
#[derive(Debug, Default)]
struct PastWeeks {
    weeks: Vec<Arm>,
    /// By hour of the week since the release's, and stratum; summed over the weeks.
    by_hour: BTreeMap<At, Arm>,
}

impl PastWeeks {
    fn of<'a>(
        places: impl Iterator<Item = (&'a At, &'a [Option<(u64, Arm)>; 2])>,
        first: i64,
    ) -> Self {
        let mut weeks: BTreeMap<i64, BTreeMap<At, Arm>> = BTreeMap::new();
        for ((hour, stratum), arms) in places {
            let since = hour.wrapping_sub(first);
            let Cell { new, base } = cell(arms);
            let week = weeks.entry(since.div_euclid(WEEK)).or_default();
            let place = week
                .entry((since.rem_euclid(WEEK), stratum.clone()))
                .or_default();
            *place = place.plus(new).plus(base);
        }
        // A week of which less than half is there says little of its level.
        let fullest = weeks.values().map(BTreeMap::len).max().unwrap_or(0);
        weeks.retain(|_, week| week.len() * 2 >= fullest);
        let mut past = Self::default();
        for (_, week) in weeks.into_iter().rev().take(PAST_WEEKS_MAX) {
            let sum = week
                .values()
                .fold(Arm::default(), |sum, arm| sum.plus(*arm));
            past.weeks.push(sum);
            for (at, arm) in week {
                let place = past.by_hour.entry(at).or_default();
                *place = place.plus(arm);
            }
        }
        past
    }

    fn same_hour(&self, since: i64, stratum: &str) -> Arm {
        let at = (since.rem_euclid(WEEK), stratum.to_owned());
        self.by_hour.get(&at).copied().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(arm: ArmName, hour: i64, exposure: u64, events: u64) -> HourRow {
        HourRow {
            line: 2,
            release: "4.2.0".to_owned(),
            hour,
            stratum: String::new(),
            arm,
            exposure,
            events,
            users: None,
        }
    }

    fn judged(rows: Vec<HourRow>) -> JudgedRelease {
        let timelines = timelines(rows.into_iter()).unwrap();
        let mut judged = judge(&timelines, &Rule::default(), 1, &|| {}).unwrap();
        assert_eq!(judged.len(), 1);
        judged.remove(0)
    }

    fn problem(rows: Vec<HourRow>) -> String {
        timelines(rows.into_iter()).unwrap_err().to_string()
    }

    #[test]
    fn rows_in_any_order_are_hours_in_order() {
        let mut rows = Vec::new();
        for hour in 0..30 {
            rows.push(row(ArmName::New, hour, 1000, 20));
            rows.insert(0, row(ArmName::Base, hour, 1000, 10));
        }
        let judged = judged(rows);
        let hours: Vec<i64> = judged.hours.iter().map(|hour| hour.hour).collect();
        assert_eq!(hours, (0..30).collect::<Vec<_>>());
        assert_eq!(judged.hours[29].state, State::Regressed);
        let first = judged.first_alarm_hour.unwrap();
        let of_first = judged
            .hours
            .iter()
            .find(|hour| hour.state == State::Regressed);
        assert_eq!(of_first.unwrap().hour, first);
    }

    #[test]
    fn base_rows_before_the_release_are_past_weeks() {
        let mut rows = Vec::new();
        for hour in 0..40 {
            rows.push(row(ArmName::New, hour, 1000, 20));
        }
        for (arm, expected) in [
            (ArmName::Base, State::Suspected),
            (ArmName::PreBase, State::Suspected),
        ] {
            let mut rows = rows.clone();
            rows.extend((-8 * WEEK..0).map(|hour| row(arm, hour, 1000, 10)));
            assert_eq!(judged(rows).hours[39].state, expected);
        }
        rows.extend((-3 * WEEK..0).map(|hour| row(ArmName::Base, hour, 1000, 10)));
        assert_eq!(judged(rows).hours[39].state, State::InsufficientData);
    }

    #[test]
    fn the_same_hours_of_past_weeks_are_summed() {
        let base = |hour: i64, events| row(ArmName::Base, hour, 10, events);
        let rows = vec![
            row(ArmName::New, 5, 1, 0),
            base(5 - WEEK, 1),
            base(5 - 2 * WEEK, 2),
            base(6 - 2 * WEEK, 4),
        ];
        let timelines = timelines(rows.into_iter()).unwrap();
        let cells = &timelines[0].hours[&5];
        let expected = Arm {
            exposure: 20,
            events: 3,
        };
        assert_eq!(cells[0].base, expected);
    }

    #[test]
    fn users_take_the_place_of_events() {
        let with_users = |hour, users| HourRow {
            users: Some(users),
            ..row(ArmName::New, hour, 1000, 40)
        };
        let base = |hour| HourRow {
            users: Some(10),
            ..row(ArmName::Base, hour, 1000, 12)
        };
        let rows = (0..50).flat_map(|hour| [with_users(hour, 10), base(hour)]);
        let judged = judged(rows.collect());
        assert!((judged.hours[49].ratio.unwrap() - 1.0).abs() < 1e-12);
        assert_eq!(judged.first_alarm_hour, None);
    }

    #[test]
    fn rows_that_do_not_fit_are_named() {
        let twice = problem(vec![
            row(ArmName::New, 1, 5, 0),
            HourRow {
                line: 9,
                ..row(ArmName::New, 1, 5, 0)
            },
        ]);
        assert!(
            twice.starts_with("line 9, arm: new of this release"),
            "{twice}"
        );
        assert!(twice.contains("line 2"), "{twice}");
        let too_many = HourRow {
            users: Some(3),
            ..row(ArmName::Base, 1, 5, 2)
        };
        let too_many = problem(vec![too_many]);
        assert!(
            too_many.starts_with("line 2, users: 3 users are more"),
            "{too_many}"
        );
        let some = HourRow {
            line: 3,
            users: Some(1),
            ..row(ArmName::Base, 1, 5, 2)
        };
        let mixed = problem(vec![row(ArmName::New, 1, 5, 2), some]);
        assert!(
            mixed.starts_with("line 2, users: events without users"),
            "{mixed}"
        );
        assert_eq!(timelines(std::iter::empty()).unwrap().len(), 0);
    }

    #[test]
    fn a_release_with_one_arm_is_judged_as_far_as_it_goes() {
        let alone = judged(
            (0..5)
                .map(|hour| row(ArmName::New, hour, 1000, 10))
                .collect(),
        );
        assert_eq!(alone.hours[4].ratio, None);
        assert_eq!(alone.first_alarm_hour, None);
        let others = judged(
            (0..5)
                .map(|hour| row(ArmName::Base, hour, 1000, 10))
                .collect(),
        );
        assert_eq!(others.hours[4].state, State::NoData);
    }
}
