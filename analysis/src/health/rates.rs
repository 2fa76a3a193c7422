//! Rates of harm, judged hour by hour.

use std::collections::BTreeMap;

use super::guardrail;
use super::hours::{Hour, Hours, start_of};
use super::past;
use super::people::{Harm, People};
use super::rules::{HealthRules, Judging};
use super::verdict::seen_by_now;
use crate::days::instant_text;
use crate::findings::{Check, Ratio, State};
use crate::metric::{self, Metric};
use crate::stats::proportion;
use crate::watch::{Arm, Because, Cell, Control, Look, Rule, Watch};

/// Users whom a release needs before it is called worse.
pub(crate) const USERS_MIN: u64 = 100;
/// Events of both sides that a judgement needs, so that it can be read.
pub(crate) const EVENTS_MIN: u64 = 20;
/// Events that the time before needs on both sides together to say how alike the groups are.
const BEFORE_EVENTS_MIN: u64 = 1;

/// What a rate is compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Against {
    /// Those on the baseline in the same hours.
    SameHours,
    /// Everybody in the same hours of past weeks.
    PastWeeks,
}

/// What all rates of a release are judged from.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Grounds<'a> {
    pub(crate) rules: &'a HealthRules,
    pub(crate) hours: &'a Hours,
    pub(crate) people: &'a People,
    pub(crate) release: &'a str,
    pub(crate) base: &'a [String],
    pub(crate) against: Against,
    /// The hours judged.
    pub(crate) window: (Hour, Hour),
    /// Whether no more hours will come.
    pub(crate) is_over: bool,
    /// Whether users were drawn by lot: then the groups are alike.
    pub(crate) is_drawn: bool,
}

/// A rate that was judged.
#[derive(Debug, Clone)]
pub(crate) struct JudgedRate {
    pub(crate) check: Check,
    /// Events of the last day, of both sides, and the release's share of the exposure.
    pub(crate) last_day: (u64, f64),
    /// Events so far.
    pub(crate) events: u64,
}

