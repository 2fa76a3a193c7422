//! What the routes of other products' SDKs share: their bodies may name the key, their answers have
//! forms of their own, and what is behind is the same as for every other event.
//!
//! A request is read into records before its key is known for sure, since some SDKs name the key in
//! the body alone. Nothing of it is kept unless the key opens.

use std::sync::Arc;
use std::time::{Duration, Instant};

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, ResponseError as _, web};
use lake::{Arrival, EventLimits, Micros};

use crate::batch::{Envelope, Record};
use crate::draft::{Draft, Receipt};
use crate::error::Error;
use crate::http::State;
use crate::http::admission::InFlight;
use crate::http::body::{self, Body, Limits, Unpacked};
use crate::http::client;
use crate::http::door::{self, Query};
use crate::http::problem::Problem;
use crate::keys::{Key, Scope};
use crate::privacy::Sender;

/// Bytes of a body that go into one frame of the WAL; a larger one becomes several batches.
const FRAME_BYTES: usize = 4 << 20;

/// How long a request that is held waits before it looks for room again.
const PAUSE: Duration = Duration::from_millis(100);
/// Room below which a body is not begun to be read while the request may be held.
const LEAST_ROOM_BYTES: usize = 64 << 10;

/// What is known of a body besides its own words.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Context {
    /// When it arrived.
    pub(crate) received_at: Micros,
    /// The largest event; a refused one is kept up to this size.
    pub(crate) event_bytes_max: usize,
    /// Events of one request.
    pub(crate) batch_events_max: usize,
    /// How large the parts of one event may be.
    pub(crate) limits: EventLimits,
}

impl Context {
    /// How the events of a body arrived that its client sent at `sent_at`.
    pub(crate) fn arrival(&self, sent_at: Option<Micros>) -> Arrival {
        Arrival {
            received_at: self.received_at,
            sent_at,
            import: false,
        }
    }
}

/// A body that was read.
#[derive(Debug, Default)]
pub(crate) struct Reading<'a> {
    /// The secret that the body names.
    pub(crate) secret: Option<String>,
    /// What it holds, in order.
    pub(crate) records: Vec<Record<'a>>,
}

/// What is answered.
#[derive(Debug)]
pub(crate) struct Told {
    pub(crate) content_type: &'static str,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Vec<u8>,
}

impl Told {
    /// A JSON text.
    pub(crate) fn json(body: impl Into<Vec<u8>>) -> Self {
        Self {
            content_type: "application/json",
            headers: Vec::new(),
            body: body.into(),
        }
    }
}

