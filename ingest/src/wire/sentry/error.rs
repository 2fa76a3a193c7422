//! Events: errors, and messages that are none.

use std::borrow::Cow;

use lake::{Field, RawEvent, check_event_within};
use serde::Deserialize;

use super::json::{self, Building, Loose, Many, Raw};
use super::{Around, hashed, unreadable};
use crate::batch::Record;
use crate::wire::fingerprint::{Exception, Frame, fingerprint};

/// Exceptions of a chain that are looked at, from the last on.
const EXCEPTIONS_MAX: usize = 20;
/// Frames of one exception that are kept, from the innermost on.
const FRAMES_MAX: usize = 100;
/// Longest name, in characters: types of exceptions that are made up have no end.
const NAME_CHARS_MAX: usize = 200;
/// Longest fingerprint of an SDK's own that is kept in its words.
const FINGERPRINT_CHARS_MAX: usize = 200;

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Sent<'a> {
    #[serde(borrow)]
    pub(super) event_id: Raw<'a>,
    pub(super) timestamp: Raw<'a>,
    level: Raw<'a>,
    pub(super) release: Raw<'a>,
    pub(super) dist: Raw<'a>,
    pub(super) environment: Raw<'a>,
    pub(super) platform: Raw<'a>,
    fingerprint: Raw<'a>,
    pub(super) user: Raw<'a>,
    pub(super) tags: Raw<'a>,
    pub(super) contexts: Raw<'a>,
    extra: Raw<'a>,
    breadcrumbs: Raw<'a>,
    transaction: Raw<'a>,
    logger: Raw<'a>,
    server_name: Raw<'a>,
    pub(super) request: Raw<'a>,
    pub(super) sdk: Raw<'a>,
    exception: Many<Thrown<'a>, EXCEPTIONS_MAX>,
    message: Raw<'a>,
    logentry: Raw<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Thrown<'a> {
    #[serde(rename = "type", borrow)]
    kind: Raw<'a>,
    value: Raw<'a>,
    module: Raw<'a>,
    mechanism: Loose<Mechanism<'a>>,
    stacktrace: Loose<Stack<'a>>,
    /// The whole chain, where this is the object around it.
    values: Option<Many<Thrown<'a>, EXCEPTIONS_MAX>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Mechanism<'a> {
    #[serde(rename = "type", borrow)]
    kind: Raw<'a>,
    handled: Raw<'a>,
    synthetic: Raw<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Stack<'a> {
    #[serde(borrow)]
    frames: Many<SentFrame<'a>, FRAMES_MAX>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct SentFrame<'a> {
    #[serde(borrow)]
    module: Raw<'a>,
    filename: Raw<'a>,
    function: Raw<'a>,
    lineno: Raw<'a>,
    in_app: Raw<'a>,
}

impl SentFrame<'_> {
    fn says_anything(&self) -> bool {
        [
            self.module,
            self.filename,
            self.function,
            self.lineno,
            self.in_app,
        ]
        .iter()
        .any(Option::is_some)
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Words<'a> {
    #[serde(borrow)]
    formatted: Raw<'a>,
    message: Raw<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct User<'a> {
    #[serde(borrow)]
    id: Raw<'a>,
    email: Raw<'a>,
    username: Raw<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Contexts<'a> {
    #[serde(borrow)]
    culture: Raw<'a>,
    pub(super) feedback: Raw<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Culture<'a> {
    #[serde(borrow)]
    locale: Raw<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Request<'a> {
    #[serde(borrow)]
    url: Raw<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Sdk<'a> {
    #[serde(borrow)]
    name: Raw<'a>,
    version: Raw<'a>,
}

/// The record of an event.
pub(super) fn record<'a>(text: &'a str, raw: &[u8], around: &Around<'_>) -> Record<'a> {
    let mut sent: Sent<'a> = match serde_json::from_str(text) {
        Ok(sent) => sent,
        Err(error) => return around.refused(unreadable(&error), None, raw),
    };
    let exceptions = chain(std::mem::take(&mut sent.exception));
    let id = event_id(sent.event_id, around).unwrap_or_else(|| hashed(&[raw]));
    let words = words(&sent);
    let mut event = shared(&sent, around);
    event.event_id = Field::Text(id.clone().into());
    event.level = json::field(sent.level);
    let handled = !exceptions
        .iter()
        .any(|one| json::truth(one.mechanism.0.handled) == Some(false));
    let is_message = words.is_some() && handled && exceptions.iter().all(is_synthetic);
    let (kind, name) = if is_message {
        ("usage", "message".into())
    } else {
        event.handled = Field::Truth(handled);
        let last = exceptions.last().and_then(|one| json::text(one.kind));
        (
            "error",
            last.filter(|name| !name.is_empty())
                .unwrap_or("error".into()),
        )
    };
    event.kind = Field::Text(kind.into());
    event.name = Field::Text(cut(name, NAME_CHARS_MAX).into_owned().into());
    let computed = || (!is_message).then(|| computed(&exceptions)).flatten();
    event.fingerprint = own_fingerprint(sent.fingerprint, computed)
        .map_or(Field::Absent, |fingerprint| Field::Text(fingerprint.into()));
    let properties = properties(&sent, words, &exceptions, text.len());
    let checked = properties.properties().and_then(|properties| {
        event.properties = properties;
        let arrival = around.context.arrival(around.sent_at);
        check_event_within(&event, &arrival, &around.context.limits)
    });
    match checked {
        Ok(checked) => Record::Event(checked),
        Err(refusal) => around.refused(refusal, Some(id), raw),
    }
}

