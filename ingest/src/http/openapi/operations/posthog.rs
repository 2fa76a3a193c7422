//! What PostHog's SDKs call. What they send is theirs to describe; here stands what is answered.

use utoipa::openapi::schema::AdditionalProperties;

use super::*;

/// The older routes, with the ids of their operations.
const CAPTURE: [(&str, &str, &str); 6] = [
    ("/batch", "posthog_batch", "posthog_batch_by_query"),
    ("/capture", "posthog_capture", "posthog_capture_by_query"),
    ("/track", "posthog_track", "posthog_track_by_query"),
    ("/engage", "posthog_engage", "posthog_engage_by_query"),
    ("/e", "posthog_e", "posthog_e_by_query"),
    ("/i/v0/e", "posthog_v0", "posthog_v0_by_query"),
];

/// The routes that answer and store nothing.
const IDLE: [(&str, &str, &str, &str); 3] = [
    (
        "/flags",
        "posthog_flags",
        "posthog_flags_by_query",
        "Says that there are no feature flags",
    ),
    (
        "/decide",
        "posthog_decide",
        "posthog_decide_by_query",
        "Says that there are no feature flags",
    ),
    (
        "/s",
        "posthog_recording",
        "posthog_recording_by_query",
        "Takes no recording of the screen",
    ),
];

const DATA: (&str, &str) = ("data", "The events (GET): JSON, in base 64 or as it is");
const TOKEN: (&str, &str) = ("token", "The key, where neither body nor headers name it");
const COMPRESSION: (&str, &str) = ("compression", "How `data` is packed: base64, gzip-js, lz64");

/// What passes by itself is a 503 here and never a 408.
const REFUSED: [(u16, &str); 3] = [
    (
        400,
        "The body cannot be read as a whole, or the app is not told",
    ),
    (413, "Over a limit: send smaller batches"),
    OVERLOADED,
];

pub(super) fn all() -> Vec<Operation> {
    let mut all: Vec<Operation> = CAPTURE.into_iter().flat_map(capture).collect();
    all.push(analytics());
    all.extend(IDLE.into_iter().flat_map(idle));
    let answer = object("What a browser asks for before it sends");
    all.push(bodiless(
        "/array/{token}/config",
        "posthog_config",
        "The settings of the browser SDK",
        vec![answer],
    ));
    all
}

fn any(description: &str) -> RequestBody {
    let anything = ObjectBuilder::new().schema_type(Type::String);
    RequestBodyBuilder::new()
        .description(Some(description))
        .content("*/*", content(anything))
        .build()
}

fn object(description: &str) -> (u16, Response) {
    let response = ResponseBuilder::new()
        .description(description)
        .content(JSON, content(ObjectBuilder::new()));
    (200, response.build())
}

fn packed() -> (u16, &'static str) {
    WITH_BODY[2]
}

fn capture(
    (path, by_body, by_query): (&'static str, &'static str, &'static str),
) -> [Operation; 2] {
    let status = ObjectBuilder::new()
        .property("status", ObjectBuilder::new().schema_type(Type::Integer))
        .required("status");
    let taken = ResponseBuilder::new()
        .description("Everything is on disk; what was wrong is in quarantine")
        .content(JSON, content(status))
        .build();
    let answers = |more: Option<(u16, &'static str)>| {
        let mut answers = vec![(200, taken.clone())];
        let refused = KEYED.into_iter().skip(1).chain(REFUSED).chain(more);
        answers.extend(problems(refused));
        answers
    };
    let operation = |method, id, answers| Operation {
        method,
        scope: Some(Scope::Send),
        query: &[TOKEN, DATA, COMPRESSION],
        ..bodiless(path, id, "Send events with an SDK of PostHog", answers)
    };
    let body = any(
        "An object around a batch, a list, or one event; as JSON, or a form with `data`. The key \
         may stand in it as `api_key` or `token`.",
    );
    let over = |(status, _): &(u16, Response)| *status != 413;
    [
        Operation {
            body: Some(body),
            ..operation(HttpMethod::Post, by_body, answers(Some(packed())))
        },
        operation(
            HttpMethod::Get,
            by_query,
            answers(None).into_iter().filter(over).collect(),
        ),
    ]
}

fn analytics() -> Operation {
    let word = || ObjectBuilder::new().schema_type(Type::String);
    let result = ObjectBuilder::new()
        .property("result", word())
        .property("details", word())
        .required("result")
        .build();
    let results = ObjectBuilder::new().additional_properties(Some(AdditionalProperties::RefOr(
        RefOr::T(Schema::Object(result)),
    )));
    let answer = ObjectBuilder::new()
        .property("results", results)
        .required("results");
    let taken = ResponseBuilder::new()
        .description("Everything is on disk. Each event has its result: `ok`, or `drop` and why")
        .content(JSON, content(answer))
        .build();
    let error = ObjectBuilder::new()
        .property("error", word())
        .property("error_description", word())
        .required("error")
        .build();
    let mut answers = vec![(200, taken)];
    let refused = KEYED.into_iter().skip(1).chain(REFUSED).chain([packed()]);
    answers.extend(problems(refused).map(|(status, mut response)| {
        let said = content(error.clone());
        response.content.insert(JSON.to_owned(), said.into());
        (status, response)
    }));
    Operation {
        method: HttpMethod::Post,
        scope: Some(Scope::Send),
        body: Some(any(
            "An object around a batch, by the newer protocol of PostHog's SDKs",
        )),
        ..bodiless(
            "/i/v1/analytics/events",
            "posthog_analytics",
            "Send events with an SDK of PostHog, by its newer protocol",
            answers,
        )
    }
}

fn idle(
    (path, by_body, by_query, summary): (&'static str, &'static str, &'static str, &'static str),
) -> [Operation; 2] {
    let mut answers = vec![object("Always the same")];
    answers.extend(problems([REFUSED[1], packed(), OVERLOADED]));
    [
        Operation {
            method: HttpMethod::Post,
            body: Some(any("Whatever it is, it is not kept")),
            ..bodiless(path, by_body, summary, answers)
        },
        bodiless(path, by_query, summary, vec![object("Always the same")]),
    ]
}
