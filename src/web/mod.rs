//! Routes that read: verdicts on releases, for people's tools and for rollout controllers, and commands
//! of those who have no data folder; one that has the schedule run; and the dashboard. `ingest` hands
//! over the routes of what apps send; these are beside them, since it never depends on `analysis`.

mod board;
mod body;
mod commands;
mod gates;
mod health;
mod openapi;
mod schedule;
mod verdicts;

use std::path::Path;
use std::sync::Arc;

use actix_web::{Route, web};
use ingest::http::add;
use ingest::{Ingest, MoreMetrics};
use lake::Clock;
use tokio::sync::Notify;

use self::board::Board;
use self::commands::Commands;
use crate::child::Children;
use crate::config::Config;
pub(crate) use commands::{Head, Sent};
pub(crate) use openapi::document;
pub(crate) use verdicts::Verdicts;

/// What the routes answer from.
#[derive(Clone)]
pub(crate) struct Answers {
    pub(crate) verdicts: Arc<Verdicts>,
    pub(crate) commands: Arc<Commands>,
    pub(crate) board: Arc<Board>,
    /// Told where the schedule is to run out of turn.
    pub(crate) wake: Arc<Notify>,
}

impl Answers {
    /// What is answered from a data folder.
    ///
    /// # Errors
    /// When what the dashboard kept there cannot be read.
    pub(crate) fn of(
        folder: &Path,
        (ingest, clock, metrics): (Ingest, Arc<dyn Clock>, MoreMetrics),
        config: &Config,
    ) -> anyhow::Result<Self> {
        let children = Children::of(config, folder.to_owned());
        let commands = Commands::new(ingest.clone(), children);
        let sources = (ingest.clone(), Arc::clone(&commands));
        Ok(Self {
            board: Board::open(folder, sources, Arc::clone(&clock), config)?,
            verdicts: Verdicts::new(ingest, clock, config, metrics),
            commands,
            wake: Arc::default(),
        })
    }
}

/// Adds the routes.
pub(crate) fn configure(config: &mut web::ServiceConfig, answers: Answers) {
    config.app_data(web::Data::from(answers.verdicts));
    config.app_data(web::Data::from(answers.commands));
    config.app_data(web::Data::from(answers.wake));
    for (path, allowed, route) in routes() {
        add(config, path, allowed, route);
    }
    board::configure(config, answers.board);
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
