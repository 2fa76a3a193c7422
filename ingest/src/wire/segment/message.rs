//! One message to one event.

use lake::{
    Event, Field, Micros, RawEvent, Refusal, RefusalReason, check_event_within, parse_instant,
};
use serde::Deserialize;
use serde::de::IntoDeserializer as _;
use serde::de::value::{Error as ValueError, StrDeserializer};
use serde_json::Value;
use serde_json::value::RawValue;

use super::origin::Origin;
use super::properties::{self, Addition, scalar};
use super::{Around, Kind};
use crate::http::sdk::Context;
use crate::wire::native;

/// Brackets of a message that is read at once: what is deeper meets the limit of the slow reader.
const BRACKETS_MAX: usize = 120;

/// What a message came to.
pub(super) struct Checked<'a> {
    pub(super) event: Result<Event<'a>, Refusal>,
    /// The id, where it is usable.
    pub(super) event_id: Option<String>,
    /// The key that it names.
    pub(super) write_key: Option<String>,
}

/// The members of a message that are read.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Message<'a> {
    #[serde(borrow, rename = "type")]
    kind: Field<'a>,
    #[serde(borrow)]
    event: Field<'a>,
    #[serde(borrow)]
    message_id: Field<'a>,
    #[serde(borrow)]
    user_id: Field<'a>,
    #[serde(borrow)]
    anonymous_id: Field<'a>,
    #[serde(borrow)]
    previous_id: Field<'a>,
    #[serde(borrow)]
    timestamp: Field<'a>,
    #[serde(borrow)]
    original_timestamp: Field<'a>,
    #[serde(borrow)]
    sent_at: Field<'a>,
    #[serde(borrow)]
    write_key: Field<'a>,
    /// Of RudderStack: web, mobile, server.
    #[serde(borrow)]
    channel: Field<'a>,
    #[serde(borrow)]
    name: Option<&'a RawValue>,
    #[serde(borrow)]
    category: Option<&'a RawValue>,
    #[serde(borrow)]
    group_id: Option<&'a RawValue>,
    #[serde(borrow)]
    properties: Option<&'a RawValue>,
    #[serde(borrow)]
    traits: Option<&'a RawValue>,
    #[serde(borrow)]
    context: Option<&'a RawValue>,
    #[serde(borrow)]
    integrations: Option<&'a RawValue>,
}

/// Reads and checks a message; `None` where it cannot be read fast and strictly.
pub(super) fn read<'a>(
    raw: &'a [u8],
    around: &Around<'_>,
    sent_at: Option<Micros>,
    context: &Context,
) -> Option<Checked<'a>> {
    let text = std::str::from_utf8(raw).ok()?;
    let brackets = memchr::memchr2_iter(b'{', b'[', raw);
    if !text.trim_ascii_start().starts_with('{') || brackets.count() > BRACKETS_MAX {
        return None;
    }
    of_text(text, around, sent_at, context)
}

/// Reads and checks a message of any form, or says what is wrong with it.
pub(super) fn read_slowly(
    raw: &[u8],
    around: &Around<'_>,
    sent_at: Option<Micros>,
    context: &Context,
) -> Checked<'static> {
    let unreadable = |refusal| Checked {
        event: Err(refusal),
        event_id: None,
        write_key: None,
    };
    let text = match native::parse(raw) {
        // Written anew: no name comes twice, and none is escaped that need not be.
        Ok(object) => Value::Object(object).to_string(),
        Err(refusal) => return unreadable(refusal),
    };
    match of_text(&text, around, sent_at, context) {
        Some(checked) => Checked {
            event: checked.event.map(Event::into_owned),
            event_id: checked.event_id,
            write_key: checked.write_key,
        },
        None => {
            let message = "the message cannot be read";
            unreadable(Refusal::new("", RefusalReason::Unreadable, message))
        }
    }
}

