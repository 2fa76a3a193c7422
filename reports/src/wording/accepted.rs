//! Words for accepted plans: how they drifted, what came of them, how far estimates are off.

use analysis::findings::{AcceptedPlan, Estimate, Ratios, ScoreCard};

use super::counted;
use crate::accepted::ratios;
use crate::number;
use crate::text::clean;

/// How far an accepted plan drifted, and what it takes of the capacity.
pub(crate) fn drift_sentence(plan: &AcceptedPlan) -> String {
    let by = plan
        .accepted_by
        .as_deref()
        .map_or_else(String::new, |by| format!(" by {}", clean(by)));
    let changes = [
        (plan.added, "added"),
        (plan.removed, "taken out"),
        (plan.re_estimated, "estimated anew"),
    ];
    let changes = changes.into_iter().filter(|(count, _)| *count > 0);
    let changes: Vec<String> = changes
        .map(|(count, what)| format!("{} {what}", number::count(count)))
        .collect();
    let changes = if changes.is_empty() {
        "nothing changed since".to_owned()
    } else {
        format!("since then {}", changes.join(", "))
    };
    let capacity = match (plan.capacity_person_days, plan.over_capacity_person_days) {
        (Some(held), Some(over)) if over > 1e-9 => format!(
            " in a capacity of {}: over-committed by {}",
            number::days_of_work(held),
            number::days_of_work(over)
        ),
        (Some(held), _) => format!(" in a capacity of {}", number::days_of_work(held)),
        _ => String::new(),
    };
    let unknown = match plan.without_estimate {
        0 => String::new(),
        count => format!(
            " and {} without an estimate",
            counted(count, "item", "items")
        ),
    };
    format!(
        "The plan accepted{by} on {} held {} of {}; {changes}: {} of {}{unknown}{capacity}.",
        clean(plan.accepted_at.get(..10).unwrap_or_default()),
        counted(plan.items_planned, "item", "items"),
        number::days_of_work(plan.person_days_planned),
        counted(plan.items_now, "item", "items"),
        number::days_of_work(plan.person_days_now),
    )
}

/// How far the team's estimates are off, and what that is used for.
pub(crate) fn calibration_sentences(card: &ScoreCard) -> Vec<String> {
    let calibration = &card.calibration;
    let of = |what: &str, of: &Ratios| {
        let use_of_it = if of.are_used {
            "draws of the next plan go by it"
        } else {
            "too few items for the next plan to go by"
        };
        format!("{what}: {}; {use_of_it}.", ratios(of))
    };
    vec![
        of("Person-days spent against planned", &calibration.effort),
        format!(
            "{} Items are observed for {} days after the release goes out.",
            of("Users reached against predicted", &calibration.reach),
            card.days_observed
        ),
    ]
}

/// A change of a plan, in a word.
pub(crate) fn plan_change(change: &str) -> &'static str {
    match change {
        "added" => "added",
        "removed" => "taken out",
        _ => "estimated anew",
    }
}

/// Whether an item shipped.
pub(crate) fn shipped(shipped: Option<bool>) -> &'static str {
    match shipped {
        Some(true) => "yes",
        Some(false) => "no",
        None => "not said",
    }
}

/// A share of users with its interval.
pub(crate) fn share_of_users(share: &Estimate) -> String {
    let Some(value) = share.value else {
        return "no active user".to_owned();
    };
    let interval = match (share.low, share.high) {
        (Some(low), Some(high)) => {
            format!(", {} to {}", number::percent(low), number::percent(high))
        }
        _ => String::new(),
    };
    format!(
        "{} of {}{interval}",
        number::percent(value),
        number::count(share.n)
    )
}

/// The rating that users gave; nothing where none rated.
pub(crate) fn rating_of_users(rating: &Estimate) -> String {
    rating.value.map_or_else(String::new, |value| {
        format!(
            "; rated {} by {}",
            number::fixed(value, 2),
            number::count(rating.n)
        )
    })
}
