//! A cell's text to the JSON that the contract checks. What cannot be read as its form is handed on
//! as text, so that the check refuses it by name: nothing is dropped here.

use std::borrow::Cow;

use jiff::tz::TimeZone;
use lake::{Refusal, RefusalReason};
use serde_json::{Number, Value};

use crate::import::header::fold;
use crate::import::instant::{read_instant, write_instant};

/// Working hours of a person-day and working days of a week, for estimates with a unit.
const HOURS_PER_DAY: f64 = 8.0;
const DAYS_PER_WEEK: f64 = 5.0;
pub(crate) const SECONDS_PER_PERSON_DAY: f64 = HOURS_PER_DAY * 3600.0;

/// What a cell holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// Words.
    Text,
    /// One of a closed list of words, however they are joined.
    Word,
    /// The team's word for how an item stands; words for "will not be done" become `closed`.
    Status,
    /// A number, a decimal comma and thousands allowed.
    Number,
    /// An estimate: a number, or one with the unit `m`, `h`, `d` or `w`; to person-days.
    Effort,
    /// RICE impact: a number or a word of its scale.
    Impact,
    /// RICE confidence: a rate, a percentage or a word of its scale.
    Confidence,
    /// Yes or no.
    Truth,
    /// An instant.
    Instant,
    /// Entries joined by `;` (or `,`), or a JSON list.
    List,
    /// A JSON list, or entries joined by `;`.
    Json,
    /// A JSON list of goals, or `metric=target` joined by `;`.
    Goals,
}

/// The JSON of the filled cells of one field: more than one where a column is repeated.
pub(crate) fn value(
    field: &str,
    form: Form,
    cells: &[&str],
    zone: &TimeZone,
) -> Result<Value, Refusal> {
    let first = cells.first().copied().unwrap_or_default();
    let or_text = |number: Option<f64>| {
        number
            .and_then(Number::from_f64)
            .map_or_else(|| Value::from(first), Value::Number)
    };
    Ok(match form {
        Form::Text => Value::from(first),
        Form::Word => Value::from(first.to_lowercase().replace([' ', '-'], "_")),
        Form::Status => Value::from(status(first)),
        Form::Number => or_text(number(first)),
        Form::Effort => or_text(effort(first)),
        Form::Impact => or_text(number(first).or_else(|| impact(first))),
        Form::Confidence => or_text(confidence(first)),
        Form::Truth => truth(first).map_or_else(|| Value::from(first), Value::Bool),
        Form::Instant => {
            let written = read_instant(first, zone).map(write_instant);
            let bad = |message| Refusal::new(field, RefusalReason::BadInstant, message);
            match written.map_err(|message| bad(format!("{field} is {message}")))? {
                Some(text) => Value::from(text),
                None => return Err(bad(format!("{field} is beyond the calendar"))),
            }
        }
        Form::List => json_list(first)
            .unwrap_or_else(|| cells.iter().flat_map(|cell| entries(cell)).collect()),
        Form::Json => json_list(first).unwrap_or_else(|| entries(first).collect()),
        Form::Goals => json_list(first).unwrap_or_else(|| entries(first).map(goal).collect()),
    })
}

impl Form {
    /// Whether a cell holds a number, with or without a unit.
    pub(crate) fn is_number(self) -> bool {
        matches!(
            self,
            Self::Number | Self::Effort | Self::Impact | Self::Confidence
        )
    }
}

/// The text of a number in which a comma stands before decimals, with a point in its place: `0,125`,
/// `1.234,5`, `38,5h`.
pub(crate) fn with_decimal_point(text: &str) -> Cow<'_, str> {
    match text.split_once(',') {
        Some((whole, part))
            if whole.ends_with(|c: char| c.is_ascii_digit())
                && part.starts_with(|c: char| c.is_ascii_digit())
                && !part.contains([',', '.']) =>
        {
            Cow::Owned([&whole.replace('.', ""), ".", part].concat())
        }
        _ => Cow::Borrowed(text),
    }
}

/// A number, with a decimal comma or thousands where there can be no doubt.
pub(crate) fn number(text: &str) -> Option<f64> {
    let text = text.trim();
    if let Ok(number) = text.parse::<f64>() {
        return Some(number).filter(|number| number.is_finite());
    }
    let parts: Vec<&str> = text.split(',').collect();
    let is_digits = |part: &&str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    match parts.as_slice() {
        [whole, part]
            if is_digits(whole) && is_digits(part) && (part.len() != 3 || *whole == "0") =>
        {
            [*whole, ".", *part].concat().parse().ok()
        }
        [first, rest @ ..]
            if is_digits(first)
                && first.len() <= 3
                && rest.iter().all(|part| part.len() == 3 && is_digits(part)) =>
        {
            parts.concat().parse().ok()
        }
        _ => None,
    }
}

pub(crate) fn effort(text: &str) -> Option<f64> {
    let text = text.trim().to_lowercase();
    if let Some(days) = number(&text) {
        return Some(days);
    }
    let start = text.find(|c: char| c.is_alphabetic())?;
    let (amount, unit) = text.split_at(start);
    let amount = number(amount)?;
    match unit {
        "m" | "min" | "minutes" => Some(amount / 60.0 / HOURS_PER_DAY),
        "h" | "hour" | "hours" => Some(amount / HOURS_PER_DAY),
        "d" | "day" | "days" | "pd" => Some(amount),
        "w" | "week" | "weeks" => Some(amount * DAYS_PER_WEEK),
        _ => None,
    }
}

