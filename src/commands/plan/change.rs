//! `shipwake plan change`: an accepted plan is changed, by name and with a reason.

use std::collections::BTreeMap;

use analysis::PlanRequest;
use analysis::findings::{AcceptedPlan, ReleaseShown, ScoredItem};
use anyhow::{Context as _, bail, ensure};
use serde_json::json;

use crate::cli::PlanChange;
use crate::commands::draft::{Decision, Draft};
use crate::commands::report;
use crate::question::Asked;

/// The entries that change the plan.
pub(super) fn draft(args: &PlanChange) -> anyhow::Result<Draft> {
    let asked = report::asked_for(&args.evidence)?;
    let (_, plan) = accepted(&asked, &args.release)?;
    let question = &args.evidence.question;
    let decision = Decision::new(
        &args.release,
        &question.environment,
        &args.decided,
        &question.zone,
    )?;
    is_open(&plan, &decision)?;
    let now: BTreeMap<&str, Option<f64>> = plan
        .items
        .iter()
        .filter(|item| item.standing != "removed")
        .map(|item| (item.item_id.as_str(), item.person_days_now))
        .collect();
    let in_plan = |option: &str, item: &str| {
        let days = now.get(item).copied();
        days.with_context(|| {
            format!(
                "{option} {item}: the plan of {} does not hold it, but {}",
                args.release,
                now.keys().copied().collect::<Vec<_>>().join(", ")
            )
        })
    };
    let reason = |own: &Option<String>| json!(own.as_ref().or(args.reason.as_ref()));
    let (mut plans, mut effects) = (Vec::new(), Vec::new());
    for (scored, own) in added(args, &asked, &now)? {
        effects.push(scored.effort_person_days);
        let more = [
            ("effort_person_days", json!(scored.effort_person_days)),
            ("value", json!(scored.value)),
            ("reach_users", json!(scored.reach_users)),
            ("note", reason(&own)),
        ];
        plans.push(decision.entry("added", &scored.item_id, &more));
    }
    for named in &args.remove {
        let days = in_plan("--remove", &named.item)?;
        effects.push(days.map(|days| -days));
        let more = [
            ("effort_person_days", json!(days)),
            ("note", reason(&named.reason)),
        ];
        plans.push(decision.entry("removed", &named.item, &more));
    }
    for (item, days) in &args.estimate {
        let before = in_plan("--estimate", item)?;
        effects.push(before.map(|before| days - before));
        let more = [
            ("effort_person_days", json!(days)),
            ("note", json!(args.reason)),
        ];
        plans.push(decision.entry("re_estimated", item, &more));
    }
    let told = told(args, &plan, &effects);
    Ok(Draft {
        app: asked.settings.app,
        plans,
        marks: Vec::new(),
        told: vec![told],
    })
}

/// Whether what is decided now is of this plan: not of one whose release is out.
fn is_open(plan: &AcceptedPlan, decision: &Decision<'_>) -> anyhow::Result<()> {
    let closed_at = plan.closed_at.as_deref();
    match closed_at.filter(|out| plan.accepted_at.as_str() < *out) {
        Some(out) if decision.at.as_str() > out => bail!(
            "{} is out since {out}, and its plan is closed: what is decided now is of the next release",
            decision.version
        ),
        _ => Ok(()),
    }
}

/// What the plan holds once it is changed.
fn told(args: &PlanChange, plan: &AcceptedPlan, effects: &[Option<f64>]) -> String {
    let effect: f64 = effects.iter().flatten().sum();
    let unknown = effects.iter().filter(|days| days.is_none()).count();
    let days = plan.person_days_now + effect;
    let capacity = plan.capacity_person_days.map_or_else(String::new, |held| {
        let over = days - held;
        let over = if over > 1e-9 {
            format!(", {} over", reports::person_days(over))
        } else {
            String::new()
        };
        format!(" of {}{over}", reports::person_days(held))
    });
    let unknown = match unknown {
        0 => String::new(),
        unknown => format!("; {} without an estimate", super::accept::items(unknown)),
    };
    format!(
        "{}: changed by {}, {} person-days{capacity} ({}{}){unknown}",
        args.release,
        args.decided.by,
        reports::person_days(days),
        if effect < 0.0 { "" } else { "+" },
        reports::person_days(effect)
    )
}

/// A release and its accepted plan.
pub(super) fn accepted(
    asked: &Asked,
    release: &str,
) -> anyhow::Result<(ReleaseShown, AcceptedPlan)> {
    let (snapshot, settings) = (&asked.snapshot, &asked.settings);
    let shown = analysis::release_shown(snapshot, settings, release, asked.as_of)?;
    let accepted = shown.and_then(|shown| {
        let plan = shown.plan.clone()?;
        Some((shown, plan))
    });
    accepted.with_context(|| {
        format!(
            "no plan is accepted for {release}: shipwake plan accept --release {release}=DAYS --by NAME"
        )
    })
}

/// The open items that come in, each with its own reason.
fn added(
    args: &PlanChange,
    asked: &Asked,
    now: &BTreeMap<&str, Option<f64>>,
) -> anyhow::Result<Vec<(ScoredItem, Option<String>)>> {
    if args.add.is_empty() {
        return Ok(Vec::new());
    }
    let (_, period) = report::evidence(&args.evidence, asked)?;
    let (snapshot, settings) = (&asked.snapshot, &asked.settings);
    let request = PlanRequest::default();
    let mut open = analysis::planning(snapshot, settings, &period, &request, asked.as_of)?.items;
    let mut added = Vec::with_capacity(args.add.len());
    for named in &args.add {
        let item = &named.item;
        ensure!(
            !now.contains_key(item.as_str()),
            "--add {item}: the plan of {} holds it already",
            args.release
        );
        let place = open.iter().position(|one| one.item_id == *item);
        let place = place.with_context(|| {
            format!("--add {item}: there is no open item of that id in the backlog")
        })?;
        added.push((open.swap_remove(place), named.reason.clone()));
    }
    Ok(added)
}
