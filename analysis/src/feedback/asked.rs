//! What users said, as it is asked for: piece by piece, theme by theme, and beside the backlog.

use std::collections::{BTreeMap, BTreeSet};

use lake::{BacklogItem, Micros, Snapshot};

use super::critical::dangers;
use super::duplicates::duplicates;
use super::kind::Kind;
use super::language::language;
use super::learned::Learned;
use super::links::{self, LinkRules};
use super::themes::{self, Compared, Text, Theme, ThemeRules, Themes};
use super::tone::tone;
use crate::days::instant_text;
use crate::error::Result;
use crate::facts::Question;
use crate::facts::feedback::{Feedback, Piece};
use crate::facts::records;
use crate::facts::triage::{Link, Triage};
use crate::findings::{
    FeedbackList, FeedbackPiece, LinkSuggestion, LinkSuggestions, Quote, ReleaseTheme,
    ReleaseThemes, Scope,
};
use crate::period::Period;
use crate::planning::is_closed;
use crate::response::ResponseTargets;
use crate::scan::Tables;
use crate::scope;
use crate::settings::Settings;
use crate::versions;

/// The feedback of a period, the newest first, with what was understood of each text.
///
/// # Errors
/// [`crate::Error::Scan`] when files cannot be read, [`crate::Error::Coefficients`] when the program was damaged.
pub fn feedback_list(
    snapshot: &Snapshot,
    settings: &Settings,
    period: &Period,
    as_of: Micros,
) -> Result<FeedbackList> {
    let tables = Tables::of(snapshot);
    let asked = Asked::of(&tables, settings, period, as_of)?;
    let triage = Triage::load(&asked.question)?;
    let learned = Learned::of(&asked.question, &triage)?;
    let pieces = asked.with_text();
    let texts: Vec<&str> = pieces.iter().map(|(_, text)| *text).collect();
    let alike = duplicates(&texts);
    let of_group: BTreeMap<usize, u64> = alike
        .groups
        .iter()
        .map(|group| (group.representative, group.equal + group.near))
        .collect();
    let mut listed: Vec<FeedbackPiece> = pieces
        .iter()
        .zip(&alike.representative)
        .map(|((piece, text), representative)| FeedbackPiece {
            alike: of_group.get(representative).copied().unwrap_or(1),
            ..understood(
                piece,
                text,
                (&learned, triage.labels.get(&piece.event_id)),
                (&settings.response, as_of),
            )
        })
        .collect();
    listed.reverse();
    Ok(FeedbackList {
        given: asked.pieces().count() as u64,
        with_text: listed.len() as u64,
        labelled_by_hand: listed
            .iter()
            .filter(|piece| piece.label_source == HAND)
            .count() as u64,
        classifier: learned.told(),
        pieces: listed,
        scope: asked.scope,
    })
}

/// Where a label is from.
const HAND: &str = "hand";
const WORDS: &str = "words";

fn understood(
    piece: &Piece,
    text: &str,
    (learned, by_hand): (&Learned, Option<&Kind>),
    (targets, as_of): (&ResponseTargets, Micros),
) -> FeedbackPiece {
    let judged = learned.classifier.judge(text);
    let stars = piece.rating();
    let (tone, source) = tone(text, stars).unzip();
    let dangers = dangers(text);
    let label = by_hand.map_or_else(|| judged.kind.with_tone(tone), |kind| *kind);
    let due = targets.due(piece.at, !dangers.is_empty(), label);
    FeedbackPiece {
        event_id: piece.event_id.clone(),
        given_at: instant_text(piece.at),
        release: piece.release.clone(),
        kind: piece.kind.clone(),
        stars,
        label: label.as_str().to_owned(),
        label_source: if by_hand.is_some() { HAND } else { WORDS }.to_owned(),
        actionable: match by_hand {
            Some(Kind::BugReport | Kind::FeatureRequest) => 1.0,
            Some(Kind::Praise | Kind::Other) => 0.0,
            None => judged.actionable(),
        },
        language: language(text).map(str::to_owned),
        tone: tone.map(|tone| tone.as_str().to_owned()),
        tone_source: source.map(|source| source.as_str().to_owned()),
        critical: dangers
            .into_iter()
            .map(|danger| danger.as_str().to_owned())
            .collect(),
        alike: 1,
        votes: piece.votes,
        text: text.to_owned(),
        due_at: instant_text(due),
        answered_at: piece.answered_at.map(instant_text),
        is_overdue: piece.answered_at.is_none() && due <= as_of,
    }
}

