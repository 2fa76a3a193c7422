//! Funnels of small lakes, by hand at the edges and against a slow and obvious search.

use std::time::Duration;

use lake::Micros;

use super::walk::{Walker, Window};
use super::*;
use crate::findings::FunnelResult;
use crate::fixture::*;

const HOUR_SECONDS: u64 = 3_600;
const MINUTE: Micros = HOUR / 60;

/// A window of a week, known until a day after.
fn asked() -> (Period, Micros) {
    (week("2026-W10"), at("2026-03-10T00:00:00Z"))
}

fn funnel(steps: &str, hours: u64) -> Funnel {
    Funnel::read(steps, Duration::from_secs(hours * HOUR_SECONDS)).unwrap()
}

fn run(fixture: &Fixture, funnel: &Funnel, segment: &FunnelSegment) -> FunnelResult {
    let (period, as_of) = asked();
    let asked = (std::slice::from_ref(funnel), segment);
    let settings = settings();
    let found = of_tables(&fixture.tables(), &settings, &period, asked, as_of).unwrap();
    let tables = fixture.tables_reversed();
    let reversed = of_tables(&tables, &settings, &period, asked, as_of).unwrap();
    assert_eq!(found, reversed);
    found.funnels.into_iter().next().unwrap()
}

fn users(found: &FunnelResult) -> Vec<u64> {
    found.steps.iter().map(|step| step.users).collect()
}

/// Events of users: name, minutes after Monday began, user.
fn fixture_of(events: &[(&str, i64, &str)]) -> Fixture {
    let monday = asked().0.from;
    let mut fixture = Fixture::new();
    let event = |(place, (name, minutes, user)): (usize, &(&str, i64, &str))| {
        let at = monday + minutes * MINUTE;
        usage(&format!("e{place}"), name, user, "1.0.0", at)
    };
    fixture.events(events.iter().enumerate().map(event).collect());
    fixture
}

#[test]
fn steps_count_in_order_and_in_time() {
    let fixture = fixture_of(&[
        // In order, others between, and the last at the very end of the time allowed.
        ("open", 60, "ann"),
        ("look", 90, "ann"),
        ("cart", 120, "ann"),
        ("pay", 1500, "ann"),
        // The same but an instant later.
        ("open", 60, "bob"),
        ("cart", 120, "bob"),
        ("pay", 1501, "bob"),
        // In another order.
        ("cart", 60, "cy"),
        ("open", 120, "cy"),
        // Nothing but the last.
        ("pay", 180, "dee"),
        // All at one instant.
        ("pay", 300, "eve"),
        ("cart", 300, "eve"),
        ("open", 300, "eve"),
    ]);
    let found = run(
        &fixture,
        &funnel("open > cart > pay", 24),
        &FunnelSegment::default(),
    );
    assert_eq!(users(&found), [4, 3, 2]);
    assert_eq!((found.entered, found.left_out), (4, 0));
    assert_eq!(found.conversion.value, Some(0.5));
    assert_eq!(found.conversion, crate::stats::proportion::estimate(2, 4));
    let cart = &found.steps[1];
    assert_eq!(cart.of_previous.value, Some(0.75));
    assert_eq!(cart.seconds.value, Some(3_600.0), "1 h, 1 h, 0");
    assert_eq!(found.steps[2].of_previous.n, 3);
    assert_eq!(found.steps[2].of_first.n, 4);
    assert_eq!(found.seconds.value, Some(12.0 * 3_600.0), "24 h and 0");
    assert_eq!(
        found.steps[0].of_previous,
        crate::findings::Estimate::default()
    );
}

#[test]
fn the_try_that_came_furthest_counts_and_of_equals_the_first() {
    let fixture = fixture_of(&[
        ("open", 0, "ann"),
        ("cart", 60, "ann"),
        ("open", 1800, "ann"),
        ("cart", 1920, "ann"),
        ("pay", 1980, "ann"),
        ("open", 0, "bob"),
        ("cart", 180, "bob"),
        ("open", 1800, "bob"),
        ("cart", 1860, "bob"),
    ]);
    let found = run(
        &fixture,
        &funnel("open > cart > pay", 24),
        &FunnelSegment::default(),
    );
    assert_eq!(users(&found), [2, 2, 1]);
    assert_eq!(
        found.steps[1].seconds.value,
        Some(2.5 * 3_600.0),
        "2 h and 3 h"
    );
}

#[test]
fn whose_time_is_not_over_is_left_out_unless_through() {
    // Events are known until hour 192 of the week, which has 168.
    let fixture = fixture_of(&[
        ("open", 9000, "has time left"),
        ("open", 9000, "is through"),
        ("pay", 10200, "is through"),
        ("open", 8634, "ran out"),
        // Known to the very end of its time.
        ("open", 8640, "to the end"),
        ("open", -6, "before the window"),
        ("open", 10080, "after the window"),
        // An earlier try that is over came as far as the one under way.
        ("open", 600, "over once"),
        ("open", 9600, "over once"),
    ]);
    let found = run(
        &fixture,
        &funnel("open > pay", 48),
        &FunnelSegment::default(),
    );
    assert_eq!((found.entered, found.left_out), (5, 1));
    assert_eq!(
        users(&found),
        [4, 1],
        "is through, ran out, to the end, over once"
    );
}

