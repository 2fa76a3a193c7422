//! The files of the report that a page shows parts of, to be taken away: the same window, the same
//! segment, the same numbers.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use ingest::http::{Problem, State};

use super::question::{Asked, Page};
use super::visitor::Visitor;
use super::{Board, answer};
use crate::commands::report::Made;

/// What spreadsheets know UTF-8 by; programs that read our files from a folder do not get it.
const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

/// `GET /files/{page}/{file}`: a file of the report of a page, by what is in it.
pub(super) async fn file(
    request: HttpRequest,
    path: web::Path<(String, String)>,
    board: web::Data<Board>,
    state: web::Data<State>,
) -> HttpResponse {
    let visitor = match Visitor::of(&request, &board, &state).await {
        Ok(visitor) => visitor,
        Err(answer) => return answer,
    };
    let viewer = &visitor.viewer;
    let (page, name) = path.into_inner();
    match board.file(&request, &viewer.app, (&page, &name)).await {
        Ok((name, bytes)) => answer::file(&name, true, bytes),
        Err(problem) => answer::refused(viewer, None, &problem),
    }
}

impl Board {
    /// Makes the report of a page, and picks a file of it.
    async fn file(
        &self,
        request: &HttpRequest,
        app: &str,
        (page, wanted): (&str, &str),
    ) -> Result<(String, Vec<u8>), Problem> {
        let asked = Asked::of(request)?;
        let missing = || {
            let message =
                "there is no such file: the page that it is of names those that there are";
            Problem::new(StatusCode::NOT_FOUND, "not_found", message)
        };
        let page = match page {
            "release" => asked
                .get("release")
                .map(|name| Page::Release(name.to_owned())),
            page => Page::at(&["/", page].concat(), None),
        };
        let page = page.filter(|page| page.files().contains(&wanted));
        let page = page.ok_or_else(missing)?;
        let words = page.report_words(app, &asked, &self.defaults)?;
        let words = words.ok_or_else(missing)?;
        let ended = self.commands.carry_out(words).await?;
        if ended.code != Some(0) {
            let why = super::figures::refusal(&ended.stderr);
            let status = StatusCode::UNPROCESSABLE_ENTITY;
            return Err(Problem::new(status, "refused", why));
        }
        let made: Made = serde_json::from_slice(&ended.stdout).map_err(|error| {
            tracing::error!(%error, "report not read");
            let status = StatusCode::INTERNAL_SERVER_ERROR;
            Problem::new(
                status,
                "unread",
                "the report cannot be read: see the log of the service",
            )
        })?;
        let (name, mut bytes) = made.take_file(wanted).ok_or_else(missing)?;
        if wanted.ends_with(".csv") {
            bytes.splice(0..0, BYTE_ORDER_MARK.iter().copied());
        }
        Ok((name, bytes))
    }
}
