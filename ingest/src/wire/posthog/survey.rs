//! A `survey sent`: one piece of feedback for each question that was answered.
//!
//! **Scale.** The event holds the answer and not the scale of the question; PostHog's have 2 (thumbs,
//! of which 1 is up), 3, 5, 7 or 10 points, and the 10-point one goes from 0 to 10 and is what its
//! NPS is made of. So the scale is, in this order, what the event says, what the words of the
//! question or the survey's name say, what the answer itself can only be, and 1 to 5. The property
//! `$survey_scale_from` says which of these it was:
//!
//! | `$survey_scale_from` | the scale is |
//! |---|---|
//! | `event` | by `scale` of the question's entry, where an app puts it there: 2, 3, 5, 7 or 10 |
//! | `question` | 0 to 10 where asked to recommend, 1 to 7 for effort, 1 to 5 for satisfaction |
//! | `answer` | 0 to 10 for 0 and above 7, 1 to 7 for 6 and 7: a rating, never an NPS |
//! | `assumed` | 1 to 5 |
//!
//! An answer of whole 0 to 10, as a number or as text of it alone, is a score, and whatever else is
//! words.
//!
//! **Revisions.** A survey that takes partial answers sends one event after each question, all with
//! one submission id. The id of a piece is made of it and of the question, so that what is sent
//! last of an answer is its latest revision. Without a submission id it is made of the event's.

use lake::{FeedbackKind, RawObject};
use serde_json::Value;

/// The event's name.
pub(super) const SURVEY_SENT: &str = "survey sent";

/// Answers of one event that are taken.
pub(super) const ANSWERS_MAX: usize = 100;

const RESPONSE: &str = "$survey_response";
const QUESTIONS: &str = "$survey_questions";
const SCALE_FROM: &str = "$survey_scale_from";

/// One answer.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Answer {
    /// The question's id, or its place where it has none.
    pub(super) question_id: String,
    question: Option<String>,
    /// Points of the question's scale, where the event says so.
    points: Option<u64>,
    response: Value,
}

/// The answers that an event's properties hold, in order.
pub(super) fn answers(properties: &RawObject) -> Vec<Answer> {
    let mut answers = Vec::new();
    let listed = properties.get(QUESTIONS).and_then(Value::as_array);
    for (place, entry) in listed.into_iter().flatten().enumerate() {
        let id = entry.get("id").and_then(Value::as_str);
        let by_id = id.and_then(|id| properties.get(&key_of(id)));
        let by_place = properties.get(&key_at(place));
        let given = [by_id, entry.get("response"), by_place];
        answers.push(Answer {
            question_id: id.map_or_else(|| place.to_string(), str::to_owned),
            question: entry
                .get("question")
                .and_then(Value::as_str)
                .map(str::to_owned),
            points: entry.get("scale").and_then(Value::as_u64),
            response: given
                .into_iter()
                .flatten()
                .find(|v| is_given(v))
                .cloned()
                .unwrap_or_default(),
        });
    }
    let is_listed = |id: &str| answers.iter().any(|answer| answer.question_id == id);
    let mut others: Vec<Answer> = Vec::new();
    for (name, response) in properties {
        let Some(rest) = name.strip_prefix(RESPONSE) else {
            continue;
        };
        let question_id = match rest.strip_prefix('_') {
            Some(id) => id,
            None if rest.is_empty() => "0",
            None => continue,
        };
        if !is_listed(question_id) {
            others.push(Answer {
                question_id: question_id.to_owned(),
                question: None,
                points: None,
                response: response.clone(),
            });
        }
    }
    // Older names say the place of a question that newer ones call by its id.
    let is_place = |answer: &Answer| answer.question_id.bytes().all(|b| b.is_ascii_digit());
    let by_id = !answers.is_empty() || !others.iter().all(is_place);
    others.retain(|answer| !(by_id && is_place(answer)));
    answers.append(&mut others);
    answers.retain(|answer| is_given(&answer.response));
    answers
}

fn key_of(id: &str) -> String {
    [RESPONSE, "_", id].concat()
}

fn key_at(place: usize) -> String {
    match place {
        0 => RESPONSE.to_owned(),
        place => format!("{RESPONSE}_{place}"),
    }
}

fn is_given(response: &Value) -> bool {
    match response {
        Value::Null => false,
        Value::String(text) => !text.trim().is_empty(),
        Value::Array(choices) => choices.iter().any(is_given),
        _ => true,
    }
}

