//! `GET /v1/health/releases/{release}`: the verdict as a resource.
//!
//! The answer is 200 whatever the verdict, and holds every key: Argo takes another status for an
//! error of the measurement and aborts the rollout after a few, and an absent key for one, too. An
//! unknown release is one of which too little is known.

use std::time::Duration;

use actix_web::http::{StatusCode, header};
use actix_web::{FromRequest as _, HttpRequest, HttpResponse, web};
use ingest::http::{Problem, State};
use jiff::tz::TimeZone;
use lake::{Micros, parse_instant};
use serde::Deserialize;
use serde::de::IntoDeserializer as _;

use super::verdicts::{Verdicts, Wanted, unavailable};

/// Longest name of a release, in characters: longer than any that is stored.
const RELEASE_CHARS_MAX: usize = 1_000;

/// What a request may say beside the release; the rest of a query is left alone.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Details {
    pub(super) environment: Option<String>,
    pub(super) zone: Option<String>,
    pub(super) as_of: Option<String>,
    pub(super) baseline: Option<String>,
    pub(super) max_age: Option<String>,
}

impl Details {
    /// What is wanted, once every part of it can be read.
    pub(super) fn of(self, app: String, release: String) -> Result<Wanted, Problem> {
        let bad = |name: &str, why: String| {
            let message = format!("{name}: {why}");
            Problem::new(StatusCode::BAD_REQUEST, "bad_query", message)
        };
        for name in [Some(&release), self.baseline.as_ref()]
            .into_iter()
            .flatten()
        {
            if name.is_empty() || name.chars().count() > RELEASE_CHARS_MAX {
                let why = format!("a release is named with 1 to {RELEASE_CHARS_MAX} characters");
                return Err(bad("release", why));
            }
        }
        let zone = self.zone.unwrap_or_else(|| "UTC".to_owned());
        TimeZone::get(&zone)
            .map_err(|_| bad("zone", "there is no IANA zone of this name".to_owned()))?;
        let as_of: Option<Micros> = match self.as_of {
            Some(text) => Some(parse_instant(&text).map_err(|why| bad("as_of", why))?),
            None => None,
        };
        let max_age = match self.max_age {
            Some(text) => Some(span(&text).map_err(|why| bad("max_age", why))?),
            None => None,
        };
        Ok(Wanted {
            app,
            environment: self.environment.unwrap_or_else(|| "production".to_owned()),
            zone,
            release,
            baseline: self.baseline,
            max_age,
            as_of,
        })
    }
}

fn span(text: &str) -> Result<Duration, String> {
    let read: Result<Duration, serde::de::value::Error> =
        lake::unit::span::deserialize(text.into_deserializer());
    read.map_err(|error| error.to_string())
}

/// `GET /v1/health/releases/{release}`.
pub(super) async fn release(
    request: HttpRequest,
    state: web::Data<State>,
    verdicts: web::Data<Verdicts>,
) -> Result<HttpResponse, Problem> {
    let app = state.readable_app(&request, None)?;
    let release = web::Path::<String>::extract(&request).await;
    let release = release.map(web::Path::into_inner).map_err(|_| {
        let message = "the release in the path is no UTF-8";
        Problem::new(StatusCode::BAD_REQUEST, "bad_release", message)
    })?;
    let details = web::Query::<Details>::from_query(request.query_string());
    let details = details.map_err(|error| {
        let message = format!("the query cannot be read: {error}");
        Problem::new(StatusCode::BAD_REQUEST, "bad_query", message)
    })?;
    let wanted = details.into_inner().of(app, release)?;
    let findings = verdicts.into_inner().of(wanted).await?;
    let json = reports::health_json(&findings).map_err(unavailable)?;
    Ok(HttpResponse::Ok()
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .content_type("application/json")
        .body(json))
}
