//! The part of `GET /v1/openapi.json` that describes these routes. A test holds it to live answers.

mod health;

use ingest::http::security;
use ingest::keys::Scope;
use utoipa::openapi::content::ContentBuilder;
use utoipa::openapi::path::{Operation, OperationBuilder, ParameterBuilder, ParameterIn};
use utoipa::openapi::request_body::RequestBodyBuilder;
use utoipa::openapi::schema::{AdditionalProperties, ArrayBuilder, ObjectBuilder, Type};
use utoipa::openapi::{
    Content, HttpMethod, Info, OpenApi, OpenApiBuilder, PathItem, PathsBuilder, Ref, RefOr,
    Required, Response, ResponseBuilder, Schema,
};

const JSON: &str = "application/json";
const TEXT: &str = "text/plain";
const BYTES: &str = "application/octet-stream";

/// What may be said beside the release.
const DETAILS: [(&str, &str); 5] = [
    ("environment", "The environment [default: production]"),
    ("zone", "The IANA zone of all days [default: UTC]"),
    ("as_of", "The moment to speak for, RFC 3339 [default: now]"),
    (
        "baseline",
        "The release to compare with [default: the nearest before it that holds enough of the data]",
    ),
    (
        "max_age",
        "Longest time since the last arrival, such as 48h; older data give no verdict",
    ),
];
const APP: (&str, &str) = ("app", "The app, where the key is for all apps");

const REFUSED: [(u16, &str); 3] = [
    (400, "The request cannot be read, or the app is not told"),
    (
        401,
        "No key that is known, or one that was revoked or has expired",
    ),
    (403, "The key may not read, or is for another app"),
];
const LATER: (u16, &str) = (
    503,
    "No answer can be made at the moment: wait as Retry-After says and ask again",
);

/// The routes that read.
pub(crate) fn document() -> OpenApi {
    let paths = PathsBuilder::new()
        .path(
            "/v1/health/releases/{release}",
            PathItem::new(HttpMethod::Get, release()),
        )
        .path("/v1/commands", PathItem::new(HttpMethod::Post, commands()))
        .path(
            "/v1/schedule/run",
            PathItem::new(HttpMethod::Post, run_schedule()),
        )
        .path(
            "/v1/gates/flagger",
            PathItem::new(
                HttpMethod::Post,
                gate(
                    "flagger_gate",
                    "Whether a rollout may go on, for Flagger",
                    "pass or warn; too few data where on_insufficient is advance",
                    "fail; too few data where on_insufficient is halt",
                ),
            ),
        )
        .path(
            "/v1/gates/flagger/rollback",
            PathItem::new(
                HttpMethod::Post,
                gate(
                    "flagger_rollback",
                    "Whether a release is to be taken back, for Flagger",
                    "fail: take it back",
                    "Anything but fail",
                ),
            ),
        );
    OpenApiBuilder::new()
        .info(Info::default())
        .paths(paths.build())
        .components(Some(health::components()))
        .build()
}

fn release() -> Operation {
    let in_path = ParameterBuilder::new()
        .name("release")
        .description(Some("The release as sent"))
        .parameter_in(ParameterIn::Path)
        .required(Required::True)
        .schema(Some(text()));
    let mut built = operation(
        "release_health",
        "The verdict on a release",
        "200 whatever the verdict, with every key, for an unknown release, too.",
    )
    .parameter(in_path);
    for (name, meaning) in [APP].into_iter().chain(DETAILS) {
        let parameter = ParameterBuilder::new()
            .name(name)
            .parameter_in(ParameterIn::Query)
            .required(Required::False)
            .description(Some(meaning))
            .schema(Some(text()));
        built = built.parameter(parameter);
    }
    let verdict = ResponseBuilder::new()
        .description("The verdict")
        .content(JSON, content(Ref::from_schema_name("ReleaseHealth")));
    built = built.response("200", verdict);
    with_problems(built, REFUSED.into_iter().chain([LATER]))
}

