//! The checked event: a usage event, an error, a session update or an identify.

use serde::{Deserialize, Serialize};

use crate::clock::Micros;
use crate::text::Text;

/// The property that holds the address of whoever sent an event, where an app asks for it.
pub const IP: &str = "$ip";
/// The property that holds the user agent of whoever sent an event, where an app asks for it.
pub const USER_AGENT: &str = "$user_agent";

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
    /// How many sessions it stands for, where the client counted them itself; such a row is of no
    /// one session.
    pub count: Option<i64>,
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
pub struct Origin<'a> {
    /// The known user.
    #[serde(borrow)]
    pub user_id: Option<Text<'a>>,
    /// The id of somebody not known by name.
    #[serde(borrow)]
    pub anonymous_id: Option<Text<'a>>,
    /// The session.
    #[serde(borrow)]
    pub session_id: Option<Text<'a>>,
    /// The version as shipped to users.
    #[serde(borrow)]
    pub release: Option<Text<'a>>,
    /// The build of that version.
    #[serde(borrow)]
    pub build: Option<Text<'a>>,
    /// `production` unless the client says otherwise.
    #[serde(borrow)]
    pub environment: Text<'a>,
    /// stable, beta, …
    #[serde(borrow)]
    pub channel: Option<Text<'a>>,
    /// ios, android, web, …
    #[serde(borrow)]
    pub platform: Option<Text<'a>>,
    /// A BCP 47 tag.
    #[serde(borrow)]
    pub locale: Option<Text<'a>>,
    /// The SDK that sent it.
    #[serde(borrow)]
    pub sdk_name: Option<Text<'a>>,
    /// Its version.
    #[serde(borrow)]
    pub sdk_version: Option<Text<'a>>,
}

impl Origin<'_> {
    /// The same with its own memory.
    #[must_use]
    pub fn into_owned(self) -> Origin<'static> {
        Origin {
            user_id: self.user_id.map(Text::into_owned),
            anonymous_id: self.anonymous_id.map(Text::into_owned),
            session_id: self.session_id.map(Text::into_owned),
            release: self.release.map(Text::into_owned),
            build: self.build.map(Text::into_owned),
            environment: self.environment.into_owned(),
            channel: self.channel.map(Text::into_owned),
            platform: self.platform.map(Text::into_owned),
            locale: self.locale.map(Text::into_owned),
            sdk_name: self.sdk_name.map(Text::into_owned),
            sdk_version: self.sdk_version.map(Text::into_owned),
        }
    }
}

/// A checked event.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Event<'a> {
    /// The idempotency key; made by Shipwake where the client gave none.
    #[serde(borrow)]
    pub event_id: Text<'a>,
    /// Whether the client gave the id: without one, a retry counts again.
    pub id_given: bool,
    /// What kind of event it is.
    pub kind: EventKind,
    /// What happened.
    #[serde(borrow)]
    pub name: Text<'a>,
    /// Where it came from.
    #[serde(borrow)]
    pub origin: Origin<'a>,
    /// Its instants.
    pub times: Times,
    /// fatal, error, warning, info, debug (errors).
    #[serde(borrow)]
    pub level: Option<Text<'a>>,
    /// Whether the app caught the error.
    pub handled: Option<bool>,
    /// What groups equal errors.
    #[serde(borrow)]
    pub fingerprint: Option<Text<'a>>,
    /// What a session update says.
    pub session: Option<SessionUpdate>,
    /// Hash of what the client said of the event, without what a retry changes: when it was sent
    /// and when it came, the order of its properties' names and the space between them.
    pub content: u64,
    /// Everything else, as JSON text of one object.
    #[serde(borrow)]
    pub properties: Option<Text<'a>>,
}

impl Event<'_> {
    /// The same with its own memory.
    #[must_use]
    pub fn into_owned(self) -> Event<'static> {
        Event {
            event_id: self.event_id.into_owned(),
            id_given: self.id_given,
            kind: self.kind,
            name: self.name.into_owned(),
            origin: self.origin.into_owned(),
            times: self.times,
            level: self.level.map(Text::into_owned),
            handled: self.handled,
            fingerprint: self.fingerprint.map(Text::into_owned),
            session: self.session,
            content: self.content,
            properties: self.properties.map(Text::into_owned),
        }
    }

    /// The content as sixteen hexadecimal digits.
    #[must_use]
    pub fn content_hash(&self) -> String {
        format!("{:016x}", self.content)
    }
}

/// Hash of the JSON text of `content`, as sixteen hexadecimal digits.
pub(crate) fn content_hash(content: &impl Serialize) -> String {
    let text = serde_json::to_vec(content).unwrap_or_default();
    format!("{:016x}", xxhash_rust::xxh3::xxh3_64(&text))
}
