//! The pages that are looked at.

use actix_web::http::StatusCode;
use actix_web::{FromRequest as _, HttpRequest, HttpResponse, web};
use ingest::http::{Problem, State};
use ingest::keys::{ANY_APP, Scope};
use lake::Micros;
use reports::board::{self, BoardPage, Now, Place, Viewer};
use serde_json::json;

use super::at_hand::OfApp;
use super::question::{Asked, Page};
use super::visitor::Visitor;
use super::{Board, answer};

/// What is to be sent before there is anything to show.
const NOTHING_YET: &str = "Nothing came in yet: send events or feedback with a key of scope send \
                           (shipwake quickstart prints how), or import a file.";

/// A page with its status, before what is around it.
pub(super) struct Body {
    pub(super) status: StatusCode,
    pub(super) page: BoardPage,
}

/// `GET /`: what is happening.
pub(super) async fn now(
    request: HttpRequest,
    board: web::Data<Board>,
    state: web::Data<State>,
) -> HttpResponse {
    let visitor = match Visitor::of(&request, &board, &state).await {
        Ok(visitor) => visitor,
        Err(answer) => return answer,
    };
    let viewer = &visitor.viewer;
    match board.now(&visitor).await {
        Ok(body) => {
            let of = (Some(Place::Now), StatusCode::OK, Place::Now.name());
            answer::page(viewer, of, body)
        }
        Err(error) => unread_tables(viewer, Place::Now, &error),
    }
}

/// `GET /now.json`: the counters of the first page.
pub(super) async fn now_json(
    request: HttpRequest,
    board: web::Data<Board>,
    state: web::Data<State>,
) -> HttpResponse {
    let visitor = match Visitor::of(&request, &board, &state).await {
        Ok(visitor) => visitor,
        Err(answer) => return answer,
    };
    let OfApp { today, ever } = match board.counted(&visitor).await {
        Ok(counted) => counted,
        Err(error) => return unread_tables(&visitor.viewer, Place::Now, &error),
    };
    let flushed = board.ingest.condition().last_flush_at;
    let told = |counted: &board::Counted| {
        json!({
            "received": counted.received,
            "stored": counted.stored,
            "duplicate": counted.duplicate,
            "quarantined": counted.quarantined,
        })
    };
    HttpResponse::Ok()
        .insert_header(("cache-control", "no-store"))
        .json(json!({
            "today": told(&today),
            "ever": told(&ever),
            "pending": ever.pending,
            "last_flush": flushed.map(|at| reports::instant_text(&at.to_string())),
        }))
}

/// A page of figures.
pub(super) async fn figures(
    request: HttpRequest,
    board: web::Data<Board>,
    state: web::Data<State>,
) -> HttpResponse {
    let visitor = match Visitor::of(&request, &board, &state).await {
        Ok(visitor) => visitor,
        Err(answer) => return answer,
    };
    let viewer = &visitor.viewer;
    let release = web::Path::<String>::extract(&request).await.ok();
    let release = release.map(web::Path::into_inner);
    let Some(page) = Page::at(request.path(), release.as_deref()) else {
        let problem = Problem::new(StatusCode::NOT_FOUND, "not_found", "there is no such page");
        return answer::refused(viewer, None, &problem);
    };
    let place = page.place();
    let body = match Asked::of(&request) {
        Ok(asked) => board.body(viewer, &page, &asked).await,
        Err(problem) => return answer::refused(viewer, Some(place), &problem),
    };
    let rendered = body.and_then(|body| {
        let html = board::page(viewer, Some(place), &body.page)?;
        Ok(answer::html(body.status, html))
    });
    rendered.unwrap_or_else(|error| answer::fault(&error))
}

impl Board {
    async fn counted(&self, visitor: &Visitor) -> anyhow::Result<OfApp> {
        let key = &visitor.key;
        let sees_all = key.app == ANY_APP || key.may(Scope::Admin);
        self.at_hand.counted(&visitor.viewer.app, sees_all).await
    }

    /// The part that says what is happening.
    ///
    /// # Errors
    /// When the tables cannot be read.
    async fn now(&self, visitor: &Visitor) -> anyhow::Result<reports::Result<String>> {
        let viewer = &visitor.viewer;
        let OfApp { today, ever } = self.counted(visitor).await?;
        let condition = self.ingest.condition();
        let verdicts = self.at_hand.verdicts(&viewer.app).await?;
        let week = Page::Kpis.words(&viewer.app, &Asked::default(), &self.defaults);
        let week = week.ok().flatten().filter(|_| !viewer.app.is_empty());
        let week = week.and_then(|words| self.figures.at_hand(words)?.ok());
        let headline = week.as_ref().and_then(|week| week.parts.get("headline"));
        let reasons = condition.reasons.into_iter().chain(condition.warnings);
        let flushed = condition.last_flush_at.map(|at| at.to_string());
        let found = Now {
            is_ready: condition.is_ready,
            reasons: reasons.collect(),
            last_flush_at: flushed,
            today,
            ever,
            verdicts: &verdicts,
            week: headline.map(String::as_str),
        };
        Ok(board::now(viewer, &found))
    }

