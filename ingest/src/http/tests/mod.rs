//! The routes as an app meets them, on a real data folder.

use std::io::Write as _;
use std::path::Path;

use actix_web::App;
use actix_web::test::{TestRequest, call_service, init_service, read_body};
use flate2::Compression;
use flate2::write::GzEncoder;
use lake::FixedClock;
use serde_json::{Value, json};

use super::*;
use crate::keys::{KeyRequest, Scope};
use crate::settings::Settings;

const NOW: lake::Micros = 1_777_627_800_000_000;

struct Secrets {
    send: String,
    plan: String,
    read: String,
    admin: String,
    all: String,
}

fn make_keys(keys: &KeyStore) -> Secrets {
    let make = |scope, app: &str| {
        let person = Some("Ada".to_owned());
        let request = KeyRequest {
            app: app.to_owned(),
            person,
            ..KeyRequest::new(scope)
        };
        keys.create(request).unwrap().secret
    };
    Secrets {
        send: make(Scope::Send, "shop"),
        plan: make(Scope::Plan, "shop"),
        read: make(Scope::Read, "shop"),
        admin: make(Scope::Admin, "shop"),
        all: make(Scope::Admin, ANY_APP),
    }
}

async fn open(folder: &Path, limits: Limits) -> (web::Data<State>, Secrets) {
    let clock: Arc<dyn Clock> = Arc::new(FixedClock(NOW));
    let (ingest, _) = Ingest::open(folder, Settings::default(), clock.clone())
        .await
        .unwrap();
    let keys = KeyStore::open(folder, clock.clone()).unwrap();
    let secrets = make_keys(&keys);
    (
        web::Data::new(State::new(ingest, keys, clock, limits)),
        secrets,
    )
}

/// The service on a new data folder.
macro_rules! service {
    ($state:expr) => {
        init_service(App::new().configure(|config| configure(config, $state.clone()))).await
    };
}

/// Status and body of what the service answers.
macro_rules! answer {
    ($service:expr, $request:expr) => {{
        let response = call_service($service, $request.to_request()).await;
        let status = response.status().as_u16();
        let body = read_body(response).await;
        (
            status,
            serde_json::from_slice::<Value>(&body).unwrap_or(Value::Null),
        )
    }};
}

fn post(uri: &str, key: &str, body: impl Into<web::Bytes>) -> TestRequest {
    let bearer = ("Authorization", ["Bearer ", key].concat());
    TestRequest::post()
        .uri(uri)
        .insert_header(bearer)
        .set_payload(body)
}

fn get(uri: &str, key: &str) -> TestRequest {
    TestRequest::get()
        .uri(uri)
        .insert_header(("X-Api-Key", key))
}

mod access;
mod openapi;
mod operate;
mod posthog;
mod sdk;
mod sentry;
mod take;
