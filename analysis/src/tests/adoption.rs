//! Adoption over small lakes, against sets and sorted lists of the very rows.

use std::collections::{BTreeMap, BTreeSet};

use lake::{Event, Micros, Rollout, SessionStatus};

use crate::findings::{AdoptionSeries, AdoptionStage, WeeklyFindings};
use crate::fixture::*;
use crate::settings::Settings;
use crate::weekly::of_tables;

/// Pseudo-random numbers below `n`, the same on every run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % n
    }
}

/// A row as it was sent: user, day from 0, release, platform, session.
#[derive(Debug, Clone)]
struct Row {
    user: String,
    day: i64,
    release: &'static str,
    platform: &'static str,
    session: String,
}

const RELEASES: [&str; 3] = ["1.0.0", "1.1.0", "1.2.0"];
const OUT: [i64; 3] = [0, 10, 20];
const DAYS: i64 = 28;

/// Four weeks up to the end of 2026-W11.
fn start() -> Micros {
    at("2026-02-16T00:00:00Z")
}

fn day_text(day: i64) -> String {
    crate::days::day_text(i32::try_from((start() + day * DAY) / DAY).unwrap())
}

/// Users who move up at random, some of them back again, on two platforms, with gaps.
fn rows() -> Vec<Row> {
    let mut dice = Dice(23);
    let mut rows = Vec::new();
    for user in 0..80_u64 {
        let mut moved = 0;
        for day in 0..DAYS {
            let newest = OUT.iter().filter(|out| **out <= day).count() - 1;
            if moved < newest && dice.below(6) == 0 {
                moved = newest;
            }
            if dice.below(3) == 0 || (user % 7 == 0 && day < 15) {
                continue;
            }
            let on = if dice.below(12) == 0 { 0 } else { moved };
            for part in 0..=dice.below(2) {
                rows.push(Row {
                    user: format!("u{user}"),
                    day,
                    release: if dice.below(40) == 0 {
                        ""
                    } else {
                        RELEASES[on]
                    },
                    platform: ["ios", "android", ""][usize::try_from(user % 3).unwrap()],
                    session: format!("s{user}-{day}-{part}"),
                });
            }
        }
    }
    rows
}

fn event(row: &Row) -> Event<'static> {
    let when = start() + row.day * DAY + 10 * HOUR;
    let who = (row.user.as_str(), row.release);
    let mut event = update(
        &format!("e-{}", row.session),
        &row.session,
        SessionStatus::Exited,
        who,
        when,
    );
    event.origin.platform = (!row.platform.is_empty()).then(|| row.platform.to_owned().into());
    event
}

fn lake(rows: &[Row]) -> Fixture {
    let mut fixture = Fixture::new();
    for part in rows.chunks(300) {
        let mut events: Vec<Event<'static>> = part.iter().map(event).collect();
        // Copies, as a second node might have stored them.
        events.extend(events[..events.len().min(5)].to_vec());
        fixture.events(events);
    }
    let mut record = record("1.2.0", start() + 20 * DAY);
    record.rollout = Some(Rollout::Phased);
    record.stages = Some(
        r#"[{"at":"2026-03-08T00:00:00Z","share":0.1},{"at":"2026-03-11T00:00:00Z","share":0.5}]"#
            .to_owned(),
    );
    fixture.releases(vec![record]);
    fixture
}

fn found(fixture: &Fixture) -> WeeklyFindings {
    let as_of = at("2026-03-16T06:00:00Z");
    let (period, settings) = (week("2026-W11"), settings());
    let findings = of_tables(&fixture.tables(), &settings, &period, as_of).unwrap();
    let reversed = of_tables(&fixture.tables_reversed(), &settings, &period, as_of).unwrap();
    assert_eq!(findings, reversed, "whatever the order of files");
    findings
}

fn series<'a>(findings: &'a WeeklyFindings, release: &str) -> &'a AdoptionSeries {
    findings
        .adoption
        .iter()
        .find(|series| series.release == release)
        .unwrap()
}

/// The newest release of each user's day, by place.
fn newest(rows: &[Row]) -> BTreeMap<(&str, i64), usize> {
    let mut newest = BTreeMap::new();
    for row in rows {
        let Some(place) = RELEASES.iter().position(|known| *known == row.release) else {
            continue;
        };
        let known = newest.entry((row.user.as_str(), row.day)).or_insert(place);
        *known = place.max(*known);
    }
    newest
}

fn distinct<'a>(rows: &'a [Row], holds: impl Fn(&Row) -> bool, key: fn(&'a Row) -> &'a str) -> u64 {
    let kept: BTreeSet<&str> = rows.iter().filter(|row| holds(row)).map(key).collect();
    kept.len() as u64
}

