//! States and their order, by counts that leave nothing to chance.

use super::*;
use crate::findings::State;
use crate::stats::oracle::close;

fn cell(n: u64, m: u64, x: u64, y: u64) -> Cell {
    let arm = |exposure, events| Arm { exposure, events };
    Cell {
        new: arm(n, x),
        base: arm(m, y),
    }
}

fn rule() -> Rule {
    Rule {
        r_min: 1.0,
        ..Rule::default()
    }
}

fn watch() -> Watch {
    Watch::new(rule(), &Control::concurrent())
}

/// Advances through hours of one cell until a state comes; the hour after it.
fn until(watch: &mut Watch, from: i64, cell: Cell, state: State) -> i64 {
    let reached = (from..from + 2000).find(|hour| watch.advance(*hour, &[cell]) == state);
    reached.unwrap_or_else(|| panic!("{state:?} never came: {:?}", watch.look())) + 1
}

const FINE: Cell = Cell {
    new: Arm {
        exposure: 1000,
        events: 10,
    },
    base: Arm {
        exposure: 1000,
        events: 10,
    },
};

const WORSE: Cell = Cell {
    new: Arm {
        exposure: 1000,
        events: 20,
    },
    base: Arm {
        exposure: 1000,
        events: 10,
    },
};

#[test]
fn a_release_that_gets_worse_and_better_and_worse() {
    let mut watch = watch();
    assert_eq!(watch.look().state, State::NoData);
    assert_eq!(
        watch.advance(0, &[cell(90, 900, 1, 30)]),
        State::InsufficientData
    );
    assert_eq!(watch.look().because, Some(Because::FewExposed));
    let hour = until(&mut watch, 1, FINE, State::Monitoring);
    let hour = until(&mut watch, hour, WORSE, State::Watch);
    let hour = until(&mut watch, hour, WORSE, State::Regressed);
    let first = watch.first_alarm_hour();
    assert_eq!(first, Some(hour - 1));
    assert!(watch.look().e_value >= 20.0);
    let hour = until(&mut watch, hour, FINE, State::Recovered);
    assert_eq!(watch.first_alarm_hour(), first);
    until(&mut watch, hour, WORSE, State::Regressed);
    assert_eq!(watch.first_alarm_hour(), first);
}

#[test]
fn a_release_that_stays_worse_does_not_recover() {
    let mut watch = watch();
    let hour = until(&mut watch, 0, WORSE, State::Regressed);
    for hour in hour..hour + 500 {
        assert_eq!(
            watch.advance(hour, &[cell(1000, 1000, 13, 10)]),
            State::Regressed
        );
    }
}

#[test]
fn health_is_proved_and_then_lost() {
    let mut watch = watch();
    let hour = until(&mut watch, 0, FINE, State::ProvedHealthy);
    let hidden = watch.look().hidden.unwrap();
    assert!(hidden <= 1.5 && hidden > 1.3, "{hidden}");
    until(&mut watch, hour, WORSE, State::Regressed);
    let mut better = self::watch();
    until(&mut better, 0, cell(1000, 1000, 5, 10), State::Improved);
    assert!(better.look().high.unwrap() < 1.05);
}

#[test]
fn what_could_still_be_hidden_grows_less() {
    let mut watch = watch();
    assert_eq!(watch.look().hidden, None);
    let mut before = f64::INFINITY;
    for hour in 0..60 {
        watch.advance(hour, &[FINE]);
        if let Some(hidden) = watch.hidden() {
            assert!(hidden < before, "{hidden} {before}");
            before = hidden;
        }
    }
    assert!(before < 1.35, "{before}");
}

#[test]
fn a_decision_is_foretold_from_the_traffic() {
    let mut watch = watch();
    assert_eq!(watch.hours_to_find(2.0), None);
    assert_eq!(watch.hours_to_proof(), None);
    for hour in 0..3 {
        watch.advance(hour, &[FINE]);
    }
    let (soon, late) = (watch.hours_to_find(2.0), watch.hours_to_find(1.5));
    let soon = soon.unwrap();
    assert!(soon < late.unwrap(), "{soon}");
    assert_eq!(watch.hours_to_find(0.9), None);
    // x2 at half the traffic: 15 events on the new arm, twice as long for the base's own chance.
    let mut worse = self::watch();
    let found = until(&mut worse, 0, WORSE, State::Regressed) as f64;
    assert!(found > soon && found < 2.0 * soon, "{found} {soon}");
    let foretold = watch.hours_to_proof().unwrap();
    let proved = until(&mut watch, 3, FINE, State::ProvedHealthy) as f64 - 3.0;
    assert!(
        (proved - foretold).abs() < 0.5 * foretold,
        "{proved} {foretold}"
    );
    assert_eq!(watch.hours_to_proof(), Some(0.0));
}

#[test]
fn silence_is_no_health() {
    let mut watch = watch();
    until(&mut watch, 0, FINE, State::Monitoring);
    let gone = cell(0, 2000, 0, 20);
    let hour = until(&mut watch, 10, gone, State::NoData);
    assert_eq!(hour, 25, "a day after the last session");
    assert_eq!(watch.look().because, Some(Because::Silent));
    let mut alarmed = self::watch();
    let hour = until(&mut alarmed, 0, WORSE, State::Regressed);
    assert_eq!(alarmed.advance(hour + 100, &[gone]), State::Regressed);
}