/// What events, and feedback in their form, say in the same way.
fn shared<'a>(sent: &Sent<'a>, around: &Around<'_>) -> RawEvent<'a> {
    let (sdk_name, sdk_version) = sdk(sent.sdk, around);
    RawEvent {
        user_id: user(sent.user),
        release: json::field(sent.release),
        build: json::field(sent.dist),
        environment: json::field(sent.environment),
        platform: json::field(sent.platform),
        locale: locale(sent.contexts),
        occurred_at: json::instant(sent.timestamp),
        sdk_name,
        sdk_version,
        of_nobody: true,
        ..RawEvent::default()
    }
}

/// The id of an item: the envelope's goes before its own, for the first that has one.
pub(super) fn event_id(own: Raw<'_>, around: &Around<'_>) -> Option<String> {
    let own = || json::text(own).filter(|id| !id.trim().is_empty());
    let of_envelope = json::id_of(&around.header.event_id).filter(|_| around.is_first);
    of_envelope.or_else(|| own().map(|id| json::plain_id(id.trim())))
}

/// Whoever an item names: the id, else the email, else the user name.
pub(super) fn user(raw: Raw<'_>) -> Field<'_> {
    let user: User<'_> = json::object(raw);
    let said = |raw: &Raw<'_>| match json::field(*raw) {
        Field::Text(text) => !text.trim().is_empty(),
        Field::Absent => false,
        _ => true,
    };
    let named = [user.id, user.email, user.username];
    json::field(named.into_iter().find(said).flatten())
}

pub(super) fn locale(contexts: Raw<'_>) -> Field<'_> {
    let culture: Culture<'_> = json::object(json::object::<Contexts<'_>>(contexts).culture);
    // Said in passing: one of a wrong type is none.
    json::text(culture.locale).map_or(Field::Absent, |locale| {
        Field::Text(locale.into_owned().into())
    })
}

pub(super) fn url(request: Raw<'_>) -> Raw<'_> {
    json::object::<Request<'_>>(request).url
}

/// Name and version of the SDK: of the item, else of the envelope.
pub(super) fn sdk<'a>(own: Raw<'a>, around: &Around<'_>) -> (Field<'a>, Field<'a>) {
    if own.is_some() {
        let sdk: Sdk<'a> = json::object(own);
        return (json::field(sdk.name), json::field(sdk.version));
    }
    let of = |name: &str| match around.header.sdk.get(name) {
        Some(serde_json::Value::String(word)) => Field::Text(word.clone().into()),
        _ => Field::Absent,
    };
    (of("name"), of("version"))
}