#[test]
fn shares_of_users_and_sessions_equal_sets_of_the_rows() {
    let rows = rows();
    let findings = found(&lake(&rows));
    let newest = newest(&rows);
    assert_eq!(findings.adoption.len(), 3);
    for (place, release) in RELEASES.iter().enumerate() {
        for point in &series(&findings, release).points {
            let day = (0..DAYS).find(|day| day_text(*day) == point.day).unwrap();
            let on = |row: &Row| row.day == day && row.release == *release;
            assert_eq!(point.on_release, distinct(&rows, on, |row| &row.user));
            assert_eq!(point.sessions, distinct(&rows, on, |row| &row.session));
            let all = |row: &Row| row.day == day;
            assert_eq!(point.total, distinct(&rows, all, |row| &row.user));
            assert_eq!(
                point.total_sessions,
                distinct(&rows, all, |row| &row.session)
            );
            let newer = newest
                .iter()
                .filter(|((_, known), on)| *known == day && **on >= place)
                .count();
            assert_eq!(point.on_release_or_newer, Some(newer as u64));
            let share = point.sessions as f64 / point.total_sessions as f64;
            assert!((point.session_share.unwrap() - share).abs() < 1e-12);
        }
    }
}

#[test]
fn a_phased_release_is_measured_against_its_phase() {
    let findings = found(&lake(&rows()));
    let phased = series(&findings, "1.2.0");
    assert_eq!(phased.rollout.as_deref(), Some("phased"));
    for point in &phased.points {
        let offered = if point.day.as_str() < "2026-03-11" {
            0.1
        } else {
            0.5
        };
        assert_eq!(point.offered, Some(offered));
        assert!((point.share_of_offered.unwrap() * offered - point.share).abs() < 1e-12);
    }
    let unrecorded = series(&findings, "1.1.0");
    assert_eq!(unrecorded.rollout, None);
    assert!(
        unrecorded
            .points
            .iter()
            .all(|point| point.offered.is_none())
    );
    assert_eq!(unrecorded.stage, Some(AdoptionStage::Adopted));
}

/// The day by which a share has moved, by taking the users one by one in the order of their waits:
/// whoever is lost leaves his part to those who wait longer (Efron's way to the same curve).
fn redistributed(mut waits: Vec<(i64, bool)>, share: f64) -> Option<i64> {
    waits.sort_by_key(|(wait, moved)| (*wait, !moved));
    let mut weights = vec![1.0 / waits.len() as f64; waits.len()];
    let mut moved_so_far = 0.0;
    let users = waits.len();
    for (index, (wait, moved)) in waits.into_iter().enumerate() {
        if moved {
            moved_so_far += weights[index];
            if moved_so_far >= share - 1e-9 {
                return Some(wait);
            }
        } else {
            let later = (users - index - 1) as f64;
            let part = weights[index] / later;
            weights[index + 1..]
                .iter_mut()
                .for_each(|weight| *weight += part);
        }
    }
    None
}

#[test]
fn the_time_to_adopt_equals_a_walk_over_the_users() {
    let rows = rows();
    let findings = found(&lake(&rows));
    let newest = newest(&rows);
    assert_eq!(
        series(&findings, "1.0.0").time_to_adopt,
        None,
        "nobody saw it arrive"
    );
    for place in [1, 2] {
        let users: BTreeSet<&str> = rows.iter().map(|row| row.user.as_str()).collect();
        let waits: Vec<(i64, bool)> = users
            .iter()
            .filter_map(|user| {
                let active: BTreeSet<i64> = rows
                    .iter()
                    .filter(|row| row.user == **user)
                    .map(|row| row.day)
                    .collect();
                let from = OUT[place].max(*active.first()?);
                let moved = active
                    .iter()
                    .find(|day| newest.get(&(*user, **day)).is_some_and(|on| *on >= place));
                let last = *active.last()?;
                (last >= from).then(|| (moved.unwrap_or(&last) - from, moved.is_some()))
            })
            .collect();
        let found = series(&findings, RELEASES[place])
            .time_to_adopt
            .clone()
            .unwrap();
        assert_eq!(found.eligible, waits.len() as u64);
        assert_eq!(
            found.adopted,
            waits.iter().filter(|(_, moved)| *moved).count() as u64
        );
        for until in &found.until {
            let days = until.days.map(i64::from);
            assert_eq!(days, redistributed(waits.clone(), until.share), "{until:?}");
            assert!(until.low <= until.days);
        }
    }
}

