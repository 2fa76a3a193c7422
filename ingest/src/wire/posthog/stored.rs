//! The properties of an event as they are stored: as they came, but for the key and for ids of
//! people, and with what SDKs write beside the properties.
//!
//! Why ids are left out: an app may ask that users are stored under a pseudonym or not at all, and
//! then their ids must not stand in a property.

use std::borrow::Cow;
use std::ops::Range;

use lake::{Properties, Text};
use sonic_rs::LazyValue;

use super::person::Person;
use super::sent::{Known, Options, Sent, id, object, word, written};

/// What decides which properties are left out.
pub(super) struct Around<'e> {
    pub(super) person: &'e Person<'e>,
    /// The key, where the body names it.
    pub(super) secret: Option<&'e str>,
}

impl Around<'_> {
    /// Where the values of the properties that are left out lie in their text, in order; `None`
    /// where one cannot be found there.
    fn left_out(&self, text: &str, known: &Known<'_>) -> Option<Vec<Range<usize>>> {
        let ids = [
            &known.distinct_id,
            &known.user_id,
            &known.device_id,
            &known.anon_distinct_id,
        ];
        let alias = Some(&known.alias).filter(|_| self.person.is_joined && self.is_one_of(known));
        let ids = ids.into_iter().chain(alias).flatten();
        let places = ids.map(|id| place(text, id.as_raw_str()));
        let mut places: Vec<_> = places.collect::<Option<_>>()?;
        let token = word(&known.token).filter(|token| self.secret == Some(*token));
        // One that is escaped is no key, and is not borrowed from the text.
        let token = token.and_then(|token| place(text, token));
        places.extend(token.map(|token| token.start - 1..token.end + 1));
        places.sort_unstable_by_key(|place| place.start);
        Some(places)
    }

    /// Whether the alias is an id that the event is of.
    fn is_one_of(&self, known: &Known<'_>) -> bool {
        let alias = id(&known.alias);
        let ids = [&self.person.user_id, &self.person.anonymous_id];
        alias.is_some() && ids.into_iter().any(|known| *known == alias)
    }
}

/// Where a piece that is borrowed from a text lies in it.
fn place(text: &str, piece: &str) -> Option<Range<usize>> {
    let start = piece.as_ptr().addr().checked_sub(text.as_ptr().addr())?;
    let place = start..start + piece.len();
    text.get(place.clone()).map(|_| place)
}

/// The stored properties; `None` where they cannot be read strictly.
pub(super) fn stored<'a>(
    sent: &Sent<'a>,
    known: &Known<'a>,
    around: &Around<'_>,
) -> Option<Properties<'a>> {
    let text = written(&sent.properties).unwrap_or(Cow::Borrowed("{}"));
    let whole = |text| match text {
        Cow::Borrowed(text) => Properties::of_text(text),
        Cow::Owned(text) => owned(text),
    };
    if !text.starts_with('{') {
        return whole(text);
    }
    let (left_out, beside) = (around.left_out(&text, known)?, beside(sent));
    if left_out.is_empty() && beside.is_empty() {
        return whole(text);
    }
    owned(rewritten(&text, &left_out, &beside)?)
}

fn owned(text: String) -> Option<Properties<'static>> {
    Some(match Properties::of_text(&text)? {
        Properties::Absent => Properties::Absent,
        Properties::Object { names, digest, .. } => Properties::Object {
            names,
            digest,
            text: Text::from(text),
        },
        Properties::Other(other) => Properties::Other(other.into_owned()),
    })
}

/// What SDKs write beside the properties, under the names that it has within them.
fn beside<'s>(sent: &'s Sent<'_>) -> Vec<(&'static str, Cow<'s, str>)> {
    let mut beside = Vec::new();
    let mut add = |name, raw| beside.extend(written(raw).map(|text| (name, text)));
    add("$set", &sent.set);
    add("$set_once", &sent.set_once);
    add("$window_id", &sent.window_id);
    let options = sent.options.as_ref().map(LazyValue::as_raw_str);
    let options: Option<Options<'_>> = options.and_then(object);
    if let Some(options) = &options {
        add("$process_person_profile", &options.process_person_profile);
        add("$cookieless_mode", &options.cookieless_mode);
        add("$product_tour_id", &options.product_tour_id);
        add("$ignore_sent_at", &options.disable_skew_correction);
    }
    beside
        .into_iter()
        .map(|(name, text)| (name, Cow::Owned(text.into_owned())))
        .collect()
}

