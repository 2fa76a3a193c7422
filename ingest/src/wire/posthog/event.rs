//! From one event's bytes to records.

use std::borrow::Cow;

use actix_web::http::StatusCode;
use lake::{
    Arrival, Field, Properties, RawEvent, RawObject, Refusal, RefusalReason, Refused, Text,
    check_event_within, check_feedback_within,
};
use serde_json::Value;
use uuid::Uuid;

use super::envelope::{Envelope, instant, secret};
use super::person::{GROUP_IDENTIFY, person};
use super::sent::{self, Known, Options, Raw, Sent, first, object, says, word, written};
use super::stored::{Around, stored};
use super::survey::{ANSWERS_MAX, SURVEY_SENT, answers, feedback};
use super::{Request, exception};
use crate::batch::Record;
use crate::http::problem::Problem;
use crate::http::sdk::Context;
use crate::wire::native::parse;

const EXCEPTION: &str = "$exception";

/// Reads the events of one body, and finds the key that they name.
pub(super) struct Reader<'r> {
    request: &'r Request,
    envelope: &'r Envelope,
    context: &'r Context,
    secret: Option<String>,
    names_several: bool,
}

impl<'r> Reader<'r> {
    pub(super) fn new(request: &'r Request, envelope: &'r Envelope, context: &'r Context) -> Self {
        Self {
            request,
            envelope,
            context,
            secret: envelope.secret.clone(),
            names_several: false,
        }
    }

    /// The key, where body or events name one.
    ///
    /// # Errors
    /// When they name several.
    pub(super) fn into_secret(self) -> Result<Option<String>, Problem> {
        if self.names_several {
            let message = "the events of a batch must name one key: send a batch for each";
            return Err(Problem::new(
                StatusCode::UNAUTHORIZED,
                "mixed_keys",
                message,
            ));
        }
        Ok(self.secret)
    }

    /// Reads one event. What is wrong with it, too, is a record.
    pub(super) fn read<'a>(&mut self, raw: &'a [u8], records: &mut Vec<Record<'a>>) {
        let max = self.context.event_bytes_max;
        if raw.len() > max {
            let message = format!("an event must have at most {max} bytes, got {}", raw.len());
            let refusal = Refusal::new("", RefusalReason::TooLarge, message);
            records.push(self.refused(refusal, None, raw));
            return;
        }
        let text = std::str::from_utf8(raw).ok();
        if let Some(sent) = text.and_then(object::<Sent<'a>>)
            && self.convert(&sent, raw, records).is_some()
        {
            return;
        }
        self.read_slowly(raw, records);
    }

    /// Reads what the fast reader does not take, such as a name that is there twice.
    fn read_slowly(&mut self, raw: &[u8], records: &mut Vec<Record<'_>>) {
        let refusal = match parse(raw) {
            Err(refusal) => refusal,
            Ok(object_of_all) => {
                let text = Value::Object(object_of_all).to_string();
                let mut owned = Vec::new();
                let sent = object::<Sent<'_>>(&text);
                let is_read =
                    sent.is_some_and(|sent| self.convert(&sent, raw, &mut owned).is_some());
                if is_read {
                    for record in owned {
                        records.push(record.into_owned());
                    }
                    return;
                }
                let message = "the event holds what cannot be read";
                Refusal::new("", RefusalReason::Unreadable, message)
            }
        };
        records.push(self.refused(refusal, None, raw));
    }

