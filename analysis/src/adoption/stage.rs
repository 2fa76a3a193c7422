//! Where a release stands: the rule is written at [`AdoptionStage`].

use super::DAY_USERS_MIN;
use crate::findings::{AdoptionPoint, AdoptionStage};
use crate::stats::proportion;

/// Sentry's share: sentry/release_health/tasks.py.
const ADOPTED: f64 = 0.10;

/// Below this it is replaced: lower, so that a release about a tenth does not flap from day to day.
const REPLACED: f64 = 0.08;

/// Days in which a release is new, and over which shares are compared.
const WEEK: u32 = 7;

/// Fills in the stage on each day.
pub(super) fn add(points: &mut [AdoptionPoint]) {
    for known in 1..=points.len() {
        let (so_far, _) = points.split_at(known);
        let stage = of(so_far);
        if let Some(last) = points.get_mut(known - 1) {
            last.stage = stage;
        }
    }
}

/// The stage on the last of the points (oldest first); days with very few users say nothing.
pub(super) fn of(points: &[AdoptionPoint]) -> Option<AdoptionStage> {
    let told: Vec<&AdoptionPoint> = points
        .iter()
        .filter(|point| point.total >= DAY_USERS_MIN)
        .collect();
    let last = told.last()?;
    let (mut adopted, mut ever) = (false, false);
    for point in &told {
        adopted = point.share >= ADOPTED || (adopted && point.share >= REPLACED);
        ever |= adopted;
    }
    Some(if adopted {
        AdoptionStage::Adopted
    } else if ever {
        AdoptionStage::Replaced
    } else if last.days_since_first_seen < WEEK || rises(&told, last.days_since_first_seen) {
        AdoptionStage::Rising
    } else {
        AdoptionStage::Low
    })
}

/// Whether the last seven days' share lies above that of the seven before, beyond chance.
fn rises(told: &[&AdoptionPoint], last: u32) -> bool {
    let sum = |from: u32| {
        told.iter()
            .filter(|point| {
                let ago = last.saturating_sub(point.days_since_first_seen);
                (from..from + WEEK).contains(&ago)
            })
            .fold((0, 0), |sum, point| {
                (sum.0 + point.on_release, sum.1 + point.total)
            })
    };
    let ((now, now_all), (before, before_all)) = (sum(0), sum(WEEK));
    proportion::difference(now, now_all, before, before_all)
        .and_then(|change| change.low)
        .is_some_and(|low| low > 0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(percents: &[u64], expected: Option<AdoptionStage>) {
        let points: Vec<AdoptionPoint> = (0..)
            .zip(percents)
            .map(|(day, percent)| {
                AdoptionPoint::of_users(format!("day {day}"), day, (*percent * 10, 1_000))
            })
            .collect();
        assert_eq!(of(&points), expected, "{percents:?}");
    }

    #[test]
    fn stages_follow_the_rule() {
        use AdoptionStage::{Adopted, Low, Replaced, Rising};
        check(&[], None);
        check(&[1, 2, 3], Some(Rising));
        check(&[1, 2, 5, 10], Some(Adopted));
        check(&[1, 30, 60, 20, 9], Some(Adopted));
        check(&[1, 30, 60, 20, 9, 7], Some(Replaced));
        check(&[1, 30, 60, 20, 7, 9], Some(Replaced));
        check(&[30, 7, 9, 10, 9], Some(Adopted));
        check(&[2; 14], Some(Low));
        check(&[2, 2, 2, 2, 2, 2, 2, 4, 4, 4, 4, 4, 4, 4], Some(Rising));
        check(&[4, 4, 4, 4, 4, 4, 4, 2, 2, 2, 2, 2, 2, 2], Some(Low));
    }
}
