//! What users' feedback says for a backlog item: pieces of the window that hold one of its keywords,
//! counted by distinct users.

use std::collections::{BTreeMap, BTreeSet};

use lake::BacklogItem;

use crate::days::Window;
use crate::facts::feedback::{Feedback, Piece, Ratings};
use crate::findings::Evidence;
use crate::words::{Haystack, Needle};

const QUOTES_MAX: usize = 2;
const QUOTE_CHARACTERS_MAX: usize = 160;

/// The window's feedback with text, made ready to be searched.
#[derive(Debug)]
pub(crate) struct Texts<'a> {
    pieces: Vec<(&'a Piece, Haystack)>,
    /// Distinct authors of feedback in the window, with text or without.
    pub(crate) authors: BTreeSet<&'a str>,
}

impl<'a> Texts<'a> {
    pub(crate) fn of(feedback: &'a Feedback, window: Window) -> Self {
        let in_window = || feedback.on_days(|day| window.holds(day));
        let pieces = in_window()
            .filter_map(|piece| Some((piece, Haystack::of(piece.text.as_deref()?))))
            .collect();
        Self {
            pieces,
            authors: in_window().map(|piece| piece.author.as_str()).collect(),
        }
    }

    /// The evidence for an item, and the authors that it comes from.
    pub(crate) fn evidence(&self, item: &BacklogItem) -> (Evidence, BTreeSet<&'a str>) {
        let needles: BTreeMap<&str, Needle> = item
            .keywords
            .iter()
            .filter_map(|keyword| Some((keyword.as_str(), Needle::of(keyword)?)))
            .collect();
        let mut by_keyword: BTreeMap<&str, u64> = BTreeMap::new();
        let mut matched: Vec<&'a Piece> = Vec::new();
        for (piece, haystack) in &self.pieces {
            let found = needles.iter().filter(|(_, needle)| needle.is_in(haystack));
            let mut is_matched = false;
            for (keyword, _) in found {
                *by_keyword.entry(keyword).or_default() += 1;
                is_matched = true;
            }
            if is_matched {
                matched.push(piece);
            }
        }
        let authors: BTreeSet<&str> = matched.iter().map(|piece| piece.author.as_str()).collect();
        let mut keywords: Vec<(&str, u64)> = by_keyword.into_iter().collect();
        keywords.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(b.0)));
        let evidence = Evidence {
            users: authors.len() as u64,
            pieces: matched.len() as u64,
            rating: Ratings::of(matched.iter().copied()).moments.estimate(),
            keywords: keywords
                .into_iter()
                .map(|(keyword, _)| keyword.to_owned())
                .collect(),
            quotes: quotes(matched),
        };
        (evidence, authors)
    }
}

/// The texts most agreed with; of equals the newest. The same words are quoted once.
fn quotes(mut matched: Vec<&Piece>) -> Vec<String> {
    matched.sort_by(|a, b| {
        b.votes
            .cmp(&a.votes)
            .then(b.at.cmp(&a.at))
            .then_with(|| a.event_id.cmp(&b.event_id))
    });
    let mut quotes: Vec<String> = Vec::new();
    for piece in matched {
        let quote = shortened(piece.text.as_deref().unwrap_or_default());
        if quotes.len() < QUOTES_MAX && !quotes.contains(&quote) {
            quotes.push(quote);
        }
    }
    quotes
}

fn shortened(text: &str) -> String {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if text.chars().count() <= QUOTE_CHARACTERS_MAX {
        return text;
    }
    let kept: String = text.chars().take(QUOTE_CHARACTERS_MAX - 1).collect();
    format!("{}…", kept.trim_end())
}
