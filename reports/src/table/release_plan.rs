//! The tables of what the team keeps of a release: what was said and done, its items, and its goals.

use analysis::findings::{GoalOutcome, ItemOutcome, PlannedItem, ReleaseFindings};

use super::Kind::{Integer, Number, Text};
use super::columns::{RELEASE, RELEASE_LABEL, by_window, estimate, window};
use super::{Cell, Column, Layout, Written, col, one_of, opt, write};
use crate::error::Result;
use crate::text::release_label;

const ITEM_ID: Column = col("item_id", Text, "", "The team's own id of the item.");

/// What was said and done.
pub(crate) const RELEASE_TIMELINE: Layout = Layout {
    file: "release_timeline",
    grain: "one thing that was said or done about one release",
    key: &["app", "week_start", "release", "place"],
    columns: by_window![
        RELEASE,
        RELEASE_LABEL,
        col("place", Integer, "count", "Place in time, from 1."),
        col("at", Text, "", "When, RFC 3339 UTC."),
        opt("by", Text, "", "Who."),
        col("what", Text, "", "What."),
        opt("reason", Text, "", "Why."),
    ],
};

/// Items.
pub(crate) const RELEASE_ITEMS: Layout = Layout {
    file: "release_items",
    grain: "one item that is or was in the scope of one release",
    key: &["app", "week_start", "release", "item_id"],
    columns: by_window![
        RELEASE,
        RELEASE_LABEL,
        ITEM_ID,
        opt("title", Text, "", "What it is, where the backlog knows it."),
        one_of(
            "standing",
            true,
            "kept, added, removed",
            "What became of it in the accepted plan; empty without one.",
        ),
        one_of(
            "shipped",
            true,
            "true, false",
            "Whether its status says that users have it; empty where the backlog does not say.",
        ),
        opt(
            "planned_person_days",
            Number,
            "person-days",
            "When it was accepted or added.",
        ),
        opt("now_person_days", Number, "person-days", "In the end."),
        opt("spent_person_days", Number, "person-days", "That it took."),
        opt("predicted_users", Number, "users", "That it was to reach."),
        opt(
            "observed_users",
            Integer,
            "users",
            "Of the release that used it in the days looked at.",
        ),
        opt(
            "adoption_ratio",
            Number,
            "ratio",
            "Their share of the release's active users in those days.",
        ),
        opt(
            "adoption_ci_low",
            Number,
            "ratio",
            "Lower end of its 95 % interval.",
        ),
        opt(
            "adoption_ci_high",
            Number,
            "ratio",
            "Upper end of its 95 % interval.",
        ),
        opt(
            "adoption_n",
            Integer,
            "users",
            "The release's active users in those days.",
        ),
        opt("not_measurable", Text, "", "Why nothing could be observed.",),
    ],
};

/// Goals.
pub(crate) const RELEASE_GOALS: Layout = Layout {
    file: "release_goals",
    grain: "one promise of one release",
    key: &["app", "week_start", "release", "place"],
    columns: by_window![
        RELEASE,
        RELEASE_LABEL,
        col("place", Integer, "count", "Place in its record, from 1."),
        col(
            "metric",
            Text,
            "",
            "The metric's id, or feature_reach: and the name of an event.",
        ),
        opt("item_id", Text, "", "The item that was to bring it."),
        opt("baseline", Number, "by metric", "What was measured before."),
        col("target", Number, "by metric", "What was promised."),
        opt(
            "value",
            Number,
            "by metric",
            "What is observed on the release."
        ),
        opt(
            "ci_low",
            Number,
            "by metric",
            "Lower end of its 95 % interval."
        ),
        opt(
            "ci_high",
            Number,
            "by metric",
            "Upper end of its 95 % interval."
        ),
        col("n", Integer, "count", "What the value rests on."),
        one_of(
            "outcome",
            false,
            "met, missed, not_conclusive, insufficient_data",
            "What came of it.",
        ),
    ],
};

/// The first cells of each row.
fn head(findings: &ReleaseFindings) -> Vec<Cell> {
    let mut row = window(&findings.scope);
    row.extend([
        Cell::text(&findings.release),
        Cell::text(&release_label(&findings.release)),
    ]);
    row
}

