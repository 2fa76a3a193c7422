//! What pages embed: the script of the feedback widget, and the address of a plain form.

use utoipa::openapi::request_body::RequestBodyBuilder;
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::{HttpMethod, Required, Response, ResponseBuilder};

use super::operations::{KEYED, OVERLOADED, Operation, WITH_BODY, bodiless, content, text};
use crate::http::widget;
use crate::keys::Scope;

const FORM: &str = "application/x-www-form-urlencoded";
const HTML: &str = "text/html";
const SCRIPT: &str = "text/javascript";

pub(super) fn all() -> Vec<Operation> {
    let script = || vec![answer(200, "The script, gzip where it is accepted", SCRIPT)];
    let newest = bodiless(
        "/widget/v1.js",
        "widget",
        "The feedback widget, with the fixes of its version 1",
        script(),
    );
    let pinned = bodiless(
        widget::PATH,
        "widget_pinned",
        "The feedback widget of one version, for ever the same",
        script(),
    );
    let revalidated = "304 where If-None-Match names its ETag.";
    vec![
        form(),
        Operation {
            description: format!(
                "Kept for minutes: embed it without an integrity hash. {revalidated}"
            ),
            ..newest
        },
        Operation {
            description: format!(
                "Kept for a year: embed it with integrity=\"{}\". {revalidated}",
                widget::INTEGRITY
            ),
            ..pinned
        },
    ]
}

fn form() -> Operation {
    let fields = ObjectBuilder::new()
        .property("key", text("The send key, unless the query has it"))
        .property("kind", text("The kind of feedback"))
        .property(
            "score",
            text("The score, a number on the scale of the kind"),
        )
        .property("text", text("What is said; score or text is required"))
        .property(
            "return",
            text("Where to lead the sender: an address of the site that the form is on"),
        );
    let body = RequestBodyBuilder::new()
        .description(Some(
            "The fields of native feedback, as a plain HTML form sends them; an empty one is none.",
        ))
        .required(Some(Required::True))
        .content(FORM, content(fields))
        .build();
    let mut answers = vec![
        answer(
            200,
            "Everything is on disk; or it was refused, and why",
            HTML,
        ),
        answer(303, "Everything is on disk; the way back", HTML),
    ];
    let problems = KEYED.into_iter().chain(WITH_BODY).chain([OVERLOADED]);
    answers.extend(problems.map(|(status, said)| answer(status, said, HTML)));
    Operation {
        method: HttpMethod::Post,
        scope: Some(Scope::Send),
        description: "For pages without script. Answers are pages for the person who sent it."
            .to_owned(),
        body: Some(body),
        ..bodiless(
            "/v1/feedback/form",
            "feedback_form",
            "Send feedback from a plain HTML form",
            answers,
        )
    }
}

fn answer(status: u16, said: &str, kind: &str) -> (u16, Response) {
    let text = ObjectBuilder::new().schema_type(Type::String);
    let response = ResponseBuilder::new()
        .description(said)
        .content(kind, content(text));
    (status, response.build())
}
