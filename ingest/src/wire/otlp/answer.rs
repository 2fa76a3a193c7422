//! Answers in the encoding of the request.

use prost::Message as _;
use serde_json::json;

use super::Encoding;

impl Encoding {
    /// The `Content-Type` of the encoding.
    pub(crate) fn content_type(self) -> &'static str {
        match self {
            Self::Protobuf => "application/x-protobuf",
            Self::Json => "application/json",
        }
    }

    /// The encoding of a `Content-Type`.
    pub(crate) fn declared(content_type: &str) -> Option<Self> {
        let kind = content_type.split(';').next().unwrap_or_default().trim();
        match kind.to_ascii_lowercase().as_str() {
            "application/x-protobuf" | "application/protobuf" => Some(Self::Protobuf),
            "application/json" => Some(Self::Json),
            _ => None,
        }
    }
}

#[derive(Clone, PartialEq, prost::Message)]
struct Response {
    #[prost(message, optional, tag = "1")]
    partial_success: Option<PartialSuccess>,
}

#[derive(Clone, PartialEq, prost::Message)]
struct PartialSuccess {
    #[prost(int64, tag = "1")]
    rejected: i64,
    #[prost(string, tag = "2")]
    error_message: String,
}

/// `google.rpc.Status`.
#[derive(Clone, PartialEq, prost::Message)]
struct Status {
    #[prost(int32, tag = "1")]
    code: i32,
    #[prost(string, tag = "2")]
    message: String,
}

/// A 200: everything is stored, but for so many records and for the reason that is said.
pub(crate) fn exported(encoding: Encoding, rejected: usize, why: &str) -> Vec<u8> {
    let rejected = i64::try_from(rejected).unwrap_or(i64::MAX);
    match encoding {
        Encoding::Protobuf => {
            let partial_success = (rejected > 0).then(|| PartialSuccess {
                rejected,
                error_message: why.to_owned(),
            });
            Response { partial_success }.encode_to_vec()
        }
        Encoding::Json if rejected == 0 => b"{}".to_vec(),
        // 64-bit numbers are texts in JSON.
        Encoding::Json => json!({"partialSuccess": {
            "rejectedLogRecords": rejected.to_string(),
            "errorMessage": why,
        }})
        .to_string()
        .into_bytes(),
    }
}

/// What is said where there is no 200.
pub(crate) fn status(encoding: Encoding, http_status: u16, message: &str) -> Vec<u8> {
    let code = match http_status {
        400 | 415 => 3,
        401 => 16,
        403 => 7,
        413 => 8,
        503 => 14,
        _ => 2,
    };
    match encoding {
        Encoding::Protobuf => Status {
            code,
            message: message.to_owned(),
        }
        .encode_to_vec(),
        Encoding::Json => json!({"code": code, "message": message})
            .to_string()
            .into_bytes(),
    }
}
