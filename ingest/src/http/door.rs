//! Who is at the door: the key that a request presents, and what it may do.

use std::sync::Arc;

use actix_web::http::header::HeaderValue;
use actix_web::http::{StatusCode, header};
use actix_web::{HttpRequest, web};
use serde::Deserialize;

use crate::http::problem::Problem;
use crate::keys::{ANY_APP, Key, KeyStore, Scope, is_app_name};

/// The parts of a query that the ingest routes know; others are left alone, since SDKs add some.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Query {
    key: Option<String>,
    /// The app, for keys that are for all apps.
    pub(crate) app: Option<String>,
    dry_run: Option<String>,
}

impl Query {
    pub(crate) fn of(request: &HttpRequest) -> Result<Self, Problem> {
        web::Query::<Self>::from_query(request.query_string())
            .map(web::Query::into_inner)
            .map_err(|error| {
                let message = format!("the query cannot be read: {error}");
                Problem::new(StatusCode::BAD_REQUEST, "bad_query", message)
            })
    }

    /// Whether the sender only wants to know what would happen.
    pub(crate) fn is_dry_run(&self) -> bool {
        self.dry_run
            .as_deref()
            .is_some_and(|value| !matches!(value, "0" | "false" | "no"))
    }
}

/// The key of a request, if it may do what `scope` names and the page that sends it may hold it.
pub(crate) fn admit(
    request: &HttpRequest,
    query: &Query,
    keys: &KeyStore,
    scope: Scope,
) -> Result<Arc<Key>, Problem> {
    let secret = presented(request, query).ok_or_else(no_key)?;
    open(request, &secret, keys, scope)
}

/// Nobody showed a key.
pub(crate) fn no_key() -> Problem {
    let message = "present a key: Authorization: Bearer KEY, X-Api-Key: KEY or ?key=KEY";
    Problem::new(StatusCode::UNAUTHORIZED, "missing_key", message)
}

/// The key of a secret, if it may do what `scope` names and the page that sends the request may
/// hold it.
pub(crate) fn open(
    request: &HttpRequest,
    secret: &str,
    keys: &KeyStore,
    scope: Scope,
) -> Result<Arc<Key>, Problem> {
    open_for(request.headers().get(header::ORIGIN), secret, keys, scope)
}

/// As [`open`], for a page of the origin that is named in a header.
pub(crate) fn open_for(
    page: Option<&HeaderValue>,
    secret: &str,
    keys: &KeyStore,
    scope: Scope,
) -> Result<Arc<Key>, Problem> {
    match keys.authorize(secret) {
        None => {
            let message = "this key is not known, was revoked or has expired";
            let status = StatusCode::UNAUTHORIZED;
            Err(Problem::new(status, "unknown_key", message))
        }
        Some(key) if !page_may_hold(page, &key) => {
            let message = "this key is not for pages of this origin";
            Err(Problem::new(StatusCode::FORBIDDEN, "wrong_origin", message))
        }
        Some(key) if key.may(scope) => Ok(key),
        Some(_) => Err(wrong_scope(scope)),
    }
}

/// The key may do other things.
pub(crate) fn wrong_scope(scope: Scope) -> Problem {
    let message = format!("this needs a key with the scope {}", scope.as_str());
    Problem::new(StatusCode::FORBIDDEN, "wrong_scope", message)
}

pub(crate) fn page_may_hold(page: Option<&HeaderValue>, key: &Key) -> bool {
    page.is_none_or(|origin| origin.to_str().is_ok_and(|origin| key.opens_for(origin)))
}

/// The request names another app than its key is for.
pub(crate) fn wrong_app(own: &str) -> Problem {
    let message = format!("this key is for the app {own:?}");
    Problem::new(StatusCode::FORBIDDEN, "wrong_app", message)
}

