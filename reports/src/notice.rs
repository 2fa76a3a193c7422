//! What cannot wait, as messages: critical feedback, and themes that rise.

use analysis::findings::{FeedbackPiece, ReleaseTheme};
use analysis::metric::Unit;
use askama::Template;

use crate::day;
use crate::error::Result;
use crate::message::Message;
use crate::number;
use crate::text::{clean, for_chat, listed, short};
use crate::wording;

/// Most things in a notice; the rest is counted.
const THINGS_MAX: usize = 5;
/// Longest text of a piece.
const TEXT_CHARS_MAX: usize = 400;

#[derive(Template)]
#[template(path = "notice.html")]
struct NoticeHtml<'a> {
    subject: &'a str,
    lines: &'a [String],
    foot: &'a str,
}

/// Feedback that cannot wait, the newest first.
///
/// # Errors
/// [`crate::Error::Page`] if it can't be rendered.
pub fn critical_message(app: &str, pieces: &[&FeedbackPiece]) -> Result<Message> {
    let mut dangers: Vec<String> = Vec::new();
    for danger in pieces.iter().flat_map(|piece| &piece.critical) {
        let danger = clean(&danger.replace('_', " "));
        if !dangers.contains(&danger) {
            dangers.push(danger);
        }
    }
    let reports = wording::counted(wording::size(pieces), "report", "reports");
    let subject = format!("{app}: {reports} that cannot wait ({})", listed(&dangers));
    let line = |piece: &&FeedbackPiece| {
        let release = piece.release.as_deref();
        let release = release.map_or_else(String::new, |name| format!(" on {}", clean(name)));
        format!(
            "{}{release}, {}, to be answered by {}: “{}” (id {})",
            listed(
                &piece
                    .critical
                    .iter()
                    .map(|word| word.replace('_', " "))
                    .collect::<Vec<_>>()
            ),
            day::instant(&piece.given_at),
            day::instant(&piece.due_at),
            short(&piece.text, TEXT_CHARS_MAX),
            clean(&piece.event_id)
        )
    };
    let lines = pieces.iter().take(THINGS_MAX).map(line).collect();
    let foot = format!("All of them: shipwake feedback list --app {app} --critical");
    message(&subject, lines, (pieces.len(), &foot))
}

/// Themes that rise, each with its release.
///
/// # Errors
/// [`crate::Error::Page`] if it can't be rendered.
pub fn rising_message(app: &str, themes: &[&(String, ReleaseTheme)]) -> Result<Message> {
    let rate = Unit::Rate;
    let count = wording::counted(wording::size(themes), "theme rises", "themes rise");
    let first = themes.first().map(|(_, theme)| short(&theme.name, 60));
    let subject = match first {
        Some(first) if themes.len() == 1 => format!("{app}: “{first}” rises"),
        _ => format!("{app}: {count}"),
    };
    let line = |(release, theme): &&(String, ReleaseTheme)| {
        let interval = number::interval(rate, &theme.share);
        let interval = interval.map_or_else(String::new, |interval| format!("{interval}, "));
        let quote = theme.quotes.first();
        let quote = quote.map_or_else(String::new, |quote| {
            format!("; “{}”", short(&quote.text, TEXT_CHARS_MAX))
        });
        format!(
            "“{}” on {}: said by {} of those who wrote ({interval}n = {}), before it by {}{quote}",
            clean(&theme.name),
            clean(release),
            number::estimate(rate, &theme.share),
            number::count(theme.share.n),
            number::estimate(rate, &theme.share_before),
        )
    };
    let lines = themes.iter().take(THINGS_MAX).map(line).collect();
    let foot = format!("All themes: shipwake feedback themes RELEASE --app {app}");
    message(&subject, lines, (themes.len(), &foot))
}

fn message(subject: &str, mut lines: Vec<String>, (all, foot): (usize, &str)) -> Result<Message> {
    let more = all.saturating_sub(lines.len());
    if more > 0 {
        lines.push(format!("and {more} more"));
    }
    let list: Vec<String> = lines.iter().map(|line| format!("• {line}")).collect();
    let text = format!("{subject}\n\n{}\n\n{foot}\n", list.join("\n"));
    let html = NoticeHtml {
        subject,
        lines: &lines,
        foot,
    };
    Ok(Message {
        subject: short(subject, 200),
        chat: for_chat(&text),
        html: html.render()?,
        text,
        is_empty: false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn piece(text: &str) -> FeedbackPiece {
        serde_json::from_value(serde_json::json!({
            "event_id": "f1", "given_at": "2026-10-01T09:00:00Z", "release": "<b>2.0", "kind": "comment",
            "stars": null, "label": "bug_report", "label_source": "words", "actionable": 0.9,
            "language": null, "tone": null, "tone_source": null,
            "critical": ["data_loss", "payment"], "alike": 1, "votes": 0, "text": text,
            "due_at": "2026-10-02T09:00:00Z", "answered_at": null, "is_overdue": false,
        }))
        .unwrap()
    }

    #[test]
    fn a_notice_holds_its_words_and_calls_nobody() {
        let pieces = [piece("<!channel> <script>alert(1)</script> & all is gone")];
        let pieces: Vec<&FeedbackPiece> = pieces.iter().cycle().take(7).collect();
        let message = critical_message("shop", &pieces).unwrap();
        assert_eq!(
            message.subject,
            "shop: 7 reports that cannot wait (data loss and payment)"
        );
        assert!(message.text.contains("and 2 more"));
        assert!(
            message
                .text
                .contains("to be answered by 2 Oct 2026 09:00 UTC")
        );
        assert!(!message.html.contains("<script>") && !message.html.contains("<b>2.0"));
        assert!(!message.chat.contains("<!channel>"), "{}", message.chat);
        let only = critical_message("shop", &pieces[..1]).unwrap();
        assert!(only.subject.starts_with("shop: 1 report that"));
    }
}
