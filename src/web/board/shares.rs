//! Links by which people without a key read one page: that page with that query, nothing else, until
//! a day or until somebody takes the link back. The file holds hashes of what opens them.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use actix_web::http::{StatusCode, header};
use actix_web::{HttpRequest, HttpResponse, web};
use anyhow::Context as _;
use base64::prelude::{BASE64_STANDARD, Engine as _};
use ingest::audit::Act;
use ingest::http::{Problem, State};
use ingest::keys::Scope;
use jiff::{SignedDuration, Timestamp};
use lake::Clock;
use reports::board::{self, SharedPage, Viewer};
use serde::{Deserialize, Serialize};
use tokio::sync::Semaphore;

use super::kept::Kept;
use super::question::{Asked, Page};
use super::visitor::Visitor;
use super::{Board, answer, says, secret};

const FILE: &str = "shares.json";
/// Longest life of a link, in days.
const DAYS_MAX: i64 = 365;
/// Links that are held; the oldest go first.
const SHARES_MAX: usize = 1_000;
/// Shortest and longest password.
const PASSWORD_CHARS_MIN: usize = 8;
const PASSWORD_CHARS_MAX: usize = 200;
/// Passwords that are tried at once.
const GUESSES_MAX: usize = 2;

/// A link.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Share {
    id: String,
    token_sha256: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    password: Option<String>,
    app: String,
    address: String,
    by: String,
    /// The key of the one who shared it: without that, the link opens nothing.
    key_id: String,
    expires_at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    revoked_at: Option<Timestamp>,
}

impl Share {
    fn is_open(&self, now: Timestamp) -> bool {
        self.revoked_at.is_none() && now < self.expires_at
    }
}

/// All links.
#[derive(Debug)]
pub(super) struct Shares {
    kept: Kept<Share>,
    /// Each guess of a password takes 19 MiB and tens of milliseconds: few at once.
    guesses: Semaphore,
    clock: Arc<dyn Clock>,
}

/// What a link is to open.
struct Wanted {
    id: String,
    app: String,
    address: String,
    by: String,
    key_id: String,
    days: i64,
    password: Option<String>,
}

impl Shares {
    pub(super) fn open(data: &Path, clock: Arc<dyn Clock>) -> anyhow::Result<Self> {
        let kept = Kept::open(data, FILE)?;
        Ok(Self {
            kept,
            guesses: Semaphore::new(GUESSES_MAX),
            clock,
        })
    }

    /// Makes a link; returns its token, which is kept nowhere. Slow where there is a password.
    fn make(&self, wanted: Wanted) -> anyhow::Result<String> {
        let (now, token) = (self.now(), secret::token()?);
        let password = wanted.password.as_deref().map(secret::password);
        let share = Share {
            id: wanted.id,
            token_sha256: secret::digest(&token),
            password: password.transpose()?,
            app: wanted.app,
            address: wanted.address,
            by: wanted.by,
            key_id: wanted.key_id,
            expires_at: now.saturating_add(SignedDuration::from_hours(24 * wanted.days))?,
            revoked_at: None,
        };
        self.kept.change(|shares| {
            // What is over is told of for a while, and then let go of with what its address says.
            shares.retain(|share| now < share.expires_at);
            if shares.len() >= SHARES_MAX {
                shares.retain(|share| share.is_open(now));
            }
            let more = (shares.len() + 1).saturating_sub(SHARES_MAX);
            shares.drain(..more);
            shares.push(share);
        })?;
        Ok(token)
    }

    /// Takes a link of an app back.
    fn revoke(&self, app: &str, id: &str) -> anyhow::Result<()> {
        let now = self.now();
        self.kept.change(|shares| {
            let mut of_app = shares.iter_mut().filter(|share| share.app == app);
            if let Some(share) = of_app.find(|share| share.id == id) {
                share.revoked_at = share.revoked_at.or(Some(now));
            }
        })
    }

    /// The links of an app, the newest first.
    fn of(&self, app: &str) -> Vec<SharedPage> {
        let now = self.now();
        let page = |share: &Share| SharedPage {
            id: share.id.clone(),
            address: share.address.clone(),
            by: share.by.clone(),
            expires_at: share.expires_at.to_string(),
            has_password: share.password.is_some(),
            is_open: share.is_open(now),
        };
        self.kept.look(|shares| {
            let of_app = shares.iter().rev().filter(|share| share.app == app);
            of_app.map(page).collect()
        })
    }

    /// The link that a token opens.
    fn find(&self, token: &str) -> Option<Share> {
        let (digest, now) = (secret::digest(token), self.now());
        self.kept.look(|shares| {
            let mut open = shares.iter().filter(|share| share.is_open(now));
            open.find(|share| secret::is_same(&share.token_sha256, &digest))
                .cloned()
        })
    }

    fn now(&self) -> Timestamp {
        Timestamp::from_microsecond(self.clock.now()).unwrap_or(Timestamp::MAX)
    }
}

