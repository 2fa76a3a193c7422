//! What the team says of feedback: what a piece is, which backlog items it speaks of, and which
//! items are one. The last one said of the same thing counts, whatever the files' order.

use std::collections::{BTreeMap, BTreeSet};

use lake::{LabelKind, LinkKind, Micros, Table, columns};

use super::records::{Written, read, written};
use crate::error::Result;
use crate::facts::Question;
use crate::feedback::kind::Kind;
use crate::plan::components::components;
use crate::scan::Frame;

/// What the team had said by `as_of`.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Triage {
    /// What pieces are, by their ids.
    pub(crate) labels: BTreeMap<String, Kind>,
    /// By item, then by piece.
    links: BTreeMap<String, BTreeMap<String, Link>>,
    /// Which items are one.
    pub(crate) merges: Merges,
}

/// What stands between a piece and an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Link {
    /// The piece speaks of the item.
    Confirmed,
    /// It does not.
    Rejected,
}

impl Link {
    /// As it is spelled in tables and files.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Confirmed => LinkKind::Confirmed.as_str(),
            Self::Rejected => LinkKind::Rejected.as_str(),
        }
    }
}

impl Triage {
    pub(crate) fn load(question: &Question<'_>) -> Result<Self> {
        let mut triage = Self {
            labels: labels(question)?,
            ..Self::default()
        };
        let mut merged = BTreeSet::new();
        for (about, link) in links(question)? {
            match (about, link) {
                (About::Piece { item, piece }, LinkKind::Confirmed) => {
                    triage.put(item, piece, Link::Confirmed);
                }
                (About::Piece { item, piece }, LinkKind::Rejected) => {
                    triage.put(item, piece, Link::Rejected);
                }
                (About::Items { item, into }, LinkKind::Merged) => {
                    merged.insert((item, into));
                }
                _ => {}
            }
        }
        triage.merges = Merges::of(merged);
        Ok(triage)
    }

    fn put(&mut self, item: String, piece: String, link: Link) {
        self.links.entry(item).or_default().insert(piece, link);
    }

    /// What was said of an item, by piece.
    pub(crate) fn links_of(&self, item: &str) -> impl Iterator<Item = (&str, Link)> {
        let of_item = self.links.get(item).into_iter().flatten();
        of_item.map(|(piece, link)| (piece.as_str(), *link))
    }

    /// What was said of a piece and an item.
    pub(crate) fn link(&self, item: &str, piece: &str) -> Option<Link> {
        self.links.get(item)?.get(piece).copied()
    }

    /// The pieces that something was said of beside an item.
    pub(crate) fn linked_pieces(&self) -> BTreeSet<&str> {
        let of_items = self.links.values().flat_map(BTreeMap::keys);
        of_items.map(String::as_str).collect()
    }
}

/// What a link speaks of.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum About {
    Piece { item: String, piece: String },
    Items { item: String, into: String },
}

fn labels(question: &Question<'_>) -> Result<BTreeMap<String, Kind>> {
    let names = [
        columns::APP,
        columns::FEEDBACK_ID,
        columns::LABEL,
        columns::LABELLED_AT,
    ];
    let frame = read(question, Table::FeedbackLabels, &names)?;
    let (pieces, words) = (
        frame.texts(columns::FEEDBACK_ID)?,
        frame.texts(columns::LABEL)?,
    );
    let said = last_said(&frame, columns::LABELLED_AT, question.as_of, |row| {
        let label = words.get(row).and_then(LabelKind::from_word)?;
        Some((pieces.get(row)?.to_owned(), label))
    })?;
    let kind = |label| match label {
        LabelKind::BugReport => Some(Kind::BugReport),
        LabelKind::FeatureRequest => Some(Kind::FeatureRequest),
        LabelKind::Praise => Some(Kind::Praise),
        LabelKind::Other => Some(Kind::Other),
        LabelKind::Withdrawn => None,
    };
    let said = said.into_iter();
    Ok(said
        .filter_map(|(piece, label)| Some((piece, kind(label)?)))
        .collect())
}

