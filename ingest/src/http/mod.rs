//! HTTP: the ingest routes, handed over to the program by one [`configure`].
//!
//! What a request meets on its way: its key, the limits of its body, unpacking, cutting into
//! events, the check of each, the WAL, and then the answer. Routes are told by their path and never
//! by a `Content-Type`, since browsers send JSON as text.

mod admission;
mod body;
mod cors;
mod door;
mod operate;
mod problem;
mod send;

use std::sync::Arc;

use actix_web::http::StatusCode;
use actix_web::middleware::from_fn;
use actix_web::{HttpRequest, HttpResponse, Resource, ResponseError as _, web};
use lake::Clock;

use crate::engine::Ingest;
use crate::http::admission::InFlight;
pub use crate::http::body::Limits;
use crate::http::problem::Problem;
use crate::keys::KeyStore;

/// What the routes need.
#[derive(Debug)]
pub struct State {
    ingest: Ingest,
    keys: KeyStore,
    clock: Arc<dyn Clock>,
    limits: Limits,
    in_flight: Arc<InFlight>,
}

impl State {
    /// Brings together what the routes need.
    #[must_use]
    pub fn new(ingest: Ingest, keys: KeyStore, clock: Arc<dyn Clock>, limits: Limits) -> Self {
        let in_flight = InFlight::new(limits.in_flight_bytes_max);
        Self {
            ingest,
            keys,
            clock,
            limits,
            in_flight,
        }
    }
}

/// Adds the ingest routes. Paths that nothing serves are answered with 404 as JSON, unless the
/// program sets a default of its own afterwards.
pub fn configure(config: &mut web::ServiceConfig, state: web::Data<State>) {
    config.app_data(state);
    let open = |path: &'static str| {
        resource(path, "POST, OPTIONS")
            .route(web::method(actix_web::http::Method::OPTIONS).to(cors::preflight))
    };
    config.service(
        open("/v1/events")
            .route(web::post().to(send::events))
            .wrap(from_fn(cors::mirror_origin)),
    );
    config.service(
        open("/v1/feedback")
            .route(web::post().to(send::feedback))
            .wrap(from_fn(cors::mirror_origin)),
    );
    config.service(
        open("/v1/releases")
            .route(web::post().to(send::releases))
            .wrap(from_fn(cors::mirror_origin)),
    );
    config.service(
        open("/v1/backlog")
            .route(web::post().to(send::backlog))
            .wrap(from_fn(cors::mirror_origin)),
    );
    config
        .service(resource("/v1/import", "POST").route(web::post().to(send::import)))
        .service(resource("/v1/flush", "POST").route(web::post().to(operate::flush)))
        .service(resource("/v1/ledger", "GET").route(web::get().to(operate::ledger)))
        .service(resource("/v1/tail", "GET").route(web::get().to(operate::tail)))
        .service(resource("/livez", "GET").route(web::get().to(operate::live)))
        .service(resource("/readyz", "GET").route(web::get().to(operate::ready)))
        .default_service(web::to(not_found));
}

/// A resource with or without a slash at its end, that answers other methods with 405.
fn resource(path: &'static str, allowed: &'static str) -> Resource {
    let paths = [path.to_owned(), [path, "/"].concat()];
    web::resource(paths).default_service(web::to(move || wrong_method(allowed)))
}

async fn wrong_method(allowed: &'static str) -> HttpResponse {
    let message = format!("this path takes {allowed}");
    let problem = Problem::new(StatusCode::METHOD_NOT_ALLOWED, "wrong_method", message);
    let mut response = problem.error_response();
    let value = actix_web::http::header::HeaderValue::from_static(allowed);
    response
        .headers_mut()
        .insert(actix_web::http::header::ALLOW, value);
    response
}

async fn not_found(request: HttpRequest) -> HttpResponse {
    let path: String = request.path().chars().take(200).collect();
    let message = format!("there is nothing at {path}");
    Problem::new(StatusCode::NOT_FOUND, "not_found", message).error_response()
}

#[cfg(test)]
mod tests;
