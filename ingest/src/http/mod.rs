//! HTTP: the ingest routes, handed over to the program by one [`configure`].
//!
//! What a request meets on its way: its key, the limits of its body, unpacking, cutting into
//! events, the check of each, the WAL, and then the answer. Routes are told by their path and never
//! by a `Content-Type`, since browsers send JSON as text.

pub(crate) mod admission;
pub(crate) mod body;
mod client;
mod cors;
pub(crate) mod door;
pub(crate) mod form;
mod openapi;
mod operate;
mod otlp;
pub(crate) mod packing;
mod posthog;
pub(crate) mod problem;
mod quarantine;
mod rate;
pub(crate) mod sdk;
mod segment;
mod send;
mod sentry;
mod status;
mod upkeep;
pub mod widget;

use std::sync::Arc;

use actix_web::body::BoxBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::{Method, StatusCode, header};
use actix_web::middleware::{Next, from_fn};
use actix_web::{HttpRequest, HttpResponse, ResponseError as _, Route, web};
use lake::{Clock, SentAs};
use utoipa::openapi::OpenApi;

use crate::audit::{Act, Actor};
use crate::engine::Ingest;
use crate::error::{Error, Result};
use crate::http::admission::InFlight;
pub use crate::http::body::Limits;
pub use crate::http::client::Proxy;
use crate::http::door::{Query, admit, app_of};
pub use crate::http::openapi::security;
pub use crate::http::problem::Problem;
use crate::http::rate::Rates;
use crate::keys::{ANY_APP, Key, KeyStore, Scope, is_app_name};
use crate::notice::{MoreMetrics, Notices};
use crate::settings::Durability;

