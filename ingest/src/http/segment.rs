//! The routes of Segment's SDKs, and of RudderStack's.
//!
//! `/v1/import` of Segment is not among them: that path is the operator's own, with a key of another
//! scope and a body of another form.

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, Route, web};
use serde_json::json;

use crate::batch::Record;
use crate::draft::Receipt;
use crate::http::problem::Problem;
use crate::http::sdk::{Context, Reading, Told, Wire, take};
use crate::http::{FROM_PAGES, PAGES_READ, State, client, door};
use crate::keys::Scope;
use crate::wire::segment::{self, Around, Kind};

/// The routes that take messages: what each says that they are.
pub(super) const TAKING: [(&str, Option<Kind>); 14] = [
    ("/v1/batch", None),
    ("/v1/b", None),
    ("/v1/track", Some(Kind::Track)),
    ("/v1/t", Some(Kind::Track)),
    ("/v1/identify", Some(Kind::Identify)),
    ("/v1/i", Some(Kind::Identify)),
    ("/v1/page", Some(Kind::Page)),
    ("/v1/p", Some(Kind::Page)),
    ("/v1/screen", Some(Kind::Screen)),
    ("/v1/s", Some(Kind::Screen)),
    ("/v1/group", Some(Kind::Group)),
    ("/v1/g", Some(Kind::Group)),
    ("/v1/alias", Some(Kind::Alias)),
    ("/v1/a", Some(Kind::Alias)),
];

/// Where a browser asks what to send to.
pub(super) const SETTINGS: &str = "/v1/projects/{write_key}/settings";

pub(super) fn routes() -> impl Iterator<Item = (&'static str, &'static str, Route)> {
    let taking = TAKING.map(|(path, kind)| {
        let route = move |request: HttpRequest, payload, state| {
            let agent = request.headers().get(header::USER_AGENT);
            let user_agent = agent
                .and_then(|agent| agent.to_str().ok())
                .map(str::to_owned);
            take(Segment { kind, user_agent }, request, payload, state)
        };
        (path, FROM_PAGES, web::post().to(route))
    });
    let settings = (SETTINGS, PAGES_READ, web::get().to(settings));
    taking.into_iter().chain([settings])
}

/// What a route and its headers say.
struct Segment {
    kind: Option<Kind>,
    user_agent: Option<String>,
}

impl Wire for Segment {
    const PROTOCOL: &'static str = segment::PROTOCOL;

    fn read<'a>(&self, body: &'a [u8], context: &Context) -> Result<Reading<'a>, Problem> {
        let around = Around {
            kind: self.kind,
            user_agent: self.user_agent.as_deref(),
        };
        segment::read(body, &around, context)
    }

    fn tell(&self, _: &[Record<'_>], _: &[Receipt]) -> Told {
        Told::json(r#"{"success":true}"#)
    }

    /// The Python SDKs look for a `code` beside the message.
    fn refuse(&self, problem: Problem) -> HttpResponse {
        let code = problem.error;
        actix_web::ResponseError::error_response(&problem.also("code", code))
    }
}

/// `GET /v1/projects/{write_key}/settings`: without it analytics.js sends nothing.
async fn settings(
    request: HttpRequest,
    write_key: web::Path<String>,
    state: web::Data<State>,
) -> Result<HttpResponse, Problem> {
    let write_key = write_key.into_inner();
    door::open(&request, &write_key, &state.keys, Scope::Send)?;
    let base = client::base(&request, &state.proxies);
    let own = json!({
        "apiKey": write_key,
        "apiHost": format!("{}/v1", base.host),
        "protocol": base.scheme,
    });
    let every = json!({"__default": {"enabled": true, "integrations": {}}});
    let body = json!({
        "integrations": {"Segment.io": own},
        "plan": {"track": every, "identify": every, "group": every},
        // The SDK measures itself and would tell its maker.
        "metrics": {"sampleRate": 0},
    });
    // It names the host that was asked, which is not for a shared cache.
    Ok(HttpResponse::Ok()
        .insert_header((header::CACHE_CONTROL, "private, max-age=60"))
        .json(body))
}
