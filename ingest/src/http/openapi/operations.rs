//! Every operation of the document.

mod posthog;
mod sentry;

use utoipa::openapi::content::ContentBuilder;
use utoipa::openapi::header::HeaderBuilder;
use utoipa::openapi::path::{OperationBuilder, ParameterBuilder, ParameterIn};
use utoipa::openapi::request_body::{RequestBody, RequestBodyBuilder};
use utoipa::openapi::schema::{AnyOfBuilder, ArrayBuilder, ObjectBuilder, Type};
use utoipa::openapi::{
    Content, HttpMethod, Ref, RefOr, Required, Response, ResponseBuilder, Schema,
};

use super::{embedded, sdk, security};
use crate::http::body::Limits;
use crate::keys::Scope;

pub(super) const JSON: &str = "application/json";
const LINES: &str = "application/x-ndjson";
const OPEN_METRICS: &str = "application/openmetrics-text";

/// One operation.
pub(super) struct Operation {
    pub(super) method: HttpMethod,
    pub(super) path: &'static str,
    pub(super) id: &'static str,
    pub(super) summary: &'static str,
    pub(super) description: String,
    pub(super) scope: Option<Scope>,
    pub(super) query: &'static [(&'static str, &'static str)],
    /// What stands in braces in the path, where that says more than its name.
    pub(super) in_path: Option<&'static str>,
    pub(super) body: Option<RequestBody>,
    pub(super) answers: Vec<(u16, Response)>,
}

const APP: (&str, &str) = ("app", "The app, where the key is for all apps");
const REASON: (&str, &str) = ("reason", "Only what was refused for this reason");
const DRY_RUN: (&str, &str) = (
    "dry_run",
    "Present and none of 0, false, no: says what would be, and stores nothing",
);

pub(super) const OVERLOADED: (u16, &str) = (
    503,
    "Not now: wait as Retry-After says and send the same again",
);
pub(super) const KEYED: [(u16, &str); 3] = [
    (400, "The query cannot be read, or the app is not told"),
    (
        401,
        "No key that is known, or one that was revoked or has expired",
    ),
    (
        403,
        "The key may not do this: its scope, its app or its origins",
    ),
];
pub(super) const WITH_BODY: [(u16, &str); 3] = [
    (
        408,
        "The body stalled or took too long: send the same again",
    ),
    (413, "Over a limit: send smaller batches"),
    (
        415,
        "The body is packed in another way than gzip, deflate, br or zstd",
    ),
];

/// Every operation, in the order of the document.
pub(super) fn all(limits: &Limits) -> Vec<Operation> {
    let mut all = vec![
        taking(limits, "events", "Event", Scope::Send),
        taking(limits, "feedback", "Feedback", Scope::Send),
        taking(limits, "releases", "Release", Scope::Plan),
        taking(limits, "marks", "ReleaseMark", Scope::Plan),
        taking(limits, "plans", "PlanEntry", Scope::Plan),
        taking(limits, "backlog", "BacklogItem", Scope::Plan),
        taking(limits, "labels", "FeedbackLabel", Scope::Plan),
        taking(limits, "links", "FeedbackLink", Scope::Plan),
        import(limits),
    ];
    all.extend(sentry::all(limits));
    all.extend(embedded::all());
    all.extend(posthog::all());
    all.push(erase());
    all.extend(operating());
    all.extend(open());
    all.extend(sdk::all());
    all
}

/// A route that takes one kind of event in any of its forms.
fn taking(limits: &Limits, what: &'static str, schema: &'static str, scope: Scope) -> Operation {
    let (path, summary) = match what {
        "events" => ("/v1/events", "Send usage events, errors, session updates"),
        "feedback" => ("/v1/feedback", "Send feedback"),
        "releases" => ("/v1/releases", "Write release records"),
        "marks" => (
            "/v1/releases/marks",
            "Mark releases as deployed, hotfix, rolled back, restored",
        ),
        "plans" => (
            "/v1/plans",
            "Say what was accepted into a release's plan, and what was changed of it",
        ),
        "labels" => ("/v1/feedback/labels", "Say what pieces of feedback are"),
        "links" => (
            "/v1/feedback/links",
            "Say which backlog items pieces of feedback speak of, and which items are one",
        ),
        _ => ("/v1/backlog", "Write backlog items"),
    };
    let one = Ref::from_schema_name(schema);
    let list = ArrayBuilder::new()
        .items(one.clone())
        .max_items(Some(limits.batch_events_max))
        .build();
    let around = ObjectBuilder::new()
        .property(what, list.clone())
        .required(what)
        .property(
            "sent_at",
            text("When it was sent, by the client's clock (RFC 3339)"),
        )
        .property("app", text("The app, where the key is for all apps"));
    let forms = AnyOfBuilder::new()
        .item(one.clone())
        .item(list)
        .item(around);
    let body = RequestBodyBuilder::new()
        .description(Some(
            "One object, an array, an object around an array, or one object a line. The form is \
             told by the content, never by Content-Type.",
        ))
        .required(Some(Required::True))
        .content(JSON, content(forms))
        .content(LINES, content(one))
        .build();
    let description = format!(
        "At most {} bytes as sent and {} unpacked (gzip, deflate, br, zstd), {} events a request, \
         {} bytes an event.",
        limits.body_bytes_max,
        limits.unpacked_bytes_max,
        limits.batch_events_max,
        limits.event_bytes_max
    );
    let said = "Everything is on disk. Each event has its outcome, in order";
    let mut answers = vec![json(200, said, "Answer")];
    answers.extend(problems(
        KEYED.into_iter().chain(WITH_BODY).chain([OVERLOADED]),
    ));
    Operation {
        method: HttpMethod::Post,
        path,
        id: what,
        summary,
        description,
        scope: Some(scope),
        query: &[APP, DRY_RUN],
        in_path: None,
        body: Some(body),
        answers,
    }
}

