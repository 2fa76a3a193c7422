//! Small lakes with planted effects, and the counts of users against sets over the same events.

use std::collections::{BTreeMap, BTreeSet};

use lake::{Event, FeedbackKind, Rollout, SessionStatus};

use super::people::Harm;
use super::*;
use crate::findings::{State, Verdict};
use crate::fixture::*;
use crate::watch::{Arm, Cell};

/// Sessions that look random: of a crowd of users, spread over the hours of days of March 2026.
struct Crowd {
    seed: u64,
    users: u64,
    made: u64,
}

impl Crowd {
    fn new(users: u64) -> Self {
        Self {
            seed: 11,
            users,
            made: 0,
        }
    }

    fn below(&mut self, end: u64) -> u64 {
        self.seed = self
            .seed
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.seed >> 33) % end
    }

    fn share(&mut self) -> f64 {
        self.below(1_000_000) as f64 / 1e6
    }

    /// `per_day` sessions a day on a release, for the days `[from, to)`; `crash` of them crash.
    fn sessions(
        &mut self,
        release: &str,
        (from, to): (i64, i64),
        per_day: u64,
        crash: f64,
    ) -> Vec<Event<'static>> {
        let mut events = Vec::new();
        for day in from..to {
            for _ in 0..per_day {
                let hour = i64::try_from(self.below(24 * 60)).unwrap();
                let when = at("2026-03-01T00:00:00Z") + (day - 1) * DAY + hour * HOUR / 60;
                let status = if self.share() < crash {
                    SessionStatus::Crashed
                } else {
                    SessionStatus::Exited
                };
                let user = format!("u{}", self.below(self.users));
                self.made += 1;
                let id = format!("s{}", self.made);
                events.push(update(&id, &id, status, (&user, release), when));
            }
        }
        events
    }
}

fn check(fixture: &Fixture, release: &str, as_of: &str) -> HealthFindings {
    of_tables(&fixture.tables(), &settings(), release, at(as_of)).unwrap()
}

fn crashes(found: &HealthFindings) -> &Check {
    let mut checks = found.checks.iter();
    checks
        .find(|check| check.metric == "crash_free_users")
        .unwrap()
}

/// 2.0.0 alone for eight days, then beside 2.1.0 with another crash rate.
fn two_releases(crash: f64) -> Fixture {
    let mut crowd = Crowd::new(20_000);
    let mut fixture = Fixture::new();
    fixture.events(crowd.sessions("2.0.0", (1, 9), 3_000, 0.01));
    fixture.events(crowd.sessions("2.0.0", (9, 16), 2_000, 0.01));
    fixture.events(crowd.sessions("2.1.0", (9, 16), 1_500, crash));
    fixture
}

#[test]
fn a_release_that_crashes_more_is_found_with_its_first_hour() {
    let fixture = two_releases(0.03);
    let found = check(&fixture, "2.1.0", "2026-03-16T00:00:00Z");
    assert_eq!(
        (found.verdict, found.state),
        (Verdict::Fail, State::Regressed),
        "{found:#?}"
    );
    assert_eq!(found.baseline.as_deref(), Some("2.0.0"));
    let first = found.first_alarm_at.clone().unwrap();
    assert!(
        first.as_str() > "2026-03-09T00" && first.as_str() < "2026-03-12",
        "{first}"
    );
    let ratio = crashes(&found).ratio.unwrap();
    assert!(
        ratio.low.unwrap() > 1.0 && ratio.low.unwrap() < 3.0,
        "{ratio:?}"
    );
    assert!((2.0..4.5).contains(&ratio.value.unwrap()), "{ratio:?}");
    // Before that hour was over it was not yet called so. Later looks know more of who took the release,
    // and may name another first hour.
    let early = of_tables(&fixture.tables(), &settings(), "2.1.0", at(&first)).unwrap();
    assert_ne!(early.verdict, Verdict::Fail);
    let then = at(&first) + DAY;
    let then = of_tables(&fixture.tables(), &settings(), "2.1.0", then).unwrap();
    assert_eq!(then.verdict, Verdict::Fail);
    assert!(
        found
            .reason
            .starts_with("worse than 2.0.0 beyond chance by crash-free users"),
        "{}",
        found.reason
    );
}

