//! What will judge a release that is not out yet: the checks of the newest release in use, with its
//! figures as the baseline and how long each check will take.

use super::Scene;
use super::answers::{ANSWERS_MIN, Asked};
use super::hours::{DAY_HOURS, Hour, hour_of};
use super::past;
use super::people::Harm;
use super::rates::{EVENTS_MIN, USERS_MIN, shares};
use super::rules::{HealthRules, Judging};
use crate::error::Result;
use crate::findings::{Check, GateAhead, GatesAhead};
use crate::metric;
use crate::watch::{Arm, Cell, expected_log_e};

/// Share of the traffic that the planned release is taken to have while it is judged: half of it tells
/// soonest, and no rollout is planned yet.
const ASSUMED_SHARE: f64 = 0.5;
/// Hours of traffic that stand for those to come.
const RECENT_HOURS: Hour = 28 * DAY_HOURS;

/// As there are when no release is in use.
pub(super) fn without_release(rules: &HealthRules) -> GatesAhead {
    GatesAhead {
        reason: "no release is in use".to_owned(),
        seen_rise: rules.max_hidden,
        assumed_share: ASSUMED_SHARE,
        ..GatesAhead::default()
    }
}

/// By how the release of the scene is doing.
pub(super) fn gates(scene: &Scene<'_>) -> Result<GatesAhead> {
    let found = scene.findings()?;
    let rules = &scene.question.settings.health;
    let all: f64 = found.checks.iter().map(|check| check.weight).sum();
    let recent = Recent::of(scene);
    let gate = |check: &Check| {
        let judging = rules.of(&check.metric);
        let alpha = rules.alpha_of(judging, all);
        gate(
            check,
            judging,
            recent.days(&check.metric, (judging, alpha), rules),
        )
    };
    Ok(GatesAhead {
        release: Some(found.release.clone()),
        state: Some(found.state),
        verdict: Some(found.verdict),
        reason: found.reason.clone(),
        gates: found.checks.iter().map(gate).collect(),
        ..without_release(rules)
    })
}

fn gate(check: &Check, judging: Judging, days: Option<f64>) -> GateAhead {
    let is_rate = asked(&check.metric).is_none();
    GateAhead {
        metric: check.metric.clone(),
        critical: check.critical,
        weight: check.weight,
        baseline: check.now.clone(),
        harm: if is_rate { "ratio" } else { "difference" }.to_owned(),
        least_harm: judging.least_harm,
        limit: judging.limit,
        min_n: check.min_n,
        days,
    }
}

fn asked(id: &str) -> Option<Asked> {
    Asked::ALL.into_iter().find(|asked| asked.metric().id == id)
}

/// The traffic of the last four weeks.
struct Recent<'a> {
    scene: &'a Scene<'a>,
    hours: (Hour, Hour),
}

impl<'a> Recent<'a> {
    fn of(scene: &'a Scene<'a>) -> Self {
        let known = hour_of(scene.question.known_until());
        let end = scene.hours.end().map_or(known, |end| end.min(known));
        let first = scene
            .hours
            .releases()
            .filter_map(|one| scene.hours.first_of(one));
        let first = first.min().unwrap_or(end);
        Self {
            scene,
            hours: (first.max(end - RECENT_HOURS), end),
        }
    }

    /// Days until a check can speak.
    fn days(
        &self,
        metric: &str,
        (judging, alpha): (Judging, f64),
        rules: &HealthRules,
    ) -> Option<f64> {
        let days = (self.hours.1 - self.hours.0) as f64 / DAY_HOURS as f64;
        if let Some(asked) = asked(metric) {
            let answers = self.answers(asked) as f64 / days * ASSUMED_SHARE;
            return finite(ANSWERS_MIN as f64 / answers);
        }
        let cells = self.cells(metric);
        let sum = |of: fn(&Cell) -> Arm| cells.iter().map(of).fold(Arm::default(), Arm::plus);
        let (new, base) = (sum(|cell| cell.new), sum(|cell| cell.base));
        let (truth, null) = (rules.max_hidden, judging.least_harm.max(1.0));
        let (alpha, _) = shares(judging, alpha);
        let evidence = (1.0 / alpha).ln() / (expected_log_e(&cells, truth, null)? / days);
        let exposed = USERS_MIN as f64 / (new.exposure as f64 / days);
        let events = new.events as f64 * truth + base.events as f64;
        let events = EVENTS_MIN as f64 / (events / days);
        finite(evidence.max(exposed).max(events))
    }

    /// The hours, with the assumed share on the planned release.
    fn cells(&self, metric: &str) -> Vec<Cell> {
        let (from, end) = self.hours;
        let hour = |hour| {
            let counts = self.scene.hours.of_all(hour, hour + 1);
            let all = match metric {
                id if id == metric::CRASH_FREE_USERS.id => past::arm(counts, Harm::Crash),
                id if id == metric::CRASH_FREE_SESSIONS.id => Arm {
                    exposure: counts.sessions,
                    events: counts.crashed_sessions,
                },
                _ => past::arm(counts, Harm::Error),
            };
            Cell {
                new: part(all, ASSUMED_SHARE),
                base: part(all, 1.0 - ASSUMED_SHARE),
            }
        };
        (from..end).map(hour).collect()
    }

    fn answers(&self, asked: Asked) -> usize {
        let (from, end) = self.hours;
        let pieces = self.scene.feedback.pieces.iter();
        let recent = pieces.filter(|piece| (from..end).contains(&hour_of(piece.at)));
        recent.filter(|piece| asked.is_answered_by(piece)).count()
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a share of a count is a count"
)]
fn part(arm: Arm, share: f64) -> Arm {
    let of = |count: u64| (count as f64 * share).round() as u64;
    Arm {
        exposure: of(arm.exposure),
        events: of(arm.events),
    }
}

fn finite(days: f64) -> Option<f64> {
    days.is_finite().then_some(days)
}
