//! What people say most, by distinct users: phrases of one to three words.
//!
//! A phrase neither begins nor ends with a stop word or the app's name and does not go across
//! punctuation. Katakana and kanji runs count as words; of a long kanji run, its pieces of two to
//! four characters do. A phrase that is part of a longer one with at least 80 % of its users says
//! nothing of its own and is dropped. Users are counted, never pieces: one person cannot make a
//! phrase, and the same short text from many people counts each of them.

use std::collections::{BTreeMap, BTreeSet};

use crate::days::Window;
use crate::facts::feedback::{Feedback, Piece};
use crate::findings::Phrase;
use crate::settings::Settings;
use crate::stats;
use crate::words::{Token, normalise, tokens};

const WORDS_MAX: usize = 3;

/// Words of one text that are read; the rest of a very long one is left out.
const TEXT_WORDS_MAX: usize = 300;

/// A shorter phrase needs more than this share of its users outside the longer one to be kept.
const SWALLOWED_SHARE: f64 = 0.8;

/// Kanji runs up to this length count as one word.
const KANJI_WORD_MAX: usize = 4;

const ENGLISH: &str = "a about after again all also always am an and any app application apps are \
    as at be because been before being but by can can't cannot could did do does doesn't doing don't \
    down each even ever every few for from get gets getting go got had has have having he her here \
    him his how i i'd i'll i'm i've if in into is isn't it it's its just know let like made make many me \
    more most much my no not now of off on one only or other our out over own please really same \
    say see she should since so some still such than that that's the their them then there these \
    they they're thing things this those through time to too under until up us use used using very \
    was wasn't way we were what when where which while who why will with won't would you you're \
    your yours";
const GERMAN: &str = "aber als am an auch auf aus bei das dass dem den der des die ein eine einen \
    einer es für hat ich ist im in mir mit nicht noch nur oder sehr sich sie sind so und von war was wenn \
    wie wird zu zum zur";
const JAPANESE: &str = "アプリ 自分 場合 本当 今回 以前 最近 毎回 全然 何度 時間 利用 使用 \
    必要 思 出来 様 人 方 事 時 今 何 中 前 後";

/// The phrases of the window that most users share, most first.
pub(crate) fn top(feedback: &Feedback, settings: &Settings, window: Window) -> Vec<Phrase> {
    let stop = stop_words(settings);
    let now = count(feedback.on_days(|day| window.index_of(day) == 0), &stop);
    let least = u64::from(settings.phrase_users.max(2));
    let known: Vec<(&String, &Users<'_>)> = now
        .phrases
        .iter()
        .filter(|(_, users)| users.all.len() as u64 >= least)
        .collect();
    let mut kept = without_swallowed(known);
    kept.sort_by(|(a, a_users), (b, b_users)| {
        b_users
            .all
            .len()
            .cmp(&a_users.all.len())
            .then_with(|| a.cmp(b))
    });
    kept.truncate(usize::try_from(settings.phrases).unwrap_or(usize::MAX));
    let before = count(feedback.on_days(|day| window.index_of(day) == -1), &stop);
    kept.into_iter()
        .map(|(text, users)| Phrase {
            text: text.clone(),
            users: users.all.len() as u64,
            users_before: before
                .phrases
                .get(text)
                .map_or(0, |before| before.all.len() as u64),
            share: stats::proportion::estimate(
                users.all.len() as u64,
                now.authors_with_text.len() as u64,
            ),
            low_users: users.low.len() as u64,
            high_users: users.high.len() as u64,
            rating: (users.ratings > 0).then(|| users.rating_sum / users.ratings as f64),
        })
        .collect()
}

#[derive(Debug, Default)]
struct Users<'a> {
    all: BTreeSet<&'a str>,
    low: BTreeSet<&'a str>,
    high: BTreeSet<&'a str>,
    ratings: u64,
    rating_sum: f64,
}

#[derive(Debug, Default)]
struct Counted<'a> {
    phrases: BTreeMap<String, Users<'a>>,
    authors_with_text: BTreeSet<&'a str>,
}

fn count<'a>(pieces: impl Iterator<Item = &'a Piece>, stop: &BTreeSet<String>) -> Counted<'a> {
    let mut counted = Counted::default();
    for piece in pieces {
        let Some(text) = piece.text.as_deref().filter(|text| !text.trim().is_empty()) else {
            continue;
        };
        counted.authors_with_text.insert(&piece.author);
        for phrase in phrases_of(text, stop) {
            let users = counted.phrases.entry(phrase).or_default();
            users.all.insert(&piece.author);
            if let Some(rating) = piece.rating() {
                users.ratings += 1;
                users.rating_sum += rating;
            }
            if piece.is_low() {
                users.low.insert(&piece.author);
            }
            if piece.is_high() {
                users.high.insert(&piece.author);
            }
        }
    }
    counted
}

/// The distinct phrases of one text.
fn phrases_of(text: &str, stop: &BTreeSet<String>) -> BTreeSet<String> {
    let mut tokens = tokens(text);
    tokens.truncate(TEXT_WORDS_MAX);
    let mut phrases = BTreeSet::new();
    for (start, first) in tokens.iter().enumerate() {
        if let Token::Run(run) = first {
            phrases.extend(pieces_of_run(run).filter(|piece| !stop.contains(piece)));
        }
        let mut phrase = String::new();
        let mut before: Option<&Token> = None;
        for token in tokens.iter().skip(start).take(WORDS_MAX) {
            let (Token::Word(word) | Token::Run(word)) = token else {
                break;
            };
            let is_joined = matches!(before, None | Some(Token::Run(_)))
                && (before.is_none() || matches!(token, Token::Run(_)));
            if !is_joined {
                phrase.push(' ');
            }
            phrase.push_str(word);
            before = Some(token);
            if is_edge(first, stop) && is_edge(token, stop) {
                phrases.insert(phrase.clone());
            }
        }
    }
    phrases
}

