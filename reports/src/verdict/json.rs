//! JSON that may be printed into a build log: what it says is exact, and what would steer a terminal
//! or a log is written as `\uXXXX`.

use crate::text::is_control;

/// Rewrites JSON text so that no character of it steers whoever shows it. JSON has such characters
/// and the sign `#` within strings alone.
pub(crate) fn json(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        let is_second_hash = c == '#' && safe.ends_with('#');
        if is_second_hash || (is_control(c) && c != '\n') {
            let mut units = [0; 2];
            let units = c.encode_utf16(&mut units).iter();
            safe.extend(units.map(|unit| format!("\\u{unit:04x}")));
        } else {
            safe.push(c);
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn same_value_is_read_and_nothing_steers() {
        let value = serde_json::json!({"release": "a\u{202e}b\u{9b}##vso[x]###\u{e0001}\n\u{1b}🛳"});
        let text = json(&serde_json::to_string_pretty(&value).unwrap());
        assert_eq!(
            serde_json::from_str::<serde_json::Value>(&text).unwrap(),
            value
        );
        assert!(!text.contains("##") && !text.chars().any(|c| is_control(c) && c != '\n'));
    }
}