fn links(question: &Question<'_>) -> Result<BTreeMap<About, LinkKind>> {
    let names = [
        columns::APP,
        columns::FEEDBACK_ID,
        columns::ITEM_ID,
        columns::INTO_ITEM_ID,
        columns::LINK,
        columns::LINKED_AT,
    ];
    let frame = read(question, Table::FeedbackLinks, &names)?;
    let (pieces, items) = (
        frame.texts(columns::FEEDBACK_ID)?,
        frame.texts(columns::ITEM_ID)?,
    );
    let (intos, words) = (
        frame.texts(columns::INTO_ITEM_ID)?,
        frame.texts(columns::LINK)?,
    );
    last_said(&frame, columns::LINKED_AT, question.as_of, |row| {
        let link = words.get(row).and_then(LinkKind::from_word)?;
        let item = items.get(row)?.to_owned();
        let about = match (pieces.get(row), intos.get(row)) {
            (Some(piece), None) => About::Piece {
                item,
                piece: piece.to_owned(),
            },
            (None, Some(into)) => About::Items {
                item,
                into: into.to_owned(),
            },
            _ => return None,
        };
        Some((about, link))
    })
}

/// What was said last of each thing by `as_of`: by when it was said, then by when it was written.
fn last_said<K: Ord, V>(
    frame: &Frame,
    said_at: &str,
    as_of: Micros,
    of_row: impl Fn(usize) -> Option<(K, V)>,
) -> Result<BTreeMap<K, V>> {
    let instants = frame.integers(said_at)?;
    let written = written(frame)?;
    let mut last: BTreeMap<K, ((Micros, Written), V)> = BTreeMap::new();
    for row in 0..frame.rows() {
        let Some(at) = instants.get(row).filter(|at| *at <= as_of) else {
            continue;
        };
        let Some((key, value)) = of_row(row) else {
            continue;
        };
        let order = (at, written(row));
        match last.get(&key) {
            Some((known, _)) if *known >= order => {}
            _ => drop(last.insert(key, (order, value))),
        }
    }
    let last = last.into_iter();
    Ok(last.map(|(key, (_, value))| (key, value)).collect())
}

/// Items that are others over again.
///
/// Invariant: no chain comes back to where it began. Merges that go round in a circle are named and
/// left out of account, since none of their items stands for the others.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Merges {
    /// By item, what it was merged into.
    into: BTreeMap<String, BTreeSet<String>>,
    /// By item, what was merged into it.
    from: BTreeMap<String, BTreeSet<String>>,
    /// Groups of items that were merged into each other.
    pub(crate) circles: Vec<Vec<String>>,
}

impl Merges {
    /// Of pairs of an item and the one that it was merged into.
    fn of(pairs: BTreeSet<(String, String)>) -> Self {
        let ids: BTreeSet<&str> = pairs
            .iter()
            .flat_map(|(item, into)| [item.as_str(), into.as_str()])
            .collect();
        let ids: Vec<&str> = ids.into_iter().collect();
        let place = |id: &str| ids.binary_search(&id).unwrap_or_default();
        let mut edges = vec![BTreeSet::new(); ids.len()];
        for (item, into) in &pairs {
            edges[place(item)].insert(place(into));
        }
        let mut group = vec![0; ids.len()];
        let mut merges = Self::default();
        for (number, members) in components(&edges).into_iter().enumerate() {
            members.iter().for_each(|member| group[*member] = number);
            if members.len() > 1 {
                let circle = members.iter().map(|member| ids[*member].to_owned());
                merges.circles.push(circle.collect());
            }
        }
        merges.circles.sort();
        let in_circle = |item: &str, into: &str| group[place(item)] == group[place(into)];
        let counted = pairs.iter().filter(|(item, into)| !in_circle(item, into));
        for (item, into) in counted {
            let targets = merges.into.entry(item.clone()).or_default();
            targets.insert(into.clone());
            let sources = merges.from.entry(into.clone()).or_default();
            sources.insert(item.clone());
        }
        merges
    }

    /// The items that were merged into one, at any distance.
    pub(crate) fn merged_into(&self, item: &str) -> BTreeSet<&str> {
        reached(&self.from, item)
    }