#[test]
fn its_equal_passes_once_a_rise_would_have_been_seen() {
    let fixture = two_releases(0.01);
    let early = check(&fixture, "2.1.0", "2026-03-09T06:00:00Z");
    assert_eq!(early.verdict, Verdict::InsufficientData, "{early:?}");
    let found = check(&fixture, "2.1.0", "2026-03-16T00:00:00Z");
    assert_eq!(found.verdict, Verdict::Pass, "{found:?}");
    assert!(found.hidden.unwrap() < 2.0);
    assert!(
        found.reason.contains("would have been seen by now"),
        "{}",
        found.reason
    );
    assert!(found.score == Some(100));
}

#[test]
fn users_who_crash_in_loops_are_counted_once() {
    let mut fixture = two_releases(0.01);
    let mut crowd = Crowd::new(8);
    crowd.made = 1_000_000;
    fixture.events(crowd.sessions("2.1.0", (10, 16), 200, 1.0));
    let found = check(&fixture, "2.1.0", "2026-03-16T00:00:00Z");
    assert_ne!(found.verdict, Verdict::Fail, "{found:?}");
}

#[test]
fn nothing_is_said_without_enough_or_without_a_baseline() {
    let fixture = two_releases(0.01);
    let as_of = "2026-03-16T00:00:00Z";
    let unknown = check(&fixture, "9.9.9", as_of);
    assert_eq!(
        (unknown.verdict, unknown.state),
        (Verdict::InsufficientData, State::NoData)
    );
    assert_eq!(unknown.reason, "nothing was seen of release 9.9.9");
    let first = check(&fixture, "2.0.0", as_of);
    assert_eq!(first.verdict, Verdict::InsufficientData);
    let mut fixture = two_releases(0.01);
    let mut crowd = Crowd::new(60);
    crowd.made = 2_000_000;
    fixture.events(crowd.sessions("2.2.0", (15, 16), 60, 0.5));
    let few = check(&fixture, "2.2.0", as_of);
    assert_eq!(
        (few.verdict, few.state),
        (Verdict::InsufficientData, State::InsufficientData),
        "{few:?}"
    );
    assert!(
        few.reason.contains("a judgement needs 100"),
        "{}",
        few.reason
    );
}

#[test]
fn data_that_cannot_be_compared_are_neither_red_nor_green() {
    let as_of = "2026-03-16T00:00:00Z";
    let mut fixture = two_releases(0.05);
    let mut crowd = Crowd::new(5_000);
    crowd.made = 3_000_000;
    fixture.events(crowd.sessions("", (9, 16), 400, 0.01));
    let found = check(&fixture, "2.1.0", as_of);
    assert_eq!(
        (found.verdict, found.state),
        (Verdict::InsufficientData, State::InvalidData)
    );
    assert!(
        found.reason.contains("names no release"),
        "{}",
        found.reason
    );
    // It stopped a day before the others did.
    let mut crowd = Crowd::new(20_000);
    let mut fixture = Fixture::new();
    fixture.events(crowd.sessions("2.0.0", (1, 16), 2_000, 0.01));
    fixture.events(crowd.sessions("2.1.0", (9, 15), 1_500, 0.01));
    let found = check(&fixture, "2.1.0", "2026-03-15T07:00:00Z");
    assert_eq!(found.state, State::InvalidData);
    assert!(
        found.reason.contains("sent nothing for 6 hours"),
        "{}",
        found.reason
    );
    // Nothing arrived from anybody for days.
    let found = check(&two_releases(0.01), "2.1.0", "2026-03-19T00:00:00Z");
    assert!(found.stale);
    assert_eq!(found.verdict, Verdict::InsufficientData);
}

#[test]
fn a_release_that_came_to_all_at_once_is_suspected_at_most() {
    let mut crowd = Crowd::new(20_000);
    let mut fixture = Fixture::new();
    for week in 0..6 {
        // Weeks drift.
        let crash = [0.010, 0.011, 0.009, 0.010, 0.0105, 0.0095][usize::try_from(week).unwrap()];
        fixture.events(crowd.sessions("2.0.0", (week * 7 - 41, week * 7 - 34), 800, crash));
    }
    fixture.events(crowd.sessions("2.1.0", (1, 8), 800, 0.03));
    let mut note = record("2.1.0", at("2026-03-01T00:00:00Z"));
    note.rollout = Some(Rollout::BigBang);
    fixture.releases(vec![note]);
    let found = check(&fixture, "2.1.0", "2026-03-07T00:00:00Z");
    assert_eq!(
        (found.verdict, found.state),
        (Verdict::Warn, State::Suspected),
        "{found:?}"
    );
    assert_eq!(found.baseline.as_deref(), Some("the weeks before"));
}

