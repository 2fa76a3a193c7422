//! Browsers may send from any page: the origin is mirrored, and no credentials are allowed, so that
//! a page can do no more with a visitor's browser than with the key that it holds.

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::middleware::Next;
use actix_web::{Error, HttpRequest, HttpResponse};

/// Seconds for which a browser may keep the answer to a preflight.
const PREFLIGHT_SECONDS: &str = "3600";
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

/// Lets a page of any origin read the answer and its back-off header.
pub(crate) async fn mirror_origin(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let origin = request.headers().get(header::ORIGIN).cloned();
    let mut response = next.call(request).await?;
    if let Some(origin) = origin {
        let headers = response.headers_mut();
        let mut set = |name: HeaderName, value| drop(headers.insert(name, value));
        set(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        set(
            header::ACCESS_CONTROL_EXPOSE_HEADERS,
            HeaderValue::from_static("Retry-After"),
        );
        set(header::VARY, HeaderValue::from_static("Origin"));
    }
    Ok(response)
}