/// The app that a request is for: the key's, or, with a key for all apps, the one that the request
/// names. `declared` is what the body says.
pub(crate) fn app_of(
    key: &Key,
    query: &Query,
    declared: Option<String>,
) -> Result<String, Problem> {
    if key.app != ANY_APP {
        return match &query.app {
            Some(app) if *app != key.app => Err(wrong_app(&key.app)),
            _ => Ok(key.app.clone()),
        };
    }
    match query.app.clone().or(declared) {
        Some(app) if is_app_name(&app) => Ok(app),
        Some(_) => {
            let message = "an app is named with 1 to 63 of a-z, 0-9 and -";
            Err(Problem::new(StatusCode::BAD_REQUEST, "bad_app", message))
        }
        None => {
            let message = "this key is for all apps: name one with ?app=NAME or in the body";
            Err(Problem::new(
                StatusCode::BAD_REQUEST,
                "missing_app",
                message,
            ))
        }
    }
}

/// The secret that a request presents, wherever its SDK puts it.
pub(crate) fn presented(request: &HttpRequest, query: &Query) -> Option<String> {
    let header = |name: &str| request.headers().get(name)?.to_str().ok().map(str::trim);
    let authorization = header(header::AUTHORIZATION.as_str()).and_then(|value| {
        let (scheme, rest) = value.split_once(' ')?;
        match scheme.to_ascii_lowercase().as_str() {
            "bearer" => Some(rest.trim().to_owned()),
            "basic" => basic_user(rest.trim()),
            _ => None,
        }
    });
    authorization
        .or_else(|| header("x-api-key").map(str::to_owned))
        .or_else(|| query.key.clone())
        .filter(|secret| !secret.is_empty())
}

/// The user name of basic authentication.
fn basic_user(encoded: &str) -> Option<String> {
    let decoded = String::from_utf8(from_base64(encoded)?).ok()?;
    let user = decoded
        .split_once(':')
        .map_or(decoded.as_str(), |(user, _)| user);
    Some(user.to_owned())
}

/// Base 64 of RFC 4648, section 4.
pub(crate) fn from_base64(text: &str) -> Option<Vec<u8>> {
    let text = text.trim_end_matches('=');
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3);
    let (mut held, mut bits) = (0_u32, 0_u32);
    for byte in text.bytes() {
        let digit = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return None,
        };
        held = (held << 6 | u32::from(digit)) & 0xfff;
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            bytes.push(u8::try_from(held >> bits & 0xff).ok()?);
        }
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    fn secret(request: TestRequest) -> Option<String> {
        let request = request.to_http_request();
        presented(&request, &Query::of(&request).unwrap())
    }

    #[test]
    fn secret_is_found_wherever_an_sdk_puts_it() {
        let with = |name, value| TestRequest::get().insert_header((name, value));
        let found = Some("sw_send_1".to_owned());
        assert_eq!(secret(with("Authorization", "Bearer sw_send_1")), found);
        assert_eq!(secret(with("authorization", "bearer  sw_send_1")), found);
        assert_eq!(secret(with("X-Api-Key", "sw_send_1")), found);
        assert_eq!(
            secret(TestRequest::with_uri("/v1/events?key=sw_send_1&v=2")),
            found
        );
        assert_eq!(
            secret(with("Authorization", "Basic c3dfc2VuZF8xOg==")),
            found
        );
        assert_eq!(secret(with("Authorization", "Basic c3dfc2VuZF8x")), found);
        for nothing in [
            "Basic ***",
            "Bearer",
            "Bearer ",
            "Digest x",
            "",
            "Basic /w==",
        ] {
            assert_eq!(secret(with("Authorization", nothing)), None, "{nothing}");
        }
    }

    #[test]
    fn base64_of_the_standard_is_read() {
        // RFC 4648, section 10.
        let cases = [
            ("", ""),
            ("Zg==", "f"),
            ("Zm8=", "fo"),
            ("Zm9v", "foo"),
            ("Zm9vYmFy", "foobar"),
        ];
        for (encoded, plain) in cases {
            assert_eq!(from_base64(encoded).as_deref(), Some(plain.as_bytes()));
        }
    }

    #[test]
    fn dry_run_is_asked_for_by_name() {
        let asked = |uri: &str| {
            Query::of(&TestRequest::with_uri(uri).to_http_request())
                .unwrap()
                .is_dry_run()
        };
        assert!(asked("/?dry_run=1") && asked("/?dry_run=true") && asked("/?dry_run"));
        assert!(!asked("/") && !asked("/?dry_run=0") && !asked("/?dry_run=false"));
    }
}
