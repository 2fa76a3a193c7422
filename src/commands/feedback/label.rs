//! `shipwake feedback label`: what pieces of feedback are, as a person says it.

use lake::{LabelKind, RawObject, columns};
use serde_json::json;

use super::said::{About, Saying, To, now, say};
use super::sheet::{Row, Sheet};
use crate::cli::FeedbackLabel;

pub(super) fn run(args: &FeedbackLabel) -> anyhow::Result<()> {
    let to = To {
        data: &args.data,
        app: args.app.as_deref(),
        service: &args.service,
    };
    let (instant, at) = now()?;
    let object = |piece: &str, label: &str| {
        let mut object = RawObject::new();
        object.insert(columns::FEEDBACK_ID.to_owned(), json!(piece));
        object.insert(columns::LABEL.to_owned(), json!(label));
        object.insert("at".to_owned(), json!(at));
        object.insert(columns::NOTE.to_owned(), json!(args.note));
        object
    };
    if let Some(file) = &args.from_file {
        let sheet = Sheet::read(file, "feedback list", &["event_id", "label_by_hand"])?;
        let (sayings, problems) =
            sheet.sayings(args.app.as_deref(), (About::Labels, instant), |row| {
                let Some(said) = label_of(row)? else {
                    return Ok(None);
                };
                Ok(Some(object(&row.id("event_id"), said.as_str())))
            });
        return say(&to, About::Labels, sayings, problems);
    }
    let label = match &args.label {
        Some(label) if !args.withdraw => label.as_str(),
        _ => LabelKind::Withdrawn.as_str(),
    };
    let sayings = args.ids.iter().map(|id| Saying {
        row: None,
        object: object(id, label),
    });
    say(&to, About::Labels, sayings.collect(), Vec::new())
}

/// What a row says anew.
fn label_of(row: &Row<'_>) -> Result<Option<LabelKind>, String> {
    let word = row.word("label_by_hand");
    let stands = row.word("label_source") == "hand" && row.word("label") == word;
    if word.is_empty() || stands {
        return Ok(None);
    }
    let said = LabelKind::from_word(&word).ok_or_else(|| {
        let words = LabelKind::ALL.map(LabelKind::as_str).join(", ");
        format!("label_by_hand is {word:?}: write {words} or nothing")
    });
    said.map(Some)
}