/// What was said and done.
pub(crate) fn release_timeline(findings: &ReleaseFindings) -> Result<Written> {
    let lines = findings.record.iter().flat_map(|kept| &kept.history);
    let rows = (1_u64..).zip(lines).map(|(place, line)| {
        let mut row = head(findings);
        row.extend([
            Cell::Count(place),
            Cell::text(&line.at),
            Cell::text_or_empty(line.by.as_deref()),
            Cell::text(&line.what),
            Cell::text_or_empty(line.reason.as_deref()),
        ]);
        row
    });
    write(&RELEASE_TIMELINE, &findings.scope, rows.collect())
}

/// Items: those of the score card, else of the plan, else of the record.
pub(crate) fn release_items(findings: &ReleaseFindings) -> Result<Written> {
    let kept = findings.record.as_ref();
    let plan = kept.and_then(|kept| kept.plan.as_ref());
    let card = findings.score_card.as_ref();
    let of_card = card.map_or(&[][..], |card| card.outcomes.as_slice());
    let cells: Vec<Vec<Cell>> = match (of_card.is_empty(), plan) {
        (false, _) => of_card.iter().map(outcome).collect(),
        (true, Some(plan)) => plan.items.iter().map(|item| planned(item, None)).collect(),
        (true, None) => {
            let items = kept.iter().flat_map(|kept| &kept.scope);
            let bare = items.map(|item| {
                let mut row = vec![
                    Cell::text(&item.item_id),
                    Cell::text_or_empty(item.title.as_deref()),
                ];
                row.extend([(); 12].map(|()| Cell::Empty));
                row
            });
            bare.collect()
        }
    };
    let rows = cells.into_iter().map(|own| [head(findings), own].concat());
    write(&RELEASE_ITEMS, &findings.scope, rows.collect())
}

fn outcome(found: &ItemOutcome) -> Vec<Cell> {
    planned(&found.item, Some(found))
}

fn planned(item: &PlannedItem, found: Option<&ItemOutcome>) -> Vec<Cell> {
    let days = |days: Option<f64>| Cell::real(days, 2);
    let observed = found.and_then(|found| Some((found, found.observed_users?)));
    let shipped = found.and_then(|found| found.shipped);
    let mut row = vec![
        Cell::text(&item.item_id),
        Cell::text_or_empty(item.title.as_deref()),
        Cell::text(&item.standing),
        shipped.map_or(Cell::Empty, |shipped| Cell::text(&shipped.to_string())),
        days(item.person_days_planned),
        days(item.person_days_now),
        days(found.and_then(|found| found.spent_person_days)),
        Cell::real(item.reach_users, 2),
        observed.map_or(Cell::Empty, |(_, users)| Cell::Count(users)),
    ];
    match observed {
        Some((found, _)) => {
            row.extend(estimate(&found.adoption, 6));
            row.push(Cell::Count(found.adoption.n));
        }
        None => row.extend([(); 4].map(|()| Cell::Empty)),
    }
    let why = found.and_then(|found| found.not_measurable.as_deref());
    row.push(Cell::text_or_empty(why));
    row
}

/// Goals.
pub(crate) fn release_goals(findings: &ReleaseFindings) -> Result<Written> {
    let goals = findings.score_card.iter().flat_map(|card| &card.goals);
    let rows = (1_u64..).zip(goals).map(|(place, found)| {
        let mut row = head(findings);
        row.push(Cell::Count(place));
        row.extend(goal(found));
        row
    });
    write(&RELEASE_GOALS, &findings.scope, rows.collect())
}

fn goal(found: &GoalOutcome) -> Vec<Cell> {
    let mut row = vec![
        Cell::text(&found.metric),
        Cell::text_or_empty(found.item.as_deref()),
        Cell::real(found.baseline, 6),
        Cell::real(Some(found.target), 6),
    ];
    row.extend(estimate(&found.observed, 6));
    row.extend([Cell::Count(found.observed.n), Cell::text(&found.outcome)]);
    row
}
