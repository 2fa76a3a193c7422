//! The planning table: each open item with its scores and its place in the plan.

use analysis::findings::{Decision, PlanningFindings, ScoredItem};

use super::Kind::{Integer, Number, Text};
use super::{Cell, Layout, Written, col, one_of, opt, write};
use crate::error::Result;
use crate::wording;

const SOURCES: &str = "evidence, hand, default";

/// Priorities.
pub(crate) const PRIORITIES: Layout = Layout {
    file: "priorities",
    grain: "one open backlog item",
    key: &["app", "plan_release", "item_id"],
    columns: &[
        one_of(
            "schema_version",
            false,
            "s1",
            "Layout of this table; columns are only appended within it.",
        ),
        col("app", Text, "", "The app."),
        opt(
            "plan_release",
            Text,
            "",
            "The release that is planned, where it was named.",
        ),
        col(
            "rank",
            Integer,
            "rank",
            "Rank by score among all open items, from 1.",
        ),
        col("item_id", Text, "", "The team's id."),
        col("title", Text, "", "What it is."),
        opt("kind", Text, "", "bug, feature and the like, as given."),
        opt("team", Text, "", "Which team."),
        opt("owner", Text, "", "Who answers for it."),
        opt("status", Text, "", "The team's word for where it stands."),
        col("reach_users", Number, "users", "Users reached."),
        one_of(
            "value_source",
            false,
            SOURCES,
            "Where reach_users comes from: counted from linked feedback, given by hand, or a stated default.",
        ),
        col("impact", Number, "score", "RICE impact."),
        col(
            "confidence_ratio",
            Number,
            "ratio",
            "RICE confidence, 0 to 1.",
        ),
        opt(
            "effort_person_days",
            Number,
            "person-days",
            "Effort; empty is unknown, and the item cannot be planned.",
        ),
        opt(
            "score",
            Number,
            "score",
            "RICE: value / effort_person_days.",
        ),
        col(
            "value",
            Number,
            "score",
            "reach_users x impact x confidence_ratio: what the plan maximises.",
        ),
        opt(
            "factor_bug_fix",
            Number,
            "0 to 10",
            "Decision factor: bug or UI fix.",
        ),
        opt(
            "factor_strategic",
            Number,
            "0 to 10",
            "Decision factor: strategic objective.",
        ),
        opt(
            "factor_feasibility",
            Number,
            "0 to 10",
            "Decision factor: feasibility.",
        ),
        opt(
            "factor_dependencies",
            Number,
            "0 to 10",
            "Decision factor: free of dependencies.",
        ),
        opt(
            "factor_resources",
            Number,
            "0 to 10",
            "Decision factor: resources at hand.",
        ),
        opt(
            "factor_cost",
            Number,
            "0 to 10",
            "Decision factor: cheapness.",
        ),
        opt(
            "factor_expected_return",
            Number,
            "0 to 10",
            "Decision factor: expected return.",
        ),
        opt(
            "factor_score",
            Number,
            "0 to 10",
            "Weighted mean of the factors present.",
        ),
        col(
            "evidence_users",
            Integer,
            "users",
            "Distinct users whose feedback counts for the item: confirmed by a person, or holding one of its keywords and not rejected.",
        ),
        opt(
            "depends_on",
            Text,
            "",
            "Ids that must ship before or with it, separated by a semicolon.",
        ),
        one_of(
            "decision",
            false,
            "chosen, cut",
            "Whether it is in the plan.",
        ),
        col(
            "decision_reason",
            Text,
            "",
            "value, mandatory, needed_by: IDS, or why it was cut, with the ids concerned.",
        ),
        opt(
            "extra_person_days",
            Number,
            "person-days",
            "The smallest extra capacity that brings a cut item in.",
        ),
        opt(
            "effort_at_most",
            Number,
            "person-days",
            "The largest effort at which a cut item would be in.",
        ),
        one_of("impact_source", false, SOURCES, "Where impact comes from."),
        one_of(
            "confidence_source",
            false,
            SOURCES,
            "Where confidence_ratio comes from.",
        ),
        col(
            "evidence_pieces",
            Integer,
            "count",
            "Pieces of feedback that count for the item.",
        ),
        opt(
            "evidence_rating_mean",
            Number,
            "score",
            "Mean rating of that feedback.",
        ),
        opt(
            "evidence_keywords",
            Text,
            "",
            "The keywords that matched, separated by a semicolon.",
        ),
        col("tz", Text, "", "IANA time zone of the window."),
        col(
            "window_start",
            super::Kind::Date,
            "",
            "First day in which evidence was counted.",
        ),
        col(
            "window_end",
            super::Kind::Date,
            "",
            "Last day in which evidence was counted.",
        ),
        col(
            "evidence_confirmed_users",
            Integer,
            "users",
            "Of evidence_users, those with feedback that a person confirmed for the item.",
        ),
        col(
            "evidence_rejected_pieces",
            Integer,
            "count",
            "Pieces of feedback in the window that a person rejected for the item.",
        ),
        opt(
            "merged_items",
            Text,
            "",
            "Items that were merged into this one and whose evidence counts here, separated by a semicolon.",
        ),
        col(
            "evidence_suggested_users",
            Integer,
            "users",
            "Of evidence_users, those there by a suggestion alone; 0 unless suggestions were to count.",
        ),
    ],
};

