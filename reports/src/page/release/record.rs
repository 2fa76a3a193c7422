//! What the team keeps of the release: dates, stages, what was done, promises, and its scope.

use analysis::findings::{HistoryLine, ReleaseFindings, ReleaseShown, ScopeChange, ScopeItem};

use super::super::delivery::{self, DeploymentView};
use super::super::score_card::{self, GoalView, OutcomeView};
use crate::day;
use crate::number;
use crate::text::{clean, short};
use crate::wording;

/// Most lines, items and changes on the page; the CSV tables hold all.
const LINES_MAX: usize = 40;
const ITEMS_MAX: usize = 60;
const CHANGES_MAX: usize = 30;
/// Longest text of a line.
const TEXT_CHARS_MAX: usize = 220;

/// The record.
pub(super) struct RecordView {
    /// Word, value, and what is to be known of it.
    pub(super) facts: Vec<(&'static str, String, String)>,
    pub(super) is_kept: bool,
    pub(super) deployments: Vec<DeploymentView>,
    pub(super) goals: Vec<GoalView>,
    /// Goals of a release that is not out: name, item, what is promised.
    pub(super) promised: Vec<(String, String, String)>,
    pub(super) lines: Vec<LineView>,
    pub(super) lines_more: Option<String>,
}

/// Something that was said or done.
pub(super) struct LineView {
    pub(super) at: String,
    pub(super) by: String,
    pub(super) what: String,
    pub(super) why: String,
}

/// What it was to hold, and what came of it.
pub(super) struct ScopeView {
    pub(super) drift: String,
    pub(super) shipped: String,
    pub(super) outcomes: Vec<OutcomeView>,
    pub(super) outcomes_more: Option<String>,
    /// Where no plan was accepted: item, title, status, owner.
    pub(super) items: Vec<[String; 4]>,
    pub(super) changes: Vec<ChangeView>,
    pub(super) changes_more: Option<String>,
    pub(super) days_observed: String,
}

/// A change of the plan.
pub(super) struct ChangeView {
    pub(super) at: String,
    pub(super) by: String,
    pub(super) what: &'static str,
    pub(super) item: String,
    pub(super) days: String,
    pub(super) why: String,
}

fn day_of(instant: &str) -> String {
    day::long(instant.get(..10).unwrap_or(instant))
}

fn cleaned(text: Option<&str>) -> String {
    text.map_or_else(String::new, clean)
}

pub(super) fn view(findings: &ReleaseFindings) -> RecordView {
    let kept = findings.record.as_ref();
    let lines = kept.map_or(&[][..], |kept| kept.history.as_slice());
    let card = findings.score_card.as_ref();
    let goals: Vec<GoalView> = card.map_or_else(Vec::new, |card| {
        card.goals.iter().map(score_card::goal).collect()
    });
    let promised = kept.filter(|_| card.is_none());
    RecordView {
        facts: facts(findings),
        is_kept: kept.is_some(),
        deployments: findings
            .deployments
            .iter()
            .map(delivery::deployment)
            .collect(),
        goals,
        promised: promised.map_or_else(Vec::new, promises),
        lines: lines.iter().rev().take(LINES_MAX).map(line).collect(),
        lines_more: (lines.len() > LINES_MAX).then(|| number::count(wording::size(lines))),
    }
}

fn promises(kept: &ReleaseShown) -> Vec<(String, String, String)> {
    let goals = kept.goals.iter().map(|goal| {
        (
            wording::goal_name(&goal.metric),
            cleaned(goal.item.as_deref()),
            wording::goal_value(&goal.metric, goal.target),
        )
    });
    goals.collect()
}

/// Word, value and aside of each fact that is known.
fn facts(findings: &ReleaseFindings) -> Vec<(&'static str, String, String)> {
    let kept = findings.record.as_ref();
    let first = findings
        .first_day
        .as_deref()
        .map_or("–".to_owned(), day::long);
    let by = wording::first_day(findings.first_day_by.as_deref());
    let first_out = findings
        .deployments
        .iter()
        .rev()
        .find_map(|one| one.slip_days);
    let planned = kept.and_then(|kept| kept.planned_at.as_deref());
    let path = kept.and_then(|kept| kept.rollout.as_deref());
    let deadline = findings.deadline.as_deref();
    let mut facts = vec![("First day", first, by.to_owned())];
    facts.extend(planned.map(|at| {
        let slip = first_out.map_or_else(String::new, wording::slip);
        ("Planned for", day_of(at), slip)
    }));
    facts.extend(path.map(|path| {
        let stages = wording::rollout_stages(&findings.stages);
        ("Rollout", wording::rollout(path), stages)
    }));
    facts.extend(deadline.map(|at| ("For everybody by", day_of(at), String::new())));
    let owner = kept.and_then(|kept| kept.owner.as_deref());
    facts.extend(owner.map(|owner| ("Owner", clean(owner), String::new())));
    facts
}

fn line(line: &HistoryLine) -> LineView {
    LineView {
        at: day::instant(&line.at),
        by: cleaned(line.by.as_deref()),
        what: short(&line.what, TEXT_CHARS_MAX),
        why: line
            .reason
            .as_deref()
            .map_or_else(String::new, |why| short(why, TEXT_CHARS_MAX)),
    }
}

pub(super) fn scope(findings: &ReleaseFindings) -> ScopeView {
    let kept = findings.record.as_ref();
    let plan = kept.and_then(|kept| kept.plan.as_ref());
    let card = findings.score_card.as_ref();
    let of_card = card.map_or(&[][..], |card| card.outcomes.as_slice());
    let outcomes: Vec<OutcomeView> = match (of_card.is_empty(), plan) {
        (false, _) => of_card.iter().map(score_card::outcome).collect(),
        (true, Some(plan)) => plan.items.iter().map(score_card::planned).collect(),
        (true, None) => Vec::new(),
    };
    let items = kept.filter(|_| outcomes.is_empty());
    let changes = plan.map_or(&[][..], |plan| plan.changes.as_slice());
    ScopeView {
        drift: plan.map_or_else(String::new, wording::drift_sentence),
        shipped: card
            .filter(|card| card.plan.is_some())
            .map_or_else(String::new, |card| {
                wording::counted(card.items_shipped, "item has shipped", "items have shipped")
            }),
        outcomes_more: (outcomes.len() > ITEMS_MAX)
            .then(|| number::count(wording::size(&outcomes))),
        outcomes: outcomes.into_iter().take(ITEMS_MAX).collect(),
        items: items.map_or_else(Vec::new, |kept| {
            kept.scope.iter().take(ITEMS_MAX).map(item).collect()
        }),
        changes: changes.iter().take(CHANGES_MAX).map(change).collect(),
        changes_more: (changes.len() > CHANGES_MAX).then(|| number::count(wording::size(changes))),
        days_observed: card
            .map_or_else(String::new, |card| number::count(card.days_observed.into())),
    }
}

fn item(item: &ScopeItem) -> [String; 4] {
    [
        clean(&item.item_id),
        item.title
            .as_deref()
            .map_or_else(String::new, |title| short(title, TEXT_CHARS_MAX)),
        cleaned(item.status.as_deref()),
        cleaned(item.owner.as_deref()),
    ]
}

fn change(one: &ScopeChange) -> ChangeView {
    ChangeView {
        at: day::instant(&one.at),
        by: cleaned(one.by.as_deref()),
        what: wording::plan_change(&one.change),
        item: clean(&one.item_id),
        days: one
            .effect_person_days
            .map_or_else(|| number::ABSENT.to_owned(), |days| number::signed(days, 1)),
        why: match (&one.reason, one.source.as_str()) {
            (Some(reason), _) => short(reason, TEXT_CHARS_MAX),
            (None, "record") => "said by a record".to_owned(),
            (None, _) => String::new(),
        },
    }
}