/// Whether a phrase may begin or end with it.
fn is_edge(token: &Token, stop: &BTreeSet<String>) -> bool {
    match token {
        Token::Word(word) => {
            word.chars().nth(1).is_some()
                && word.chars().any(char::is_alphabetic)
                && !stop.contains(word)
        }
        Token::Run(run) => {
            (2..=KANJI_WORD_MAX.max(katakana_length(run))).contains(&run.chars().count())
                && !stop.contains(run)
        }
        Token::End => false,
    }
}

/// Katakana spells one word however long; kanji runs on from word to word.
fn katakana_length(run: &str) -> usize {
    let is_katakana = run
        .chars()
        .all(|character| ('\u{30a0}'..='\u{31ff}').contains(&character));
    if is_katakana { run.chars().count() } else { 0 }
}

/// Pieces of two to four characters of a kanji run too long to be one word.
fn pieces_of_run(run: &str) -> impl Iterator<Item = String> {
    let characters: Vec<char> = run.chars().collect();
    let is_long = characters.len() > KANJI_WORD_MAX.max(katakana_length(run));
    let lengths = (2..=KANJI_WORD_MAX).filter(move |_| is_long);
    lengths.flat_map(move |length| {
        characters
            .windows(length)
            .map(|piece| piece.iter().collect())
            .collect::<Vec<String>>()
    })
}

/// Drops phrases that live inside a longer one.
fn without_swallowed<'a, 'b>(
    known: Vec<(&'b String, &'b Users<'a>)>,
) -> Vec<(&'b String, &'b Users<'a>)> {
    let users: BTreeMap<&str, usize> = known
        .iter()
        .map(|(text, users)| (text.as_str(), users.all.len()))
        .collect();
    let mut swallowed = BTreeSet::new();
    for (long, &long_users) in &users {
        for short in parts_of(long) {
            let short_users = users.get(short).copied();
            let is_inside = |short_users| long_users as f64 >= SWALLOWED_SHARE * short_users as f64;
            if short_users.is_some_and(is_inside) {
                swallowed.insert(short);
            }
        }
    }
    known
        .into_iter()
        .filter(|(text, _)| !swallowed.contains(text.as_str()))
        .collect()
}

/// The proper parts of a phrase: whole words that follow each other where words have spaces, else
/// characters that do.
fn parts_of(long: &str) -> Vec<&str> {
    let bounds = |is_start: bool| -> Vec<usize> {
        let spaces = long.match_indices(' ').map(|(at, _)| at);
        match (long.contains(' '), is_start) {
            (true, true) => std::iter::once(0).chain(spaces.map(|at| at + 1)).collect(),
            (true, false) => spaces.chain([long.len()]).collect(),
            (false, true) if long.is_ascii() => vec![0],
            (false, false) if long.is_ascii() => vec![long.len()],
            (false, true) => long.char_indices().map(|(at, _)| at).collect(),
            (false, false) => {
                let after = long.char_indices().skip(1).map(|(at, _)| at);
                after.chain([long.len()]).collect()
            }
        }
    };
    let ends = bounds(false);
    let pairs = bounds(true)
        .into_iter()
        .flat_map(|from| ends.iter().map(move |&to| (from, to)));
    pairs
        .filter(|(from, to)| from < to && to - from < long.len())
        .filter_map(|(from, to)| long.get(from..to))
        .filter(|part| long.contains(' ') || !part.is_ascii())
        .collect()
}

fn stop_words(settings: &Settings) -> BTreeSet<String> {
    let built_in = [ENGLISH, GERMAN, JAPANESE]
        .into_iter()
        .flat_map(str::split_whitespace);
    built_in
        .chain(settings.stop_words.iter().map(String::as_str))
        .chain(settings.app.split('-'))
        .chain([settings.app.as_str()])
        .map(normalise)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn phrases(text: &str) -> Vec<String> {
        let stop = stop_words(&Settings {
            app: "uber".to_owned(),
            ..Settings::default()
        });
        phrases_of(text, &stop).into_iter().collect()
    }

    #[test]
    fn stop_words_stay_inside_phrases_only() {
        assert_eq!(
            phrases("Uber is out of order."),
            ["order"],
            "is, out and of cannot stand at an edge"
        );
        assert_eq!(
            phrases("waste of money"),
            ["money", "waste", "waste of money"]
        );
    }

    #[test]
    fn parts_are_whole_words_or_characters_that_follow_each_other() {
        let parts = |long: &str| {
            let mut parts = parts_of(long);
            parts.sort_unstable();
            parts.join("|")
        };
        assert_eq!(parts("waste of money"), "money|of|of money|waste|waste of");
        assert_eq!(parts("money"), "");
        assert_eq!(parts("通信"), "信|通");
        assert_eq!(parts("通信 error"), "error|通信");
    }

    #[test]
    fn phrases_end_at_punctuation() {
        assert_eq!(phrases("crashed, login"), ["crashed", "login"]);
    }

    #[test]
    fn japanese_runs_join_without_spaces() {
        assert_eq!(
            phrases("ログイン画面が出ない"),
            ["ログイン", "ログイン画面", "画面"]
        );
        let long = phrases("電子決済手段");
        assert!(long.contains(&"決済".to_owned()) && !long.contains(&"電子決済手段".to_owned()));
    }
}
