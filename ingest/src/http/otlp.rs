//! The routes of OpenTelemetry's exporters (OTLP/HTTP). Logs are taken; traces and metrics are not
//! wanted, and answered so that an exporter that is configured for all three stays quiet.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, ResponseError as _, Route, web};
use lake::Outcome;
use xxhash_rust::xxh3::xxh3_128;

use crate::batch::{Noted, Record};
use crate::draft::Receipt;
use crate::http::problem::Problem;
use crate::http::sdk::{Context, Reading, Told, Wire, take};
use crate::http::{FROM_PAGES, State};
use crate::wire::otlp::answer::{exported, status};
use crate::wire::otlp::{self, Encoding};

/// What is sent to a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Signal {
    Logs,
    /// Traces and metrics: read to their end, since a client waits for that, counted by this name,
    /// and let go.
    Unwanted(&'static str),
}

/// The routes, each with what is sent to it.
pub(super) const SIGNALS: [(&str, Signal); 3] = [
    ("/v1/logs", Signal::Logs),
    ("/v1/traces", Signal::Unwanted("traces")),
    ("/v1/metrics", Signal::Unwanted("metrics")),
];

pub(super) fn routes() -> impl Iterator<Item = (&'static str, &'static str, Route)> {
    SIGNALS.into_iter().map(|(path, signal)| {
        let route = move |request: HttpRequest, payload, state: web::Data<State>| {
            let otlp = Otlp::new(signal, &request);
            take(otlp, request, payload, state)
        };
        (path, FROM_PAGES, web::post().to(route))
    })
}

/// How the ledger names lines of a log, which are neither events nor errors.
const LINES: &str = "log_lines";

/// What is not kept is counted once, however often its request is sent.
fn declined(what: &str, count: usize, body: &[u8]) -> Record<'static> {
    Record::Noted(Noted {
        outcome: Outcome::Declined,
        reason: what.to_owned(),
        count: i64::try_from(count).unwrap_or(i64::MAX),
        id: Some(format!("{what}/{:032x}", xxh3_128(body))),
    })
}

/// One request.
struct Otlp {
    signal: Signal,
    /// What the header says, else what the body was found to be.
    encoding: OnceLock<Encoding>,
    /// Lines of a log that were declined.
    declined: AtomicUsize,
}

impl Otlp {
    fn new(signal: Signal, request: &HttpRequest) -> Self {
        let content_type = request.headers().get(header::CONTENT_TYPE);
        let declared = content_type.and_then(|kind| Encoding::declared(kind.to_str().ok()?));
        Self {
            signal,
            encoding: declared.map_or_else(OnceLock::new, OnceLock::from),
            declined: AtomicUsize::new(0),
        }
    }

    /// The encoding of the answer.
    fn encoding(&self) -> Encoding {
        self.encoding.get().copied().unwrap_or(Encoding::Json)
    }
}

impl Wire for Otlp {
    const PROTOCOL: &'static str = otlp::PROTOCOL;

    fn read<'a>(&self, body: &'a [u8], context: &Context) -> Result<Reading<'a>, Problem> {
        let encoding = *self.encoding.get_or_init(|| Encoding::told_by(body));
        let logs = match self.signal {
            Signal::Logs => otlp::read(body, encoding, context)?,
            Signal::Unwanted(_) => otlp::Logs::default(),
        };
        self.declined.store(logs.declined, Ordering::Relaxed);
        let mut records: Vec<Record<'a>> = logs.records;
        records.extend(match self.signal {
            Signal::Logs if logs.declined == 0 => None,
            Signal::Logs => Some(declined(LINES, logs.declined, body)),
            Signal::Unwanted(_) if body.is_empty() => None,
            Signal::Unwanted(name) => Some(declined(name, 1, body)),
        });
        Ok(Reading {
            secret: None,
            records,
        })
    }

    fn tell(&self, _: &[Record<'_>], receipts: &[Receipt]) -> Told {
        let declined = self.declined.load(Ordering::Relaxed);
        let is_refused = |receipt: &&Receipt| **receipt == Receipt::Rejected;
        let refused = receipts.iter().filter(is_refused).count();
        let why = format!(
            "not stored: {declined} lines of a log, which are neither events nor errors; {refused} \
             records that were refused and lie in quarantine"
        );
        Told {
            content_type: self.encoding().content_type(),
            headers: Vec::new(),
            body: exported(self.encoding(), declined + refused, &why),
        }
    }

    /// A client sends again what was answered 503, and gives up on a 408.
    fn refuse(&self, problem: Problem) -> HttpResponse {
        let problem = problem.for_clients_that_drop();
        let encoding = self.encoding();
        let answer = problem.error_response();
        let body = status(encoding, answer.status().as_u16(), problem.message());
        let mut response = HttpResponse::build(answer.status());
        for name in [header::RETRY_AFTER, header::WWW_AUTHENTICATE] {
            if let Some(value) = answer.headers().get(&name) {
                response.insert_header((name, value.clone()));
            }
        }
        response.content_type(encoding.content_type()).body(body)
    }
}