#[test]
fn users_below_a_release_that_is_pulled_are_counted_against_its_deadline() {
    let mut fixture = Fixture::new();
    let day = |day: i64| at("2026-03-01T12:00:00Z") + (day - 1) * DAY;
    let mut events = Vec::new();
    for (user, release, when) in [
        ("stays", "2.0.0", day(10)),
        ("moves", "2.0.0", day(9)),
        ("moves", "2.1.0", day(10)),
        ("two devices", "2.1.0", day(9)),
        ("two devices", "2.0.0", day(10)),
        ("ahead", "2.2.0", day(10)),
        ("gone", "2.0.0", day(2)),
    ] {
        let id = format!("{user}{release}");
        events.push(update(
            &id,
            &id,
            SessionStatus::Exited,
            (user, release),
            when,
        ));
    }
    fixture.events(events);
    let mut note = record("2.1.0", day(8));
    note.rollout = Some(Rollout::Pull);
    note.stages = Some(r#"[{"deadline": "2026-03-10T00:00:00Z"}]"#.to_owned());
    fixture.releases(vec![note]);
    let found = check(&fixture, "2.1.0", "2026-03-11T00:00:00Z")
        .pull
        .unwrap();
    assert_eq!((found.active_users, found.below.value), (4, Some(0.25)));
    assert_eq!(found.deadline.as_deref(), Some("2026-03-10T00:00:00Z"));
    assert!(found.is_overdue);
    assert_eq!(check(&fixture, "2.0.0", "2026-03-11T00:00:00Z").pull, None);
}

#[test]
fn ratings_are_compared_with_the_baselines_first_days() {
    let mut fixture = two_releases(0.01);
    let mut crowd = Crowd::new(20_000);
    let mut pieces = Vec::new();
    for (release, from, to, low) in [("2.0.0", 1, 16, 0.1), ("2.1.0", 9, 16, 0.5)] {
        for day in from..to {
            for _ in 0..40 {
                let score = if crowd.share() < low { 1.0 } else { 5.0 };
                let id = format!("f{release}-{}", pieces.len());
                let when = at("2026-03-01T08:00:00Z") + (day - 1) * DAY;
                let user = format!("u{}", crowd.below(20_000));
                let kind = FeedbackKind::Rating;
                pieces.push(feedback(&id, kind, Some(score), (&user, release), when));
            }
        }
    }
    fixture.feedback(pieces);
    let found = check(&fixture, "2.1.0", "2026-03-16T00:00:00Z");
    assert_eq!(found.verdict, Verdict::Fail);
    let low = found
        .checks
        .iter()
        .find(|check| check.metric == "low_rating")
        .unwrap();
    assert_eq!(
        (low.state, low.now.n, low.before.n),
        (State::Regressed, 280, 280)
    );
    assert_eq!(crashes(&found).verdict, Verdict::Pass);
}

#[test]
fn comments_that_read_worse_raise_a_suspicion_and_no_more() {
    let mut fixture = two_releases(0.01);
    let mut crowd = Crowd::new(20_000);
    let mut pieces = Vec::new();
    for (release, from, to, bad) in [("2.0.0", 1, 16, 0.2), ("2.1.0", 9, 16, 0.8)] {
        for day in from..to {
            for _ in 0..20 {
                let text = if crowd.share() < bad {
                    "This update is awful, it is slow and I hate the new colours"
                } else {
                    "This is a wonderful app and I love to use it every single day"
                };
                let id = format!("c{release}-{}", pieces.len());
                let when = at("2026-03-01T08:00:00Z") + (day - 1) * DAY;
                let user = format!("u{}", crowd.below(20_000));
                let mut piece = comment(&id, &user, text, when);
                piece.origin = origin(&user, release);
                // Stars say more than words: what has them is no part of it.
                if pieces.len().is_multiple_of(10) {
                    (piece.score, piece.scale) = (Some(1.0), Some(FeedbackKind::Rating.scale()));
                }
                pieces.push(piece);
            }
        }
    }
    fixture.feedback(pieces);
    let found = check(&fixture, "2.1.0", "2026-03-16T00:00:00Z");
    let mut checks = found.checks.iter();
    let words = checks
        .find(|check| check.metric == "sentiment_negative_share")
        .unwrap();
    assert_eq!(
        (words.state, words.verdict),
        (State::Suspected, Verdict::Warn)
    );
    assert_eq!((words.now.n, words.before.n), (126, 126));
    assert_eq!(found.verdict, Verdict::Warn);
}

#[test]
fn errors_that_came_with_a_release_are_listed() {
    let mut fixture = two_releases(0.01);
    let error = |number: usize, fingerprint: &str, (user, release): (&str, &str), at| {
        let id = format!("{fingerprint}-{number}");
        let mut event = unhandled(&id, "", (user, release), at);
        event.origin.session_id = None;
        event.name = "IndexOutOfBounds".into();
        event.fingerprint = Some(fingerprint.to_owned().into());
        event
    };
    let on_new = |fingerprint: &str, users: usize| -> Vec<Event<'static>> {
        let when = at("2026-03-11T10:00:00Z");
        let of = |number| {
            error(
                number,
                fingerprint,
                (&format!("e{}", number % users), "2.1.0"),
                when,
            )
        };
        (0..60).map(of).collect()
    };
    fixture.events(on_new("came-with-it", 30));
    fixture.events(on_new("of-two-users", 2));
    for (known, release, when) in [
        ("was-there-before", "2.0.0", "2026-03-03T10:00:00Z"),
        ("on-the-old-one-too", "2.0.0", "2026-03-12T10:00:00Z"),
    ] {
        fixture.events(on_new(known, 30));
        fixture.events(vec![error(900, known, ("old", release), at(when))]);
    }
    let found = check(&fixture, "2.1.0", "2026-03-16T00:00:00Z");
    let [new] = found.new_errors.as_slice() else {
        panic!("{:?}", found.new_errors);
    };
    assert_eq!(new.fingerprint, "came-with-it");
    assert_eq!((new.users, new.errors), (30, 60));
    assert_eq!(new.name, "IndexOutOfBounds");
    assert_eq!(new.first_at.as_deref(), Some("2026-03-11T10:00:00Z"));
    assert_eq!(new.per_user.n, found.data.users);
    let baseline = check(&fixture, "2.0.0", "2026-03-16T00:00:00Z");
    assert_eq!(baseline.new_errors, Vec::new(), "no release is before it");
}