#[test]
fn an_event_is_one_step_and_a_copy_is_none() {
    let monday = asked().0.from;
    let mut fixture = fixture_of(&[
        ("open", 60, "once"),
        ("open", 60, "twice"),
        ("open", 60, "twice"),
    ]);
    // The same event again, as another node might have stored it, with a clock put right since.
    fixture.events(vec![usage(
        "e0",
        "open",
        "once",
        "1.0.0",
        monday + 2 * HOUR,
    )]);
    let mut other = usage("x", "open", "session", "1.0.0", monday + HOUR);
    other.kind = lake::EventKind::Error;
    let mut staging = usage("y", "open", "staging", "1.0.0", monday + HOUR);
    staging.origin.environment = "staging".into();
    fixture.events(vec![
        other,
        staging,
        usage("z", "open", "", "1.0.0", monday + HOUR),
    ]);
    let found = run(
        &fixture,
        &funnel("open > open", 1),
        &FunnelSegment::default(),
    );
    assert_eq!(users(&found), [2, 1]);
}

#[test]
fn a_segment_is_that_of_the_first_step() {
    let monday = asked().0.from;
    let mut fixture = Fixture::new();
    let mut told = Vec::new();
    for (id, name, user, release, platform, hours) in [
        ("1", "open", "ann", "2.0.0", "ios", 1),
        ("2", "pay", "ann", "1.0.0", "web", 2),
        ("3", "open", "bob", "1.0.0", "ios", 1),
        ("4", "pay", "bob", "2.0.0", "ios", 2),
        ("5", "open", "cy", "2.0.0", "web", 1),
    ] {
        let mut event = usage(id, name, user, release, monday + hours * HOUR);
        event.origin.platform = Some(platform.into());
        told.push(event);
    }
    fixture.events(told);
    let pay = funnel("open > pay", 2);
    let on = |platform: Option<&str>, release: Option<&str>| FunnelSegment {
        platform: platform.map(str::to_owned),
        release: release.map(str::to_owned),
        channel: None,
    };
    let found = |segment| users(&run(&fixture, &pay, &segment));
    assert_eq!(found(on(None, None)), [3, 2]);
    assert_eq!(found(on(Some("ios"), None)), [2, 2]);
    assert_eq!(found(on(None, Some("2.0.0"))), [2, 1]);
    assert_eq!(found(on(Some("web"), Some("2.0.0"))), [1, 0]);
    assert_eq!(found(on(Some("none"), None)), [0, 0]);
    let nobody = run(&Fixture::new(), &pay, &FunnelSegment::default());
    assert_eq!((nobody.entered, nobody.conversion.value), (0, None));
}

/// How far anybody can come with these events, and the first start from which one can: by trying
/// every choice of events.
fn search(
    events: &[events::Event],
    steps: &[u32],
    within: Micros,
    window: Window,
) -> Option<(usize, Micros)> {
    fn longest(
        events: &[events::Event],
        steps: &[u32],
        used: &mut Vec<usize>,
        (at, ends): (Micros, Micros),
    ) -> usize {
        let Some((step, rest)) = steps.split_first() else {
            return 0;
        };
        let mut best = 0;
        for (place, event) in events.iter().enumerate() {
            let fits = event.name == *step && at <= event.at && event.at <= ends;
            if fits && !used.contains(&place) {
                used.push(place);
                best = best.max(1 + longest(events, rest, used, (event.at, ends)));
                used.pop();
            }
        }
        best
    }
    let mut found: Option<(usize, Micros)> = None;
    for (place, event) in events.iter().enumerate() {
        let begins = window.from <= event.at && event.at < window.to && !event.is_outside;
        if event.name != steps[0] || !begins {
            continue;
        }
        let span = (event.at, event.at + within);
        let reached = 1 + longest(events, &steps[1..], &mut vec![place], span);
        let is_further =
            |known: (usize, Micros)| reached > known.0 || reached == known.0 && event.at < known.1;
        if found.is_none_or(is_further) {
            found = Some((reached, event.at));
        }
    }
    found
}

#[test]
fn random_ways_go_as_far_as_any_choice_of_events() {
    let mut state = 11_u64;
    let mut below = |n: i64| -> i64 {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        i64::try_from((state >> 33) % n.unsigned_abs()).unwrap()
    };
    let mut through = 0;
    for round in 0..20_000 {
        let number = |n: i64| u32::try_from(n).unwrap();
        let steps: Vec<u32> = (0..2 + below(3)).map(|_| number(1 + below(3))).collect();
        let mut events: Vec<events::Event> = (0..below(9))
            .map(|_| events::Event {
                user: 1,
                at: below(12),
                is_outside: below(4) == 0,
                name: number(1 + below(3)),
            })
            .collect();
        events.sort_unstable();
        let window = Window {
            from: below(4),
            to: 4 + below(8),
            known_until: 12 + below(4),
        };
        let within = 1 + below(8);
        let mut walker = Walker::new(&steps, within, window);
        let found = walker.walk(&events);
        let expected = search(&events, &steps, within, window);
        let what = format!("round {round}: {steps:?} within {within} of {events:?} in {window:?}");
        assert_eq!(
            found.map(|walk| (walk.at.len(), walk.at[0])),
            expected,
            "{what}"
        );
        let Some(walk) = found else { continue };
        let has_time = walk.at[0] + within >= window.known_until;
        assert_eq!(
            walk.is_open,
            has_time && walk.at.len() < steps.len(),
            "{what}"
        );
        assert!(walk.at.is_sorted(), "{what}");
        through += u32::from(walk.at.len() == steps.len());
    }
    assert!(through > 1_000, "{through} ways went through");
}