/// One wire format: made for one request, from its path, query and headers.
pub(crate) trait Wire: Send + Sync + 'static {
    /// How rows and counters name it.
    const PROTOCOL: &'static str;

    /// The secret that the request names outside of its body, where only this format puts it.
    fn secret(&self) -> Option<String> {
        None
    }

    /// The room in which its bodies wait.
    fn room<'s>(&self, state: &'s State) -> &'s Arc<InFlight> {
        &state.in_flight
    }

    /// How long a request is held while there is no room for it, before it is refused: some SDKs
    /// never send again.
    fn patience(&self) -> Duration {
        Duration::ZERO
    }

    /// Whether a body as it was sent is other than what [`Wire::read`] takes, so that it is made
    /// into that first.
    fn is_folded(&self, _body: &[u8]) -> bool {
        false
    }

    /// Makes an unpacked body into what [`Wire::read`] takes, within the limit of unpacked bytes.
    ///
    /// # Errors
    /// When it is in no form of this format, or beyond the limit.
    fn unfold(&self, body: Unpacked, _limits: &Limits) -> Result<Unpacked, Problem> {
        Ok(body)
    }

    /// Reads an unpacked body. One bad event never sinks its neighbours: it is a refused record.
    ///
    /// # Errors
    /// When the body cannot be read as a whole.
    fn read<'a>(&self, body: &'a [u8], context: &Context) -> Result<Reading<'a>, Problem>;

    /// The answer once everything is durable; a receipt for each record, in order.
    fn tell(&self, records: &[Record<'_>], receipts: &[Receipt]) -> Told;

    /// The answer where there is no 200.
    fn refuse(&self, problem: Problem) -> HttpResponse {
        problem.error_response()
    }
}

/// Takes one request of an SDK.
///
/// # Cancel safety
/// As for the native routes: a client that goes away sends the same again, and what was stored is
/// then a duplicate.
pub(crate) async fn take<W: Wire>(
    wire: W,
    request: HttpRequest,
    payload: web::Payload,
    state: web::Data<State>,
) -> HttpResponse {
    let wire = Arc::new(wire);
    match try_take(&wire, request, payload, state.clone()).await {
        Ok(told) => {
            let mut response = HttpResponse::build(StatusCode::OK);
            response.content_type(told.content_type);
            for header in told.headers {
                response.insert_header(header);
            }
            response.body(told.body)
        }
        Err(problem) => {
            if let Some(overload) = problem.overload() {
                state.ingest.signs().metrics.overloaded(overload);
            }
            wire.refuse(problem)
        }
    }
}

async fn try_take<W: Wire>(
    wire: &Arc<W>,
    request: HttpRequest,
    payload: web::Payload,
    state: web::Data<State>,
) -> Result<Told, Problem> {
    // A key that the request shows before its body opens, or the body is not read.
    let shown = wire
        .secret()
        .or_else(|| door::presented(&request, &Query::of(&request).unwrap_or_default()));
    let key = shown
        .map(|secret| door::open(&request, &secret, &state.keys, Scope::Send))
        .transpose()?;
    let until = Instant::now() + wire.patience();
    if let Some(key) = &key {
        while let Err(problem) = state.rates.admit(key) {
            pause_or(problem, until).await?;
        }
    }
    while Instant::now() < until && !wire.room(&state).has_room(LEAST_ROOM_BYTES) {
        tokio::time::sleep(PAUSE).await;
    }
    let body = body::read(&request, payload, &state.limits, wire.room(&state)).await?;
    state.ingest.signs().metrics.took_body(body.packed_bytes());
    let taking = Taking {
        key,
        page: request.headers().get("origin").cloned(),
        sender: client::sender(&request, &state.proxies),
        received_at: state.clock.now(),
    };
    let (told, drafts) = if body.is_small() && !wire.is_folded(body.packed()) {
        check(body, wire.as_ref(), &taking, &state)?
    } else {
        let (wire, state) = (Arc::clone(wire), state.clone());
        let checked = web::block(move || check(body, wire.as_ref(), &taking, &state)).await;
        checked.map_err(|error| {
            tracing::error!(%error, "request not checked");
            Problem::later(
                "the service is stopping: send the same again",
                Duration::ZERO,
            )
        })??
    };
    for draft in drafts {
        append(&state, draft, until).await?;
    }
    Ok(told)
}

/// Waits a little, unless the request was held for long enough.
async fn pause_or(problem: Problem, until: Instant) -> Result<(), Problem> {
    if Instant::now() >= until {
        return Err(problem);
    }
    tokio::time::sleep(PAUSE).await;
    Ok(())
}

/// Makes a draft durable, trying again while there is no room for it and time is left.
async fn append(state: &State, draft: Draft, until: Instant) -> Result<(), Problem> {
    while Instant::now() < until {
        match state.ingest.append(draft.clone()).await {
            Err(Error::Overloaded(overload)) => pause_or(overload.into(), until).await?,
            done => return Ok(done?),
        }
    }
    Ok(state.ingest.append(draft).await?)
}

/// What is known of a request beside its body.
struct Taking {
    key: Option<Arc<Key>>,
    page: Option<actix_web::http::header::HeaderValue>,
    sender: Sender,
    received_at: Micros,
}

fn check<W: Wire>(
    body: Body,
    wire: &W,
    taking: &Taking,
    state: &State,
) -> Result<(Told, Vec<Draft>), Problem> {
    let limits = &state.limits;
    let body = wire.unfold(body.unpack(limits)?, limits)?;
    let context = Context {
        received_at: taking.received_at,
        event_bytes_max: limits.event_bytes_max,
        batch_events_max: limits.batch_events_max,
        limits: limits.event,
    };
    let Reading {
        secret,
        mut records,
    } = wire.read(&body.bytes, &context)?;
    let key = match (&taking.key, secret) {
        (Some(key), _) => Arc::clone(key),
        (None, Some(secret)) => {
            let page = taking.page.as_ref();
            let key = door::open_for(page, &secret, &state.keys, Scope::Send)?;
            state.rates.admit(&key)?;
            key
        }
        (None, None) => return Err(door::no_key()),
    };
    if records.len() > limits.batch_events_max {
        let max = limits.batch_events_max;
        return Err(Problem::over("too_many_events", max, "events"));
    }
    state.rates.charge(&key, records.len());
    let app = door::app_of(&key, &Query::default(), None)?;
    let envelope = Envelope {
        app: &app,
        protocol: W::PROTOCOL,
        key_id: Some(&key.id),
        received_at: taking.received_at,
    };
    let frames = body.bytes.len().div_ceil(FRAME_BYTES).max(1);
    let per_frame = records.len().div_ceil(frames).max(1);
    let mut drafts = Vec::new();
    for records in records.chunks_mut(per_frame) {
        let drafting = state
            .ingest
            .drafting(envelope, records.len(), &taking.sender);
        let mut drafting = drafting?;
        for record in records {
            drafting.push(record)?;
        }
        drafts.push(drafting.finish()?);
    }
    let receipts: Vec<Receipt> = drafts.iter().flat_map(Draft::receipts).copied().collect();
    Ok((wire.tell(&records, &receipts), drafts))
}