/// The exceptions of a chain, whether they come in an object around a list or not.
fn chain(sent: Many<Thrown<'_>, EXCEPTIONS_MAX>) -> Vec<Thrown<'_>> {
    let mut chain: Vec<Thrown<'_>> = sent.into();
    match chain.as_mut_slice() {
        [one] if one.values.is_some() => one.values.take().map(Vec::from).unwrap_or_default(),
        _ => chain,
    }
}

/// Whether an exception stands only for the place at which a message was sent.
fn is_synthetic(one: &Thrown<'_>) -> bool {
    let named = json::text(one.kind).is_some_and(|kind| !kind.is_empty());
    !named && json::truth(one.mechanism.0.synthetic) == Some(true)
}

fn words<'a>(sent: &Sent<'a>) -> Option<Cow<'a, str>> {
    let of = |raw: Raw<'a>| {
        let words: Words<'a> = json::object(raw);
        json::text(words.formatted).or_else(|| json::text(words.message))
    };
    of(sent.logentry)
        .or_else(|| json::text(sent.message))
        .or_else(|| of(sent.message))
        .filter(|words| !words.trim().is_empty())
}

fn computed(exceptions: &[Thrown<'_>]) -> Option<String> {
    let chain: Vec<Exception<'_>> = exceptions
        .iter()
        .map(|one| Exception {
            kind: json::text(one.kind).unwrap_or_default(),
            frames: one
                .stacktrace
                .0
                .frames
                .iter()
                .map(|frame| Frame {
                    module: json::text(frame.module).or_else(|| json::text(frame.filename)),
                    function: json::text(frame.function),
                    in_app: json::truth(frame.in_app).unwrap_or(false),
                })
                .collect(),
        })
        .collect();
    fingerprint(&chain)
}

/// The fingerprint in an SDK's own words, with the computed one where it says `{{ default }}`.
fn own_fingerprint(raw: Raw<'_>, computed: impl Fn() -> Option<String>) -> Option<String> {
    let parts = json::list(raw);
    let mut said = Vec::with_capacity(parts.len());
    for part in parts {
        let part = json::text(Some(part)).unwrap_or(Cow::Borrowed(part.get()));
        let inner = part
            .trim()
            .strip_prefix("{{")
            .and_then(|rest| rest.strip_suffix("}}"));
        match inner.map(str::trim) {
            Some("default") => said.extend(computed()),
            _ => said.push(part.into_owned()),
        }
    }
    if said.is_empty() {
        return computed();
    }
    let whole = said.join("|");
    let is_short = whole.chars().nth(FINGERPRINT_CHARS_MAX).is_none();
    Some(if is_short {
        whole
    } else {
        hashed(&[whole.as_bytes()])
    })
}

fn properties(
    sent: &Sent<'_>,
    words: Option<Cow<'_, str>>,
    exceptions: &[Thrown<'_>],
    bytes: usize,
) -> Building {
    let mut building = Building::of_about(bytes);
    if let Some(words) = words {
        building.put_text("message", &words);
    }
    building.put_list("exception", exceptions, keep);
    building.put("tags", sent.tags);
    building.put("contexts", sent.contexts);
    building.put("extra", sent.extra);
    building.put("breadcrumbs", sent.breadcrumbs);
    building.put("transaction", sent.transaction);
    building.put("logger", sent.logger);
    building.put("server_name", sent.server_name);
    building.put("url", url(sent.request));
    building
}

/// What is kept of an exception.
fn keep(building: &mut Building, one: &Thrown<'_>) {
    building.put("type", one.kind);
    building.put("value", one.value);
    building.put("module", one.module);
    building.put("mechanism", one.mechanism.0.kind);
    building.put("handled", one.mechanism.0.handled);
    let frames = one.stacktrace.0.frames.iter();
    building.put_list(
        "frames",
        frames.filter(|frame| frame.says_anything()),
        keep_frame,
    );
}

fn keep_frame(building: &mut Building, frame: &SentFrame<'_>) {
    building.put("module", frame.module);
    building.put("filename", frame.filename);
    building.put("function", frame.function);
    building.put("lineno", frame.lineno);
    building.put("in_app", frame.in_app);
}

fn cut(text: Cow<'_, str>, chars: usize) -> Cow<'_, str> {
    match text.char_indices().nth(chars) {
        Some((end, _)) => Cow::Owned(text[..end].to_owned()),
        None => text,
    }
}
