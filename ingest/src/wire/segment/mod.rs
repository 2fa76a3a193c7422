//! Segment's HTTP tracking API, which RudderStack's SDKs speak, too: a message, or a batch of them.
//!
//! | theirs | ours |
//! |---|---|
//! | `type`, else the route | see below |
//! | `messageId` | `event_id` |
//! | `userId`, `anonymousId` | `user_id`, `anonymous_id` |
//! | `timestamp`, else `originalTimestamp` | `occurred_at`, corrected by `sentAt` of the message, else of the body |
//! | `context.app.version`, `.build` | `release`, `build` |
//! | `context.environment`, else `properties.environment` where it is the name of one | `environment` |
//! | `context.locale` | `locale` |
//! | `context.library.name`, `.version` | `sdk_name`, `sdk_version` |
//! | a browser (see [`origin`]), else `context.os.name`, else a system in `context.device.type` | `platform` |
//! | `context.sessionId` (RudderStack), else `session_id` of `integrations["Actions Amplitude"]` or `["Amplitude"]` | `session_id` |
//! | `context.ip`, `context.userAgent` | properties `$ip`, `$user_agent`, stored where the app asks for them |
//! | the rest of `context` | property `context` |
//! | `writeKey` of the body, else of its first message | the key, unless the request shows one before |
//!
//! | type | kind | name | properties |
//! |---|---|---|---|
//! | track | usage | `event` | `properties` |
//! | page, screen | usage | `page_viewed`, `screen_viewed` | `properties`, and `name` and `category` of the message |
//! | group | usage | `group_identified` | `groupId`, and `traits` as one |
//! | identify | identify | `identify` | `traits`, else `context.traits` (RudderStack) |
//! | alias | identify | `alias` | none; `previousId` is the `anonymous_id` |
//!
//! Pages and screens have one event name each, so that titles and paths do not become thousands of
//! features. Ids stand in no property, where pseudonyms would not reach them: an alias is of
//! `previousId` alone. What `properties` holds already is never written over. `integrations` says
//! where Segment passes a message on and is left out.

mod envelope;
mod message;
mod origin;
mod properties;

use lake::{Micros, Refusal, RefusalReason, Refused};

use crate::batch::Record;
use crate::http::problem::Problem;
use crate::http::sdk::{Context, Reading};

/// How rows and counters name it.
pub(crate) const PROTOCOL: &str = "segment";

/// What a message is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Kind {
    Track,
    Identify,
    Page,
    Screen,
    Group,
    Alias,
}

/// What is known of a request's messages besides their own words.
#[derive(Debug, Default)]
pub(crate) struct Around<'r> {
    /// What the route says that they are.
    pub(crate) kind: Option<Kind>,
    /// The user agent of the request.
    pub(crate) user_agent: Option<&'r str>,
}

/// Reads a body.
///
/// # Errors
/// When it is no JSON object, or holds more messages than may be in one request.
pub(crate) fn read<'a>(
    body: &'a [u8],
    around: &Around<'_>,
    context: &Context,
) -> Result<Reading<'a>, Problem> {
    let envelope = envelope::open(body, context.batch_events_max)?;
    let mut secret = envelope.write_key;
    let mut records = Vec::with_capacity(envelope.messages.len());
    for raw in envelope.messages {
        let (record, write_key) = check(raw, around, envelope.sent_at, context);
        secret = secret.or(write_key);
        records.push(record);
    }
    Ok(Reading { secret, records })
}

/// Checks a message, and gives the key that it names.
fn check<'a>(
    raw: &'a [u8],
    around: &Around<'_>,
    sent_at: Option<Micros>,
    context: &Context,
) -> (Record<'a>, Option<String>) {
    let refused = |refusal, event_id| {
        Record::Refused(Refused::new(
            refusal,
            event_id,
            raw,
            context.event_bytes_max,
        ))
    };
    if raw.len() > context.event_bytes_max {
        let max = context.event_bytes_max;
        let message = format!("a message must have at most {max} bytes, got {}", raw.len());
        let refusal = Refusal::new("", RefusalReason::TooLarge, message);
        return (refused(refusal, None), None);
    }
    let checked = match message::read(raw, around, sent_at, context) {
        Some(checked) => checked,
        None => message::read_slowly(raw, around, sent_at, context),
    };
    let record = match checked.event {
        Ok(event) => Record::Event(event),
        Err(refusal) => refused(refusal, checked.event_id),
    };
    (record, checked.write_key)
}

#[cfg(test)]
mod tests;