#[test]
fn a_limit_is_held_whatever_the_baseline_does() {
    let mut crowd = Crowd::new(20_000);
    let mut fixture = Fixture::new();
    fixture.events(crowd.sessions("2.0.0", (1, 16), 2_000, 0.05));
    fixture.events(crowd.sessions("2.1.0", (9, 16), 1_500, 0.05));
    let held_to = |limit: Option<f64>| {
        let mut settings = settings();
        let rule = MetricRule {
            limit,
            ..MetricRule::default()
        };
        let metrics = &mut settings.health.metrics;
        metrics.insert("crash_free_users".to_owned(), rule);
        assert_eq!(settings.health.problems(), Vec::<String>::new());
        of_tables(
            &fixture.tables(),
            &settings,
            "2.1.0",
            at("2026-03-16T00:00:00Z"),
        )
        .unwrap()
    };
    let free = held_to(None);
    assert_ne!(free.verdict, Verdict::Fail, "{}", free.reason);
    assert_eq!(crashes(&free).guardrail, None);
    let kept = held_to(Some(0.5));
    assert_ne!(kept.verdict, Verdict::Fail, "{}", kept.reason);
    let guardrail = crashes(&kept).guardrail.clone().unwrap();
    assert_eq!(guardrail.crossed_at, None);
    let crossed = held_to(Some(0.98));
    assert_eq!(
        (crossed.verdict, crossed.state),
        (Verdict::Fail, State::Regressed)
    );
    let guardrail = crashes(&crossed).guardrail.clone().unwrap();
    assert!(guardrail.crossed_at.unwrap().as_str() < "2026-03-10");
    assert!(crossed.reason.contains("its limit"), "{}", crossed.reason);
    // A little below it is no proof.
    let share = crashes(&free).now.value.unwrap();
    let near = held_to(Some(share + 0.001));
    assert_eq!(near.state, State::Watch, "{}", near.reason);
    assert_eq!(near.verdict, Verdict::Warn);
}

