//! An accepted plan as the import file of a team's tracker: a CSV with the columns that the tracker's
//! own importer reads.
//!
//! | tool | columns |
//! |---|---|
//! | Jira | `Summary`, `Issue key`, `Issue Type`, `Status`, `Fix versions`, `Assignee`, `Components`, `Original Estimate` in seconds, `Description`, one `Inward issue link (Blocks)` a dependency |
//! | Linear | `ID`, `Team`, `Title`, `Description`, `Status`, `Estimate` in person-days, `Assignee`, `Labels`, `Project`, `Blocked by` |
//! | ClickUp | `Task ID`, `Task Name`, `Task Content`, `Status`, `Assignees`, `Tags`, `List Name`, `Time Estimated` in milliseconds, `Dependencies` |
//! | GitHub | `title`, `body`, `labels`, `assignees`, `milestone`, `state`, as importers of issues read them; GitHub itself imports no file |
//!
//! The description carries what a tracker has no field for: goal and acceptance metric, evidence with
//! its n, dependencies, the figures at acceptance. Text is guarded against formulas; `shipwake import
//! backlog` takes the guard off again.

use analysis::findings::{PlannedItem, ReleaseShown, ScoredItem};

use crate::number;
use crate::table::guard::guarded;
use crate::table::quoted;
use crate::text::clean;
use crate::wording;

/// A tracker that imports plans.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tracker {
    /// Atlassian Jira.
    Jira,
    /// GitHub issues.
    Github,
    /// Linear.
    Linear,
    /// ClickUp.
    ClickUp,
}

/// Working hours of a person-day, as the import of estimates takes them.
const SECONDS_PER_PERSON_DAY: f64 = 8.0 * 3600.0;

/// The items that are in the accepted plan of a release now, as the tracker's import file.
/// `open` tells what evidence there is, of items that are still open.
#[must_use]
pub fn plan_export(tracker: Tracker, shown: &ReleaseShown, open: &[ScoredItem]) -> Vec<u8> {
    let items = shown.plan.iter().flat_map(|plan| &plan.items);
    let items: Vec<Item<'_>> = items
        .filter(|item| item.standing != "removed")
        .map(|planned| Item {
            shown,
            planned,
            scored: open.iter().find(|one| one.item_id == planned.item_id),
        })
        .collect();
    let links = items.iter().map(|item| item.depends_on().len()).max();
    let links = links.unwrap_or(0);
    let mut out = row(heading(tracker, links).into_iter().map(str::to_owned));
    for item in &items {
        let cells = item.cells(tracker, links).into_iter();
        out.push_str(&row(cells.map(|cell| guarded_lines(&cell))));
    }
    out.into_bytes()
}

fn row(cells: impl Iterator<Item = String>) -> String {
    let cells: Vec<String> = cells.map(|cell| quoted(&cell)).collect();
    format!("{}\r\n", cells.join(","))
}

fn heading(tracker: Tracker, links: usize) -> Vec<&'static str> {
    match tracker {
        Tracker::Jira => {
            let mut names = vec![
                "Summary",
                "Issue key",
                "Issue Type",
                "Status",
                "Fix versions",
                "Assignee",
                "Components",
                "Original Estimate",
                "Description",
            ];
            names.extend(std::iter::repeat_n("Inward issue link (Blocks)", links));
            names
        }
        Tracker::Linear => vec![
            "ID",
            "Team",
            "Title",
            "Description",
            "Status",
            "Estimate",
            "Assignee",
            "Labels",
            "Project",
            "Blocked by",
        ],
        Tracker::ClickUp => vec![
            "Task ID",
            "Task Name",
            "Task Content",
            "Status",
            "Assignees",
            "Tags",
            "List Name",
            "Time Estimated",
            "Dependencies",
        ],
        Tracker::Github => vec!["title", "body", "labels", "assignees", "milestone", "state"],
    }
}

/// An item of the plan, and what is known of it.
struct Item<'a> {
    shown: &'a ReleaseShown,
    planned: &'a PlannedItem,
    scored: Option<&'a ScoredItem>,
}

