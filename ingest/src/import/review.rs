//! Reviews as app stores and the tools around them export them: a row becomes a piece of feedback.
//!
//! Who wrote a review and what the developer answered are not stored: only that and when there was
//! an answer. A review that is exported again with another rating, text or reply is a new revision
//! of the same feedback.

use jiff::tz::TimeZone;
use lake::{RawObject, Refusal, RefusalReason};
use serde_json::Value;

use crate::import::cell;
use crate::import::header::{Columns, Field, fold, match_columns};
use crate::import::instant::{read_instant, write_instant};
use crate::import::sheet::{Sheet, SheetRow};
use crate::import::source::File;
use crate::import::stable_id::StableIds;
use crate::import::{Destination, Import, ImportError, Notes, Row, Rows};
use crate::wire::native::{self, Context};
use crate::wire::split::Content;

/// Names of columns in the exports of Google Play (its console and the usual scrapers), of the App
/// Store and of review tools.
const FIELDS: [Field; 11] = [
    Field {
        name: "event_id",
        aliases: &["reviewid", "id", "reviewlink", "uuid"],
    },
    Field {
        name: "score",
        aliases: &["rating", "starrating", "stars", "star", "reviewrating"],
    },
    Field {
        name: "text",
        aliases: &[
            "content",
            "reviewtext",
            "review",
            "body",
            "reviewbody",
            "comment",
            "reviewcontent",
        ],
    },
    Field {
        name: "title",
        aliases: &["reviewtitle", "subject"],
    },
    Field {
        name: "occurred_at",
        aliases: &[
            "at",
            "date",
            "reviewdate",
            "reviewlastupdatedateandtime",
            "reviewsubmitdateandtime",
            "submittedat",
            "submissiondate",
            "createdat",
            "createddate",
            "created",
            "timestamp",
            "time",
            "updated",
            "updatedat",
            "lastmodifieddate",
        ],
    },
    Field {
        name: "release",
        aliases: &[
            "reviewcreatedversion",
            "version",
            "appversionname",
            "reviewversion",
        ],
    },
    Field {
        name: "app_version",
        aliases: &[],
    },
    Field {
        name: "build",
        aliases: &["appversioncode"],
    },
    Field {
        name: "replied_at",
        aliases: &[
            "developerreplydateandtime",
            "replydate",
            "developerresponsedate",
        ],
    },
    Field {
        name: "votes",
        aliases: &[
            "thumbsupcount",
            "thumbsup",
            "votesum",
            "helpful",
            "helpfulcount",
            "likes",
        ],
    },
    Field {
        name: "locale",
        aliases: &["reviewerlanguage", "language", "lang"],
    },
];

/// Columns that name persons or hold what the developer wrote.
const PERSONAL: [&str; 12] = [
    "username",
    "userimage",
    "user",
    "author",
    "authorname",
    "reviewer",
    "reviewername",
    "nickname",
    "name",
    "email",
    "replycontent",
    "developerreplytext",
];
/// Columns that only Google Play's exports have.
const GOOGLE_PLAY: [&str; 3] = [
    "thumbsupcount",
    "reviewcreatedversion",
    "reviewsubmitdateandtime",
];

/// How reviews are read.
#[derive(Debug, Clone)]
pub struct ReviewOptions {
    /// `(field, column)` where the columns have names of their own.
    pub map: Vec<(String, String)>,
    /// The zone of instants that name none.
    pub zone: TimeZone,
    /// Where the reviews were given; told by the columns where it is not said.
    pub source: Option<String>,
}

impl Default for ReviewOptions {
    fn default() -> Self {
        Self {
            map: Vec::new(),
            zone: TimeZone::UTC,
            source: None,
        }
    }
}

struct Reviews {
    sheet: Sheet,
    columns: Columns,
    zone: TimeZone,
    source: String,
    ids: StableIds,
}

/// Opens a file of reviews and reads its header.
///
/// # Errors
/// [`ImportError`] when the file cannot be read, or has no columns with a date and with a score or
/// a text.
pub fn reviews(
    file: File,
    into: Destination,
    options: ReviewOptions,
) -> Result<Import, ImportError> {
    let sheet = Sheet::open(file)?;
    let columns = match_columns(sheet.header(), &FIELDS, &options.map)?;
    let missing = if !columns.has("occurred_at") {
        Some("a date (at, date, …)")
    } else if !columns.has("score") && !columns.has("text") {
        Some("a score or a text")
    } else {
        None
    };
    if let Some(missing) = missing {
        let there = sheet.header().join(", ");
        let message = format!(
            "no column holds {missing}; columns are {there}. Name them, such as \
             --map occurred_at=COLUMN --map score=COLUMN --map text=COLUMN"
        );
        return Err(ImportError::Header { message });
    }
    let is_google_play = sheet
        .header()
        .iter()
        .any(|name| GOOGLE_PLAY.contains(&fold(name).as_str()));
    let told = if is_google_play { "google_play" } else { "csv" };
    let source = options.source.unwrap_or_else(|| told.to_owned());
    let rows = Reviews {
        sheet,
        columns,
        zone: options.zone,
        source,
        ids: StableIds::default(),
    };
    Ok(Import::new(rows, into, Content::Feedback))
}

