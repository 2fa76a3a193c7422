//! The dashboard: pages for people, of the same figures as the reports.
//!
//! What a page shows is in its address: whoever is sent it sees the same. The first page is made of
//! counters and verdicts that the service has at hand; every other is made by a command in a process
//! of its own ([`figures`]), made anew when they are a minute old, and let go of when a person is erased. One signs in with a key whose scope is `read` or
//! `plan`; with `plan` one answers, labels and links feedback, signs the checklist of a release, says
//! what was done with it, and shares pages.

mod answer;
mod at_hand;
mod figures;
mod files;
mod kept;
mod pages;
mod question;
mod says;
mod secret;
mod sessions;
mod shares;
mod visitor;

use std::path::Path;
use std::sync::Arc;

use actix_web::web;
use ingest::Ingest;
use lake::Clock;
use reports::board::{SCRIPT, STYLE};

use self::at_hand::AtHand;
use self::figures::Figures;
use self::question::Defaults;
use self::sessions::Sessions;
use self::shares::Shares;
use super::commands::Commands;
use crate::config::Config;
use crate::deliver::Archive;

/// Largest form.
const FORM_BYTES_MAX: usize = 256 << 10;

/// What the pages are made of.
pub(crate) struct Board {
    ingest: Ingest,
    clock: Arc<dyn Clock>,
    commands: Arc<Commands>,
    figures: Arc<Figures>,
    at_hand: AtHand,
    sessions: Sessions,
    shares: Shares,
    archive: Archive,
    defaults: Defaults,
}

impl Board {
    /// The dashboard of a data folder.
    ///
    /// # Errors
    /// When what it kept there cannot be read.
    pub(crate) fn open(
        data: &Path,
        (ingest, commands): (Ingest, Arc<Commands>),
        clock: Arc<dyn Clock>,
        config: &Config,
    ) -> anyhow::Result<Arc<Self>> {
        Ok(Arc::new(Self {
            figures: Figures::new((ingest.clone(), Arc::clone(&commands)), Arc::clone(&clock)),
            commands,
            at_hand: AtHand::new(ingest.clone(), Arc::clone(&clock)),
            sessions: Sessions::open(data, Arc::clone(&clock))?,
            shares: Shares::open(data, Arc::clone(&clock))?,
            archive: Archive::of(data),
            defaults: Defaults {
                zone: config.schedule.zone.clone(),
                week_start: config.schedule.week_start_word()?,
            },
            ingest,
            clock,
        }))
    }
}

/// Adds the pages.
pub(super) fn configure(config: &mut web::ServiceConfig, board: Arc<Board>) {
    let (get, post) = (web::get, web::post);
    config.app_data(web::Data::from(board));
    config.app_data(web::FormConfig::default().limit(FORM_BYTES_MAX));
    let mut at = |path: &str, routes: Vec<actix_web::Route>| {
        let resource = web::resource(path);
        config.service(routes.into_iter().fold(resource, |to, one| to.route(one)));
    };
    at("/", vec![get().to(pages::now)]);
    at("/now.json", vec![get().to(pages::now_json)]);
    for path in [
        "/kpis",
        "/adoption",
        "/quality",
        "/planning",
        "/releases",
        "/releases/{release}",
        "/feedback",
        "/feedback/themes",
        "/feedback/links",
    ] {
        at(path, vec![get().to(pages::figures)]);
    }
    at("/feedback/say", vec![post().to(says::of_feedback)]);
    at("/mark", vec![post().to(says::of_release)]);
    at("/files/{page}/{file}", vec![get().to(files::file)]);
    at("/reports", vec![get().to(pages::archive)]);
    at("/reports/{report}/{file}", vec![get().to(pages::report)]);
    at(
        "/shares",
        vec![get().to(shares::list), post().to(shares::make)],
    );
    at("/shares/revoke", vec![post().to(shares::revoke)]);
    at("/shared/{token}", vec![get().to(shares::open)]);
    at(
        "/sign-in",
        vec![get().to(visitor::ask), post().to(visitor::sign_in)],
    );
    at("/sign-out", vec![post().to(visitor::sign_out)]);
    let style = || async { answer::asset("text/css; charset=utf-8", STYLE) };
    let script = || async { answer::asset("text/javascript; charset=utf-8", SCRIPT) };
    at("/board.css", vec![get().to(style)]);
    at("/board.js", vec![get().to(script)]);
}
