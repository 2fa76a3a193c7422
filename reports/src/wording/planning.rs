//! Sentences of the planning report.

use analysis::findings::{
    Decision, Evidence, GoalOutcome, PlanningFindings, ScoreCard, ScoredItem,
};
use analysis::metric::{self, Unit};

use super::health::aligned;
use super::{counted, metric_name, risk_sentence, size, unit_of};
use crate::number;
use crate::text::{clean, listed, short};

/// Most titles within a sentence; the rest is counted.
const TITLES_MAX: usize = 7;
/// Longest title within a sentence.
const TITLE_CHARS_MAX: usize = 60;

/// Sentences for the terminal: what the last plan promised against what was observed, what to take
/// next, what a list sorted by score would have lost, what would bring the first cut item in, what may
/// go wrong.
pub(crate) fn planning_sentences(findings: &PlanningFindings) -> Vec<String> {
    vec![
        score_card_sentence(findings.score_card.as_ref()),
        terminal_plan_sentence(findings),
        list_sentence(findings),
        first_cut_sentence(findings),
        risk_sentence(findings),
    ]
}

/// What people said of an item's evidence, in few words; empty where nobody said anything.
pub(crate) fn said_by_hand(evidence: &Evidence) -> String {
    let merged: Vec<String> = evidence.merged_items.iter().map(|id| clean(id)).collect();
    let counts = [
        (evidence.confirmed_users, "confirmed"),
        (evidence.suggested_users, "suggested alone"),
        (evidence.rejected_pieces, "rejected"),
    ];
    let counts = counts.into_iter().filter(|(count, _)| *count > 0);
    let counts = counts.map(|(count, word)| format!("{} {word}", number::count(count)));
    let merged = (!merged.is_empty()).then(|| format!("with {}", listed(&merged)));
    counts.chain(merged).collect::<Vec<_>>().join(", ")
}

/// Merges in a circle, a sentence each.
pub(crate) fn merge_circles(circles: &[Vec<String>]) -> Vec<String> {
    let ids = |circle: &Vec<String>| -> Vec<String> { circle.iter().map(|id| clean(id)).collect() };
    let sentence = |circle: &Vec<String>| {
        format!(
            "Merged into each other in a circle, which counts for nothing: {}.",
            listed(&ids(circle))
        )
    };
    circles.iter().map(sentence).collect()
}

/// What the last plan promised against what was observed.
pub(crate) fn score_card_sentence(card: Option<&ScoreCard>) -> String {
    let Some(card) = card else {
        return "No earlier plan is on record, so no promise can be held against what was observed."
            .to_owned();
    };
    let release = clean(&card.release);
    let shipped = card.plan.as_ref().map(|plan| {
        format!(
            "{} of {} shipped",
            number::count(card.items_shipped),
            counted(plan.items_now, "item", "items")
        )
    });
    let goals = card.goals.iter().map(goal_phrase);
    let told: Vec<String> = shipped.into_iter().chain(goals).collect();
    if told.is_empty() {
        return format!("The last plan, for {release}, promised nothing that can be measured.");
    }
    format!("The last plan, for {release}: {}.", told.join("; "))
}

fn goal_phrase(goal: &GoalOutcome) -> String {
    let observed = match goal.observed.value {
        Some(value) => format!(
            "observed {} (n = {})",
            goal_value(&goal.metric, value),
            number::count(goal.observed.n)
        ),
        None => format!("nothing observed (n = {})", number::count(goal.observed.n)),
    };
    format!(
        "{} promised {}, {observed}: {}",
        goal_name(&goal.metric),
        goal_value(&goal.metric, goal.target),
        goal_outcome(&goal.outcome).1,
    )
}

/// The name of a goal: a metric, or the reach of a feature.
pub(crate) fn goal_name(id: &str) -> String {
    match id.strip_prefix("feature_reach:") {
        Some(feature) => format!("reach of {}", clean(feature)),
        None => metric_name(id),
    }
}

