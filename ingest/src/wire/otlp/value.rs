//! A value of any type, as attributes and bodies hold it.

use std::fmt;

use lake::Field;
use serde::de::{Deserialize, Deserializer, Error as _, IgnoredAny, MapAccess, Visitor};
use serde_json::Number;

use super::data::{self, KeyValue};
use crate::http::door::from_base64;

/// A value, or none.
#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct AnyValue {
    #[prost(oneof = "Value", tags = "1, 2, 3, 4, 5, 6, 7")]
    pub(super) value: Option<Value>,
}

#[derive(Clone, PartialEq, prost::Oneof)]
pub(super) enum Value {
    #[prost(string, tag = "1")]
    Text(String),
    #[prost(bool, tag = "2")]
    Truth(bool),
    #[prost(int64, tag = "3")]
    Whole(i64),
    #[prost(double, tag = "4")]
    Real(f64),
    #[prost(message, tag = "5")]
    List(ArrayValue),
    #[prost(message, tag = "6")]
    Object(KeyValueList),
    #[prost(bytes = "vec", tag = "7")]
    Bytes(Vec<u8>),
}

#[derive(Clone, PartialEq, prost::Message, serde::Deserialize)]
#[serde(default)]
pub(super) struct ArrayValue {
    #[prost(message, repeated, tag = "1")]
    #[serde(deserialize_with = "data::or_default")]
    pub(super) values: Vec<AnyValue>,
}

#[derive(Clone, PartialEq, prost::Message, serde::Deserialize)]
#[serde(default)]
pub(super) struct KeyValueList {
    #[prost(message, repeated, tag = "1")]
    #[serde(deserialize_with = "data::or_default")]
    pub(super) values: Vec<KeyValue>,
}

impl<'de> Deserialize<'de> for AnyValue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct AsValue;
        impl<'de> Visitor<'de> for AsValue {
            type Value = AnyValue;

            fn expecting(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
                to.write_str("an object with a value of one type")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<AnyValue, A::Error> {
                let mut value = None;
                while let Some(name) = object.next_key::<lake::Text<'_>>()? {
                    let found = match &*name {
                        "stringValue" => object.next_value::<Option<String>>()?.map(Value::Text),
                        "boolValue" => object.next_value::<Option<bool>>()?.map(Value::Truth),
                        "intValue" => Some(Value::Whole(object.next_value_seed(Whole)?)),
                        "doubleValue" => Some(Value::Real(object.next_value_seed(Real)?)),
                        "arrayValue" => object.next_value::<Option<_>>()?.map(Value::List),
                        "kvlistValue" => object.next_value::<Option<_>>()?.map(Value::Object),
                        "bytesValue" => {
                            let text = object.next_value::<Option<String>>()?;
                            let bytes = text.map(|text| from_base64(&text));
                            let no_bytes = || A::Error::custom("bytes are not in base 64");
                            bytes
                                .map(|bytes| bytes.ok_or_else(no_bytes))
                                .transpose()?
                                .map(Value::Bytes)
                        }
                        _ => {
                            object.next_value::<IgnoredAny>()?;
                            None
                        }
                    };
                    value = found.or(value);
                }
                Ok(AnyValue { value })
            }
        }
        deserializer.deserialize_map(AsValue)
    }
}

/// A whole number of 64 bits, as number or text.
struct Whole;

impl<'de> serde::de::DeserializeSeed<'de> for Whole {
    type Value = i64;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<i64, D::Error> {
        i64::try_from(data::whole(deserializer)?).map_err(D::Error::custom)
    }
}

/// A number that need not be finite, as number or text.
struct Real;

impl<'de> serde::de::DeserializeSeed<'de> for Real {
    type Value = f64;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<f64, D::Error> {
        let number = match Field::deserialize(deserializer)? {
            Field::Absent => Some(0.0),
            Field::Number(number) => number.as_f64(),
            Field::Text(text) => match &*text {
                "Infinity" => Some(f64::INFINITY),
                "-Infinity" => Some(f64::NEG_INFINITY),
                text => text.parse().ok(),
            },
            _ => None,
        };
        number.ok_or_else(|| D::Error::custom("not a number"))
    }
}

impl AnyValue {
    pub(super) fn text(&self) -> Option<&str> {
        match &self.value {
            Some(Value::Text(text)) => Some(text),
            _ => None,
        }
    }

    pub(super) fn is_text(&self, word: &str) -> bool {
        self.text() == Some(word)
    }

    pub(super) fn is_true(&self) -> bool {
        matches!(self.value, Some(Value::Truth(true)))
    }

    /// The value as a field of an event.
    pub(super) fn into_field(self) -> Field<'static> {
        match self.value {
            None => Field::Absent,
            Some(Value::Text(text)) => Field::Text(text.into()),
            Some(Value::Truth(truth)) => Field::Truth(truth),
            Some(Value::Whole(number)) => Field::Number(number.into()),
            Some(Value::Real(number)) => match Number::from_f64(number) {
                Some(number) => Field::Number(number),
                None => Field::Text(number.to_string().into()),
            },
            Some(Value::List(_)) => Field::List,
            Some(Value::Object(_)) => Field::Object,
            Some(Value::Bytes(bytes)) => Field::Text(hexadecimal(&bytes).into()),
        }
    }

    /// Writes the value as JSON: bytes as hexadecimal digits, numbers that JSON has not as text.
    pub(super) fn write(&self, to: &mut String) {
        match &self.value {
            None => to.push_str("null"),
            Some(Value::Text(text)) => quote(text, to),
            Some(Value::Truth(truth)) => to.push_str(if *truth { "true" } else { "false" }),
            Some(Value::Whole(number)) => to.push_str(&number.to_string()),
            Some(Value::Real(number)) => match Number::from_f64(*number) {
                Some(number) => to.push_str(&number.to_string()),
                None => quote(&number.to_string(), to),
            },
            Some(Value::List(list)) => {
                to.push('[');
                for (index, value) in list.values.iter().enumerate() {
                    if index > 0 {
                        to.push(',');
                    }
                    value.write(to);
                }
                to.push(']');
            }
            Some(Value::Object(object)) => {
                to.push('{');
                for KeyValue { key, value } in &object.values {
                    name(key, to);
                    match value {
                        Some(value) => value.write(to),
                        None => to.push_str("null"),
                    }
                }
                to.push('}');
            }
            Some(Value::Bytes(bytes)) => quote(&hexadecimal(bytes), to),
        }
    }
}

/// Writes the name of the next member of an object under way.
pub(super) fn name(name: &str, to: &mut String) {
    if !to.ends_with('{') {
        to.push(',');
    }
    quote(name, to);
    to.push(':');
}

/// Writes a JSON text.
pub(super) fn quote(text: &str, to: &mut String) {
    let is_plain = |byte: u8| byte >= 0x20 && byte != b'"' && byte != b'\\';
    if text.bytes().all(is_plain) {
        to.push('"');
        to.push_str(text);
        to.push('"');
    } else {
        to.push_str(&serde_json::Value::from(text).to_string());
    }
}

pub(super) fn hexadecimal(bytes: &[u8]) -> String {
    const DIGITS: [char; 16] = [
        '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f',
    ];
    let nibbles = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    nibbles.map(|nibble| DIGITS[usize::from(nibble)]).collect()
}