/// `GET /shares`: the links of an app.
pub(super) async fn list(
    request: HttpRequest,
    board: web::Data<Board>,
    state: web::Data<State>,
) -> HttpResponse {
    match Visitor::of(&request, &board, &state).await {
        Ok(visitor) => listed(&board, &visitor.viewer, None),
        Err(answer) => answer,
    }
}

fn listed(board: &Board, viewer: &Viewer, new: Option<&str>) -> HttpResponse {
    let shares = board.shares.of(&viewer.app);
    let body = board::shares(&viewer.app, &shares, new);
    answer::page(viewer, (None, StatusCode::OK, "Shared links"), body)
}

/// `POST /shares`: makes a link to a page.
pub(super) async fn make(
    request: HttpRequest,
    form: web::Form<BTreeMap<String, String>>,
    board: web::Data<Board>,
    state: web::Data<State>,
) -> HttpResponse {
    let visitor = match says::writer(&request, &form, &board, &state).await {
        Ok(visitor) => visitor,
        Err(answer) => return answer,
    };
    let viewer = &visitor.viewer;
    let wanted = match wanted(&form, &visitor) {
        Ok(wanted) => wanted,
        Err(problem) => return answer::refused(viewer, None, &problem),
    };
    let act = (Act::Share, wanted.id.as_str());
    if let Err(problem) = state.note_act(&request, &visitor.key, act).await {
        return answer::refused(viewer, None, &problem);
    }
    let made = web::block({
        let board = board.clone();
        move || board.shares.make(wanted)
    });
    match made.await.map_err(anyhow::Error::from).flatten() {
        Ok(token) => {
            let here = request.connection_info();
            let link = format!("{}://{}/shared/{token}", here.scheme(), here.host());
            listed(&board, viewer, Some(&link))
        }
        Err(error) => failed(viewer, &error),
    }
}

fn failed(viewer: &Viewer, error: &anyhow::Error) -> HttpResponse {
    tracing::error!(error = format!("{error:#}"), "link not changed");
    let message = "the link cannot be changed: see the log of the service";
    let problem = Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "failed", message);
    answer::refused(viewer, None, &problem)
}

fn wanted(form: &BTreeMap<String, String>, visitor: &Visitor) -> Result<Wanted, Problem> {
    let bad = |message: String| Problem::new(StatusCode::BAD_REQUEST, "bad_field", message);
    let field = |name: &str| form.get(name).map_or("", |value| value.trim());
    let days = field("days").parse().ok();
    let days = days.filter(|days| (1..=DAYS_MAX).contains(days));
    let days = days.ok_or_else(|| bad(format!("days: a link opens for 1 to {DAYS_MAX} days")))?;
    let address = answer::own_path(field("address"));
    if read(address).is_none() {
        return Err(bad("address: this page cannot be shared".to_owned()));
    }
    let password = Some(field("password")).filter(|password| !password.is_empty());
    let lengths = PASSWORD_CHARS_MIN..=PASSWORD_CHARS_MAX;
    if password.is_some_and(|password| !lengths.contains(&password.chars().count())) {
        let message =
            format!("password: {PASSWORD_CHARS_MIN} to {PASSWORD_CHARS_MAX} characters, or none");
        return Err(bad(message));
    }
    let viewer = &visitor.viewer;
    Ok(Wanted {
        id: secret::name().map_err(|error| bad(error.to_string()))?,
        app: viewer.app.clone(),
        address: address.to_owned(),
        by: viewer.holder.clone().unwrap_or_default(),
        key_id: visitor.key.id.clone(),
        days,
        password: password.map(str::to_owned),
    })
}

/// The page of an address, and what it asks.
fn read(address: &str) -> Option<(Page, Asked)> {
    let (path, query) = address.split_once('?').unwrap_or((address, ""));
    let release = path.strip_prefix("/releases/");
    let release = match release {
        Some(release) => Some(decoded(release)?),
        None => None,
    };
    Some((
        Page::at(path, release.as_deref())?,
        Asked::read(query).ok()?,
    ))
}

/// A segment of a path as text (RFC 3986, 2.1).
fn decoded(segment: &str) -> Option<String> {
    let mut bytes = Vec::new();
    let mut left = segment.bytes();
    while let Some(byte) = left.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let digits = [left.next()?, left.next()?];
        let digits = std::str::from_utf8(&digits).ok()?;
        bytes.push(u8::from_str_radix(digits, 16).ok()?);
    }
    String::from_utf8(bytes).ok()
}

/// `POST /shares/revoke`: takes a link back.
pub(super) async fn revoke(
    request: HttpRequest,
    form: web::Form<BTreeMap<String, String>>,
    board: web::Data<Board>,
    state: web::Data<State>,
) -> HttpResponse {
    let visitor = match says::writer(&request, &form, &board, &state).await {
        Ok(visitor) => visitor,
        Err(answer) => return answer,
    };
    let viewer = &visitor.viewer;
    let id = form.get("id").cloned().unwrap_or_default();
    let act = (Act::Unshare, id.as_str());
    if let Err(problem) = state.note_act(&request, &visitor.key, act).await {
        return answer::refused(viewer, None, &problem);
    }
    let revoked = web::block({
        let (board, app) = (board.clone(), viewer.app.clone());
        move || board.shares.revoke(&app, &id)
    });
    match revoked.await.map_err(anyhow::Error::from).flatten() {
        Ok(()) => listed(&board, viewer, None),
        Err(error) => failed(viewer, &error),
    }
}

