//! The checked event: a usage event, an error, a session update or an identify.

use serde::{Deserialize, Serialize};

use crate::clock::Micros;

/// What kind of event it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EventKind {
    /// Something that a user did.
    Usage,
    /// A session began, went on or ended.
    Session,
    /// Something broke.
    Error,
    /// An anonymous id became known as a user.
    Identify,
}

impl EventKind {
    /// The kind as it is spelled in the table.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Usage => "usage",
            Self::Session => "session",
            Self::Error => "error",
            Self::Identify => "identify",
        }
    }
}

/// How a session stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SessionStatus {
    /// Begun or going on.
    Ok,
    /// Ended as it should.
    Exited,
    /// Ended by a crash.
    Crashed,
    /// Ended from outside: killed, frozen, power lost.
    Abnormal,
    /// An unhandled error that did not end the process (browsers).
    Unhandled,
}

impl SessionStatus {
    /// The status as it is spelled in the table.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Exited => "exited",
            Self::Crashed => "crashed",
            Self::Abnormal => "abnormal",
            Self::Unhandled => "unhandled",
        }
    }
}

/// What a session update says of its session.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SessionUpdate {
    /// How the session stands.
    pub status: SessionStatus,
    /// Errors in the session so far.
    pub errors: i64,
    /// When it began, where the client says so.
    pub started_at: Option<Micros>,
    /// How long it lasted, in milliseconds.
    pub duration_ms: Option<i64>,
    /// The order of this update within its session, where the client says so.
    pub sequence: Option<i64>,
}

/// Whether the client's clock can be believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClockFlag {
    /// The client gave no instant: that of arrival is used.
    Absent,
    /// More than 400 days before arrival: that of arrival is used.
    TooOld,
    /// More than a day after arrival: that of arrival is used.
    Future,
}

impl ClockFlag {
    /// The flag as it is spelled in the table.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Absent => "absent",
            Self::TooOld => "too_old",
            Self::Future => "future",
        }
    }
}

/// The instants of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Times {
    /// When it happened, corrected for the client's skew where it can be known.
    pub occurred_at: Micros,
    /// When it happened by the client's own clock.
    pub client_at: Option<Micros>,
    /// When the client says that it sent it.
    pub sent_at: Option<Micros>,
    /// Set where the client's instant was not used.
    pub flag: Option<ClockFlag>,
    /// Days since 1970-01-01 of the partition: the UTC day of the client's own instant, so that a
    /// retry lands in the same day; of arrival where that is absent or absurd.
    pub day: i32,
}

/// Where an event or a piece of feedback came from.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// The known user.
    pub user_id: Option<String>,
    /// The id of somebody not known by name.
    pub anonymous_id: Option<String>,
    /// The session.
    pub session_id: Option<String>,
    /// The version as shipped to users.
    pub release: Option<String>,
    /// The build of that version.
    pub build: Option<String>,
    /// `production` unless the client says otherwise.
    pub environment: String,
    /// stable, beta, …
    pub channel: Option<String>,
    /// ios, android, web, …
    pub platform: Option<String>,
    /// A BCP 47 tag.
    pub locale: Option<String>,
    /// The SDK that sent it.
    pub sdk_name: Option<String>,
    /// Its version.
    pub sdk_version: Option<String>,
}

/// A checked event.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// The idempotency key; made by Shipwake where the client gave none.
    pub event_id: String,
    /// Whether the client gave the id: without one, a retry counts again.
    pub id_given: bool,
    /// What kind of event it is.
    pub kind: EventKind,
    /// What happened.
    pub name: String,
    /// Where it came from.
    pub origin: Origin,
    /// Its instants.
    pub times: Times,
    /// fatal, error, warning, info, debug (errors).
    pub level: Option<String>,
    /// Whether the app caught the error.
    pub handled: Option<bool>,
    /// What groups equal errors.
    pub fingerprint: Option<String>,
    /// What a session update says.
    pub session: Option<SessionUpdate>,
    /// Everything else, as JSON text of one object.
    pub properties: Option<String>,
}

impl Event {
    /// Sixteen hexadecimal digits over what the client said of the event, without what a retry
    /// changes (when it was sent and when it came).
    #[must_use]
    pub fn content_hash(&self) -> String {
        content_hash(&(
            (self.kind, &self.name, &self.origin, self.times.client_at),
            (
                &self.level,
                self.handled,
                &self.fingerprint,
                &self.session,
                &self.properties,
            ),
        ))
    }
}

/// Hash of the JSON text of `content`, as sixteen hexadecimal digits.
pub(crate) fn content_hash(content: &impl Serialize) -> String {
    let text = serde_json::to_vec(content).unwrap_or_default();
    format!("{:016x}", xxhash_rust::xxh3::xxh3_64(&text))
}
