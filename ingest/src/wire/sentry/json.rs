//! JSON of which any part may be of any type: members are looked at one by one, so that one of a
//! wrong type spoils nothing but itself.

use std::borrow::Cow;
use std::collections::VecDeque;
use std::fmt;
use std::marker::PhantomData;

use lake::{
    Field, ListDigest, Micros, ObjectDigest, Properties, Refusal, RefusalReason, ValueDigest,
};
use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::Value;
use serde_json::value::RawValue;

/// A member as it came; `None` where it is absent or null.
pub(super) type Raw<'a> = Option<&'a RawValue>;

/// The words of a text that is written without escapes: the bytes between its quotes. What is raw was
/// read once already, so that nothing else can be in it.
fn plain(raw: &RawValue) -> Option<&str> {
    let words = raw.get().strip_prefix('"')?.strip_suffix('"')?;
    memchr::memchr(b'\\', words.as_bytes())
        .is_none()
        .then_some(words)
}

/// A member as one field of ours.
pub(super) fn field(raw: Raw<'_>) -> Field<'_> {
    raw.map_or(Field::Absent, |raw| {
        if let Some(words) = plain(raw) {
            return Field::Text(words.into());
        }
        // A number that no float holds is as good as a value of another type.
        serde_json::from_str(raw.get()).unwrap_or(Field::List)
    })
}

/// A member that is text.
pub(super) fn text(raw: Raw<'_>) -> Option<Cow<'_, str>> {
    #[derive(Deserialize)]
    struct Borrowed<'a>(#[serde(borrow)] Cow<'a, str>);
    let raw = raw?;
    if let Some(words) = plain(raw) {
        return Some(Cow::Borrowed(words));
    }
    let text: Borrowed<'_> = serde_json::from_str(raw.get()).ok()?;
    Some(text.0)
}

pub(super) fn truth(raw: Raw<'_>) -> Option<bool> {
    match raw?.get() {
        "true" => Some(true),
        "false" => Some(false),
        _ => None,
    }
}

/// A member that is an object, read into what is known of it.
pub(super) fn object<'a, T: Deserialize<'a> + Default>(raw: Raw<'a>) -> T {
    raw.filter(|raw| is_object(raw))
        .and_then(|raw| serde_json::from_str(raw.get()).ok())
        .unwrap_or_default()
}

/// Whether it is an object: what is read into fields would take a list for their values in order.
pub(super) fn is_object(raw: &RawValue) -> bool {
    raw.get().starts_with('{')
}

/// The elements of a list, of the list `values` of an object, or the object itself.
pub(super) fn list(raw: Raw<'_>) -> Vec<&RawValue> {
    #[derive(Default, Deserialize)]
    struct Around<'a> {
        #[serde(borrow, default)]
        values: Raw<'a>,
    }
    let Some(raw) = raw else { return Vec::new() };
    match raw.get().as_bytes().first() {
        Some(b'[') => serde_json::from_str(raw.get()).unwrap_or_default(),
        Some(b'{') => match object::<Around<'_>>(Some(raw)).values {
            Some(values) if values.get().starts_with('[') => list(Some(values)),
            Some(_) => Vec::new(),
            None => vec![raw],
        },
        _ => Vec::new(),
    }
}

/// An object, read at once into what is known of it; the default for a value of another type.
#[derive(Debug, Default)]
pub(super) struct Loose<T>(pub(super) T);

impl<'de, T: Deserialize<'de> + Default> Deserialize<'de> for Loose<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let found = deserializer.deserialize_any(Objects::<T, 0>(PhantomData))?;
        Ok(Self(found.one.unwrap_or_default()))
    }
}

/// The last `MAX` objects of a list, or the one that stands in its place, read at once into what is
/// known of them; values of another type are left out.
#[derive(Debug)]
pub(super) struct Many<T, const MAX: usize>(VecDeque<T>);

impl<T, const MAX: usize> Many<T, MAX> {
    pub(super) fn iter(&self) -> impl Iterator<Item = &T> {
        self.0.iter()
    }
}

impl<T, const MAX: usize> Default for Many<T, MAX> {
    fn default() -> Self {
        Self(VecDeque::new())
    }
}

impl<T, const MAX: usize> From<Many<T, MAX>> for Vec<T> {
    fn from(many: Many<T, MAX>) -> Self {
        many.0.into()
    }
}

impl<'de, T: Deserialize<'de>, const MAX: usize> Deserialize<'de> for Many<T, MAX> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut found = deserializer.deserialize_any(Objects::<T, MAX>(PhantomData))?;
        found.listed.extend(found.one);
        Ok(Self(found.listed))
    }
}

/// What a value holds: itself, where it is an object, and the objects of a list.
struct Found<T> {
    one: Option<T>,
    listed: VecDeque<T>,
}

impl<T> Default for Found<T> {
    fn default() -> Self {
        Self {
            one: None,
            listed: VecDeque::new(),
        }
    }
}

