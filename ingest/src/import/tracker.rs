//! Which tool a backlog comes from, and what its rows say in other ways than one column a field.
//!
//! | tool | told by | closed | estimate, where no column of points has one | votes |
//! |---|---|---|---|---|
//! | Jira | `Issue key`, `Summary` | `Resolution`, `Status Category` Done, an outward link Duplicate | `Original Estimate`, seconds or `38h` | `Votes` |
//! | Linear | `Cycle Name`, `ID`, `Title` | `Completed`, `Canceled`, `Duplicate of` | – | – |
//! | ClickUp | `Task ID`, `Task Name` | its status | `Time Estimated`, milliseconds | – |
//! | Trello | `Card ID`, `Card Name` | `Archived` | `[8pts]` or `(8)` around the name, a label `sp:8` | – |
//! | Asana | `Task ID`, `Section/Column` | `Completed At` | – | – |
//! | Fider | `original_number`, `votes_count` | its status, `original_number` | – | `votes_count` |
//!
//! What is there twice is closed: the other one stands for it. Votes are people who want it: its reach,
//! where no column says one; none means nothing, since most teams do not vote.

use lake::{RawObject, columns};
use serde_json::Value;

use crate::import::cell::{self, number};
use crate::import::header::fold;

/// A tool that exports backlogs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tool {
    Jira,
    Linear,
    ClickUp,
    Trello,
    Asana,
    Fider,
}

/// Resolutions of what will never be there, folded.
const NOT_DONE: [&str; 9] = [
    "wontdo",
    "wontfix",
    "duplicate",
    "cannotreproduce",
    "declined",
    "canceled",
    "cancelled",
    "incomplete",
    "invalid",
];

/// What ClickUp appends to the names of a team's own fields.
const FIELD_TYPES: [&str; 12] = [
    "number",
    "drop down",
    "labels",
    "short text",
    "text",
    "checkbox",
    "currency",
    "date",
    "users",
    "url",
    "formula",
    "list relationship",
];

const CLOSED: &str = "closed";
const DONE: &str = "done";

/// A row by the names of its columns.
#[derive(Clone, Copy)]
pub(crate) struct Cells<'r> {
    /// The names, folded.
    pub(crate) names: &'r [String],
    pub(crate) cells: &'r [String],
}

impl<'r> Cells<'r> {
    /// The filled cells of the columns of a name, which is folded.
    pub(crate) fn all(self, name: &'r str) -> impl Iterator<Item = &'r str> {
        let named = self.names.iter().zip(self.cells);
        let cells = named.filter(move |(there, _)| *there == name);
        cells
            .map(|(_, cell)| cell.trim())
            .filter(|cell| !cell.is_empty())
    }

    fn first(self, name: &'r str) -> Option<&'r str> {
        self.all(name).next()
    }
}

impl Tool {
    /// The tool that gives its columns these names, folded.
    pub(crate) fn of(names: &[String]) -> Option<Self> {
        let has = |wanted: &[&str]| {
            let is_there = |wanted: &&str| names.iter().any(|name| name == *wanted);
            wanted.iter().all(is_there)
        };
        let signs: [(&[&str], Self); 6] = [
            (&["issuekey", "summary"], Self::Jira),
            (&["cyclename", "id", "title"], Self::Linear),
            (&["taskid", "taskname"], Self::ClickUp),
            (&["cardid", "cardname"], Self::Trello),
            (&["taskid", "sectioncolumn"], Self::Asana),
            (&["originalnumber", "votescount"], Self::Fider),
        ];
        let found = signs.into_iter().find(|(signs, _)| has(signs));
        found.map(|(_, tool)| tool)
    }

    /// As it calls itself.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Jira => "Jira",
            Self::Linear => "Linear",
            Self::ClickUp => "ClickUp",
            Self::Trello => "Trello",
            Self::Asana => "Asana",
            Self::Fider => "Fider",
        }
    }

    /// A column's name without what the tool appends to it.
    pub(crate) fn plain(self, name: &str) -> &str {
        let parted = name
            .strip_suffix(')')
            .and_then(|name| name.rsplit_once(" ("));
        match parted {
            Some((plain, kind)) if self == Self::ClickUp && FIELD_TYPES.contains(&kind) => plain,
            _ => name,
        }
    }