/// The feedback of one answer, in native names; `base` is what all answers of an event share, and
/// `properties` what else the event says.
pub(super) fn feedback(
    answer: &Answer,
    event_id: Option<&str>,
    base: &RawObject,
    properties: &RawObject,
) -> RawObject {
    let text = |name: &str| properties.get(name).and_then(Value::as_str);
    let mut object = base.clone();
    let mut put = |name: &str, value: Option<Value>| {
        object.extend(value.map(|value| (name.to_owned(), value)));
    };
    let id = text("$survey_submission_id").or(event_id);
    put(
        "event_id",
        id.map(|id| format!("{id}:{}", answer.question_id).into()),
    );
    put("survey_id", text("$survey_id").map(Value::from));
    put("question", answer.question.clone().map(Value::from));
    put(
        "page",
        text("$current_url")
            .or_else(|| text("$screen_name"))
            .map(Value::from),
    );
    put("source", Some("posthog".into()));
    let mut kept = properties.clone();
    kept.retain(|name, _| !name.starts_with(RESPONSE) && name != QUESTIONS);
    kept.extend([(
        "$survey_question_id".to_owned(),
        answer.question_id.clone().into(),
    )]);
    let words = [answer.question.as_deref(), text("$survey_name")];
    let words = words
        .map(Option::unwrap_or_default)
        .join(" ")
        .to_lowercase();
    match score_of(&answer.response).and_then(|score| Judged::of(score, &words, answer.points)) {
        Some(judged) => {
            put("kind", Some(judged.kind.as_str().into()));
            put("score", Some(judged.score.into()));
            put("scale", Some(judged.scale.into()));
            kept.extend([(SCALE_FROM.to_owned(), judged.from.into())]);
        }
        None => {
            put("kind", Some(FeedbackKind::Comment.as_str().into()));
            put("text", Some(words_of(&answer.response).into()));
        }
    }
    put("properties", Some(Value::Object(kept)));
    object
}

/// An answer that is a whole number of 0 to 10.
fn score_of(response: &Value) -> Option<u64> {
    let score = match response {
        Value::Number(number) => number.as_u64(),
        Value::String(text) if text.trim().len() <= 2 => text.trim().parse().ok(),
        _ => None,
    };
    score.filter(|score| *score <= 10)
}

fn words_of(response: &Value) -> String {
    match response {
        Value::String(text) => text.clone(),
        Value::Array(choices) => {
            let choices: Vec<String> = choices.iter().map(words_of).collect();
            choices.join(", ")
        }
        other => other.to_string(),
    }
}

/// A score with what is known or assumed of its question.
#[derive(Debug, PartialEq, Eq)]
struct Judged {
    kind: FeedbackKind,
    score: u64,
    scale: &'static str,
    from: &'static str,
}

/// How people are asked to recommend, in several languages.
const RECOMMEND: [&str; 9] = [
    "recommend",
    "recommand",
    "recomend",
    "recomiend",
    "empfehl",
    "consigl",
    "aanbevel",
    "nps",
    "推荐",
];
const SATISFIED: [&str; 5] = ["satisf", "soddisf", "zufrieden", "tevreden", "csat"];
const EFFORT: [&str; 3] = ["effort", "how easy", "easy to"];

impl Judged {
    fn of(score: u64, words: &str, stated: Option<u64>) -> Option<Self> {
        let has = |stems: &[&str]| stems.iter().any(|stem| words.contains(stem));
        let asked = if has(&RECOMMEND) {
            Some((FeedbackKind::Nps, 10))
        } else if has(&SATISFIED) {
            Some((FeedbackKind::Csat, 5))
        } else if has(&EFFORT) {
            Some((FeedbackKind::Ces, 7))
        } else {
            None
        };
        let told = stated.map(|points| (points, "event"));
        let told = told.or_else(|| asked.map(|(_, points)| (points, "question")));
        let (points, from) =
            told.filter(|(points, _)| fits(score, *points))
                .unwrap_or(match score {
                    0 | 8.. => (10, "answer"),
                    6 | 7 => (7, "answer"),
                    _ => (5, "assumed"),
                });
        // Of a scale that was found in answers alone, the low half is not found: no NPS is made of it.
        let of_points = match (points, from) {
            (10, "event") => FeedbackKind::Nps,
            _ => FeedbackKind::Rating,
        };
        Some(Self {
            kind: asked.map_or(of_points, |(kind, _)| kind),
            // Thumbs are 1 for up and 2 for down; of a score the highest is the best.
            score: if points == 2 { 3 - score } else { score },
            scale: scale(points)?,
            from,
        })
    }
}

