//! Checks pieces of feedback.

use super::event::{event_id, origin, times};
use super::fields::{
    Checked, EventLimits, instant, number, number_in, properties, refuse, short_owned, text_owned,
    whole, word,
};
use super::raw::Field;
use super::{Arrival, RawEvent, RawObject};
use crate::feedback::{Feedback, FeedbackKind, Scale};
use crate::refusal::RefusalReason;

/// Checks a piece of feedback.
///
/// # Errors
/// The first thing that is wrong with it.
pub fn check_feedback<'a>(raw: &'a RawObject, arrival: &Arrival) -> Checked<Feedback<'a>> {
    check_feedback_within(raw, arrival, &EventLimits::default())
}

/// As [`check_feedback`], within other limits.
///
/// # Errors
/// The first thing that is wrong with it.
pub fn check_feedback_within<'a>(
    raw: &'a RawObject,
    arrival: &Arrival,
    limits: &EventLimits,
) -> Checked<Feedback<'a>> {
    let shared = RawEvent::of(raw);
    let given = number(raw, "score")?;
    let words = text_owned(limits, raw, "text")?;
    let allowed = "rating, csat, nps, ces, comment, bug_report, feature_request, reply";
    let default = if given.is_some() {
        FeedbackKind::Rating
    } else {
        FeedbackKind::Comment
    };
    let kind = word(&shared.kind, "kind", allowed)?.unwrap_or(default);
    if given.is_none() && words.is_none() {
        return refuse(
            "score",
            RefusalReason::MissingField,
            "score or text is required",
        );
    }
    let scale = match given {
        Some(_) => Some(scale(limits, raw, kind)?),
        None => None,
    };
    if let Some(Scale { min, max }) = scale {
        number_in(raw, "score", min, max)?;
    }
    let parent_id = short_owned(limits, raw, "parent_id")?;
    if kind == FeedbackKind::Reply && parent_id.is_none() {
        let message = "parent_id is required of a reply: the event_id that it answers";
        return refuse("parent_id", RefusalReason::MissingField, message);
    }
    let (event_id, id_given) = event_id(&shared, limits)?;
    Ok(Feedback {
        event_id,
        id_given,
        kind,
        origin: origin(&shared, limits)?,
        times: times(instant(&shared.occurred_at, "occurred_at")?, arrival),
        score: given,
        scale,
        text: words,
        feature: short_owned(limits, raw, "feature")?,
        page: text_owned(limits, raw, "page")?,
        survey_id: short_owned(limits, raw, "survey_id")?,
        question: text_owned(limits, raw, "question")?,
        parent_id,
        replied_at: instant(&Field::of_object(raw, "replied_at"), "replied_at")?,
        votes: whole(&Field::of_object(raw, "votes"), "votes")?,
        source: short_owned(limits, raw, "source")?.unwrap_or_else(|| "native".to_owned()),
        revisable: arrival.import,
        properties: properties(limits, shared.properties)?.0,
    })
}

fn scale(limits: &EventLimits, raw: &RawObject, kind: FeedbackKind) -> Checked<Scale> {
    let Some(text) = short_owned(limits, raw, "scale")? else {
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