    /// What a page shows: its form and its figures, or why there are none.
    pub(super) async fn body(
        &self,
        viewer: &Viewer,
        page: &Page,
        asked: &Asked,
    ) -> reports::Result<Body> {
        let said = |status: StatusCode, body: String, comes_again: bool| Body {
            status,
            page: BoardPage {
                title: page.title(),
                body,
                comes_again,
                ..BoardPage::default()
            },
        };
        if viewer.app.is_empty() {
            return Ok(said(StatusCode::OK, board::refusal(NOTHING_YET)?, false));
        }
        let app = if viewer.apps.len() > 1 {
            viewer.app.as_str()
        } else {
            ""
        };
        let form = |found| match viewer.holder {
            Some(_) => page.form(app, asked, found),
            None => Ok(String::new()),
        };
        let words = match page.words(&viewer.app, asked, &self.defaults) {
            Ok(Some(words)) => words,
            Ok(None) => return Ok(said(StatusCode::OK, form(None)?, false)),
            Err(problem) => {
                let body = form(None)? + &board::refusal(problem.message())?;
                return Ok(said(StatusCode::BAD_REQUEST, body, false));
            }
        };
        let beside = self.beside(viewer, page, asked);
        let (found, beside) = tokio::join!(self.figures.of(words), beside);
        match found {
            None => Ok(said(StatusCode::OK, form(None)? + &board::making()?, true)),
            Some(Err(why)) => {
                let body = form(None)? + &board::refusal(&why)?;
                Ok(said(StatusCode::OK, body, false))
            }
            Some(Ok(found)) => {
                let with_releases = page.place() == Place::Releases && viewer.holder.is_some();
                let parts =
                    board::parts(viewer, &found, page.parts(viewer.may_plan), with_releases)?;
                let (beside, comes_again) = beside?;
                let files = match viewer.holder {
                    Some(_) => board::files(&page.file_links(app, asked))?,
                    None => String::new(),
                };
                let shown = form(Some(&found))? + &parts + &beside + &files;
                let mut body = said(StatusCode::OK, shown, comes_again);
                body.page.about = std::iter::once(found.title.clone())
                    .chain(found.about.iter().cloned())
                    .chain([format!("as of {}", reports::instant_text(&found.as_of))])
                    .collect();
                Ok(body)
            }
        }
    }

    /// What stands beside the figures of a page, and whether it is still being made.
    async fn beside(
        &self,
        viewer: &Viewer,
        page: &Page,
        asked: &Asked,
    ) -> reports::Result<(String, bool)> {
        let words = page.words_beside(&viewer.app, asked, &self.defaults);
        let Some(words) = words.filter(|_| viewer.holder.is_some()) else {
            return Ok((String::new(), false));
        };
        Ok(match self.figures.of(words).await {
            Some(Ok(found)) => {
                let part = board::parts(viewer, &found, &["checklist"], false)?;
                (part, false)
            }
            Some(Err(why)) => (board::refusal(&why)?, false),
            None => (board::making()?, true),
        })
    }

    pub(super) fn now_micros(&self) -> Micros {
        self.clock.now()
    }
}

/// Nothing can be shown: logged here, where it is handled.
fn unread_tables(viewer: &Viewer, place: Place, error: &anyhow::Error) -> HttpResponse {
    tracing::error!(error = format!("{error:#}"), "tables not read");
    let problem = unread("the tables cannot be read: see the log of the service");
    answer::refused(viewer, Some(place), &problem)
}

/// `GET /reports`: the archive.
pub(super) async fn archive(
    request: HttpRequest,
    board: web::Data<Board>,
    state: web::Data<State>,
) -> HttpResponse {
    let visitor = match Visitor::of(&request, &board, &state).await {
        Ok(visitor) => visitor,
        Err(answer) => return answer,
    };
    let viewer = &visitor.viewer;
    let app = viewer.app.clone();
    let listed = web::block({
        let board = board.clone();
        move || board.archive.list(&app)
    });
    let listed = listed.await.map_err(anyhow::Error::from).flatten();
    match listed {
        Ok(reports) => {
            let of = (Some(Place::Reports), StatusCode::OK, Place::Reports.name());
            answer::page(viewer, of, board::archive(viewer, &reports))
        }
        Err(error) => {
            tracing::error!(error = format!("{error:#}"), "archive not read");
            let problem = unread("the archive cannot be read: see the log of the service");
            answer::refused(viewer, Some(Place::Reports), &problem)
        }
    }
}

fn unread(message: &str) -> Problem {
    Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "unread", message)
}

/// `GET /reports/{report}/{file}`: a file of the archive.
pub(super) async fn report(
    request: HttpRequest,
    path: web::Path<(String, String)>,
    board: web::Data<Board>,
    state: web::Data<State>,
) -> HttpResponse {
    let visitor = match Visitor::of(&request, &board, &state).await {
        Ok(visitor) => visitor,
        Err(answer) => return answer,
    };
    let viewer = visitor.viewer;
    let (report, name) = path.into_inner();
    let read = web::block({
        let (board, app, name) = (board.clone(), viewer.app.clone(), name.clone());
        move || board.archive.file(&app, &report, &name)
    });
    match read.await.map_err(anyhow::Error::from).flatten() {
        Ok(Some(bytes)) => answer::file(&name, !name.ends_with(".html"), bytes),
        Ok(None) => {
            let message = "the archive has no such file";
            let problem = Problem::new(StatusCode::NOT_FOUND, "not_found", message);
            answer::refused(&viewer, Some(Place::Reports), &problem)
        }
        Err(error) => {
            tracing::error!(error = format!("{error:#}"), "file of the archive not read");
            let problem = unread("the file cannot be read: see the log of the service");
            answer::refused(&viewer, Some(Place::Reports), &problem)
        }
    }
}
