//! Backlogs and releases as tables: a row becomes a record. Columns are known by our own names and
//! by those of the usual trackers' exports.
//!
//! An empty estimate stays unknown; it never becomes 0.

use jiff::tz::TimeZone;
use lake::{RawObject, Refusal, columns};
use serde_json::Value;

use crate::import::cell::{self, Form};
use crate::import::header::{Columns, Field, fold, match_columns};
use crate::import::sheet::{Sheet, SheetRow};
use crate::import::source::File;
use crate::import::{Destination, Import, ImportError, Notes, Row, Rows};
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

const EFFORT: &str = "effort_person_days";
const FACTOR_PREFIX: &str = "factor_";

/// Names in the exports of Jira, Linear, ClickUp, Trello, Asana, GitHub and Fider.
const BACKLOG: [Column; 23] = [
    column("app", Form::Text, &[]),
    column(
        "item_id",
        Form::Text,
        &[
            "issuekey",
            "key",
            "taskcustomid",
            "taskid",
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
        EFFORT,
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
            "estimate",
            "originalestimate",
            "timeestimated",
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

/// Columns that are estimates in another unit unless they name one.
const SECONDS: [&str; 2] = ["originalestimate", "remainingestimate"];
const MILLISECONDS: [&str; 1] = ["timeestimated"];
const SECONDS_PER_PERSON_DAY: f64 = 8.0 * 3600.0;

struct Table {
    sheet: Sheet,
    columns: Columns,
    fields: &'static [Column],
    /// By how much a plain number in the column of the estimate is divided.
    effort_divisor: f64,
    remarks: Vec<String>,
    zone: TimeZone,
}

/// Opens a table of backlog items or releases and reads its header. `map` says `(field, column)`
/// where the columns have names of their own; `zone` is that of instants that name none.
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
    let sheet = Sheet::open(file)?;
    let (columns, required, content): (&'static [Column], &[&str], _) = match what {
        TableContent::Backlog => (&BACKLOG, &["item_id", "title"], Content::Backlog),
        TableContent::Releases => (&RELEASES, &["version"], Content::Releases),
    };
    let fields: Vec<Field> = columns.iter().map(|(field, _)| *field).collect();
    let matched = match_columns(sheet.header(), &fields, map)?;
    if let Some(missing) = required.iter().find(|field| !matched.has(field)) {
        let there = sheet.header().join(", ");
        let message = format!(
            "no column holds {missing}; columns are {there}. Name it: --map {missing}=COLUMN"
        );
        return Err(ImportError::Header { message });
    }
    let (effort_divisor, remarks) = effort_unit(&matched.names(EFFORT, sheet.header()));
    let rows = Table {
        sheet,
        columns: matched,
        fields: columns,
        effort_divisor,
        remarks,
        zone,
    };
    Ok(Import::new(rows, into, content))
}

/// What a plain number in the column of the estimate is, told by the column's name.
fn effort_unit(names: &[String]) -> (f64, Vec<String>) {
    let Some(name) = names.first() else {
        return (1.0, Vec::new());
    };
    let folded = fold(name);
    let (divisor, unit) = if SECONDS.contains(&folded.as_str()) {
        (SECONDS_PER_PERSON_DAY, "seconds, 8 hours a person-day")
    } else if MILLISECONDS.contains(&folded.as_str()) {
        (
            SECONDS_PER_PERSON_DAY * 1000.0,
            "milliseconds, 8 hours a person-day",
        )
    } else if folded.contains("point") || folded == "estimate" {
        (1.0, "points, one a person-day")
    } else {
        return (1.0, Vec::new());
    };
    (
        divisor,
        vec![format!("{EFFORT} is read from {name:?}, taken as {unit}")],
    )
}

impl Rows for Table {
    fn next_row(&mut self, context: &Context<'_>) -> Result<Option<Row>, ImportError> {
        let Some(row) = self.sheet.next_row()? else {
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
            wide_rows: self.sheet.wide_rows(),
            remarks: self.remarks.clone(),
            ..Notes::default()
        }
    }
}

impl Table {
    /// A row in native field names.
    fn object(&self, row: &SheetRow) -> Result<RawObject, Refusal> {
        let mut object = RawObject::new();
        let mut factors = RawObject::new();
        for (field, form) in self.fields {
            let cells: Vec<&str> = self.columns.all(field.name, &row.cells).collect();
            if cells.is_empty() {
                continue;
            }
            let mut value = cell::value(field.name, *form, &cells, &self.zone)?;
            if field.name == EFFORT
                && let Some(plain) = cells.first().and_then(|c| cell::number(c))
            {
                value = Value::from(plain / self.effort_divisor);
            }
            match field.name.strip_prefix(FACTOR_PREFIX) {
                Some(factor) => factors.insert(factor.to_owned(), value),
                None => object.insert(field.name.to_owned(), value),
            };
        }
        if !factors.is_empty() {
            object.insert("factors".to_owned(), Value::Object(factors));
        }
        Ok(object)
    }
}
