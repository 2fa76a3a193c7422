//! Who looks at a page: the holder of a key, signed in by it.

use std::sync::Arc;

use actix_web::http::{Method, StatusCode, header};
use actix_web::{HttpRequest, HttpResponse, web};
use ingest::http::{Problem, State};
use ingest::keys::{ANY_APP, Key, Scope, is_app_name};
use reports::board::{self, Viewer};
use serde::Deserialize;

use super::question::Asked;
use super::sessions::Sessions;
use super::{Board, answer};

/// Somebody who is signed in, and the app that is looked at.
pub(super) struct Visitor {
    pub(super) key: Arc<Key>,
    pub(super) viewer: Viewer,
}

impl Visitor {
    /// Who sends a request; else the answer that it gets.
    pub(super) async fn of(
        request: &HttpRequest,
        board: &Board,
        state: &State,
    ) -> Result<Self, HttpResponse> {
        let key = board.sessions.key_id(request);
        let key = key.and_then(|id| state.key_named(&id));
        let Some(key) = key.filter(|key| may_enter(key)) else {
            return Err(closed(request));
        };
        let named = Asked::of(request).ok();
        let named = named.as_ref().and_then(|asked| asked.get("app"));
        Self::holding(key, named, address(request), board).await
    }

    /// The holder of a key, who looks at an app.
    pub(super) async fn holding(
        key: Arc<Key>,
        named: Option<&str>,
        address: String,
        board: &Board,
    ) -> Result<Self, HttpResponse> {
        let mut viewer = Viewer {
            holder: Some(key.person.clone().unwrap_or_else(|| key.id.clone())),
            may_plan: key.may(Scope::Plan),
            address,
            ..Viewer::default()
        };
        if key.app == ANY_APP {
            viewer.apps = board.at_hand.apps().await.unwrap_or_else(|error| {
                tracing::warn!(error = format!("{error:#}"), "apps not read");
                Vec::new()
            });
        } else {
            viewer.apps = vec![key.app.clone()];
        }
        let first = viewer.apps.first().cloned().unwrap_or_default();
        let is_named_right = |app: &str| is_app_name(app) && (key.app == ANY_APP || key.app == app);
        viewer.app = match named {
            Some(app) if is_named_right(app) => app.to_owned(),
            Some(_) => {
                let message = "this key does not open that app";
                let problem = Problem::new(StatusCode::FORBIDDEN, "wrong_app", message);
                return Err(answer::refused(&viewer, None, &problem));
            }
            None => first,
        };
        Ok(Self { key, viewer })
    }
}

/// What those get who are not signed in: the door, or for the script a status that it understands.
fn closed(request: &HttpRequest) -> HttpResponse {
    if request.path().ends_with(".json") {
        return HttpResponse::Unauthorized().finish();
    }
    let to = if request.method() == Method::GET {
        address(request)
    } else {
        answer::came_from(request)
    };
    answer::lead(&["/sign-in?", &encoded(&[("to", to)])].concat())
}

fn may_enter(key: &Key) -> bool {
    key.may(Scope::Read) || key.may(Scope::Plan)
}

fn address(request: &HttpRequest) -> String {
    request.uri().path_and_query().map_or_else(
        || "/".to_owned(),
        |address| answer::own_path(address.as_str()).to_owned(),
    )
}

fn encoded(pairs: &[(&str, String)]) -> String {
    let pairs = pairs.iter().map(|(name, value)| (*name, value.as_str()));
    url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs(pairs)
        .finish()
}

/// `GET /sign-in`.
pub(super) async fn ask(request: HttpRequest) -> HttpResponse {
    let asked = Asked::of(&request).unwrap_or_default();
    door(StatusCode::OK, asked.get("to").unwrap_or("/"), None)
}

fn door(status: StatusCode, to: &str, problem: Option<&str>) -> HttpResponse {
    match board::sign_in(answer::own_path(to), problem) {
        Ok(page) => answer::html(status, page),
        Err(error) => answer::fault(&error),
    }
}

/// What the door is told.
#[derive(Deserialize)]
pub(super) struct SignIn {
    key: String,
    #[serde(default)]
    to: String,
}

/// `POST /sign-in`.
pub(super) async fn sign_in(
    request: HttpRequest,
    form: web::Form<SignIn>,
    board: web::Data<Board>,
    state: web::Data<State>,
) -> HttpResponse {
    let no = |words: &str| door(StatusCode::FORBIDDEN, &form.to, Some(words));
    if !answer::is_from_here(&request) {
        return no("This form was sent by another site.");
    }
    let Some(key) = state.key_of(&request, form.key.trim()) else {
        return no("This key is not known, was revoked or has expired.");
    };
    if !may_enter(&key) {
        return no("This key has neither the scope read nor plan: ask for another.");
    }
    let is_tls = request.connection_info().scheme() == "https";
    let started = web::block({
        let board = board.clone();
        move || board.sessions.start(&key.id, is_tls)
    });
    match started.await.map_err(anyhow::Error::from).flatten() {
        Ok(cookie) => {
            let mut answer = answer::lead(answer::own_path(&form.to));
            if let Err(error) = answer.add_cookie(&cookie) {
                tracing::error!(%error, "cookie not set");
            }
            answer
        }
        Err(error) => {
            tracing::error!(error = format!("{error:#}"), "nobody can sign in");
            door(
                StatusCode::SERVICE_UNAVAILABLE,
                &form.to,
                Some("Nobody can sign in at the moment: see the log of the service."),
            )
        }
    }
}

/// `POST /sign-out`.
pub(super) async fn sign_out(request: HttpRequest, board: web::Data<Board>) -> HttpResponse {
    if !answer::is_from_here(&request) {
        return answer::lead("/");
    }
    let mut answer = answer::lead("/sign-in");
    if let Err(error) = answer.add_cookie(&Sessions::no_cookie()) {
        tracing::error!(%error, "cookie not set");
    }
    let token = Sessions::token(&request);
    let ended = web::block(move || board.sessions.end(token.as_deref()));
    if let Err(error) = ended.await.map_err(anyhow::Error::from).flatten() {
        // The cookie is gone; whoever kept a copy of it is let in until it ends.
        tracing::error!(error = format!("{error:#}"), "session not ended");
    }
    let clear = header::HeaderValue::from_static("\"cache\"");
    let name = header::HeaderName::from_static("clear-site-data");
    answer.headers_mut().insert(name, clear);
    answer
}
