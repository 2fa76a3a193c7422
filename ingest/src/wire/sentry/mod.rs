//! Sentry envelopes, and the bare events of older SDKs.
//!
//! Whatever is whole in a body is kept: an item that cannot be read goes to quarantine, and so does
//! the rest of a body that is broken off.
//!
//! | item | theirs | ours |
//! |---|---|---|
//! | `event` | with an exception | kind `error`; `name` is the type of the last exception |
//! | | with a message alone, or one whose exception is `synthetic` and has no type | kind `usage`, `name` `message`: nothing broke |
//! | | `event_id` (the envelope's wins) | `event_id`, without dashes; a hash of the item where there is none |
//! | | `timestamp`: ISO text, or seconds | `occurred_at`, corrected by the envelope's `sent_at` |
//! | | any `mechanism.handled` false | `handled` false, else true; the level says nothing of it |
//! | | `fingerprint` | `fingerprint`; what it leaves to `{{ default }}` is computed: [`crate::wire::fingerprint`] |
//! | | `level`, `environment`, `platform`, `sdk` | `level`, `environment`, `platform`, `sdk_name`, `sdk_version` |
//! | | `release`, `dist` | `release` as it is spelled (`app@1.2.3` too), `build` |
//! | | `user.id`, else `email`, else `username` | `user_id`: SDKs choose a session's `did` in this order |
//! | | `contexts.culture.locale` | `locale` |
//! | | message, `tags`, `contexts`, `extra`, `breadcrumbs`, `transaction`, `logger`, `server_name`, `request.url` as `url` | `properties` of these names |
//! | | `exception` | the property `exception`: type, value, mechanism and frames, without variables and source |
//! | `session` | `sid`, `did`, `seq`, `started`, `duration`, `errors` | kind `session`: `session_id`, `user_id`, `sequence`, `started_at`, `duration_ms`, `errors` |
//! | | `status` | `status`; `errored` and unknown ones are `exited` with an error, and stay the property `status` |
//! | | – | `event_id` is `sid` and a hash of the update: each update counts, a retry does not |
//! | `sessions` | a count of a bucket | kind `session` with `session_count`: a row for each bucket, status and `did` |
//! | `feedback` | `contexts.feedback.message`, `url` | feedback of kind `comment`, `bug_report` with an `associated_event_id`; `text`, `page` |
//! | | `contact_email`, `name`, `source`, `associated_event_id`, `replay_id`, `tags` | `properties` |
//! | `user_report` | `comments`, `name`, `email`, `event_id` | `bug_report`: `text`, `properties` |
//! | `client_report` | `discarded_events` | the ledger: `lost_by_client` with `reason:category`; what was held back because we decline it, `declined` |
//! | all others | | the ledger: `declined` with the category |
//!
//! What is left out for privacy: the address and the other names of a user besides the one that is
//! `user_id`, headers, cookies and bodies of requests, variables of frames. Whoever asks for a
//! person to be erased knows one id, and no other is stored.
//!
//! Why counts of sessions have an id only where the envelope says when it was sent: two processes of
//! one service may send the same bytes for the same minute, and no SDK that leaves the instant out
//! sends anything again.

mod envelope;
mod error;
mod feedback;
mod json;
mod noted;
mod session;
#[cfg(test)]
mod tests;

use lake::{Micros, Refusal, RefusalReason, Refused};
use xxhash_rust::xxh3::xxh3_128;

use crate::batch::Record;
use crate::http::problem::Problem;
use crate::http::sdk::{Context, Reading};
use envelope::{Header, Item, Next};
use noted::Notes;

/// The categories that are not kept: what an SDK is asked not to send.
pub(crate) use noted::DECLINED;

/// Objects and lists within each other that an item may have.
const DEPTH_MAX: usize = 100;

/// A body, and what the answer speaks of.
#[derive(Debug)]
pub(crate) struct Read<'a> {
    pub(crate) reading: Reading<'a>,
    /// The id that is answered.
    pub(crate) event_id: Option<String>,
}

/// What is known of an item besides its own words.
#[derive(Debug, Clone, Copy)]
struct Around<'c> {
    context: &'c Context,
    header: &'c Header,
    sent_at: Option<Micros>,
    /// Whether the id of the envelope is still free: it is that of its first event or feedback.
    is_first: bool,
}

impl Around<'_> {
    fn refused(&self, refusal: Refusal, event_id: Option<String>, raw: &[u8]) -> Record<'static> {
        // In a form of its own, which no replay of the native one takes.
        Record::Refused(Refused::new(
            refusal,
            event_id,
            raw,
            self.context.event_bytes_max,
        ))
    }
}

/// Reads an envelope.
///
/// # Errors
/// When its first line is no header.
pub(crate) fn read_envelope<'a>(body: &'a [u8], context: &Context) -> Result<Read<'a>, Problem> {
    let (header, mut items) = envelope::open(body)
        .ok_or_else(|| Problem::unreadable("the first line of an envelope must be an object"))?;
    let around = Around {
        context,
        header: &header,
        sent_at: json::instant_of(&header.sent_at),
        is_first: true,
    };
    let mut reader = Reader::new(around);
    while let Some(next) = items.next() {
        match next {
            Next::Item(item) => reader.take(&item),
            Next::Broken { rest, why } => {
                let refusal = Refusal::new("", RefusalReason::Unreadable, why);
                reader.records.push(around.refused(refusal, None, rest));
            }
        }
        if reader.records.len() > context.batch_events_max {
            // Refused as a whole, so that the rest need not be held.
            break;
        }
    }
    Ok(reader.finish(header.secret()))
}

