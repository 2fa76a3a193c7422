//! The routes that PostHog's SDKs call, so that an app changes the host and the key alone.
//!
//! What passes by itself is answered with 503 and `Retry-After`, never with 429 or 408: the browser
//! SDK drops what was answered with any 4xx. Success is a 200 exactly, since it sends again what
//! was answered with any other status.

use std::collections::BTreeMap;
use std::time::Duration;

use actix_web::body::BoxBody;
use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, ResponseError as _, Route, guard, web};
use lake::parse_instant;
use serde::Serialize;
use serde_json::{Value, json};
use url::form_urlencoded;
use uuid::Uuid;

use crate::batch::Record;
use crate::draft::Receipt;
use crate::http::body::{self, Limits, Unpacked};
use crate::http::door::{self, Query};
use crate::http::problem::Problem;
use crate::http::sdk::{Context, Reading, Told, Wire, take};
use crate::http::{FROM_PAGES, PAGES_READ, State};
use crate::wire::posthog::unfold::{self, Asked};
use crate::wire::posthog::{self as wire, Request};

/// The methods of the older routes.
pub(super) const GET_OR_POST: &str = "GET, POST, OPTIONS";
/// Where events are sent in the older form.
const CAPTURE: [&str; 5] = ["/batch", "/e", "/capture", "/track", "/i/v0/e"];
/// Where flags are asked for.
const FLAGS: [&str; 2] = ["/flags", "/decide"];

/// Every route: its path, the methods that it takes, and what answers.
pub(super) fn routes() -> impl Iterator<Item = (&'static str, &'static str, Route)> {
    let either = || web::route().guard(guard::Any(guard::Get()).or(guard::Post()));
    let capture = CAPTURE.map(|path| (path, GET_OR_POST, either().to(capture)));
    let flags = FLAGS.map(|path| (path, GET_OR_POST, either().to(flags)));
    let others = [
        ("/engage", GET_OR_POST, either().to(engage)),
        ("/s", GET_OR_POST, either().to(recording)),
        (
            "/i/v1/analytics/events",
            FROM_PAGES,
            web::post().to(analytics),
        ),
        ("/array/{token}/config", PAGES_READ, web::get().to(config)),
    ];
    capture.into_iter().chain(flags).chain(others)
}

/// The routes of [`CAPTURE`].
async fn capture(
    request: HttpRequest,
    payload: web::Payload,
    state: web::Data<State>,
) -> HttpResponse {
    take(Capture::of(&request, None), request, payload, state).await
}

/// `/engage`: what says something of a person need not have a name.
async fn engage(
    request: HttpRequest,
    payload: web::Payload,
    state: web::Data<State>,
) -> HttpResponse {
    let name = Some("$identify");
    take(Capture::of(&request, name), request, payload, state).await
}

/// `/i/v1/analytics/events`.
async fn analytics(
    request: HttpRequest,
    payload: web::Payload,
    state: web::Data<State>,
) -> HttpResponse {
    take(Analytics::of(&request), request, payload, state).await
}

/// The older protocol: one answer for all events of a body.
struct Capture {
    asked: Asked,
    secret: Option<String>,
    request: Request,
}

impl Capture {
    fn of(request: &HttpRequest, default_name: Option<&'static str>) -> Self {
        let query: BTreeMap<_, _> =
            form_urlencoded::parse(request.query_string().as_bytes()).collect();
        let named = |names: &[&str]| {
            let found = names.iter().find_map(|name| query.get(*name));
            found
                .map(|value| value.to_string())
                .filter(|value| !value.is_empty())
        };
        let secret = named(&["api_key", "token"]);
        let sent_at = named(&["sent_at", "_"]);
        Self {
            asked: Asked {
                data: named(&["data"]),
                compression: named(&["compression"]),
            },
            request: Request {
                sent_at: sent_at
                    .and_then(|at| parse_instant(&at).ok().or_else(|| wire::millis(&at))),
                sdk: None,
                is_keyed: secret.is_some() || shows_key(request),
                default_name,
            },
            secret,
        }
    }
}

fn shows_key(request: &HttpRequest) -> bool {
    door::presented(request, &Query::of(request).unwrap_or_default()).is_some()
}

impl Wire for Capture {
    const PROTOCOL: &'static str = "posthog";

    fn secret(&self) -> Option<String> {
        self.secret.clone()
    }

    fn is_folded(&self, body: &[u8]) -> bool {
        unfold::is_folded(body, &self.asked)
    }

    fn unfold(&self, body: Unpacked, limits: &Limits) -> Result<Unpacked, Problem> {
        unfold::unfold(body, &self.asked, limits)
    }

