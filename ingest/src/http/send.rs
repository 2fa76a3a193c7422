//! The routes that take something in: from a body to an answer with one outcome for each event.

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::Arc;

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use lake::SentAs;

use crate::answer::{Answer, Answering};
use crate::audit::Act;
use crate::batch::{Batch, Envelope, Record};
use crate::draft::{Draft, Receipt};
use crate::http::State;
use crate::http::body::{self, Body};
use crate::http::client;
use crate::http::door::{self, Query};
use crate::http::problem::Problem;
use crate::keys::{ANY_APP, Key, Scope};
use crate::privacy::Sender;
use crate::wire::native::{self, Context};
use crate::wire::split::{Content, split};

const PROTOCOL: &str = "native";

/// Bytes of events that go into one frame of the WAL; a larger request becomes several batches.
/// Each is durable by itself, and a retry of the whole finds the first ones as duplicates.
const FRAME_BYTES: usize = 4 << 20;

/// `POST /v1/events`.
pub(crate) async fn events(
    request: HttpRequest,
    payload: web::Payload,
    state: web::Data<State>,
) -> Result<HttpResponse, Problem> {
    take(Content::Events, Scope::Send, request, payload, state).await
}

/// `POST /v1/feedback`.
pub(crate) async fn feedback(
    request: HttpRequest,
    payload: web::Payload,
    state: web::Data<State>,
) -> Result<HttpResponse, Problem> {
    take(Content::Feedback, Scope::Send, request, payload, state).await
}

/// `POST /v1/releases`.
pub(crate) async fn releases(
    request: HttpRequest,
    payload: web::Payload,
    state: web::Data<State>,
) -> Result<HttpResponse, Problem> {
    take(Content::Releases, Scope::Plan, request, payload, state).await
}

/// `POST /v1/releases/marks`.
pub(crate) async fn marks(
    request: HttpRequest,
    payload: web::Payload,
    state: web::Data<State>,
) -> Result<HttpResponse, Problem> {
    take(Content::Marks, Scope::Plan, request, payload, state).await
}

/// `POST /v1/plans`.
pub(crate) async fn plans(
    request: HttpRequest,
    payload: web::Payload,
    state: web::Data<State>,
) -> Result<HttpResponse, Problem> {
    take(Content::Plans, Scope::Plan, request, payload, state).await
}

/// `POST /v1/feedback/labels`.
pub(crate) async fn feedback_labels(
    request: HttpRequest,
    payload: web::Payload,
    state: web::Data<State>,
) -> Result<HttpResponse, Problem> {
    take(
        Content::FeedbackLabels,
        Scope::Plan,
        request,
        payload,
        state,
    )
    .await
}

/// `POST /v1/feedback/links`.
pub(crate) async fn feedback_links(
    request: HttpRequest,
    payload: web::Payload,
    state: web::Data<State>,
) -> Result<HttpResponse, Problem> {
    take(Content::FeedbackLinks, Scope::Plan, request, payload, state).await
}

/// `POST /v1/backlog`.
pub(crate) async fn backlog(
    request: HttpRequest,
    payload: web::Payload,
    state: web::Data<State>,
) -> Result<HttpResponse, Problem> {
    take(Content::Backlog, Scope::Plan, request, payload, state).await
}

