//! Accepted plans, their drift and their score cards, for the terminal and as JSON.

use analysis::findings::{
    AcceptedPlan, GoalOutcome, ItemOutcome, Ratios, ReleaseShown, ScopeChange, ScoreCard,
};

use crate::error::Result;
use crate::number;
use crate::text::{clean, short};
use crate::wording::{self, aligned};

/// Longest title on a line.
const TITLE_CHARS_MAX: usize = 60;

/// Person-days as the other faces show them.
#[must_use]
pub fn person_days(days: f64) -> String {
    number::plain(days)
}

/// A release for the terminal: its record, its scope, its plan and the drift of it.
#[must_use]
pub fn release_text(shown: &ReleaseShown, with_history: bool) -> String {
    let mut parts = vec![head(shown)];
    match &shown.plan {
        Some(plan) => parts.push(plan_text(plan)),
        None => parts.extend(scope(shown)),
    }
    if with_history {
        let lines = shown.history.iter().map(|line| {
            let by = line.by.as_deref().map_or_else(String::new, clean);
            let why = line.reason.as_deref().map_or_else(String::new, clean);
            [clean(&line.at), by, short(&clean(&line.what), 160), why]
        });
        parts.push(table(["when", "who", "what", "why"], lines));
    }
    parts.join("\n\n") + "\n"
}

/// A release as JSON, of which no character steers a terminal or a build log.
///
/// # Errors
/// [`crate::Error::Json`] if the findings can't be written.
pub fn release_json(shown: &ReleaseShown) -> Result<String> {
    Ok(crate::verdict::json(&serde_json::to_string_pretty(shown)?))
}

/// A score card for the terminal: the drift of the plan, what came of each item and of each goal, and
/// how far the team's estimates are off.
#[must_use]
pub fn score_card_text(card: &ScoreCard) -> String {
    let mut parts = vec![format!("{}: score card", clean(&card.release))];
    if let Some(plan) = &card.plan {
        parts.push(wording::drift_sentence(plan));
        parts.push(outcomes(card));
    }
    if !card.goals.is_empty() {
        parts.push(table(
            ["goal", "item", "promised", "observed", "outcome"],
            card.goals.iter().map(goal),
        ));
    }
    parts.push(wording::calibration_sentences(card).join("\n"));
    parts.join("\n\n") + "\n"
}

/// A score card as JSON, of which no character steers a terminal or a build log.
///
/// # Errors
/// [`crate::Error::Json`] if the findings can't be written.
pub fn score_card_json(card: &ScoreCard) -> Result<String> {
    Ok(crate::verdict::json(&serde_json::to_string_pretty(card)?))
}

fn head(shown: &ReleaseShown) -> String {
    let told = [
        ("planned for", &shown.planned_at),
        ("out since", &shown.released_at),
        ("rollout", &shown.rollout),
        ("owner", &shown.owner),
    ];
    let told = told.into_iter().filter_map(|(what, value)| {
        let value = value.as_deref()?;
        Some(format!("{what} {}", clean(value)))
    });
    let app = format!(
        "{} {} ({})",
        clean(&shown.app),
        clean(&shown.release),
        clean(&shown.environment)
    );
    let told: Vec<String> = told.collect();
    if told.is_empty() {
        app
    } else {
        format!("{app}: {}", told.join(", "))
    }
}

fn scope(shown: &ReleaseShown) -> Option<String> {
    if shown.scope.is_empty() {
        return Some("No plan is accepted for it, and its record names no scope.".to_owned());
    }
    let rows = shown.scope.iter().map(|item| {
        [
            clean(&item.item_id),
            title(item.title.as_deref()),
            item.status.as_deref().map_or_else(String::new, clean),
            item.owner.as_deref().map_or_else(String::new, clean),
        ]
    });
    Some(table(["item", "title", "status", "owner"], rows))
}