/// The items by rank.
pub(crate) fn priorities(findings: &PlanningFindings) -> Result<Written> {
    let mut items: Vec<&ScoredItem> = findings.items.iter().collect();
    items.sort_by(|a, b| a.rank.cmp(&b.rank).then_with(|| a.item_id.cmp(&b.item_id)));
    let rows: Vec<Vec<Cell>> = items.into_iter().map(|item| row(findings, item)).collect();
    write(&PRIORITIES, &findings.scope, rows)
}

fn row(findings: &PlanningFindings, item: &ScoredItem) -> Vec<Cell> {
    let (decision, reason, extra, effort) = decision(&item.decision);
    let factors = &item.factors;
    let mut row = vec![
        Cell::text(&findings.scope.app),
        Cell::text_or_empty(findings.target.as_deref()),
        Cell::Count(item.rank.into()),
        Cell::text(&item.item_id),
        Cell::text(&item.title),
        Cell::text_or_empty(item.kind.as_deref()),
        Cell::text_or_empty(item.team.as_deref()),
        Cell::text_or_empty(item.owner.as_deref()),
        Cell::text_or_empty(item.status.as_deref()),
        Cell::real(Some(item.reach_users), 2),
        Cell::text(wording::source(item.reach_source)),
        Cell::real(Some(item.impact), 4),
        Cell::real(Some(item.confidence), 6),
        Cell::real(item.effort_person_days, 2),
        Cell::real(item.rice, 4),
        Cell::real(Some(item.value), 4),
    ];
    let seven = [
        factors.bug_fix,
        factors.strategic,
        factors.feasibility,
        factors.dependencies,
        factors.resources,
        factors.cost,
        factors.expected_return,
    ];
    row.extend(seven.map(|factor| Cell::real(factor, 2)));
    row.push(Cell::real(item.factor_score, 4));
    row.push(Cell::Count(item.evidence.users));
    row.push(Cell::text(&item.depends_on.join(";")));
    row.push(Cell::text(decision));
    row.push(Cell::text(&reason));
    row.push(Cell::real(extra, 2));
    row.push(Cell::real(effort, 2));
    row.push(Cell::text(wording::source(item.impact_source)));
    row.push(Cell::text(wording::source(item.confidence_source)));
    row.push(Cell::Count(item.evidence.pieces));
    row.push(Cell::real(item.evidence.rating.value, 6));
    row.push(Cell::text(&item.evidence.keywords.join(";")));
    row.push(Cell::text(&findings.scope.zone));
    row.push(Cell::date(Some(&findings.scope.first_day)));
    row.push(Cell::date(Some(&findings.scope.last_day)));
    row.push(Cell::Count(item.evidence.confirmed_users));
    row.push(Cell::Count(item.evidence.rejected_pieces));
    row.push(Cell::text(&item.evidence.merged_items.join(";")));
    row.push(Cell::Count(item.evidence.suggested_users));
    row
}

/// decision, decision_reason, extra_person_days, effort_at_most.
fn decision(decision: &Decision) -> (&'static str, String, Option<f64>, Option<f64>) {
    match decision {
        Decision::Chosen {
            mandatory,
            needed_by,
        } => {
            let mut reasons = Vec::new();
            if *mandatory {
                reasons.push("mandatory".to_owned());
            }
            if !needed_by.is_empty() {
                reasons.push(format!("needed_by: {}", needed_by.join(";")));
            }
            if reasons.is_empty() {
                reasons.push("value".to_owned());
            }
            ("chosen", reasons.join(", "), None, None)
        }
        Decision::Cut {
            reason,
            because_of,
            extra_person_days,
            effort_at_most,
        } => {
            let text = if because_of.is_empty() {
                reason.clone()
            } else {
                format!("{reason}: {}", because_of.join(";"))
            };
            ("cut", text, *extra_person_days, *effort_at_most)
        }
    }
}
