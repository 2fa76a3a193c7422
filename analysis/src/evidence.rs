//! What users' feedback says for backlog items, counted by distinct users.
//!
//! A piece of the window counts for an item where a person confirmed it, or where it holds one of
//! the item's keywords and nobody rejected it: a list of keywords is the team's standing
//! confirmation. Items that were merged into another one lend it their evidence. What was said of
//! the item itself goes before what was said of those merged into it; one person counts once,
//! however many pieces and items led to them. A suggestion by likeness counts for nothing, unless it
//! is asked for.

use std::collections::{BTreeMap, BTreeSet};

use lake::BacklogItem;

use crate::days::Window;
use crate::facts::feedback::{Feedback, Piece, Ratings};
use crate::facts::triage::{Link, Triage};
use crate::feedback::links::{self, LinkRules};
use crate::findings::Evidence;
use crate::words::{Haystack, Needle};

const QUOTES_MAX: usize = 2;
const QUOTE_CHARACTERS_MAX: usize = 160;

/// The window's feedback, made ready to be searched, with what the team said of it.
#[derive(Debug)]
pub(crate) struct Texts<'a> {
    pieces: Vec<(&'a Piece, Haystack)>,
    /// The pieces that the team linked, by their ids; these may be without text.
    linked: BTreeMap<&'a str, &'a Piece>,
    pub(crate) triage: &'a Triage,
    /// Distinct authors of feedback in the window, with text or without.
    pub(crate) authors: BTreeSet<&'a str>,
}

/// Items of a backlog by their ids.
pub(crate) type Items<'i> = BTreeMap<&'i str, &'i BacklogItem>;

/// By item, the pieces that are like it and that nobody rejected.
pub(crate) type Suggested<'a> = BTreeMap<String, Vec<&'a Piece>>;

/// Why a piece counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Ground {
    Suggestion,
    Keyword,
    Confirmation,
}

/// What counts for an item: pieces by their ids, each with the best ground that there is.
#[derive(Debug, Default)]
struct Counted<'a> {
    pieces: BTreeMap<&'a str, (&'a Piece, Ground)>,
}

impl<'a> Counted<'a> {
    fn put(&mut self, piece: &'a Piece, ground: Ground) {
        let known = self
            .pieces
            .entry(&piece.event_id)
            .or_insert((piece, ground));
        known.1 = known.1.max(ground);
    }

    fn pieces(&self) -> impl Iterator<Item = &'a Piece> {
        self.pieces.values().map(|(piece, _)| *piece)
    }

    /// How many users there are with a ground of which `holds` is true.
    fn users(&self, holds: impl Fn(Ground) -> bool) -> u64 {
        let held = self.pieces.values().filter(|(_, ground)| holds(*ground));
        let authors: BTreeSet<&str> = held.map(|(piece, _)| piece.author.as_str()).collect();
        authors.len() as u64
    }
}

impl<'a> Texts<'a> {
    pub(crate) fn of(feedback: &'a Feedback, window: Window, triage: &'a Triage) -> Self {
        let in_window = || feedback.on_days(|day| window.holds(day));
        let linked = triage.linked_pieces();
        let pieces = in_window()
            .filter_map(|piece| Some((piece, Haystack::of(piece.text.as_deref()?))))
            .collect();
        Self {
            pieces,
            linked: in_window()
                .map(|piece| (piece.event_id.as_str(), piece))
                .filter(|(id, _)| linked.contains(id))
                .collect(),
            triage,
            authors: in_window().map(|piece| piece.author.as_str()).collect(),
        }
    }

