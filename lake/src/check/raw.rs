//! An event as it came, read once: the fields that Shipwake knows, borrowed from the bytes.
//!
//! Why a reader of its own beside [`RawObject`]: events are what a service takes most of, and a
//! map of owned values costs several times what reading the known fields does. Bytes that this
//! reader does not take are read again as an object, which takes more and says what is wrong.

use std::fmt;

use serde::de::Visitor;
use serde::de::value::{Error as ValueError, StrDeserializer};
use serde::de::{
    Deserialize, Deserializer, Error as _, IgnoredAny, IntoDeserializer as _, MapAccess, SeqAccess,
};
use serde_json::{Number, Value};
use sonic_rs::LazyValue;

use super::RawObject;
use super::digest::{Digest, ObjectDigest};
use crate::text::Text;

/// Objects and lists within each other that are read: the limit of the reader of objects, too.
const BRACKETS_MAX: usize = 120;

/// Declares the fields of a raw event once: the struct, its reader and its view of an object.
macro_rules! raw_event {
    ($($field:ident),+ $(,)?) => {
        /// The known fields of an event that was not checked yet.
        #[derive(Debug, Default)]
        #[expect(missing_docs, reason = "the fields of an event, spelled as clients send them")]
        pub struct RawEvent<'a> {
            $(pub $field: Field<'a>,)+
            pub properties: Properties<'a>,
            /// Whether it may be of nobody: SDKs of servers often name no user. Never read.
            pub of_nobody: bool,
        }

        /// The name of a member of an event's object.
        #[derive(Clone, Copy, serde::Deserialize)]
        #[serde(field_identifier)]
        #[expect(non_camel_case_types, reason = "spelled as clients send them")]
        enum Member {
            $($field,)+
            properties,
            #[serde(other)]
            Other,
        }

        impl<'de: 'a, 'a> Visitor<'de> for InPlace<'_, 'a> {
            type Value = ();

            fn expecting(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
                to.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<(), A::Error> {
                let mut seen = 0_u32;
                while let Some(member) = object.next_key::<Member>()? {
                    match member {
                        $(Member::$field => self.0.$field = object.next_value()?,)+
                        Member::properties => self.0.properties = object.next_value()?,
                        Member::Other => {
                            object.next_value::<IgnoredAny>()?;
                            continue;
                        }
                    }
                    let bit = 1 << member as u32;
                    if seen & bit != 0 {
                        return Err(A::Error::custom("a name comes twice"));
                    }
                    seen |= bit;
                }
                Ok(())
            }
        }

        impl<'a> RawEvent<'a> {
            /// The names of the fields that an event is read for.
            pub const NAMES: &'static [&'static str] =
                &[$(stringify!($field),)+ "properties"];

            /// The known fields of an object.
            #[must_use]
            pub fn of(object: &'a RawObject) -> Self {
                Self {
                    $($field: Field::of_object(object, stringify!($field)),)+
                    properties: object
                        .get("properties")
                        .map_or(Properties::Absent, Properties::of),
                    of_nobody: false,
                }
            }
        }
    };
}

raw_event! {
    app,
    event_id,
    kind,
    name,
    user_id,
    anonymous_id,
    session_id,
    release,
    build,
    environment,
    channel,
    platform,
    locale,
    sdk_name,
    sdk_version,
    occurred_at,
    level,
    handled,
    fingerprint,
    status,
    errors,
    started_at,
    duration_ms,
    sequence,
    session_count,
}

/// Reads an object's members into an event where it stands: it is larger than most of what it
/// borrows from, and would be copied by each layer that hands it on.
struct InPlace<'r, 'a>(&'r mut RawEvent<'a>);

impl<'a> RawEvent<'a> {
    /// Reads the bytes of one JSON object. `None` where they are no object that can be read fast
    /// and strictly: an object reader then says what is wrong, or takes them all the same.
    #[must_use]
    pub fn parse(bytes: &'a [u8]) -> Option<Self> {
        let text = std::str::from_utf8(bytes).ok()?;
        let brackets = memchr::memchr2_iter(b'{', b'[', bytes);
        if !text.trim_ascii_start().starts_with('{') || brackets.count() > BRACKETS_MAX {
            return None;
        }
        let mut event = Self::default();
        let mut reader = sonic_rs::Deserializer::from_str(text);
        reader.deserialize_map(InPlace(&mut event)).ok()?;
        reader.end().ok()?;
        Some(event)
    }
}

/// One field as it came.
#[derive(Debug, Clone, Default, PartialEq)]
pub enum Field<'a> {
    /// Not there, or null.
    #[default]
    Absent,
    /// True or false.
    Truth(bool),
    /// A number.
    Number(Number),
    /// Text.
    Text(Text<'a>),
    /// A list.
    List,
    /// An object.
    Object,
}