/// Room that a list of objects has from its first on.
const ROOM: usize = 8;

/// Reads the last `MAX` objects of a list, none for 0; or one in its place.
struct Objects<T, const MAX: usize>(PhantomData<T>);

impl<'de, T: Deserialize<'de>, const MAX: usize> Visitor<'de> for Objects<T, MAX> {
    type Value = Found<T>;

    fn expecting(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.write_str("JSON")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        Ok(Found {
            one: Some(T::deserialize(MapAccessDeserializer::new(map))?),
            listed: VecDeque::new(),
        })
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let mut listed = VecDeque::new();
        while let Some(element) = list.next_element::<Element<T>>()? {
            if let (Some(object), true) = (element.0, MAX > 0) {
                if listed.is_empty() {
                    listed.reserve(ROOM.min(MAX));
                }
                if listed.len() == MAX {
                    listed.pop_front();
                }
                listed.push_back(object);
            }
        }
        Ok(Found { one: None, listed })
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Found::default())
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
        Ok(Found::default())
    }

    fn visit_i64<E>(self, _: i64) -> Result<Self::Value, E> {
        Ok(Found::default())
    }

    fn visit_u64<E>(self, _: u64) -> Result<Self::Value, E> {
        Ok(Found::default())
    }

    fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> {
        Ok(Found::default())
    }

    fn visit_str<E>(self, _: &str) -> Result<Self::Value, E> {
        Ok(Found::default())
    }
}

/// An element of a list, where it is an object.
struct Element<T>(Option<T>);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Element<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let found = deserializer.deserialize_any(Objects::<T, 0>(PhantomData))?;
        Ok(Self(found.one))
    }
}

/// An instant as a field of ours: ISO text as it is, seconds since 1970 as text.
pub(super) fn instant(raw: Raw<'_>) -> Field<'_> {
    match field(raw) {
        Field::Number(seconds) => seconds
            .as_f64()
            .and_then(of_seconds)
            .map_or(Field::Number(seconds), spelled),
        other => other,
    }
}

/// An instant that a header gives; `None` where it cannot be read.
pub(super) fn instant_of(value: &Value) -> Option<Micros> {
    match value {
        Value::String(text) => lake::parse_instant(text).ok(),
        Value::Number(seconds) => of_seconds(seconds.as_f64()?),
        _ => None,
    }
}

/// Seconds since 1970, of any instant that a calendar holds.
#[expect(
    clippy::cast_possible_truncation,
    reason = "within the bounds that are asked"
)]
fn of_seconds(seconds: f64) -> Option<Micros> {
    let is_an_instant = seconds.is_finite() && seconds.abs() < 2.5e11;
    is_an_instant.then(|| (seconds * 1e6).round() as Micros)
}

fn spelled(at: Micros) -> Field<'static> {
    let instant = jiff::Timestamp::from_microsecond(at);
    instant.map_or(Field::Absent, |instant| {
        Field::Text(instant.to_string().into())
    })
}

/// An event id without dashes.
pub(super) fn id_of(value: &Value) -> Option<String> {
    let id = value.as_str()?.trim();
    (!id.is_empty()).then(|| plain_id(id))
}

/// A UUID in its short form, other ids as they are.
pub(super) fn plain_id(id: &str) -> String {
    match uuid::Uuid::try_parse(id) {
        Ok(uuid) => uuid.simple().to_string(),
        Err(_) => id.to_owned(),
    }
}

/// Whether a bare event is a transaction.
pub(super) fn is_transaction(payload: &[u8]) -> bool {
    #[derive(Deserialize)]
    struct Typed<'a> {
        #[serde(rename = "type", borrow, default)]
        kind: Raw<'a>,
    }
    let typed: Option<Typed<'_>> = std::str::from_utf8(payload)
        .ok()
        .and_then(|payload| serde_json::from_str(payload).ok());
    typed.is_some_and(|typed| text(typed.kind).as_deref() == Some("transaction"))
}

/// Whether there are more than `max` objects and lists within each other.
pub(super) fn is_deeper(bytes: &[u8], max: usize) -> bool {
    // Few are as deep as they are many.
    memchr::memchr2_iter(b'{', b'[', bytes).nth(max).is_some() && depth(bytes) > max
}

/// Objects and lists within each other, at the deepest.
fn depth(bytes: &[u8]) -> usize {
    let (mut depth, mut deepest) = (0_usize, 0);
    let mut rest = bytes;
    while let Some((byte, behind)) = rest.split_first() {
        rest = behind;
        match byte {
            b'{' | b'[' => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            b'}' | b']' => depth = depth.saturating_sub(1),
            b'"' => rest = behind_text(rest),
            _ => {}
        }
    }
    deepest
}

