//! Checks pieces of feedback.

use super::event::{event_id, origin, times};
use super::fields::{
    Checked, TEXT_CHARS_MAX, instant, number, number_in, properties, refuse, short, text, whole,
    word,
};
use super::{Arrival, RawObject};
use crate::feedback::{Feedback, FeedbackKind, Scale};
use crate::refusal::RefusalReason;

/// Checks a piece of feedback.
///
/// # Errors
/// The first thing that is wrong with it.
pub fn check_feedback(raw: &RawObject, arrival: &Arrival) -> Checked<Feedback> {
    let given = number(raw, "score")?;
    let words = text(raw, "text", TEXT_CHARS_MAX)?;
    let allowed = "rating, csat, nps, ces, comment, bug_report, feature_request, reply";
    let default = if given.is_some() {
        FeedbackKind::Rating
    } else {
        FeedbackKind::Comment
    };
    let kind = word(raw, "kind", allowed)?.unwrap_or(default);
    if given.is_none() && words.is_none() {
        return refuse(
            "score",
            RefusalReason::MissingField,
            "score or text is required",
        );
    }
    let scale = match given {
        Some(_) => Some(scale(raw, kind)?),
        None => None,
    };
    if let Some(Scale { min, max }) = scale {
        number_in(raw, "score", min, max)?;
    }
    let parent_id = short(raw, "parent_id")?;
    if kind == FeedbackKind::Reply && parent_id.is_none() {
        let message = "parent_id is required of a reply: the event_id that it answers";
        return refuse("parent_id", RefusalReason::MissingField, message);
    }
    let (event_id, id_given) = event_id(raw)?;
    Ok(Feedback {
        event_id,
        id_given,
        kind,
        origin: origin(raw)?,
        times: times(instant(raw, "occurred_at")?, arrival),
        score: given,
        scale,
        text: words,
        feature: short(raw, "feature")?,
        page: text(raw, "page", TEXT_CHARS_MAX)?,
        survey_id: short(raw, "survey_id")?,
        question: text(raw, "question", TEXT_CHARS_MAX)?,
        parent_id,
        replied_at: instant(raw, "replied_at")?,
        votes: whole(raw, "votes")?,
        source: short(raw, "source")?.unwrap_or_else(|| "native".to_owned()),
        revisable: arrival.import,
        properties: properties(raw)?,
    })
}

fn scale(raw: &RawObject, kind: FeedbackKind) -> Checked<Scale> {
    let Some(text) = short(raw, "scale")? else {
        return Ok(kind.scale());
    };
    let ends = text.split_once(['-', '.', '–']).map(|(min, max)| {
        (
            min.trim().parse::<f64>(),
            max.trim_start_matches(['.', '=']).trim().parse::<f64>(),
        )
    });
    match ends {
        Some((Ok(min), Ok(max))) if min < max => Ok(Scale { min, max }),
        _ => refuse(
            "scale",
            RefusalReason::OutOfRange,
            "scale must be two numbers such as \"1-5\"",
        ),
    }
}
