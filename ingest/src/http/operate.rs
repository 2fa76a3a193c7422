//! Routes for those who run the service: is it alive, what did it count, what arrives.

use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, web};
use bytes::Bytes;
use futures::stream;
use lake::{Counter, Lake, Ledger, Outcome, Snapshot, Table};
use serde::Serialize;
use serde_json::json;
use tokio::sync::broadcast::error::RecvError;

use crate::error::{self, Error};
use crate::http::State;
use crate::http::door::{Query, admit};
use crate::http::problem::Problem;
use crate::keys::{ANY_APP, Key, Scope};

/// Longest silence of a tail: an empty line then shows whether somebody still listens.
const TAIL_SILENCE: Duration = Duration::from_secs(15);
/// How often the ledger is read anew when a flush came between its counters and the pending ones.
const LEDGER_TRIES: usize = 5;

/// `GET /livez`.
pub(crate) async fn live() -> HttpResponse {
    HttpResponse::Ok().json(json!({"status": "alive"}))
}

/// `GET /readyz`: the routes are there once the WAL is recovered, so that this is the same.
pub(crate) async fn ready(state: web::Data<State>) -> HttpResponse {
    let (pending, in_flight) = (state.ingest.pending(), state.in_flight.used());
    let body = json!({"status": "ready", "pending": pending, "body_bytes_in_flight": in_flight});
    HttpResponse::Ok().json(body)
}

/// `POST /v1/flush`: answers when everything that was taken before is in the tables.
pub(crate) async fn flush(
    request: HttpRequest,
    state: web::Data<State>,
) -> Result<HttpResponse, Problem> {
    admit(&request, &Query::of(&request)?, &state.keys, Scope::Admin)?;
    state.ingest.flush().await?;
    Ok(HttpResponse::Ok().json(json!({"flushed": true, "pending": state.ingest.pending()})))
}

#[derive(Serialize)]
struct LedgerAnswer {
    received: i64,
    stored: i64,
    updated: i64,
    duplicate: i64,
    quarantined: i64,
    /// Of all apps: what is pending is not told apart by app. Absent for a key of one app, whose
    /// events are counted as received once they are in the tables.
    #[serde(skip_serializing_if = "Option::is_none")]
    pending: Option<i64>,
    counters: Vec<CounterAnswer>,
}

#[derive(Serialize)]
struct CounterAnswer {
    #[serde(flatten)]
    counter: Counter,
    count: i64,
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
        pending,
        counters: counters
            .map(|(counter, count)| CounterAnswer {
                counter: counter.clone(),
                count,
            })
            .collect(),
    };
    Ok(HttpResponse::Ok().json(answer))
}

/// The app that a reader is shown: its key's, or the one that it names; `None` is all.
fn scope_of(key: &Key, query: &Query) -> Option<String> {
    let own = Some(key.app.clone()).filter(|app| app != ANY_APP && !key.may(Scope::Admin));
    own.or_else(|| query.app.clone())
}

/// Counters and pending records of one moment: read anew while a flush moves some from the one to
/// the other.
async fn balanced(state: &State) -> Result<(Ledger, i64), Problem> {
    let version = |snapshot: &Snapshot| snapshot.table(Table::Ledger).version;
    let mut before = pinned(state.ingest.lake()).await?;
    let mut tries = 0;
    let (snapshot, pending) = loop {
        let pending = state.ingest.pending();
        let after = pinned(state.ingest.lake()).await?;
        tries += 1;
        if version(&before) == version(&after) || tries == LEDGER_TRIES {
            break (after, pending);
        }
        before = after;
    };
    let read = web::block(move || Ledger::read(&snapshot))
        .await
        .map_err(|_| Error::TaskEnded)?;
    Ok((
        read.map_err(Error::lake("read"))?,
        i64::try_from(pending).unwrap_or(i64::MAX),
    ))
}

async fn pinned(lake: &Lake) -> error::Result<Snapshot> {
    lake.snapshot().await.map_err(Error::lake("read"))
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
        (state.ingest.subscribe(), app),
        |(mut seen, app)| async move {
            loop {
                let line = match tokio::time::timeout(TAIL_SILENCE, seen.recv()).await {
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
                return Some((line, (seen, app)));
            }
        },
    );
    Ok(HttpResponse::build(StatusCode::OK)
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .content_type("application/x-ndjson")
        .streaming(lines))
}
