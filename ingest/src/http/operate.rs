//! Routes for those who run the service: flush now, what was counted, what arrives.

use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, web};
use bytes::Bytes;
use futures::stream;
use lake::{Counter, Ledger, Outcome};
use serde::Serialize;
use serde_json::json;
use tokio::sync::broadcast::error::RecvError;
use utoipa::ToSchema;

use crate::audit::Act;
use crate::error::Error;
use crate::http::State;
use crate::http::door::{Query, admit};
use crate::http::problem::Problem;
use crate::keys::{ANY_APP, Key, Scope};

/// Longest silence of a tail: an empty line then shows whether somebody still listens.
const TAIL_SILENCE: Duration = Duration::from_secs(15);

/// `POST /v1/flush`: answers when everything that was taken before is in the tables.
pub(crate) async fn flush(
    request: HttpRequest,
    state: web::Data<State>,
) -> Result<HttpResponse, Problem> {
    let key = admit(&request, &Query::of(&request)?, &state.keys, Scope::Admin)?;
    state.note(&request, &key, Act::Flush, &key.app).await?;
    state.ingest.flush().await?;
    Ok(HttpResponse::Ok().json(FlushAnswer {
        flushed: true,
        pending: state.ingest.pending(),
    }))
}

/// What a flush came to.
#[derive(Serialize, ToSchema)]
pub(crate) struct FlushAnswer {
    /// Always true.
    flushed: bool,
    /// On disk and not in the tables: what came meanwhile.
    pending: u64,
}

/// What was counted: received = stored + duplicate + quarantined + pending.
#[derive(Serialize, ToSchema)]
pub(crate) struct LedgerAnswer {
    /// What reached Shipwake.
    received: i64,
    /// In a table.
    stored: i64,
    /// Of the stored: revisions of feedback that was there before.
    updated: i64,
    /// There before.
    duplicate: i64,
    /// Refused and kept apart.
    quarantined: i64,
    /// What clients say that they lost; none of it was received.
    lost_by_client: i64,
    /// What came and is of a kind that is not kept; it is not part of what was received.
    declined: i64,
    /// Of all apps: what is pending is not told apart by app. Absent for a key of one app, whose
    /// events are counted as received once they are in the tables.
    #[serde(skip_serializing_if = "Option::is_none")]
    pending: Option<i64>,
    /// Each counter, in order.
    counters: Vec<CounterAnswer>,
}

/// One counter.
#[derive(Serialize, ToSchema)]
struct CounterAnswer {
    /// The UTC day of the flush that counted.
    #[schema(value_type = String, format = Date)]
    day: jiff::civil::Date,
    /// The app.
    app: String,
    /// native, import, …
    protocol: String,
    /// received, stored, duplicate or quarantined; lost_by_client or declined.
    outcome: String,
    /// Why it was refused, `revision` of what was stored as one, why it was lost and its category,
    /// or the category that is not kept.
    reason: Option<String>,
    /// How many.
    count: i64,
}

impl CounterAnswer {
    fn new((counter, count): (&Counter, i64)) -> Self {
        let counter = counter.clone();
        Self {
            day: counter.day,
            app: counter.app,
            protocol: counter.protocol,
            outcome: counter.outcome,
            reason: counter.reason,
            count,
        }
    }
}

/// `GET /v1/ledger`: received = stored + duplicate + quarantined + pending.
pub(crate) async fn ledger(
    request: HttpRequest,
    state: web::Data<State>,
) -> Result<HttpResponse, Problem> {
    let query = Query::of(&request)?;
    let key = admit(&request, &query, &state.keys, Scope::Read)?;
    let app = scope_of(&key, &query);
    let (ledger, pending) = balanced(&state).await?;
    let keep = |counter: &Counter| app.as_deref().is_none_or(|app| counter.app == app);
    let sum = |outcome| ledger.sum(outcome, keep);
    let pending = app.is_none().then_some(pending);
    let counters = ledger.counters().filter(|(counter, _)| keep(counter));
    let answer = LedgerAnswer {
        received: sum(Outcome::Received) + pending.unwrap_or_default(),
        stored: sum(Outcome::Stored),
        updated: ledger.sum(Outcome::Stored, |c| keep(c) && c.reason.is_some()),
        duplicate: sum(Outcome::Duplicate),
        quarantined: sum(Outcome::Quarantined),
        lost_by_client: sum(Outcome::LostByClient),
        declined: sum(Outcome::Declined),
        pending,
        counters: counters.map(CounterAnswer::new).collect(),
    };
    Ok(HttpResponse::Ok().json(answer))
}

/// The app that a reader is shown: its key's, or the one that it names; `None` is all.
fn scope_of(key: &Key, query: &Query) -> Option<String> {
    let own = Some(key.app.clone()).filter(|app| app != ANY_APP && !key.may(Scope::Admin));
    own.or_else(|| query.app.clone())
}

/// Counters and pending records of one moment.
async fn balanced(state: &State) -> Result<(Ledger, i64), Problem> {
    let snapshot = state.ingest.lake().snapshot().await;
    let snapshot = snapshot.map_err(Error::lake("read"))?;
    let read = web::block(move || Ledger::read(&snapshot)).await;
    let ledger = read.map_err(|_| Error::TaskEnded)?;
    let ledger = ledger.map_err(Error::lake("read"))?;
    let pending = state.ingest.pending_beside(&ledger);
    Ok((ledger, i64::try_from(pending).unwrap_or(i64::MAX)))
}

/// `GET /v1/tail`: what arrives from now on, one JSON object a line.
pub(crate) async fn tail(
    request: HttpRequest,
    state: web::Data<State>,
) -> Result<HttpResponse, Problem> {
    let query = Query::of(&request)?;
    let key = admit(&request, &query, &state.keys, Scope::Read)?;
    let app = scope_of(&key, &query);
    let lines = stream::unfold(
        (state.ingest.subscribe(), state.ingest.stopping(), app),
        |(mut seen, mut stopping, app)| async move {
            loop {
                let arrival = tokio::select! {
                    arrival = tokio::time::timeout(TAIL_SILENCE, seen.recv()) => arrival,
                    _ = stopping.wait_for(|stops| *stops) => return None,
                };
                let line = match arrival {
                    Err(_) => Ok(String::new()),
                    Ok(Ok(one)) if app.as_deref().is_none_or(|app| one.app == app) => {
                        serde_json::to_string(one.as_ref())
                    }
                    Ok(Ok(_)) => continue,
                    Ok(Err(RecvError::Lagged(missed))) => Ok(json!({"missed": missed}).to_string()),
                    Ok(Err(RecvError::Closed)) => return None,
                };
                let line = line
                    .map(|line| Bytes::from(line + "\n"))
                    .map_err(std::io::Error::from);
                return Some((line, (seen, stopping, app)));
            }
        },
    );
    Ok(HttpResponse::build(StatusCode::OK)
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .content_type("application/x-ndjson")
        .streaming(lines))
}
