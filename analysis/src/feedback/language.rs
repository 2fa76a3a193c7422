//! The language of a text, where there is text enough to tell.

/// Below this many letters a detector guesses: "good app" is English, Welsh or Dutch to it.
const LETTERS_MIN: usize = 15;

/// Kana are written in one language only, so few of them tell.
const KANA_MIN: usize = 3;

/// The language's code of three letters (ISO 639-3); `None` for texts too short to tell.
///
/// Source: whichlang, a linear model on character n-grams. It knows 16 languages and calls a text
/// in any other by the nearest of them, so a code is a guide to which word lists apply, no fact
/// about the writer.
#[must_use]
pub fn language(text: &str) -> Option<&'static str> {
    let kana = text
        .chars()
        .filter(|character| matches!(character, '\u{3041}'..='\u{30ff}'))
        .count();
    if kana >= KANA_MIN {
        return Some("jpn");
    }
    let letters = text.chars().filter(|character| character.is_alphabetic());
    (letters.count() >= LETTERS_MIN).then(|| whichlang::detect_language(text).three_letter_code())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_texts_are_unknown() {
        assert_eq!(language("good app"), None);
        assert_eq!(language(""), None);
        assert_eq!(language("👍👍👍👍👍👍👍👍👍👍👍👍👍👍👍👍👍"), None);
    }

    #[test]
    fn sentences_are_told_apart() {
        assert_eq!(
            language("The app crashes whenever I open my trips"),
            Some("eng")
        );
        assert_eq!(
            language("Die App stürzt bei jedem Start sofort ab"),
            Some("deu")
        );
        assert_eq!(language("ログインできない"), Some("jpn"));
    }
}