/// The text of properties without the members whose values lie there, and with others at its end.
fn rewritten(
    text: &str,
    left_out: &[Range<usize>],
    beside: &[(&'static str, Cow<'_, str>)],
) -> Option<String> {
    let room: usize = beside
        .iter()
        .map(|(name, raw)| name.len() + raw.len() + 4)
        .sum();
    let mut written = String::with_capacity(text.len() + room);
    let mut at = 0;
    for place in left_out {
        written.push_str(text.get(at..start_of_member(text, place.start)?)?);
        let behind = text.get(place.end..)?.trim_ascii_start();
        at = text.len() - behind.strip_prefix(',').unwrap_or(behind).len();
    }
    written.push_str(text.get(at..)?.trim_ascii_end().strip_suffix('}')?);
    // The comma before a last member that is left out.
    written.truncate(written.trim_ascii_end().len());
    if written.ends_with(',') {
        written.pop();
    }
    for (name, value) in beside.iter().filter(|(name, _)| !is_there(text, name)) {
        if !written.ends_with('{') {
            written.push(',');
        }
        for part in ["\"", name, "\":", value] {
            written.push_str(part);
        }
    }
    written.push('}');
    Some(written)
}

/// Where the member begins whose value begins there: with the quote of its name, which holds no
/// other where it is the name of a known property.
fn start_of_member(text: &str, value: usize) -> Option<usize> {
    let before = text.get(..value)?.trim_ascii_end().strip_suffix(':')?;
    let name = before.trim_ascii_end().strip_suffix('"')?;
    name.rfind('"')
}

fn is_there(object: &str, name: &str) -> bool {
    let mut members = sonic_rs::to_object_iter(object).filter_map(Result::ok);
    object.contains(&["\"", name, "\""].concat()) && members.any(|(found, _)| found == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(event: &str, secret: Option<&str>, expected: &str) {
        let sent: Sent<'_> = object(event).unwrap();
        let properties = sent.properties.as_ref().map(LazyValue::as_raw_str);
        let known: Known<'_> = properties.and_then(object).unwrap_or_default();
        let person = Person {
            user_id: Some("u1".into()),
            anonymous_id: Some("d1".into()),
            is_joined: false,
        };
        let around = Around {
            person: &person,
            secret,
        };
        let found = match stored(&sent, &known, &around) {
            Some(Properties::Object { text, .. }) => text.to_string(),
            other => format!("{other:?}"),
        };
        assert_eq!(found, expected, "{event}");
    }

    #[test]
    fn properties_stay_as_they_came() {
        check(r#"{"properties":{ "a" : 1.0 }}"#, None, r#"{ "a" : 1.0 }"#);
        check("{}", None, "{}");
        check(
            r#"{"properties":7}"#,
            None,
            "Some(Other(Number(Number(7))))",
        );
        check(r#"{"properties":{"a":1,"a":2}}"#, None, "None");
    }

    #[test]
    fn key_and_ids_of_people_are_left_out() {
        check(
            r#"{"properties":{"token":"k","distinct_id":"u1","$device_id":"d1","$user_id":"u2","a\"":"b"}}"#,
            Some("k"),
            r#"{"a\"":"b"}"#,
        );
        check(
            r#"{"properties":{ "a" : [1] , "\u0024user_id" : "u" ,"b": {"token":"k"}, "token":"k" }}"#,
            Some("k"),
            r#"{ "a" : [1] , "b": {"token":"k"}}"#,
        );
        check(r#"{"properties":{"distinct_id":"u1"}}"#, None, "{}");
        check(
            r#"{"properties":{"token":"mine","alias":"x"}}"#,
            Some("k"),
            r#"{"token":"mine","alias":"x"}"#,
        );
    }

    #[test]
    fn what_stands_beside_the_properties_is_put_in() {
        check(
            r#"{"$set":{"plan":"pro"},"$set_once":null,"window_id":"w","options":{"cookieless_mode":true},"properties":{"a":1}}"#,
            None,
            r#"{"a":1,"$set":{"plan":"pro"},"$window_id":"w","$cookieless_mode":true}"#,
        );
        check(
            r#"{"$set":{"a":1},"properties":{"$set":{"b":2}}}"#,
            None,
            r#"{"$set":{"b":2}}"#,
        );
    }
}
