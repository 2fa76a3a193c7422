//! Who is signed in: a random token in a cookie stands for a key until it ends, the key no longer
//! opens anything, or its holder signs out. The file holds hashes of tokens, and no secret.

use std::path::Path;
use std::sync::Arc;

use actix_web::HttpRequest;
use actix_web::cookie::time::Duration;
use actix_web::cookie::{Cookie, SameSite};
use jiff::Timestamp;
use lake::Clock;
use serde::{Deserialize, Serialize};

use super::kept::Kept;
use super::secret;

const FILE: &str = "sessions.json";
const COOKIE: &str = "shipwake_session";
/// Days until one has to sign in again.
const DAYS: i64 = 30;
/// Sessions that are held; the oldest go first.
const SESSIONS_MAX: usize = 1_000;

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Session {
    token_sha256: String,
    key_id: String,
    expires_at: Timestamp,
}

/// Everybody who is signed in.
#[derive(Debug)]
pub(super) struct Sessions {
    kept: Kept<Session>,
    clock: Arc<dyn Clock>,
}

impl Sessions {
    pub(super) fn open(data: &Path, clock: Arc<dyn Clock>) -> anyhow::Result<Self> {
        let kept = Kept::open(data, FILE)?;
        Ok(Self { kept, clock })
    }

    /// Signs the holder of a key in; returns the cookie that stands for it.
    ///
    /// # Errors
    /// When the disk refuses.
    pub(super) fn start(&self, key_id: &str, is_tls: bool) -> anyhow::Result<Cookie<'static>> {
        let token = secret::token()?;
        let now = self.now();
        let session = Session {
            token_sha256: secret::digest(&token),
            key_id: key_id.to_owned(),
            expires_at: now.saturating_add(jiff::SignedDuration::from_hours(24 * DAYS))?,
        };
        self.kept.change(|sessions| {
            sessions.retain(|session| now < session.expires_at);
            let more = (sessions.len() + 1).saturating_sub(SESSIONS_MAX);
            sessions.drain(..more);
            sessions.push(session);
        })?;
        Ok(cookie(token, is_tls, Duration::days(DAYS)))
    }

    /// The id of the key that a request is signed in by.
    pub(super) fn key_id(&self, request: &HttpRequest) -> Option<String> {
        let digest = secret::digest(&Self::token(request)?);
        let now = self.now();
        self.kept.look(|sessions| {
            let mut open = sessions.iter().filter(|session| now < session.expires_at);
            let found = open.find(|session| secret::is_same(&session.token_sha256, &digest));
            found.map(|session| session.key_id.clone())
        })
    }

    /// The token of a request.
    pub(super) fn token(request: &HttpRequest) -> Option<String> {
        Some(request.cookie(COOKIE)?.value().to_owned())
    }

    /// Signs out whom a token stands for.
    ///
    /// # Errors
    /// When the disk refuses.
    pub(super) fn end(&self, token: Option<&str>) -> anyhow::Result<()> {
        let Some(digest) = token.map(secret::digest) else {
            return Ok(());
        };
        self.kept
            .change(|sessions| sessions.retain(|session| session.token_sha256 != digest))
    }

    /// The cookie that takes the place of the one of a session.
    pub(super) fn no_cookie() -> Cookie<'static> {
        cookie(String::new(), false, Duration::ZERO)
    }

    fn now(&self) -> Timestamp {
        Timestamp::from_microsecond(self.clock.now()).unwrap_or(Timestamp::MAX)
    }
}

fn cookie(value: String, is_tls: bool, age: Duration) -> Cookie<'static> {
    Cookie::build(COOKIE, value)
        .path("/")
        .http_only(true)
        .same_site(SameSite::Lax)
        .secure(is_tls)
        .max_age(age)
        .finish()
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;
    use lake::FixedClock;

    use super::*;

    const DAY: i64 = 86_400_000_000;

    #[test]
    fn a_session_stands_for_its_key_past_a_restart_until_it_ends() {
        let folder = tempfile::tempdir().unwrap();
        let at = |day: i64| {
            let clock = Arc::new(FixedClock(day * DAY));
            Sessions::open(folder.path(), clock).unwrap()
        };
        let cookie = at(1).start("k1", true).unwrap();
        assert!(cookie.http_only() == Some(true) && cookie.secure() == Some(true));
        assert_eq!(cookie.same_site(), Some(SameSite::Lax));
        let text = std::fs::read_to_string(folder.path().join(FILE)).unwrap();
        assert!(!text.contains(cookie.value()), "no file holds the token");
        let with =
            |cookie: &Cookie<'static>| TestRequest::get().cookie(cookie.clone()).to_http_request();
        assert_eq!(at(30).key_id(&with(&cookie)).as_deref(), Some("k1"));
        assert_eq!(at(31).key_id(&with(&cookie)), None);
        let guess = Cookie::new(COOKIE, "0".repeat(64));
        assert_eq!(at(2).key_id(&with(&guess)), None);
        assert_eq!(at(2).key_id(&TestRequest::get().to_http_request()), None);
        at(2).end(Some(cookie.value())).unwrap();
        let gone = Sessions::no_cookie();
        assert_eq!((gone.value(), gone.max_age()), ("", Some(Duration::ZERO)));
        assert_eq!(at(2).key_id(&with(&cookie)), None);
    }
}