#[test]
fn a_window_ends() {
    let rule = Rule {
        window_hours: Some(6),
        ..rule()
    };
    let mut watch = Watch::new(rule, &Control::concurrent());
    let states: Vec<State> = (0..6).map(|hour| watch.advance(hour, &[FINE])).collect();
    assert_eq!(states[4], State::Monitoring);
    assert_eq!(states[5], State::Inconclusive);
    assert_eq!(watch.look().because, Some(Because::WindowOver));
}

#[test]
fn past_weeks_only_raise_suspicion() {
    let week = |events| Arm {
        exposure: 168_000,
        events,
    };
    let weeks = vec![week(1680), week(1700), week(1650), week(1690)];
    let control = |weeks: Vec<Arm>| Control::PastWeeks { weeks };
    let mut watch = Watch::new(rule(), &control(weeks.clone()));
    let hour = until(&mut watch, 0, WORSE, State::Suspected);
    assert_eq!(watch.first_alarm_hour(), Some(hour - 1));
    assert!(watch.look().null > 1.0);
    let mut short = Watch::new(rule(), &control(weeks[..3].to_vec()));
    for hour in 0..100 {
        assert_eq!(short.advance(hour, &[WORSE]), State::InsufficientData);
    }
    assert_eq!(short.look().because, Some(Because::LittleHistory));
    assert_eq!(short.first_alarm_hour(), None);
}

#[test]
fn groups_that_differed_before_are_held_to_that() {
    let pre = |x, y| Control::Concurrent {
        pre: vec![cell(100_000, 100_000, x, y)],
    };
    // As unlike as before: no news.
    let mut same = Watch::new(rule(), &pre(1300, 1000));
    for hour in 0..300 {
        let state = same.advance(hour, &[cell(1000, 1000, 13, 10)]);
        assert!(state < State::Watch, "{state:?} at {hour}");
    }
    assert!(same.look().null > 1.3);
    until(
        &mut Watch::new(rule(), &pre(1300, 1000)),
        0,
        cell(1000, 1000, 26, 10),
        State::Regressed,
    );
    // The new group was better before: nothing is proved by its staying a little so.
    let mut better = Watch::new(rule(), &pre(700, 1000));
    for hour in 0..300 {
        let state = better.advance(hour, &[cell(1000, 1000, 10, 10)]);
        assert!(state != State::ProvedHealthy, "at {hour}");
    }
    let mut unlike = Watch::new(rule(), &pre(2000, 1000));
    for hour in 0..50 {
        unlike.advance(hour, &[WORSE]);
    }
    let look = unlike.look();
    assert_eq!(
        (look.state, look.because),
        (State::Inconclusive, Some(Because::Selection))
    );
    assert_eq!(look.first_alarm_hour, None);
}

#[test]
fn the_least_harm_is_tolerated_but_watched() {
    let rule = Rule {
        r_min: 1.5,
        ..rule()
    };
    let mut watch = Watch::new(rule, &Control::concurrent());
    let hour = until(&mut watch, 0, cell(1000, 1000, 14, 10), State::Watch);
    for hour in hour..hour + 300 {
        assert_eq!(
            watch.advance(hour, &[cell(1000, 1000, 14, 10)]),
            State::Watch
        );
    }
}

#[test]
fn strata_keep_a_mix_from_deceiving() {
    // In each stratum the same rate, but the new arm has more of the stratum with the higher one.
    let strata = [cell(9000, 1000, 180, 20), cell(1000, 9000, 2, 18)];
    let pooled = [cell(10_000, 10_000, 182, 38)];
    let (mut apart, mut together) = (watch(), watch());
    for hour in 0..5 {
        apart.advance(hour, &strata);
        together.advance(hour, &pooled);
    }
    assert_eq!(together.state(), State::Regressed);
    assert!(apart.state() < State::Watch);
    close(apart.look().ratio, 1.0, 1e-12);
}

#[test]
fn odd_counts_are_borne() {
    let odd = [
        cell(0, 0, 0, 0),
        cell(0, 0, 7, 9),
        cell(5, 0, 5, 0),
        cell(1_000_000_000, 1_000_000_000, 10_000_000, 0),
        cell(1_000_000_000, 1_000_000_000, 0, 10_000_000),
        cell(u64::MAX, u64::MAX, u64::MAX, u64::MAX),
    ];
    for first in odd {
        for second in odd {
            let mut watch = watch();
            watch.advance(0, &[]);
            watch.advance(1, &[first]);
            watch.advance(i64::MAX, &[second, first]);
            let look = watch.look();
            let all = [
                Some(look.e_value),
                look.ratio,
                look.low,
                look.high,
                look.hidden,
            ];
            assert!(
                all.into_iter().flatten().all(|value| value.is_finite()),
                "{look:?}"
            );
            assert!(!look.log_e.is_nan());
        }
    }
}