    /// The pieces that are like open items, as they are suggested to the team.
    pub(crate) fn suggested<'i>(
        &self,
        items: impl Iterator<Item = &'i BacklogItem>,
    ) -> Suggested<'a> {
        let items: Vec<&BacklogItem> = items.collect();
        let compared: Vec<links::Item<'_>> = items
            .iter()
            .map(|item| links::Item {
                title: &item.title,
                keywords: &item.keywords,
            })
            .collect();
        let texts = self.pieces.iter();
        let texts: Vec<&str> = texts
            .map(|(piece, _)| piece.text.as_deref().unwrap_or_default())
            .collect();
        let found = links::suggestions(&texts, &compared, LinkRules::default());
        let mut suggested = Suggested::new();
        for ((piece, _), found) in self.pieces.iter().zip(found) {
            for item in found.iter().filter_map(|found| items.get(found.item)) {
                let of_item = suggested.entry(item.item_id.clone()).or_default();
                of_item.push(*piece);
            }
        }
        suggested
    }

    /// The evidence for an item of a backlog, and the pieces that count.
    pub(crate) fn evidence(
        &self,
        item: &BacklogItem,
        backlog: &Items<'_>,
        suggested: &Suggested<'a>,
    ) -> (Evidence, Vec<&'a Piece>) {
        let id = item.item_id.as_str();
        let merged = self.triage.merges.merged_into(id);
        let mut counted = Counted::default();
        let mut by_keyword: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for one in merged.iter().copied().chain([id]) {
            let known = backlog.get(one).map(|item| item.keywords.as_slice());
            let keywords = if one == id {
                Some(item.keywords.as_slice())
            } else {
                known
            };
            for (keyword, piece) in self.with_keyword(keywords.unwrap_or_default()) {
                let link = |item: &str| self.triage.link(item, &piece.event_id);
                if link(one) != Some(Link::Rejected) && link(id) != Some(Link::Rejected) {
                    counted.put(piece, Ground::Keyword);
                    by_keyword
                        .entry(keyword)
                        .or_default()
                        .insert(&piece.event_id);
                }
            }
            let likely = suggested.get(one).into_iter().flatten();
            for piece in likely.filter(|piece| self.triage.link(one, &piece.event_id).is_none()) {
                counted.put(piece, Ground::Suggestion);
            }
            for piece in self.with_link(one, Link::Confirmed) {
                counted.put(piece, Ground::Confirmation);
            }
        }
        let rejected: Vec<&Piece> = self.with_link(id, Link::Rejected).collect();
        for piece in &rejected {
            counted.pieces.remove(piece.event_id.as_str());
        }
        let users = counted.users(|_| true);
        let evidence = Evidence {
            users,
            pieces: counted.pieces.len() as u64,
            rating: Ratings::of(counted.pieces()).moments.estimate(),
            keywords: most_first(by_keyword),
            quotes: quotes(
                counted
                    .pieces()
                    .filter(|piece| piece.text.is_some())
                    .collect(),
            ),
            confirmed_users: counted.users(|ground| ground == Ground::Confirmation),
            rejected_pieces: rejected.len() as u64,
            merged_items: merged.into_iter().map(str::to_owned).collect(),
            suggested_users: users - counted.users(|ground| ground != Ground::Suggestion),
        };
        (evidence, counted.pieces().collect())
    }

    /// The pieces that hold keywords, with each keyword that they hold.
    fn with_keyword<'k>(&self, keywords: &'k [String]) -> Vec<(&'k str, &'a Piece)> {
        let needles: BTreeMap<&str, Needle> = keywords
            .iter()
            .filter_map(|keyword| Some((keyword.as_str(), Needle::of(keyword)?)))
            .collect();
        let mut found = Vec::new();
        for (piece, haystack) in &self.pieces {
            let held = needles.iter().filter(|(_, needle)| needle.is_in(haystack));
            found.extend(held.map(|(keyword, _)| (*keyword, *piece)));
        }
        found
    }

    /// The pieces of the window of which it was said so beside an item.
    fn with_link(&self, item: &str, wanted: Link) -> impl Iterator<Item = &'a Piece> {
        let of_item = self.triage.links_of(item);
        let said = of_item.filter(move |(_, link)| *link == wanted);
        said.filter_map(|(piece, _)| self.linked.get(piece).copied())
    }
}

/// Keywords by how many pieces hold them, the most first.
fn most_first(by_keyword: BTreeMap<&str, BTreeSet<&str>>) -> Vec<String> {
    let counts = by_keyword.into_iter();
    let mut counts: Vec<(&str, usize)> = counts.map(|(word, held)| (word, held.len())).collect();
    counts.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(b.0)));
    counts
        .into_iter()
        .map(|(word, _)| word.to_owned())
        .collect()
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
