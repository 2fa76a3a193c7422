//! `shipwake feedback link`: which backlog items pieces of feedback speak of, and which items are
//! one, as a person says it.

use anyhow::bail;
use lake::{LinkKind, RawObject, columns};
use serde_json::{Value, json};

use super::said::{About, Saying, To, now, say};
use super::sheet::{Row, Sheet};
use crate::cli::FeedbackLink;

/// Says what the command says.
pub(super) fn run(args: &FeedbackLink) -> anyhow::Result<()> {
    let question = &args.of.question;
    let to = To {
        data: &question.data,
        app: question.app.as_deref(),
        service: &args.of.service,
    };
    let (instant, at) = now()?;
    let object = |item: &str, link: LinkKind| {
        let mut object = RawObject::new();
        let fields = [
            (columns::ITEM_ID, json!(item)),
            (columns::LINK, json!(link.as_str())),
            ("at", json!(at)),
            (columns::NOTE, json!(args.note)),
        ];
        let fields = fields.map(|(name, value): (&str, Value)| (name.to_owned(), value));
        object.extend(fields);
        object
    };
    let of_piece = |item: &str, piece: &str, link: LinkKind| {
        let mut object = object(item, link);
        object.insert(columns::FEEDBACK_ID.to_owned(), json!(piece));
        object
    };
    if let Some(file) = &args.from_file {
        let sheet = Sheet::read(file, "feedback link", &["item_id", "event_id", "link"])?;
        let (sayings, problems) = sheet.sayings(to.app, (About::Links, instant), |row| {
            let Some(link) = link_of(row)? else {
                return Ok(None);
            };
            Ok(Some(of_piece(
                &row.id("item_id"),
                &row.id("event_id"),
                link,
            )))
        });
        return say(&to, About::Links, sayings, problems);
    }
    let mut objects = Vec::new();
    let merges = [
        (&args.merge, LinkKind::Merged),
        (&args.unmerge, LinkKind::Withdrawn),
    ];
    for (item, link) in merges {
        if let (Some(item), Some(into)) = (item, &args.into) {
            let mut object = object(item, link);
            object.insert(columns::INTO_ITEM_ID.to_owned(), json!(into));
            objects.push(object);
        }
    }
    let links = [
        (&args.confirm, LinkKind::Confirmed),
        (&args.reject, LinkKind::Rejected),
        (&args.withdraw, LinkKind::Withdrawn),
    ];
    for (pieces, link) in links {
        let Some(item) = args.of_item.as_deref() else {
            continue;
        };
        objects.extend(pieces.iter().map(|piece| of_piece(item, piece, link)));
    }
    for object in &objects {
        if let Err(refusal) = About::Links.check(object, instant) {
            bail!("{}", refusal.message);
        }
    }
    let sayings = objects
        .into_iter()
        .map(|object| Saying { row: None, object });
    say(&to, About::Links, sayings.collect(), Vec::new())
}

/// What a row says anew.
fn link_of(row: &Row<'_>) -> Result<Option<LinkKind>, String> {
    let word = row.word("link");
    if word.is_empty() || word == row.word("link_before") {
        return Ok(None);
    }
    match LinkKind::from_word(&word) {
        Some(link) if link != LinkKind::Merged => Ok(Some(link)),
        _ => Err(format!(
            "link is {word:?}: write confirmed, rejected, withdrawn or nothing"
        )),
    }
}
