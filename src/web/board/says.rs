//! What the team says on a page: an answer to a piece of feedback, what it is, what it speaks of; that
//! an item of a release's checklist is done, and what was done with the release. Each is a row of its
//! own, under the name of the holder of the key.

use std::collections::BTreeMap;

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use ingest::http::{Problem, State};
use ingest::keys::ANY_APP;
use lake::{LabelKind, LinkKind, SentAs, columns};
use reports::board::Place;
use serde_json::{Value, json};

use super::visitor::Visitor;
use super::{Board, answer};

type Fields = BTreeMap<String, String>;

/// `POST /feedback/say`.
pub(super) async fn of_feedback(
    request: HttpRequest,
    form: web::Form<Fields>,
    board: web::Data<Board>,
    state: web::Data<State>,
) -> HttpResponse {
    take(&request, &form, (&board, &state), (Place::Feedback, saying)).await
}

/// `POST /mark`.
pub(super) async fn of_release(
    request: HttpRequest,
    form: web::Form<Fields>,
    board: web::Data<Board>,
    state: web::Data<State>,
) -> HttpResponse {
    take(
        &request,
        &form,
        (&board, &state),
        (Place::Releases, marking),
    )
    .await
}

/// From the fields of a form and the moment to what is sent.
type Reads = fn(&Fields, &str) -> Result<(SentAs, Value), Problem>;

/// Takes what a form says, and leads back to the page that it is on.
async fn take(
    request: &HttpRequest,
    form: &Fields,
    (board, state): (&Board, &State),
    (place, read): (Place, Reads),
) -> HttpResponse {
    let visitor = match writer(request, form, board, state).await {
        Ok(visitor) => visitor,
        Err(answer) => return answer,
    };
    let at = jiff::Timestamp::from_microsecond(board.now_micros()).unwrap_or_default();
    let taken = match read(form, &at.to_string()) {
        Ok((sent_as, object)) => {
            let raw = object.to_string().into_bytes();
            let to = (visitor.viewer.app.as_str(), sent_as);
            state.take_written(request, &visitor.key, to, &raw).await
        }
        Err(problem) => Err(problem),
    };
    match taken {
        Ok(()) => {
            board.figures.forget(&visitor.viewer.app);
            answer::lead(&answer::came_from(request))
        }
        Err(problem) => answer::refused(&visitor.viewer, Some(place), &problem),
    }
}

/// Who writes: somebody who is signed in and whose form was sent from a page of the service.
pub(super) async fn writer(
    request: &HttpRequest,
    form: &Fields,
    board: &Board,
    state: &State,
) -> Result<Visitor, HttpResponse> {
    let visitor = Visitor::of(request, board, state).await?;
    let named = form.get("app").filter(|app| !app.is_empty());
    if named.is_none() && visitor.key.app == ANY_APP {
        let message = "app: name the app that is meant";
        let problem = Problem::new(StatusCode::BAD_REQUEST, "missing_app", message);
        return Err(answer::refused(&visitor.viewer, None, &problem));
    }
    let named = named.map(String::as_str);
    let key = visitor.key;
    let visitor = Visitor::holding(key, named, visitor.viewer.address, board).await?;
    if !answer::is_from_here(request) {
        let message = "this form was sent by another site";
        let problem = Problem::new(StatusCode::FORBIDDEN, "foreign_form", message);
        return Err(answer::refused(&visitor.viewer, None, &problem));
    }
    if !visitor.viewer.may_plan {
        let message = "this needs a key with the scope plan";
        let problem = Problem::new(StatusCode::FORBIDDEN, "wrong_scope", message);
        return Err(answer::refused(&visitor.viewer, None, &problem));
    }
    Ok(visitor)
}

fn field<'a>(form: &'a Fields, name: &str) -> Option<&'a str> {
    form.get(name).map(|value| value.trim())
}

fn needed<'a>(form: &'a Fields, name: &str) -> Result<&'a str, Problem> {
    let value = field(form, name).filter(|value| !value.is_empty());
    value.ok_or_else(|| {
        let message = format!("{name} is needed");
        Problem::new(StatusCode::BAD_REQUEST, "missing_field", message)
    })
}

