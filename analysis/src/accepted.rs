//! An accepted plan as it is told: item by item, and how far it drifted.

use std::collections::{BTreeMap, BTreeSet};

use lake::{BacklogItem, PlanChange};

use crate::days::instant_text;
use crate::facts::accepted::{Accepted, Changed, Figures};
use crate::findings::{AcceptedPlan, CutByHand, PlannedItem, ScopeChange};

/// Of items by id, as the backlog knows them.
pub(crate) type Known = BTreeMap<String, BacklogItem>;

/// An accepted plan with its drift.
pub(crate) fn told(plan: &Accepted, known: &Known) -> AcceptedPlan {
    let days = |figures: &Figures| figures.effort;
    let planned: Vec<Option<f64>> = plan.planned.values().map(|(of, _)| days(of)).collect();
    let now: Vec<Option<f64>> = plan.now.values().map(days).collect();
    let sum = |days: &[Option<f64>]| days.iter().flatten().sum::<f64>();
    let is_planned = |item: &&String| plan.planned.contains_key(*item);
    let is_re_estimated = |item: &&String| {
        plan.planned
            .get(*item)
            .is_some_and(|(before, _)| before.effort != plan.now.get(*item).and_then(days))
    };
    AcceptedPlan {
        plan_id: plan.plan.clone(),
        accepted_at: instant_text(plan.at),
        accepted_by: plan.by.clone(),
        closed_at: plan.closed_at.map(instant_text),
        capacity_person_days: plan.capacity,
        items_planned: planned.len() as u64,
        items_now: now.len() as u64,
        added: plan.now.keys().filter(|item| !is_planned(item)).count() as u64,
        removed: plan
            .planned
            .keys()
            .filter(|item| !plan.now.contains_key(*item))
            .count() as u64,
        re_estimated: plan
            .now
            .keys()
            .filter(is_planned)
            .filter(is_re_estimated)
            .count() as u64,
        person_days_planned: sum(&planned),
        person_days_now: sum(&now),
        without_estimate: now.iter().filter(|days| days.is_none()).count() as u64,
        over_capacity_person_days: plan.capacity.map(|capacity| sum(&now) - capacity),
        items: items(plan, known),
        changes: plan.changes.iter().map(change).collect(),
        cut_by_hand: plan
            .cut_by_hand
            .iter()
            .map(|(item, reason)| CutByHand {
                item_id: item.clone(),
                reason: reason.clone(),
            })
            .collect(),
    }
}

fn items(plan: &Accepted, known: &Known) -> Vec<PlannedItem> {
    let added = plan
        .changes
        .iter()
        .filter(|one| one.change == PlanChange::Added)
        .map(|one| &one.item);
    let all: BTreeSet<&String> = plan.planned.keys().chain(added).collect();
    all.into_iter()
        .map(|id| {
            let planned = plan.planned.get(id);
            let now = plan.now.get(id);
            // What it was to bring; one that was added and taken out again kept its days alone.
            let figures = planned.map(|(figures, _)| figures).or(now);
            let added = plan.changes.iter().find(|one| {
                one.item == *id && one.change == PlanChange::Added && planned.is_none()
            });
            PlannedItem {
                item_id: id.clone(),
                title: known.get(id).map(|item| item.title.clone()),
                standing: match (planned, now) {
                    (Some(_), Some(_)) => "kept",
                    (None, Some(_)) => "added",
                    (_, None) => "removed",
                }
                .to_owned(),
                person_days_planned: match added {
                    Some(added) => added.after,
                    None => figures.and_then(|figures| figures.effort),
                },
                person_days_now: now.and_then(|figures| figures.effort),
                value: figures.and_then(|figures| figures.value),
                reach_users: figures.and_then(|figures| figures.reach),
                reason: planned
                    .and_then(|(_, reason)| reason.clone())
                    .or_else(|| added.and_then(|added| added.reason.clone())),
            }
        })
        .collect()
}

fn change(one: &Changed) -> ScopeChange {
    ScopeChange {
        at: instant_text(one.at),
        by: one.by.clone(),
        change: one.change.as_str().to_owned(),
        item_id: one.item.clone(),
        before_person_days: one.before,
        after_person_days: one.after,
        effect_person_days: one.effect(),
        reason: one.reason.clone(),
        source: if one.is_by_record {
            "record"
        } else {
            "decision"
        }
        .to_owned(),
    }
}