impl<'a> Field<'a> {
    /// One field of an object.
    #[must_use]
    pub fn of_object(object: &'a RawObject, name: &str) -> Self {
        object.get(name).map_or(Self::Absent, Self::of)
    }

    pub(super) fn of(value: &'a Value) -> Self {
        match value {
            Value::Null => Self::Absent,
            Value::Bool(truth) => Self::Truth(*truth),
            Value::Number(number) if number.as_f64() == Some(0.0) => Self::Number(0.into()),
            Value::Number(number) => Self::Number(number.clone()),
            Value::String(text) => Self::Text(text.as_str().into()),
            Value::Array(_) => Self::List,
            Value::Object(_) => Self::Object,
        }
    }

    /// The same with its own memory.
    #[must_use]
    pub fn into_owned(self) -> Field<'static> {
        match self {
            Self::Absent => Field::Absent,
            Self::Truth(truth) => Field::Truth(truth),
            Self::Number(number) => Field::Number(number),
            Self::Text(text) => Field::Text(text.into_owned()),
            Self::List => Field::List,
            Self::Object => Field::Object,
        }
    }

    /// What it is, in words.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::Absent => "null",
            Self::Truth(_) => "true or false",
            Self::Number(_) => "a number",
            Self::Text(_) => "text",
            Self::List => "a list",
            Self::Object => "an object",
        }
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Field<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct AsField;
        impl<'de> Visitor<'de> for AsField {
            type Value = Field<'de>;

            fn expecting(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
                to.write_str("a JSON value")
            }

            fn visit_unit<E>(self) -> Result<Field<'de>, E> {
                Ok(Field::Absent)
            }

            fn visit_bool<E>(self, truth: bool) -> Result<Field<'de>, E> {
                Ok(Field::Truth(truth))
            }

            fn visit_u64<E>(self, number: u64) -> Result<Field<'de>, E> {
                Ok(Field::Number(number.into()))
            }

            fn visit_i64<E>(self, number: i64) -> Result<Field<'de>, E> {
                Ok(Field::Number(number.into()))
            }

            fn visit_f64<E: serde::de::Error>(self, number: f64) -> Result<Field<'de>, E> {
                if number == 0.0 {
                    return Ok(Field::Number(0.into()));
                }
                let number = Number::from_f64(number);
                number
                    .map(Field::Number)
                    .ok_or_else(|| E::custom("number out of range"))
            }

            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Field<'de>, E> {
                Ok(Field::Text(text.into()))
            }

            fn visit_str<E>(self, text: &str) -> Result<Field<'de>, E> {
                Ok(Field::Text(text.to_owned().into()))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Field<'de>, A::Error> {
                while list.next_element::<Digest>()?.is_some() {}
                Ok(Field::List)
            }

            fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Field<'de>, A::Error> {
                while object.next_entry::<Digest, Digest>()?.is_some() {}
                Ok(Field::Object)
            }
        }
        deserializer.deserialize_any(AsField)
    }
}

/// The properties of an event as they came.
#[derive(Debug, Clone, Default, PartialEq)]
pub enum Properties<'a> {
    /// Not there, or null.
    #[default]
    Absent,
    /// An object.
    Object {
        /// Its JSON text.
        text: Text<'a>,
        /// How many names it has.
        names: usize,
        /// Hash of what it says, whatever the order of its names and the space between them.
        digest: u64,
    },
    /// Something else.
    Other(Field<'a>),
}

impl<'a> Properties<'a> {
    /// The properties of a JSON text; `None` where it cannot be read strictly.
    #[must_use]
    pub fn of_text(text: &'a str) -> Option<Self> {
        if !text.starts_with('{') {
            return sonic_rs::from_str(text).ok();
        }
        Some(Self::object(text, sonic_rs::from_str(text).ok()?))
    }

    fn object(text: &'a str, digest: Digest) -> Self {
        Self::Object {
            text: text.into(),
            names: digest.names,
            digest: digest.hash,
        }
    }

