//! The routes of Sentry's SDKs.
//!
//! These SDKs send nothing again: what is not answered with 200 is lost. So a request that finds no
//! room is held for a while, in a room of its own, and never answered 429, which would silence all
//! categories for a minute.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use actix_web::body::BoxBody;
use actix_web::http::{StatusCode, header};
use actix_web::{HttpRequest, HttpResponse, ResponseError as _, Route, web};
use lake::Outcome;
use serde_json::json;

use crate::batch::Record;
use crate::draft::Receipt;
use crate::http::admission::InFlight;
use crate::http::problem::Problem;
use crate::http::sdk::{self, Context, Reading, Told, Wire};
use crate::http::{FROM_PAGES, State};
use crate::wire::sentry::{self, DECLINED};

/// Below the 30 seconds for which SDKs wait.
const PATIENCE: Duration = Duration::from_secs(20);
/// Seconds for which an SDK is asked not to send what is not kept.
const HOLD_BACK_SECONDS: u32 = 60;
const RATE_LIMITS: &str = "X-Sentry-Rate-Limits";

/// Every route: its path, the methods that it takes, and what answers.
pub(super) fn routes() -> [(&'static str, &'static str, Route); 2] {
    [
        (
            "/api/{project}/envelope",
            FROM_PAGES,
            web::post().to(envelope),
        ),
        ("/api/{project}/store", FROM_PAGES, web::post().to(store)),
    ]
}

/// `POST /api/{project}/envelope`.
async fn envelope(
    request: HttpRequest,
    payload: web::Payload,
    state: web::Data<State>,
) -> HttpResponse {
    take(sentry::read_envelope, request, payload, state).await
}

/// `POST /api/{project}/store`: one bare event.
async fn store(
    request: HttpRequest,
    payload: web::Payload,
    state: web::Data<State>,
) -> HttpResponse {
    take(sentry::read_event, request, payload, state).await
}

type ReadBody = for<'a> fn(&'a [u8], &Context) -> Result<sentry::Read<'a>, Problem>;

async fn take(
    read: ReadBody,
    request: HttpRequest,
    payload: web::Payload,
    state: web::Data<State>,
) -> HttpResponse {
    let project = request.match_info().query("project");
    if project.is_empty() || !project.bytes().all(|byte| byte.is_ascii_digit()) {
        let message = "a project is a number: any, since the key tells the app";
        let problem = Problem::new(StatusCode::BAD_REQUEST, "bad_project", message);
        return refusal(problem);
    }
    let wire = Sentry {
        read,
        secret: secret(&request),
        event_id: OnceLock::new(),
    };
    sdk::take(wire, request, payload, state).await
}

/// One request.
struct Sentry {
    read: ReadBody,
    secret: Option<String>,
    event_id: OnceLock<String>,
}

impl Wire for Sentry {
    const PROTOCOL: &'static str = "sentry";

    fn secret(&self) -> Option<String> {
        self.secret.clone()
    }

    fn room<'s>(&self, state: &'s State) -> &'s Arc<InFlight> {
        &state.reserve
    }

    fn patience(&self) -> Duration {
        PATIENCE
    }

    fn read<'a>(&self, body: &'a [u8], context: &Context) -> Result<Reading<'a>, Problem> {
        let read = (self.read)(body, context)?;
        if let Some(id) = read.event_id {
            self.event_id.get_or_init(|| id);
        }
        Ok(read.reading)
    }

    fn tell(&self, records: &[Record<'_>], _receipts: &[Receipt]) -> Told {
        let answer = match self.event_id.get() {
            Some(id) => json!({"id": id}),
            None => json!({}),
        };
        let mut told = Told::json(answer.to_string());
        let is_declined = |record: &Record<'_>| matches!(record, Record::Noted(noted) if noted.outcome == Outcome::Declined);
        if records.iter().any(is_declined) {
            let categories = DECLINED.join(";");
            let limits = format!("{HOLD_BACK_SECONDS}:{categories}:key");
            told.headers.push((RATE_LIMITS, limits));
        }
        told
    }

    fn refuse(&self, problem: Problem) -> HttpResponse {
        refusal(problem)
    }
}

/// A problem in the form that these SDKs log.
fn refusal(problem: Problem) -> HttpResponse {
    let problem = problem.for_clients_that_drop();
    let body = json!({"detail": problem.message(), "error": problem.error});
    // Status and headers are as for every route.
    problem
        .error_response()
        .set_body(BoxBody::new(body.to_string()))
}

/// The public key of the DSN, wherever an SDK puts it outside of the body.
fn secret(request: &HttpRequest) -> Option<String> {
    let header = |name: &str| request.headers().get(name)?.to_str().ok();
    header("x-sentry-auth")
        .or_else(|| header(header::AUTHORIZATION.as_str()))
        .and_then(of_header)
        .or_else(|| of_query(request.query_string()))
        .map(str::to_owned)
}

/// Of `Sentry sentry_key=…, sentry_version=7`.
fn of_header(value: &str) -> Option<&str> {
    let (scheme, parts) = value.trim().split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("sentry") {
        return None;
    }
    let parts = parts.split([',', ' ']);
    key_of(parts.map(|part| part.trim()))
}

fn of_query(query: &str) -> Option<&str> {
    key_of(query.split('&'))
}

fn key_of<'a>(mut pairs: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let key = pairs.find_map(|pair| pair.strip_prefix("sentry_key="))?;
    let key = key.trim_matches('"');
    (!key.is_empty()).then_some(key)
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    #[test]
    fn key_is_found_wherever_an_sdk_puts_it() {
        let found = |request: TestRequest| secret(&request.to_http_request());
        let with = |name, value| TestRequest::post().insert_header((name, value));
        let key = Some("0123".to_owned());
        for auth in [
            "Sentry sentry_key=0123, sentry_version=7, sentry_client=sentry.python/2.75.0",
            "Sentry sentry_version=7,sentry_key=0123",
            "sentry sentry_key=\"0123\"",
        ] {
            assert_eq!(found(with("X-Sentry-Auth", auth)), key, "{auth}");
            assert_eq!(found(with("Authorization", auth)), key, "{auth}");
        }
        let uri = "/api/42/envelope/?sentry_version=7&sentry_key=0123&sentry_client=a%2F1";
        assert_eq!(found(TestRequest::with_uri(uri)), key);
        for nothing in [
            "Sentry",
            "Sentry x",
            "Bearer sentry_key=0123",
            "",
            "Sentry sentry_key=",
        ] {
            assert_eq!(found(with("Authorization", nothing)), None, "{nothing}");
        }
    }
}