/// Reads a bare event.
///
/// # Errors
/// Never: an event that cannot be read is a refused record.
pub(crate) fn read_event<'a>(body: &'a [u8], context: &Context) -> Result<Read<'a>, Problem> {
    let header = Header::default();
    let around = Around {
        context,
        header: &header,
        sent_at: None,
        is_first: true,
    };
    let mut reader = Reader::new(around);
    let payload = body.trim_ascii();
    if payload.is_empty() {
        return Err(Problem::unreadable("the body is empty"));
    }
    let kind = if json::is_transaction(payload) {
        "transaction"
    } else {
        "event"
    };
    reader.take(&Item::bare(kind, payload));
    Ok(reader.finish(None))
}

/// A body under way.
struct Reader<'a, 'c> {
    around: Around<'c>,
    records: Vec<Record<'a>>,
    notes: Notes,
    event_id: Option<String>,
}

impl<'a, 'c> Reader<'a, 'c> {
    fn new(around: Around<'c>) -> Self {
        Self {
            event_id: json::id_of(&around.header.event_id),
            around,
            records: Vec::new(),
            notes: Notes::default(),
        }
    }

    fn take(&mut self, item: &Item<'a>) {
        let around = self.around;
        let is_kept = matches!(
            &*item.kind,
            "event" | "session" | "sessions" | "feedback" | "user_report" | "client_report"
        );
        if !is_kept {
            return self.notes.decline(item);
        }
        let text = match readable(item.payload, around.context) {
            Ok(text) => text,
            Err(refusal) => {
                let event_id = self.event_id.clone();
                let refused = around.refused(refusal, event_id, item.payload);
                return self.records.push(refused);
            }
        };
        match text {
            std::borrow::Cow::Borrowed(text) => self.take_text(&item.kind, text, item.payload),
            std::borrow::Cow::Owned(text) => {
                let mut repaired = Reader::new(around);
                repaired.take_text(&item.kind, &text, item.payload);
                let Reader {
                    records,
                    notes,
                    event_id,
                    around,
                    ..
                } = repaired;
                self.around.is_first = around.is_first;
                let owned = records
                    .into_iter()
                    .map(|record| -> Record<'a> { record.into_owned() });
                self.records.extend(owned);
                self.notes.absorb(notes);
                self.event_id = self.event_id.take().or(event_id);
            }
        }
    }

    fn take_text<'t: 'a>(&mut self, kind: &str, text: &'t str, raw: &[u8]) {
        let around = self.around;
        let record = match kind {
            "event" => error::record(text, raw, &around),
            "session" => session::update(text, raw, &around),
            "sessions" => return session::counts(text, raw, &around, &mut self.records),
            "feedback" => feedback::given(text, raw, &around),
            "user_report" => feedback::report(text, raw, &around),
            _ => match self.notes.lost(text, &around) {
                Ok(()) => return,
                Err(refusal) => around.refused(refusal, None, raw),
            },
        };
        if matches!(kind, "event" | "feedback") {
            self.around.is_first = false;
        }
        if self.event_id.is_none() {
            self.event_id = match &record {
                Record::Event(event) if kind == "event" => Some(event.event_id.to_string()),
                Record::Feedback(feedback) => Some(feedback.event_id.to_string()),
                _ => None,
            };
        }
        self.records.push(record);
    }

    fn finish(mut self, secret: Option<String>) -> Read<'a> {
        self.records.extend(self.notes.into_records());
        Read {
            reading: Reading {
                secret,
                records: self.records,
            },
            event_id: self.event_id,
        }
    }
}

/// The text of an item, unless it is too large, no text or too deep for those who read it behind us.
fn readable<'a>(
    payload: &'a [u8],
    context: &Context,
) -> Result<std::borrow::Cow<'a, str>, Refusal> {
    let max = context.event_bytes_max;
    if payload.len() > max {
        let message = format!(
            "an item must have at most {max} bytes, got {}",
            payload.len()
        );
        return Err(Refusal::new("", RefusalReason::TooLarge, message));
    }
    let unreadable = |message: &str| Refusal::new("", RefusalReason::Unreadable, message);
    let text = std::str::from_utf8(payload).map_err(|_| unreadable("an item must be UTF-8"))?;
    if !text.trim_ascii_start().starts_with('{') {
        return Err(unreadable("an item must be an object"));
    }
    if json::is_deeper(payload, DEPTH_MAX) {
        let message = format!("an item must not be deeper than {DEPTH_MAX} objects and lists");
        return Err(unreadable(&message));
    }
    Ok(json::without_lone_surrogates(text))
}

/// What a hash of bytes makes of an id.
fn hashed(parts: &[&[u8]]) -> String {
    format!("{:032x}", xxh3_128(&parts.join(&0xff)))
}

fn unreadable(error: &serde_json::Error) -> Refusal {
    let message = format!("the item is no JSON that can be read: {error}");
    Refusal::new("", RefusalReason::Unreadable, message)
}
