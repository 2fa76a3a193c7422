//! The document against the service: each operation is called well and badly, and what comes back
//! must be as the document says; each field and limit that it names must be one of the check's.

mod embedded;

use std::collections::BTreeSet;

use actix_http::Request;
use actix_web::dev::Service;

use super::*;
use crate::batch::{Batch, Record};

mod fields;
mod sdks;
mod sentry;

/// Statuses that need a slow socket: `take` sends over one.
const SLOW: &str = "408";

/// The document, and what of it was seen.
struct Document {
    json: Value,
    seen: BTreeSet<(String, String, String)>,
}

impl Document {
    fn new(json: Value) -> Self {
        Self {
            json,
            seen: BTreeSet::new(),
        }
    }

    fn operation(&self, method: &str, path: &str) -> &Value {
        let operation = &self.json["paths"][path][method];
        assert!(operation.is_object(), "{method} {path} is not documented");
        operation
    }

    /// Holds an answer to the document.
    fn check(&mut self, (method, path): (&str, &str), status: u16, kind: &str, body: &Value) {
        let status = status.to_string();
        let response = &self.operation(method, path)["responses"][&status];
        let schema = &response["content"][kind]["schema"];
        assert!(
            !schema.is_null(),
            "{method} {path} {status} {kind} is not documented: {body}"
        );
        self.fits(schema, body, &format!("{method} {path} {status}"));
        self.seen
            .insert((method.to_owned(), path.to_owned(), status));
    }

    /// Holds what is sent to the document.
    fn check_sent(&self, path: &str, kind: &str, body: &Value) {
        let content = &self.operation("post", path)["requestBody"]["content"];
        self.fits(&content[kind]["schema"], body, path);
    }

    /// Nothing but what the schema names may be there.
    fn fits(&self, schema: &Value, body: &Value, what: &str) {
        let mut components = self.json["components"].clone();
        for schema in components["schemas"].as_object_mut().unwrap().values_mut() {
            if schema.get("properties").is_some() {
                schema["additionalProperties"] = json!(false);
            }
        }
        let root = json!({"allOf": [schema], "components": components});
        let validator = jsonschema::validator_for(&root).unwrap();
        let errors: Vec<String> = validator
            .iter_errors(body)
            .map(|error| format!("{error} at {}", error.instance_path()))
            .collect();
        assert!(errors.is_empty(), "{what}: {errors:?}\n{body}");
    }

    fn documented(&self) -> BTreeSet<(String, String, String)> {
        let mut all = BTreeSet::new();
        for (path, methods) in self.json["paths"].as_object().unwrap() {
            for (method, operation) in methods.as_object().unwrap() {
                for status in operation["responses"].as_object().unwrap().keys() {
                    all.insert((method.clone(), path.clone(), status.clone()));
                }
            }
        }
        all
    }
}

/// Calls an operation and holds the answer to the document.
async fn call<S>(
    service: &S,
    document: &mut Document,
    operation: (&str, &str),
    request: TestRequest,
    expected: u16,
) -> Value
where
    S: Service<Request, Response = ServiceResponse, Error = actix_web::Error>,
{
    let response = call_service(service, request.to_request()).await;
    let status = response.status().as_u16();
    let header = |name: &str| {
        let value = response.headers().get(name)?.to_str().unwrap();
        Some(value.split(';').next().unwrap().to_owned())
    };
    let kind = header("Content-Type").unwrap();
    let says_when = header("Retry-After").is_some();
    assert!(status != 503 || operation.1 == "/readyz" || says_when);
    let text = String::from_utf8(read_body(response).await.to_vec()).unwrap();
    let body = serde_json::from_str(&text).unwrap_or(Value::String(text));
    assert_eq!(status, expected, "{operation:?}: {body}");
    document.check(operation, status, &kind, &body);
    body
}