    /// Columns that are read beside those of the fields, folded.
    pub(crate) fn reads(self) -> &'static [&'static str] {
        match self {
            Self::Jira => &[
                "resolution",
                "statuscategory",
                "originalestimate",
                "timespent",
                "votes",
                "outwardissuelinkblocks",
                "outwardissuelinkduplicate",
            ],
            Self::Linear => &["completed", "canceled", "duplicateof"],
            Self::ClickUp => &["timeestimated", "timelogged"],
            Self::Trello => &["archived", "labels"],
            Self::Asana => &["completedat"],
            Self::Fider => &["votescount", "originalnumber"],
        }
    }

    /// Columns that name the items which wait for this one, folded.
    pub(crate) fn blocks(self) -> &'static str {
        match self {
            Self::Jira => "outwardissuelinkblocks",
            _ => "blocking",
        }
    }

    /// Puts in what a row says beside the columns of the fields.
    pub(crate) fn finish(self, row: Cells<'_>, object: &mut RawObject) {
        if let Some(end) = self.end(row) {
            let known = object
                .get(columns::STATUS)
                .and_then(Value::as_str)
                .map(fold);
            let says_so = known.is_some_and(|known| known == end || end == DONE && is_end(&known));
            if !says_so {
                object.insert(columns::STATUS.to_owned(), end.into());
            }
        }
        if !object.contains_key(columns::EFFORT_PERSON_DAYS)
            && let Some(effort) = self.effort(row)
        {
            object.insert(columns::EFFORT_PERSON_DAYS.to_owned(), effort.into());
        }
        if !object.contains_key(columns::SPENT_PERSON_DAYS)
            && let Some(spent) = self.spent(row)
        {
            object.insert(columns::SPENT_PERSON_DAYS.to_owned(), spent.into());
        }
        let votes = match self {
            Self::Jira => row.first("votes"),
            Self::Fider => row.first("votescount"),
            _ => None,
        };
        let votes = votes.and_then(number).filter(|votes| *votes > 0.0);
        if let Some(votes) = votes.filter(|_| !object.contains_key(columns::REACH_USERS)) {
            object.insert(columns::REACH_USERS.to_owned(), votes.into());
        }
    }

    /// Whether it has ended, and as what.
    fn end(self, row: Cells<'_>) -> Option<&'static str> {
        let is = |name: &'static str| row.first(name).is_some();
        let (is_closed, is_done) = match self {
            Self::Jira => {
                let resolution = row.first("resolution").map(fold);
                let resolution = resolution.filter(|word| word != "unresolved");
                let is_dropped = resolution
                    .as_deref()
                    .is_some_and(|word| NOT_DONE.contains(&word));
                let category = row.first("statuscategory").map(fold);
                (
                    is_dropped || is("outwardissuelinkduplicate"),
                    resolution.is_some() || category.as_deref() == Some("done"),
                )
            }
            Self::Linear => (is("canceled") || is("duplicateof"), is("completed")),
            Self::ClickUp => (false, false),
            Self::Trello => {
                let archived = row.first("archived").map(str::to_lowercase);
                let archived = archived.as_deref();
                (matches!(archived, Some("true" | "yes" | "1")), false)
            }
            Self::Asana => (false, is("completedat")),
            Self::Fider => (is("originalnumber"), false),
        };
        match (is_closed, is_done) {
            (true, _) => Some(CLOSED),
            (false, true) => Some(DONE),
            (false, false) => None,
        }
    }

    /// The estimate in person-days, where no column of its own has one.
    fn effort(self, row: Cells<'_>) -> Option<f64> {
        match self {
            Self::Jira => of_seconds(row.first("originalestimate")?),
            Self::ClickUp => of_milliseconds(row.first("timeestimated")?),
            Self::Trello => {
                let name = row.first("cardname").and_then(points_around);
                let labels = row.first("labels").into_iter();
                let mut labels = labels.flat_map(|labels| labels.split([',', ';']));
                name.or_else(|| labels.find_map(points_of_label))
            }
            Self::Linear | Self::Asana | Self::Fider => None,
        }
        // A plan cannot hold what takes no time: nothing was estimated.
        .filter(|days| *days > 0.0)
    }

    /// The person-days that were logged.
    fn spent(self, row: Cells<'_>) -> Option<f64> {
        match self {
            Self::Jira => of_seconds(row.first("timespent")?),
            Self::ClickUp => of_milliseconds(row.first("timelogged")?),
            Self::Linear | Self::Trello | Self::Asana | Self::Fider => None,
        }
        // Nothing logged is nothing known.
        .filter(|days| *days > 0.0)
    }
}

/// Person-days of a time in seconds, or with a unit.
fn of_seconds(time: &str) -> Option<f64> {
    let seconds = number(time).map(|seconds| seconds / cell::SECONDS_PER_PERSON_DAY);
    seconds.or_else(|| cell::effort(time))
}

fn of_milliseconds(time: &str) -> Option<f64> {
    Some(number(time)? / 1000.0 / cell::SECONDS_PER_PERSON_DAY)
}