/// What the routes need.
#[derive(Debug)]
pub struct State {
    ingest: Ingest,
    keys: KeyStore,
    clock: Arc<dyn Clock>,
    limits: Limits,
    in_flight: Arc<InFlight>,
    reserve: Arc<InFlight>,
    rates: Rates,
    proxies: Vec<Proxy>,
    notices: Notices,
    more_metrics: MoreMetrics,
    more_routes: Option<fn() -> OpenApi>,
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
            rates: Rates::new(&limits),
            reserve: InFlight::beside(&in_flight, limits.reserved_bytes_max),
            limits,
            in_flight,
            proxies: Vec::new(),
            notices: Notices::default(),
            more_metrics: MoreMetrics::default(),
            more_routes: None,
        }
    }

    /// Believes what these proxies say of who is behind them.
    #[must_use]
    pub fn behind(self, proxies: Vec<Proxy>) -> Self {
        Self { proxies, ..self }
    }

    /// Tells these notices, too, to those who ask how the service is.
    #[must_use]
    pub fn telling(self, notices: Notices) -> Self {
        Self { notices, ..self }
    }

    /// Shows these metrics, too, to those who measure the service.
    #[must_use]
    pub fn showing(self, more_metrics: MoreMetrics) -> Self {
        Self {
            more_metrics,
            ..self
        }
    }

    /// Describes these routes, too, in the document of all routes.
    #[must_use]
    pub fn describing(self, routes: fn() -> OpenApi) -> Self {
        Self {
            more_routes: Some(routes),
            ..self
        }
    }

    /// Asks for a key that may read.
    ///
    /// # Errors
    /// A 4xx when there is none.
    pub fn admit_reader(&self, request: &HttpRequest) -> std::result::Result<(), Problem> {
        admit(request, &Query::of(request)?, &self.keys, Scope::Read).map(drop)
    }

    /// Lets somebody with an `admin` key do an act, which is audited.
    ///
    /// # Errors
    /// A 4xx when there is none, and what cannot be written.
    pub async fn admit_operator(
        &self,
        request: &HttpRequest,
        act: Act,
        object: &str,
    ) -> std::result::Result<(), Problem> {
        let key = admit(request, &Query::of(request)?, &self.keys, Scope::Admin)?;
        Ok(self.note(request, &key, act, object).await?)
    }

    /// The app that a request may read of, by its key: the key's own, or with a key for all apps the
    /// one in the query or else the one that its body declares.
    ///
    /// # Errors
    /// A 4xx when the key may not read, is not for that app, or no app is told.
    pub fn readable_app(
        &self,
        request: &HttpRequest,
        declared: Option<String>,
    ) -> std::result::Result<String, Problem> {
        let query = Query::of(request)?;
        let key = admit(request, &query, &self.keys, Scope::Read)?;
        let app = app_of(&key, &query, declared.clone())?;
        match declared.filter(|declared| *declared != app) {
            Some(_) => Err(door::wrong_app(&app)),
            None => Ok(app),
        }
    }

    /// The one app that a request may read of, or `None` for a key that may read of all.
    ///
    /// # Errors
    /// A 4xx when the key may not read, or the query names another app.
    pub fn readable_apps(
        &self,
        request: &HttpRequest,
    ) -> std::result::Result<Option<String>, Problem> {
        let query = Query::of(request)?;
        let key = admit(request, &query, &self.keys, Scope::Read)?;
        match query.app {
            None if key.app == ANY_APP => Ok(None),
            _ => app_of(&key, &query, None).map(Some),
        }
    }

    /// The key that a secret opens, while it may be held by the page that a request comes from.
    #[must_use]
    pub fn key_of(&self, request: &HttpRequest, secret: &str) -> Option<Arc<Key>> {
        let key = self.keys.authorize(secret)?;
        door::page_may_hold(request.headers().get(header::ORIGIN), &key).then_some(key)
    }

    /// The key of an id, while it opens anything.
    #[must_use]
    pub fn key_named(&self, id: &str) -> Option<Arc<Key>> {
        self.keys.named(id)
    }

    /// Takes what the holder of a key wrote on a page of the service: one record, checked as if it
    /// had been sent, durable when this returns.
    ///
    /// # Errors
    /// A 403 where the key may not write, a 422 that says what is wrong with the record, and what
    /// cannot be written.
    pub async fn take_written(
        &self,
        request: &HttpRequest,
        key: &Key,
        (app, sent_as): (&str, SentAs),
        raw: &[u8],
    ) -> std::result::Result<(), Problem> {
        if !key.may(Scope::Plan) {
            return Err(door::wrong_scope(Scope::Plan));
        }
        if !is_app_name(app) || !(key.app == ANY_APP || key.app == app) {
            return Err(door::wrong_app(&key.app));
        }
        let draft = send::draft_written(self, key, (app, sent_as), raw)?;
        self.note(request, key, Act::Plan, app).await?;
        Ok(self.ingest.append(draft).await?)
    }

    /// Notes an act of the holder of a key before it is done.
    ///
    /// # Errors
    /// A 503 where it cannot be noted.
    pub async fn note_act(
        &self,
        request: &HttpRequest,
        key: &Key,
        (act, object): (Act, &str),
    ) -> std::result::Result<(), Problem> {
        Ok(self.note(request, key, act, object).await?)
    }

    /// Bytes of bodies in memory.
    fn bytes_in_flight(&self) -> usize {
        self.in_flight.used() + self.reserve.used()
    }

    /// Notes an administrative act before it is done.
    async fn note(&self, request: &HttpRequest, key: &Key, act: Act, object: &str) -> Result<()> {
        let address = client::address(request, &self.proxies);
        let (audit, actor) = (self.keys.audit().clone(), Actor::holder(key, address));
        let object = object.to_owned();
        let noted = web::block(move || audit.note(&actor, act, &object)).await;
        noted.map_err(|_| Error::TaskEnded)?.map_err(Error::Audit)
    }
}

/// Adds the ingest routes. Paths that nothing serves are answered with 404 as JSON, unless the
/// program sets a default of its own afterwards.
pub fn configure(config: &mut web::ServiceConfig, state: web::Data<State>) {
    config.app_data(state);
    for (path, allowed, route) in routes() {
        add(config, path, allowed, route);
    }
    config.default_service(web::to(not_found));
}