impl Item<'_> {
    fn cells(&self, tracker: Tracker, links: usize) -> Vec<String> {
        let id = self.planned.item_id.clone();
        let of = |get: fn(&ScoredItem) -> Option<&str>| {
            self.scored.and_then(get).unwrap_or_default().to_owned()
        };
        let title = self.planned.title.clone().unwrap_or_else(|| id.clone());
        let (kind, team) = (
            of(|item| item.kind.as_deref()),
            of(|item| item.team.as_deref()),
        );
        let (owner, status) = (
            of(|item| item.owner.as_deref()),
            of(|item| item.status.as_deref()),
        );
        let release = self.shown.release.clone();
        let depends_on = self.depends_on();
        let about = self.about();
        match tracker {
            Tracker::Jira => {
                let estimate = self.estimate(Some(SECONDS_PER_PERSON_DAY));
                let mut cells = vec![
                    title, id, kind, status, release, owner, team, estimate, about,
                ];
                cells.extend_from_slice(depends_on);
                cells.resize(heading(tracker, links).len(), String::new());
                cells
            }
            Tracker::Linear => {
                let (estimate, blocked) = (self.estimate(None), depends_on.join(", "));
                vec![
                    id, team, title, about, status, estimate, owner, kind, release, blocked,
                ]
            }
            Tracker::ClickUp => {
                let estimate = self.estimate(Some(1000.0 * SECONDS_PER_PERSON_DAY));
                let list = |items: &[String]| format!("[{}]", items.join(","));
                let owners = if owner.is_empty() {
                    Vec::new()
                } else {
                    vec![owner]
                };
                let tags: Vec<String> = [kind, team]
                    .into_iter()
                    .filter(|tag| !tag.is_empty())
                    .collect();
                let (owners, tags) = (list(&owners), list(&tags));
                let needs = list(depends_on);
                vec![
                    id, title, about, status, owners, tags, release, estimate, needs,
                ]
            }
            Tracker::Github => {
                let estimate = self.estimate(None);
                let points = (!estimate.is_empty()).then(|| format!("sp:{estimate}"));
                let labels: Vec<String> = [Some(kind), Some(team), points]
                    .into_iter()
                    .flatten()
                    .filter(|label| !label.is_empty())
                    .collect();
                let title = format!("{id}: {title}");
                let state = "open".to_owned();
                vec![title, about, labels.join(","), owner, release, state]
            }
        }
    }

    fn depends_on(&self) -> &[String] {
        self.scored.map_or(&[], |item| item.depends_on.as_slice())
    }

    /// The person-days, or so many times a unit, whole; empty where they are unknown.
    fn estimate(&self, unit: Option<f64>) -> String {
        let days = self.planned.person_days_now;
        days.map_or_else(String::new, |days| match unit {
            None => days.to_string(),
            Some(unit) => (days * unit).round().to_string(),
        })
    }

    /// What the tracker has no field for, a line each.
    fn about(&self) -> String {
        let mut lines = Vec::new();
        let goals = self.shown.goals.iter();
        let own = goals.filter(|goal| goal.item.as_ref() == Some(&self.planned.item_id));
        for goal in own {
            let from = goal.baseline.map_or_else(String::new, |baseline| {
                format!(", now {}", wording::goal_value(&goal.metric, baseline))
            });
            lines.push(format!(
                "Accepted when: {} reaches {}{from}",
                wording::goal_name(&goal.metric),
                wording::goal_value(&goal.metric, goal.target)
            ));
        }
        if lines.is_empty() {
            lines.push("Accepted when: no goal is named yet".to_owned());
        }
        if let Some(scored) = self.scored.filter(|scored| scored.evidence.users > 0) {
            let evidence = &scored.evidence;
            lines.push(format!(
                "Evidence: {} in {}",
                wording::counted(evidence.users, "user", "users"),
                wording::counted(evidence.pieces, "piece of feedback", "pieces of feedback")
            ));
            lines.extend(evidence.quotes.iter().map(|quote| format!("> {quote}")));
        }
        if let Some(reach) = self.planned.reach_users {
            lines.push(format!("Predicted reach: {} users", number::plain(reach)));
        }
        if !self.depends_on().is_empty() {
            lines.push(format!("Depends on: {}", self.depends_on().join(", ")));
        }
        if let Some(reason) = &self.planned.reason {
            lines.push(format!("By hand: {reason}"));
        }
        let lines: Vec<String> = lines.iter().map(|line| clean(line)).collect();
        lines.join("\n")
    }
}

/// Guarded against formulas line by line, so that a text of several lines stays one.
fn guarded_lines(cell: &str) -> String {
    let lines: Vec<String> = cell.lines().map(|line| guarded(line).0).collect();
    lines.join("\n")
}
