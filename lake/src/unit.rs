//! Sizes and spans of time as people write them in configuration: `64MiB`, `5s`. For
//! `#[serde(with = "lake::unit::bytes")]` and `#[serde(with = "lake::unit::span")]`.

use std::fmt;

use serde::de::{Deserializer, Error, Visitor};

/// A number and its unit, apart; `None` where the text is not of that form.
fn cut(text: &str) -> Option<(u64, &str)> {
    let text = text.trim();
    let end = text.find(|c: char| !c.is_ascii_digit())?;
    Some((text[..end].parse().ok()?, text[end..].trim_start()))
}

/// The largest unit that measures `amount` without a rest.
fn written(amount: u64, units: &[(&'static str, u64)]) -> String {
    let fits = |(_, size): &&(&str, u64)| amount > 0 && amount.is_multiple_of(*size);
    let smallest = units.first().copied().unwrap_or(("", 1));
    let (name, size) = units.iter().rev().find(fits).copied().unwrap_or(smallest);
    format!("{}{name}", amount / size)
}

fn read(text: &str, units: &[(&str, u64)], form: &str) -> Result<u64, String> {
    let read = cut(text).and_then(|(number, unit)| {
        let found = units.iter().find(|(name, _)| *name == unit)?;
        number.checked_mul(found.1)
    });
    read.ok_or_else(|| format!("{text:?} is not {form}"))
}

/// Sizes in bytes.
pub mod bytes {
    use serde::Serializer;

    use super::{Deserializer, Error, Text, read, written};

    const UNITS: [(&str, u64); 5] = [
        ("B", 1),
        ("KiB", 1 << 10),
        ("MiB", 1 << 20),
        ("GiB", 1 << 30),
        ("TiB", 1 << 40),
    ];
    const FORM: &str = "a size such as 512KiB, 64MiB or 4GiB";

    /// Writes a size.
    ///
    /// # Errors
    /// Those of the serializer.
    pub fn serialize<T, S>(size: &T, serializer: S) -> Result<S::Ok, S::Error>
    where
        T: Copy + TryInto<u64>,
        S: Serializer,
    {
        let size = (*size).try_into().unwrap_or(u64::MAX);
        serializer.serialize_str(&written(size, &UNITS))
    }

    /// Reads a size.
    ///
    /// # Errors
    /// For what is no size, and for one that is too large.
    pub fn deserialize<'de, T, D>(deserializer: D) -> Result<T, D::Error>
    where
        T: TryFrom<u64>,
        D: Deserializer<'de>,
    {
        let text = deserializer.deserialize_str(Text(FORM))?;
        let size = read(&text, &UNITS, FORM).map_err(D::Error::custom)?;
        T::try_from(size).map_err(|_| D::Error::custom("this size is too large"))
    }
}

/// Spans of time.
pub mod span {
    use std::time::Duration;

    use serde::Serializer;

    use super::{Deserializer, Error, Text, read, written};

    const UNITS: [(&str, u64); 5] = [
        ("ms", 1),
        ("s", 1_000),
        ("m", 60_000),
        ("h", 3_600_000),
        ("d", 86_400_000),
    ];
    const FORM: &str = "a span such as 250ms, 5s, 10m, 12h or 7d";

    /// Writes a span.
    ///
    /// # Errors
    /// Those of the serializer.
    pub fn serialize<S: Serializer>(span: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
        let millis = u64::try_from(span.as_millis()).unwrap_or(u64::MAX);
        serializer.serialize_str(&written(millis, &UNITS))
    }

    /// Reads a span.
    ///
    /// # Errors
    /// For what is no span.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
        let text = deserializer.deserialize_str(Text(FORM))?;
        let millis = read(&text, &UNITS, FORM).map_err(D::Error::custom)?;
        Ok(Duration::from_millis(millis))
    }
}

/// Reads text; what is none is told the form that is wanted.
struct Text(&'static str);

impl Visitor<'_> for Text {
    type Value = String;

    fn expecting(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.write_str(self.0)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<String, E> {
        Ok(text.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde::{Deserialize, Serialize};
    use serde_json::{Value, json};

    #[derive(Serialize, Deserialize)]
    struct Both {
        #[serde(with = "super::bytes")]
        size: u32,
        #[serde(with = "super::span")]
        span: Duration,
    }

    fn read(size: Value, span: Value) -> Result<(u32, Duration), String> {
        let both = serde_json::from_value::<Both>(json!({"size": size, "span": span}));
        both.map(|both| (both.size, both.span))
            .map_err(|error| error.to_string())
    }

    #[test]
    fn sizes_and_spans_are_read_and_written_alike() {
        for (size, bytes) in [
            ("0B", 0),
            ("1B", 1),
            ("1025B", 1025),
            ("3KiB", 3 << 10),
            ("64MiB", 64 << 20),
            ("3GiB", 3 << 30),
        ] {
            for (span, millis) in [
                ("0ms", 0),
                ("1500ms", 1_500),
                ("2s", 2_000),
                ("7d", 604_800_000),
            ] {
                let span_read = Duration::from_millis(millis);
                assert_eq!(read(json!(size), json!(span)), Ok((bytes, span_read)));
                let both = Both {
                    size: bytes,
                    span: span_read,
                };
                let written = serde_json::to_value(both).unwrap();
                assert_eq!(written, json!({"size": size, "span": span}));
            }
        }
        assert_eq!(read(json!(" 64 MiB "), json!("90 s")).unwrap().0, 64 << 20);
    }

    #[test]
    fn what_is_no_size_and_no_span_is_told_the_form() {
        for bad in [
            "",
            "64",
            "MiB",
            "64MB",
            "-1B",
            "1.5GiB",
            "99999999999999TiB",
        ] {
            let problem = read(json!(bad), json!("1s")).unwrap_err();
            assert!(
                problem.contains("is not a size such as 512KiB"),
                "{problem}"
            );
        }
        for bad in ["", "5", "5 minutes", "-1s", "99999999999999999d"] {
            let problem = read(json!("1B"), json!(bad)).unwrap_err();
            assert!(problem.contains("is not a span such as 250ms"), "{problem}");
        }
        let problem = read(json!(64), json!("1s")).unwrap_err();
        assert!(problem.contains("expected a size such as"), "{problem}");
        let problem = read(json!("4GiB"), json!("1s")).unwrap_err();
        assert!(problem.contains("too large"), "{problem}");
    }
}