/// The words of the RICE scale. Source: Intercom, "RICE: Simple prioritization for product
/// managers" (2016).
fn impact(text: &str) -> Option<f64> {
    match text.to_lowercase().as_str() {
        "massive" => Some(3.0),
        "high" => Some(2.0),
        "medium" => Some(1.0),
        "low" => Some(0.5),
        "minimal" => Some(0.25),
        _ => None,
    }
}

/// As [`impact`]; a number above 1 is taken as a percentage.
fn confidence(text: &str) -> Option<f64> {
    let share = text
        .strip_suffix('%')
        .and_then(number)
        .map(|percent| percent / 100.0);
    share.or_else(|| number(text)).map_or_else(
        || match text.to_lowercase().as_str() {
            "high" => Some(1.0),
            "medium" => Some(0.8),
            "low" => Some(0.5),
            _ => None,
        },
        |rate| Some(if rate > 1.0 { rate / 100.0 } else { rate }),
    )
}

fn truth(text: &str) -> Option<bool> {
    match text.to_lowercase().as_str() {
        "true" | "yes" | "y" | "1" | "x" => Some(true),
        "false" | "no" | "n" | "0" => Some(false),
        _ => None,
    }
}

fn status(text: &str) -> &str {
    match fold(text).as_str() {
        "wontdo" | "wontfix" | "canceled" | "cancelled" | "duplicate" | "notplanned" => "closed",
        _ => text,
    }
}

fn json_list(text: &str) -> Option<Value> {
    serde_json::from_str(text).ok().filter(Value::is_array)
}

/// Entries joined by `;`, or by `,` where there is no `;`, brackets around them allowed.
fn entries(text: &str) -> impl Iterator<Item = Value> + '_ {
    let inner = text
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'))
        .unwrap_or(text);
    let joint = if inner.contains(';') { ';' } else { ',' };
    inner
        .split(joint)
        .map(str::trim)
        .filter(|entry| !entry.is_empty())
        .map(Value::from)
}

fn goal(entry: Value) -> Value {
    let parts = entry.as_str().and_then(|text| text.split_once('='));
    match parts.and_then(|(metric, target)| Some((metric.trim(), number(target)?))) {
        Some((metric, target)) => serde_json::json!({"metric": metric, "target": target}),
        None => entry,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn check(form: Form, cells: &[&str], expected: &Value) {
        let found = value("field", form, cells, &TimeZone::UTC);
        assert_eq!(found.as_ref(), Ok(expected), "{form:?} {cells:?}");
    }

    #[test]
    fn cells_become_what_the_contract_checks() {
        check(Form::Number, &["2.5"], &json!(2.5));
        check(Form::Number, &["2,5"], &json!(2.5));
        check(Form::Number, &["0,125"], &json!(0.125));
        check(Form::Number, &["12,000"], &json!(12_000.0));
        check(Form::Number, &["1,234,567"], &json!(1_234_567.0));
        check(Form::Number, &["lots"], &json!("lots"));
        check(Form::Number, &["NaN"], &json!("NaN"));
        check(Form::Effort, &["38h"], &json!(4.75));
        check(Form::Effort, &["2w"], &json!(10.0));
        check(Form::Effort, &["3 days"], &json!(3.0));
        check(Form::Effort, &["soon"], &json!("soon"));
        check(Form::Confidence, &["80%"], &json!(0.8));
        check(Form::Confidence, &["80"], &json!(0.8));
        check(Form::Confidence, &["0.8"], &json!(0.8));
        check(Form::Confidence, &["Medium"], &json!(0.8));
        check(Form::Impact, &["massive"], &json!(3.0));
        check(Form::Truth, &["Yes"], &json!(true));
        check(Form::Truth, &["maybe"], &json!("maybe"));
        check(Form::Word, &["Big Bang"], &json!("big_bang"));
        check(Form::Status, &["Won't Do"], &json!("closed"));
        check(Form::Status, &["In Progress"], &json!("In Progress"));
        check(
            Form::Instant,
            &["2026-05-01"],
            &json!("2026-05-01T00:00:00Z"),
        );
        assert!(value("at", Form::Instant, &["soon"], &TimeZone::UTC).is_err());
    }

    #[test]
    fn a_comma_before_decimals_is_a_point() {
        for (text, point) in [
            ("0,125", "0.125"),
            ("1.234,5", "1234.5"),
            ("38,5h", "38.5h"),
            ("80,5%", "80.5%"),
            ("1,234,567", "1,234,567"),
            ("3", "3"),
            ("a,b", "a,b"),
        ] {
            assert_eq!(with_decimal_point(text), point);
        }
    }

    #[test]
    fn lists_are_joined_repeated_or_json() {
        check(Form::List, &["a; b;;c,d"], &json!(["a", "b", "c,d"]));
        check(Form::List, &["a, b"], &json!(["a", "b"]));
        check(Form::List, &["[a,b]"], &json!(["a", "b"]));
        check(Form::List, &["[\"a\",7]"], &json!(["a", 7]));
        check(Form::List, &["a", "b"], &json!(["a", "b"]));
        check(Form::Json, &["5%;50%"], &json!(["5%", "50%"]));
        let expected = json!([{"metric": "crash_free_sessions", "target": 0.995}, "oops"]);
        check(
            Form::Goals,
            &["crash_free_sessions = 0.995; oops"],
            &expected,
        );
    }
}
