//! Titles that do not say when an item is done.

use crate::words::{Token, tokens};

/// Words that stand for anything. Each makes a title vague wherever it stands.
const ANYTHING: [&str; 9] = [
    "assorted",
    "etc",
    "misc",
    "miscellaneous",
    "several",
    "stuff",
    "tbd",
    "things",
    "various",
];

/// Verbs that say in which direction but not how far. They make a title vague where it says no more than
/// what they act on: "Improve performance", but not "Improve the search of notes by indexing titles".
const DIRECTION: [&str; 16] = [
    "better",
    "cleanup",
    "enhance",
    "enhancement",
    "enhancements",
    "handle",
    "improve",
    "improved",
    "improvement",
    "improvements",
    "modernise",
    "modernize",
    "optimise",
    "optimize",
    "polish",
    "refactor",
];

/// Words, beside a verb of direction, that a title needs to say what is meant.
const WORDS_BESIDE: usize = 3;

/// What is vague about a title: `vague word WORD` for each such word, `few words` for a title of one
/// word; empty where nothing is. Only words written between spaces can be vague.
pub(crate) fn found(title: &str) -> Vec<String> {
    let all = tokens(title);
    let is_spaced = all.iter().all(|token| !matches!(token, Token::Run(_)));
    let words: Vec<String> = all
        .into_iter()
        .filter_map(|token| match token {
            Token::Word(word) => Some(word),
            _ => None,
        })
        .collect();
    if words.len() < 2 && is_spaced {
        return vec!["few words".to_owned()];
    }
    let directions = words.iter().filter(|word| is_in(&DIRECTION, word)).count();
    let says_little = is_spaced && words.len() - directions < WORDS_BESIDE;
    let is_vague =
        |word: &&String| is_in(&ANYTHING, word) || (says_little && is_in(&DIRECTION, word));
    let vague = words.iter().filter(is_vague);
    vague.map(|word| format!("vague word {word}")).collect()
}

fn is_in(list: &[&str], word: &str) -> bool {
    list.contains(&word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_that_say_nothing_are_named_with_their_words() {
        assert_eq!(found("Improve performance"), ["vague word improve"]);
        assert_eq!(
            found("Various UI improvements"),
            ["vague word various", "vague word improvements"]
        );
        assert_eq!(found("Fix misc. bugs in the editor"), ["vague word misc"]);
        assert_eq!(found("Search"), ["few words"]);
        assert_eq!(found(""), ["few words"]);
    }

    #[test]
    fn titles_that_say_what_is_meant_are_not() {
        for title in [
            "Dark theme",
            "Improve search by indexing the titles of notes",
            "Offline export to CSV",
            "Handle a full disk without losing notes",
            "検索結果の並び順",
            "ログイン",
        ] {
            assert!(found(title).is_empty(), "{title}: {:?}", found(title));
        }
    }
}