/// Whether a status, folded, is a word for an end.
fn is_end(word: &str) -> bool {
    const ENDS: [&str; 9] = [
        "done",
        "closed",
        "resolved",
        "complete",
        "completed",
        "released",
        "shipped",
        "fixed",
        "deployed",
    ];
    ENDS.contains(&word)
}

/// Points in brackets at the beginning or the end of a name: `[8pts] Search`, `Search (8)`.
fn points_around(name: &str) -> Option<f64> {
    let name = name.trim();
    let inner = |text: &str, open: char, close: char| -> Option<f64> {
        let first = text
            .strip_prefix(open)
            .and_then(|rest| rest.split_once(close));
        let last = text
            .strip_suffix(close)
            .and_then(|rest| rest.rsplit_once(open));
        let of_first = first.and_then(|(points, _)| points_of(points));
        of_first.or_else(|| last.and_then(|(_, points)| points_of(points)))
    };
    inner(name, '[', ']').or_else(|| inner(name, '(', ')'))
}

/// `8`, `8pts`, `8 points`.
fn points_of(text: &str) -> Option<f64> {
    let text = text.trim().to_lowercase();
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic() || c == ' ');
    let unit = text.get(digits.len()..).unwrap_or_default().trim();
    let is_unit = ["", "p", "pt", "pts", "point", "points", "sp"].contains(&unit);
    let points = digits.parse::<f64>().ok().filter(|_| is_unit)?;
    (0.0..=1_000.0).contains(&points).then_some(points)
}

/// `sp:8`, `points: 8`, `estimate/8`, `8pts`; a number alone is no estimate.
pub(crate) fn points_of_label(label: &str) -> Option<f64> {
    let label = label.trim().to_lowercase();
    if let Some((name, value)) = label.split_once([':', '/', '=']) {
        let is_ours =
            ["sp", "points", "storypoints", "estimate", "effort"].contains(&fold(name).as_str());
        return is_ours.then(|| points_of(value)).flatten();
    }
    let has_unit = label.ends_with(|c: char| c.is_ascii_alphabetic());
    has_unit.then(|| points_of(&label)).flatten()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn points_are_read_where_people_write_them() {
        for (name, points) in [
            ("[8pts] Search", Some(8.0)),
            ("(3) Search", Some(3.0)),
            ("Search (0.5)", Some(0.5)),
            ("Search [13 points]", Some(13.0)),
            ("Search (new)", None),
            ("Search in 2024 (draft 2)", None),
            ("Search", None),
            ("(", None),
        ] {
            assert_eq!(points_around(name), points, "{name}");
        }
        for (label, points) in [
            ("sp:5", Some(5.0)),
            ("Story Points: 8", Some(8.0)),
            ("estimate/2", Some(2.0)),
            ("3pts", Some(3.0)),
            ("2024", None),
            ("v:2", None),
            ("bug", None),
        ] {
            assert_eq!(points_of_label(label), points, "{label}");
        }
    }

    #[test]
    fn tools_are_told_by_columns_that_no_other_has() {
        let of = |header: &str| {
            let names: Vec<String> = header.split(',').map(fold).collect();
            Tool::of(&names)
        };
        assert_eq!(of("Summary,Issue key,Votes"), Some(Tool::Jira));
        assert_eq!(of("ID,Team,Title,Cycle Name"), Some(Tool::Linear));
        assert_eq!(of("Task ID,Task Custom ID,Task Name"), Some(Tool::ClickUp));
        assert_eq!(of("Task ID,Name,Section/Column"), Some(Tool::Asana));
        assert_eq!(of("id,title,effort"), None);
    }

    #[test]
    fn an_end_that_the_status_says_already_keeps_its_word() {
        let names: Vec<String> = ["resolution", "statuscategory"].map(str::to_owned).into();
        let ended = |status: &str, cells: [&str; 2]| {
            let cells = cells.map(str::to_owned);
            let row = Cells {
                names: &names,
                cells: &cells,
            };
            let mut object = json!({"status": status}).as_object().unwrap().clone();
            Tool::Jira.finish(row, &mut object);
            object["status"].as_str().unwrap().to_owned()
        };
        assert_eq!(ended("Released", ["Done", "Done"]), "Released");
        assert_eq!(ended("In production", ["", "Done"]), "done");
        assert_eq!(ended("Closed", ["Won't Do", "Done"]), "Closed");
        assert_eq!(ended("Open", ["Won't Do", ""]), "closed");
        assert_eq!(ended("Open", ["Unresolved", "To Do"]), "Open");
    }
}
