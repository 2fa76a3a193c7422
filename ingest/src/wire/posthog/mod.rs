//! What PostHog's SDKs send, by either of their protocols.
//!
//! | PostHog | Shipwake |
//! |---|---|
//! | `uuid`, else `$insert_id` | `event_id`; a `uuid` that is none is refused |
//! | `event` | `name` |
//! | `$identify`, `$create_alias`, `$merge_dangerously` | `kind` identify |
//! | `$exception` | `kind` error |
//! | `survey sent` | a piece of feedback for each answer ([`survey`]); usage where none is given |
//! | everything else, `survey shown` and `survey dismissed` too | `kind` usage |
//! | `distinct_id`, `$anon_distinct_id`, `alias`, `$device_id` | `user_id`, `anonymous_id` ([`person`]) |
//! | `timestamp`, else `$time` | `occurred_at` |
//! | `sent_at` of body or query, `PostHog-Request-Timestamp` | corrects it, but for `$ignore_sent_at` |
//! | `$session_id`, `session_id` | `session_id` |
//! | `$app_version`, else `$release_id` | `release` |
//! | `$app_build` | `build` |
//! | `$environment`, `environment` | `environment` |
//! | `$os` | `platform` |
//! | `$locale`, `$browser_language` | `locale` |
//! | `$lib`, `$lib_version`, `PostHog-Sdk-Info` | `sdk_name`, `sdk_version` |
//! | `$exception_level`, `mechanism.handled` of any in the list | `level`, `handled` |
//! | `$exception_fingerprint`, else of types and frames | `fingerprint` |
//! | `properties`, `$set`, `$set_once`, `window_id`, `options` | `properties` ([`stored`]) |
//!
//! Ids of other types are taken as their text, and longer ones cut at 200 characters, as PostHog
//! does. `historical_migration` says nothing here: instants more than 400 days old are flagged.

mod envelope;
mod event;
mod exception;
mod lz64;
mod person;
mod sent;
mod stored;
mod survey;
pub(crate) mod unfold;

use actix_web::http::StatusCode;
use lake::Micros;

use crate::http::problem::Problem;
use crate::http::sdk::{Context, Reading};
use crate::wire::split::{Content, split};
use envelope::Envelope;
pub(crate) use envelope::millis;
use event::Reader;

/// What a request says of its events beside its body.
#[derive(Debug, Clone, Default)]
pub(crate) struct Request {
    /// When it was sent, by the client's clock.
    pub(crate) sent_at: Option<Micros>,
    /// The SDK and its version.
    pub(crate) sdk: Option<(String, String)>,
    /// Whether it shows a key, so that no property is taken for one.
    pub(crate) is_keyed: bool,
    /// The name of events that have none.
    pub(crate) default_name: Option<&'static str>,
}

/// Prefix of the keys of persons, which may do more than send.
const PERSONAL: &str = "phx_";

/// Reads a body of plain JSON: an object around a batch, a list, or one event.
///
/// # Errors
/// When it cannot be cut into events, and when its events name several keys or a person's.
pub(crate) fn read<'a>(
    body: &'a [u8],
    request: &Request,
    context: &Context,
) -> Result<Reading<'a>, Problem> {
    let split = split(body, Content::Events, context.batch_events_max)?;
    let envelope = Envelope::of(body, &split.pieces);
    let mut reader = Reader::new(request, &envelope, context);
    let mut records = Vec::with_capacity(split.pieces.len());
    for piece in &split.pieces {
        if let Some(raw) = body.get(piece.clone()) {
            reader.read(raw, &mut records);
        }
    }
    let secret = reader.into_secret()?;
    if secret
        .as_ref()
        .is_some_and(|secret| secret.starts_with(PERSONAL))
    {
        let message = "a personal key cannot send: use a key of scope send";
        return Err(Problem::new(
            StatusCode::UNAUTHORIZED,
            "personal_key",
            message,
        ));
    }
    Ok(Reading { secret, records })
}

#[cfg(test)]
mod tests;