/// `POST /v1/import`: checked records of a file, as [`crate::import`] makes them of it beside a
/// running server. History may claim any day and revise feedback, so this is the operator's route.
pub(crate) async fn import(
    request: HttpRequest,
    payload: web::Payload,
    state: web::Data<State>,
) -> Result<HttpResponse, Problem> {
    let query = Query::of(&request)?;
    let key = door::admit(&request, &query, &state.keys, Scope::Admin)?;
    let body = body::read(&request, payload, &state.limits, &state.in_flight).await?;
    let unpacked = body.unpack(&state.limits)?;
    let sent: Batch<'_> = serde_json::from_slice(&unpacked.bytes)
        .map_err(|error| Problem::unreadable(format!("the body is no batch: {error}")))?;
    if key.app != ANY_APP && *sent.app != *key.app {
        let message = format!("this key is for the app {:?}", key.app);
        return Err(Problem::new(StatusCode::FORBIDDEN, "wrong_app", message));
    }
    if sent
        .records
        .iter()
        .any(|record| matches!(record, Record::Replayed(_)))
    {
        let message = "what lay in quarantine comes by /v1/quarantine/replay alone";
        return Err(Problem::unreadable(message));
    }
    let mut batch = Batch {
        protocol: crate::import::PROTOCOL.into(),
        key_id: Some(key.id.as_str().into()),
        ..sent
    };
    state.note(&request, &key, Act::Import, &batch.app).await?;
    let draft = state.ingest.draft(&mut batch, &Sender::default())?;
    let warnings = not_stored(draft.withheld()).into_iter().collect();
    let answer = Answer::checked(&batch.records, warnings).received(draft.receipts());
    let answer = HttpResponse::Ok().json(answer);
    state.ingest.append(draft).await?;
    Ok(answer)
}

/// # Cancel safety
/// A client that goes away before its answer may still have been stored, whole or up to the end of
/// a batch: it got no 200, sends the same again, and what was stored is then a duplicate.
async fn take(
    content: Content,
    scope: Scope,
    request: HttpRequest,
    payload: web::Payload,
    state: web::Data<State>,
) -> Result<HttpResponse, Problem> {
    let query = Query::of(&request)?;
    let key = door::admit(&request, &query, &state.keys, scope)?;
    state.rates.admit(&key)?;
    let body = body::read(&request, payload, &state.limits, &state.in_flight).await?;
    state.ingest.signs().metrics.took_body(body.packed_bytes());
    let taking = Arc::new(Taking {
        content,
        key,
        query,
        sender: client::sender(&request, &state.proxies),
        received_at: state.clock.now(),
    });
    // Unpacking and checking a large body takes long enough to hold up other requests.
    let checked = if body.is_small() {
        check(body, &taking, &state)?
    } else {
        let (state, taking) = (state.clone(), Arc::clone(&taking));
        let checked = web::block(move || check(body, &taking, &state)).await;
        checked.map_err(|error| {
            tracing::error!(%error, "request not checked");
            Problem::later(
                "the service is stopping: send the same again",
                std::time::Duration::ZERO,
            )
        })??
    };
    if scope == Scope::Plan && !checked.drafts.is_empty() {
        state
            .note(&request, &taking.key, Act::Plan, &checked.app)
            .await?;
    }
    for draft in checked.drafts {
        state.ingest.append(draft).await?;
    }
    let content_type = actix_web::http::header::ContentType::json();
    Ok(HttpResponse::Ok()
        .insert_header(content_type)
        .body(checked.answer))
}

/// What is known of a request beside its body.
struct Taking {
    content: Content,
    key: Arc<Key>,
    query: Query,
    sender: Sender,
    received_at: lake::Micros,
}

/// A request that was checked: what is to be made durable, and what is answered once it is.
struct Checked {
    app: String,
    answer: Vec<u8>,
    drafts: Vec<Draft>,
}