    fn refused(&self, refusal: Refusal, event_id: Option<String>, raw: &[u8]) -> Record<'static> {
        let max = self.context.event_bytes_max;
        Record::Refused(Refused::new(refusal, event_id, raw, max))
    }

    /// Notes the key that an event names.
    fn note(&mut self, named: Option<String>) {
        match (&self.secret, named) {
            (_, None) => {}
            (None, named) => self.secret = named,
            (Some(known), Some(named)) => self.names_several |= *known != named,
        }
    }

    /// Makes records of an event; `None` where its properties cannot be read strictly.
    fn convert<'a>(
        &mut self,
        sent: &Sent<'a>,
        raw: &[u8],
        records: &mut Vec<Record<'a>>,
    ) -> Option<()> {
        let known: Known<'a> = match written(&sent.properties) {
            Some(Cow::Borrowed(text)) if text.starts_with('{') => object(text)?,
            _ => Known::default(),
        };
        let own = secret([&sent.api_key, &sent.token, &sent.token_too]);
        let is_named = own.is_some() || self.request.is_keyed || self.envelope.secret.is_some();
        let named = own.or_else(|| (!is_named).then(|| secret([&known.token])).flatten());
        self.note(named);
        let (event, arrival) = match self.raw_event(sent, &known)? {
            Ok(found) => found,
            Err(refusal) => {
                records.push(self.refused(refusal, None, raw));
                return Some(());
            }
        };
        let given = match &event.event_id {
            Field::Text(id) => Some(id.to_string()),
            _ => None,
        };
        if word(&event.name) == Some(SURVEY_SENT)
            && self.convert_survey(&event, &arrival, raw, records)
        {
            return Some(());
        }
        let checked = check_event_within(&event, &arrival, &self.context.limits);
        records
            .push(checked.map_or_else(|refusal| self.refused(refusal, given, raw), Record::Event));
        Some(())
    }

    /// The event in native fields, and how it arrived.
    fn raw_event<'a>(
        &self,
        sent: &Sent<'a>,
        known: &Known<'a>,
    ) -> Option<Result<(RawEvent<'a>, Arrival), Refusal>> {
        let event_id = match event_id(sent, known) {
            Ok(id) => id,
            Err(refusal) => return Some(Err(refusal)),
        };
        let name = match &sent.event {
            Field::Absent => self
                .request
                .default_name
                .map_or(Field::Absent, |n| Field::Text(n.into())),
            name => name.clone(),
        };
        let spelled = word(&name).unwrap_or_default();
        let (profile, ignores_sent_at) = asked(sent, known);
        let person = person(spelled, sent, known, profile);
        let secret = self.secret.as_deref();
        let around = Around {
            person: &person,
            secret,
        };
        let properties = stored(sent, known, &around)?;
        let told = match spelled {
            EXCEPTION => exception::told(known),
            _ => exception::Told::default(),
        };
        let kind = match spelled {
            EXCEPTION => "error",
            _ if person.is_joined => "identify",
            _ => "usage",
        };
        let session_id = sent::id(&sent.session_id).map(Field::Text);
        let id = |id: Option<Text<'a>>| id.map_or(Field::Absent, Field::Text);
        let sent_at = instant(&sent.sent_at)
            .or(self.envelope.sent_at)
            .or(self.request.sent_at);
        let arrival = self.context.arrival(sent_at.filter(|_| !ignores_sent_at));
        Some(Ok((
            RawEvent {
                event_id,
                of_nobody: spelled == GROUP_IDENTIFY,
                kind: Field::Text(kind.into()),
                user_id: id(person.user_id),
                anonymous_id: id(person.anonymous_id),
                session_id: first([known.session_id.clone(), session_id.unwrap_or_default()]),
                release: first([known.app_version.clone(), known.release_id.clone()]),
                build: first([known.app_build.clone()]),
                environment: first([known.environment.clone(), known.environment_too.clone()]),
                platform: first([known.os.clone()]),
                locale: first([known.locale.clone(), known.browser_language.clone()]),
                sdk_name: first([known.lib.clone(), self.sdk(|(name, _)| name)]),
                sdk_version: first([known.lib_version.clone(), self.sdk(|(_, version)| version)]),
                occurred_at: occurred_at(sent, known),
                level: told.level,
                handled: told.handled,
                fingerprint: told.fingerprint,
                properties,
                name,
                ..RawEvent::default()
            },
            arrival,
        )))
    }

    fn sdk(&self, part: impl Fn(&(String, String)) -> &String) -> Field<'static> {
        let sdk = self.request.sdk.as_ref().map(part);
        sdk.map_or(Field::Absent, |text| Field::Text(text.clone().into()))
    }

    /// Makes feedback of a survey's answers, and says whether there were any.
    fn convert_survey(
        &self,
        event: &RawEvent<'_>,
        arrival: &Arrival,
        raw: &[u8],
        records: &mut Vec<Record<'_>>,
    ) -> bool {
        let Properties::Object { text, .. } = &event.properties else {
            return false;
        };
        let Ok(properties) = serde_json::from_str::<RawObject>(text) else {
            return false;
        };
        let answers = answers(&properties);
        let id = word(&event.event_id);
        if answers.len() > ANSWERS_MAX {
            let message = format!(
                "a survey must have at most {ANSWERS_MAX} answers, got {}",
                answers.len()
            );
            let refusal = Refusal::new("properties", RefusalReason::TooLarge, message);
            records.push(self.refused(refusal, id.map(str::to_owned), raw));
            return true;
        }
        let base = native_object(event);
        for answer in &answers {
            let object = feedback(answer, id, &base, &properties);
            let checked = check_feedback_within(&object, arrival, &self.context.limits);
            records.push(match checked {
                Ok(mut feedback) => {
                    feedback.revisable = properties.contains_key("$survey_submission_id");
                    Record::Feedback(feedback.into_owned())
                }
                Err(refusal) => self.refused(refusal, id.map(str::to_owned), raw),
            });
        }
        !answers.is_empty()
    }
}

