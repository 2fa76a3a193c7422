//! One release's hours, by chance.
//!
//! Traffic of a week with its days and nights and its weekend, and a rate that moves with the time of
//! day and wanders, for both arms alike. The first hour is a Monday's.

use std::f64::consts::TAU;

use rand::SeedableRng as _;
use rand::rngs::Xoshiro256PlusPlus;
use rand_distr::{Binomial, Distribution as _, Geometric, Poisson, StandardNormal};

use super::scenario::{Rollout, Scenario};
use crate::stats::sequential::{Arm, Cell};
use crate::watch::Control;

/// Looks of a release: a week of hours.
pub(super) const HOURS: i64 = 168;

/// Past weeks that a big bang is compared with.
const PAST_WEEKS: usize = 8;

/// How much of an hour's deviation is left in the next.
const MEMORY: f64 = 0.8;

/// Standard deviation of the logarithm of the rate, hour to hour.
const WANDER: f64 = 0.10;

/// Hours over which the sessions of a loop are spread.
const LOOP_HOURS: usize = 3;

/// Share of the new release in the week before it, where that is given: as at the end of its rollout.
const PRE_SHARE: f64 = 0.79;

/// One hour of a release.
#[derive(Debug, Clone, Default)]
pub(super) struct Hour {
    /// What is judged, a cell a metric.
    pub(super) metrics: Vec<Cell>,
    /// What a rule sees that counts every crash.
    pub(super) raw: Cell,
    /// The true rate of the base, at this hour.
    pub(super) rate: f64,
}

/// One release.
#[derive(Debug, Clone)]
pub(super) struct Course {
    pub(super) control: Control,
    pub(super) hours: Vec<Hour>,
}

/// Draws the `index`-th release of the `number`-th scenario: the same for a seed, whoever draws it.
pub(super) fn course(scenario: &Scenario, seed: u64, number: u64, index: u64) -> Course {
    let stream = seed.wrapping_mul(0xd134_2543_de82_ef95) ^ (number << 40) ^ index;
    let mut chance = Chance(Xoshiro256PlusPlus::seed_from_u64(stream));
    match scenario.rollout {
        Rollout::BigBang { drift } => big_bang(scenario, drift, &mut chance),
        Rollout::Phased | Rollout::Half => side_by_side(scenario, &mut chance),
    }
}

fn side_by_side(scenario: &Scenario, chance: &mut Chance) -> Course {
    let pre = if (scenario.selection - 1.0).abs() > f64::EPSILON {
        week_before(scenario, chance)
    } else {
        Vec::new()
    };
    let mut wander = Wander::default();
    let mut loops = Loops::default();
    let hours = (0..HOURS)
        .map(|hour| {
            let sessions = scenario.sessions * day_and_week(hour);
            let share = new_share(scenario.rollout, hour);
            let (n, m) = (
                chance.poisson(sessions * share),
                chance.poisson(sessions * (1.0 - share)),
            );
            let rate = scenario.rate / scenario.loop_length * tide(hour) * wander.step(chance);
            let metric = |metric: usize, chance: &mut Chance| {
                let ratio = ratio(scenario, hour, metric);
                cell(n, m, rate * ratio * scenario.selection, rate, chance)
            };
            let metrics: Vec<Cell> = (0..scenario.metrics)
                .map(|number| metric(number, chance))
                .collect();
            let raw = loops.spread(metrics[0], scenario.loop_length, chance);
            Hour { metrics, raw, rate }
        })
        .collect();
    Course {
        control: Control::Concurrent { pre },
        hours,
    }
}

/// What the release multiplies the rate of a metric by.
fn ratio(scenario: &Scenario, hour: i64, metric: usize) -> f64 {
    if hour >= scenario.onset && metric < scenario.worse_metrics {
        scenario.ratio
    } else {
        1.0
    }
}

/// The same two groups on the release before.
fn week_before(scenario: &Scenario, chance: &mut Chance) -> Vec<Cell> {
    let mut wander = Wander::default();
    (0..HOURS)
        .map(|hour| {
            let sessions = scenario.sessions * day_and_week(hour);
            let (n, m) = (
                chance.poisson(sessions * PRE_SHARE),
                chance.poisson(sessions * (1.0 - PRE_SHARE)),
            );
            let rate = scenario.rate * tide(hour) * wander.step(chance);
            cell(n, m, rate * scenario.selection, rate, chance)
        })
        .collect()
}

fn big_bang(scenario: &Scenario, drift: f64, chance: &mut Chance) -> Course {
    let mut past = Vec::new();
    for _ in 0..PAST_WEEKS {
        past.push(week_of_all(scenario, drift, 1.0, chance));
    }
    let own = week_of_all(scenario, drift, scenario.ratio, chance);
    let weeks: Vec<Arm> = past
        .iter()
        .map(|week| {
            week.iter()
                .fold(Arm::default(), |sum, hour| sum.plus(hour.0))
        })
        .collect();
    let hours = own
        .iter()
        .enumerate()
        .map(|(hour, &(new, rate))| {
            let same_hours = past.iter().map(|week| week[hour].0);
            let base = same_hours.fold(Arm::default(), Arm::plus);
            let cell = Cell { new, base };
            Hour {
                metrics: vec![cell],
                raw: cell,
                rate,
            }
        })
        .collect();
    Course {
        control: Control::PastWeeks { weeks },
        hours,
    }
}

