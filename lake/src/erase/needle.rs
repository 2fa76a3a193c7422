//! An id as it may be spelled in text: as it is, escaped in JSON, percent-encoded in an address.
//!
//! An id is mentioned where it stands by itself: a letter or digit before or behind it makes it part
//! of another word or id ("u1" is not mentioned in "u12").

use memchr::memmem;
use serde_json::Value;

/// What stands in place of an id.
pub(crate) const ERASED: &str = "[erased]";

/// Ids below this length turn up by chance in bytes that are no text.
const BY_CHANCE_BYTES: usize = 6;

/// One id to look for.
#[derive(Debug, Clone)]
pub(crate) struct Needle {
    id: String,
    spellings: Vec<String>,
}

impl Needle {
    pub(crate) fn new(id: &str) -> Self {
        let quoted = Value::from(id).to_string();
        let escaped = |unit: fn(u16) -> String| {
            let spell = |c: char| -> String {
                let mut units = [0; 2];
                let units = c.encode_utf16(&mut units).iter();
                if c.is_ascii() && c != '"' && c != '\\' {
                    c.to_string()
                } else {
                    units.map(|&one| unit(one)).collect()
                }
            };
            id.chars().map(spell).collect::<String>()
        };
        let mut spellings = vec![
            id.to_owned(),
            quoted[1..quoted.len() - 1].to_owned(),
            id.replace('/', "\\/"),
            escaped(|unit| format!("\\u{unit:04x}")),
            escaped(|unit| format!("\\u{unit:04X}")),
            percent(id, |byte| format!("%{byte:02X}")),
            percent(id, |byte| format!("%{byte:02x}")),
        ];
        spellings.sort();
        spellings.dedup();
        spellings.retain(|spelling| !spelling.is_empty());
        Self {
            id: id.to_owned(),
            spellings,
        }
    }

    pub(crate) fn id(&self) -> &str {
        &self.id
    }

    /// Whether bytes mention the id; where they are JSON, however it is escaped.
    pub(crate) fn is_in(&self, bytes: &[u8]) -> bool {
        self.first_in(bytes).is_some()
            || bytes.contains(&b'\\')
                && serde_json::from_slice::<Value>(bytes)
                    .is_ok_and(|value| self.is_in_value(&value))
    }

    /// Whether a string of a JSON value mentions the id.
    pub(crate) fn is_in_value(&self, value: &Value) -> bool {
        match value {
            Value::String(text) => self.is_in(text.as_bytes()),
            Value::Number(number) => number.to_string() == self.id,
            Value::Array(items) => items.iter().any(|item| self.is_in_value(item)),
            Value::Object(fields) => fields
                .iter()
                .any(|(name, value)| self.is_in(name.as_bytes()) || self.is_in_value(value)),
            _ => false,
        }
    }

    /// Whether bytes hold the id anywhere, be it within a word: for bytes that cannot be understood.
    pub(crate) fn is_anywhere_in(&self, bytes: &[u8]) -> bool {
        let mut spellings = self.spellings.iter();
        spellings.any(|spelling| memmem::find(bytes, spelling.as_bytes()).is_some())
    }

    /// Overwrites the id wherever bytes hold it; one so short that it turns up by chance, only where
    /// it stands by itself.
    pub(crate) fn blank(&self, bytes: &mut [u8]) {
        for spelling in &self.spellings {
            let spelling = spelling.as_bytes();
            let mut from = 0;
            while let Some(at) = memmem::find(&bytes[from..], spelling) {
                let (start, end) = (from + at, from + at + spelling.len());
                if spelling.len() >= BY_CHANCE_BYTES || stands_alone(bytes, start, end) {
                    bytes[start..end].fill(b'#');
                }
                from = end;
            }
        }
    }

    /// Text without the id; `None` where it does not mention it.
    pub(crate) fn redact(&self, text: &str) -> Option<String> {
        if !self.is_in(text.as_bytes()) {
            return None;
        }
        let mut rest = text;
        let mut redacted = String::with_capacity(text.len());
        while let Some((from, to)) = self.first_in(rest.as_bytes()) {
            redacted.push_str(&rest[..from]);
            redacted.push_str(ERASED);
            rest = &rest[to..];
        }
        redacted.push_str(rest);
        let is_broken = |redacted: &str| serde_json::from_str::<Value>(redacted).is_err();
        if (self.is_in(redacted.as_bytes()) || is_broken(&redacted))
            && let Ok(mut value) = serde_json::from_str::<Value>(text)
        {
            // Escaped in a way of its own, or a number: the JSON is written anew.
            self.redact_value(&mut value);
            redacted = value.to_string();
        }
        Some(redacted)
    }

