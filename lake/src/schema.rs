//! The tables and their columns. Timestamps are UTC microseconds; a new column is appended and
//! nullable, so that older files stay readable and older tables can be brought to the present schema.

use std::sync::{Arc, LazyLock};

use arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};

use crate::columns::*;

/// A table of the lake.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Table {
    /// One usage event, error, session update or identify a row.
    Events,
    /// One piece of feedback a row; of several revisions the latest counts.
    Feedback,
    /// Last write wins per (app, version).
    Releases,
    /// Last write wins per (app, item).
    Backlog,
    /// One mark of a release a row: deployed, hotfix, rolled back, restored.
    Marks,
    /// What a person said that a piece of feedback is, a row each; the last one said counts.
    FeedbackLabels,
    /// Whether a piece of feedback speaks of a backlog item, or which items are one, as a person said
    /// it, a row each; the last one said of the same two counts.
    FeedbackLinks,
    /// One verdict on a release a row: the first, and each that is another than the one before.
    Verdicts,
    /// One decision about one item of a release's plan a row: accepted, added, removed, re-estimated.
    Plans,
    /// One refused event a row.
    Quarantine,
    /// Counters per app, day, protocol and outcome; committed last of a flush, so that its position
    /// is the one that all tables have reached.
    Ledger,
}

impl Table {
    /// All tables in the order in which a flush commits them.
    pub const ALL: [Self; 11] = [
        Self::Events,
        Self::Feedback,
        Self::Releases,
        Self::Backlog,
        Self::Marks,
        Self::FeedbackLabels,
        Self::FeedbackLinks,
        Self::Verdicts,
        Self::Plans,
        Self::Quarantine,
        Self::Ledger,
    ];

    /// The folder name and the name in messages.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Events => "events",
            Self::Feedback => "feedback",
            Self::Releases => "releases",
            Self::Backlog => "backlog",
            Self::Marks => "marks",
            Self::FeedbackLabels => "feedback_labels",
            Self::FeedbackLinks => "feedback_links",
            Self::Verdicts => "verdicts",
            Self::Plans => "plans",
            Self::Quarantine => "quarantine",
            Self::Ledger => "ledger",
        }
    }

    /// Whether files lie in one folder a day.
    #[must_use]
    pub fn is_partitioned(self) -> bool {
        matches!(self, Self::Events | Self::Feedback)
    }

    /// The arrow schema.
    #[must_use]
    pub fn schema(self) -> SchemaRef {
        SCHEMAS[self as usize].clone()
    }

    /// Columns whose smallest and largest values are kept per file. Ids and text are left out:
    /// erasing a person must reach everything that speaks of them.
    #[must_use]
    pub fn statistics_columns(self) -> &'static [&'static str] {
        match self {
            Self::Events | Self::Feedback => &[
                APP,
                KIND,
                ENVIRONMENT,
                RELEASE,
                OCCURRED_AT,
                RECEIVED_AT,
                POSITION,
            ],
            _ => &[APP, RECEIVED_AT, NODE, POSITION],
        }
    }
}

static SCHEMAS: LazyLock<[SchemaRef; Table::ALL.len()]> = LazyLock::new(|| {
    [
        events(),
        feedback(),
        releases(),
        backlog(),
        marks(),
        feedback_labels(),
        feedback_links(),
        verdicts(),
        plans(),
        quarantine(),
        ledger(),
    ]
});

fn text(name: &str) -> Field {
    Field::new(name, DataType::Utf8, true)
}

fn number(name: &str) -> Field {
    Field::new(name, DataType::Float64, true)
}

fn count(name: &str) -> Field {
    Field::new(name, DataType::Int64, true)
}

fn truth(name: &str) -> Field {
    Field::new(name, DataType::Boolean, true)
}

fn day() -> Field {
    Field::new(DAY, DataType::Date32, true)
}

fn instant(name: &str) -> Field {
    Field::new(
        name,
        DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
        true,
    )
}

fn origin() -> Vec<Field> {
    [
        USER_ID,
        ANONYMOUS_ID,
        SESSION_ID,
        RELEASE,
        BUILD,
        ENVIRONMENT,
        CHANNEL,
        PLATFORM,
        LOCALE,
        SDK_NAME,
        SDK_VERSION,
    ]
    .map(text)
    .to_vec()
}

fn times() -> Vec<Field> {
    vec![
        instant(OCCURRED_AT),
        instant(CLIENT_AT),
        instant(SENT_AT),
        instant(RECEIVED_AT),
        text(CLOCK_FLAG),
    ]
}

fn stamp() -> Vec<Field> {
    vec![
        text(PROTOCOL),
        text(KEY_ID),
        text(NODE),
        count(POSITION),
        count(FRAME_ROW),
    ]
}

fn schema(parts: Vec<Vec<Field>>) -> SchemaRef {
    Arc::new(Schema::new(parts.concat()))
}

fn events() -> SchemaRef {
    schema(vec![
        vec![day(), text(APP), text(EVENT_ID), text(KIND), text(NAME)],
        origin(),
        times(),
        vec![text(LEVEL), truth(HANDLED), text(FINGERPRINT)],
        vec![
            text(SESSION_STATUS),
            count(SESSION_ERRORS),
            instant(SESSION_STARTED_AT),
            count(SESSION_DURATION_MS),
            count(SESSION_SEQUENCE),
        ],
        vec![text(PROPERTIES), text(CONTENT_HASH)],
        stamp(),
        vec![count(SESSION_COUNT)],
    ])
}

