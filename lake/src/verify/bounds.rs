//! The log's statement about a file against what the file holds.

use serde_json::Value;

use crate::clock::parse_instant;

/// Where what the log says of a file contradicts what was found in it. Bounds may be wider than what
/// they enclose, never narrower; what the log does not say contradicts nothing.
pub(crate) fn contradictions(told: &str, found: &str) -> Vec<String> {
    let parse = |text: &str| serde_json::from_str::<Value>(text).unwrap_or_default();
    let (told, found) = (parse(told), parse(found));
    let mut wrong = Vec::new();
    let sides = [("minValues", "smallest"), ("maxValues", "largest")];
    for (side, word) in sides {
        let Some(values) = found[side].as_object() else {
            continue;
        };
        for (column, value) in values {
            let bound = &told[side][column];
            let encloses = match side {
                "minValues" => is_at_most(bound, value),
                _ => is_at_most(value, bound),
            };
            if encloses == Some(false) {
                wrong.push(format!("{word} {column} is {value}, the log says {bound}"));
            }
        }
    }
    if let Some(nulls) = found["nullCount"].as_object() {
        for (column, count) in nulls {
            let said = &told["nullCount"][column];
            if !said.is_null() && said != count {
                wrong.push(format!("{count} nulls in {column}, the log says {said}"));
            }
        }
    }
    wrong
}

/// Whether one value comes before another or is the same; `None` where they do not compare.
fn is_at_most(one: &Value, other: &Value) -> Option<bool> {
    match (one, other) {
        (Value::Number(one), Value::Number(other)) => Some(one.as_i64()? <= other.as_i64()?),
        (Value::String(one), Value::String(other)) => {
            match (parse_instant(one), parse_instant(other)) {
                (Ok(one), Ok(other)) => Some(one <= other),
                _ => Some(one <= other),
            }
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(told: &str, found: &str, expected: &[&str]) {
        assert_eq!(contradictions(told, found), expected);
    }

    #[test]
    fn narrower_bounds_contradict_and_wider_ones_do_not() {
        let found = r#"{"minValues":{"n":3,"at":"2026-05-01T00:00:00.000Z"},"maxValues":{"n":9}}"#;
        check(r#"{"minValues":{"n":2},"maxValues":{"n":9}}"#, found, &[]);
        check(
            r#"{"minValues":{"n":4},"maxValues":{"n":8}}"#,
            found,
            &[
                "smallest n is 3, the log says 4",
                "largest n is 9, the log says 8",
            ],
        );
        check(r#"{"minValues":{"at":"2026-05-01T00:00:00Z"}}"#, found, &[]);
        check("", found, &[]);
        let nulls = r#"{"nullCount":{"n":1}}"#;
        check(
            r#"{"nullCount":{"n":0}}"#,
            nulls,
            &["1 nulls in n, the log says 0"],
        );
    }
}
