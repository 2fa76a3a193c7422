//! What users said, piece by piece, with what the team can say of each.

use analysis::findings::{
    FeedbackList, FeedbackPiece, LinkSuggestion, LinkSuggestions, ReleaseTheme, ReleaseThemes,
};
use analysis::metric::Unit;
use askama::Template;

use crate::Parts;
use crate::day;
use crate::error::Result;
use crate::number;
use crate::text::{clean, short};
use crate::wording;

/// Longest text that is shown at once; the rest opens.
const TEXT_CHARS_MAX: usize = 600;
/// Longest title of an item.
const TITLE_CHARS_MAX: usize = 120;

#[derive(Template)]
#[template(path = "board/pieces.html")]
struct PiecesView {
    app: String,
    has_forms: bool,
    pieces: Vec<PieceView>,
}

struct PieceView {
    id: String,
    given: String,
    release: String,
    kind: String,
    stars: String,
    label_id: String,
    label: String,
    by_hand: bool,
    tone: String,
    language: String,
    critical: Vec<String>,
    alike: Option<String>,
    votes: Option<String>,
    text: String,
    rest: String,
    answer: String,
    overdue: bool,
}

/// A list of feedback, of which there are `of`: the parts `pieces` and `pieces_with_forms`.
///
/// # Errors
/// [`crate::Error::Page`] if it can't be rendered.
pub fn feedback_parts(found: &FeedbackList, of: u64) -> Result<Parts> {
    let mut view = PiecesView {
        has_forms: false,
        app: found.scope.app.clone(),
        pieces: found.pieces.iter().map(piece_view).collect(),
    };
    let title = format!(
        "{} pieces, {} with text",
        number::count(found.given),
        number::count(found.with_text)
    );
    let plain = view.render()?;
    view.has_forms = true;
    let parts = vec![("pieces", plain), ("pieces_with_forms", view.render()?)];
    Ok(Parts {
        found: Some(of),
        ..Parts::new(&found.scope, title, Vec::new(), parts)
    })
}

fn piece_view(piece: &FeedbackPiece) -> PieceView {
    let said = |words: &Option<String>| words.as_deref().map_or_else(String::new, clean);
    let text = clean(&piece.text);
    let beginning: String = text.chars().take(TEXT_CHARS_MAX).collect();
    PieceView {
        id: piece.event_id.clone(),
        given: day::instant(&piece.given_at),
        release: said(&piece.release),
        kind: clean(&piece.kind.replace('_', " ")),
        stars: piece
            .stars
            .map_or_else(String::new, |stars| number::fixed(stars, 0)),
        label_id: piece.label.clone(),
        label: piece.label.replace('_', " "),
        by_hand: piece.label_source == "hand",
        tone: said(&piece.tone),
        language: said(&piece.language),
        critical: piece
            .critical
            .iter()
            .map(|word| word.replace('_', " "))
            .collect(),
        alike: (piece.alike > 1).then(|| number::count(piece.alike)),
        votes: (piece.votes > 0).then(|| number::count(piece.votes.unsigned_abs())),
        rest: text.get(beginning.len()..).unwrap_or_default().to_owned(),
        text: beginning,
        answer: match (&piece.answered_at, piece.is_overdue) {
            (Some(at), _) => format!("answered {}", day::instant(at)),
            (None, true) => format!("overdue since {}", day::instant(&piece.due_at)),
            (None, false) => format!("to be answered by {}", day::instant(&piece.due_at)),
        },
        overdue: piece.answered_at.is_none() && piece.is_overdue,
    }
}

#[derive(Template)]
#[template(path = "board/links.html")]
struct LinksView {
    app: String,
    has_forms: bool,
    shown: String,
    all: String,
    texts: String,
    unmatched: String,
    confirmed: String,
    rejected: String,
    links: Vec<LinkView>,
}

struct LinkView {
    item: String,
    title: String,
    piece: String,
    score: String,
    by_keyword: bool,
    link: String,
    text: String,
}