/// The fields that feedback has, too, as an object.
fn native_object(event: &RawEvent<'_>) -> RawObject {
    let fields = [
        ("user_id", &event.user_id),
        ("anonymous_id", &event.anonymous_id),
        ("session_id", &event.session_id),
        ("release", &event.release),
        ("build", &event.build),
        ("environment", &event.environment),
        ("platform", &event.platform),
        ("locale", &event.locale),
        ("sdk_name", &event.sdk_name),
        ("sdk_version", &event.sdk_version),
        ("occurred_at", &event.occurred_at),
    ];
    let value = |field: &Field<'_>| match field {
        Field::Text(text) => Some(Value::from(text.as_str())),
        Field::Number(number) => Some(Value::Number(number.clone())),
        _ => None,
    };
    let fields = fields
        .into_iter()
        .filter_map(|(name, field)| Some((name.to_owned(), value(field)?)));
    fields.collect()
}

/// Whether a person is kept of an event, and whether its client's clock is left as it is: in
/// the words of either protocol.
fn asked(sent: &Sent<'_>, known: &Known<'_>) -> (Option<bool>, bool) {
    let options = sent.options.as_ref().map(sonic_rs::LazyValue::as_raw_str);
    let options: Options<'_> = options.and_then(object).unwrap_or_default();
    let says_so = |field: &Field<'_>, option: &Raw<'_>| {
        let option = || says(&Field::Text(written(option)?.into_owned().into()));
        says(field).or_else(option)
    };
    let profile = says_so(
        &known.process_person_profile,
        &options.process_person_profile,
    );
    let ignores = says_so(&known.ignore_sent_at, &options.disable_skew_correction);
    (profile, ignores == Some(true))
}

fn event_id<'a>(sent: &Sent<'a>, known: &Known<'a>) -> Result<Field<'a>, Refusal> {
    match &sent.uuid {
        Field::Absent => Ok(first([known.insert_id.clone()])),
        Field::Text(text) if text.trim().is_empty() => Ok(first([known.insert_id.clone()])),
        Field::Text(text) if Uuid::try_parse(text.trim()).is_ok() => Ok(sent.uuid.clone()),
        _ => {
            let message = "uuid must be a UUID";
            Err(Refusal::new("event_id", RefusalReason::WrongType, message))
        }
    }
}

/// When it happened, as text; some SDKs write seconds since 1970 beside or instead of it.
fn occurred_at<'a>(sent: &Sent<'a>, known: &Known<'a>) -> Field<'a> {
    let of_millis = |millis: f64| {
        // Beyond what an instant can be, the cast ends at the end and the instant is refused.
        #[expect(clippy::cast_possible_truncation, reason = "saturates")]
        let millis = millis as i64;
        let at = jiff::Timestamp::from_millisecond(millis);
        at.map_or(Field::Absent, |at| Field::Text(at.to_string().into()))
    };
    match (&sent.timestamp, &known.time) {
        (Field::Absent, Field::Number(seconds)) => seconds
            .as_f64()
            .map_or(Field::Absent, |seconds| of_millis(seconds * 1000.0)),
        (Field::Number(millis), _) => millis.as_f64().map_or(Field::Absent, of_millis),
        (timestamp, _) => timestamp.clone(),
    }
}
