//! The phrases of a text: one to three words that say what it is about.
//!
//! Phrases are told apart by a key: stems, without the grammar between them, any negation as "not".
//! "cancelled my ride" and "cancels the rides" so are one phrase, shown as most people write it.

use super::japanese::{Hiragana, hiragana, kanji_words};
use crate::feedback::language::language;
use crate::feedback::stop_words::{Role, role};
use crate::words::{Script, Token, normalise, script, tokens};

const WORDS_MAX: usize = 3;

/// Grammar that a phrase goes over between two of its words.
const BRIDGE_MAX: usize = 2;

/// Words of a text that are read.
const TEXT_WORDS_MAX: usize = 300;

/// A phrase as it stands in a text.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Phrase {
    /// Stems, joined by spaces.
    pub(super) key: String,
    /// As written, in lower case.
    pub(super) surface: String,
}

/// A word of a text, what holds words together, or what parts them.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Unit {
    Word {
        stem: String,
        surface: String,
        role: Role,
        /// Written to the word before without a space.
        is_joined: bool,
    },
    End,
}

/// The distinct phrases of a text; `names` are the app's own names, which say nothing in its
/// feedback.
pub(super) fn phrases(text: &str, names: &[String]) -> Vec<Phrase> {
    let mut units = units(text, names);
    units.truncate(TEXT_WORDS_MAX);
    let mut phrases = Vec::new();
    for start in 0..units.len() {
        from(&units[start..], &mut phrases);
    }
    phrases.sort_unstable();
    phrases.dedup_by(|a, b| a.key == b.key);
    phrases
}

/// The phrases that begin at the first unit.
fn from(units: &[Unit], into: &mut Vec<Phrase>) {
    let (mut key, mut surface) = (String::new(), String::new());
    let (mut words, mut bridge, mut says_something) = (0, 0, false);
    for unit in units {
        let Unit::Word {
            stem,
            surface: written,
            role,
            is_joined,
        } = unit
        else {
            return;
        };
        if !surface.is_empty() && !is_joined {
            surface.push(' ');
        }
        surface.push_str(written);
        if *role == Role::Grammar {
            bridge += 1;
            if words == 0 || bridge > BRIDGE_MAX {
                return;
            }
            continue;
        }
        bridge = 0;
        words += 1;
        says_something |= *role == Role::Plain;
        if !key.is_empty() {
            key.push(' ');
        }
        key.push_str(stem);
        if says_something && *role != Role::Negation {
            into.push(Phrase {
                key: key.clone(),
                surface: surface.clone(),
            });
        }
        if words == WORDS_MAX {
            return;
        }
    }
}

fn units(text: &str, names: &[String]) -> Vec<Unit> {
    let language = language(text);
    let text = normalise(text).replace('’', "'");
    let mut units = Vec::new();
    let mut rest = text.as_str();
    let mut kanji_before: Option<&str> = None;
    while let Some(first) = rest.chars().next() {
        let script_here = script(first);
        let end = rest
            .char_indices()
            .find(|(_, other)| script(*other) != script_here)
            .map_or(rest.len(), |(end, _)| end);
        let (run, after) = rest.split_at(end);
        rest = after;
        let before = kanji_before.take();
        match script_here {
            Script::Kanji => {
                units.extend(
                    kanji_words(run)
                        .into_iter()
                        .map(|word| japanese(word, names)),
                );
                kanji_before = Some(run);
            }
            Script::Katakana => units.push(japanese(run, names)),
            Script::Hiragana => {
                inflected(run, before, &mut units, names);
            }
            Script::Spaced => spaced(run, language, names, &mut units),
        }
    }
    units
}

fn japanese(word: &str, names: &[String]) -> Unit {
    let characters = word.chars().count();
    let is_name = names.iter().any(|name| name == word);
    if characters < 2 && role(word, Some("jpn")) != Role::Grammar {
        return Unit::End;
    }
    Unit::Word {
        stem: word.to_owned(),
        surface: word.to_owned(),
        role: if is_name {
            Role::Grammar
        } else {
            role(word, Some("jpn"))
        },
        is_joined: true,
    }
}

