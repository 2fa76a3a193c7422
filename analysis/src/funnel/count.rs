//! Users together: how many reached each step, and how long they took.

use crate::findings::{Estimate, FunnelResult, FunnelSegment, FunnelStep};
use crate::rollup::NONE;
use crate::stats::{proportion, quantile};

use super::asked::Funnel;
use super::events::Events;
use super::walk::{Walker, Window};

const MICROS_PER_SECOND: f64 = 1e6;

/// What became of those who count.
#[derive(Debug, Default)]
struct Counted {
    /// By step those who reached it.
    reached: Vec<u64>,
    /// By step the seconds from the step before, of those who reached it.
    seconds: Vec<Vec<f64>>,
    /// From the first step to the last, of those who are through.
    seconds_through: Vec<f64>,
    entered: u64,
    left_out: u64,
}

/// Counts the users of a funnel.
pub(super) fn count(
    events: &Events,
    funnel: &Funnel,
    segment: &FunnelSegment,
    window: Window,
) -> FunnelResult {
    let counted = counted(events, funnel, window);
    let reached = |step: usize| counted.reached.get(step).copied().unwrap_or(0);
    let first = reached(0);
    let last = funnel.steps().count().saturating_sub(1);
    let steps = funnel.steps().enumerate().map(|(step, event)| {
        let users = reached(step);
        let (of_previous, seconds) = match step.checked_sub(1) {
            Some(before) => (
                proportion::estimate(users, reached(before)),
                median(counted.seconds.get(step).cloned().unwrap_or_default()),
            ),
            None => (Estimate::default(), Estimate::default()),
        };
        FunnelStep {
            place: u32::try_from(step + 1).unwrap_or(u32::MAX),
            event: event.to_owned(),
            users,
            of_first: proportion::estimate(users, first),
            of_previous,
            seconds,
        }
    });
    FunnelResult {
        name: funnel.name().map(str::to_owned),
        within_seconds: funnel.within().as_secs_f64(),
        segment: segment.clone(),
        entered: counted.entered,
        left_out: counted.left_out,
        conversion: proportion::estimate(reached(last), first),
        seconds: median(counted.seconds_through.clone()),
        steps: steps.collect(),
    }
}

fn counted(events: &Events, funnel: &Funnel, window: Window) -> Counted {
    let number = |step: &str| events.names.find(step).unwrap_or(NONE);
    let steps: Vec<u32> = funnel.steps().map(number).collect();
    let mut counted = Counted {
        reached: vec![0; steps.len()],
        seconds: vec![Vec::new(); steps.len()],
        ..Counted::default()
    };
    let mut walker = Walker::new(&steps, funnel.within_micros(), window);
    for of_user in events.rows.chunk_by(|a, b| a.user == b.user) {
        let Some(walk) = walker.walk(of_user) else {
            continue;
        };
        counted.entered += 1;
        if walk.is_open {
            counted.left_out += 1;
            continue;
        }
        for reached in counted.reached.iter_mut().take(walk.at.len()) {
            *reached += 1;
        }
        let seconds = |from: i64, to: i64| (to - from) as f64 / MICROS_PER_SECOND;
        for (step, pair) in (1..).zip(walk.at.windows(2)) {
            if let ([from, to], Some(all)) = (pair, counted.seconds.get_mut(step)) {
                all.push(seconds(*from, *to));
            }
        }
        if walk.at.len() == steps.len()
            && let (Some(first), Some(last)) = (walk.at.first(), walk.at.last())
        {
            counted.seconds_through.push(seconds(*first, *last));
        }
    }
    counted
}

fn median(mut seconds: Vec<f64>) -> Estimate {
    seconds.sort_by(f64::total_cmp);
    quantile::median(&seconds)
}
