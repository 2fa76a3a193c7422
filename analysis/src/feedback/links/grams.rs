//! Texts and titles as the pieces that they are matched by.

use xxhash_rust::xxh3::xxh3_64;

use crate::words::{Token, tokens};

/// Characters of a piece inside a word with its bounds: endings and misspellings cost little.
const SPACED: std::ops::RangeInclusive<usize> = 3..=5;

/// Kanji and katakana say more per character and have no bounds.
const RUNS: std::ops::RangeInclusive<usize> = 2..=4;

/// Words of a text that are read.
const WORDS_MAX: usize = 400;

/// The pieces of a text, hashed and in order; one that occurs twice is there twice.
pub(super) fn grams(text: &str) -> Vec<u64> {
    let mut grams = Vec::new();
    for token in tokens(text).into_iter().take(WORDS_MAX) {
        match token {
            Token::Word(word) => {
                pieces(&format!(" {} ", word.replace('\'', "")), SPACED, &mut grams)
            }
            Token::Run(run) => pieces(&run, RUNS, &mut grams),
            Token::End => {}
        }
    }
    grams.sort_unstable();
    grams
}

fn pieces(word: &str, lengths: std::ops::RangeInclusive<usize>, into: &mut Vec<u64>) {
    let starts: Vec<usize> = word
        .char_indices()
        .map(|(at, _)| at)
        .chain([word.len()])
        .collect();
    for length in lengths {
        for window in starts.windows(length + 1) {
            into.push(xxh3_64(&word.as_bytes()[window[0]..window[length]]));
        }
    }
}