fn import(limits: &Limits) -> Operation {
    let body = RequestBodyBuilder::new()
        .required(Some(Required::True))
        .content(JSON, content(Ref::from_schema_name("ImportBatch")))
        .build();
    let mut answers = vec![json(200, "Everything is on disk", "Answer")];
    answers.extend(problems(
        KEYED.into_iter().chain(WITH_BODY).chain([OVERLOADED]),
    ));
    Operation {
        method: HttpMethod::Post,
        path: "/v1/import",
        id: "import",
        summary: "Take in records of a file, as `shipwake import` does beside a server",
        description: format!(
            "History may claim any day and revise feedback. At most {} bytes.",
            limits.body_bytes_max
        ),
        scope: Some(Scope::Admin),
        query: &[],
        in_path: None,
        body: Some(body),
        answers,
    }
}

fn erase() -> Operation {
    let body = RequestBodyBuilder::new()
        .required(Some(Required::True))
        .content(JSON, content(Ref::from_schema_name("EraseRequest")))
        .build();
    let said = "The person is out of tables, WAL, quarantine and old versions";
    let mut answers = vec![json(200, said, "EraseAnswer")];
    answers.extend(problems(
        KEYED.into_iter().chain(WITH_BODY).chain([OVERLOADED]),
    ));
    Operation {
        method: HttpMethod::Post,
        scope: Some(Scope::Admin),
        description: "Older versions of the tables can not be read any more afterwards. Events of \
                      the person that arrive later are new."
            .to_owned(),
        body: Some(body),
        ..bodiless("/v1/erase", "erase", "Erase a person", answers)
    }
}

/// What people and their tools call.
fn operating() -> Vec<Operation> {
    let keyed = |description, schema| {
        let mut answers = vec![json(200, description, schema)];
        answers.extend(problems(KEYED.into_iter().chain([OVERLOADED])));
        answers
    };
    let flushed = keyed("Everything taken before is in the tables", "FlushAnswer");
    let replayed = keyed("What became of the rows asked for", "ReplaySummary");
    let vacuumed = keyed("Old versions are gone", "VacuumAnswer");
    let counted = keyed("The counters of one moment", "LedgerAnswer");
    vec![
        Operation {
            method: HttpMethod::Post,
            scope: Some(Scope::Admin),
            ..bodiless(
                "/v1/flush",
                "flush",
                "Bring everything into the tables now",
                flushed,
            )
        },
        Operation {
            method: HttpMethod::Post,
            scope: Some(Scope::Admin),
            query: &[APP, REASON, DRY_RUN],
            description: "Checks what was refused again, as it came, and takes what passes now. \
                          Nothing is taken twice."
                .to_owned(),
            ..bodiless(
                "/v1/quarantine/replay",
                "replay",
                "Replay quarantine after a fix",
                replayed,
            )
        },
        Operation {
            method: HttpMethod::Post,
            scope: Some(Scope::Admin),
            ..bodiless(
                "/v1/vacuum",
                "vacuum",
                "Remove old versions and files that nothing names",
                vacuumed,
            )
        },
        Operation {
            scope: Some(Scope::Read),
            query: &[APP],
            description: "received = stored + duplicate + quarantined + pending.".to_owned(),
            ..bodiless("/v1/ledger", "ledger", "What was counted", counted)
        },
        tail(),
    ]
}