/// A goal's figure in its unit; the reach of a feature is a share of users.
pub(crate) fn goal_value(id: &str, value: f64) -> String {
    number::value(goal_unit(id), value)
}

fn goal_unit(id: &str) -> Unit {
    if id.starts_with("feature_reach:") && metric::by_id(id).is_none() {
        Unit::Rate
    } else {
        unit_of(id)
    }
}

/// The class and the word of a goal's outcome.
pub(crate) fn goal_outcome(outcome: &str) -> (&'static str, &'static str, &'static str) {
    match outcome {
        "met" => ("pass", "met", "●"),
        "missed" => ("fail", "missed", "■"),
        "not_conclusive" => ("warn", "not conclusive", "▲"),
        _ => ("thin", "too few data", "◌"),
    }
}

/// What to take next.
pub(crate) fn plan_sentence(findings: &PlanningFindings) -> String {
    let chosen: Vec<&ScoredItem> = chosen(findings).collect();
    if findings.items.is_empty() {
        return "The backlog holds no open item to plan.".to_owned();
    }
    if chosen.is_empty() {
        return format!(
            "No open item with a value fits {} person-days.",
            number::plain(findings.capacity_person_days)
        );
    }
    let titles = titles(chosen.iter().copied());
    let target = findings
        .target
        .as_deref()
        .map_or_else(String::new, |name| format!(" into {}", clean(name)));
    format!(
        "Take {}{target}, {} of {} person-days: {titles}.",
        counted(size(&chosen), "item", "items"),
        number::plain(findings.used_person_days),
        number::plain(findings.capacity_person_days),
    )
}

/// How good the plan is among all that fit.
pub(crate) fn proof(findings: &PlanningFindings) -> String {
    if findings.proved_best {
        "no plan within the capacity is worth more".to_owned()
    } else {
        let gap = number::percent(findings.gap);
        format!("a better plan could be worth at most {gap} more")
    }
}

fn terminal_plan_sentence(findings: &PlanningFindings) -> String {
    let sentence = plan_sentence(findings);
    if chosen(findings).next().is_none() {
        return sentence;
    }
    format!("{}; {}.", sentence.trim_end_matches('.'), proof(findings))
}

/// What a list sorted by score would have lost.
pub(crate) fn list_sentence(findings: &PlanningFindings) -> String {
    let list = &findings.by_list;
    let missed = titles(chosen(findings).filter(|item| !list.items.contains(&item.item_id)));
    if list.lost_share <= 0.0 {
        return if missed.is_empty() {
            "A list sorted by score would have taken the same items.".to_owned()
        } else {
            "A list sorted by score would have been worth as much.".to_owned()
        };
    }
    let without = if missed.is_empty() {
        String::new()
    } else {
        format!(" and left out {missed}")
    };
    format!(
        "A list sorted by score would have lost {} of the plan's value (value {} in place of {}){without}.",
        number::percent(list.lost_share),
        number::magnitude(list.value),
        number::magnitude(findings.value),
    )
}

/// What would bring the first cut item in.
pub(crate) fn first_cut_sentence(findings: &PlanningFindings) -> String {
    let first = findings
        .items
        .iter()
        .find(|item| matches!(item.decision, Decision::Cut { .. }));
    let Some(item) = first else {
        return "Nothing had to be cut.".to_owned();
    };
    let effort = item
        .effort_person_days
        .map_or_else(|| "effort unknown".to_owned(), number::days_of_work);
    format!(
        "First cut: {} ({effort}), {}; {}.",
        short(&item.title, TITLE_CHARS_MAX),
        cut_reason(item),
        bring_in(item)
    )
}

