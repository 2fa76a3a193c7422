//! Small bodies in JSON: bounded in size and in time.

use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::web;
use ingest::http::Problem;
use serde::de::DeserializeOwned;

/// Longest time for a body.
const TIME_MAX: Duration = Duration::from_secs(10);

/// Reads `what`, of at most so many bytes, which is `written` like that.
pub(super) async fn read<T: DeserializeOwned>(
    payload: web::Payload,
    bytes_max: usize,
    (what, written): (&str, &str),
) -> Result<T, Problem> {
    let read = tokio::time::timeout(TIME_MAX, payload.to_bytes_limited(bytes_max)).await;
    let read = read.map_err(|_| {
        let message = format!("the body did not come within {} s", TIME_MAX.as_secs());
        Problem::new(StatusCode::REQUEST_TIMEOUT, "slow_body", message)
    })?;
    let body = read.map_err(|_| {
        let message = format!("{what} has at most {bytes_max} bytes");
        Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "body_too_large", message)
    })?;
    let unreadable = |why: String| {
        let message = format!("{what} cannot be read: {why}; write {written}");
        Problem::new(StatusCode::BAD_REQUEST, "unreadable", message)
    };
    let body = body.map_err(|error| unreadable(error.to_string()))?;
    serde_json::from_slice(&body).map_err(|error| unreadable(error.to_string()))
}
