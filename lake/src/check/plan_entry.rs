//! Checks entries of plans.

use super::fields::{
    Checked, EventLimits, instant, number_in, refuse, required, short_owned, text_owned, word,
};
use super::planning::{EFFORT_MAX, REACH_MAX, not_ahead};
use super::raw::Field;
use super::{Arrival, RawObject};
use crate::event::content_hash;
use crate::plan_entry::{PlanChange, PlanEntry};
use crate::refusal::RefusalReason;

/// A plan's value may be so large: all users, at the highest impact.
const VALUE_MAX: f64 = 1e13;
/// Most person-days that a release holds.
const CAPACITY_MAX: f64 = 1e9;

/// Checks an entry of a plan.
///
/// # Errors
/// The first thing that is wrong with it.
pub fn check_plan_entry_within(
    raw: &RawObject,
    arrival: &Arrival,
    limits: &EventLimits,
) -> Checked<PlanEntry> {
    let version = required(short_owned(limits, raw, "version")?, "version")?;
    let environment =
        short_owned(limits, raw, "environment")?.unwrap_or_else(|| "production".to_owned());
    let item_id = required(short_owned(limits, raw, "item_id")?, "item_id")?;
    let allowed = "accepted, added, removed, re_estimated";
    let change = word::<PlanChange>(&Field::of_object(raw, "change"), "change", allowed)?;
    let Some(change) = change else {
        let message = format!("change is required: one of {allowed}");
        return refuse("change", RefusalReason::MissingField, message);
    };
    let said_at = instant(&Field::of_object(raw, "at"), "at")?;
    let changed_at = said_at.unwrap_or(arrival.received_at);
    not_ahead(
        changed_at,
        arrival,
        "an entry says what was decided about a plan",
    )?;
    let plan_id = short_owned(limits, raw, "plan_id")?;
    let effort = number_in(raw, "effort_person_days", 0.0, EFFORT_MAX)?;
    let value = number_in(raw, "value", 0.0, VALUE_MAX)?;
    let reach_users = number_in(raw, "reach_users", 0.0, REACH_MAX)?;
    let capacity = number_in(raw, "capacity_person_days", 0.0, CAPACITY_MAX)?;
    hangs_together(change, plan_id.as_deref(), effort, capacity)?;
    let given = short_owned(limits, raw, "event_id")?;
    let of = (&version, &environment, &item_id, change, &plan_id);
    let figures = [effort, value, reach_users, capacity].map(|figure| figure.map(f64::to_bits));
    // What was not said is not a part of it: a retry arrives later.
    let content_hash = content_hash(&(of, figures, said_at));
    let event_id = given.unwrap_or_else(|| {
        let whole = crate::event::content_hash(&(of, figures, changed_at));
        format!("plan-{whole}")
    });
    Ok(PlanEntry {
        event_id,
        environment,
        change,
        plan_id,
        changed_at,
        effort_person_days: effort,
        value,
        reach_users,
        capacity_person_days: capacity,
        note: text_owned(limits, raw, "note")?,
        decided_by: short_owned(limits, raw, "decided_by")?,
        author: short_owned(limits, raw, "author")?,
        content_hash,
        version,
        item_id,
    })
}

/// What goes with an acceptance, and what a new estimate cannot do without.
fn hangs_together(
    change: PlanChange,
    plan_id: Option<&str>,
    effort: Option<f64>,
    capacity: Option<f64>,
) -> Checked<()> {
    match change {
        PlanChange::Accepted if plan_id.is_none() => {
            let message =
                "plan_id is required of what is accepted: one name for all items of the plan";
            refuse("plan_id", RefusalReason::MissingField, message)
        }
        PlanChange::Added | PlanChange::Removed | PlanChange::ReEstimated if plan_id.is_some() => {
            let message = "plan_id goes with accepted alone: a change is of the plan accepted last";
            refuse("plan_id", RefusalReason::OutOfRange, message)
        }
        PlanChange::Added | PlanChange::Removed | PlanChange::ReEstimated if capacity.is_some() => {
            let message = "capacity_person_days goes with accepted alone: accept the plan anew";
            refuse("capacity_person_days", RefusalReason::OutOfRange, message)
        }
        PlanChange::ReEstimated if effort.is_none() => {
            let message = "effort_person_days is required of re_estimated: the new estimate";
            refuse("effort_person_days", RefusalReason::MissingField, message)
        }
        _ => Ok(()),
    }
}