/// What is behind the end of a text that has begun.
fn behind_text(mut rest: &[u8]) -> &[u8] {
    while let Some(at) = memchr::memchr2(b'"', b'\\', rest) {
        let skipped = if rest[at] == b'"' { 1 } else { 2 };
        let behind = rest.get(at + skipped..).unwrap_or_default();
        if skipped == 1 {
            return behind;
        }
        rest = behind;
    }
    &[]
}

/// The same text with U+FFFD for each escape of half a character. Browsers cut messages wherever
/// their length ends, be it within an emoji; nobody who reads JSON strictly takes the rest.
pub(super) fn without_lone_surrogates(text: &str) -> Cow<'_, str> {
    let bytes = text.as_bytes();
    let mut repaired: Option<String> = None;
    let (mut at, mut copied) = (0, 0);
    while let Some(found) = memchr::memchr(b'\\', bytes.get(at..).unwrap_or_default()) {
        let escape = at + found;
        at = escape + 2;
        let Some(code) = code_unit(bytes, escape) else {
            continue;
        };
        at = escape + 6;
        let is_pair = (0xd800..0xdc00).contains(&code)
            && code_unit(bytes, at).is_some_and(|low| (0xdc00..0xe000).contains(&low));
        if is_pair {
            at += 6;
        } else if (0xd800..0xe000).contains(&code) {
            let repaired = repaired.get_or_insert_with(|| String::with_capacity(text.len()));
            repaired.push_str(&text[copied..escape]);
            repaired.push_str("\\ufffd");
            copied = at;
        }
    }
    match repaired {
        None => Cow::Borrowed(text),
        Some(mut repaired) => {
            repaired.push_str(&text[copied..]);
            Cow::Owned(repaired)
        }
    }
}

/// The number of an escape `\uXXXX` that begins there.
fn code_unit(bytes: &[u8], at: usize) -> Option<u32> {
    let escape = bytes.get(at..at + 6)?;
    let digits = escape.strip_prefix(b"\\u")?;
    let is_hex = digits.iter().all(u8::is_ascii_hexdigit);
    let digits = std::str::from_utf8(digits).ok().filter(|_| is_hex)?;
    u32::from_str_radix(digits, 16).ok()
}

/// An object under way, made of parts that are JSON already, with the digest of what it says.
#[derive(Debug, Default)]
pub(super) struct Building {
    text: String,
    digest: ObjectDigest,
    /// Whether a part cannot be read strictly.
    is_broken: bool,
}

impl Building {
    /// With room for so many bytes.
    pub(super) fn of_about(bytes: usize) -> Self {
        Self {
            text: String::with_capacity(bytes),
            ..Self::default()
        }
    }

    /// Adds a member as it came, if it is there.
    pub(super) fn put(&mut self, name: &str, raw: Raw<'_>) {
        let Some(raw) = raw else { return };
        self.name(name);
        self.text.push_str(raw.get());
        let digest = match plain(raw) {
            Some(words) => Some(ValueDigest::of_text(words)),
            None => ValueDigest::of_json(raw.get()),
        };
        match digest {
            Some(digest) => self.digest.put(name, digest),
            None => self.is_broken = true,
        }
    }

    /// Adds a text.
    pub(super) fn put_text(&mut self, name: &str, text: &str) {
        self.name(name);
        self.text.push_str(&Value::from(text).to_string());
        self.digest.put(name, ValueDigest::of_text(text));
    }

    /// Adds a list of objects, each filled by `fill`, unless there are none.
    pub(super) fn put_list<T>(
        &mut self,
        name: &str,
        items: impl IntoIterator<Item = T>,
        fill: impl Fn(&mut Self, T),
    ) {
        let mut items = items.into_iter().peekable();
        if items.peek().is_none() {
            return;
        }
        self.name(name);
        self.text.push('[');
        let around = std::mem::take(&mut self.digest);
        let mut list = ListDigest::default();
        for (place, item) in items.enumerate() {
            self.text.push_str(if place == 0 { "{" } else { ",{" });
            fill(self, item);
            self.text.push('}');
            list.push(std::mem::take(&mut self.digest).value());
        }
        self.text.push(']');
        self.digest = around;
        self.digest.put(name, list.value());
    }

    fn name(&mut self, name: &str) {
        match self.text.as_bytes().last() {
            None => self.text.push('{'),
            Some(b'{') => {}
            Some(_) => self.text.push(','),
        }
        self.text.push('"');
        self.text.push_str(name);
        self.text.push_str("\":");
    }

    /// The object as the properties of an event; absent where it has no member.
    ///
    /// # Errors
    /// When a part of it cannot be read strictly.
    pub(super) fn properties(mut self) -> Result<Properties<'static>, Refusal> {
        if self.is_broken {
            let message = "contexts, tags and the like must be JSON that can be read strictly";
            return Err(Refusal::new(
                "properties",
                RefusalReason::Unreadable,
                message,
            ));
        }
        if self.text.is_empty() {
            return Ok(Properties::Absent);
        }
        self.text.push('}');
        Ok(Properties::put_together(self.text, self.digest))
    }
}