/// What users of a release talk about in a period, beside another release or all before it. The
/// app's own name and `names` say nothing in its feedback.
///
/// # Errors
/// [`crate::Error::Scan`] when files cannot be read.
pub fn release_themes(
    snapshot: &Snapshot,
    settings: &Settings,
    period: &Period,
    of: (&str, Option<&str>, &[String]),
    as_of: Micros,
) -> Result<ReleaseThemes> {
    themes_of_tables(&Tables::of(snapshot), settings, period, of, as_of)
}

pub(crate) fn themes_of_tables(
    tables: &Tables,
    settings: &Settings,
    period: &Period,
    (release, against, names): (&str, Option<&str>, &[String]),
    as_of: Micros,
) -> Result<ReleaseThemes> {
    let asked = Asked::of(tables, settings, period, as_of)?;
    let before: Vec<String> = match against {
        Some(named) => vec![named.to_owned()],
        None => asked.before(release)?,
    };
    let pieces = asked.with_text();
    let of = |wanted: &dyn Fn(Option<&str>) -> bool| -> Vec<Text<'_>> {
        let chosen = pieces
            .iter()
            .filter(|(piece, _)| wanted(piece.release.as_deref()));
        chosen
            .map(|(piece, text)| Text {
                id: &piece.event_id,
                author: &piece.author,
                text,
                stars: piece.rating(),
            })
            .collect()
    };
    let is_before = |known: &str| before.iter().any(|one| one == known);
    let now = of(&|known| known == Some(release));
    let earlier = of(&|known| known.is_some_and(is_before));
    let unknown = of(&|known| known.is_none());
    let own_name = std::iter::once(settings.app.clone());
    let rules = ThemeRules {
        names: own_name.chain(names.iter().cloned()).collect(),
        ..ThemeRules::default()
    };
    let compared = Compared {
        now: &now,
        earlier: &earlier,
        unknown: &unknown,
    };
    let Themes {
        themes,
        tested,
        unmatched,
    } = themes::themes(compared, &rules);
    let texts: BTreeMap<&str, &str> = now.iter().map(|text| (text.id, text.text)).collect();
    let themes = themes.into_iter().map(|theme| told(theme, &texts));
    Ok(ReleaseThemes {
        release: release.to_owned(),
        themes: themes.collect(),
        against: before,
        tested,
        unmatched,
        scope: asked.scope,
    })
}

fn told(theme: Theme, texts: &BTreeMap<&str, &str>) -> ReleaseTheme {
    let quote = |id: String| {
        let text = texts.get(id.as_str()).copied()?.to_owned();
        Some(Quote { event_id: id, text })
    };
    ReleaseTheme {
        theme_id: theme.id,
        name: theme.name,
        phrases: theme.phrases,
        standing: theme.standing.as_str().to_owned(),
        share: theme.share,
        share_before: theme.share_earlier,
        share_unknown: theme.share_unknown,
        change: theme.difference,
        z: theme.z,
        q: theme.q,
        low_users: theme.low_users,
        high_users: theme.high_users,
        quotes: theme.quotes.into_iter().filter_map(quote).collect(),
    }
}

/// Open backlog items that the feedback of a period may be about, each with what a person said of it.
/// Items that were merged into others are not among them.
///
/// # Errors
/// [`crate::Error::Scan`] when files cannot be read, [`crate::Error::Record`] when a stored item does not hold what
/// it should.
pub fn link_suggestions(
    snapshot: &Snapshot,
    settings: &Settings,
    period: &Period,
    as_of: Micros,
) -> Result<LinkSuggestions> {
    let tables = Tables::of(snapshot);
    let asked = Asked::of(&tables, settings, period, as_of)?;
    let mut items = records::backlog(&asked.question)?;
    let triage = Triage::load(&asked.question)?;
    let merged = merged_away(&items, &triage);
    items.retain(|item| !is_closed(item) && !merged.contains(&item.item_id));
    let compared: Vec<links::Item<'_>> = items
        .iter()
        .map(|item| links::Item {
            title: &item.title,
            keywords: &item.keywords,
        })
        .collect();
    let pieces = asked.with_text();
    let texts: Vec<&str> = pieces.iter().map(|(_, text)| *text).collect();
    let found = links::suggestions(&texts, &compared, LinkRules::default());
    let unmatched = found.iter().filter(|found| found.is_empty()).count() as u64;
    let mut suggestions: Vec<LinkSuggestion> = Vec::new();
    for ((piece, text), found) in pieces.iter().zip(found) {
        for found in found {
            let Some(item) = items.get(found.item) else {
                continue;
            };
            suggestions.push(LinkSuggestion {
                item_id: item.item_id.clone(),
                title: item.title.clone(),
                event_id: piece.event_id.clone(),
                score: found.score,
                by_keyword: found.by_keyword,
                link: triage
                    .link(&item.item_id, &piece.event_id)
                    .map(|link| link.as_str().to_owned()),
                text: (*text).to_owned(),
            });
        }
    }
    suggestions.extend(linked_by_hand(&items, &pieces, (&triage, &suggestions)));
    suggestions.sort_by(|a, b| {
        (a.item_id.cmp(&b.item_id))
            .then(b.by_keyword.cmp(&a.by_keyword))
            .then(b.score.total_cmp(&a.score))
            .then(a.event_id.cmp(&b.event_id))
    });
    let said = |link: Link| {
        let of_link = suggestions
            .iter()
            .filter(|one| one.link.as_deref() == Some(link.as_str()));
        of_link.count() as u64
    };
    Ok(LinkSuggestions {
        confirmed: said(Link::Confirmed),
        rejected: said(Link::Rejected),
        merge_circles: triage.merges.circles.clone(),
        suggestions,
        texts: texts.len() as u64,
        unmatched,
        scope: asked.scope,
    })
}

