//! The routes of Sentry's SDKs.

use utoipa::openapi::request_body::{RequestBody, RequestBodyBuilder};
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::{HttpMethod, Required};

use super::{
    JSON, KEYED, Limits, OVERLOADED, Operation, Scope, WITH_BODY, content, json, problems,
};

const ENVELOPE: &str = "application/x-sentry-envelope";

pub(super) fn all(limits: &Limits) -> [Operation; 2] {
    let lines = ObjectBuilder::new().schema_type(Type::String);
    let envelope = RequestBodyBuilder::new().content(ENVELOPE, content(lines));
    let event = RequestBodyBuilder::new().content(JSON, content(ObjectBuilder::new()));
    let body = |body: RequestBodyBuilder| body.required(Some(Required::True)).build();
    [
        operation(
            ("/api/{project}/envelope", "sentry_envelope"),
            "Send an envelope of a Sentry SDK",
            body(envelope),
            limits,
        ),
        operation(
            ("/api/{project}/store", "sentry_store"),
            "Send a bare event of an older Sentry SDK",
            body(event),
            limits,
        ),
    ]
}

fn operation(
    (path, id): (&'static str, &'static str),
    summary: &'static str,
    body: RequestBody,
    limits: &Limits,
) -> Operation {
    let description = format!(
        "The key's 32 hexadecimal digits are the public key of the DSN (`X-Sentry-Auth`, \
         `?sentry_key=` or the envelope's `dsn`); the project is any number. Errors, messages, \
         sessions and feedback are kept; what is not is counted, and SDKs are asked to hold it \
         back (`X-Sentry-Rate-Limits`). Where there is no room the request is held for a while. At \
         most {} bytes an item.",
        limits.event_bytes_max
    );
    let said = "What is kept is on disk; what could not be read is in quarantine";
    let mut answers = vec![json(200, said, "SentryAnswer")];
    // A body that stalls is answered 503, too.
    let of_body = WITH_BODY.into_iter().filter(|(status, _)| *status != 408);
    let documented = problems(KEYED.into_iter().chain(of_body).chain([OVERLOADED]));
    for (status, mut response) in documented {
        // The body has a form of its own; the rest is as for every route.
        response.content = json(status, "", "SentryProblem").1.content;
        answers.push((status, response));
    }
    Operation {
        method: HttpMethod::Post,
        path,
        id,
        summary,
        description,
        scope: Some(Scope::Send),
        query: &[],
        in_path: None,
        body: Some(body),
        answers,
    }
}