/// `GET /shared/{token}`: the page that a link opens.
pub(super) async fn open(
    request: HttpRequest,
    token: web::Path<String>,
    board: web::Data<Board>,
    state: web::Data<State>,
) -> HttpResponse {
    let nobody = Viewer::default();
    let may_still = |share: &Share| {
        let key = state.key_named(&share.key_id);
        key.is_some_and(|key| key.may(Scope::Plan))
    };
    let share = board.shares.find(&token).filter(may_still);
    let found = share.and_then(|share| Some((read(&share.address)?, share)));
    let Some(((page, asked), share)) = found else {
        let message = "this link opens nothing: it ended, was taken back, or is not whole";
        let problem = Problem::new(StatusCode::NOT_FOUND, "not_found", message);
        return answer::refused(&nobody, None, &problem);
    };
    if let Some(password) = share.password
        && !is_let_in(&request, password, &board.shares.guesses).await
    {
        let message = "this page needs a password; any name goes with it";
        let problem = Problem::new(StatusCode::UNAUTHORIZED, "password", message);
        let mut refused = answer::refused(&nobody, None, &problem);
        let asks =
            header::HeaderValue::from_static("Basic realm=\"shared page\", charset=\"UTF-8\"");
        refused.headers_mut().insert(header::WWW_AUTHENTICATE, asks);
        return refused;
    }
    let viewer = Viewer {
        app: share.app,
        address: share.address,
        ..Viewer::default()
    };
    let rendered = board.body(&viewer, &page, &asked).await.and_then(|body| {
        let html = board::page(&viewer, None, &body.page)?;
        Ok(answer::html(body.status, html))
    });
    rendered.unwrap_or_else(|error| answer::fault(&error))
}

/// Whether a request brings the password of a link.
async fn is_let_in(request: &HttpRequest, kept: String, guesses: &Semaphore) -> bool {
    let given = || -> anyhow::Result<String> {
        let sent = request.headers().get(header::AUTHORIZATION);
        let sent = sent.context("no password")?.to_str()?;
        let encoded = sent.strip_prefix("Basic ").context("another scheme")?;
        let pair = String::from_utf8(BASE64_STANDARD.decode(encoded.trim())?)?;
        let (_, password) = pair.split_once(':').context("no pair")?;
        Ok(password.to_owned())
    };
    let Ok(guess) = given() else { return false };
    if guess.chars().count() > PASSWORD_CHARS_MAX {
        return false;
    }
    let Ok(_turn) = guesses.acquire().await else {
        return false;
    };
    let is_right = web::block(move || secret::is_password(&kept, &guess)).await;
    is_right.unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use lake::FixedClock;

    use super::*;

    const DAY: i64 = 86_400_000_000;

    #[test]
    fn a_link_opens_until_it_ends_or_is_taken_back_and_no_file_holds_it() {
        let folder = tempfile::tempdir().unwrap();
        let at = |day: i64| Shares::open(folder.path(), Arc::new(FixedClock(day * DAY))).unwrap();
        let wanted = |days: i64| Wanted {
            id: "0badcafe".to_owned(),
            app: "shop".to_owned(),
            address: "/kpis?platform=ios".to_owned(),
            by: "ada".to_owned(),
            key_id: "k1".to_owned(),
            days,
            password: None,
        };
        let token = at(1).make(wanted(7)).unwrap();
        let file = std::fs::read_to_string(folder.path().join(FILE)).unwrap();
        assert!(!file.contains(&token));
        assert_eq!(at(7).find(&token).unwrap().address, "/kpis?platform=ios");
        assert!(at(8).find(&token).is_none() && at(2).find("guess").is_none());
        let id = at(2).of("shop")[0].id.clone();
        assert!(at(2).find(&id).is_none(), "its name opens nothing");
        at(2).revoke("other", &id).unwrap();
        assert!(at(2).find(&token).is_some(), "of another app");
        at(2).revoke("shop", &id).unwrap();
        assert!(at(2).find(&token).is_none());
        assert!(!at(2).of("shop")[0].is_open);
    }

    #[test]
    fn pages_of_figures_are_shared_and_nothing_else() {
        let page = |address: &str| read(address).map(|(page, _)| page);
        assert_eq!(
            page("/kpis?from=2026-10-01&to=2026-10-07"),
            Some(Page::Kpis)
        );
        let release = Page::Release("4.2.0 β".to_owned());
        assert_eq!(page("/releases/4.2.0%20%CE%B2"), Some(release));
        for other in [
            "/",
            "/shares",
            "/reports/x/y",
            "/releases/%FF",
            "/releases/%4",
            "/kpis?x=%00",
        ] {
            assert_eq!(page(other), None, "{other}");
        }
    }
}
