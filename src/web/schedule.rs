//! `POST /v1/schedule/run`: what is scheduled runs now, whatever is due.

use actix_web::{HttpRequest, HttpResponse, web};
use ingest::audit::Act;
use ingest::http::{Problem, State};
use serde_json::json;
use tokio::sync::Notify;

/// `POST /v1/schedule/run`: answers when the run was asked for; what it finds is told as always.
pub(super) async fn run(
    request: HttpRequest,
    state: web::Data<State>,
    wake: web::Data<Notify>,
) -> Result<HttpResponse, Problem> {
    state
        .admit_operator(&request, Act::Schedule, "health")
        .await?;
    wake.notify_one();
    Ok(HttpResponse::Ok().json(json!({"is_asked": true})))
}
