//! What users said, as tables for people, CSV, and JSON.

use analysis::findings::{FeedbackList, FeedbackPiece, LinkSuggestions, ReleaseThemes, Scope};
use analysis::metric::Unit;
use analysis::sql::Cell;
use serde::Serialize;

use crate::answer::answer_table;
use crate::day;
use crate::error::Result;
use crate::number;
use crate::table;
use crate::text::{clean, listed, short};
use crate::wording::merge_circles;

/// Longest text on a line.
const TEXT_CHARS_MAX: usize = 90;
/// Most releases named in a sentence.
const RELEASES_MAX: usize = 5;

fn head(scope: &Scope) -> String {
    format!(
        "{}, {}, {}",
        clean(&scope.app),
        day::range(&scope.first_day, &scope.last_day),
        clean(&scope.zone)
    )
}

fn text(text: &str) -> Cell {
    Cell::Text(text.to_owned())
}

fn answer(columns: &[&str], rows: &[Vec<Cell>]) -> String {
    let columns: Vec<String> = columns.iter().map(|&name| name.to_owned()).collect();
    answer_table(&columns, rows)
}

/// Pieces of feedback for the terminal.
#[must_use]
pub fn feedback_text(found: &FeedbackList) -> String {
    let rows: Vec<Vec<Cell>> = found
        .pieces
        .iter()
        .map(|piece| {
            let tone = piece.tone.as_deref().unwrap_or_default();
            vec![
                text(piece.given_at.get(..10).unwrap_or_default()),
                text(piece.release.as_deref().unwrap_or_default()),
                Cell::Text(label(piece)),
                Cell::Text(number::percent_short(piece.actionable)),
                text(tone),
                Cell::Text(piece.critical.join(", ").replace('_', " ")),
                Cell::Whole(i128::from(piece.alike)),
                text(answer_word(piece)),
                Cell::Text(short(&piece.text, TEXT_CHARS_MAX)),
            ]
        })
        .collect();
    let columns = [
        "day", "release", "label", "asks", "tone", "critical", "alike", "answer", "text",
    ];
    format!(
        "{}: {} pieces, {} with text, {} shown; {} labelled by hand, the others by their words (classifier: {})\n\n{}\n",
        head(&found.scope),
        number::count(found.given),
        number::count(found.with_text),
        number::count(found.pieces.len() as u64),
        number::count(found.labelled_by_hand),
        clean(&found.classifier),
        answer(&columns, &rows)
    )
}

/// Where its answer stands.
fn answer_word(piece: &FeedbackPiece) -> &'static str {
    match (&piece.answered_at, piece.is_overdue) {
        (Some(_), _) => "given",
        (None, true) => "overdue",
        (None, false) => "",
    }
}

/// A label, and whether a person said it.
fn label(piece: &FeedbackPiece) -> String {
    let label = piece.label.replace('_', " ");
    if piece.label_source == "hand" {
        format!("{label} (by hand)")
    } else {
        label
    }
}

/// Themes of a release for the terminal.
#[must_use]
pub fn release_themes_text(found: &ReleaseThemes) -> String {
    let rows: Vec<Vec<Cell>> = found
        .themes
        .iter()
        .map(|theme| {
            let share = |estimate| Cell::Text(number::estimate(Unit::Rate, estimate));
            let change = theme.change.as_ref();
            let change = change.map(|change| {
                let size = number::change(Unit::Rate, change);
                match number::change_interval(Unit::Rate, change) {
                    Some(interval) => format!("{size} ({interval})"),
                    None => size,
                }
            });
            let quote = theme.quotes.first();
            vec![
                text(&theme.standing),
                text(&theme.name),
                share(&theme.share),
                share(&theme.share_before),
                Cell::Text(change.unwrap_or_default()),
                Cell::Whole(i128::from(theme.low_users)),
                Cell::Text(quote.map_or_else(String::new, |q| short(&q.text, TEXT_CHARS_MAX))),
            ]
        })
        .collect();
    let columns = [
        "",
        "theme",
        "users",
        "before",
        "difference (95 %)",
        "1-2 stars",
        "in their words",
    ];
    let mut before: Vec<String> = found.against.iter().map(|name| clean(name)).collect();
    let more = before.len().saturating_sub(RELEASES_MAX);
    before.drain(..more);
    if more > 0 {
        before.insert(0, format!("{more} older releases"));
    }
    let before = if before.is_empty() {
        "no release before it".to_owned()
    } else {
        listed(&before)
    };
    format!(
        "{}: what users of {} talk about, beside {before}; {} of its users with text say none of these; {} themes tested\n\n{}\n",
        head(&found.scope),
        clean(&found.release),
        number::estimate(Unit::Rate, &found.unmatched),
        number::count(found.tested),
        answer(&columns, &rows)
    )
}

/// Suggestions of backlog items for the terminal.
#[must_use]
pub fn link_suggestions_text(found: &LinkSuggestions) -> String {
    let rows: Vec<Vec<Cell>> = found
        .suggestions
        .iter()
        .map(|one| {
            vec![
                text(&one.item_id),
                Cell::Text(short(&one.title, TEXT_CHARS_MAX / 2)),
                Cell::Text(number::fixed(one.score, 2)),
                text(if one.by_keyword { "keyword" } else { "" }),
                text(one.link.as_deref().unwrap_or_default()),
                Cell::Text(short(&one.text, TEXT_CHARS_MAX)),
            ]
        })
        .collect();
    let circles = merge_circles(&found.merge_circles).into_iter();
    let circles: Vec<String> = circles.map(|said| ["\n", &said].concat()).collect();
    format!(
        "{}: {} texts, {} of which no open item may be meant; {} suggestions confirmed, {} rejected; keywords count as confirmed by the team, other suggestions for nothing until a person confirms them{}\n\n{}\n",
        head(&found.scope),
        number::count(found.texts),
        number::count(found.unmatched),
        number::count(found.confirmed),
        number::count(found.rejected),
        circles.concat(),
        answer(&["item", "title", "score", "by", "link", "text"], &rows)
    )
}

/// As CSV, as all tables are.
///
/// # Errors
/// [`crate::Error::Row`], which is a fault of this crate.
pub fn feedback_csv(found: &FeedbackList) -> Result<Vec<u8>> {
    Ok(table::feedback(found)?.file.bytes)
}

/// As CSV, as all tables are.
///
/// # Errors
/// [`crate::Error::Row`], which is a fault of this crate.
pub fn release_themes_csv(found: &ReleaseThemes) -> Result<Vec<u8>> {
    Ok(table::release_themes(found)?.file.bytes)
}

/// As CSV, as all tables are.
///
/// # Errors
/// [`crate::Error::Row`], which is a fault of this crate.
pub fn link_suggestions_csv(found: &LinkSuggestions) -> Result<Vec<u8>> {
    Ok(table::link_suggestions(found)?.file.bytes)
}

/// Findings on feedback as JSON, of which no character steers a terminal or a build log.
///
/// # Errors
/// [`crate::Error::Json`] if the findings can't be written.
pub fn feedback_json<T: Serialize>(found: &T) -> Result<String> {
    let mut text = crate::verdict::json(&serde_json::to_string_pretty(found)?);
    text.push('\n');
    Ok(text)
}