    fn redact_value(&self, value: &mut Value) {
        match value {
            Value::String(text) => {
                if let Some(redacted) = self.redact(text) {
                    *text = redacted;
                }
            }
            Value::Number(_) if self.is_in_value(value) => *value = Value::from(ERASED),
            Value::Array(items) => items.iter_mut().for_each(|item| self.redact_value(item)),
            Value::Object(fields) => {
                let taken = std::mem::take(fields);
                fields.extend(taken.into_iter().map(|(name, mut value)| {
                    self.redact_value(&mut value);
                    (self.redact(&name).unwrap_or(name), value)
                }));
            }
            _ => {}
        }
    }

    /// Where the first mention lies.
    fn first_in(&self, bytes: &[u8]) -> Option<(usize, usize)> {
        let first = |spelling: &String| {
            let spelling = spelling.as_bytes();
            memmem::find_iter(bytes, spelling)
                .map(|from| (from, from + spelling.len()))
                .find(|&(from, to)| stands_alone(bytes, from, to))
        };
        // Of those that begin together the longest.
        let found = self.spellings.iter().filter_map(first);
        found.min_by_key(|&(from, to)| (from, std::cmp::Reverse(to)))
    }
}

/// Several ids.
#[derive(Debug, Clone, Default)]
pub(crate) struct Needles(pub(crate) Vec<Needle>);

impl Needles {
    pub(crate) fn new<'a>(ids: impl IntoIterator<Item = &'a str>) -> Self {
        Self(ids.into_iter().map(Needle::new).collect())
    }

    pub(crate) fn is_in(&self, bytes: &[u8]) -> bool {
        self.0.iter().any(|needle| needle.is_in(bytes))
    }

    pub(crate) fn is_id(&self, text: &str) -> bool {
        self.0.iter().any(|needle| needle.id() == text)
    }

    /// Text without the ids; `None` where it mentions none.
    pub(crate) fn redact(&self, text: &str) -> Option<String> {
        self.0.iter().fold(None, |redacted, needle| {
            let now = needle.redact(redacted.as_deref().unwrap_or(text));
            now.or(redacted)
        })
    }
}

/// Whether neither a letter nor a digit continues what lies between two places.
fn stands_alone(bytes: &[u8], from: usize, to: usize) -> bool {
    let found = String::from_utf8_lossy(&bytes[from..to]);
    let before = String::from_utf8_lossy(&bytes[from.saturating_sub(4)..from]).into_owned();
    let behind = String::from_utf8_lossy(&bytes[to..bytes.len().min(to + 4)]).into_owned();
    let is_part = |one: Option<char>, other: Option<char>| {
        one.is_some_and(char::is_alphanumeric) && other.is_some_and(char::is_alphanumeric)
    };
    !is_part(before.chars().next_back(), found.chars().next())
        && !is_part(found.chars().next_back(), behind.chars().next())
}

fn percent(id: &str, spell: fn(u8) -> String) -> String {
    let bytes = id.bytes().map(|byte| {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            char::from(byte).to_string()
        } else {
            spell(byte)
        }
    });
    bytes.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(id: &str, text: &str, expected: Option<&str>) {
        let needle = Needle::new(id);
        assert_eq!(needle.redact(text).as_deref(), expected, "{id} in {text}");
        assert_eq!(needle.is_in(text.as_bytes()), expected.is_some());
    }

    #[test]
    fn id_is_found_however_it_is_spelled_and_not_within_others() {
        check("u1", "u12 and cu1 are others", None);
        check("u1", "u1, u12, (u1)", Some("[erased], u12, ([erased])"));
        check("é", "née", None);
        check("a@x.io", "?who=a%40x.io&", Some("?who=[erased]&"));
        check("a@x.io", "?who=a%40x.iot", None);
        check("jörg", r#"{"a":"j\u00f6rg"}"#, Some(r#"{"a":"[erased]"}"#));
        check("jörg", r#"{"a":"j\u00F6rg"}"#, Some(r#"{"a":"[erased]"}"#));
        // Spelled in an uncommon way, and behind a line break.
        check("u1", r#"{"a":"\u00751"}"#, Some(r#"{"a":"[erased]"}"#));
        check("u1", r#"{"a":"by\nu1"}"#, Some(r#"{"a":"by\n[erased]"}"#));
        check(
            "say \"hi\"",
            r#"{"say \"hi\"":1}"#,
            Some(r#"{"[erased]":1}"#),
        );
        check("42", r#"{"a":42}"#, Some(r#"{"a":"[erased]"}"#));
    }
}