fn plan_text(plan: &AcceptedPlan) -> String {
    let rows = plan.items.iter().map(|item| {
        [
            clean(&item.item_id),
            title(item.title.as_deref()),
            item.standing.clone(),
            days(item.person_days_planned),
            days(item.person_days_now),
            item.reason.as_deref().map_or_else(String::new, clean),
        ]
    });
    let items = table(["item", "title", "", "planned", "now", "why"], rows);
    let mut text = format!("{}\n\n{items}", wording::drift_sentence(plan));
    if !plan.cut_by_hand.is_empty() {
        let cuts = plan.cut_by_hand.iter().map(|cut| {
            let why = cut.reason.as_deref().unwrap_or("no reason given");
            format!("{} ({})", clean(&cut.item_id), clean(why))
        });
        let cuts: Vec<String> = cuts.collect();
        text.push_str("\n\nOut by hand: ");
        text.push_str(&cuts.join(", "));
    }
    if !plan.changes.is_empty() {
        let rows = plan.changes.iter().map(change);
        let changes = table(["when", "who", "change", "item", "days", "why"], rows);
        text.push_str("\n\n");
        text.push_str(&changes);
    }
    text
}

fn change(one: &ScopeChange) -> [String; 6] {
    let by = one.by.as_deref().map_or_else(String::new, clean);
    let why = match (&one.reason, one.source.as_str()) {
        (Some(reason), _) => clean(reason),
        (None, "record") => "said by a record".to_owned(),
        (None, _) => String::new(),
    };
    [
        clean(&one.at),
        by,
        wording::plan_change(&one.change).to_owned(),
        clean(&one.item_id),
        one.effect_person_days
            .map_or_else(|| number::ABSENT.to_owned(), |days| number::signed(days, 1)),
        why,
    ]
}

fn outcomes(card: &ScoreCard) -> String {
    let rows = card.outcomes.iter().map(|outcome| {
        let item = &outcome.item;
        [
            clean(&item.item_id),
            title(item.title.as_deref()),
            item.standing.clone(),
            wording::shipped(outcome.shipped).to_owned(),
            days(item.person_days_planned),
            days(outcome.spent_person_days),
            users(item.reach_users),
            observed(outcome),
        ]
    });
    table(
        [
            "item", "title", "", "shipped", "planned", "spent", "to reach", "reached",
        ],
        rows,
    )
}

/// Who used it, or why nobody can say.
fn observed(outcome: &ItemOutcome) -> String {
    let Some(seen) = outcome.observed_users else {
        let why = outcome.not_measurable.as_deref().unwrap_or_default();
        return format!("not measurable: {}", clean(why));
    };
    let share = wording::share_of_users(&outcome.adoption);
    let rating = wording::rating_of_users(&outcome.rating);
    format!("{} users ({share}{rating})", number::count(seen))
}

fn goal(goal: &GoalOutcome) -> [String; 5] {
    [
        wording::goal_name(&goal.metric),
        goal.item.as_deref().map_or_else(String::new, clean),
        wording::goal_value(&goal.metric, goal.target),
        match goal.observed.value {
            Some(value) => format!(
                "{} (n = {})",
                wording::goal_value(&goal.metric, value),
                number::count(goal.observed.n)
            ),
            None => format!(
                "{} (n = {})",
                number::ABSENT,
                number::count(goal.observed.n)
            ),
        },
        wording::goal_outcome(&goal.outcome).1.to_owned(),
    ]
}

fn title(title: Option<&str>) -> String {
    title.map_or_else(String::new, |title| short(&clean(title), TITLE_CHARS_MAX))
}

fn days(days: Option<f64>) -> String {
    days.map_or_else(|| number::ABSENT.to_owned(), number::plain)
}

fn users(users: Option<f64>) -> String {
    users.map_or_else(|| number::ABSENT.to_owned(), number::plain)
}

fn table<const N: usize>(heading: [&str; N], rows: impl Iterator<Item = [String; N]>) -> String {
    let heading = std::iter::once(heading.map(str::to_owned));
    aligned(&heading.chain(rows).collect::<Vec<_>>())
}

/// Ratios in words: the median with its interval, and where the outer tenths lie.
pub(crate) fn ratios(of: &Ratios) -> String {
    let times = |ratio: f64| format!("×{}", number::fixed(ratio, 2));
    let Some(median) = of.median.value else {
        return "insufficient_data (no item)".to_owned();
    };
    let interval = match (of.median.low, of.median.high) {
        (Some(low), Some(high)) => format!(" ({} to {})", times(low), times(high)),
        _ => String::new(),
    };
    let tenths = match (of.low, of.high) {
        (Some(low), Some(high)) => {
            format!(
                "; one in ten at or below {}, one in ten at or above {}",
                times(low),
                times(high)
            )
        }
        _ => String::new(),
    };
    format!(
        "median {}{interval}, n = {}{tenths}",
        times(median),
        wording::counted(of.median.n, "item", "items")
    )
}
