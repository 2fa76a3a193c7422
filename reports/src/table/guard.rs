//! The formula guard: no text cell may start in a way that a spreadsheet runs.

use analysis::needs_mark;

use crate::text::is_control;

/// The text of a cell, cleaned, line breaks shown as ⏎, and with `'` in front where it would start a
/// formula; and whether that was so.
pub(crate) fn guarded(text: &str) -> (String, bool) {
    let triggered = needs_mark(text);
    let mut safe = String::with_capacity(text.len() + 1);
    if triggered {
        safe.push('\'');
    }
    let mut letters = text.chars().peekable();
    while let Some(c) = letters.next() {
        match c {
            '\r' if letters.peek() == Some(&'\n') => {}
            '\n' | '\r' | '\u{2028}' | '\u{2029}' => safe.push_str(" ⏎ "),
            '\t' => safe.push(' '),
            other if is_control(other) => {}
            other => safe.push(other),
        }
    }
    (safe, triggered)
}

/// Whether a text is `YYYY-MM-DD` and nothing else.
pub(crate) fn is_date(text: &str) -> bool {
    text.len() == 10
        && text.bytes().enumerate().all(|(index, byte)| match index {
            4 | 7 => byte == b'-',
            _ => byte.is_ascii_digit(),
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_are_marked_wherever_they_hide() {
        for text in [
            "=1+1",
            "+1",
            "-2",
            "@x",
            "\t=1",
            " \u{a0}=1",
            "\u{feff}=1",
            "\u{200b}-1",
            "\0=1",
            "＝1",
            "\u{202e}=1",
            "\n=1",
            // Else it would come back without its own.
            "'=1",
        ] {
            let (safe, guarded) = guarded(text);
            assert!(guarded, "{text:?}");
            assert!(safe.starts_with('\''), "{safe:?}");
        }
        for text in ["fine", "4.2", "a=b", "'90s", "日本語", ""] {
            assert_eq!(guarded(text), (text.to_owned(), false));
        }
    }

    #[test]
    fn line_breaks_stay_visible() {
        assert_eq!(guarded("one\r\ntwo\nthree").0, "one ⏎ two ⏎ three");
    }

    #[test]
    fn only_dates_are_dates() {
        assert!(is_date("2026-10-04"));
        assert!(!is_date("=2026-1-04"));
        assert!(!is_date("2026-10-04T"));
    }
}
