//! What a spreadsheet makes of a text of a CSV file: a number, a day, a truth. Whoever writes such a
//! file for people puts `'` in front of these texts, and whoever reads it takes that off again.

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
            "Marble 3",
            "日本語",
        ] {
            assert!(!is_retyped(text), "{text}");
        }
    }
}