#[test]
fn a_newer_release_takes_its_place() {
    let mut fixture = two_releases(0.03);
    let mut crowd = Crowd::new(20_000);
    crowd.made = 4_000_000;
    fixture.events(crowd.sessions("2.2.0", (15, 16), 4_000, 0.01));
    let found = check(&fixture, "2.1.0", "2026-03-16T00:00:00Z");
    assert_eq!(found.superseded_by.as_deref(), Some("2.2.0"));
    assert_eq!(
        (found.verdict, found.state),
        (Verdict::Fail, State::Superseded)
    );
}

/// First crashes by hour and what comes before them, by sets over the events.
fn by_hand(events: &[Event<'_>], release: &str, (from, end): (i64, i64)) -> BTreeMap<i64, Arm> {
    let mut seen: BTreeMap<(&str, i64), bool> = BTreeMap::new();
    for event in events
        .iter()
        .filter(|event| event.origin.release.as_deref() == Some(release))
    {
        let hour = event.times.occurred_at.div_euclid(HOUR);
        let user = event.origin.user_id.as_deref().unwrap();
        let crashed = event.session.as_ref().unwrap().status == SessionStatus::Crashed;
        if (from..end).contains(&hour) {
            *seen.entry((user, hour)).or_default() |= crashed;
        }
    }
    let mut gone = BTreeSet::new();
    let mut arms: BTreeMap<i64, Arm> = BTreeMap::new();
    for ((user, hour), crashed) in seen {
        if gone.contains(user) {
            continue;
        }
        let arm = arms.entry(hour).or_default();
        arm.exposure += 1;
        if crashed {
            arm.events += 1;
            gone.insert(user);
        }
    }
    arms
}

#[test]
fn users_at_risk_are_those_of_sets_in_any_zone() {
    let mut crowd = Crowd::new(300);
    let mut events = crowd.sessions("2.0.0", (1, 12), 200, 0.03);
    events.extend(crowd.sessions("2.1.0", (5, 12), 200, 0.05));
    let mut fixture = Fixture::new();
    fixture.events(events.clone());
    for zone in ["UTC", "America/New_York", "Asia/Kolkata"] {
        let settings = Settings {
            zone: zone.to_owned(),
            ..settings()
        };
        let days = Days::in_zone(zone).unwrap();
        let as_of = at("2026-03-20T00:00:00Z");
        let window = Window {
            first: days.day_of(as_of) - 90,
            length: 91,
        };
        let tables = fixture.tables();
        let question = Question::new(&tables, &settings, days, (window, 1), as_of).unwrap();
        let from = at("2026-03-05T00:00:00Z") / HOUR + 7;
        let (base, hours) = (["2.0.0".to_owned()], (from, from + 100));
        let sides = Sides {
            new: "2.1.0",
            base: &base,
            hours,
            before_from: from - 70,
        };
        let known = (window.first, window.end());
        let people = People::load(&question, &sides, known).unwrap();
        let mut found: [BTreeMap<i64, Arm>; 2] = Default::default();
        for (hour, strata) in people.by_hour(Harm::Crash) {
            let sum = strata.values().fold(Cell::default(), |sum, cell| Cell {
                new: sum.new.plus(cell.new),
                base: sum.base.plus(cell.base),
            });
            for (arms, arm) in found.iter_mut().zip([sum.new, sum.base]) {
                if arm.exposure > 0 {
                    arms.insert(*hour, arm);
                }
            }
        }
        // Where hours of a zone begin at half past, an hour holds two halves.
        if zone != "Asia/Kolkata" {
            assert_eq!(found[0], by_hand(&events, "2.1.0", hours), "{zone}");
            assert_eq!(found[1], by_hand(&events, "2.0.0", hours), "{zone}");
        }
        let events_of =
            |arms: &BTreeMap<i64, Arm>| arms.values().map(|arm| arm.events).sum::<u64>();
        assert_eq!(events_of(&found[0]), people.new.crashed);
        assert_eq!(events_of(&found[1]), people.base.crashed);
        let before: u64 = people
            .before(Harm::Crash)
            .values()
            .map(|c| c.new.events + c.base.events)
            .sum();
        let by_hand = by_hand(&events, "2.0.0", (from - 70, from));
        if zone != "Asia/Kolkata" {
            assert_eq!(before, events_of(&by_hand));
        }
    }
}
