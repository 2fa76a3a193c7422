//! The routes that SDKs of other products call.

use utoipa::openapi::request_body::{RequestBody, RequestBodyBuilder};
use utoipa::openapi::schema::{ArrayBuilder, ObjectBuilder, Type};
use utoipa::openapi::{HttpMethod, Ref, Required, Response, ResponseBuilder};

use super::operations::{
    JSON, KEYED, OVERLOADED, Operation, WITH_BODY, content, json, problems, text, with_wait,
};
use crate::http::{otlp, segment};
use crate::keys::Scope;

const PROTOBUF: &str = "application/x-protobuf";

/// Every operation of these.
pub(super) fn all() -> Vec<Operation> {
    let segment = segment::TAKING.map(|(path, _)| segment_messages(path));
    let otlp = otlp::SIGNALS.map(|(path, _)| otlp_signal(path));
    let mut all: Vec<Operation> = segment.into_iter().chain(otlp).collect();
    all.push(segment_settings());
    all
}

fn segment_messages(path: &'static str) -> Operation {
    let message = || ObjectBuilder::new().description(Some("A message of Segment's specification"));
    let batch = ObjectBuilder::new()
        .property("batch", ArrayBuilder::new().items(message()))
        .property("writeKey", text("The key, where no header shows one"))
        .property("sentAt", text("When it was sent, by the client's clock"))
        .description(Some("A batch, or one message"));
    let body = RequestBodyBuilder::new()
        .description(Some("JSON, whatever the Content-Type"))
        .required(Some(Required::True))
        .content(JSON, content(batch))
        .build();
    let mut answers = vec![json(200, "Everything is on disk", "SegmentAnswer")];
    answers.extend(problems(
        KEYED.into_iter().chain(WITH_BODY).chain([OVERLOADED]),
    ));
    Operation {
        body: Some(body),
        answers,
        ..keyed(
            path,
            id_of(path),
            "Segment's and RudderStack's SDKs send here",
        )
    }
}

fn segment_settings() -> Operation {
    let mut answers = vec![json(200, "Where to send", "SegmentSettings")];
    answers.extend(problems(
        KEYED.into_iter().filter(|(status, _)| *status != 400),
    ));

    Operation {
        method: HttpMethod::Get,
        in_path: Some("The key"),
        answers,
        ..keyed(
            segment::SETTINGS,
            "segmentSettings",
            "analytics.js asks where to send",
        )
    }
}

fn otlp_signal(path: &'static str) -> Operation {
    let logs = path == "/v1/logs";
    let (sentence, description) = if logs {
        (
            "OpenTelemetry's exporters send logs here",
            "Events and errors are stored; lines of a log are counted in the partial success. The \
             answer is in the encoding of the request.",
        )
    } else {
        (
            "OpenTelemetry's exporters send here what is not stored",
            "Answered so that they stay quiet.",
        )
    };
    let mut answers = vec![(200, both("Everything is on disk", "OtlpAnswer"))];
    let said = KEYED.into_iter().chain(WITH_BODY).chain([OVERLOADED]);
    // What is not stored is not read, and a body that stalls is to come again.
    let said = said.filter(|(status, _)| *status != 408 && (logs || *status != 400));
    answers.extend(said.map(|(status, sentence)| (status, both(sentence, "RpcStatus"))));
    answers.iter_mut().for_each(with_wait);
    Operation {
        description: description.to_owned(),
        body: Some(otlp_body()),
        answers,
        ..keyed(path, id_of(path), sentence)
    }
}

fn otlp_body() -> RequestBody {
    let request = || ObjectBuilder::new().description(Some("A request of opentelemetry-proto"));
    RequestBodyBuilder::new()
        .required(Some(Required::True))
        .content(JSON, content(request()))
        .content(PROTOBUF, content(bytes()))
        .build()
}

fn bytes() -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::String)
}

/// An answer in either encoding.
fn both(sentence: &str, schema: &str) -> Response {
    ResponseBuilder::new()
        .description(sentence)
        .content(JSON, content(Ref::from_schema_name(schema)))
        .content(PROTOBUF, content(bytes()))
        .build()
}

fn keyed(path: &'static str, id: &'static str, summary: &'static str) -> Operation {
    Operation {
        method: HttpMethod::Post,
        path,
        id,
        summary,
        description: String::new(),
        scope: Some(Scope::Send),
        query: &[],
        in_path: None,
        body: None,
        answers: Vec::new(),
    }
}

/// Paths of one version differ in their last part.
fn id_of(path: &'static str) -> &'static str {
    path.rsplit('/').next().unwrap_or(path)
}