    /// The merges as they count in a backlog of known items.
    pub(crate) fn among<'a>(&'a self, known: BTreeSet<&'a str>) -> Standing<'a> {
        let mut merged = BTreeSet::new();
        let sources = |item: &str| self.from.get(item).into_iter().flatten();
        let mut open: Vec<&str> = Vec::new();
        for item in &known {
            open.extend(sources(item).map(String::as_str));
        }
        while let Some(next) = open.pop() {
            if merged.insert(next) {
                open.extend(sources(next).map(String::as_str));
            }
        }
        Standing {
            merges: self,
            known,
            merged,
        }
    }
}

/// Which items of a backlog stand, and for which others.
#[derive(Debug, Clone)]
pub(crate) struct Standing<'a> {
    merges: &'a Merges,
    known: BTreeSet<&'a str>,
    /// Items that were merged into one that is there, at any distance.
    merged: BTreeSet<&'a str>,
}

impl<'a> Standing<'a> {
    /// Whether an item is counted with another one that is there.
    pub(crate) fn is_merged(&self, item: &str) -> bool {
        self.merged.contains(item)
    }

    /// The items that stand for a merged one; none where it stands for itself.
    pub(crate) fn of_merged(&self, item: &str) -> BTreeSet<&'a str> {
        if !self.is_merged(item) {
            return BTreeSet::new();
        }
        let mut ends = reached(&self.merges.into, item);
        ends.retain(|end| self.known.contains(end) && !self.merged.contains(end));
        ends
    }
}

/// All that can be reached from a place, without itself.
fn reached<'a>(edges: &'a BTreeMap<String, BTreeSet<String>>, from: &str) -> BTreeSet<&'a str> {
    let mut found = BTreeSet::new();
    let mut open: Vec<&str> = edges
        .get(from)
        .into_iter()
        .flatten()
        .map(String::as_str)
        .collect();
    while let Some(next) = open.pop() {
        if found.insert(next) {
            open.extend(edges.get(next).into_iter().flatten().map(String::as_str));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn merges(pairs: &[(&str, &str)]) -> Merges {
        let pairs = pairs.iter();
        Merges::of(
            pairs
                .map(|(a, b)| ((*a).to_owned(), (*b).to_owned()))
                .collect(),
        )
    }

    fn standing(merges: &Merges, item: &str, known: &[&str]) -> Vec<String> {
        let known = merges.among(known.iter().copied().collect());
        let ends = known.of_merged(item).into_iter();
        ends.map(str::to_owned).collect()
    }

    #[test]
    fn chains_are_followed_to_items_that_are_there() {
        let chain = merges(&[("A", "B"), ("B", "C"), ("D", "C"), ("C", "gone")]);
        let all = ["A", "B", "C", "D"];
        assert_eq!(standing(&chain, "A", &all), ["C"]);
        assert_eq!(standing(&chain, "A", &["A", "B"]), ["B"]);
        assert_eq!(standing(&chain, "C", &all), [""; 0], "it stands for itself");
        assert_eq!(
            chain.merged_into("C").into_iter().collect::<Vec<_>>(),
            ["A", "B", "D"]
        );
        assert!(chain.circles.is_empty());
    }

    #[test]
    fn circles_are_named_and_bind_nothing_while_what_leads_into_them_counts() {
        let round = merges(&[("A", "B"), ("B", "C"), ("C", "A"), ("X", "A"), ("P", "Q")]);
        assert_eq!(round.circles, [["A", "B", "C"].map(str::to_owned)]);
        let all = ["A", "B", "C", "X", "P", "Q"];
        assert_eq!(standing(&round, "B", &all), [""; 0]);
        assert_eq!(standing(&round, "X", &all), ["A"]);
        assert_eq!(standing(&round, "P", &all), ["Q"]);
        assert_eq!(round.merged_into("A").len(), 1);
    }

    #[test]
    fn a_long_chain_and_a_wide_one_end() {
        let ids: Vec<String> = (0..3_000).map(|n| format!("{n:05}")).collect();
        let chain = ids
            .windows(2)
            .map(|pair| (pair[0].clone(), pair[1].clone()));
        let chain = Merges::of(chain.collect());
        assert_eq!(chain.merged_into("02999").len(), 2_999);
        let known: Vec<&str> = ids.iter().map(String::as_str).collect();
        for known in [&known[..], &["00000", "02999"]] {
            assert_eq!(standing(&chain, "00000", known), ["02999"]);
        }
    }
}