/// Share of users to whom something happened, by first events of users.
pub(crate) fn of_users(
    grounds: &Grounds<'_>,
    (metric, harm): (&'static Metric, Harm),
    (judging, alpha): (Judging, f64),
) -> JudgedRate {
    let (from, end) = grounds.window;
    let cells: BTreeMap<Hour, Vec<Cell>> = match grounds.against {
        Against::SameHours => {
            let by_hour = grounds.people.by_hour(harm).iter();
            by_hour
                .map(|(hour, strata)| (*hour, strata.values().copied().collect()))
                .collect()
        }
        Against::PastWeeks => {
            let start = (grounds.release, from);
            let cell = |hour| vec![past::cell(grounds.hours, start, hour, harm)];
            (from..end).map(|hour| (hour, cell(hour))).collect()
        }
    };
    let control = match grounds.against {
        Against::SameHours => Control::Concurrent {
            pre: if grounds.is_drawn {
                Vec::new()
            } else {
                before(grounds.people, harm)
            },
        },
        Against::PastWeeks => Control::PastWeeks {
            weeks: past::weeks(grounds.hours, from, harm),
        },
    };
    let (new, base) = (grounds.people.new, grounds.people.base);
    let is_up_good = metric.id == metric::CRASH_FREE_USERS.id;
    let part = |side: super::people::Side| {
        let harmed = side.harmed(harm);
        if is_up_good {
            side.users.saturating_sub(harmed)
        } else {
            harmed
        }
    };
    let shown = Shown {
        metric,
        now: (part(new), new.users),
        before: (part(base), base.users),
    };
    let (alpha, limit) = shares(judging, alpha);
    let mut found = judged(grounds, &cells, &control, &shown, (judging, alpha));
    if let Some(limit) = limit {
        let course = grounds.people.course(harm).into_iter();
        guardrail::hold(&mut found.check, metric, (limit, alpha), course);
    }
    found
}

/// The comparison's share of `alpha` and the limit, which takes half of it where there is one.
pub(super) fn shares(judging: Judging, alpha: f64) -> (f64, Option<f64>) {
    match judging.limit {
        Some(limit) => (alpha / 2.0, Some(limit)),
        None => (alpha, None),
    }
}

/// Share of sessions that did not crash: where nothing says whose they are.
pub(crate) fn of_sessions(
    grounds: &Grounds<'_>,
    metric: &'static Metric,
    (judging, alpha): (Judging, f64),
) -> JudgedRate {
    let (from, end) = grounds.window;
    let base_of = |from, end| {
        let all = grounds
            .base
            .iter()
            .map(|base| grounds.hours.of(base, from, end));
        all.fold(super::hours::Counts::default(), super::hours::Counts::plus)
    };
    let arm = |counts: super::hours::Counts| Arm {
        exposure: counts.sessions.max(counts.crashed_sessions),
        events: counts.crashed_sessions,
    };
    let cells: BTreeMap<Hour, Vec<Cell>> = (from..end)
        .map(|hour| {
            let next = hour.saturating_add(1);
            let new = arm(grounds.hours.of(grounds.release, hour, next));
            let base = arm(base_of(hour, next));
            (hour, vec![Cell { new, base }])
        })
        .collect();
    let (new, base) = (
        grounds.hours.of(grounds.release, from, end),
        base_of(from, end),
    );
    let free = |counts: super::hours::Counts| {
        let sessions = counts.sessions.max(counts.crashed_sessions);
        (sessions - counts.crashed_sessions, sessions)
    };
    let shown = Shown {
        metric,
        now: free(new),
        before: free(base),
    };
    let (alpha, limit) = shares(judging, alpha);
    let control = Control::concurrent();
    let mut found = judged(grounds, &cells, &control, &shown, (judging, alpha));
    if let Some(limit) = limit {
        let sum = |cells: &[Cell]| cells.iter().fold(Arm::default(), |sum, c| sum.plus(c.new));
        let course = cells.iter().map(|(hour, cells)| (*hour, sum(cells)));
        guardrail::hold(&mut found.check, metric, (limit, alpha), course);
    }
    found
}

/// How alike the two groups were before the release; nothing where too little happened to say.
fn before(people: &People, harm: Harm) -> Vec<Cell> {
    let cells: Vec<Cell> = people.before(harm).values().copied().collect();
    let is_comparable = |cell: &&Cell| cell.new.exposure > 0 && cell.base.exposure > 0;
    let events = cells.iter().filter(is_comparable);
    let events: u64 = events.map(|cell| cell.new.events + cell.base.events).sum();
    if events < BEFORE_EVENTS_MIN {
        return Vec::new();
    }
    cells
}

/// Counts of a rate as they are shown: part and whole of the release, then of the baseline.
struct Shown {
    metric: &'static Metric,
    now: (u64, u64),
    before: (u64, u64),
}

fn judged(
    grounds: &Grounds<'_>,
    cells: &BTreeMap<Hour, Vec<Cell>>,
    control: &Control,
    shown: &Shown,
    (judging, alpha): (Judging, f64),
) -> JudgedRate {
    let (from, end) = grounds.window;
    let rule = Rule {
        alpha,
        beta: grounds.rules.beta,
        r_min: judging.least_harm,
        r1: grounds.rules.proved_ratio,
        min_events: EVENTS_MIN,
        min_exposed: USERS_MIN,
        window_hours: None,
    };
    let mut watch = Watch::new(rule, control);
    for (hour, cells) in cells.range(from..end) {
        watch.advance(*hour, cells);
    }
    let last = end.saturating_sub(1).max(from);
    if watch.hour() < last {
        watch.advance(last, &[]);
    }
    let mut look = watch.look();
    if shown.now.1 < USERS_MIN && look.state != State::NoData {
        look.state = State::InsufficientData;
        look.because = Some(Because::FewExposed);
    }
    if look.state == State::Monitoring && grounds.is_over {
        look.state = State::Inconclusive;
        look.because = Some(Because::WindowOver);
    }
    let last_day = cells
        .range(end.saturating_sub(24)..end)
        .flat_map(|hour| hour.1);
    let last_day = last_day.fold(Cell::default(), |sum, cell| Cell {
        new: sum.new.plus(cell.new),
        base: sum.base.plus(cell.base),
    });
    let exposure = last_day.new.exposure.saturating_add(last_day.base.exposure);
    let share = last_day.new.exposure as f64 / exposure.max(1) as f64;
    JudgedRate {
        last_day: (
            last_day.new.events.saturating_add(last_day.base.events),
            share,
        ),
        events: look.new.events.saturating_add(look.base.events),
        check: check(grounds, &look, shown, judging),
    }
}

fn check(grounds: &Grounds<'_>, look: &Look, shown: &Shown, judging: Judging) -> Check {
    let ((now, now_n), (before, before_n)) = (shown.now, shown.before);
    let min_n = USERS_MIN;
    Check {
        metric: shown.metric.id.to_owned(),
        verdict: look.state.verdict(look.hidden, grounds.rules.max_hidden),
        state: look.state,
        critical: judging.critical,
        weight: judging.weight,
        now: proportion::estimate(now, now_n),
        before: proportion::estimate(before, before_n),
        change: proportion::difference(now, now_n, before, before_n),
        ratio: Some(Ratio {
            value: look.ratio,
            low: look.low,
            high: look.high,
        }),
        e_value: Some(look.e_value),
        hidden: look.hidden,
        first_alarm_at: look
            .first_alarm_hour
            .map(|hour| instant_text(start_of(hour))),
        guardrail: None,
        min_n,
        reason: reason(look, shown, grounds.against),
    }
}

fn reason(look: &Look, shown: &Shown, against: Against) -> String {
    let ratio = |ratio: Option<f64>| ratio.map_or("?".to_owned(), |ratio| format!("×{ratio:.2}"));
    let so_far = format!("{} of the baseline's rate so far", ratio(look.ratio));
    match look.because {
        Some(Because::Silent) => return "nothing came from the release in the last day".to_owned(),
        Some(Because::FewEvents) => {
            let events = look.new.events.saturating_add(look.base.events);
            return format!(
                "{events} cases on both sides together, a judgement needs {EVENTS_MIN}"
            );
        }
        Some(Because::FewExposed) => {
            let seen = shown.now.1;
            return format!("{seen} seen on the release, a judgement needs {USERS_MIN}");
        }
        Some(Because::LittleHistory) => {
            return "fewer than four weeks before the release to compare with".to_owned();
        }
        Some(Because::Selection) => {
            return "those who took the release were too unlike the others before it".to_owned();
        }
        Some(Because::WindowOver) => return format!("{so_far}, and the window ended undecided"),
        None => {}
    }
    let hidden = look.hidden.map_or_else(
        || "any rise could still be hidden".to_owned(),
        |hidden| seen_by_now("", hidden),
    );
    match look.state {
        State::Regressed => format!("{so_far}, worse beyond chance"),
        State::Suspected => {
            format!("{so_far}; past weeks prove nothing, but do not differ so much")
        }
        State::Recovered => format!("{so_far}; it was worse beyond chance, and is not any more"),
        State::Watch => format!("{so_far}, chance is not excluded"),
        State::Improved => format!("{so_far}, better beyond chance"),
        State::ProvedHealthy => format!("{so_far}; {hidden}"),
        _ if against == Against::PastWeeks => format!("{so_far} (past weeks); {hidden}"),
        _ => format!("{so_far}; {hidden}"),
    }
}