    /// The properties of an object's JSON text of which the digest is known.
    #[must_use]
    pub fn put_together(text: String, digest: ObjectDigest) -> Properties<'static> {
        Properties::Object {
            text: text.into(),
            names: digest.names(),
            digest: digest.value().0,
        }
    }

    /// The properties of a JSON value.
    #[must_use]
    pub fn of(value: &Value) -> Self {
        match (value, Digest::deserialize(value)) {
            (Value::Null, _) => Self::Absent,
            (Value::Object(map), Ok(digest)) => Self::Object {
                text: value.to_string().into(),
                names: map.len(),
                digest: digest.hash,
            },
            (other, _) => Self::Other(Field::of(other).into_owned()),
        }
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Properties<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = LazyValue::<'de>::deserialize(deserializer)?;
        let std::borrow::Cow::Borrowed(text) = value.as_raw_cow() else {
            return Err(D::Error::custom("properties are not within the bytes"));
        };
        let failed = |error: sonic_rs::Error| D::Error::custom(error);
        if !text.starts_with('{') {
            return Ok(match sonic_rs::from_str(text).map_err(failed)? {
                Field::Absent => Properties::Absent,
                other => Properties::Other(other),
            });
        }
        let digest: Digest = sonic_rs::from_str(text).map_err(failed)?;
        Ok(Properties::object(text, digest))
    }
}

/// Hash of an object's JSON text, as it is taken when the properties are read.
pub(super) fn properties_digest(text: &str) -> u64 {
    sonic_rs::from_str(text).map_or(0, |digest: Digest| digest.hash)
}

/// The value of `T` that is spelled so.
pub(super) fn spelled<T: for<'de> Deserialize<'de>>(word: &str) -> Option<T> {
    let deserializer: StrDeserializer<'_, ValueError> = word.into_deserializer();
    T::deserialize(deserializer).ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn both(text: &str) -> (Option<String>, String) {
        let object: RawObject = serde_json::from_str(text).unwrap();
        let fast = RawEvent::parse(text.as_bytes()).map(|mut event| {
            // The text itself is kept as it came by one and rewritten by the other.
            if let Properties::Object { text, .. } = &mut event.properties {
                *text = Text::default();
            }
            format!("{event:?}")
        });
        let mut slow = RawEvent::of(&object);
        if let Properties::Object { text, .. } = &mut slow.properties {
            *text = Text::default();
        }
        (fast, format!("{slow:?}"))
    }

    #[test]
    fn both_readers_find_the_same() {
        for text in [
            r#"{"name":"a","user_id":7,"properties":{"b":[1,-2,0.5,null,true,"x"],"a":{"c":"d"}}}"#,
            r#"{ "name" : "caf\u00e9 \ud83d\ude00", "properties" : { "a" : 1e3 , "b" : "\n" } }"#,
            r#"{"name":["a"],"user_id":{"a":1},"handled":false,"errors":-3,"properties":null}"#,
            r#"{"properties":7,"unknown":[[{}]],"session_id":18446744073709551615}"#,
            r#"{"properties":{},"duration_ms":12345678901234567890123}"#,
            r#"{"properties":{"a":[-0,0,-0.0,0e3]},"user_id":-0,"errors":-0.0}"#,
            r#"{"properties":{"a":[5.8597e-153,0.30000000000000004,1.7976931348623157e308]}}"#,
            r#"{"properties":{"a":[89255.20000000000000001,9007199254740993,1e-400,6.103515625e-5]}}"#,
        ] {
            let (fast, slow) = both(text);
            assert_eq!(fast.as_deref(), Some(slow.as_str()), "{text}");
        }
    }

    #[test]
    fn what_is_not_strict_json_is_left_to_the_reader_of_objects() {
        let deep = format!("{{\"a\":{}{}}}", "[".repeat(300), "]".repeat(300));
        for text in [
            deep.as_str(),
            r#"{"name":"a","name":"b"}"#,
            r#"{"name":"\udead"}"#,
            r#"{"properties":{"a":1e999}}"#,
            r#"{"properties":{"price":3,"price":0.1}}"#,
            r#"{"properties":{"plans":[{"a":1,"b":2,"a":1}]}}"#,
            r#"{"properties":{"a":"\udead"}}"#,
            r#"{"properties":{"a":[}]}}"#,
            r#"{"name":"a"} x"#,
            "[]",
            "7",
            "",
        ] {
            assert!(RawEvent::parse(text.as_bytes()).is_none(), "{text}");
        }
        assert!(RawEvent::parse(b"{\"name\":\"\xff\"}").is_none());
    }

    #[test]
    fn digest_sees_values_and_not_their_order() {
        let digest = |value: Value| Digest::deserialize(&value).unwrap().hash;
        assert_eq!(
            digest(json!({"a": 1, "b": [2]})),
            digest(json!({"b": [2], "a": 1}))
        );
        let others = [
            json!({"a": 1, "b": [3]}),
            json!({"a": 1}),
            json!({"a": "1", "b": [2]}),
            json!({"b": 1, "a": [2]}),
            json!([["a", 1], ["b", [2]]]),
        ];
        for other in others {
            assert_ne!(digest(json!({"a": 1, "b": [2]})), digest(other));
        }
    }
}