    fn read<'a>(&self, body: &'a [u8], context: &Context) -> Result<Reading<'a>, Problem> {
        wire::read(body, &self.request, context)
    }

    fn tell(&self, _records: &[Record<'_>], _receipts: &[Receipt]) -> Told {
        Told::json(r#"{"status":1}"#)
    }

    fn refuse(&self, problem: Problem) -> HttpResponse {
        passing(problem).error_response()
    }
}

/// The newer protocol: the key is a bearer token, and each event has its result.
struct Analytics {
    request: Request,
}

impl Analytics {
    fn of(request: &HttpRequest) -> Self {
        let header = |name: &str| request.headers().get(name)?.to_str().ok();
        let sdk = header("posthog-sdk-info").and_then(|sdk| sdk.trim().split_once('/'));
        let sent_at = header("posthog-request-timestamp");
        Self {
            request: Request {
                sent_at: sent_at.and_then(|at| parse_instant(at).ok()),
                sdk: sdk.map(|(name, version)| (name.to_owned(), version.to_owned())),
                is_keyed: shows_key(request),
                default_name: None,
            },
        }
    }
}

/// What became of one event.
#[derive(Serialize)]
struct Outcome {
    result: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    details: Option<&'static str>,
}

impl Wire for Analytics {
    const PROTOCOL: &'static str = "posthog";

    fn read<'a>(&self, body: &'a [u8], context: &Context) -> Result<Reading<'a>, Problem> {
        wire::read(body, &self.request, context)
    }

    /// An event that is not named here was taken.
    fn tell(&self, records: &[Record<'_>], receipts: &[Receipt]) -> Told {
        let mut results: BTreeMap<&str, Outcome> = BTreeMap::new();
        for (record, receipt) in records.iter().zip(receipts) {
            let (id, details) = match record.itself() {
                Record::Event(event) if event.id_given => (Some(&*event.event_id), "id_conflict"),
                Record::Feedback(piece) => (event_of(&piece.event_id), "id_conflict"),
                Record::Refused(refused) => {
                    (refused.event_id.as_deref(), refused.refusal.reason.as_str())
                }
                _ => (None, ""),
            };
            let Some(id) = id else { continue };
            if *receipt == Receipt::Rejected {
                let (result, details) = ("drop", Some(details));
                results.insert(id, Outcome { result, details });
            } else {
                let (result, details) = ("ok", None);
                results.entry(id).or_insert(Outcome { result, details });
            }
        }
        Told::json(json!({"results": results}).to_string())
    }

    fn refuse(&self, problem: Problem) -> HttpResponse {
        let problem = passing(problem);
        let error = match (problem.status_code(), problem.error) {
            (StatusCode::UNAUTHORIZED, _) => "invalid_api_token",
            (_, "empty") => "empty_batch",
            (_, error) => error,
        };
        let said = json!({"error": error, "error_description": problem.message()});
        let said = BoxBody::new(said.to_string());
        problem.error_response().set_body(said)
    }
}

/// The event that a piece of feedback was made of, where its id says so.
fn event_of(id: &str) -> Option<&str> {
    id.get(..36).filter(|id| Uuid::try_parse(id).is_ok())
}

/// `/flags` and `/decide`: there are none, which stops SDKs from asking again.
async fn flags(
    request: HttpRequest,
    payload: web::Payload,
    state: web::Data<State>,
) -> HttpResponse {
    let answer = json!({
        "flags": {},
        "featureFlags": {},
        "featureFlagPayloads": {},
        "errorsWhileComputingFlags": false,
        "requestId": Uuid::new_v4(),
        "config": {"enable_collect_everything": true},
        "supportedCompression": COMPRESSION,
        "sessionRecording": false,
        "surveys": false,
        "siteApps": [],
        "isAuthenticated": false,
        "toolbarParams": {},
    });
    past(&request, payload, &state, answer).await
}

/// `/s`: recordings of the screen are not taken, and no SDK that asked for its settings sends one.
async fn recording(
    request: HttpRequest,
    payload: web::Payload,
    state: web::Data<State>,
) -> HttpResponse {
    past(&request, payload, &state, json!({"status": 1})).await
}

/// Reads a body to its end, so that the connection is good for the next request, and answers.
async fn past(
    request: &HttpRequest,
    payload: web::Payload,
    state: &State,
    answer: Value,
) -> HttpResponse {
    match body::read(request, payload, &state.limits, &state.in_flight).await {
        Ok(_) => HttpResponse::Ok().json(answer),
        Err(problem) => problem.for_clients_that_drop().error_response(),
    }
}

/// How long an SDK is asked to wait. That of Python comes again three times, after 1, 2 and 4
/// seconds unless it is asked to wait longer, and believes at most 30; so it outlasts a minute.
const WAIT: Duration = Duration::from_secs(25);

/// What passes by itself, so that these SDKs come again, and late enough.
fn passing(problem: Problem) -> Problem {
    problem
        .for_clients_that_drop()
        .for_clients_that_give_up(WAIT)
}

/// How browsers may pack without asking first.
const COMPRESSION: [&str; 2] = ["gzip", "gzip-js"];

/// `/array/{token}/config`: what the browser SDK asks for before it sends. Without an answer it
/// packs nothing, and then each batch costs a preflight.
async fn config() -> HttpResponse {
    HttpResponse::Ok().json(json!({
        "supportedCompression": COMPRESSION,
        "hasFeatureFlags": false,
        "surveys": false,
        "sessionRecording": false,
        "siteApps": [],
        "isAuthenticated": false,
        "toolbarParams": {},
    }))
}
