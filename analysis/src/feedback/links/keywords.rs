//! A team's own keywords for its items, found in many texts at once.

use std::collections::{BTreeMap, BTreeSet};

use crate::words::{Haystack, Needle, Token, normalise, tokens};

/// Keywords by the word that they begin with, so that a text is asked for few of them.
#[derive(Debug, Default)]
pub(super) struct Keywords {
    by_first_word: BTreeMap<String, Vec<(usize, Needle)>>,
    /// Of scripts without spaces: tried on each text that holds such a script.
    anywhere: Vec<(usize, Needle)>,
}

impl Keywords {
    /// The keywords of each item in turn; those without letters and digits find nothing.
    pub(super) fn of<'a>(items: impl Iterator<Item = &'a [String]>) -> Self {
        let mut keywords = Self::default();
        for (item, words) in items.enumerate() {
            for word in words {
                match Needle::of(word) {
                    Some(needle @ Needle::Words(_)) => {
                        let first = tokens(word)
                            .into_iter()
                            .find_map(word_of)
                            .unwrap_or_default();
                        let known = keywords.by_first_word.entry(first).or_default();
                        known.push((item, needle));
                    }
                    Some(needle) => keywords.anywhere.push((item, needle)),
                    None => {}
                }
            }
        }
        keywords
    }

    /// The items with a keyword in the text.
    pub(super) fn items_in(&self, text: &str) -> BTreeSet<usize> {
        let mut found = BTreeSet::new();
        if self.by_first_word.is_empty() && self.anywhere.is_empty() {
            return found;
        }
        let haystack = Haystack::of(text);
        let words: BTreeSet<String> = tokens(text).into_iter().filter_map(word_of).collect();
        let begun = words.iter().filter_map(|word| self.by_first_word.get(word));
        let mut candidates: Vec<&(usize, Needle)> = begun.flatten().collect();
        if !normalise(text).is_ascii() {
            candidates.extend(&self.anywhere);
        }
        for (item, needle) in candidates {
            if needle.is_in(&haystack) {
                found.insert(*item);
            }
        }
        found
    }
}

fn word_of(token: Token) -> Option<String> {
    match token {
        Token::Word(word) | Token::Run(word) => Some(word),
        Token::End => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_items_of_whole_words_and_of_scripts_without_spaces() {
        let lists = [
            vec!["dark mode".to_owned(), "night theme".to_owned()],
            vec!["ログイン".to_owned()],
            vec!["?!".to_owned(), "dark".to_owned()],
        ];
        let keywords = Keywords::of(lists.iter().map(Vec::as_slice));
        let found = |text: &str| keywords.items_in(text).into_iter().collect::<Vec<_>>();
        assert_eq!(found("Dark-Mode please"), [0, 2]);
        assert_eq!(found("再ログインできない"), [1]);
        assert_eq!(found("darker modes ?!"), [] as [usize; 0]);
    }
}