/// Pieces that a person linked to an item and that nothing else would suggest for it.
fn linked_by_hand(
    items: &[BacklogItem],
    pieces: &[(&Piece, &str)],
    (triage, suggested): (&Triage, &[LinkSuggestion]),
) -> Vec<LinkSuggestion> {
    let known: BTreeSet<(&str, &str)> = suggested
        .iter()
        .map(|one| (one.item_id.as_str(), one.event_id.as_str()))
        .collect();
    let texts: BTreeMap<&str, &str> = pieces
        .iter()
        .map(|(piece, text)| (piece.event_id.as_str(), *text))
        .collect();
    let of_item = |item: &BacklogItem| -> Vec<LinkSuggestion> {
        let links = triage.links_of(&item.item_id);
        let new = links.filter(|(id, _)| !known.contains(&(item.item_id.as_str(), *id)));
        new.filter_map(|(id, link)| {
            Some(LinkSuggestion {
                item_id: item.item_id.clone(),
                title: item.title.clone(),
                event_id: id.to_owned(),
                score: 0.0,
                by_keyword: false,
                link: Some(link.as_str().to_owned()),
                text: (*texts.get(id)?).to_owned(),
            })
        })
        .collect()
    };
    items.iter().flat_map(of_item).collect()
}

/// Ids of items that others stand for.
fn merged_away(items: &[BacklogItem], triage: &Triage) -> BTreeSet<String> {
    let known = items.iter().map(|item| item.item_id.as_str());
    let standing = triage.merges.among(known.collect());
    let merged = items
        .iter()
        .filter(|item| standing.is_merged(&item.item_id));
    merged.map(|item| item.item_id.clone()).collect()
}

/// The feedback of a period.
struct Asked<'a> {
    question: Question<'a>,
    feedback: Feedback,
    span: (Micros, Micros),
    scope: Scope,
}

impl<'a> Asked<'a> {
    fn of(
        tables: &'a Tables,
        settings: &'a Settings,
        period: &Period,
        as_of: Micros,
    ) -> Result<Self> {
        let question = scope::question(tables, settings, period, as_of)?;
        let feedback = Feedback::load(&question)?;
        let known = (as_of, feedback.data_through);
        Ok(Self {
            scope: scope::bare(tables, settings, period, known),
            span: (period.from, period.to),
            question,
            feedback,
        })
    }

    fn pieces(&self) -> impl Iterator<Item = &Piece> {
        let (from, to) = self.span;
        let pieces = self.feedback.pieces.iter();
        pieces.filter(move |piece| (from..to).contains(&piece.at))
    }

    /// Those with words, the oldest first.
    fn with_text(&self) -> Vec<(&Piece, &str)> {
        self.pieces()
            .filter_map(|piece| Some((piece, piece.text.as_deref()?)))
            .filter(|(_, text)| !text.trim().is_empty())
            .collect()
    }

    /// The releases before one of which something was said.
    fn before(&self, release: &str) -> Result<Vec<String>> {
        let notes = records::release_notes(&self.question)?;
        let mut first_seen: BTreeMap<String, Micros> = BTreeMap::new();
        for piece in &self.feedback.pieces {
            if let Some(release) = &piece.release {
                let first = first_seen.entry(release.clone()).or_insert(piece.at);
                *first = piece.at.min(*first);
            }
        }
        let order = versions::oldest_first(&first_seen, |version| {
            notes.get(version).and_then(|note| note.released_at)
        });
        let heard: BTreeSet<&str> = self
            .pieces()
            .filter(|piece| piece.text.is_some())
            .filter_map(|piece| piece.release.as_deref())
            .collect();
        let before = order.into_iter().take_while(|known| known != release);
        Ok(before
            .filter(|known| heard.contains(known.as_str()))
            .collect())
    }
}