/// Why an item is not in the plan.
pub(crate) fn cut_reason(item: &ScoredItem) -> String {
    let Decision::Cut {
        reason, because_of, ..
    } = &item.decision
    else {
        return String::new();
    };
    let ids: Vec<String> = because_of.iter().map(|id| clean(id)).collect();
    match reason.as_str() {
        "capacity" => "cut by capacity".to_owned(),
        "dependency" if ids.is_empty() => "cut with an item that it depends on".to_owned(),
        "dependency" => format!("cut because it depends on {}", listed(&ids)),
        "no_effort" => "cut because its effort is unknown".to_owned(),
        "no_value" => "cut because its value is 0".to_owned(),
        "cycle" if ids.is_empty() => "cut because its dependencies run in a circle".to_owned(),
        "cycle" => format!(
            "cut with {}: their dependencies run in a circle",
            listed(&ids)
        ),
        "mandatory_over_capacity" => {
            "cut because the mandatory items alone exceed the capacity".to_owned()
        }
        other => format!("cut: {}", clean(other)),
    }
}

/// What would bring a cut item in.
pub(crate) fn bring_in(item: &ScoredItem) -> String {
    let Decision::Cut {
        reason,
        extra_person_days,
        effort_at_most,
        ..
    } = &item.decision
    else {
        return String::new();
    };
    let more =
        extra_person_days.map(|extra| format!("{} more of capacity", number::days_of_work(extra)));
    let less = effort_at_most
        .map(|effort| format!("an effort of at most {}", number::days_of_work(effort)));
    match (more, less, reason.as_str()) {
        (Some(more), Some(less), _) => format!("{more}, or {less}, would bring it in"),
        (Some(one), None, _) | (None, Some(one), _) => format!("{one} would bring it in"),
        (None, None, "no_effort") => "an estimate of its effort would let it compete".to_owned(),
        (None, None, "cycle") => "breaking the circle would let it compete".to_owned(),
        (None, None, "dependency") => "planning what it depends on would let it compete".to_owned(),
        _ => "no change of capacity or effort looked at would bring it in".to_owned(),
    }
}

/// Why a chosen item is in, beyond its value; empty where its value is the reason.
pub(crate) fn chosen_because(item: &ScoredItem) -> String {
    let Decision::Chosen {
        mandatory,
        needed_by,
    } = &item.decision
    else {
        return String::new();
    };
    let ids: Vec<String> = needed_by.iter().map(|id| clean(id)).collect();
    match (mandatory, ids.is_empty()) {
        (true, true) => "mandatory".to_owned(),
        (true, false) => format!("mandatory; needed by {}", listed(&ids)),
        (false, false) => format!("needed by {}", listed(&ids)),
        (false, true) => String::new(),
    }
}

/// What the columns of a plan are called.
const HEADING: [&str; 7] = ["", "item", "title", "days", "value", "score", "why"];

/// Each item, those in the plan first, with why it is in or out.
pub(crate) fn plan_table(findings: &PlanningFindings) -> String {
    let shown = |number: Option<f64>| {
        number.map_or_else(|| "?".to_owned(), |number| number::fixed(number, 1))
    };
    let rows = findings.items.iter().map(|item| {
        let (mark, why) = match &item.decision {
            Decision::Chosen { .. } => ("take", chosen_because(item)),
            Decision::Cut { .. } => ("", format!("{}; {}", cut_reason(item), bring_in(item))),
        };
        [
            mark.to_owned(),
            short(&item.item_id, TITLE_CHARS_MAX),
            short(&item.title, TITLE_CHARS_MAX),
            shown(item.effort_person_days),
            shown(Some(item.value)),
            shown(item.rice),
            why,
        ]
    });
    let rows: Vec<[String; 7]> = std::iter::once(HEADING.map(str::to_owned))
        .chain(rows)
        .collect();
    aligned(&rows)
}

fn titles<'a>(items: impl Iterator<Item = &'a ScoredItem>) -> String {
    let mut titles: Vec<String> = items
        .map(|item| short(&item.title, TITLE_CHARS_MAX))
        .collect();
    if titles.len() > TITLES_MAX {
        let rest = titles.split_off(TITLES_MAX - 1);
        titles.push(counted(size(&rest), "more", "more"));
    }
    listed(&titles)
}

fn chosen(findings: &PlanningFindings) -> impl Iterator<Item = &ScoredItem> {
    findings
        .items
        .iter()
        .filter(|item| matches!(item.decision, Decision::Chosen { .. }))
}