fn check(body: Body, taking: &Taking, state: &State) -> Result<Checked, Problem> {
    let limits = &state.limits;
    let body = body.unpack(limits)?;
    let split = split(&body.bytes, taking.content, limits.batch_events_max)?;
    state.rates.charge(&taking.key, split.pieces.len());
    let app = match &taking.key.app {
        app if app != ANY_APP && taking.query.app.is_none() => app.clone(),
        _ => {
            let declared = native::declared_app(&body.bytes, &split, limits.event_bytes_max);
            door::app_of(&taking.key, &taking.query, declared)?
        }
    };
    let context = Context {
        app: &app,
        content: taking.content,
        arrival: native::live(taking.received_at, split.sent_at),
        author: taking.key.person.as_deref(),
        event_bytes_max: limits.event_bytes_max,
        limits: limits.event,
    };
    let is_of_other_app = split.app.as_deref().is_some_and(|named| named != app);
    let envelope = Envelope {
        app: &app,
        protocol: PROTOCOL,
        key_id: Some(&taking.key.id),
        received_at: taking.received_at,
    };
    let mut answering = Answering::new(split.warnings, split.pieces.len());
    let mut drafts = Vec::new();
    for pieces in frames(&split.pieces) {
        let mut drafting = state
            .ingest
            .drafting(envelope, pieces.len(), &taking.sender)?;
        for piece in pieces {
            let raw = &body.bytes[piece.clone()];
            let mut record = if is_of_other_app {
                native::of_wrong_app(raw, &context)
            } else {
                native::check(raw, &context)
            };
            drafting.push(&mut record)?;
            answering.add(&record);
        }
        drafts.push(drafting.finish()?);
    }
    let receipts: Vec<Receipt> = drafts.iter().flat_map(Draft::receipts).copied().collect();
    let withheld = drafts.iter().flat_map(Draft::withheld).cloned().collect();
    answering.warn(not_stored(&withheld));
    let mut answer = answering.finish().received(&receipts);
    if taking.query.is_dry_run() {
        answer.dry_run = true;
        drafts.clear();
    }
    let answer = serde_json::to_vec(&answer).map_err(crate::Error::frame("answered"))?;
    Ok(Checked {
        app,
        answer,
        drafts,
    })
}

/// Drafts one record that the holder of a key wrote on a page of the service.
pub(crate) fn draft_written(
    state: &State,
    key: &Key,
    (app, sent_as): (&str, SentAs),
    raw: &[u8],
) -> Result<Draft, Problem> {
    let received_at = state.clock.now();
    let context = Context {
        app,
        content: sent_as.into(),
        arrival: native::live(received_at, None),
        author: key.person.as_deref(),
        event_bytes_max: state.limits.event_bytes_max,
        limits: state.limits.event,
    };
    let record = native::check(raw, &context);
    // Whoever wrote it is there to mend it: it is not kept aside.
    if let Record::Refused(refused) = &record {
        let refusal = &refused.refusal;
        let status = StatusCode::UNPROCESSABLE_ENTITY;
        return Err(Problem::new(status, "refused", refusal.message.clone()));
    }
    let mut batch = Batch {
        app: app.into(),
        protocol: PROTOCOL.into(),
        key_id: Some(key.id.as_str().into()),
        received_at,
        records: vec![record],
    };
    Ok(state.ingest.draft(&mut batch, &Sender::default())?)
}

/// What a sender is told of properties that its app does not store.
fn not_stored(names: &BTreeSet<String>) -> Option<String> {
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let sentence = "properties that are not stored for this app:";
    (!names.is_empty()).then(|| format!("{sentence} {}", names.join(", ")))
}

/// Pieces of a body in groups of about [`FRAME_BYTES`] each, in order.
fn frames(pieces: &[Range<usize>]) -> Vec<&[Range<usize>]> {
    let mut frames = Vec::new();
    let (mut start, mut bytes) = (0, 0);
    for (index, piece) in pieces.iter().enumerate() {
        if index > start && bytes + piece.len() > FRAME_BYTES {
            frames.push(&pieces[start..index]);
            (start, bytes) = (index, 0);
        }
        bytes += piece.len();
    }
    if start < pieces.len() {
        frames.push(&pieces[start..]);
    }
    frames
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_requests_become_several_frames_in_order() {
        let sizes = [FRAME_BYTES / 2, FRAME_BYTES / 2, 1, 9 * FRAME_BYTES, 0, 1];
        let mut start = 0;
        let pieces = sizes.map(|size| {
            start += size;
            start - size..start
        });
        let frames = frames(&pieces);
        let lengths: Vec<usize> = frames.iter().map(|frame| frame.len()).collect();
        assert_eq!(lengths, [2, 1, 1, 2]);
        assert_eq!(frames.concat(), pieces);
    }
}
