//! The texts that stand for a theme: near its centre, each saying it in other words.

use std::collections::BTreeMap;

use super::Text;
use crate::words::{Token, tokens};

const QUOTES_MAX: usize = 3;

/// Texts that are looked at; of more, those spread evenly over the release.
const TEXTS_MAX: usize = 400;

/// Words of a text that says enough and can be read at a glance.
const WORDS_MIN: usize = 5;
const WORDS_MAX: usize = 30;

/// A quote that shares more of its words (Jaccard) with one chosen already says nothing new.
const SAME: f64 = 0.5;

/// The ids of the texts nearest to the centre of all, by the cosine of their words.
///
/// A word's weight is `ln(1 + n / df)`, a text's vector has length 1, the centre is their mean:
/// the centroid of G. Salton's vector space. Texts of few words are taken only where no longer ones
/// are.
pub(super) fn quotes(texts: &[Text<'_>], of_theme: &[usize]) -> Vec<String> {
    let step = of_theme.len().div_ceil(TEXTS_MAX).max(1);
    let looked_at: Vec<usize> = of_theme.iter().copied().step_by(step).collect();
    let words: Vec<Vec<String>> = looked_at
        .iter()
        .map(|text| words(texts[*text].text))
        .collect();
    let mut with_word: BTreeMap<&str, f64> = BTreeMap::new();
    for word in words.iter().flatten() {
        *with_word.entry(word).or_default() += 1.0;
    }
    let n = words.len() as f64;
    let weights: BTreeMap<&str, f64> = with_word
        .iter()
        .map(|(word, df)| (*word, (1.0 + n / df).ln()))
        .collect();
    let length = |words: &[String]| {
        words
            .iter()
            .map(|word| weights[word.as_str()].powi(2))
            .sum::<f64>()
            .sqrt()
    };
    let mut centre: BTreeMap<&str, f64> = BTreeMap::new();
    for text in words.iter().filter(|text| !text.is_empty()) {
        for word in text {
            *centre.entry(word).or_default() += weights[word.as_str()] / length(text) / n;
        }
    }
    let near = |text: &[String]| {
        let shared: f64 = text
            .iter()
            .map(|word| weights[word.as_str()] * centre[word.as_str()])
            .sum();
        shared / length(text)
    };
    let mut ranked: Vec<(bool, f64, usize)> = words
        .iter()
        .enumerate()
        .filter(|(_, text)| !text.is_empty())
        .map(|(place, text)| {
            let is_fit = (WORDS_MIN..=WORDS_MAX).contains(&text.len());
            (is_fit, near(text), place)
        })
        .collect();
    ranked.sort_by(|a, b| b.0.cmp(&a.0).then(b.1.total_cmp(&a.1)).then(a.2.cmp(&b.2)));
    let mut chosen: Vec<usize> = Vec::new();
    for (_, _, place) in ranked {
        let says_new = chosen
            .iter()
            .all(|known| jaccard(&words[*known], &words[place]) <= SAME);
        if says_new {
            chosen.push(place);
        }
        if chosen.len() == QUOTES_MAX {
            break;
        }
    }
    chosen
        .into_iter()
        .map(|place| texts[looked_at[place]].id.to_owned())
        .collect()
}

/// The distinct words, ascending.
fn words(text: &str) -> Vec<String> {
    let mut words: Vec<String> = tokens(text)
        .into_iter()
        .filter_map(|token| match token {
            Token::Word(word) | Token::Run(word) => Some(word),
            Token::End => None,
        })
        .collect();
    words.sort_unstable();
    words.dedup();
    words
}

fn jaccard(a: &[String], b: &[String]) -> f64 {
    let shared = a
        .iter()
        .filter(|word| b.binary_search(word).is_ok())
        .count();
    shared as f64 / (a.len() + b.len() - shared).max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_central_text_comes_first_and_its_copies_do_not() {
        let said = [
            "the driver cancelled my trip again",
            "The driver cancelled my trip again!",
            "driver cancelled",
            "my driver was late and cancelled after twenty minutes of waiting",
            "completely different words about maps here driver",
        ];
        let texts: Vec<Text<'_>> = said
            .iter()
            .map(|text| Text {
                id: text,
                author: text,
                text,
                stars: None,
            })
            .collect();
        let found = quotes(&texts, &[0, 1, 2, 3, 4]);
        assert_eq!(found.len(), 3);
        assert_eq!(found[0], said[0]);
        assert!(!found.iter().any(|quote| quote == said[1]));
        assert!(quotes(&texts, &[]).is_empty());
    }
}
