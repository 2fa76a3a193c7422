//! `POST /v1/quarantine/replay`: what was refused, checked again after a fix.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use lake::{QuarantineFilter, RefusalReason};
use serde::Deserialize;

use crate::audit::Act;
use crate::error::Error;
use crate::http::State;
use crate::http::door::{self, Query};
use crate::http::problem::Problem;
use crate::keys::{ANY_APP, Scope};
use crate::replay::{Replay, authors};

/// Which rows.
#[derive(Debug, Deserialize)]
struct Which {
    reason: Option<String>,
}

/// `POST /v1/quarantine/replay?reason=R&app=A&dry_run=1`.
pub(crate) async fn replay(
    request: HttpRequest,
    state: web::Data<State>,
) -> Result<HttpResponse, Problem> {
    let query = Query::of(&request)?;
    let key = door::admit(&request, &query, &state.keys, Scope::Admin)?;
    let app = if key.app == ANY_APP {
        query.app.clone()
    } else {
        Some(door::app_of(&key, &query, None)?)
    };
    let replay = Replay {
        filter: QuarantineFilter {
            app,
            reason: reason(&request)?,
        },
        is_dry_run: query.is_dry_run(),
        authors: authors(&state.keys).map_err(Error::Keys)?,
        event_bytes_max: state.limits.event_bytes_max,
        limits: state.limits.event,
    };
    if !replay.is_dry_run {
        let object = replay.filter.app.as_deref().unwrap_or(ANY_APP);
        state.note(&request, &key, Act::Replay, object).await?;
    }
    // What was begun is finished, whether or not the client still waits.
    let ingest = state.ingest.clone();
    let replayed = actix_web::rt::spawn(async move { ingest.replay(&replay).await });
    let summary = replayed.await.map_err(|_| Error::TaskEnded)??;
    Ok(HttpResponse::Ok().json(summary))
}

fn reason(request: &HttpRequest) -> Result<Option<RefusalReason>, Problem> {
    let bad = |message: String| Problem::new(StatusCode::BAD_REQUEST, "bad_query", message);
    let which = web::Query::<Which>::from_query(request.query_string());
    let which = which.map_err(|error| bad(format!("the query cannot be read: {error}")))?;
    let Some(word) = &which.reason else {
        return Ok(None);
    };
    match RefusalReason::from_word(word) {
        Some(reason) => Ok(Some(reason)),
        None => Err(bad(format!("no event is refused for the reason {word:?}"))),
    }
}
