//! Backlogs and releases as tables: a row becomes a record. Columns are known by our own names and
//! by those of the usual trackers' exports ([`super::tracker`] says what these say in other ways).
//!
//! An empty estimate stays unknown; it never becomes 0.

use std::borrow::Cow;
use std::collections::VecDeque;

use jiff::tz::TimeZone;
use lake::{RawObject, Refusal, columns};
use serde_json::Value;

use crate::import::cell::{self, Form};
use crate::import::guard::unguarded;
use crate::import::header::{Columns, Field, fold, match_columns};
use crate::import::links::Links;
use crate::import::sheet::{Sheet, SheetRow};
use crate::import::source::File;
use crate::import::tracker::{Cells, Tool};
use crate::import::{Destination, Import, ImportError, Notes, Row, Rows, issues};
use crate::wire::native::{self, Context};
use crate::wire::split::Content;

/// What the rows of a table are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TableContent {
    /// Backlog items.
    Backlog,
    /// Releases.
    Releases,
}

type Column = (Field, Form);

const fn column(name: &'static str, form: Form, aliases: &'static [&'static str]) -> Column {
    (Field { name, aliases }, form)
}

const FACTOR_PREFIX: &str = "factor_";

/// Names in the exports of Jira, Linear, ClickUp, Trello, Asana, GitHub and Fider.
const BACKLOG: [Column; 24] = [
    column("app", Form::Text, &[]),
    column(
        "item_id",
        Form::Text,
        &[
            "issuekey",
            "key",
            // Dependencies name it, and a custom id may be missing.
            "taskid",
            "taskcustomid",
            "cardid",
            "id",
            "number",
            "issueid",
        ],
    ),
    column(
        "title",
        Form::Text,
        &["summary", "taskname", "cardname", "name"],
    ),
    column("kind", Form::Text, &["issuetype", "tasktype", "type"]),
    column(
        "status",
        Form::Status,
        &["state", "listname", "sectioncolumn"],
    ),
    column(
        columns::EFFORT_PERSON_DAYS,
        Form::Effort,
        &[
            "effort",
            "effortdays",
            "persondays",
            "days",
            "storypoints",
            "storypoint",
            "customfieldstorypoints",
            "customfieldstorypointestimate",
            "points",
            "sprintpoints",
            "estimate",
        ],
    ),
    column("team", Form::Text, &["components", "component", "area"]),
    column("owner", Form::Text, &["assignee", "assignees", "members"]),
    column(
        "depends_on",
        Form::List,
        &[
            "dependson",
            "inwardissuelinkblocks",
            "blockedby",
            "blockedbydependencies",
            "dependencies",
        ],
    ),
    column(
        columns::FACTOR_BUG_FIX,
        Form::Number,
        &["bugfix", "bugoruifix"],
    ),
    column(
        columns::FACTOR_STRATEGIC,
        Form::Number,
        &[
            "strategic",
            "strategicobjective",
            "factorstrategicobjective",
        ],
    ),
    column(columns::FACTOR_FEASIBILITY, Form::Number, &["feasibility"]),
    column(columns::FACTOR_DEPENDENCIES, Form::Number, &[]),
    column(columns::FACTOR_RESOURCES, Form::Number, &["resources"]),
    column(columns::FACTOR_COST, Form::Number, &["cost"]),
    column(
        columns::FACTOR_EXPECTED_RETURN,
        Form::Number,
        &["expectedreturn", "return"],
    ),
    column("reach_users", Form::Number, &["reach", "users"]),
    column("impact", Form::Impact, &[]),
    column("confidence", Form::Confidence, &[]),
    column("keywords", Form::List, &["keyword", "searchterms"]),
    column("feature_events", Form::List, &["events", "featureevent"]),
    column(
        "target",
        Form::Text,
        &[
            "targetrelease",
            "fixversions",
            "fixversion",
            "milestone",
            "projectmilestone",
        ],
    ),
    column("mandatory", Form::Truth, &["musthave", "required"]),
    column(
        columns::SPENT_PERSON_DAYS,
        Form::Effort,
        &["spent", "spentdays", "actualeffort", "actualpersondays"],
    ),
];

const RELEASES: [Column; 14] = [
    column("app", Form::Text, &[]),
    column(
        "version",
        Form::Text,
        &["release", "tagname", "tag", "name"],
    ),
    column("channel", Form::Text, &["track"]),
    column("environment", Form::Text, &["env"]),
    column("build", Form::Text, &["buildnumber", "versioncode"]),
    column(
        "planned_at",
        Form::Instant,
        &["planned", "planneddate", "duedate", "startdate"],
    ),
    column(
        "released_at",
        Form::Instant,
        &["releasedate", "released", "publishedat", "date", "at"],
    ),
    column("rollout", Form::Word, &["rolloutpath"]),
    column("stages", Form::Json, &["rolloutstages"]),
    column("scope", Form::List, &["items", "itemids"]),
    column("goals", Form::Goals, &["goal"]),
    column("owner", Form::Text, &["driver", "lead", "author"]),
    column(
        "notes",
        Form::Text,
        &["description", "body", "releasenotes"],
    ),
    column("checklist", Form::Json, &[]),
];

/// The largest backlog: its rows speak of each other, and so are held together.
const BACKLOG_BYTES_MAX: usize = 128 << 20;

struct Table {
    sheet: Sheet,
    columns: Columns,
    fields: &'static [Column],
    /// The names of the columns, folded.
    names: Vec<String>,
    backlog: Option<Backlog>,
    remarks: Vec<String>,
    zone: TimeZone,
    /// Whether it is a sheet of `export csv backlog`, which says what was said.
    is_ours: bool,
}

/// Columns that sheets of our own have, and hardly any other.
const OURS: [&str; 3] = [
    columns::EFFORT_PERSON_DAYS,
    columns::FEATURE_EVENTS,
    columns::SPENT_PERSON_DAYS,
];

/// The rows of a backlog, and what they say of each other.
struct Backlog {
    tool: Option<Tool>,
    rows: VecDeque<SheetRow>,
    links: Links,
}

/// Opens a table of backlog items or releases and reads its header; a backlog may also be a list in
/// JSON, as `gh issue list --json` writes it. `map` says `(field, column)` where the columns have names
/// of their own; `zone` is that of instants that name none.
///
/// # Errors
/// [`ImportError`] when the file cannot be read, or lacks the columns that name a row.
pub fn table(
    file: File,
    into: Destination,
    what: TableContent,
    map: &[(String, String)],
    zone: TimeZone,
) -> Result<Import, ImportError> {
    let (file, is_list) = issues::is_list(file)?;
    if is_list && what == TableContent::Backlog {
        return issues::issues(file, into);
    }
    let sheet = Sheet::open(file)?;
    let (columns, required, content): (&'static [Column], &[&str], _) = match what {
        TableContent::Backlog => (&BACKLOG, &["item_id", "title"], Content::Backlog),
        TableContent::Releases => (&RELEASES, &["version"], Content::Releases),
    };
    let folded: Vec<String> = sheet.header().iter().map(|name| fold(name)).collect();
    let tool = Tool::of(&folded).filter(|_| what == TableContent::Backlog);
    let plain = |name: &String| {
        tool.map_or(name.as_str(), |tool| tool.plain(name))
            .to_owned()
    };
    let header: Vec<String> = sheet.header().iter().map(plain).collect();
    let fields: Vec<Field> = columns.iter().map(|(field, _)| *field).collect();
    let mut matched = match_columns(&header, &fields, map)?;
    if let Some(missing) = required.iter().find(|field| !matched.has(field)) {
        let there = sheet.header().join(", ");
        let message = format!(
            "no column holds {missing}; columns are {there}. Name it: --map {missing}=COLUMN"
        );
        return Err(ImportError::Header { message });
    }
    let read = tool.map_or(&[][..], Tool::reads);
    matched
        .unmatched
        .retain(|name| !read.contains(&fold(name).as_str()));
    let told = tool.map(|tool| format!("taken as an export of {}", tool.name()));
    let unit = effort_unit(&matched.names(columns::EFFORT_PERSON_DAYS, sheet.header()));
    let is_ours = OURS
        .iter()
        .all(|name| sheet.header().iter().any(|column| column == name));
    let mut rows = Table {
        is_ours,
        sheet,
        columns: matched,
        fields: columns,
        names: header.iter().map(|name| fold(name)).collect(),
        backlog: None,
        remarks: told.into_iter().chain(unit).collect(),
        zone,
    };
    if what == TableContent::Backlog {
        rows.backlog = Some(rows.backlog(tool)?);
    }
    Ok(Import::new(rows, into, content))
}

/// What a plain number in the column of the estimate is, told by the column's name.
fn effort_unit(names: &[String]) -> Option<String> {
    let name = names.first()?;
    let folded = fold(name);
    (folded.contains("point") || folded == "estimate").then(|| {
        format!(
            "{} is read from {name:?}, taken as points, one a person-day",
            columns::EFFORT_PERSON_DAYS
        )
    })
}

impl Rows for Table {
    fn next_row(&mut self, context: &Context<'_>) -> Result<Option<Row>, ImportError> {
        let next = match &mut self.backlog {
            Some(backlog) => backlog.rows.pop_front(),
            None => self.sheet.next_row()?,
        };
        let Some(row) = next else {
            return Ok(None);
        };
        let record = match self.object(&row) {
            Ok(object) => native::check_object(&object, &row.raw, context),
            Err(refusal) => native::refused(refusal, None, &row.raw, context),
        };
        Ok(Some(Row {
            record,
            bytes: row.raw.len(),
        }))
    }

    fn bytes_read(&self) -> u64 {
        self.sheet.bytes_read()
    }

    fn notes(&self) -> Notes {
        Notes {
            columns: self.columns.describe(self.sheet.header()),
            unmatched_columns: self.columns.unmatched.clone(),
            lossy_rows: self.sheet.lossy_rows(),
            wide_rows: self.sheet.wide_rows().clone(),
            remarks: self.remarks.clone(),
            ..Notes::default()
        }
    }
}

impl Table {
    /// Reads all rows.
    fn backlog(&mut self, tool: Option<Tool>) -> Result<Backlog, ImportError> {
        let (mut rows, mut links, mut bytes) = (VecDeque::new(), Links::default(), 0_usize);
        while let Some(mut row) = self.sheet.next_row()? {
            for cell in &mut row.cells {
                let was = unguarded(cell).len();
                cell.drain(..cell.len() - was);
            }
            bytes = bytes.saturating_add(row.raw.len());
            if bytes > BACKLOG_BYTES_MAX {
                let most = BACKLOG_BYTES_MAX >> 20;
                let message = format!("a backlog has at most {most} MiB: import it in parts");
                return Err(ImportError::Header { message });
            }
            let of = |field| self.columns.first(field, &row.cells).unwrap_or_default();
            let waiting = tool
                .into_iter()
                .flat_map(|tool| self.cells(&row).all(tool.blocks()));
            links.take((of(columns::ITEM_ID), of("title")), waiting);
            rows.push_back(row);
        }
        Ok(Backlog { tool, rows, links })
    }

    fn cells<'r>(&'r self, row: &'r SheetRow) -> Cells<'r> {
        Cells {
            names: &self.names,
            cells: &row.cells,
        }
    }

    /// A row in native field names.
    fn object(&self, row: &SheetRow) -> Result<RawObject, Refusal> {
        let mut object = RawObject::new();
        let mut factors = RawObject::new();
        for (field, form) in self.fields {
            let cells: Vec<&str> = self.columns.all(field.name, &row.cells).collect();
            if cells.is_empty() {
                continue;
            }
            // The status of a sheet of others may say that it will not be done, in their words.
            let form = match form {
                Form::Status if self.is_ours => Form::Text,
                other => *other,
            };
            let has_comma = self.is_ours && self.sheet.has_decimal_comma() && form.is_number();
            let read = cells.iter().copied().map(|cell| match has_comma {
                true => cell::with_decimal_point(cell),
                false => Cow::Borrowed(cell),
            });
            let read: Vec<Cow<'_, str>> = read.collect();
            let read: Vec<&str> = read.iter().map(AsRef::as_ref).collect();
            let value = cell::value(field.name, form, &read, &self.zone)?;
            match field.name.strip_prefix(FACTOR_PREFIX) {
                Some(factor) => factors.insert(factor.to_owned(), value),
                None => object.insert(field.name.to_owned(), value),
            };
        }
        if !factors.is_empty() {
            object.insert("factors".to_owned(), Value::Object(factors));
        }
        if let Some(backlog) = &self.backlog {
            if let Some(tool) = backlog.tool {
                tool.finish(self.cells(row), &mut object);
            }
            let id = self
                .columns
                .first(columns::ITEM_ID, &row.cells)
                .unwrap_or_default();
            let cells: Vec<&str> = self.columns.all(columns::DEPENDS_ON, &row.cells).collect();
            backlog.links.finish(id, &cells, &mut object);
        }
        Ok(object)
    }
}
