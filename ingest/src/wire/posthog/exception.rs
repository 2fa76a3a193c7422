//! What an `$exception` says of an error: whether the app caught it, and what groups it.

use std::borrow::Cow;

use lake::Field;
use serde::Deserialize;

use super::sent::{Known, object, word};
use crate::wire::fingerprint::{self, fingerprint};

/// What becomes of an error beside its properties.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Told<'a> {
    pub(super) level: Field<'a>,
    pub(super) handled: Field<'a>,
    pub(super) fingerprint: Field<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Exception<'a> {
    #[serde(borrow, rename = "type")]
    kind: Field<'a>,
    #[serde(borrow)]
    mechanism: Loose<'a>,
    #[serde(borrow)]
    stacktrace: Loose<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Mechanism<'a> {
    #[serde(borrow)]
    handled: Field<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Stack<'a> {
    #[serde(borrow)]
    frames: Loose<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Frame<'a> {
    #[serde(borrow)]
    module: Field<'a>,
    #[serde(borrow)]
    filename: Field<'a>,
    #[serde(borrow)]
    function: Field<'a>,
    #[serde(borrow)]
    in_app: Field<'a>,
}

type Loose<'a> = super::sent::Raw<'a>;

/// Reads the list of exceptions. What of it is not as SDKs write it stays in the properties and
/// says nothing here.
pub(super) fn told<'a>(known: &Known<'a>) -> Told<'a> {
    let list = known.exceptions.as_ref().map(|list| list.as_raw_str());
    let exceptions: Vec<Exception<'_>> = list.and_then(elements).unwrap_or_default();
    let handled: Vec<bool> = exceptions.iter().filter_map(handled).collect();
    let own = word(&known.exception_fingerprint).map(|text| Field::Text(text.to_owned().into()));
    let made = || {
        let chain: Vec<_> = exceptions.iter().map(plain).collect();
        fingerprint(&chain).map(|text| Field::Text(text.into()))
    };
    Told {
        level: match &known.exception_level {
            level @ Field::Text(_) => level.clone(),
            _ => Field::Text("error".into()),
        },
        handled: match handled.is_empty() {
            true => Field::Absent,
            false => Field::Truth(!handled.contains(&false)),
        },
        fingerprint: own.or_else(made).unwrap_or_default(),
    }
}

fn handled(exception: &Exception<'_>) -> Option<bool> {
    let mechanism: Mechanism<'_> = object(exception.mechanism.as_ref()?.as_raw_str())?;
    match mechanism.handled {
        Field::Truth(truth) => Some(truth),
        _ => None,
    }
}

fn plain<'e>(exception: &'e Exception<'_>) -> fingerprint::Exception<'e> {
    let stack = exception
        .stacktrace
        .as_ref()
        .map(|stack| stack.as_raw_str());
    let stack: Option<Stack<'_>> = stack.and_then(object);
    let frames = stack.as_ref().and_then(|stack| stack.frames.as_ref());
    let frames: Option<Vec<Frame<'_>>> = frames.and_then(|list| elements(list.as_raw_str()));
    let owned = |field: &Field<'_>| word(field).map(|text| Cow::Owned(text.to_owned()));
    let frame = |frame: Frame<'_>| fingerprint::Frame {
        module: owned(&frame.module).or_else(|| owned(&frame.filename)),
        function: owned(&frame.function),
        in_app: frame.in_app == Field::Truth(true),
    };
    fingerprint::Exception {
        kind: word(&exception.kind).unwrap_or_default().into(),
        frames: frames.unwrap_or_default().into_iter().map(frame).collect(),
    }
}

fn elements<'a, T: Deserialize<'a>>(list: &'a str) -> Option<Vec<T>> {
    list.starts_with('[')
        .then(|| sonic_rs::from_str(list).ok())
        .flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(properties: &str) -> Told<'_> {
        told(&object(properties).unwrap())
    }

    fn print<'t>(told: &'t Told<'_>) -> Option<&'t str> {
        word(&told.fingerprint)
    }

    #[test]
    fn any_exception_that_was_not_caught_makes_the_error_unhandled() {
        let list = |handled: &str| {
            format!(
                r#"{{"$exception_list":[{{"type":"A","mechanism":{{"handled":true}}}},{{"type":"B","mechanism":{{"handled":{handled}}}}}]}}"#
            )
        };
        assert_eq!(check(&list("true")).handled, Field::Truth(true));
        assert_eq!(check(&list("false")).handled, Field::Truth(false));
        assert_eq!(check(&list("null")).handled, Field::Truth(true));
        assert_eq!(
            check(r#"{"$exception_list":[{"type":"A"}]}"#).handled,
            Field::Absent
        );
    }

    #[test]
    fn level_and_fingerprint_are_the_sdks_own_where_it_has_them() {
        let told = check(
            r#"{"$exception_level":"fatal","$exception_fingerprint":"mine","$exception_list":[{"type":"A"}]}"#,
        );
        assert_eq!(told.level, Field::Text("fatal".into()));
        assert_eq!(print(&told), Some("mine"));
        let told = check(r#"{"$exception_list":[{"type":"A"}]}"#);
        assert_eq!(told.level, Field::Text("error".into()));
        assert!(print(&told).unwrap().starts_with("v1:"));
    }

    #[test]
    fn lines_do_not_matter_and_functions_do() {
        let of = |function: &str, line: u32| {
            let text = format!(
                r#"{{"$exception_list":[{{"type":"E","stacktrace":{{"frames":[{{"filename":"a.js","function":"{function}","lineno":{line},"in_app":true}}]}}}}]}}"#
            );
            print(&check(&text)).unwrap().to_owned()
        };
        assert_eq!(of("pay", 1), of("pay", 2));
        assert_ne!(of("pay", 1), of("ship", 1));
    }

    #[test]
    fn lists_of_another_form_say_nothing() {
        for odd in ["7", "null", "{}", "[7]", "[[]]", "\"x\""] {
            let text = format!(r#"{{"$exception_list":{odd}}}"#);
            let told = check(&text);
            assert_eq!(
                (told.handled.clone(), print(&told)),
                (Field::Absent, None),
                "{odd}"
            );
        }
        let odd = r#"{"$exception_list":[{"type":"A","mechanism":7,"stacktrace":{"frames":{}}}]}"#;
        assert!(print(&check(odd)).is_some());
    }
}
