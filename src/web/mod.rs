//! Routes that read: verdicts on releases, for people's tools and for rollout controllers. `ingest`
//! hands over the routes of what apps send; these are beside them, since it never depends on
//! `analysis`.

mod gates;
mod health;
mod openapi;
mod verdicts;

use std::sync::Arc;

use actix_web::{Route, web};
use ingest::http::add;

pub(crate) use openapi::document;
pub(crate) use verdicts::Verdicts;

/// Adds the routes that read.
pub(crate) fn configure(config: &mut web::ServiceConfig, verdicts: Arc<Verdicts>) {
    config.app_data(web::Data::from(verdicts));
    for (path, allowed, route) in routes() {
        add(config, path, allowed, route);
    }
}

/// Every route: its path, the methods that it takes, and what answers. `openapi` describes each.
fn routes() -> Vec<(&'static str, &'static str, Route)> {
    let (get, post) = (web::get, web::post);
    vec![
        (
            "/v1/health/releases/{release}",
            "GET",
            get().to(health::release),
        ),
        ("/v1/gates/flagger", "POST", post().to(gates::gate)),
        (
            "/v1/gates/flagger/rollback",
            "POST",
            post().to(gates::rollback),
        ),
    ]
}

#[cfg(test)]
mod tests;