/// A week in which all are on one release, with its rates.
fn week_of_all(
    scenario: &Scenario,
    drift: f64,
    ratio: f64,
    chance: &mut Chance,
) -> Vec<(Arm, f64)> {
    let level = (drift * chance.normal()).exp();
    let mut wander = Wander::default();
    (0..HOURS)
        .map(|hour| {
            let exposure = chance.poisson(scenario.sessions * day_and_week(hour));
            let rate = scenario.rate * level * tide(hour) * wander.step(chance);
            let events = chance.binomial(exposure, rate * ratio);
            (Arm { exposure, events }, rate)
        })
        .collect()
}

fn cell(n: u64, m: u64, new_rate: f64, base_rate: f64, chance: &mut Chance) -> Cell {
    let mut arm = |exposure, rate| Arm {
        exposure,
        events: chance.binomial(exposure, rate),
    };
    Cell {
        new: arm(n, new_rate),
        base: arm(m, base_rate),
    }
}

fn hour_of_day(hour: i64) -> f64 {
    hour.rem_euclid(24) as f64
}

/// Traffic at an hour, over its mean on a weekday.
fn day_and_week(hour: i64) -> f64 {
    let is_weekend = hour.div_euclid(24).rem_euclid(7) >= 5;
    let weekend = if is_weekend { 0.7 } else { 1.0 };
    weekend * (1.0 + 0.5 * (TAU * hour_of_day(hour) / 24.0).sin())
}

/// The rate at an hour, over its mean in the day.
fn tide(hour: i64) -> f64 {
    1.0 + 0.25 * (TAU * hour_of_day(hour) / 24.0).sin()
}

fn new_share(rollout: Rollout, hour: i64) -> f64 {
    match rollout {
        Rollout::Phased => 0.8 / (1.0 + (-(hour as f64 - 72.0) / 24.0).exp()),
        Rollout::Half => 0.5,
        Rollout::BigBang { .. } => 1.0,
    }
}

/// A logarithm that wanders about 0.
#[derive(Debug, Default)]
struct Wander(Option<f64>);

impl Wander {
    fn step(&mut self, chance: &mut Chance) -> f64 {
        let news = WANDER * chance.normal();
        let at = match self.0 {
            None => news,
            Some(before) => MEMORY * before + (1.0 - MEMORY * MEMORY).sqrt() * news,
        };
        self.0 = Some(at);
        at.exp()
    }
}

/// Crashes that follow a user's first.
#[derive(Debug, Default)]
struct Loops {
    /// To come: of the new arm and the base, an hour each, beginning at `now`.
    ahead: [(u64, u64); LOOP_HOURS],
    now: usize,
}

impl Loops {
    /// What is counted in the next hour, where each user's first crash is followed by more within the
    /// hours after it.
    fn spread(&mut self, firsts: Cell, length: f64, chance: &mut Chance) -> Cell {
        if length <= 1.0 {
            return firsts;
        }
        for _ in 0..firsts.new.events {
            for _ in 0..chance.further(length) {
                self.at(chance.below(LOOP_HOURS)).0 += 1;
            }
        }
        for _ in 0..firsts.base.events {
            for _ in 0..chance.further(length) {
                self.at(chance.below(LOOP_HOURS)).1 += 1;
            }
        }
        let (new, base) = std::mem::take(self.at(0));
        self.now += 1;
        let plus = |arm: Arm, more: u64| Arm {
            exposure: arm.exposure,
            events: arm.events + more,
        };
        Cell {
            new: plus(firsts.new, new),
            base: plus(firsts.base, base),
        }
    }

    fn at(&mut self, hours_ahead: usize) -> &mut (u64, u64) {
        &mut self.ahead[(self.now + hours_ahead) % LOOP_HOURS]
    }
}

/// Draws of one release.
struct Chance(Xoshiro256PlusPlus);

impl Chance {
    fn normal(&mut self) -> f64 {
        StandardNormal.sample(&mut self.0)
    }

    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "draws are whole, not negative and far below 2^64"
    )]
    fn poisson(&mut self, mean: f64) -> u64 {
        let law = Poisson::<f64>::new(mean).ok();
        law.map_or(0, |law| law.sample(&mut self.0) as u64)
    }

    fn binomial(&mut self, n: u64, p: f64) -> u64 {
        let law = Binomial::new(n, p.clamp(0.0, 1.0)).ok();
        law.map_or(0, |law| law.sample(&mut self.0))
    }

    /// Sessions of a loop beyond its first, so that it has `length` on average.
    fn further(&mut self, length: f64) -> u64 {
        let law = Geometric::new(1.0 / length).ok();
        law.map_or(0, |law| law.sample(&mut self.0))
    }

    fn below(&mut self, end: usize) -> usize {
        rand::RngExt::random_range(&mut self.0, 0..end)
    }
}
