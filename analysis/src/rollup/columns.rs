//! The rollups, and how each column of theirs is spelled.

use std::sync::Arc;

use arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};
use lake::columns::{
    ANONYMOUS_ID, APP, CHANNEL, DAY, ENVIRONMENT, EVENT_ID, FEATURE, FINGERPRINT, NAME, PLATFORM,
    RELEASE, SESSION_ID, STATUS, USER_ID,
};

/// A rollup.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Rollup {
    /// Users by day.
    UserDay,
    /// Uses of features by day.
    FeatureDay,
    /// Errors by day and fingerprint.
    ErrorDay,
    /// Sessions by day.
    SessionDay,
    /// Events by the day on which they happened and that on which they arrived.
    ArrivalDay,
    /// Health by the hour.
    HealthHour,
    /// Ids that identify events tie together, by day.
    IdentityDay,
    /// Users, and users of a release or a feature, since when they are known.
    FirstSeen,
    /// Ids that identify events tie together.
    Identity,
}

macro_rules! columns {
    ($($konst:ident = $name:literal;)+) => { $(pub(crate) const $konst: &str = $name;)+ };
}

columns! {
    USER = "user_key";
    EVENTS = "events";
    ERRORS = "errors";
    SESSIONS = "sessions";
    CRASHED = "crashed";
    ACTIVE_MS = "active_ms";
    FIRST_AT = "first_at";
    LAST_AT = "last_at";
    SEEN_FROM = "seen_from";
    SEEN_TO = "seen_to";
    USES = "uses";
    RANK = "rank";
    UPDATED_AT = "updated_at";
    SEQUENCE = "sequence";
    STARTED_AT = "started_at";
    DURATION_MS = "duration_ms";
    BROKE = "broke";
    RECEIVED_DAY = "received_day";
    RECEIVED_TO = "received_to";
    FLAGGED = "flagged";
    WITH_USER = "with_user";
    WITH_SESSION = "with_session";
    UPDATES = "updates";
    UPDATES_WITH_USER = "updates_with_user";
    ACTIVE_HOURS = "active_hours";
    ERRORED_HOURS = "errored_hours";
    CRASHED_HOURS = "crashed_hours";
    HOUR = "hour";
    USERS = "users";
    USERS_AT_RISK = "users_at_risk";
    CRASHED_USERS = "crashed_users";
    ERRORED_USERS = "errored_users";
    CRASHED_SESSIONS = "crashed_sessions";
    ERRORED_SESSIONS = "errored_sessions";
    LIVE = "live";
}

/// Events that arrived later than so many hours after they happened.
pub(crate) const LATE: [&str; 6] = [
    "late_1h", "late_2h", "late_4h", "late_8h", "late_16h", "late_24h",
];

impl Rollup {
    pub(crate) const ALL: [Self; 9] = [
        Self::UserDay,
        Self::FeatureDay,
        Self::ErrorDay,
        Self::SessionDay,
        Self::ArrivalDay,
        Self::HealthHour,
        Self::IdentityDay,
        Self::FirstSeen,
        Self::Identity,
    ];

    /// Those that are made day by day.
    pub(crate) const BY_DAY: [Self; 7] = [
        Self::UserDay,
        Self::FeatureDay,
        Self::ErrorDay,
        Self::SessionDay,
        Self::ArrivalDay,
        Self::HealthHour,
        Self::IdentityDay,
    ];

    /// The folder's name and the table's.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::UserDay => "rollup_user_day",
            Self::FeatureDay => "rollup_feature_day",
            Self::ErrorDay => "rollup_error_day",
            Self::SessionDay => "rollup_session_day",
            Self::ArrivalDay => "rollup_arrival_day",
            Self::HealthHour => "rollup_health_hour",
            Self::IdentityDay => "rollup_identity_day",
            Self::FirstSeen => "rollup_first_seen",
            Self::Identity => "rollup_identity",
        }
    }

    /// The arrow schema.
    pub(crate) fn schema(self) -> SchemaRef {
        let own: Vec<Field> = match self {
            Self::UserDay => [
                vec![text(USER)],
                [EVENTS, ERRORS, SESSIONS, CRASHED, ACTIVE_MS]
                    .map(count)
                    .to_vec(),
                [FIRST_AT, LAST_AT].map(instant).to_vec(),
                [ACTIVE_HOURS, ERRORED_HOURS, CRASHED_HOURS]
                    .map(count)
                    .to_vec(),
            ]
            .concat(),
            Self::FeatureDay => vec![text(USER), text(FEATURE), count(USES), instant(FIRST_AT)],
            Self::ErrorDay => [
                [USER, FINGERPRINT, NAME].map(text).to_vec(),
                vec![count(ERRORS), instant(FIRST_AT)],
            ]
            .concat(),
            Self::SessionDay => [
                [SESSION_ID, USER, STATUS].map(text).to_vec(),
                vec![
                    count(RANK),
                    instant(UPDATED_AT),
                    count(SEQUENCE),
                    count(ERRORS),
                ],
                vec![text(EVENT_ID), instant(STARTED_AT), instant(FIRST_AT)],
                vec![count(DURATION_MS), truth(BROKE), count(SESSIONS)],
                [SEEN_FROM, SEEN_TO].map(instant).to_vec(),
            ]
            .concat(),
            Self::ArrivalDay => [
                vec![Field::new(RECEIVED_DAY, DataType::Date32, true)],
                [
                    EVENTS,
                    FLAGGED,
                    WITH_USER,
                    WITH_SESSION,
                    UPDATES,
                    UPDATES_WITH_USER,
                ]
                .map(count)
                .to_vec(),
                [FIRST_AT, RECEIVED_TO].map(instant).to_vec(),
            ]
            .concat(),
            Self::HealthHour => {
                let own = [EVENTS, USERS, USERS_AT_RISK, CRASHED_USERS, ERRORED_USERS];
                let sessions = [SESSIONS, CRASHED_SESSIONS, ERRORED_SESSIONS, LIVE];
                let counts = own.into_iter().chain(sessions).chain(LATE);
                [instant(HOUR)]
                    .into_iter()
                    .chain(counts.map(count))
                    .collect()
            }
            Self::IdentityDay => {
                vec![text(ANONYMOUS_ID), text(USER_ID), instant(FIRST_AT)]
            }
            Self::FirstSeen => return of_all_days(&[APP, ENVIRONMENT, USER, RELEASE, FEATURE]),
            Self::Identity => return of_all_days(&[APP, ENVIRONMENT, ANONYMOUS_ID, USER_ID]),
        };
        let grain = [APP, ENVIRONMENT, CHANNEL, PLATFORM, RELEASE].map(text);
        let day = Field::new(DAY, DataType::Date32, true);
        Arc::new(Schema::new([vec![day], grain.to_vec(), own].concat()))
    }
}

fn of_all_days(grain: &[&str]) -> SchemaRef {
    let grain = grain.iter().map(|name| text(name));
    let fields: Vec<Field> = grain.chain([instant(FIRST_AT)]).collect();
    Arc::new(Schema::new(fields))
}

fn text(name: &str) -> Field {
    Field::new(name, DataType::Utf8, true)
}

fn count(name: &str) -> Field {
    Field::new(name, DataType::Int64, true)
}

fn truth(name: &str) -> Field {
    Field::new(name, DataType::Boolean, true)
}

fn instant(name: &str) -> Field {
    let micros = DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()));
    Field::new(name, micros, true)
}