fn scale(points: u64) -> Option<&'static str> {
    Some(match points {
        2 => "1-2",
        3 => "1-3",
        5 => "1-5",
        7 => "1-7",
        10 => "0-10",
        _ => return None,
    })
}

fn fits(score: u64, points: u64) -> bool {
    scale(points).is_some() && score <= points && (score > 0 || points == 10)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn object(value: Value) -> RawObject {
        match value {
            Value::Object(object) => object,
            _ => RawObject::new(),
        }
    }

    fn given(properties: Value) -> Vec<(String, Value)> {
        let answers = answers(&object(properties));
        answers
            .into_iter()
            .map(|a| (a.question_id, a.response))
            .collect()
    }

    #[test]
    fn each_answered_question_is_found_once() {
        let found = given(json!({
            "$survey_questions": [{"id": "q1", "question": "a", "response": 9},
                {"id": "q2", "question": "b", "response": null}, {"id": "q3", "response": ["x", "y"]}],
            "$survey_response_q1": 9, "$survey_response": 9, "$survey_response_q2": null,
            "$survey_response_q3": ["x", "y"], "$survey_response_2": ["x", "y"], "$survey_id": "s",
        }));
        let expected = [
            ("q1".to_owned(), json!(9)),
            ("q3".to_owned(), json!(["x", "y"])),
        ];
        assert_eq!(found, expected);
        let older = given(json!({"$survey_response": 4, "$survey_response_1": "good"}));
        assert_eq!(
            older,
            [("0".to_owned(), json!(4)), ("1".to_owned(), json!("good"))]
        );
        let newer = given(json!({"$survey_response_q1": 4, "$survey_response": 4}));
        assert_eq!(newer, [("q1".to_owned(), json!(4))]);
        let by_place =
            given(json!({"$survey_questions": [{"question": "a"}], "$survey_response": "b"}));
        assert_eq!(by_place, [("0".to_owned(), json!("b"))]);
        for nothing in [
            json!({}),
            json!({"$survey_response": ""}),
            json!({"$survey_questions": 7}),
            json!({"$survey_questions": [7, null, []]}),
            json!({"$survey_responses": 7}),
        ] {
            assert_eq!(given(nothing.clone()), [], "{nothing}");
        }
    }

    fn judged(
        score: u64,
        words: &str,
        points: Option<u64>,
    ) -> (&'static str, u64, &'static str, &'static str) {
        let judged = Judged::of(score, words, points).unwrap();
        (
            judged.kind.as_str(),
            judged.score,
            judged.scale,
            judged.from,
        )
    }

    #[test]
    fn scale_is_what_the_event_the_question_or_the_answer_says() {
        for (score, words, points, expected) in [
            (9, "", None, ("rating", 9, "0-10", "answer")),
            (0, "", None, ("rating", 0, "0-10", "answer")),
            (7, "", None, ("rating", 7, "1-7", "answer")),
            (4, "", None, ("rating", 4, "1-5", "assumed")),
            (
                4,
                "would you recommend us?",
                None,
                ("nps", 4, "0-10", "question"),
            ),
            (
                4,
                "how satisfied are you?",
                None,
                ("csat", 4, "1-5", "question"),
            ),
            (
                8,
                "how satisfied are you?",
                None,
                ("csat", 8, "0-10", "answer"),
            ),
            (2, "how easy was it?", None, ("ces", 2, "1-7", "question")),
            (3, "", Some(10), ("nps", 3, "0-10", "event")),
            (3, "", Some(3), ("rating", 3, "1-3", "event")),
            (1, "", Some(2), ("rating", 2, "1-2", "event")),
            (4, "", Some(3), ("rating", 4, "1-5", "assumed")),
            (4, "", Some(99), ("rating", 4, "1-5", "assumed")),
        ] {
            assert_eq!(
                judged(score, words, points),
                expected,
                "{score} {words} {points:?}"
            );
        }
    }

    #[test]
    fn what_is_no_score_is_words() {
        for (response, score) in [
            (json!(10), Some(10)),
            (json!("7"), Some(7)),
            (json!(11), None),
            (json!(-1), None),
            (json!(4.5), None),
            (json!("4 stars"), None),
            (json!("+5x"), None),
            (json!([5]), None),
            (json!(true), None),
        ] {
            assert_eq!(score_of(&response), score, "{response}");
        }
        assert_eq!(words_of(&json!(["a", 1, "b"])), "a, 1, b");
        assert_eq!(words_of(&json!({"a": 1})), r#"{"a":1}"#);
    }
}
