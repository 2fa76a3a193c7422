//! When users were fine again after a deployment that failed.

use std::collections::BTreeMap;

use lake::{MarkKind, Micros, Table, columns};
use polars::prelude::{DataType, col, lit};

use super::deployments::Deployment;
use crate::days::floor_quotient;
use crate::error::Result;
use crate::facts::Question;
use crate::facts::records::Mark;
use crate::scan::{collect, count, of_app};

const MICROS_PER_HOUR: i64 = 3_600_000_000;

/// Share of the sessions on the two releases that the repairing one must have.
const SHARE: f64 = 0.9;
/// Hours that are looked back over: a day, so that the hour of the day does not decide.
const HOURS: i64 = 24;
/// Least sessions in them.
const SESSIONS_MIN: u64 = 20;

/// When, and what says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Recovery {
    pub(crate) at: Micros,
    /// A mark; else the sessions.
    pub(crate) is_marked: bool,
}

/// The first mark that says that users of `failed` are fine again.
pub(crate) fn by_mark(
    failed: &Deployment,
    marks: &BTreeMap<String, Vec<Mark>>,
) -> Option<Recovery> {
    let speaks_of = |version: &str, mark: &Mark| match &mark.of {
        Some(of) => *of == failed.release,
        None => version == failed.release,
    };
    let restored = marks.iter().flat_map(|(version, marks)| {
        let of_it = marks.iter().filter(move |mark| speaks_of(version, mark));
        of_it.filter(|mark| mark.kind == MarkKind::Restored && failed.holds(mark.at))
    });
    let at = restored.map(|mark| mark.at).min()?;
    Some(Recovery {
        at,
        is_marked: true,
    })
}

/// What repaired a release: which one, and since when it went out again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Repair {
    pub(crate) release: String,
    pub(crate) from: Micros,
}

/// The hotfix; else the release that was out before a rollback; else the next one.
pub(crate) fn repair(
    failed: &Deployment,
    hotfix: Option<&Deployment>,
    all: &[Deployment],
) -> Option<Repair> {
    let others = || all.iter().filter(|one| one.release != failed.release);
    if let Some(hotfix) = hotfix {
        return Some(Repair {
            release: hotfix.release.clone(),
            from: hotfix.at,
        });
    }
    if let Some(rolled_back_at) = failed.rolled_back_at {
        let before = others().rfind(|one| one.at <= failed.at)?;
        return Some(Repair {
            release: before.release.clone(),
            from: rolled_back_at,
        });
    }
    let next = others().find(|one| one.at > failed.at)?;
    Some(Repair {
        release: next.release.clone(),
        from: next.at,
    })
}

/// The end of the first hour by which the repairing release had [`SHARE`] of the sessions on the two
/// releases.
pub(crate) fn by_sessions(
    question: &Question<'_>,
    failed: &Deployment,
    repair: &Repair,
) -> Result<Option<Recovery>> {
    let broken = sessions_by_hour(question, &failed.release, repair.from)?;
    let repaired = sessions_by_hour(question, &repair.release, repair.from)?;
    let at = first_hour(&broken, &repaired).map(|hour| (hour + 1).saturating_mul(MICROS_PER_HOUR));
    Ok(at
        .filter(|at| *at <= question.known_until())
        .map(|at| Recovery {
            at,
            is_marked: false,
        }))
}

/// The first hour by which the repairing release had its share.
fn first_hour(broken: &BTreeMap<i64, u64>, repaired: &BTreeMap<i64, u64>) -> Option<i64> {
    repaired.keys().copied().find(|hour| {
        let lately = |sessions: &BTreeMap<i64, u64>| -> u64 {
            sessions
                .range(hour - HOURS + 1..=*hour)
                .map(|at| at.1)
                .sum()
        };
        let (good, bad) = (lately(repaired), lately(broken));
        let all = good + bad;
        all >= SESSIONS_MIN && good as f64 >= SHARE * all as f64
    })
}

const HOUR: &str = "hour";
const SESSIONS: &str = "sessions";

/// Sessions of a release by the UTC hour of their first event, from an instant on.
fn sessions_by_hour(
    question: &Question<'_>,
    release: &str,
    from: Micros,
) -> Result<BTreeMap<i64, u64>> {
    let names = [
        columns::APP,
        columns::ENVIRONMENT,
        columns::RELEASE,
        columns::SESSION_ID,
        columns::OCCURRED_AT,
    ];
    let settings = question.settings;
    let query = question
        .tables
        .between(Table::Events, &names, (from, question.known_until()))?
        .filter(of_app(&settings.app, &settings.environment))
        .filter(col(columns::RELEASE).eq(lit(release)))
        .filter(col(columns::SESSION_ID).is_not_null())
        .group_by([col(columns::SESSION_ID)])
        .agg([col(columns::OCCURRED_AT).min().alias(HOUR)])
        .with_column(floor_quotient(col(HOUR), MICROS_PER_HOUR))
        .group_by([col(HOUR)])
        .agg([col(columns::SESSION_ID)
            .count()
            .cast(DataType::Int64)
            .alias(SESSIONS)]);
    let frame = collect(Table::Events, query)?;
    let (hours, sessions) = (frame.integers(HOUR)?, frame.integers(SESSIONS)?);
    let rows = 0..frame.rows();
    Ok(rows
        .filter_map(|row| Some((hours.get(row)?, count(sessions.get(row)))))
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_share_is_of_a_day_and_needs_enough_sessions() {
        let hours = |cells: &[(i64, u64)]| cells.iter().copied().collect::<BTreeMap<_, _>>();
        // 19 sessions are too few; with the 20th there are enough, all on the repaired one.
        let repaired = hours(&[(0, 10), (1, 9), (2, 1)]);
        assert_eq!(first_hour(&hours(&[]), &repaired), Some(2));
        // 18 of 20 are the share, 17 of 20 are not.
        assert_eq!(first_hour(&hours(&[(0, 2)]), &hours(&[(3, 18)])), Some(3));
        assert_eq!(first_hour(&hours(&[(0, 3)]), &hours(&[(3, 17)])), None);
        // What is more than a day old does not count any more.
        assert_eq!(
            first_hour(&hours(&[(0, 50)]), &hours(&[(23, 30), (24, 30)])),
            Some(24)
        );
    }
}