/// Suggested links of feedback to backlog items, at most so many: the parts `links` and
/// `links_with_forms`. Those that a person has not judged come first.
///
/// # Errors
/// [`crate::Error::Page`] if it can't be rendered.
pub fn link_suggestions_parts(found: &LinkSuggestions, most: usize) -> Result<Parts> {
    let (open, judged): (Vec<&LinkSuggestion>, Vec<_>) = found
        .suggestions
        .iter()
        .partition(|one| one.link.is_none() && !one.by_keyword);
    let links = open.into_iter().chain(judged).take(most);
    let mut view = LinksView {
        has_forms: false,
        app: found.scope.app.clone(),
        shown: number::count(wording::size(&found.suggestions).min(most as u64)),
        all: number::count(wording::size(&found.suggestions)),
        texts: number::count(found.texts),
        unmatched: number::count(found.unmatched),
        confirmed: number::count(found.confirmed),
        rejected: number::count(found.rejected),
        links: links
            .map(|one| LinkView {
                item: one.item_id.clone(),
                title: short(&one.title, TITLE_CHARS_MAX),
                piece: one.event_id.clone(),
                score: number::fixed(one.score, 2),
                by_keyword: one.by_keyword,
                link: one.link.clone().unwrap_or_default(),
                text: short(&one.text, TEXT_CHARS_MAX),
            })
            .collect(),
    };
    let title = "Backlog items that feedback may be about".to_owned();
    let plain = view.render()?;
    view.has_forms = true;
    let parts = vec![("links", plain), ("links_with_forms", view.render()?)];
    Ok(Parts {
        found: u64::try_from(found.suggestions.len()).ok(),
        ..Parts::new(&found.scope, title, Vec::new(), parts)
    })
}

#[derive(Template)]
#[template(path = "board/themes.html")]
struct ThemesView {
    release: String,
    against: String,
    tested: String,
    unmatched: String,
    themes: Vec<ThemeView>,
}

struct ThemeView {
    name: String,
    standing: String,
    class: &'static str,
    share: String,
    interval: String,
    n: String,
    before: String,
    change: String,
    low: String,
    high: String,
    quotes: Vec<String>,
}

/// What users of a release talk about: the part `themes`.
///
/// # Errors
/// [`crate::Error::Page`] if it can't be rendered.
pub fn release_themes_parts(found: &ReleaseThemes) -> Result<Parts> {
    let release = clean(&found.release);
    let against = match found.against.as_slice() {
        [] => "no release before it".to_owned(),
        [only] => clean(only),
        several => wording::counted(
            several.len() as u64,
            "release before it",
            "releases before it",
        ),
    };
    let view = ThemesView {
        against,
        tested: number::count(found.tested),
        unmatched: number::estimate(Unit::Rate, &found.unmatched),
        themes: found.themes.iter().map(theme_view).collect(),
        release: release.clone(),
    };
    let parts = vec![("themes", view.render()?)];
    Ok(Parts::new(&found.scope, release, Vec::new(), parts))
}

fn theme_view(theme: &ReleaseTheme) -> ThemeView {
    let rate = Unit::Rate;
    let change = theme.change.as_ref().map_or_else(String::new, |change| {
        let size = number::change(rate, change);
        match number::change_interval(rate, change) {
            Some(interval) => format!("{size} ({interval})"),
            None => size,
        }
    });
    ThemeView {
        name: clean(&theme.name),
        class: match theme.standing.as_str() {
            "new" | "rising" => "bad",
            _ => "",
        },
        standing: clean(&theme.standing),
        share: number::estimate(rate, &theme.share),
        interval: number::interval(rate, &theme.share).unwrap_or_default(),
        n: number::count(theme.share.n),
        before: number::estimate(rate, &theme.share_before),
        change,
        low: number::count(theme.low_users),
        high: number::count(theme.high_users),
        quotes: theme
            .quotes
            .iter()
            .map(|quote| short(&quote.text, TEXT_CHARS_MAX))
            .collect(),
    }
}