fn feedback() -> SchemaRef {
    schema(vec![
        vec![day(), text(APP), text(EVENT_ID), text(KIND)],
        origin(),
        times(),
        vec![
            number(SCORE),
            number(SCALE_MIN),
            number(SCALE_MAX),
            text(TEXT),
        ],
        vec![
            text(FEATURE),
            text(PAGE),
            text(SURVEY_ID),
            text(QUESTION),
            text(PARENT_ID),
        ],
        vec![instant(REPLIED_AT), count(VOTES), text(SOURCE)],
        vec![text(PROPERTIES), text(CONTENT_HASH)],
        stamp(),
    ])
}

fn releases() -> SchemaRef {
    schema(vec![
        vec![
            text(APP),
            text(VERSION),
            text(CHANNEL),
            text(ENVIRONMENT),
            text(BUILD),
        ],
        vec![
            instant(PLANNED_AT),
            instant(RELEASED_AT),
            text(ROLLOUT),
            text(STAGES),
        ],
        vec![
            text(SCOPE),
            text(GOALS),
            text(OWNER),
            text(NOTES),
            text(CHECKLIST),
            text(AUTHOR),
        ],
        vec![instant(RECEIVED_AT)],
        stamp(),
        vec![text(COMMITS)],
    ])
}

fn marks() -> SchemaRef {
    schema(vec![
        vec![
            text(APP),
            text(EVENT_ID),
            text(VERSION),
            text(ENVIRONMENT),
            text(MARK),
        ],
        vec![
            instant(MARKED_AT),
            text(OF_VERSION),
            text(NOTE),
            text(AUTHOR),
            text(CONTENT_HASH),
        ],
        vec![instant(RECEIVED_AT)],
        stamp(),
        vec![text(ITEM_ID), text(CHECKS)],
    ])
}

fn feedback_labels() -> SchemaRef {
    schema(vec![
        [APP, EVENT_ID, FEEDBACK_ID, LABEL].map(text).to_vec(),
        vec![instant(LABELLED_AT)],
        said_by(),
        stamp(),
    ])
}

fn feedback_links() -> SchemaRef {
    schema(vec![
        [APP, EVENT_ID, FEEDBACK_ID, ITEM_ID, INTO_ITEM_ID, LINK]
            .map(text)
            .to_vec(),
        vec![instant(LINKED_AT)],
        said_by(),
        stamp(),
    ])
}

fn said_by() -> Vec<Field> {
    vec![
        text(NOTE),
        text(AUTHOR),
        text(CONTENT_HASH),
        instant(RECEIVED_AT),
    ]
}

fn verdicts() -> SchemaRef {
    schema(vec![
        vec![text(APP), text(VERSION), text(ENVIRONMENT), text(VERDICT)],
        vec![text(STATE), text(CHANGED_FROM), count(REVISION_NUMBER)],
        vec![text(REASON), text(BASELINE), number(SCORE)],
        [EVALUATED_AT, DATA_THROUGH, RECEIVED_AT]
            .map(instant)
            .to_vec(),
        stamp(),
    ])
}

fn plans() -> SchemaRef {
    schema(vec![
        [
            APP,
            EVENT_ID,
            VERSION,
            ENVIRONMENT,
            CHANGE,
            ITEM_ID,
            PLAN_ID,
        ]
        .map(text)
        .to_vec(),
        vec![instant(CHANGED_AT)],
        [EFFORT_PERSON_DAYS, VALUE, REACH_USERS, CAPACITY_PERSON_DAYS]
            .map(number)
            .to_vec(),
        [NOTE, DECIDED_BY, AUTHOR, CONTENT_HASH].map(text).to_vec(),
        vec![instant(RECEIVED_AT)],
        stamp(),
    ])
}

fn backlog() -> SchemaRef {
    schema(vec![
        vec![
            text(APP),
            text(ITEM_ID),
            text(TITLE),
            text(KIND),
            text(STATUS),
        ],
        vec![
            number(EFFORT_PERSON_DAYS),
            text(TEAM),
            text(OWNER),
            text(DEPENDS_ON),
        ],
        [
            FACTOR_BUG_FIX,
            FACTOR_STRATEGIC,
            FACTOR_FEASIBILITY,
            FACTOR_DEPENDENCIES,
            FACTOR_RESOURCES,
            FACTOR_COST,
            FACTOR_EXPECTED_RETURN,
            REACH_USERS,
            IMPACT,
            CONFIDENCE,
        ]
        .map(number)
        .to_vec(),
        vec![
            text(KEYWORDS),
            text(FEATURE_EVENTS),
            text(TARGET),
            truth(MANDATORY),
            text(AUTHOR),
        ],
        vec![instant(RECEIVED_AT)],
        stamp(),
        vec![number(SPENT_PERSON_DAYS)],
    ])
}

fn quarantine() -> SchemaRef {
    schema(vec![
        vec![
            day(),
            text(APP),
            text(EVENT_ID),
            text(REASON),
            text(FIELD),
            text(MESSAGE),
        ],
        vec![
            Field::new(RAW, DataType::Binary, true),
            instant(RECEIVED_AT),
        ],
        stamp(),
        vec![text(SENT_AS), text(REPLAY_OF)],
    ])
}

fn ledger() -> SchemaRef {
    schema(vec![
        vec![
            day(),
            text(APP),
            text(PROTOCOL),
            text(OUTCOME),
            text(REASON),
            count(COUNT),
        ],
        vec![instant(RECEIVED_AT), text(NODE), count(POSITION)],
    ])
}
