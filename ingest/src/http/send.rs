//! The routes that take something in: from a body to an answer with one outcome for each event.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};

use crate::answer::Answer;
use crate::batch::{Batch, Record};
use crate::engine::Receipt;
use crate::http::State;
use crate::http::body::{self, Body, Limits};
use crate::http::door::{self, Query};
use crate::http::problem::Problem;
use crate::keys::{ANY_APP, Key, Scope};
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
    let sent: Batch = serde_json::from_slice(&unpacked.bytes)
        .map_err(|error| Problem::unreadable(format!("the body is no batch: {error}")))?;
    if key.app != ANY_APP && key.app != sent.app {
        let message = format!("this key is for the app {:?}", key.app);
        return Err(Problem::new(StatusCode::FORBIDDEN, "wrong_app", message));
    }
    let batch = Batch {
        protocol: crate::import::PROTOCOL.to_owned(),
        key_id: Some(key.id),
        ..sent
    };
    let answer = Answer::checked(&batch.records, Vec::new());
    let receipts = state.ingest.submit(batch).await?;
    Ok(HttpResponse::Ok().json(answer.received(&receipts)))
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
    let body = body::read(&request, payload, &state.limits, &state.in_flight).await?;
    let received_at = state.clock.now();
    let (limits, is_dry_run) = (state.limits.clone(), query.is_dry_run());
    // Unpacking and checking a large body takes long enough to hold up other requests.
    let checked = web::block(move || check(content, body, &key, &query, received_at, &limits));
    let Checked {
        mut answer,
        batches,
    } = checked.await.map_err(|error| {
        tracing::error!(%error, "request not checked");
        Problem::later(
            "the service is stopping: send the same again",
            std::time::Duration::ZERO,
        )
    })??;
    answer.dry_run = is_dry_run;
    let mut receipts: Vec<Receipt> = Vec::with_capacity(answer.outcomes.len());
    for batch in batches {
        receipts.extend(if is_dry_run {
            state.ingest.preview(&batch)?
        } else {
            state.ingest.submit(batch).await?
        });
    }
    Ok(HttpResponse::Ok().json(answer.received(&receipts)))
}

struct Checked {
    answer: Answer,
    batches: Vec<Batch>,
}

fn check(
    content: Content,
    body: Body,
    key: &Key,
    query: &Query,
    received_at: lake::Micros,
    limits: &Limits,
) -> Result<Checked, Problem> {
    let body = body.unpack(limits)?;
    let split = split(&body.bytes, content, limits.batch_events_max)?;
    let declared = native::declared_app(&body.bytes, &split, limits.event_bytes_max);
    let app = door::app_of(key, query, declared)?;
    let context = Context {
        app: &app,
        content,
        arrival: native::live(received_at, split.sent_at),
        author: key.person.as_deref(),
        event_bytes_max: limits.event_bytes_max,
    };
    let records: Vec<Record> = match split.app.as_deref() {
        Some(named) if named != app => native::records_of_wrong_app(&body.bytes, &split, &context),
        _ => native::records(&body.bytes, &split, &context),
    };
    let answer = Answer::checked(&records, split.warnings);
    let sizes = split.pieces.iter().map(std::ops::Range::len);
    let batch = |records| Batch {
        app: app.clone(),
        protocol: PROTOCOL.to_owned(),
        key_id: Some(key.id.clone()),
        received_at,
        records,
    };
    let batches = frames(records, sizes).into_iter().map(batch).collect();
    Ok(Checked { answer, batches })
}

/// Records in groups of about [`FRAME_BYTES`] each, in order.
fn frames(records: Vec<Record>, sizes: impl Iterator<Item = usize>) -> Vec<Vec<Record>> {
    let mut frames: Vec<Vec<Record>> = Vec::new();
    let mut room = 0_usize;
    for (record, bytes) in records.into_iter().zip(sizes) {
        match frames.last_mut() {
            Some(frame) if bytes <= room => {
                room -= bytes;
                frame.push(record);
            }
            _ => {
                room = FRAME_BYTES.saturating_sub(bytes);
                frames.push(vec![record]);
            }
        }
    }
    frames
}

#[cfg(test)]
mod tests {
    use lake::{Refusal, RefusalReason, Refused};

    use super::*;

    #[test]
    fn large_requests_become_several_frames_in_order() {
        let sizes = [FRAME_BYTES / 2, FRAME_BYTES / 2, 1, 9 * FRAME_BYTES, 0, 1];
        let record = |index: usize| {
            let refusal = Refusal::new("", RefusalReason::Unreadable, index.to_string());
            Record::Refused(Refused::new(refusal, None, b"", 1))
        };
        let records: Vec<Record> = (0..sizes.len()).map(record).collect();
        let frames = frames(records.clone(), sizes.into_iter());
        assert_eq!(
            frames.iter().map(Vec::len).collect::<Vec<_>>(),
            [2, 1, 2, 1]
        );
        assert_eq!(frames.concat(), records);
    }
}
