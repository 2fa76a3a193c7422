//! What pages embed, held to the document.

use super::*;
use crate::http::widget;

/// Sends a plain form, in each way that it can end, and asks for the widget.
pub(super) async fn embed<S, T>(
    (service, keys): (&S, &Secrets),
    (tight, tight_keys): (&T, &Secrets),
    document: &mut Document,
) where
    S: Service<Request, Response = ServiceResponse, Error = actix_web::Error>,
    T: Service<Request, Response = ServiceResponse, Error = actix_web::Error>,
{
    let route = ("post", "/v1/feedback/form");
    let form = |key: &str, more: &str| {
        let body = format!("key={key}&kind=csat&score=4{more}");
        TestRequest::post().uri(route.1).set_payload(body)
    };
    let there = form(&keys.send, "&return=/x").insert_header(("Origin", "https://shop.example"));
    let packed = form(&keys.send, "").insert_header(("Content-Encoding", "x"));
    for (request, status) in [
        (form(&keys.send, ""), 200),
        (form(&keys.send, "&score=9"), 200),
        (there, 303),
        (post(route.1, &keys.send, "kind="), 400),
        (form("nobody", ""), 401),
        (form(&keys.read, ""), 403),
        (form(&keys.send, &"x".repeat(2_001)), 413),
        (packed, 415),
    ] {
        call(service, document, route, request, status).await;
    }
    let overloaded = form(&tight_keys.send, "");
    call(tight, document, route, overloaded, 503).await;
    for path in ["/widget/v1.js", widget::PATH] {
        call(service, document, ("get", path), get(path, ""), 200).await;
    }
}
