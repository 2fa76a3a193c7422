//! Checks release records, backlog items and marks of releases.

use serde_json::Value;

use super::fields::{
    Checked, EventLimits, instant, json_text, list, number_in, refuse, required, short_owned,
    text_owned, truth, word, wrong_type,
};
use super::raw::Field;
use super::{Arrival, RawObject};
use crate::clock::{Micros, parse_instant};
use crate::event::content_hash;
use crate::planning::{BacklogItem, Factors, Goal, MarkKind, ReleaseMark, ReleaseRecord, Rollout};
use crate::refusal::{Refusal, RefusalReason};

/// Checks a release record.
///
/// # Errors
/// The first thing that is wrong with it.
pub fn check_release(raw: &RawObject) -> Checked<ReleaseRecord> {
    check_release_within(raw, &EventLimits::default())
}

/// As [`check_release`], within other limits.
///
/// # Errors
/// The first thing that is wrong with it.
pub fn check_release_within(raw: &RawObject, limits: &EventLimits) -> Checked<ReleaseRecord> {
    Ok(ReleaseRecord {
        version: required(short_owned(limits, raw, "version")?, "version")?,
        channel: short_owned(limits, raw, "channel")?,
        environment: short_owned(limits, raw, "environment")?
            .unwrap_or_else(|| "production".to_owned()),
        build: short_owned(limits, raw, "build")?,
        planned_at: instant(&Field::of_object(raw, "planned_at"), "planned_at")?,
        released_at: instant(&Field::of_object(raw, "released_at"), "released_at")?,
        rollout: word::<Rollout>(
            &Field::of_object(raw, "rollout"),
            "rollout",
            "big_bang, push, pull, phased",
        )?,
        stages: json_text(limits, raw, "stages")?,
        scope: list(limits, raw, "scope")?,
        goals: goals(limits, raw)?,
        owner: short_owned(limits, raw, "owner")?,
        notes: text_owned(limits, raw, "notes")?,
        checklist: json_text(limits, raw, "checklist")?,
        commits: commits(limits, raw)?,
        author: short_owned(limits, raw, "author")?,
    })
}

fn goals(limits: &EventLimits, raw: &RawObject) -> Checked<Vec<Goal>> {
    let most = limits.list_entries_max;
    let Some(value) = raw.get("goals").filter(|value| !value.is_null()) else {
        return Ok(Vec::new());
    };
    match serde_json::from_value::<Vec<Goal>>(value.clone()) {
        Ok(goals) if goals.len() <= most && goals.iter().all(|g| g.target.is_finite()) => Ok(goals),
        Ok(_) => {
            let message = format!("goals must be finite and at most {most}");
            refuse("goals", RefusalReason::OutOfRange, message)
        }
        Err(error) => {
            let message =
                format!("goals must be a list of {{metric, target, baseline?, item?}}: {error}");
            refuse("goals", RefusalReason::WrongType, message)
        }
    }
}

fn commits(limits: &EventLimits, raw: &RawObject) -> Checked<Vec<Micros>> {
    let mut instants = Vec::new();
    for text in list(limits, raw, "commits")? {
        match parse_instant(&text) {
            Ok(instant) => instants.push(instant),
            Err(message) => {
                let message = format!("commits hold what is {message}");
                return refuse("commits", RefusalReason::BadInstant, message);
            }
        }
    }
    instants.sort_unstable();
    Ok(instants)
}

/// Most person-days of one item.
pub(super) const EFFORT_MAX: f64 = 100_000.0;
/// Most users that one item reaches.
pub(super) const REACH_MAX: f64 = 1e12;
/// What was done or decided may lie so far ahead, for clocks that differ.
const AHEAD_MAX: Micros = 86_400_000_000;

/// Refuses an instant that cannot be one of what was done.
pub(super) fn not_ahead(at: Micros, arrival: &Arrival, why: &str) -> Checked<()> {
    if (0..=arrival.received_at.saturating_add(AHEAD_MAX)).contains(&at) {
        return Ok(());
    }
    let message = format!("at must lie between 1970 and a day from now: {why}");
    refuse("at", RefusalReason::OutOfRange, message)
}

