//! Checks release records and backlog items.

use serde_json::Value;

use super::RawObject;
use super::fields::{
    Checked, LIST_MAX, TEXT_CHARS_MAX, instant, json_text, list, number_in, present, refuse,
    required, short, text, truth, word, wrong_type,
};
use crate::planning::{BacklogItem, Factors, Goal, ReleaseRecord, Rollout};
use crate::refusal::{Refusal, RefusalReason};

/// Checks a release record.
///
/// # Errors
/// The first thing that is wrong with it.
pub fn check_release(raw: &RawObject) -> Checked<ReleaseRecord> {
    Ok(ReleaseRecord {
        version: required(raw, "version")?,
        channel: short(raw, "channel")?,
        environment: short(raw, "environment")?.unwrap_or_else(|| "production".to_owned()),
        build: short(raw, "build")?,
        planned_at: instant(raw, "planned_at")?,
        released_at: instant(raw, "released_at")?,
        rollout: word::<Rollout>(raw, "rollout", "big_bang, push, pull, phased")?,
        stages: json_text(raw, "stages")?,
        scope: list(raw, "scope")?,
        goals: goals(raw)?,
        owner: short(raw, "owner")?,
        notes: text(raw, "notes", TEXT_CHARS_MAX)?,
        checklist: json_text(raw, "checklist")?,
        author: short(raw, "author")?,
    })
}

fn goals(raw: &RawObject) -> Checked<Vec<Goal>> {
    let Some(value) = present(raw, "goals") else {
        return Ok(Vec::new());
    };
    match serde_json::from_value::<Vec<Goal>>(value.clone()) {
        Ok(goals) if goals.len() <= LIST_MAX && goals.iter().all(|g| g.target.is_finite()) => {
            Ok(goals)
        }
        Ok(_) => refuse(
            "goals",
            RefusalReason::OutOfRange,
            "goals must be finite and at most 1000",
        ),
        Err(error) => {
            let message =
                format!("goals must be a list of {{metric, target, baseline?, item?}}: {error}");
            refuse("goals", RefusalReason::WrongType, message)
        }
    }
}

/// Checks a backlog item.
///
/// # Errors
/// The first thing that is wrong with it.
pub fn check_backlog(raw: &RawObject) -> Checked<BacklogItem> {
    Ok(BacklogItem {
        item_id: required(raw, "item_id")?,
        title: text(raw, "title", TEXT_CHARS_MAX)?.map_or_else(|| required(raw, "title"), Ok)?,
        kind: short(raw, "kind")?,
        status: short(raw, "status")?,
        effort_person_days: number_in(raw, "effort_person_days", 0.0, 100_000.0)?,
        team: short(raw, "team")?,
        owner: short(raw, "owner")?,
        depends_on: list(raw, "depends_on")?,
        factors: factors(raw)?,
        reach_users: number_in(raw, "reach_users", 0.0, 1e12)?,
        impact: number_in(raw, "impact", 0.0, 10.0)?,
        confidence: number_in(raw, "confidence", 0.0, 1.0)?,
        keywords: list(raw, "keywords")?,
        feature_events: list(raw, "feature_events")?,
        target: short(raw, "target")?,
        mandatory: truth(raw, "mandatory")?.unwrap_or(false),
        author: short(raw, "author")?,
    })
}

fn factors(raw: &RawObject) -> Checked<Factors> {
    let map = match present(raw, "factors") {
        None => return Ok(Factors::default()),
        Some(Value::Object(map)) => map,
        Some(other) => return wrong_type("factors", "an object", other),
    };
    let factor = |field: &str| {
        number_in(map, field, 0.0, 10.0).map_err(|refusal| Refusal {
            field: format!("factors.{field}"),
            ..refusal
        })
    };
    Ok(Factors {
        bug_fix: factor("bug_fix")?,
        strategic: factor("strategic")?,
        feasibility: factor("feasibility")?,
        dependencies: factor("dependencies")?,
        resources: factor("resources")?,
        cost: factor("cost")?,
        expected_return: factor("expected_return")?,
    })
}
