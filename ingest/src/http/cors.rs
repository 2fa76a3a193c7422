//! Browsers may send from any page: the origin is mirrored, and credentials are allowed, since
//! `sendBeacon` sends them and a preflight without that word costs the batch. No route of these
//! reads a cookie, so that a page can do no more with a visitor's browser than with the key that it
//! holds.

use actix_web::http::header::{self, HeaderMap, HeaderValue};
use actix_web::{HttpRequest, HttpResponse};

/// Seconds for which a browser may keep the answer to a preflight.
const PREFLIGHT_SECONDS: &str = "3600";
/// What a page may read of an answer: when to come again, in the words of each SDK.
const EXPOSED: &str = "Retry-After, X-Sentry-Rate-Limits, X-Sentry-Error";
const METHODS: &str = "GET, POST, OPTIONS";
const HEADERS: &str = "authorization, content-type, content-encoding, x-api-key";

/// Answers a preflight: every header that the page asks for is allowed.
pub(crate) async fn preflight(request: HttpRequest) -> HttpResponse {
    let asked = request
        .headers()
        .get(header::ACCESS_CONTROL_REQUEST_HEADERS);
    let allowed = asked.cloned().unwrap_or(HeaderValue::from_static(HEADERS));
    HttpResponse::NoContent()
        .insert_header((header::ACCESS_CONTROL_ALLOW_METHODS, METHODS))
        .insert_header((header::ACCESS_CONTROL_ALLOW_HEADERS, allowed))
        .insert_header((header::ACCESS_CONTROL_MAX_AGE, PREFLIGHT_SECONDS))
        .finish()
}

/// Lets a page of any origin read the answer and its back-off headers.
pub(crate) fn mirror(origin: HeaderValue, headers: &mut HeaderMap) {
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    headers.insert(
        header::ACCESS_CONTROL_ALLOW_CREDENTIALS,
        HeaderValue::from_static("true"),
    );
    headers.insert(
        header::ACCESS_CONTROL_EXPOSE_HEADERS,
        HeaderValue::from_static(EXPOSED),
    );
    headers.insert(header::VARY, HeaderValue::from_static("Origin"));
}
