//! The control of a release that came to everybody at once: the same hours of the weeks before it.

use super::hours::{Counts, Hour, Hours};
use super::people::Harm;
use crate::watch::{Arm, Cell};

const WEEK_HOURS: Hour = 7 * 24;
/// Past weeks that are put together.
const WEEKS: Hour = 8;

/// What hours say of one harm: users at risk, and those to whom it happened first that day.
pub(crate) fn arm(counts: Counts, harm: Harm) -> Arm {
    match harm {
        Harm::Crash => Arm {
            exposure: counts.users_at_risk,
            events: counts.crashed_users,
        },
        Harm::Error => Arm {
            exposure: counts.users,
            events: counts.errored_users,
        },
    }
}

/// Each whole week before a release, all releases together: by these their drift is judged.
pub(crate) fn weeks(hours: &Hours, start: Hour, harm: Harm) -> Vec<Arm> {
    let week = |back: Hour| {
        let from = start.saturating_sub(back * WEEK_HOURS);
        arm(hours.of_all(from, from.saturating_add(WEEK_HOURS)), harm)
    };
    let weeks = (1..=WEEKS).map(week);
    weeks.filter(|week| week.exposure > 0).collect()
}

/// An hour of the release beside the same hour of the weeks before it came, summed.
pub(crate) fn cell(hours: &Hours, (release, start): (&str, Hour), hour: Hour, harm: Harm) -> Cell {
    let of = |counts| arm(counts, harm);
    // As many weeks back as it takes to be before the release.
    let since = hour.saturating_sub(start).div_euclid(WEEK_HOURS);
    let back = (since + 1)..=(since + WEEKS);
    let base = back.map(|weeks| {
        let past = hour.saturating_sub(weeks * WEEK_HOURS);
        of(hours.of_all(past, past.saturating_add(1)))
    });
    Cell {
        new: of(hours.of(release, hour, hour.saturating_add(1))),
        base: base.fold(Arm::default(), Arm::plus),
    }
}