impl Rows for Reviews {
    fn next_row(&mut self, context: &Context<'_>) -> Result<Option<Row>, ImportError> {
        let Some(row) = self.sheet.next_row()? else {
            return Ok(None);
        };
        let record = match self.object(&row, context.app) {
            Ok(object) => native::check_object(&object, &row.raw, context),
            Err(refusal) => {
                let id = self
                    .columns
                    .first("event_id", &row.cells)
                    .map(str::to_owned);
                native::refused(refusal, id, &row.raw, context)
            }
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
        let is_personal = |name: &String| PERSONAL.contains(&fold(name).as_str());
        let (personal_columns, unmatched_columns) = self
            .columns
            .unmatched
            .iter()
            .cloned()
            .partition(is_personal);
        Notes {
            columns: self.columns.describe(self.sheet.header()),
            unmatched_columns,
            personal_columns,
            lossy_rows: self.sheet.lossy_rows(),
            wide_rows: self.sheet.wide_rows().clone(),
            derived_ids: self.ids.derived(),
            remarks: Vec::new(),
        }
    }
}

impl Reviews {
    /// A row in native field names.
    fn object(&mut self, row: &SheetRow, app: &str) -> Result<RawObject, Refusal> {
        let cell = |field: &str| self.columns.first(field, &row.cells);
        let Some(date) = cell("occurred_at") else {
            let message = "occurred_at is required: the date of the review";
            return Err(Refusal::new(
                "occurred_at",
                RefusalReason::MissingField,
                message,
            ));
        };
        let occurred_at = self.instant("occurred_at", date)?;
        let text = match (cell("title"), cell("text")) {
            (Some(title), Some(text)) if title != text => Some([title, "\n", text].concat()),
            (title, text) => text.or(title).map(str::to_owned),
        };
        let score = cell("score");
        let release = cell("release").or_else(|| cell("app_version"));
        let mut object = RawObject::new();
        let mut put = |name: &str, value: Option<Value>| {
            object.extend(value.map(|value| (name.to_owned(), value)));
        };
        let text_of = |cell: Option<&str>| cell.map(Value::from);
        let number_of = |cell: Option<&str>| {
            cell.map(|text| cell::number(text).map_or_else(|| Value::from(text), Value::from))
        };
        put("score", number_of(score));
        put("text", text.clone().map(Value::from));
        put("release", text_of(release));
        put("build", text_of(cell("build")));
        put("locale", text_of(cell("locale")));
        put("votes", cell("votes").map(whole));
        put("source", Some(Value::from(self.source.clone())));
        if let Some(replied) = cell("replied_at") {
            put(
                "replied_at",
                Some(Value::from(self.instant("replied_at", replied)?)),
            );
        }
        let event_id = match cell("event_id") {
            Some(id) => id.to_owned(),
            None => {
                let (text, score) = (text.unwrap_or_default(), score.unwrap_or_default());
                let parts = [
                    app,
                    occurred_at.as_str(),
                    &text,
                    score,
                    release.unwrap_or_default(),
                ];
                self.ids.next_id("review", &parts)
            }
        };
        put(
            "anonymous_id",
            Some(Value::from(["review:", &event_id].concat())),
        );
        put("event_id", Some(Value::from(event_id)));
        put("occurred_at", Some(Value::from(occurred_at)));
        Ok(object)
    }

    fn instant(&self, field: &str, text: &str) -> Result<String, Refusal> {
        let bad = |message: String| Refusal::new(field, RefusalReason::BadInstant, message);
        let instant = read_instant(text, &self.zone).map_err(|m| bad(format!("{field} is {m}")))?;
        write_instant(instant).ok_or_else(|| bad(format!("{field} is beyond the calendar")))
    }
}

/// A count, also where a spreadsheet wrote it as `3.0`.
fn whole(text: &str) -> Value {
    let digits = text.strip_suffix(".0").unwrap_or(text);
    digits
        .parse::<i64>()
        .map_or_else(|_| Value::from(text), Value::from)
}
