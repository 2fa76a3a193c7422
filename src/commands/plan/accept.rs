//! `shipwake plan accept`: the best plan becomes the scope of a release.

use std::collections::{BTreeMap, BTreeSet};

use analysis::PlanRequest;
use analysis::findings::Decision as InOrOut;
use analysis::plan::ahead::{ByTeam, Release};
use anyhow::{bail, ensure};
use serde_json::json;

use super::couplings;
use crate::cli::PlanAccept;
use crate::commands::draft::{Decision, Draft};
use crate::commands::report;
use crate::question::Asked;

/// An item that is to be accepted.
struct Chosen {
    item_id: String,
    title: String,
    effort: Option<f64>,
    value: f64,
    reach: f64,
}

/// A plan for one release.
struct Planned {
    chosen: Vec<Chosen>,
    capacity: f64,
    warnings: Vec<String>,
}

/// The entries that accept the plan.
pub(super) fn draft(args: &PlanAccept) -> anyhow::Result<Draft> {
    let asked = report::asked_for(&args.evidence)?;
    let by_hand = !args.pins.is_empty() || !args.without.is_empty();
    let by_team = !args.release.capacity.is_empty() && !args.release.capacity.contains_key("");
    let planned = if by_hand || by_team || args.rules.are_given() {
        by_rules(args, &asked)?
    } else {
        by_value(args, &asked)?
    };
    let release = &args.release.name;
    ensure!(
        !planned.chosen.is_empty(),
        "there is nothing to accept: no open item with an estimate fits into {} person-days",
        planned.capacity
    );
    let question = &args.evidence.question;
    let decision = Decision::new(
        release,
        &question.environment,
        &args.decided,
        &question.zone,
    )?;
    let plan_id = format!("{release}@{}", decision.at);
    let reasons: BTreeMap<&str, Option<&str>> = args
        .pins
        .iter()
        .map(|pin| (pin.item.as_str(), pin.reason.as_deref()))
        .collect();
    let accepted = planned.chosen.iter().map(|item| {
        let more = [
            ("plan_id", json!(plan_id)),
            ("effort_person_days", json!(item.effort)),
            ("value", json!(item.value)),
            ("reach_users", json!(item.reach)),
            ("capacity_person_days", json!(planned.capacity)),
            ("note", json!(reasons.get(item.item_id.as_str()))),
        ];
        decision.entry("accepted", &item.item_id, &more)
    });
    let cut = args
        .without
        .iter()
        .map(|cut| decision.entry("removed", &cut.item, &[("note", json!(cut.reason))]));
    Ok(Draft {
        app: asked.settings.app.clone(),
        plans: accepted.chain(cut).collect(),
        marks: Vec::new(),
        told: told(args, &planned),
    })
}

fn told(args: &PlanAccept, planned: &Planned) -> Vec<String> {
    let days: f64 = planned.chosen.iter().filter_map(|item| item.effort).sum();
    let head = format!(
        "{}: {} accepted by {}, {} of {} person-days",
        args.release.name,
        items(planned.chosen.len()),
        args.decided.by,
        reports::person_days(days),
        reports::person_days(planned.capacity)
    );
    let lines = planned.chosen.iter().map(|item| {
        let days = item
            .effort
            .map_or_else(|| "?".to_owned(), reports::person_days);
        format!("  {}  {days} d  {}", item.item_id, item.title)
    });
    let cut = args.without.iter().map(|cut| {
        let reason = cut.reason.as_deref().unwrap_or_default();
        format!("  out by hand: {} ({reason})", cut.item)
    });
    std::iter::once(head)
        .chain(planned.warnings.iter().cloned())
        .chain(lines)
        .chain(cut)
        .collect()
}

pub(super) fn items(count: usize) -> String {
    match count {
        1 => "1 item".to_owned(),
        count => format!("{count} items"),
    }
}

/// As `shipwake plan` plans.
fn by_value(args: &PlanAccept, asked: &Asked) -> anyhow::Result<Planned> {
    let (_, period) = report::evidence(&args.evidence, asked)?;
    let request = PlanRequest {
        capacity_person_days: args.release.capacity.get("").copied(),
        target: Some(args.release.name.clone()),
    };
    let (snapshot, settings) = (&asked.snapshot, &asked.settings);
    let found = analysis::planning(snapshot, settings, &period, &request, asked.as_of)?;
    let chosen = found
        .items
        .into_iter()
        .filter(|item| matches!(item.decision, InOrOut::Chosen { .. }))
        .map(|item| Chosen {
            item_id: item.item_id,
            title: item.title,
            effort: item.effort_person_days,
            value: item.value,
            reach: item.reach_users,
        });
    Ok(Planned {
        chosen: chosen.collect(),
        capacity: found.capacity_person_days,
        warnings: Vec::new(),
    })
}

/// As `shipwake plan --release` plans.
fn by_rules(args: &PlanAccept, asked: &Asked) -> anyhow::Result<Planned> {
    let (_, period) = report::evidence(&args.evidence, asked)?;
    let (snapshot, settings) = (&asked.snapshot, &asked.settings);
    let mut release = Release {
        focus_factor: args.rules.focus,
        bug_reserve: args.rules.bug_reserve,
        ..args.release.clone()
    };
    if release.capacity.is_empty() {
        let half = PlanRequest::default();
        let found = analysis::planning(snapshot, settings, &period, &half, asked.as_of)?;
        release.capacity = ByTeam::from([(String::new(), found.capacity_person_days)]);
    }
    let request = analysis::AheadRequest {
        releases: vec![release],
        shares: args.rules.shares.clone(),
        couplings: couplings(&args.rules),
        without: ids(args.without.iter().map(|cut| &cut.item)),
        pins: args
            .pins
            .iter()
            .map(|pin| (pin.item.clone(), Some(0)))
            .collect(),
        draws: 0,
        seed: 0,
    };
    let found = analysis::planning_ahead(snapshot, settings, &period, &request, asked.as_of)?;
    let left_out = &found.required_left_out;
    if !left_out.is_empty() {
        bail!(
            "what must be in does not fit: {} would be left out. Give more person-days, or pin less",
            left_out.join(", ")
        );
    }
    let capacity = found.releases.iter().flat_map(|one| one.capacity.values());
    let teams = &found.teams_without_capacity;
    let lacking = (!teams.is_empty()).then(|| {
        format!(
            "  no days are given for {}: their items are left out",
            teams.join(", ")
        )
    });
    Ok(Planned {
        capacity: capacity.sum(),
        chosen: found
            .items
            .into_iter()
            .filter(|item| item.release.is_some())
            .map(|item| Chosen {
                item_id: item.item_id,
                title: item.title,
                effort: item.effort_person_days,
                value: item.value,
                reach: item.reach_users,
            })
            .collect(),
        warnings: lacking.into_iter().collect(),
    })
}

fn ids<'a>(items: impl Iterator<Item = &'a String>) -> BTreeSet<String> {
    items.cloned().collect()
}