fn tail() -> Operation {
    let line = AnyOfBuilder::new()
        .item(Ref::from_schema_name("Seen"))
        .item(Ref::from_schema_name("Missed"));
    let lines = ResponseBuilder::new()
        .description(
            "One object a line, until either side ends it; an empty line is a sign of life",
        )
        .content(LINES, content(line));
    let mut answers = vec![(200, lines.build())];
    answers.extend(problems(KEYED));
    Operation {
        scope: Some(Scope::Read),
        query: &[APP],
        description: "Never the text or the properties of an event.".to_owned(),
        ..bodiless("/v1/tail", "tail", "What arrives from now on", answers)
    }
}

/// What is asked for without a body and, unless said otherwise, without a key.
pub(super) fn bodiless(
    path: &'static str,
    id: &'static str,
    summary: &'static str,
    answers: Vec<(u16, Response)>,
) -> Operation {
    Operation {
        method: HttpMethod::Get,
        path,
        id,
        summary,
        description: String::new(),
        scope: None,
        query: &[],
        in_path: None,
        body: None,
        answers,
    }
}

/// What needs no key, since it holds no word and no name of a user.
fn open() -> Vec<Operation> {
    let text = ObjectBuilder::new().schema_type(Type::String);
    let metrics = ResponseBuilder::new()
        .description("OpenMetrics 1.0")
        .content(OPEN_METRICS, content(text));
    let mut metrics_answers = vec![(200, metrics.build())];
    metrics_answers.extend(problems([OVERLOADED]));
    let document = ResponseBuilder::new()
        .description("OpenAPI 3.1")
        .content(JSON, content(ObjectBuilder::new()));
    let ready = vec![
        json(200, "What is sent is taken", "Readiness"),
        json(503, "What is sent is not taken, and why", "Readiness"),
    ];
    vec![
        bodiless(
            "/livez",
            "live",
            "Whether the process runs",
            vec![json(200, "It runs", "Alive")],
        ),
        bodiless(
            "/readyz",
            "ready",
            "Whether what is sent is taken, and how it is",
            ready,
        ),
        bodiless("/metrics", "metrics", "For Prometheus", metrics_answers),
        bodiless(
            "/v1/openapi.json",
            "openapi",
            "This document",
            vec![(200, document.build())],
        ),
    ]
}

impl Operation {
    pub(super) fn build(self) -> utoipa::openapi::path::Operation {
        let mut built = OperationBuilder::new()
            .operation_id(Some(self.id))
            .summary(Some(self.summary))
            .request_body(self.body);
        let mut description = self.description;
        if let Some(scope) = self.scope {
            let needs = format!("Needs a key of scope `{}` or `admin`.", scope.as_str());
            description = [needs, description].join(" ").trim().to_owned();
            for requirement in security(scope) {
                built = built.security(requirement);
            }
        }
        if !description.is_empty() {
            built = built.description(Some(description));
        }
        let parts = self.path.split('/');
        for name in parts.filter_map(|part| part.strip_prefix('{')?.strip_suffix('}')) {
            let parameter = ParameterBuilder::new()
                .name(name)
                .description(self.in_path)
                .parameter_in(ParameterIn::Path)
                .required(Required::True)
                .schema(Some(ObjectBuilder::new().schema_type(Type::String)));
            built = built.parameter(parameter);
        }
        for (name, meaning) in self.query {
            let parameter = ParameterBuilder::new()
                .name(*name)
                .parameter_in(ParameterIn::Query)
                .required(Required::False)
                .description(Some(*meaning))
                .schema(Some(ObjectBuilder::new().schema_type(Type::String)));
            built = built.parameter(parameter);
        }
        for (status, response) in self.answers {
            built = built.response(status.to_string(), response);
        }
        built.build()
    }
}

pub(super) fn text(description: &str) -> ObjectBuilder {
    ObjectBuilder::new()
        .schema_type(Type::String)
        .description(Some(description))
}

pub(super) fn content(schema: impl Into<RefOr<Schema>>) -> Content {
    ContentBuilder::new().schema(Some(schema)).build()
}

pub(super) fn json(status: u16, description: &str, schema: &str) -> (u16, Response) {
    let response = ResponseBuilder::new()
        .description(description)
        .content(JSON, content(Ref::from_schema_name(schema)));
    (status, response.build())
}

pub(super) fn problems(
    which: impl IntoIterator<Item = (u16, &'static str)>,
) -> impl Iterator<Item = (u16, Response)> {
    which.into_iter().map(|(status, description)| {
        let mut answer = json(status, description, "Problem");
        with_wait(&mut answer);
        answer
    })
}

/// Says when to come again, where an answer says so.
pub(super) fn with_wait((status, response): &mut (u16, Response)) {
    if *status == OVERLOADED.0 {
        let seconds = HeaderBuilder::new()
            .schema(Some(ObjectBuilder::new().schema_type(Type::Integer)))
            .description(Some("Seconds to wait"));
        response
            .headers
            .insert("Retry-After".to_owned(), seconds.build().into());
    }
}