/// Every route: its path, the methods that it takes, and what answers. `openapi` describes each.
fn routes() -> Vec<(&'static str, &'static str, Route)> {
    let (get, post) = (web::get, web::post);
    let mut routes = vec![
        // What apps and pages call.
        ("/v1/events", FROM_PAGES, post().to(send::events)),
        ("/v1/feedback", FROM_PAGES, post().to(send::feedback)),
        ("/v1/releases", FROM_PAGES, post().to(send::releases)),
        ("/v1/releases/marks", FROM_PAGES, post().to(send::marks)),
        ("/v1/plans", FROM_PAGES, post().to(send::plans)),
        ("/v1/backlog", FROM_PAGES, post().to(send::backlog)),
        (
            "/v1/feedback/labels",
            FROM_PAGES,
            post().to(send::feedback_labels),
        ),
        (
            "/v1/feedback/links",
            FROM_PAGES,
            post().to(send::feedback_links),
        ),
        ("/v1/feedback/form", "POST", post().to(form::feedback)),
        ("/widget/v1.js", "GET", get().to(widget::newest)),
        (widget::PATH, "GET", get().to(widget::pinned)),
        // What people and their tools call.
        ("/v1/import", "POST", post().to(send::import)),
        ("/v1/flush", "POST", post().to(operate::flush)),
        (
            "/v1/quarantine/replay",
            "POST",
            post().to(quarantine::replay),
        ),
        ("/v1/erase", "POST", post().to(upkeep::erase)),
        ("/v1/vacuum", "POST", post().to(upkeep::vacuum)),
        ("/v1/ledger", "GET", get().to(operate::ledger)),
        ("/v1/tail", "GET", get().to(operate::tail)),
        ("/v1/openapi.json", "GET", get().to(openapi::openapi)),
        ("/livez", "GET", get().to(status::live)),
        ("/readyz", "GET", get().to(status::ready)),
        ("/metrics", "GET", get().to(status::metrics)),
    ];
    // What the SDKs of other products call.
    routes.extend(posthog::routes());
    routes.extend(segment::routes());
    routes.extend(sentry::routes());
    routes.extend(otlp::routes());
    routes
}

/// Says that a 200 promises less than the disk; absent where it promises the disk.
const DURABILITY: header::HeaderName = header::HeaderName::from_static("shipwake-durability");

/// The methods of a route that pages of other origins may call.
const FROM_PAGES: &str = "POST, OPTIONS";
/// The same of a route that they read.
const PAGES_READ: &str = "GET, OPTIONS";

/// Adds a resource, with or without a slash at its end, that answers other methods with 405. Its
/// requests are counted. For routes of the program, too, after [`configure`].
pub fn add(
    config: &mut web::ServiceConfig,
    path: &'static str,
    allowed: &'static str,
    route: Route,
) {
    let paths = [path.to_owned(), [path, "/"].concat()];
    let is_for_pages = allowed.ends_with("OPTIONS");
    let mut resource = web::resource(paths)
        .route(route)
        .default_service(web::to(move || wrong_method(allowed)));
    if is_for_pages {
        let preflight = web::method(Method::OPTIONS).to(cors::preflight);
        resource = resource.route(preflight);
    }
    config.service(resource.wrap(from_fn(
        move |request: ServiceRequest, next: Next<BoxBody>| {
            around(path, is_for_pages, request, next)
        },
    )));
}

/// What is done around every request of a resource.
async fn around(
    path: &'static str,
    is_for_pages: bool,
    request: ServiceRequest,
    next: Next<BoxBody>,
) -> std::result::Result<ServiceResponse, actix_web::Error> {
    let origin = request.headers().get(header::ORIGIN).cloned();
    let state = request.app_data::<web::Data<State>>().cloned();
    let mut response = next.call(request).await?;
    if let Some(state) = &state {
        let metrics = &state.ingest.signs().metrics;
        metrics.answered(path, response.status().as_u16());
        let problem = response.response().error();
        if let Some(overload) = problem.and_then(|e| e.as_error::<Problem>()?.overload()) {
            metrics.overloaded(overload);
        }
    }
    if is_for_pages && state.is_some_and(|state| state.ingest.durability() == Durability::Os) {
        let value = header::HeaderValue::from_static("os");
        response.headers_mut().insert(DURABILITY, value);
    }
    if let Some(origin) = origin.filter(|_| is_for_pages) {
        cors::mirror(origin, response.headers_mut());
    }
    Ok(response)
}

async fn wrong_method(allowed: &'static str) -> HttpResponse {
    let message = format!("this path takes {allowed}");
    let problem = Problem::new(StatusCode::METHOD_NOT_ALLOWED, "wrong_method", message);
    let mut response = problem.error_response();
    let value = header::HeaderValue::from_static(allowed);
    response.headers_mut().insert(header::ALLOW, value);
    response
}

async fn not_found(request: HttpRequest) -> HttpResponse {
    let path: String = request.path().chars().take(200).collect();
    let message = format!("there is nothing at {path}");
    Problem::new(StatusCode::NOT_FOUND, "not_found", message).error_response()
}

#[cfg(test)]
mod tests;
