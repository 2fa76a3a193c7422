//! How the service is: for load balancers, for Prometheus and for people. Open without a key, since
//! they hold no word and no name of a user.

use actix_web::http::header;
use actix_web::{HttpResponse, web};
use jiff::Timestamp;
use lake::Table;
use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;

use crate::condition::WalCondition;
use crate::engine::RecoveryReport;
use crate::error::Error;
use crate::http::State;
use crate::http::problem::Problem;
use crate::settings::Durability;

/// The format of OpenMetrics 1.0.
const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// `GET /livez`.
pub(crate) async fn live() -> HttpResponse {
    HttpResponse::Ok().json(json!({"status": "alive"}))
}

/// How the service is.
#[derive(Serialize, ToSchema)]
pub(crate) struct Readiness {
    /// `ready` or `not_ready`.
    status: &'static str,
    /// Why it takes nothing, each in words.
    reasons: Vec<String>,
    /// What it takes all the same but somebody should look at.
    warnings: Vec<String>,
    /// What a 200 promises.
    durability: Durability,
    /// Records on disk that the tables do not hold yet.
    pending: u64,
    /// The write-ahead log.
    wal: WalCondition,
    /// When a flush last succeeded.
    #[schema(value_type = Option<String>, format = DateTime)]
    last_flush_at: Option<Timestamp>,
    /// What the last start found.
    recovery: RecoveryReport,
    /// Bytes of bodies in memory.
    body_bytes_in_flight: usize,
}

/// `GET /readyz`: 200 while what is sent is taken, else 503; why, and how it is, either way.
pub(crate) async fn ready(state: web::Data<State>) -> HttpResponse {
    let condition = state.ingest.condition();
    let mut answer = if condition.is_ready {
        HttpResponse::Ok()
    } else {
        HttpResponse::ServiceUnavailable()
    };
    let status = if condition.is_ready {
        "ready"
    } else {
        "not_ready"
    };
    let mut warnings = condition.warnings;
    warnings.extend(state.notices.warnings());
    answer.json(Readiness {
        status,
        reasons: condition.reasons,
        warnings,
        durability: condition.durability,
        pending: condition.pending,
        wal: condition.wal,
        last_flush_at: condition.last_flush_at,
        recovery: condition.recovery,
        body_bytes_in_flight: state.bytes_in_flight(),
    })
}

/// `GET /metrics`.
pub(crate) async fn metrics(state: web::Data<State>) -> Result<HttpResponse, Problem> {
    let snapshot = state.ingest.lake().snapshot().await;
    let snapshot = snapshot.map_err(Error::lake("read"))?;
    let metrics = &state.ingest.signs().metrics;
    for table in Table::ALL {
        let pinned = snapshot.table(table);
        metrics.table(table, pinned.files.len(), pinned.rows());
    }
    let levels = state.ingest.levels(state.bytes_in_flight());
    let text = metrics.to_text(&levels, &state.more_metrics.text());
    Ok(HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, OPEN_METRICS))
        .body(text))
}