fn of_text<'a>(
    text: &'a str,
    around: &Around<'_>,
    sent_at: Option<Micros>,
    context: &Context,
) -> Option<Checked<'a>> {
    let mut message: Message<'a> = serde_json::from_str(text).ok()?;
    let own_sent_at = match &message.sent_at {
        Field::Text(text) => parse_instant(text).ok(),
        _ => None,
    };
    let arrival = context.arrival(own_sent_at.or(sent_at));
    let event_id = match &message.message_id {
        Field::Text(id) => native::usable_id(id),
        _ => None,
    };
    let write_key = match std::mem::take(&mut message.write_key) {
        Field::Text(key) if !key.is_empty() => Some(key.to_string()),
        _ => None,
    };
    let event = match kind_of(&message.kind, around.kind) {
        Ok(kind) => check_event_within(
            &message.into_event(kind, around)?,
            &arrival,
            &context.limits,
        ),
        Err(refusal) => Err(refusal),
    };
    Some(Checked {
        event,
        event_id,
        write_key,
    })
}

fn kind_of(named: &Field<'_>, by_route: Option<Kind>) -> Result<Kind, Refusal> {
    let refuse = |reason, message: String| Err(Refusal::new("type", reason, message));
    match named {
        Field::Absent => match by_route {
            Some(kind) => Ok(kind),
            None => refuse(RefusalReason::MissingField, "type is required".to_owned()),
        },
        Field::Text(word) => {
            let word: StrDeserializer<'_, ValueError> = word.into_deserializer();
            Kind::deserialize(word).or_else(|_| {
                let message = "type must be one of track, identify, page, screen, group, alias";
                refuse(RefusalReason::OutOfRange, message.to_owned())
            })
        }
        _ => refuse(RefusalReason::WrongType, "type must be text".to_owned()),
    }
}

impl<'a> Message<'a> {
    /// The message as an event; `None` where its properties cannot be read strictly.
    fn into_event(self, kind: Kind, around: &Around<'_>) -> Option<RawEvent<'a>> {
        let mut origin = Origin::of(self.context, self.integrations, &self.channel)?;
        let own = match kind {
            Kind::Track | Kind::Page | Kind::Screen => self.properties,
            Kind::Identify => self.traits.or(origin.traits),
            Kind::Group | Kind::Alias => None,
        };
        let environment = match std::mem::take(&mut origin.environment) {
            Field::Absent => properties::environment(self.properties),
            named => named,
        };
        let mut additions = Vec::with_capacity(6);
        let mut add = |name, value: Option<Addition<'a>>| {
            additions.extend(value.map(|value| (name, value)));
        };
        if matches!(kind, Kind::Page | Kind::Screen) {
            add("name", self.name.map(Addition::Raw));
            add("category", self.category.map(Addition::Raw));
        }
        if kind == Kind::Group {
            add("groupId", self.group_id.map(Addition::Raw));
            add("traits", self.traits.map(Addition::Raw));
        }
        add("$ip", origin.ip.map(Addition::Raw));
        // The agent of the request itself is noted for the apps that ask for it.
        let agent = origin
            .user_agent
            .filter(|agent| match (scalar(agent), around.user_agent) {
                (Field::Text(agent), Some(sender)) => *agent != *sender,
                _ => true,
            });
        add("$user_agent", agent.map(Addition::Raw));
        let leaves_traits = kind == Kind::Identify && self.traits.is_none();
        add(
            "context",
            origin.take_rest(leaves_traits).map(Addition::Made),
        );
        let (kind_word, name, anonymous_id) = match kind {
            Kind::Track => ("usage", self.event, self.anonymous_id),
            Kind::Page => ("usage", word("page_viewed"), self.anonymous_id),
            Kind::Screen => ("usage", word("screen_viewed"), self.anonymous_id),
            Kind::Group => ("usage", word("group_identified"), self.anonymous_id),
            Kind::Identify => ("identify", word("identify"), self.anonymous_id),
            Kind::Alias => (
                "identify",
                word("alias"),
                or(self.previous_id, self.anonymous_id),
            ),
        };
        Some(RawEvent {
            event_id: self.message_id,
            kind: word(kind_word),
            name,
            user_id: self.user_id,
            anonymous_id,
            session_id: origin.session_id,
            release: origin.release,
            build: origin.build,
            environment,
            platform: origin.platform,
            locale: origin.locale,
            sdk_name: origin.sdk_name,
            sdk_version: origin.sdk_version,
            occurred_at: or(self.timestamp, self.original_timestamp),
            properties: properties::join(own, &additions)?,
            ..RawEvent::default()
        })
    }
}

fn word(word: &'static str) -> Field<'static> {
    Field::Text(word.into())
}

fn or<'a>(first: Field<'a>, other: Field<'a>) -> Field<'a> {
    match first {
        Field::Absent => other,
        first => first,
    }
}