/// What a form says of a release, as it would be sent.
fn marking(form: &Fields, at: &str) -> Result<(SentAs, Value), Problem> {
    let word = needed(form, "act")?;
    let mut object = json!({
        "version": needed(form, "release")?,
        "environment": field(form, "environment").filter(|name| !name.is_empty()),
        "mark": word,
        "at": at,
    });
    if matches!(word, "signed" | "unsigned") {
        object["item"] = json!(needed(form, "item")?);
    } else if !matches!(word, "deployed" | "restored" | "rolled_back") {
        let message = "act: signed, unsigned, deployed, restored or rolled_back";
        return Err(Problem::new(StatusCode::BAD_REQUEST, "bad_field", message));
    }
    Ok((SentAs::Marks, object))
}

/// What a form says of a piece of feedback, as it would be sent.
fn saying(form: &Fields, at: &str) -> Result<(SentAs, Value), Problem> {
    let field = |name: &str| field(form, name);
    let needed = |name: &str| needed(form, name);
    let piece = needed("piece")?;
    let link = |kind: LinkKind| -> Result<(SentAs, Value), Problem> {
        let object = json!({
            columns::ITEM_ID: needed("item")?,
            columns::FEEDBACK_ID: piece,
            columns::LINK: kind.as_str(),
            "at": at,
        });
        Ok((SentAs::FeedbackLinks, object))
    };
    match field("act").unwrap_or_default() {
        "answer" => {
            let object = json!({
                "kind": "reply",
                "parent_id": piece,
                "text": needed("text")?,
                "source": "dashboard",
                "occurred_at": at,
            });
            Ok((SentAs::Feedback, object))
        }
        "label" => {
            let word = needed("label")?;
            let label = LabelKind::from_word(word).ok_or_else(|| {
                let message = format!("label: {word:?} is no label");
                Problem::new(StatusCode::BAD_REQUEST, "bad_field", message)
            })?;
            let object = json!({
                columns::FEEDBACK_ID: piece,
                columns::LABEL: label.as_str(),
                "at": at,
            });
            Ok((SentAs::FeedbackLabels, object))
        }
        "confirm" => link(LinkKind::Confirmed),
        "reject" => link(LinkKind::Rejected),
        "withdraw" => link(LinkKind::Withdrawn),
        _ => {
            let message = "act: answer, label, confirm, reject or withdraw";
            Err(Problem::new(StatusCode::BAD_REQUEST, "bad_field", message))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(fields: &[(&str, &str)]) -> Result<(SentAs, Value), String> {
        let own = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        let form: Fields = fields.iter().map(own).collect();
        saying(&form, "2026-10-01T09:00:00Z").map_err(|problem| problem.message().to_owned())
    }

    #[test]
    fn a_form_says_what_would_be_sent() {
        let (sent_as, object) =
            said(&[("act", "answer"), ("piece", "f1"), ("text", " Thanks ")]).unwrap();
        assert_eq!(sent_as, SentAs::Feedback);
        assert_eq!(
            (&object["parent_id"], &object["text"]),
            (&json!("f1"), &json!("Thanks"))
        );
        let (sent_as, object) = said(&[("act", "reject"), ("piece", "f1"), ("item", "A")]).unwrap();
        assert_eq!(sent_as, SentAs::FeedbackLinks);
        assert_eq!(object["link"], "rejected");
        let (_, object) = said(&[("act", "label"), ("piece", "f"), ("label", "praise")]).unwrap();
        assert_eq!(object["label"], "praise");
        for (fields, why) in [
            (
                vec![("act", "label"), ("piece", "f"), ("label", "x")],
                "no label",
            ),
            (vec![("act", "confirm"), ("piece", "f")], "item is needed"),
            (
                vec![("act", "answer"), ("piece", "f"), ("text", "  ")],
                "text is needed",
            ),
            (vec![("act", "erase"), ("piece", "f")], "act"),
            (vec![("act", "answer")], "piece is needed"),
        ] {
            assert!(said(&fields).unwrap_err().contains(why), "{fields:?}");
        }
    }
}
