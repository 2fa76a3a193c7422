//! Schemas of answers that are built without a type of their own.
#![expect(dead_code, reason = "the fields are read by the derived schema alone")]

use utoipa::ToSchema;

/// A request that ended without a 200.
#[derive(ToSchema)]
pub(crate) struct Problem {
    /// What it is, in a word.
    error: String,
    /// What it is and what to do, in a sentence.
    message: String,
    /// The limit that was exceeded.
    limit: Option<u64>,
    /// What the limit counts.
    unit: Option<String>,
    /// Which overload it is (503).
    reason: Option<String>,
    /// Where the body cannot be read, from 1.
    line: Option<u64>,
    /// Where in the line, from 1; 0 before its first character.
    column: Option<u64>,
    /// The word of `error` again, where an SDK looks for it here.
    code: Option<String>,
}

/// The process runs.
#[derive(ToSchema)]
pub(crate) struct Alive {
    /// Always `alive`.
    status: String,
}

/// A tail that lagged behind.
#[derive(ToSchema)]
pub(crate) struct Missed {
    /// How many arrivals it was not shown.
    missed: u64,
}

/// What an SDK of Sentry's is answered.
#[derive(ToSchema)]
pub(crate) struct SentryAnswer {
    /// The id of the event or feedback; absent where there is none.
    id: Option<String>,
}

/// A request of such an SDK that ended without a 200.
#[derive(ToSchema)]
pub(crate) struct SentryProblem {
    /// What it is and what to do, in a sentence.
    detail: String,
    /// What it is, in a word.
    error: String,
}

/// What Segment's SDKs are told.
#[derive(ToSchema)]
pub(crate) struct SegmentAnswer {
    /// Always true.
    success: bool,
}

/// What analytics.js works by.
#[derive(ToSchema)]
pub(crate) struct SegmentSettings {
    /// Where to send, by the name of the integration.
    #[schema(value_type = Object)]
    integrations: serde_json::Value,
    /// Which events are sent: all.
    #[schema(value_type = Object)]
    plan: serde_json::Value,
    /// What the SDK tells its maker: nothing.
    #[schema(value_type = Object)]
    metrics: serde_json::Value,
}

/// `ExportLogsServiceResponse`.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
pub(crate) struct OtlpAnswer {
    /// What was not stored, where there is any.
    #[schema(value_type = Object, required = false)]
    partial_success: Option<serde_json::Value>,
}

/// `google.rpc.Status`.
#[derive(ToSchema)]
pub(crate) struct RpcStatus {
    /// The code of gRPC.
    code: i32,
    /// A sentence with the remedy.
    message: String,
}
