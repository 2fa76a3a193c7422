//! What operators ask of the data folder: to erase a person, to let old versions go.

use std::path::PathBuf;

use actix_web::{HttpRequest, HttpResponse, web};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::audit::Act;
use crate::erasure::Erasure;
use crate::error::Error;
use crate::http::State;
use crate::http::body;
use crate::http::door::{Query, admit, wrong_app};
use crate::http::problem::Problem;
use crate::keys::{ANY_APP, Scope};

/// Whom `POST /v1/erase` is to erase.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct EraseRequest {
    /// The user id or anonymous id.
    user: String,
    /// The app, for keys that are for all apps; all of them where absent.
    app: Option<String>,
}

/// `POST /v1/erase`: answers when the person is out of tables, WAL and old versions, and says where
/// an id is still found.
pub(crate) async fn erase(
    request: HttpRequest,
    payload: web::Payload,
    state: web::Data<State>,
) -> Result<HttpResponse, Problem> {
    let key = admit(&request, &Query::of(&request)?, &state.keys, Scope::Admin)?;
    let body = body::read(&request, payload, &state.limits, &state.in_flight).await?;
    let unpacked = body.unpack(&state.limits)?;
    let sent: EraseRequest = serde_json::from_slice(&unpacked.bytes)
        .map_err(|error| Problem::unreadable(format!("the body names nobody: {error}")))?;
    if sent.user.trim().is_empty() {
        return Err(Problem::unreadable("user must not be empty".to_owned()));
    }
    let app = match (key.app.as_str(), sent.app) {
        (ANY_APP, app) => app,
        (own, Some(app)) if app != own => return Err(wrong_app(own)),
        (own, _) => Some(own.to_owned()),
    };
    state
        .note(
            &request,
            &key,
            Act::Erase,
            app.as_deref().unwrap_or(ANY_APP),
        )
        .await?;
    let ingest = state.ingest.clone();
    // What was begun is done, whether or not anybody waits for it.
    let erasing = tokio::spawn(async move { ingest.erase(app.as_deref(), &sent.user).await });
    let erasure = erasing.await.map_err(|_| Error::TaskEnded)??;
    Ok(HttpResponse::Ok().json(EraseAnswer::from(erasure)))
}

/// What an erasure did, and what it left.
#[derive(Serialize, ToSchema)]
pub(crate) struct EraseAnswer {
    /// Ids by which the person was known: the one that was named and those tied to it.
    ids: usize,
    /// The person's rows, taken out.
    rows_erased: u64,
    /// Rows of others in which something was put in place of the person's id.
    rows_redacted: u64,
    /// Files written anew.
    files_rewritten: usize,
    /// Data files removed: those that older versions named, and those that no version did.
    files_removed: usize,
    /// Parts of the WAL, set aside as unreadable, in which ids were overwritten.
    set_aside_blanked: usize,
    /// Where an id is still found; nowhere, unless it arrived again meanwhile.
    traces: Vec<TraceAnswer>,
}

/// A place where an id was found.
#[derive(Serialize, ToSchema)]
pub(crate) struct TraceAnswer {
    /// The file.
    #[schema(value_type = String)]
    file: PathBuf,
    /// What of it: a row's column, a dictionary, a statistic, an entry.
    part: String,
}

impl From<Erasure> for EraseAnswer {
    fn from(erasure: Erasure) -> Self {
        let traces = erasure.traces.into_iter();
        Self {
            ids: erasure.ids,
            rows_erased: erasure.tables.rows_erased,
            rows_redacted: erasure.tables.rows_redacted,
            files_rewritten: erasure.tables.files_rewritten,
            files_removed: erasure.files_removed,
            set_aside_blanked: erasure.set_aside_blanked,
            traces: traces
                .map(|trace| TraceAnswer {
                    file: trace.file,
                    part: trace.part,
                })
                .collect(),
        }
    }
}

/// `POST /v1/vacuum`: answers when old versions and files that nothing names are gone.
pub(crate) async fn vacuum(
    request: HttpRequest,
    state: web::Data<State>,
) -> Result<HttpResponse, Problem> {
    let key = admit(&request, &Query::of(&request)?, &state.keys, Scope::Admin)?;
    state.note(&request, &key, Act::Vacuum, &key.app).await?;
    let done = state.ingest.vacuum().await?;
    Ok(HttpResponse::Ok().json(VacuumAnswer {
        versions_removed: done.versions_removed,
        files_removed: done.files_removed,
        bytes_removed: done.bytes_removed,
    }))
}

/// What a vacuum did.
#[derive(Serialize, ToSchema)]
pub(crate) struct VacuumAnswer {
    /// Entries of the logs that went, with the data files that only they named.
    versions_removed: usize,
    /// Files removed that no version names.
    files_removed: usize,
    /// Their bytes.
    bytes_removed: u64,
}
