//! Requests that end without a 200, each as JSON: what it is, a sentence with the remedy, and the
//! limit where there is one.
//!
//! Why 503 and not 429 or 500 when the client is to come again: it is the one status that every SDK
//! retries. A 429 is for the rate of a key alone, where the operator set one.

use std::fmt;
use std::time::Duration;

use actix_web::http::{StatusCode, header};
use actix_web::{HttpResponse, ResponseError};
use serde_json::{Value, json};

use crate::error::{Error, Overload};
use crate::wire::split::SplitError;

/// The least that a client is asked to wait.
const RETRY_AFTER_MIN: Duration = Duration::from_secs(1);

/// Why a request got no 200.
#[derive(Debug)]
pub struct Problem {
    status: StatusCode,
    pub(crate) error: &'static str,
    message: String,
    more: Value,
    retry_after: Option<Duration>,
    overload: Option<Overload>,
}

impl Problem {
    /// What it is in a word, and what to do in a sentence.
    pub fn new(status: StatusCode, error: &'static str, message: impl Into<String>) -> Self {
        Self {
            status,
            error,
            message: message.into(),
            more: json!({}),
            retry_after: None,
            overload: None,
        }
    }

    /// The request is over a limit, in the given unit.
    pub(crate) fn over(error: &'static str, limit: usize, unit: &str) -> Self {
        let message =
            format!("at most {limit} {unit} are taken in one request: send smaller batches");
        let problem = Self::new(StatusCode::PAYLOAD_TOO_LARGE, error, message);
        Self {
            more: json!({"limit": limit, "unit": unit}),
            ..problem
        }
    }

    /// The body cannot be read at all.
    pub(crate) fn unreadable(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "unreadable", message)
    }

    /// The service cannot take the request for the moment.
    pub fn later(message: impl Into<String>, retry_after: Duration) -> Self {
        let problem = Self::new(StatusCode::SERVICE_UNAVAILABLE, "overloaded", message);
        Self {
            retry_after: Some(retry_after.max(RETRY_AFTER_MIN)),
            ..problem
        }
    }

    /// The key has sent more than the operator allows it. Only for those who set such a limit: some
    /// clients never send again what was answered 429.
    pub(crate) fn too_often(per_second: u32, unit: &str, retry_after: Duration) -> Self {
        let message = format!("this key may send {per_second} {unit} a second: send less often");
        let problem = Self::new(StatusCode::TOO_MANY_REQUESTS, "too_often", message);
        Self {
            more: json!({"limit": per_second, "unit": unit}),
            retry_after: Some(retry_after.max(RETRY_AFTER_MIN)),
            ..problem
        }
    }

    /// The same for clients that never send again what was answered with any 4xx: what passes by
    /// itself is a 503.
    pub(crate) fn for_clients_that_drop(self) -> Self {
        match self.status {
            StatusCode::TOO_MANY_REQUESTS | StatusCode::REQUEST_TIMEOUT => Self {
                status: StatusCode::SERVICE_UNAVAILABLE,
                retry_after: self.retry_after.or(Some(RETRY_AFTER_MIN)),
                ..self
            },
            _ => self,
        }
    }

    /// The same for clients that come again a fixed number of times: to wait longer each time is to
    /// outlast more.
    pub(crate) fn for_clients_that_give_up(self, wait: Duration) -> Self {
        Self {
            retry_after: self.retry_after.map(|least| least.max(wait)),
            ..self
        }
    }

    /// The sentence with the remedy.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// Says something more, for clients that look for it.
    pub(crate) fn also(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.more[name] = value.into();
        self
    }

    /// The limit that was reached, where it was an overload.
    pub(crate) fn overload(&self) -> Option<Overload> {
        self.overload
    }

    fn body(&self) -> Value {
        let mut body = json!({"error": self.error, "message": self.message});
        if let (Value::Object(body), Value::Object(more)) = (&mut body, &self.more) {
            body.extend(
                more.iter()
                    .map(|(name, value)| (name.clone(), value.clone())),
            );
        }
        body
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(to, "{}: {}", self.error, self.message)
    }
}

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        self.status
    }

    fn error_response(&self) -> HttpResponse {
        let mut response = HttpResponse::build(self.status);
        if let Some(wait) = self.retry_after {
            let seconds = wait.as_millis().div_ceil(1000);
            response.insert_header((header::RETRY_AFTER, seconds.to_string()));
        }
        if self.status == StatusCode::UNAUTHORIZED {
            response.insert_header((header::WWW_AUTHENTICATE, "Bearer"));
        }
        response.json(self.body())
    }
}

impl From<Overload> for Problem {
    fn from(overload: Overload) -> Self {
        let message = format!("{}: send the same again", overload.sentence());
        Self {
            more: json!({"reason": overload.as_str()}),
            overload: Some(overload),
            ..Self::later(message, overload.retry_after())
        }
    }
}

impl From<SplitError> for Problem {
    fn from(error: SplitError) -> Self {
        let message = error.to_string();
        match error {
            SplitError::Empty => Self::new(StatusCode::BAD_REQUEST, "empty", message),
            SplitError::TooMany { limit } => Self::over("too_many_events", limit, "events"),
            SplitError::Unreadable { line, column, .. } => Self {
                more: json!({"line": line, "column": column}),
                ..Self::unreadable(message)
            },
        }
    }
}

impl From<Error> for Problem {
    /// Logged here, where it is handled; an overload is the client's to see.
    fn from(error: Error) -> Self {
        match error {
            Error::Overloaded(overload) => overload.into(),
            Error::Stopped => Self {
                error: "stopping",
                ..Self::later(
                    "the service is stopping: send the same again",
                    RETRY_AFTER_MIN,
                )
            },
            error => {
                tracing::error!(
                    error = &error as &dyn std::error::Error,
                    "request not stored"
                );
                let message = "nothing is promised of this request: send the same again";
                Self {
                    error: "unavailable",
                    ..Self::later(message, RETRY_AFTER_MIN)
                }
            }
        }
    }
}