/// Checks a mark of a release.
///
/// # Errors
/// The first thing that is wrong with it.
pub fn check_mark_within(
    raw: &RawObject,
    arrival: &Arrival,
    limits: &EventLimits,
) -> Checked<ReleaseMark> {
    let version = required(short_owned(limits, raw, "version")?, "version")?;
    let environment =
        short_owned(limits, raw, "environment")?.unwrap_or_else(|| "production".to_owned());
    let allowed = "deployed, hotfix, rolled_back, restored, signed, unsigned, go, no_go";
    let mark = word::<MarkKind>(&Field::of_object(raw, "mark"), "mark", allowed)?;
    let Some(mark) = mark else {
        let message = format!("mark is required: one of {allowed}");
        return refuse("mark", RefusalReason::MissingField, message);
    };
    let of_version = of_version(limits, raw, mark, &version)?;
    let said_at = instant(&Field::of_object(raw, "at"), "at")?;
    let marked_at = said_at.unwrap_or(arrival.received_at);
    let why = "a mark says what was done; what is to be done is the planned_at of the release";
    not_ahead(marked_at, arrival, why)?;
    let given = short_owned(limits, raw, "event_id")?;
    let (item, checks) = checklist(limits, raw, mark)?;
    // What was not said is not a part of it: a retry arrives later.
    let hash = |at: Option<Micros>| {
        let said = (&version, &environment, mark, at, &of_version);
        match (&item, &checks) {
            // As before there was a checklist.
            (None, None) => content_hash(&said),
            more => content_hash(&(said, more)),
        }
    };
    let event_id = given.unwrap_or_else(|| format!("mark-{}", hash(Some(marked_at))));
    let content_hash = hash(said_at);
    Ok(ReleaseMark {
        event_id,
        environment,
        mark,
        marked_at,
        of_version,
        note: text_owned(limits, raw, "note")?,
        author: short_owned(limits, raw, "author")?,
        content_hash,
        item,
        checks,
        version,
    })
}

/// What a mark says of a checklist: the item that was signed, and how all stood at the decision.
fn checklist(
    limits: &EventLimits,
    raw: &RawObject,
    mark: MarkKind,
) -> Checked<(Option<String>, Option<String>)> {
    let item = short_owned(limits, raw, "item")?;
    let checks = json_text(limits, raw, "checks")?;
    let is_signature = matches!(mark, MarkKind::Signed | MarkKind::Unsigned);
    if is_signature && item.is_none() {
        let message = "item is required: which item of the checklist";
        return refuse("item", RefusalReason::MissingField, message);
    }
    if !is_signature && item.is_some() {
        let message = "item goes with signed and unsigned alone: leave it out";
        return refuse("item", RefusalReason::OutOfRange, message);
    }
    if checks.is_some() && !matches!(mark, MarkKind::Go | MarkKind::NoGo) {
        let message = "checks go with go and no_go alone: leave them out";
        return refuse("checks", RefusalReason::OutOfRange, message);
    }
    Ok((item, checks))
}

/// The release that a mark links to: a hotfix must, what restores may, no other can.
fn of_version(
    limits: &EventLimits,
    raw: &RawObject,
    mark: MarkKind,
    version: &str,
) -> Checked<Option<String>> {
    let of = short_owned(limits, raw, "of")?;
    match (mark, &of) {
        (MarkKind::Hotfix, None) => {
            let message = "of is required of a hotfix: the version that it repairs";
            refuse("of", RefusalReason::MissingField, message)
        }
        (MarkKind::Hotfix, Some(of)) if of == version => {
            let message = "of must name another version than the hotfix itself";
            refuse("of", RefusalReason::OutOfRange, message)
        }
        (MarkKind::Hotfix | MarkKind::Restored, _) | (_, None) => Ok(of),
        _ => {
            let message = "of goes with hotfix and restored alone: leave it out";
            refuse("of", RefusalReason::OutOfRange, message)
        }
    }
}

/// Checks a backlog item.
///
/// # Errors
/// The first thing that is wrong with it.
pub fn check_backlog(raw: &RawObject) -> Checked<BacklogItem> {
    check_backlog_within(raw, &EventLimits::default())
}

/// As [`check_backlog`], within other limits.
///
/// # Errors
/// The first thing that is wrong with it.
pub fn check_backlog_within(raw: &RawObject, limits: &EventLimits) -> Checked<BacklogItem> {
    Ok(BacklogItem {
        item_id: required(short_owned(limits, raw, "item_id")?, "item_id")?,
        title: required(text_owned(limits, raw, "title")?, "title")?,
        kind: short_owned(limits, raw, "kind")?,
        status: short_owned(limits, raw, "status")?,
        effort_person_days: number_in(raw, "effort_person_days", 0.0, EFFORT_MAX)?,
        team: short_owned(limits, raw, "team")?,
        owner: short_owned(limits, raw, "owner")?,
        depends_on: list(limits, raw, "depends_on")?,
        factors: factors(raw)?,
        reach_users: number_in(raw, "reach_users", 0.0, REACH_MAX)?,
        impact: number_in(raw, "impact", 0.0, 10.0)?,
        confidence: number_in(raw, "confidence", 0.0, 1.0)?,
        keywords: list(limits, raw, "keywords")?,
        feature_events: list(limits, raw, "feature_events")?,
        target: short_owned(limits, raw, "target")?,
        mandatory: truth(&Field::of_object(raw, "mandatory"), "mandatory")?.unwrap_or(false),
        author: short_owned(limits, raw, "author")?,
        spent_person_days: number_in(raw, "spent_person_days", 0.0, EFFORT_MAX)?,
    })
}

fn factors(raw: &RawObject) -> Checked<Factors> {
    let map = match raw.get("factors") {
        None | Some(Value::Null) => return Ok(Factors::default()),
        Some(Value::Object(map)) => map,
        Some(other) => return wrong_type("factors", "an object", &Field::of(other)),
    };
    let factor = |name: &str| {
        number_in(map, name, 0.0, 10.0).map_err(|refusal| Refusal {
            field: format!("factors.{name}"),
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