const TAKING: [(&str, &str); 8] = [
    (
        "/v1/events",
        r#"{"event_id":"e1","name":"open","user_id":"u","properties":{"n":1}}"#,
    ),
    (
        "/v1/feedback",
        r#"{"event_id":"f1","score":4,"text":"good","release":"1.0"}"#,
    ),
    (
        "/v1/releases",
        r#"{"version":"1.0","rollout":"phased","stages":[1,100]}"#,
    ),
    (
        "/v1/releases/marks",
        r#"{"version":"1.1","mark":"hotfix","of":"1.0","event_id":"m1"}"#,
    ),
    (
        "/v1/plans",
        r#"{"version":"1.1","change":"re_estimated","item_id":"A-1","effort_person_days":3,"event_id":"p1"}"#,
    ),
    (
        "/v1/backlog",
        r#"{"item_id":"A-1","title":"Sync","factors":{"cost":2}}"#,
    ),
    (
        "/v1/feedback/labels",
        r#"{"feedback_id":"f1","label":"praise","event_id":"l1"}"#,
    ),
    (
        "/v1/feedback/links",
        r#"{"feedback_id":"f1","item_id":"A-1","link":"confirmed","event_id":"k1"}"#,
    ),
];

fn batch() -> Vec<u8> {
    let event = serde_json::from_str(r#"{"name":"a","user_id":"u"}"#).unwrap();
    let arrival = lake::Arrival {
        received_at: NOW,
        sent_at: None,
        import: true,
    };
    let event = lake::check_event(&lake::RawEvent::of(&event), &arrival).unwrap();
    let batch = Batch {
        app: "shop".into(),
        protocol: "import".into(),
        key_id: None,
        received_at: NOW,
        records: vec![Record::Event(event.into_owned())],
    };
    serde_json::to_vec(&batch).unwrap()
}

fn small() -> Limits {
    Limits {
        body_bytes_max: 2_000,
        ..Limits::default()
    }
}

fn described(limits: &Limits) -> Document {
    Document::new(serde_json::to_value(crate::http::openapi::document(limits)).unwrap())
}

/// Calls a route that takes a body, in each way that it can end.
async fn take<S, T>(
    (service, keys): (&S, &Secrets),
    (tight, tight_keys): (&T, &Secrets),
    document: &mut Document,
    (path, good): (&str, &str),
) where
    S: Service<Request, Response = ServiceResponse, Error = actix_web::Error>,
    T: Service<Request, Response = ServiceResponse, Error = actix_web::Error>,
{
    let route = ("post", path);
    let key = match path {
        "/v1/events" | "/v1/feedback" => &keys.send,
        "/v1/import" => &keys.admin,
        _ => &keys.plan,
    };
    let sent = serde_json::from_str(good).unwrap();
    document.check_sent(path, "application/json", &sent);
    let request = |uri: &str, key: &str| post(uri, key, good.to_owned());
    let sent = call(service, document, route, request(path, key), 200).await;
    assert_eq!(sent["accepted"], 1, "{sent}");
    let twice = [path, "?app=a&app=b"].concat();
    let packed = request(path, key).insert_header(("Content-Encoding", "x"));
    for (request, status) in [
        (post(path, key, "oops"), 400),
        (request(&twice, key), 400),
        (request(path, "nobody"), 401),
        (request(path, &keys.read), 403),
        (post(path, key, " ".repeat(2_001)), 413),
        (packed, 415),
    ] {
        call(service, document, route, request, status).await;
    }
    let overloaded = request(path, &tight_keys.admin);
    call(tight, document, route, overloaded, 503).await;
}

/// Calls the routes of PostHog's SDKs, in each way that they can end.
async fn posthog<S, T>(
    (service, keys): (&S, &Secrets),
    (tight, tight_keys): (&T, &Secrets),
    document: &mut Document,
) where
    S: Service<Request, Response = ServiceResponse, Error = actix_web::Error>,
    T: Service<Request, Response = ServiceResponse, Error = actix_web::Error>,
{
    let good =
        r#"{"event":"open","distinct_id":"u","uuid":"01a204f0-9172-758d-adc7-b332dd3a305b"}"#;
    let older = ["/batch", "/capture", "/track", "/engage", "/e", "/i/v0/e"];
    for path in older.into_iter().chain(["/i/v1/analytics/events"]) {
        let packed = post(path, &keys.send, good).insert_header(("Content-Encoding", "x"));
        for (request, status) in [
            (post(path, &keys.send, good), 200),
            (post(path, &keys.send, "oops"), 400),
            (post(path, "nobody", good), 401),
            (post(path, &keys.read, good), 403),
            (post(path, &keys.send, " ".repeat(2_001)), 413),
            (packed, 415),
        ] {
            call(service, document, ("post", path), request, status).await;
        }
        let overloaded = post(path, &tight_keys.send, good);
        call(tight, document, ("post", path), overloaded, 503).await;
    }
    for path in older {
        let asked = |key: &str, data: &str| {
            let query = url::form_urlencoded::Serializer::new(String::new())
                .extend_pairs([("token", key), ("data", data)])
                .finish();
            TestRequest::get().uri(&[path, "?", &query].concat())
        };
        let route = ("get", path);
        for (request, status) in [
            (asked(&keys.send, good), 200),
            (asked(&keys.send, "oops!"), 400),
            (asked("nobody", good), 401),
            (asked(&keys.read, good), 403),
        ] {
            call(service, document, route, request, status).await;
        }
        call(tight, document, route, asked(&tight_keys.send, good), 503).await;
    }
    for path in ["/flags", "/decide", "/s"] {
        let packed = post(path, "", "{}").insert_header(("Content-Encoding", "x"));
        for (request, status) in [
            (post(path, "", "{}"), 200),
            (post(path, "", " ".repeat(2_001)), 413),
            (packed, 415),
        ] {
            call(service, document, ("post", path), request, status).await;
        }
        call(tight, document, ("post", path), post(path, "", "{}"), 503).await;
        call(service, document, ("get", path), get(path, ""), 200).await;
    }
    let route = ("get", "/array/{token}/config");
    call(service, document, route, get("/array/k/config", ""), 200).await;
}

/// Listens, and holds the first line to the document.
async fn listen<S>(service: &S, keys: &Secrets, document: &mut Document)
where
    S: Service<Request, Response = ServiceResponse, Error = actix_web::Error>,
{
    let route = ("get", "/v1/tail");
    for (uri, key, status) in [
        ("/v1/tail?app=a&app=b", keys.read.as_str(), 400),
        ("/v1/tail", "nobody", 401),
        ("/v1/tail", &keys.send, 403),
    ] {
        call(service, document, route, get(uri, key), status).await;
    }
    let listening = call_service(service, get("/v1/tail", &keys.read).to_request()).await;
    let request = post("/v1/events", &keys.send, "{}");
    call(service, document, ("post", "/v1/events"), request, 200).await;
    let mut lines = std::pin::pin!(listening.into_body());
    let line = std::future::poll_fn(|context| {
        actix_web::body::MessageBody::poll_next(lines.as_mut(), context)
    });
    let line = line.await.unwrap().unwrap();
    let line = serde_json::from_slice(&line).unwrap();
    document.check(route, 200, "application/x-ndjson", &line);
}

/// What those call who run the service.
async fn operate<S>(service: &S, keys: &Secrets, document: &mut Document)
where
    S: Service<Request, Response = ServiceResponse, Error = actix_web::Error>,
{
    for (route, key) in [
        (("post", "/v1/flush"), &keys.admin),
        (("post", "/v1/quarantine/replay"), &keys.admin),
        (("post", "/v1/vacuum"), &keys.admin),
        (("get", "/v1/ledger"), &keys.all),
        (("get", "/v1/ledger"), &keys.read),
    ] {
        let request = |uri: &str, key: &str| match route.0 {
            "get" => get(uri, key),
            _ => post(uri, key, ""),
        };
        call(service, document, route, request(route.1, key), 200).await;
        let twice = [route.1, "?app=a&app=b"].concat();
        for (uri, key, status) in [
            (twice.as_str(), key.as_str(), 400),
            (route.1, "nobody", 401),
            (route.1, &keys.send, 403),
        ] {
            call(service, document, route, request(uri, key), status).await;
        }
    }
    for path in ["/livez", "/readyz", "/metrics"] {
        call(service, document, ("get", path), get(path, ""), 200).await;
    }
}

const PERSON: &str = r#"{"user":"u"}"#;

/// Erases somebody, in each way that it can end.
async fn erase<S>(service: &S, keys: &Secrets, document: &mut Document)
where
    S: Service<Request, Response = ServiceResponse, Error = actix_web::Error>,
{
    let route = ("post", "/v1/erase");
    document.check_sent(route.1, "application/json", &json!({"user": "u"}));
    let request = |key: &str, body: &str| post(route.1, key, body.to_owned());
    let packed = request(&keys.admin, PERSON).insert_header(("Content-Encoding", "x"));
    for (request, status) in [
        (request(&keys.admin, PERSON), 200),
        (request(&keys.admin, r#"{"user":" "}"#), 400),
        (request(&keys.admin, "7"), 400),
        (request("nobody", PERSON), 401),
        (request(&keys.plan, PERSON), 403),
        (request(&keys.admin, r#"{"user":"u","app":"bank"}"#), 403),
        (request(&keys.admin, &" ".repeat(2_001)), 413),
        (packed, 415),
    ] {
        call(service, document, route, request, status).await;
    }
}

/// What is said when the tables fail, and by a service that is stopping.
async fn fail<S>(
    (service, keys): (&S, &Secrets),
    state: &State,
    folder: &Path,
    document: &mut Document,
) where
    S: Service<Request, Response = ServiceResponse, Error = actix_web::Error>,
{
    let log = folder.join("tables/ledger/_delta_log");
    let entries = std::fs::read_dir(&log).unwrap().count();
    for version in 0..2 * entries {
        let entry = log.join(format!("{version:020}.json"));
        let mut entry = std::fs::File::create(entry).unwrap();
        entry.write_all(b"damaged").unwrap();
    }
    for (path, key) in [("/v1/ledger", keys.all.as_str()), ("/metrics", "")] {
        call(service, document, ("get", path), get(path, key), 503).await;
    }
    state.ingest.announce_stop();
    let route = ("get", "/readyz");
    call(service, document, route, get(route.1, ""), 503).await;
    drop(state.ingest.shutdown().await);
    for (path, body) in [
        ("/v1/flush", ""),
        ("/v1/quarantine/replay", ""),
        ("/v1/vacuum", ""),
        ("/v1/erase", PERSON),
    ] {
        let request = post(path, &keys.admin, body);
        call(service, document, ("post", path), request, 503).await;
    }
    sentry::stop(service, keys, document).await;
}

#[actix_web::test]
async fn every_answer_is_as_the_document_says() {
    let (folder, tight_folder) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (state, keys) = open(folder.path(), small()).await;
    let service = service!(state);
    let tight = Limits {
        in_flight_bytes_max: 1,
        ..small()
    };
    let (tight, tight_keys) = open(tight_folder.path(), tight).await;
    let tight = service!(tight);
    let mut document = described(&small());

    let route = ("get", "/v1/openapi.json");
    let served = call(&service, &mut document, route, get(route.1, ""), 200).await;
    assert_eq!(served, document.json);
    let import = String::from_utf8(batch()).unwrap();
    let import = ("/v1/import", import.as_str());
    for taking in TAKING.into_iter().chain([import]) {
        let (easy, tight) = ((&service, &keys), (&tight, &tight_keys));
        take(easy, tight, &mut document, taking).await;
    }
    let route = ("post", "/v1/events");
    let mixed = r#"[{},7,{"name":"a","user_id":"u"}]"#;
    for (uri, body) in [
        (route.1, mixed),
        (route.1, "{}\n{}"),
        ("/v1/events?dry_run=1", mixed),
    ] {
        let request = post(uri, &keys.send, body);
        let sent = call(&service, &mut document, route, request, 200).await;
        assert_eq!(sent["rejected"], 2, "{sent}");
    }
    sentry::take((&service, &keys), &mut document).await;
    let (easy, tight) = ((&service, &keys), (&tight, &tight_keys));
    embedded::embed(easy, tight, &mut document).await;
    posthog(easy, tight, &mut document).await;
    sdks::take(easy, tight, &mut document).await;
    listen(&service, &keys, &mut document).await;
    operate(&service, &keys, &mut document).await;
    erase(&service, &keys, &mut document).await;
    fail((&service, &keys), &state, folder.path(), &mut document).await;

    let unseen: Vec<_> = document
        .documented()
        .difference(&document.seen)
        .filter(|(_, _, status)| status != SLOW)
        .cloned()
        .collect();
    assert!(
        unseen.is_empty(),
        "documented and never answered: {unseen:?}"
    );
}

#[test]
fn every_route_is_documented_and_nothing_else() {
    let document = described(&Limits::default());
    let documented: BTreeSet<_> = document
        .documented()
        .into_iter()
        .map(|(method, path, _)| (path, method))
        .collect();
    let served: BTreeSet<_> = routes()
        .into_iter()
        .flat_map(|(path, allowed, _)| {
            let methods = allowed.split(", ").filter(|method| *method != "OPTIONS");
            methods.map(move |method| (path.to_owned(), method.to_lowercase()))
        })
        .collect();
    assert_eq!(documented, served);
}