#[test]
fn moves_equal_a_walk_over_the_users() {
    let rows = rows();
    let findings = found(&lake(&rows));
    let newest = newest(&rows);
    let in_window = |day: i64| (21..28).contains(&day);
    let users: BTreeSet<&str> = rows.iter().map(|row| row.user.as_str()).collect();
    let (mut moved, mut again) = (BTreeMap::new(), BTreeMap::new());
    for user in &users {
        let days: Vec<(i64, usize)> = newest
            .range((*user, 0)..(*user, DAYS))
            .map(|((_, day), on)| (*day, *on))
            .collect();
        let pairs = || {
            days.iter()
                .zip(days.iter().skip(1))
                .filter(|(_, to)| in_window(to.0))
        };
        for from in pairs().map(|(from, _)| from.1).collect::<BTreeSet<_>>() {
            *again.entry(from).or_insert(0) += 1;
        }
        let moves: BTreeSet<(usize, usize)> = pairs()
            .map(|(from, to)| (from.1, to.1))
            .filter(|(from, to)| from != to)
            .collect();
        for step in moves {
            *moved.entry(step).or_insert(0) += 1;
        }
    }
    let flows = &findings.upgrades.flows;
    let told = moved.values().filter(|users| **users >= 5).count();
    assert!(told > 0, "{moved:?}");
    assert_eq!(flows.len(), told);
    assert!(flows.windows(2).all(|pair| pair[0].users >= pair[1].users));
    for flow in flows {
        let place = |name: &str| RELEASES.iter().position(|known| *known == name).unwrap();
        let (from, to) = (place(&flow.from), place(&flow.to));
        assert_eq!(flow.users, moved[&(from, to)]);
        assert_eq!((flow.share.n, flow.is_upgrade), (again[&from], to > from));
    }
}

#[test]
fn those_behind_equal_a_walk_over_the_users() {
    let rows = rows();
    let findings = found(&lake(&rows));
    let newest = newest(&rows);
    let users: BTreeSet<&str> = rows.iter().map(|row| row.user.as_str()).collect();
    assert_eq!(findings.upgrades.current.as_deref(), Some("1.2.0"));
    let platforms: Vec<Option<&str>> = findings
        .upgrades
        .behind
        .iter()
        .map(|behind| behind.platform.as_deref())
        .collect();
    assert_eq!(
        platforms,
        [None, Some("android"), Some("ios"), Some("unknown")]
    );
    for behind in &findings.upgrades.behind {
        let sent = behind
            .platform
            .as_deref()
            .map(|name| if name == "unknown" { "" } else { name });
        let of_platform = |user: &str| {
            let mut all = rows.iter().filter(|row| row.user == user);
            sent.is_none_or(|sent| all.any(|row| row.platform == sent))
        };
        let best: Vec<usize> = users
            .iter()
            .filter(|user| of_platform(user))
            .filter_map(|user| {
                newest
                    .range((*user, 21)..(*user, 28))
                    .map(|(_, on)| *on)
                    .max()
            })
            .collect();
        let late = best.iter().filter(|place| **place < 2).count() as u64;
        assert_eq!((behind.users, behind.share.n), (late, best.len() as u64));
    }
}

/// A release each week; user `u` of `users` moves after `u % 20` days, and all are active each day.
fn steady(releases: i64, users: i64, last_day: i64) -> Fixture {
    let mut fixture = Fixture::new();
    let begin = at("2026-03-15T00:00:00Z") - last_day * DAY;
    for day in 0..=last_day {
        let events = (0..users).map(|user| {
            let on = (1..=releases).filter(|k| k * 7 + user % 20 <= day).max();
            let id = format!("{user}-{day}");
            let release = format!("1.{}.0", on.unwrap_or(0));
            usage(
                &id,
                "open",
                &format!("u{user}"),
                &release,
                begin + day * DAY + HOUR,
            )
        });
        fixture.events(events.collect());
    }
    fixture
}

#[test]
fn a_week_ahead_is_shown_where_it_was_right_before() {
    let fixture = steady(13, 40, 97);
    let settings = Settings {
        history_weeks: 20,
        ..settings()
    };
    let as_of = at("2026-03-16T06:00:00Z");
    let findings = of_tables(&fixture.tables(), &settings, &week("2026-W11"), as_of).unwrap();
    // The newest came out on day 91: users who wait up to 6 days are on it on day 97, and up to 13
    // a week on.
    let newest = series(&findings, "1.13.0");
    let ahead = newest.forecast.clone().unwrap();
    assert_eq!(
        (ahead.from_day.as_str(), ahead.day.as_str()),
        ("2026-03-15", "2026-03-22")
    );
    assert_eq!((ahead.n, ahead.method.as_str()), (40, "hazard"));
    assert!((ahead.share_now - 0.35).abs() < 1e-12);
    assert!((ahead.share - 0.70).abs() < 0.02, "{ahead:?}");
    assert!(ahead.low <= ahead.share && ahead.share <= ahead.high);
    assert!(ahead.record.n >= 12 && ahead.record.error < ahead.record.naive_error);
    assert!(findings.upgrades.forecasts.n >= ahead.record.n);
}

#[test]
fn too_few_users_or_weeks_bear_no_forecast() {
    let as_of = at("2026-03-16T06:00:00Z");
    for fixture in [steady(13, 20, 97), steady(3, 40, 27)] {
        let findings = of_tables(&fixture.tables(), &settings(), &week("2026-W11"), as_of).unwrap();
        assert!(
            findings
                .adoption
                .iter()
                .all(|series| series.forecast.is_none())
        );
    }
}
