//! What a spreadsheet makes of a text of a CSV file: it runs it, or takes it for a number, a day, a
//! truth. Whoever writes such a file for people puts `'` in front of these texts, and whoever reads it
//! takes that off again. What stands behind any `'` decides, so that a text that began with one comes
//! back with it.
//!
//! Source: OWASP "CSV Injection" (CWE-1236) and ASVS 1.2.10, with the full-width signs added. The first
//! character is looked for behind spaces and characters that are not shown, since programs skip those.

/// Beginnings of the names of months, in the languages whose spreadsheets are met most.
const MONTHS: [&str; 26] = [
    "jan", "feb", "fév", "fev", "mar", "mär", "apr", "avr", "abr", "may", "mai", "maj", "jun",
    "jui", "jul", "aug", "aoû", "ago", "sep", "oct", "okt", "out", "nov", "dec", "dez", "déc",
];
/// Truths in the same languages.
const TRUTHS: [&str; 8] = [
    "true",
    "false",
    "wahr",
    "falsch",
    "vrai",
    "faux",
    "verdadero",
    "falso",
];
/// Longest text that is taken for something else.
const CHARS_MAX: usize = 40;

/// Whether `'` must go in front of a text wherever it is written: a spreadsheet would run it, or whoever
/// reads the file would take a `'` of its own for one that was put there.
#[must_use]
pub fn needs_mark(text: &str) -> bool {
    is_run(text) || text.strip_prefix('\'').is_some_and(is_marked)
}

/// Whether a text is what stands behind a `'` that was put in front of it.
#[must_use]
pub fn is_marked(text: &str) -> bool {
    let text = text.trim_start_matches('\'');
    is_run(text) || is_retyped(text)
}

/// Whether a spreadsheet runs a text: its first character that counts makes a formula.
#[must_use]
pub fn is_run(text: &str) -> bool {
    for c in text.chars() {
        match c {
            '=' | '+' | '-' | '@' | '\t' | '\r' | '\n' | '\0' | '＝' | '＋' | '－' | '＠' => {
                return true;
            }
            other if other.is_whitespace() || other.is_control() || is_unseen(other) => {}
            _ => return false,
        }
    }
    false
}

/// Whether a character is not shown.
fn is_unseen(c: char) -> bool {
    matches!(
        c,
        '\u{61c}'
            | '\u{200b}'..='\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2060}'
            | '\u{2066}'..='\u{2069}'
            | '\u{feff}'
            | '\u{fff9}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e007f}'
    )
}

/// Whether a spreadsheet takes a text for something else when it opens a CSV file, so that `4.10`
/// becomes 4.1, `1-2` a day and `007` 7. In doubt it says yes.
#[must_use]
pub fn is_retyped(text: &str) -> bool {
    let text = text.trim().to_lowercase();
    if text.is_empty() || text.chars().count() > CHARS_MAX {
        return false;
    }
    if TRUTHS.contains(&text.as_str()) {
        return true;
    }
    let has_digit = text.chars().any(char::is_numeric);
    let mut words = text.split(|c: char| !c.is_alphabetic());
    has_digit && words.all(|word| word.is_empty() || is_of_number_or_day(word))
}

/// Whether a word stands in numbers or days: `1e5`, `3 pm`, `5 May`.
fn is_of_number_or_day(word: &str) -> bool {
    let is_month = MONTHS.iter().any(|month| word.starts_with(month));
    is_month && word.chars().count() <= 9 || ["e", "a", "p", "am", "pm", "t", "z"].contains(&word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_run_is_found_behind_what_is_not_shown() {
        for text in ["=1", " \u{a0}-1", "\u{202e}=x", "\tx", "＝1", "\0=1"] {
            assert!(is_run(text) && needs_mark(text), "{text:?}");
        }
        for text in ["fine", "4.2", "a=b", "'90s", "日本語", "", "'"] {
            assert!(!is_run(text) && !needs_mark(text), "{text:?}");
        }
        // Else they would come back without their own.
        for text in ["'=1", "''@x", "'4.10", "''TRUE"] {
            assert!(!is_run(text) && needs_mark(text), "{text:?}");
        }
    }

    #[test]
    fn numbers_days_and_truths_are_told_from_words() {
        for text in [
            "4.10",
            "1-2",
            "007",
            "1e5",
            "3 May",
            "May-23",
            "12:30 PM",
            "2026-05-01",
            "50%",
            "TRUE",
            "wahr",
            "1/2",
            "$5",
            "1.234,5",
            "März 4",
            "Dez 1",
            "2026-05-01T10:00Z",
            "１２",
        ] {
            assert!(is_retyped(text), "{text}");
        }
        for text in [
            "APP-80",
            "3D view",
            "2 days",
            "90s music",
            "open",
            "",
            "true north",
            "v4.10",
            "x",
            "日本語",
        ] {
            assert!(!is_retyped(text), "{text}");
        }
    }
}
