//! The team's records: releases with what they promised, and the backlog.

use serde_json::{Value, json};

use super::calendar::{Calendar, second_of};
use super::truth::{Release, Truth};

/// The release records, oldest first.
///
/// # Errors
/// When an instant lies beyond the calendar.
pub(crate) fn releases(truth: &Truth, calendar: &Calendar) -> anyhow::Result<Vec<Value>> {
    truth
        .releases
        .iter()
        .map(|release| record(release, calendar))
        .collect()
}

/// Releases and their stages go out at midnight, before the day's first session.
fn record(release: &Release, calendar: &Calendar) -> anyhow::Result<Value> {
    let shipped = calendar.instant(second_of(release.day, 0))?;
    let mut record = json!({
        "version": release.version, "channel": "stable", "planned_at": shipped,
        "released_at": shipped, "rollout": release.rollout, "owner": release.owner,
        "notes": release.notes,
    });
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