/// Hiragana, which may belong to the last of the kanji words before it.
fn inflected(run: &str, kanji: Option<&str>, units: &mut Vec<Unit>, names: &[String]) {
    let kanji_count = kanji.map_or(0, |kanji| kanji.chars().count());
    match hiragana(run, kanji_count) {
        Hiragana::Ending(bytes) => {
            let last = kanji
                .and_then(|kanji| kanji_words(kanji).pop())
                .unwrap_or_default();
            units.pop();
            units.push(japanese(&format!("{last}{}", &run[..bytes]), names));
            if bytes < run.len() {
                units.push(Unit::End);
            }
        }
        Hiragana::Word(word, at) => {
            let is_after_particle = at == 0 || hiragana(&run[..at], 0) == Hiragana::Particle;
            if is_after_particle {
                if at > 0 {
                    units.push(particle(&run[..at]));
                }
            } else {
                units.push(Unit::End);
            }
            units.push(japanese(word, names));
            if at + word.len() < run.len() {
                units.push(Unit::End);
            }
        }
        Hiragana::Particle => units.push(particle(run)),
        Hiragana::End => units.push(Unit::End),
    }
}

fn particle(run: &str) -> Unit {
    Unit::Word {
        stem: String::new(),
        surface: run.to_owned(),
        role: Role::Grammar,
        is_joined: true,
    }
}

fn spaced(run: &str, language: Option<&str>, names: &[String], units: &mut Vec<Unit>) {
    for token in tokens(run) {
        let (Token::Word(word) | Token::Run(word)) = token else {
            units.push(Unit::End);
            continue;
        };
        let is_word = word.chars().any(char::is_alphabetic) && word.chars().nth(1).is_some();
        let role = match role(&word, language) {
            _ if names.contains(&word) => Role::Grammar,
            Role::Plain if !is_word => Role::Grammar,
            role => role,
        };
        let stem = match role {
            Role::Negation => "not".to_owned(),
            _ => stem(&word),
        };
        units.push(Unit::Word {
            stem,
            surface: word,
            role,
            is_joined: false,
        });
    }
}

/// English endings off: enough to bring "cancels", "canceled" and "cancelling" together. Other
/// languages keep their words, as these endings hardly occur there.
fn stem(word: &str) -> String {
    let plain = word.strip_suffix("'s").unwrap_or(word);
    if !plain.is_ascii() || plain.len() < 4 {
        return plain.to_owned();
    }
    let cut = if let Some(cut) = plain.strip_suffix("ies").filter(|cut| cut.len() > 1) {
        return format!("{cut}y");
    } else if let Some(cut) = plain
        .strip_suffix("ing")
        .or_else(|| plain.strip_suffix("ed"))
    {
        cut
    } else if ["sses", "shes", "ches", "xes"]
        .into_iter()
        .any(|end| plain.ends_with(end))
    {
        &plain[..plain.len() - 2]
    } else if plain.ends_with('s') && !plain.ends_with("ss") && !plain.ends_with("us") {
        &plain[..plain.len() - 1]
    } else {
        plain
    };
    let has_vowel = cut.contains(['a', 'e', 'i', 'o', 'u', 'y']);
    if cut.len() < 3 || !has_vowel {
        return plain.to_owned();
    }
    let mut stem = cut.to_owned();
    let mut last = cut.chars().rev();
    let (end, before) = (last.next(), last.next());
    if cut.len() < plain.len() && end == before && end.is_some_and(|end| !"aeious".contains(end)) {
        stem.pop();
    }
    if stem.len() > 4 && stem.ends_with('e') {
        stem.pop();
    }
    stem
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(text: &str) -> Vec<String> {
        let names = ["uber".to_owned()];
        phrases(text, &names)
            .into_iter()
            .map(|phrase| phrase.key)
            .collect()
    }

    #[test]
    fn forms_of_one_phrase_share_a_key() {
        for text in [
            "cancelled my ride",
            "they cancel rides",
            "Canceling the ride",
        ] {
            assert_eq!(keys(text), ["cancel", "cancel ride", "ride"], "{text}");
        }
        assert_ne!(keys("customer care"), keys("customer car"));
    }

    #[test]
    fn negations_stay_and_verdicts_make_no_phrase() {
        assert_eq!(keys("It doesn't work"), ["not work", "work"]);
        assert_eq!(keys("does not work"), ["not work", "work"]);
        assert!(keys("Very good app, the best Uber!").is_empty());
        assert_eq!(keys("worst customer"), ["customer", "worst customer"]);
    }

    #[test]
    fn japanese_says_what_fails() {
        let found = keys("ログインができないです");
        assert_eq!(found, ["できない", "ログイン", "ログイン できない"]);
        assert!(keys("画面が開かない。重い").contains(&"開かない".to_owned()));
        assert!(keys("画面が開かない。重い").contains(&"画面 開かない".to_owned()));
        assert!(keys("画面が開かない。重い").contains(&"重い".to_owned()));
    }
}
