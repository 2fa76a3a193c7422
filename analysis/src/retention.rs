//! How often users come, and whether they come back.

use crate::days::day_text;
use crate::facts::Facts;
use crate::facts::cohorts::{After, Cohort, Returned};
use crate::facts::spans::RETENTION_DAYS;
use crate::findings::{self, ActiveDays, CohortBy, Retention};
use crate::metric;
use crate::scan::UNKNOWN;
use crate::stats::proportion;

/// How many users were active on one day of the window, on two, and so on; nothing without users.
pub(crate) fn active_days(facts: &Facts) -> Vec<ActiveDays> {
    let usage = &facts.usage;
    let counts = usage.active_days.iter().zip(&usage.active_days_before);
    if counts.clone().all(|(now, before)| now + before == 0) {
        return Vec::new();
    }
    let rows = (1..).zip(counts).map(|(days, (now, before))| ActiveDays {
        days,
        users: *now,
        users_before: *before,
    });
    rows.collect()
}

/// Who came back.
pub(crate) fn retention(facts: &Facts) -> Retention {
    let cohorts = &facts.cohorts;
    let names = &facts.activity.users.names;
    let mut found = Vec::new();
    if cohorts.all.users > 0 {
        found.push(cohort(CohortBy::All, "all", &cohorts.all));
    }
    let weeks = cohorts.by_week.iter();
    found.extend(weeks.map(|(week, of_week)| cohort(CohortBy::Week, &day_text(*week), of_week)));
    let releases = facts.order.iter().rev().map(String::as_str);
    let named = releases.filter(|release| *release != UNKNOWN);
    for release in named.chain([UNKNOWN]) {
        let number = names.find(release);
        if let Some(of_release) = number.and_then(|number| cohorts.by_release.get(&number)) {
            found.push(cohort(CohortBy::Release, release, of_release));
        }
    }
    let days = RETENTION_DAYS.map(i32::unsigned_abs);
    Retention {
        days: days.to_vec(),
        cohorts: found,
    }
}

/// Which of the three ways to come back is read.
type Read = fn(&After) -> Returned;

fn cohort(by: CohortBy, name: &str, counted: &Cohort) -> findings::Cohort {
    let mut returned = Vec::new();
    let metrics: [(&str, Read); 3] = [
        (metric::RETENTION_ON_DAY.id, |after| after.on),
        (metric::RETENTION_FROM_DAY.id, |after| after.from),
        (metric::RETENTION_ROLLING.id, |after| after.rolling),
    ];
    for (metric, read) in metrics {
        for (day, after) in RETENTION_DAYS.into_iter().zip(&counted.after) {
            let Returned { eligible, back } = read(after);
            if eligible > 0 {
                returned.push(findings::Returned {
                    metric: metric.to_owned(),
                    day: day.unsigned_abs(),
                    users: back,
                    share: proportion::estimate(back, eligible),
                });
            }
        }
    }
    findings::Cohort {
        by,
        cohort: name.to_owned(),
        users: counted.users,
        returned,
    }
}
