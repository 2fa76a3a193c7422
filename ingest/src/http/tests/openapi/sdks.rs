//! What SDKs of other products send.

use super::*;

/// What SDKs of other products send, in each way that it can end.
pub(super) async fn take<S, T>(
    (service, keys): (&S, &Secrets),
    (tight, tight_keys): (&T, &Secrets),
    document: &mut Document,
) where
    S: Service<Request, Response = ServiceResponse, Error = actix_web::Error>,
    T: Service<Request, Response = ServiceResponse, Error = actix_web::Error>,
{
    let messages = segment::TAKING.map(|(path, _)| path);
    let signals = otlp::SIGNALS.map(|(path, _)| path);
    for path in messages.into_iter().chain(signals) {
        let route = ("post", path);
        let request = |key: &str, body: &str| post(path, key, body.to_owned());
        let packed = request(&keys.send, "{}").insert_header(("Content-Encoding", "x"));
        let mut cases = vec![
            (request(&keys.send, "{}"), 200),
            (request("nobody", "{}"), 401),
            (request(&keys.read, "{}"), 403),
            (request(&keys.send, &" ".repeat(2_001)), 413),
            (packed, 415),
        ];
        if !matches!(path, "/v1/traces" | "/v1/metrics") {
            cases.push((request(&keys.send, "{oops"), 400));
        }
        for (request, status) in cases {
            call(service, document, route, request, status).await;
        }
        let overloaded = request(&tight_keys.admin, "{}");
        call(tight, document, route, overloaded, 503).await;
    }
    let route = ("get", segment::SETTINGS);
    for (key, status) in [
        (keys.send.as_str(), 200),
        ("nobody", 401),
        (&keys.read, 403),
    ] {
        let uri = route.1.replace("{write_key}", key);
        call(service, document, route, get(&uri, ""), status).await;
    }
}
