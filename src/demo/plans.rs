//! The team's records: releases with what they promised, marks of them, and the backlog.

use serde_json::{Value, json};

use super::calendar::{Calendar, DAY_SECONDS, second_of};
use super::truth::{Earlier, Mark, Release, Truth};

const HOUR_SECONDS: i64 = 3_600;

/// The release records, oldest first.
///
/// # Errors
/// When an instant lies beyond the calendar.
pub(crate) fn releases(truth: &Truth, calendar: &Calendar) -> anyhow::Result<Vec<Value>> {
    let before = truth.earlier.iter().map(|one| earlier(one, calendar));
    let releases = truth.releases.iter().map(|one| record(one, calendar));
    before.chain(releases).collect()
}

/// A release of which nothing but its record and its marks is there.
fn earlier(release: &Earlier, calendar: &Calendar) -> anyhow::Result<Value> {
    let mut record = json!({"version": release.version, "channel": "stable"});
    if let Some(day) = release.planned_day {
        record["planned_at"] = json!(calendar.instant(day * DAY_SECONDS)?);
    }
    Ok(record)
}

/// Marks of releases, by release.
///
/// # Errors
/// When an instant lies beyond the calendar.
pub(crate) fn marks(truth: &Truth, calendar: &Calendar) -> anyhow::Result<Vec<Value>> {
    let before = truth.earlier.iter().flat_map(|release| {
        let of_it = move |one| mark(&release.version, one, calendar);
        release.marks.iter().map(of_it)
    });
    let deployed = truth.stable().map(|release| {
        let deployed = Mark {
            mark: "deployed".to_owned(),
            day: i64::from(release.day),
            hour: 0,
            of: None,
            note: None,
        };
        mark(&release.version, &deployed, calendar)
    });
    before.chain(deployed).collect()
}

fn mark(version: &str, mark: &Mark, calendar: &Calendar) -> anyhow::Result<Value> {
    let at = calendar.instant(mark.day * DAY_SECONDS + mark.hour * HOUR_SECONDS)?;
    Ok(json!({
        "version": version, "mark": mark.mark, "at": at, "of": mark.of, "note": mark.note,
    }))
}

/// Releases and their stages go out at midnight, before the day's first session.
fn record(release: &Release, calendar: &Calendar) -> anyhow::Result<Value> {
    let mut record = json!({
        "version": release.version, "channel": release.channel,
        "planned_at": calendar.instant(release.planned_day * DAY_SECONDS)?,
        "rollout": release.rollout, "owner": release.owner, "notes": release.notes,
    });
    if release.is_stable() {
        record["released_at"] = json!(calendar.instant(second_of(release.day, 0))?);
    }
    if !release.commits.is_empty() {
        let out = second_of(release.day, 0);
        let commits = release.commits.iter();
        let commits = commits.map(|hours| calendar.instant(out - hours * HOUR_SECONDS));
        record["commits"] = json!(commits.collect::<anyhow::Result<Vec<_>>>()?);
    }
    if !release.stages.is_empty() {
        let stages = release.stages.iter().map(|stage| {
            let at = calendar.instant(second_of(stage.day, 0))?;
            Ok(json!({"at": at, "share": stage.share}))
        });
        record["stages"] = Value::Array(stages.collect::<anyhow::Result<_>>()?);
    }
    if !release.scope.is_empty() {
        record["scope"] = json!(release.scope);
    }
    if !release.goals.is_empty() {
        let goals = release.goals.iter().map(|goal| {
            json!({
                "metric": goal.metric, "target": goal.target, "baseline": goal.baseline,
                "item": goal.item,
            })
        });
        record["goals"] = Value::Array(goals.collect());
    }
    Ok(record)
}

/// The backlog, as the truth lists it.
///
/// # Errors
/// When an item cannot be written as JSON.
pub(crate) fn backlog(truth: &Truth) -> anyhow::Result<Vec<Value>> {
    truth
        .items
        .iter()
        .map(|item| Ok(serde_json::to_value(item)?))
        .collect()
}
