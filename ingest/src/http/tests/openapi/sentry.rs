//! What the routes of Sentry's SDKs answer.

use super::*;

/// The routes of Sentry's SDKs and a good body of each.
const SENTRY: [(&str, &str); 2] = [
    (
        "/api/{project}/envelope",
        "{\"event_id\":\"0123456789abcdef0123456789abcdef\"}\n{\"type\":\"event\"}\n{}",
    ),
    ("/api/{project}/store", r#"{"message":"hello"}"#),
];

/// Calls the routes of Sentry's SDKs, in each way that they can end.
pub(super) async fn take<S>((service, keys): (&S, &Secrets), document: &mut Document)
where
    S: Service<Request, Response = ServiceResponse, Error = actix_web::Error>,
{
    for (path, good) in SENTRY {
        let route = ("post", path);
        let uri = path.replace("{project}", "42");
        let request = |key: &str, body: &str| post(&uri, key, body.to_owned());
        let packed = request(&keys.send, good).insert_header(("Content-Encoding", "x"));
        let sent = call(service, document, route, request(&keys.send, good), 200).await;
        assert_eq!(sent["id"].as_str().unwrap().len(), 32, "{sent}");
        for (request, status) in [
            (request(&keys.send, " "), 400),
            (request("nobody", good), 401),
            (request(&keys.read, good), 403),
            (request(&keys.send, &" ".repeat(2_001)), 413),
            (packed, 415),
        ] {
            call(service, document, route, request, status).await;
        }
    }
}

/// Calls them on a service that is stopping.
pub(super) async fn stop<S>(service: &S, keys: &Secrets, document: &mut Document)
where
    S: Service<Request, Response = ServiceResponse, Error = actix_web::Error>,
{
    for (path, good) in SENTRY {
        let request = post(&path.replace("{project}", "1"), &keys.send, good);
        call(service, document, ("post", path), request, 503).await;
    }
}
