//! A text as hashed n-grams: characters inside word boundaries, words, and pairs of words.
//!
//! Hashing keeps no words of the texts that the coefficients were fitted on, needs no vocabulary
//! and gives an unseen spelling ("chrashes") most of the evidence of the known one. Source: the
//! hashing trick, K. Weinberger et al., ICML 2009, without signs; values are `(1 + ln tf) · idf`,
//! each of the two blocks scaled to length 1, so that a long text weighs no more than a short one.

use std::ops::RangeInclusive;

use xxhash_rust::xxh3::xxh3_64_with_seed;

use crate::words::normalise;

/// As many as two bytes of a hash can name.
pub(super) const BUCKETS: usize = 1 << 16;

const CHARACTERS: RangeInclusive<usize> = 2..=5;

/// Read of a text; what comes later repeats itself.
const TEXT_CHARACTERS_MAX: usize = 2_000;

/// How many times each bucket occurs in a text, characters' buckets and words' apart.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Counts {
    characters: Vec<(usize, f32)>,
    words: Vec<(usize, f32)>,
}

/// The seeds of the two kinds of n-gram, which share the buckets.
const CHARACTERS_SEED: u64 = 1;
const WORDS_SEED: u64 = 2;

impl Counts {
    /// Counts the n-grams of a text.
    pub(super) fn of(text: &str) -> Self {
        let words = words(text);
        let mut characters = Vec::new();
        for word in &words {
            character_grams(word, &mut characters);
        }
        let mut grams: Vec<usize> = words
            .iter()
            .map(|word| bucket(word.as_bytes(), WORDS_SEED))
            .collect();
        for pair in words.windows(2) {
            let joined = format!("{} {}", pair[0], pair[1]);
            grams.push(bucket(joined.as_bytes(), WORDS_SEED));
        }
        Self {
            characters: counted(characters),
            words: counted(grams),
        }
    }

    /// The distinct buckets of the text.
    pub(super) fn buckets(&self) -> impl Iterator<Item = usize> {
        let mut all: Vec<usize> = self
            .characters
            .iter()
            .chain(&self.words)
            .map(|(bucket, _)| *bucket)
            .collect();
        all.sort_unstable();
        all.dedup();
        all.into_iter()
    }

    /// The text's features, by bucket.
    pub(super) fn weighted(&self, idf: &[f32]) -> Vec<(usize, f32)> {
        let mut features = scaled(&self.characters, idf);
        features.extend(scaled(&self.words, idf));
        features
    }
}

/// Lower-case words; apostrophes vanish inside them, so that "can't", "cant" and "ca n't" agree.
fn words(text: &str) -> Vec<String> {
    let head: String = text.chars().take(TEXT_CHARACTERS_MAX).collect();
    let text = normalise(&head).replace('’', "'").replace(" n't", "n't");
    let mut words = Vec::new();
    let mut word = String::new();
    for character in text.chars() {
        if character.is_alphanumeric() {
            word.push(character);
        } else if character != '\'' && !word.is_empty() {
            words.push(std::mem::take(&mut word));
        }
        if matches!(character, '!' | '?') {
            words.push(character.to_string());
        }
    }
    if !word.is_empty() {
        words.push(word);
    }
    words
}

fn character_grams(word: &str, into: &mut Vec<usize>) {
    let bounded = format!(" {word} ");
    let starts: Vec<usize> = bounded
        .char_indices()
        .map(|(at, _)| at)
        .chain([bounded.len()])
        .collect();
    for length in CHARACTERS {
        for window in starts.windows(length + 1) {
            into.push(bucket(
                &bounded.as_bytes()[window[0]..window[length]],
                CHARACTERS_SEED,
            ));
        }
    }
}

fn bucket(gram: &[u8], seed: u64) -> usize {
    let bytes = xxh3_64_with_seed(gram, seed).to_le_bytes();
    usize::from(u16::from_le_bytes([bytes[0], bytes[1]]))
}

fn counted(mut buckets: Vec<usize>) -> Vec<(usize, f32)> {
    buckets.sort_unstable();
    buckets
        .chunk_by(|a, b| a == b)
        .map(|same| (same[0], same.len() as f32))
        .collect()
}

fn scaled(counts: &[(usize, f32)], idf: &[f32]) -> Vec<(usize, f32)> {
    let weighted: Vec<(usize, f32)> = counts
        .iter()
        .map(|&(bucket, count)| (bucket, (1.0 + count.ln()) * idf[bucket]))
        .collect();
    let length = weighted
        .iter()
        .map(|(_, value)| value * value)
        .sum::<f32>()
        .sqrt();
    if length <= 0.0 {
        return Vec::new();
    }
    weighted
        .into_iter()
        .map(|(bucket, value)| (bucket, value / length))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_word_agree() {
        let all = |text: &str| words(text);
        assert_eq!(all("I can’t LOG in!"), ["i", "cant", "log", "in", "!"]);
        assert_eq!(all("i ca n't log in !"), all("I can't log in!"));
        assert_eq!(all("ログインできない"), ["ログインできない"]);
        assert!(all(" .,; ").is_empty());
    }

    #[test]
    fn each_block_has_length_one() {
        let idf = vec![1.0; BUCKETS];
        let features = Counts::of("crashes crashes when I open it").weighted(&idf);
        let length: f32 = features.iter().map(|(_, value)| value * value).sum();
        assert!((length - 2.0).abs() < 1e-5, "{length}");
        assert!(Counts::of("…").weighted(&idf).is_empty());
    }
}
