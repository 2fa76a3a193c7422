//! Gates of Flagger, which reads the status alone: up to 202 is yes, all else no, and what is answered
//! goes to its event log.
//!
//! `POST /v1/gates/flagger` says whether a rollout may go on. `POST /v1/gates/flagger/rollback` is
//! asked the other way round, where yes means "take the release back": it says yes on a verdict that
//! is `fail`, and never else, whatever goes wrong. What is refused is a 4xx: Flagger sends again what
//! was answered 5xx.
//!
//! Why the key may stand in the address: Flagger sends no header of its own.

use std::sync::Arc;

use actix_web::http::{StatusCode, header};
use actix_web::{HttpRequest, HttpResponse, web};
use analysis::findings::{HealthFindings, Verdict};
use ingest::http::{Problem, State};
use serde::Deserialize;

use super::body;
use super::health::Details;
use super::verdicts::Verdicts;

/// Largest body of a hook.
const BODY_BYTES_MAX: usize = 64 << 10;
/// What it is, and how it is written.
const HOOK: &str = "a hook";
const WRITTEN: &str = "metadata: {app: NAME, release: VERSION, on_insufficient: halt or advance}";

/// What Flagger sends; more of it is left alone.
#[derive(Debug, Deserialize)]
struct Hook {
    metadata: Metadata,
}

/// What the canary's author wrote down for us.
#[derive(Debug, Deserialize)]
struct Metadata {
    release: String,
    app: Option<String>,
    #[serde(default)]
    on_insufficient: OnInsufficient,
    environment: Option<String>,
    zone: Option<String>,
    as_of: Option<String>,
    baseline: Option<String>,
    max_age: Option<String>,
}

/// What too few data mean for a rollout.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
enum OnInsufficient {
    /// It waits.
    #[default]
    Halt,
    /// It goes on.
    Advance,
}

/// `POST /v1/gates/flagger`.
pub(super) async fn gate(
    request: HttpRequest,
    payload: web::Payload,
    state: web::Data<State>,
    verdicts: web::Data<Verdicts>,
) -> Result<HttpResponse, Problem> {
    let (findings, on_insufficient) = judged(&request, payload, &state, verdicts).await?;
    let opens = match findings.verdict {
        Verdict::Pass | Verdict::Warn => true,
        Verdict::Fail => false,
        Verdict::InsufficientData => on_insufficient == OnInsufficient::Advance,
    };
    Ok(answer(opens, &findings))
}

/// `POST /v1/gates/flagger/rollback`.
pub(super) async fn rollback(
    request: HttpRequest,
    payload: web::Payload,
    state: web::Data<State>,
    verdicts: web::Data<Verdicts>,
) -> Result<HttpResponse, Problem> {
    let (findings, _) = judged(&request, payload, &state, verdicts).await?;
    Ok(answer(findings.verdict == Verdict::Fail, &findings))
}

async fn judged(
    request: &HttpRequest,
    payload: web::Payload,
    state: &State,
    verdicts: web::Data<Verdicts>,
) -> Result<(Arc<HealthFindings>, OnInsufficient), Problem> {
    // The key before the body: who has none is not read.
    state.admit_reader(request)?;
    let hook: Hook = body::read(payload, BODY_BYTES_MAX, (HOOK, WRITTEN)).await?;
    let said = hook.metadata;
    let app = state.readable_app(request, said.app)?;
    let details = Details {
        environment: said.environment,
        zone: said.zone,
        as_of: said.as_of,
        baseline: said.baseline,
        max_age: said.max_age,
    };
    let wanted = details.of(app, said.release)?;
    let findings = verdicts.into_inner().of(wanted).await?;
    Ok((findings, said.on_insufficient))
}

/// One plain line, whatever the verdict: it goes to an event log.
fn answer(is_yes: bool, findings: &HealthFindings) -> HttpResponse {
    let status = if is_yes {
        StatusCode::OK
    } else {
        StatusCode::PRECONDITION_FAILED
    };
    HttpResponse::build(status)
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .content_type("text/plain; charset=utf-8")
        .body(reports::health_line(findings))
}
