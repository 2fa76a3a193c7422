use super::back_test::{Score, run};
use super::{Curve, Horizon, Method, Point, ahead, exposure_days};

const WEEK: Horizon = Horizon {
    periods: 7,
    days: 7.0,
};

/// Draws in [0, 1), the same on every run.
struct Dice(u64);

impl Dice {
    fn draw(&mut self) -> f64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 40) as f64 / (1_u64 << 24) as f64
    }
}

/// One release every `every` days; `share` gives the share by release and exposure.
fn releases(
    count: i32,
    every: i32,
    last_day: i32,
    mut share: impl FnMut(i32, f64) -> f64,
) -> Vec<Curve> {
    (0..count)
        .map(|release| {
            let out = release * every;
            let points = (out..=last_day).map(|day| {
                let exposure_days = exposure_days(f64::from(day - out) + 0.5, 1.0);
                Point {
                    period: day,
                    exposure_days,
                    share: share(release, exposure_days),
                }
            });
            Curve::new(points.collect())
        })
        .collect()
}

/// Bass's curve by its differential equation `F' = (p + qF)(1 − F)`, in small steps.
fn bass_by_steps(days: f64, p: f64, q: f64) -> f64 {
    let (mut share, mut at) = (0.0, 0.0);
    while at < days {
        share += (p + q * share) * (1.0 - share) * 0.001;
        at += 0.001;
    }
    share
}

#[test]
fn releases_that_are_alike_continue_alike() {
    let curves = releases(6, 30, 160, |_, days| 1.0 - (-days / 20.0).exp());
    let step = ahead(&curves, 5, 160, 17.5, WEEK).unwrap();
    assert_eq!(step.method, Method::Hazard);
    let expected = 1.0 - (-17.5_f64 / 20.0).exp();
    assert!((step.share - expected).abs() < 1e-9, "{step:?}");
}

#[test]
fn the_last_releases_weigh_more_and_like_ones_more() {
    // Ten slow releases, then four quick ones; the next is quick as well.
    let rate = |release: i32| if release < 10 { 60.0 } else { 10.0 };
    let curves = releases(15, 30, 430, |release, days| {
        1.0 - (-days / rate(release)).exp()
    });
    let step = ahead(&curves, 14, 430, 17.5, WEEK).unwrap();
    let expected = 1.0 - (-1.75_f64).exp();
    assert!((step.share - expected).abs() < 0.01, "{step:?}");
}

#[test]
fn the_first_releases_follow_their_own_curve() {
    let curves = releases(1, 30, 20, |_, days| 0.9 * bass_by_steps(days, 0.02, 0.15));
    let step = ahead(&curves, 0, 20, 27.5, WEEK).unwrap();
    assert_eq!(step.method, Method::Bass);
    let expected = 0.9 * bass_by_steps(27.5, 0.02, 0.15);
    assert!(
        (step.share - expected).abs() < 0.005,
        "{step:?}, {expected}"
    );
    // Two points bear no three parameters, and a release that was there before the data none either.
    assert_eq!(ahead(&curves, 0, 1, 8.5, WEEK), None);
    let late = releases(1, 30, 60, |_, days| 0.9 * bass_by_steps(days, 0.02, 0.15));
    let cut = Curve::new(late[0].points.iter().skip(30).copied().collect());
    assert_eq!(ahead(&[cut], 0, 60, 67.5, WEEK), None);
}

#[test]
fn nothing_after_the_origin_is_used() {
    let mut dice = Dice(3);
    let curves = releases(12, 10, 150, |_, days| {
        (1.0 - (-days / 15.0).exp()) * (0.9 + 0.1 * dice.draw())
    });
    let origins: Vec<i32> = (0..=150).step_by(7).collect();
    let made = run(&curves, &origins, WEEK);
    for until in [60, 100, 130] {
        let known: Vec<Curve> = curves
            .iter()
            .map(|curve| Curve::new(curve.known(until).to_vec()))
            .collect();
        let short: Vec<i32> = origins
            .iter()
            .copied()
            .filter(|day| *day <= until)
            .collect();
        let as_known = run(&known, &short, WEEK);
        let so_far: Vec<_> = made.iter().filter(|made| made.origin <= until).collect();
        assert_eq!(as_known.len(), so_far.len());
        for (known, made) in as_known.iter().zip(so_far) {
            assert_eq!((known.step, known.interval), (made.step, made.interval));
            assert_eq!(
                (known.shown, known.score_then),
                (made.shown, made.score_then)
            );
        }
    }
}

#[test]
fn four_in_five_intervals_hold() {
    let mut dice = Dice(11);
    let curves = releases(60, 7, 450, |_, days| {
        // The sum of draws is near enough to normal: spread of about two points.
        let noise: f64 = (0..4).map(|_| dice.draw() - 0.5).sum::<f64>() * 0.035;
        (1.0 - (-days / 25.0).exp() + noise).clamp(0.0, 1.0)
    });
    let origins: Vec<i32> = (2..=450).step_by(7).collect();
    let score = Score::of(&run(&curves, &origins, WEEK));
    assert!(score.intervals > 300, "{score:?}");
    assert!(
        (0.75..=0.85).contains(&score.coverage().unwrap()),
        "{score:?}"
    );
    assert!(score.beats_naive());
}

#[test]
fn a_method_that_does_not_beat_persistence_is_not_shown() {
    // Shares that walk at random: what they did at this age before says nothing of the next step.
    let mut dice = Dice(5);
    let mut walk = 0.0;
    let curves = releases(30, 7, 260, |_, days| {
        walk = if days < 1.0 { 0.5 } else { walk };
        walk = f64::clamp(walk + 0.06 * (dice.draw() - 0.5), 0.1, 0.9);
        walk
    });
    let origins: Vec<i32> = (3..=260).step_by(7).collect();
    let made = run(&curves, &origins, WEEK);
    let late: Vec<_> = made
        .iter()
        .filter(|made| made.origin > 200 && made.step.method == Method::Hazard)
        .collect();
    assert!(!late.is_empty());
    for made in late {
        assert!(made.interval.is_some() && !made.shown);
        assert!(made.score_then.error >= made.score_then.naive_error);
    }
}

#[test]
fn a_mean_over_the_month_of_the_release_is_young() {
    // By summing over the hours of the period.
    let by_hours = |age: f64, width: f64| {
        let hours = 24_000;
        (0..hours)
            .map(|hour| age - width / 2.0 + (f64::from(hour) + 0.5) / f64::from(hours) * width)
            .map(|time| time.max(0.0))
            .sum::<f64>()
            / f64::from(hours)
    };
    for age in [-20.0, -15.0, -3.0, 0.0, 4.5, 15.0, 40.0] {
        let (found, summed) = (exposure_days(age, 30.0), by_hours(age, 30.0));
        assert!((found - summed).abs() < 1e-6, "{age}: {found} {summed}");
    }
}
