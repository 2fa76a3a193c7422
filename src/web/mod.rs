//! Routes that read: verdicts on releases, for people's tools and for rollout controllers, and commands
//! of those who have no data folder; and one that has the schedule run. `ingest` hands over the routes of what apps send; these are beside them, since it never depends on
//! `analysis`.

mod body;
mod commands;
mod gates;
mod health;
mod openapi;
mod schedule;
mod verdicts;

use std::sync::Arc;

use actix_web::{Route, web};
use ingest::http::add;
use tokio::sync::Notify;

pub(crate) use commands::{Commands, Head, Sent};
pub(crate) use openapi::document;
pub(crate) use verdicts::Verdicts;

/// What the routes answer from.
#[derive(Clone)]
pub(crate) struct Answers {
    pub(crate) verdicts: Arc<Verdicts>,
    pub(crate) commands: Arc<Commands>,
    /// Told where the schedule is to run out of turn.
    pub(crate) wake: Arc<Notify>,
}

/// Adds the routes.
pub(crate) fn configure(config: &mut web::ServiceConfig, answers: Answers) {
    config.app_data(web::Data::from(answers.verdicts));
    config.app_data(web::Data::from(answers.commands));
    config.app_data(web::Data::from(answers.wake));
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
        ("/v1/commands", "POST", post().to(commands::run)),
        ("/v1/schedule/run", "POST", post().to(schedule::run)),
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