fn commands() -> Operation {
    let words = ArrayBuilder::new()
        .items(said("A word, such as --week=last"))
        .description(Some("The words after the name of the program"))
        .build();
    let sent = ObjectBuilder::new()
        .property("arguments", RefOr::T(Schema::Array(words)))
        .required("arguments");
    let body = RequestBodyBuilder::new()
        .required(Some(Required::True))
        .content(JSON, content(sent.build()))
        .build();
    let what = "report, feedback, plan, funnel, sql, health history or release list, carried out here. \
                Files cannot be named; a key for one app reads that app alone.";
    let built = operation("run_command", "Run a command that only reads", what);
    let answer = ResponseBuilder::new()
        .description("A line of JSON with exit_code and talk, then the command's output as it is")
        .content(BYTES, content(text()));
    let built = built.request_body(Some(body)).response("200", answer);
    let of_body = [
        (408, "The command did not come in time"),
        (413, "The command is too large"),
    ];
    with_problems(built, REFUSED.into_iter().chain(of_body).chain([LATER]))
}

fn run_schedule() -> Operation {
    let built = OperationBuilder::new()
        .operation_id(Some("run_schedule"))
        .summary(Some("Run what is scheduled now"))
        .description(Some(
            "Needs a key of scope `admin`. Answers when the run was asked for.",
        ));
    let mut built = security(Scope::Admin)
        .into_iter()
        .fold(built, OperationBuilder::security);
    let asked = ObjectBuilder::new()
        .property("is_asked", ObjectBuilder::new().schema_type(Type::Boolean))
        .required("is_asked");
    let answer = ResponseBuilder::new()
        .description("The run was asked for")
        .content(JSON, content(asked.build()));
    built = built.response("200", answer);
    with_problems(built, REFUSED.into_iter())
}

fn gate(id: &str, summary: &str, yes: &str, no: &str) -> Operation {
    let mut metadata = ObjectBuilder::new()
        .property("release", said("The release as sent"))
        .required("release")
        .property(APP.0, said(APP.1))
        .property(
            "on_insufficient",
            said("What too few data mean: halt (default) or advance"),
        );
    for (name, meaning) in DETAILS {
        metadata = metadata.property(name, said(meaning));
    }
    let hook = ObjectBuilder::new()
        .property("metadata", metadata)
        .required("metadata")
        .additional_properties(Some(AdditionalProperties::FreeForm(true)));
    let body = RequestBodyBuilder::new()
        .required(Some(Required::True))
        .content(JSON, content(hook.build()))
        .build();
    let mut built =
        operation(id, summary, "The answer is one line of text.").request_body(Some(body));
    for (status, meaning) in [("200", yes), ("412", no)] {
        let line = ResponseBuilder::new()
            .description(meaning)
            .content(TEXT, content(text()));
        built = built.response(status, line);
    }
    let of_body = [
        (408, "The hook did not come in time"),
        (413, "The hook is too large"),
    ];
    with_problems(built, REFUSED.into_iter().chain(of_body).chain([LATER]))
}

fn operation(id: &str, summary: &str, description: &str) -> OperationBuilder {
    let needs = "Needs a key of scope `read` or `admin`.";
    let mut built = OperationBuilder::new()
        .operation_id(Some(id))
        .summary(Some(summary))
        .description(Some([needs, description].join(" ")));
    for requirement in security(Scope::Read) {
        built = built.security(requirement);
    }
    built
}

fn with_problems<'a>(
    mut built: OperationBuilder,
    problems: impl Iterator<Item = (u16, &'a str)>,
) -> Operation {
    for (status, meaning) in problems {
        let problem = ResponseBuilder::new()
            .description(meaning)
            .content(JSON, content(Ref::from_schema_name("Problem")));
        let response: Response = problem.build();
        built = built.response(status.to_string(), response);
    }
    built.build()
}

fn said(meaning: &str) -> ObjectBuilder {
    text().description(Some(meaning))
}

fn text() -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::String)
}

fn content(schema: impl Into<RefOr<Schema>>) -> Content {
    ContentBuilder::new().schema(Some(schema)).build()
}
