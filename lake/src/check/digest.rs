//! What a JSON value says, as a number: the same for two texts that differ in the order of names, in
//! space or in how a number is spelled.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use smallvec::SmallVec;
use xxhash_rust::xxh3::xxh3_64;

/// Hash of a JSON value. Objects add up the hashes of their members, so that order says nothing.
/// An object that says a name twice has none: readers differ in which of the two values counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Digest {
    pub(super) hash: u64,
    /// Members of an object.
    pub(super) names: usize,
}

impl Digest {
    fn leaf(tag: u64, value: u64) -> Self {
        Self {
            hash: mix(tag, value),
            names: 0,
        }
    }
}

/// The mixing step of splitmix64 over two words.
fn mix(a: u64, b: u64) -> u64 {
    let mut z = a
        .rotate_left(32)
        .wrapping_add(b)
        .wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// The digest of an object that is put together member by member: that of its JSON text, without
/// reading what was put into it once more.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ObjectDigest {
    sum: u64,
    names: usize,
}

impl ObjectDigest {
    /// Adds a member. Its name must be new.
    pub fn put(&mut self, name: &str, value: ValueDigest) {
        let name = text(name);
        self.sum = self.sum.wrapping_add(mix(name, value.0));
        self.names += 1;
    }

    /// The object as a value.
    #[must_use]
    pub fn value(self) -> ValueDigest {
        ValueDigest(mix(OBJECT, self.sum))
    }

    /// How many members it has.
    #[must_use]
    pub fn names(self) -> usize {
        self.names
    }
}

/// The digest of a list that is put together element by element.
#[derive(Debug, Clone, Copy)]
pub struct ListDigest(u64);

impl Default for ListDigest {
    fn default() -> Self {
        Self(LIST)
    }
}

impl ListDigest {
    /// Adds an element.
    pub fn push(&mut self, value: ValueDigest) {
        self.0 = mix(self.0, value.0);
    }

    /// The list as a value.
    #[must_use]
    pub fn value(self) -> ValueDigest {
        ValueDigest(mix(LIST, self.0))
    }
}

/// The digest of a JSON value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ValueDigest(pub(super) u64);

impl ValueDigest {
    /// Of text.
    #[must_use]
    pub fn of_text(words: &str) -> Self {
        Self(text(words))
    }

    /// Of a value's JSON text; `None` where it cannot be read strictly.
    #[must_use]
    pub fn of_json(json: &str) -> Option<Self> {
        let read: Option<Digest> = match json {
            "true" => return Some(Self(mix(TRUTH, 1))),
            "false" => return Some(Self(mix(TRUTH, 0))),
            _ => sonic_rs::from_str(json).ok(),
        };
        read.map(|digest| Self(digest.hash))
    }
}

/// What begins the hash of each type of value.
const NOTHING: u64 = 0;
const TRUTH: u64 = 1;
const WHOLE: u64 = 2;
const BELOW_ZERO: u64 = 3;
const REAL: u64 = 4;
const TEXT: u64 = 5;
const LIST: u64 = 6;
const OBJECT: u64 = 7;

fn text(words: &str) -> u64 {
    mix(TEXT, xxh3_64(words.as_bytes()))
}

impl<'de> Deserialize<'de> for Digest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct AsDigest;
        impl<'de> Visitor<'de> for AsDigest {
            type Value = Digest;

            fn expecting(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
                to.write_str("a JSON value")
            }

            fn visit_unit<E>(self) -> Result<Digest, E> {
                Ok(Digest::leaf(NOTHING, 0))
            }

            fn visit_bool<E>(self, truth: bool) -> Result<Digest, E> {
                Ok(Digest::leaf(TRUTH, u64::from(truth)))
            }

            fn visit_u64<E>(self, number: u64) -> Result<Digest, E> {
                Ok(Digest::leaf(WHOLE, number))
            }

            fn visit_i64<E>(self, number: i64) -> Result<Digest, E> {
                Ok(match u64::try_from(number) {
                    Ok(number) => Digest::leaf(WHOLE, number),
                    Err(_) => Digest::leaf(BELOW_ZERO, number.unsigned_abs()),
                })
            }

            fn visit_f64<E: serde::de::Error>(self, number: f64) -> Result<Digest, E> {
                if number == 0.0 {
                    // Readers differ in whether `-0` is a whole number.
                    Ok(Digest::leaf(WHOLE, 0))
                } else if number.is_finite() {
                    Ok(Digest::leaf(REAL, number.to_bits()))
                } else {
                    Err(E::custom("number out of range"))
                }
            }

            fn visit_str<E>(self, text: &str) -> Result<Digest, E> {
                Ok(Digest::leaf(TEXT, xxh3_64(text.as_bytes())))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Digest, A::Error> {
                let mut hash = LIST;
                while let Some(element) = list.next_element::<Digest>()? {
                    hash = mix(hash, element.hash);
                }
                Ok(Digest::leaf(LIST, hash))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Digest, A::Error> {
                let mut sum = 0_u64;
                let mut names = SmallVec::<[u64; 16]>::new();
                while let Some((name, value)) = object.next_entry::<Digest, Digest>()? {
                    sum = sum.wrapping_add(mix(name.hash, value.hash));
                    names.push(name.hash);
                }
                names.sort_unstable();
                if names.windows(2).any(|pair| pair[0] == pair[1]) {
                    return Err(A::Error::custom("a name comes twice"));
                }
                Ok(Digest {
                    hash: mix(OBJECT, sum),
                    names: names.len(),
                })
            }
        }
        deserializer.deserialize_any(AsDigest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_object_put_together_has_the_digest_of_its_text() {
        let json = |text: &str| ValueDigest::of_json(text).unwrap();
        let mut frame = ObjectDigest::default();
        frame.put("module", ValueDigest::of_text("shop.cart"));
        frame.put("lineno", json("12"));
        frame.put("in_app", json("true"));
        let mut frames = ListDigest::default();
        frames.push(frame.value());
        frames.push(ObjectDigest::default().value());
        let mut whole = ObjectDigest::default();
        whole.put("frames", frames.value());
        whole.put("empty", ListDigest::default().value());
        whole.put(
            "tags",
            json(r#"{"b": 1.5, "a": null, "c": "\u00e9", "d": -3}"#),
        );
        let text = r#"{"empty":[],"tags":{"a":null,"b":15e-1,"c":"é","d":-3},
            "frames":[{"lineno":12,"in_app":true,"module":"shop.cart"},{}]}"#;
        assert_eq!(whole.value(), json(text));
        assert_eq!(whole.names(), 3);
        assert_eq!(ValueDigest::of_json(r#"{"a":1,"a":2}"#), None);
        assert_eq!(ValueDigest::of_json("nul"), None);
    }
}
