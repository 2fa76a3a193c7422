//! Text to words, in one way everywhere: compatibility-normalised (NFKC), lower case, split by
//! Unicode's word boundaries (UAX #29). Japanese and Chinese write without spaces, so there a run
//! of kanji or of katakana stands for a word, and hiragana, which mostly holds the grammar, ends a
//! phrase.

use unicode_normalization::UnicodeNormalization as _;
use unicode_segmentation::UnicodeSegmentation as _;

/// A word, or the end of a phrase.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Token {
    /// A word written between spaces.
    Word(String),
    /// A run of kanji or katakana.
    Run(String),
    /// Punctuation or grammar: no phrase goes across.
    End,
}

/// How words are found in a run of characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Script {
    Kanji,
    Katakana,
    Hiragana,
    Spaced,
}

/// The text as it is compared: NFKC, lower case.
pub(crate) fn normalise(text: &str) -> String {
    text.nfkc().flat_map(char::to_lowercase).collect()
}

/// The tokens of a text.
pub(crate) fn tokens(text: &str) -> Vec<Token> {
    let text = normalise(text).replace('’', "'");
    let mut tokens = Vec::new();
    let mut rest = text.as_str();
    while let Some(first) = rest.chars().next() {
        let script = script(first);
        let end = rest
            .char_indices()
            .find(|(_, other)| self::script(*other) != script)
            .map_or(rest.len(), |(end, _)| end);
        let (run, after) = rest.split_at(end);
        match script {
            Script::Kanji | Script::Katakana => tokens.push(Token::Run(run.to_owned())),
            Script::Hiragana => tokens.push(Token::End),
            Script::Spaced => spaced(run, &mut tokens),
        }
        rest = after;
    }
    tokens
}

fn spaced(text: &str, tokens: &mut Vec<Token>) {
    for part in text.split_word_bounds() {
        if part.chars().any(char::is_alphanumeric) {
            tokens.push(Token::Word(part.to_owned()));
        } else if !part.chars().all(char::is_whitespace) || part.contains('\n') {
            tokens.push(Token::End);
        }
    }
}

/// The script of a character, as far as words are found by it.
pub(crate) fn script(character: char) -> Script {
    match character {
        '\u{3041}'..='\u{309f}' => Script::Hiragana,
        '\u{30a0}'..='\u{30ff}' | '\u{31f0}'..='\u{31ff}' => Script::Katakana,
        '\u{3005}'
        | '\u{3400}'..='\u{4dbf}'
        | '\u{4e00}'..='\u{9fff}'
        | '\u{f900}'..='\u{faff}' => Script::Kanji,
        _ => Script::Spaced,
    }
}

/// A text made ready for [`Needle`]s.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Haystack {
    normalised: String,
    /// ` word word word `, so that a needle with spaces at its ends matches whole words only.
    spaced: String,
}

impl Haystack {
    pub(crate) fn of(text: &str) -> Self {
        Self {
            normalised: normalise(text),
            spaced: spaced_words(text),
        }
    }
}

/// A keyword or phrase to look for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Needle {
    /// Whole words, one after the other.
    Words(String),
    /// Characters anywhere: scripts without spaces have no visible words.
    Anywhere(String),
}

impl Needle {
    /// `None` for a keyword without any letter or digit.
    pub(crate) fn of(keyword: &str) -> Option<Self> {
        let normalised = normalise(keyword.trim());
        if !normalised.chars().any(char::is_alphanumeric) {
            return None;
        }
        if normalised
            .chars()
            .any(|character| script(character) != Script::Spaced)
        {
            return Some(Self::Anywhere(normalised));
        }
        Some(Self::Words(spaced_words(keyword)))
    }

    pub(crate) fn is_in(&self, haystack: &Haystack) -> bool {
        match self {
            Self::Words(words) => haystack.spaced.contains(words.as_str()),
            Self::Anywhere(text) => haystack.normalised.contains(text.as_str()),
        }
    }
}

fn spaced_words(text: &str) -> String {
    let mut spaced = String::from(" ");
    for token in tokens(text) {
        if let Token::Word(word) | Token::Run(word) = token {
            spaced.push_str(&word);
            spaced.push(' ');
        }
    }
    spaced
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(keyword: &str, text: &str) -> bool {
        Needle::of(keyword).unwrap().is_in(&Haystack::of(text))
    }

    #[test]
    fn keywords_match_whole_words() {
        assert!(found("dark mode", "Please: DARK-Mode!"));
        assert!(found("Ｄark", "dark"));
        assert!(!found("art", "start of the party"));
        assert!(!found("dark mode", "dark blue mode"));
        assert!(found("can't", "I can’t log in"));
    }

    #[test]
    fn scripts_without_spaces_match_anywhere() {
        assert!(found("画面", "起動画面が固まる"));
        assert!(found("ﾛｸﾞｲﾝ", "ログインできない"));
    }

    #[test]
    fn a_keyword_of_signs_alone_matches_nothing() {
        assert_eq!(Needle::of(" !? "), None);
    }

    #[test]
    fn japanese_falls_into_runs() {
        let run = |text: &str| Token::Run(text.to_owned());
        assert_eq!(
            tokens("ログイン画面が出ない"),
            [
                run("ログイン"),
                run("画面"),
                Token::End,
                run("出"),
                Token::End
            ]
        );
    }
}
