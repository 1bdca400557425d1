//! JSON-RPC errors for requests that rmcp does not see, or answers in plain text.

use axum::{
    Json,
    response::{IntoResponse, Response},
};
use http::{StatusCode, header};
use jean_runtime::Failure;
use rmcp::model::{ErrorCode, ProtocolVersion};
use serde_json::{Value, json};

use crate::{batch::MAX_BATCH, call_limit::LimitReached, error_response::failure_message, message::InvalidMessage};

/// JSON-RPC 2.0 §5.1 reserves this range for servers and MCP defines no code for limits. Clients rely on the status.
const LIMIT_REACHED: ErrorCode = ErrorCode(-32000);

/// The reason why a request is rejected.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum RequestRejection {
    MediaType,
    ContentEncoding,
    TooLarge,
    Interrupted,
    InvalidMessage(InvalidMessage),
    UnknownMessage {
        id: Value,
        /// The part of the message that JSON-RPC rejects, as far as it is known.
        defect: Option<&'static str>,
    },
    Version {
        id: Value,
        requested: String,
    },
    /// A message of a batch with large responses to the others.
    BatchIsFull {
        id: Value,
    },
    /// Logged where it happened.
    Failure {
        id: Value,
        failure: Failure,
    },
    TooManyCalls(LimitReached),
}

impl From<LimitReached> for RequestRejection {
    fn from(reached: LimitReached) -> Self {
        Self::TooManyCalls(reached)
    }
}

impl From<InvalidMessage> for RequestRejection {
    fn from(invalid: InvalidMessage) -> Self {
        Self::InvalidMessage(invalid)
    }
}

impl RequestRejection {
    fn status(&self) -> StatusCode {
        match self {
            Self::MediaType | Self::ContentEncoding => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Failure { .. } => StatusCode::INTERNAL_SERVER_ERROR,
            Self::TooManyCalls(_) => StatusCode::TOO_MANY_REQUESTS,
            _ => StatusCode::BAD_REQUEST,
        }
    }

    fn code(&self) -> ErrorCode {
        match self {
            Self::InvalidMessage(InvalidMessage::NotJson) => ErrorCode::PARSE_ERROR,
            Self::Version { .. } => ErrorCode::UNSUPPORTED_PROTOCOL_VERSION,
            Self::Failure { .. } => ErrorCode::INTERNAL_ERROR,
            Self::TooManyCalls(_) | Self::BatchIsFull { .. } => LIMIT_REACHED,
            _ => ErrorCode::INVALID_REQUEST,
        }
    }

    fn message(&self) -> String {
        match self {
            Self::MediaType => "The Content-Type must be application/json.".into(),
            Self::ContentEncoding => "Compressed bodies are not supported. Send it without Content-Encoding.".into(),
            Self::TooLarge => "The body must not be larger than 6 MB.".into(),
            Self::Interrupted => "The body is incomplete. Send the request again.".into(),
            Self::InvalidMessage(InvalidMessage::NotJson) => "The body is not valid JSON.".into(),
            Self::InvalidMessage(InvalidMessage::Unsupported) => {
                "The body is nested too deeply, or has a number out of range. Simplify the arguments.".into()
            }
            Self::InvalidMessage(InvalidMessage::NotAnObject) => {
                "A JSON-RPC message must be an object. Batches are supported up to revision 2025-03-26.".into()
            }
            Self::InvalidMessage(InvalidMessage::EmptyBatch) => "The batch is empty. Send at least one message.".into(),
            Self::InvalidMessage(InvalidMessage::LargeBatch) => {
                format!("A batch must not have more than {MAX_BATCH} messages. Send several batches.")
            }
            Self::UnknownMessage { defect, .. } => {
                let sentence = "The body is not a JSON-RPC 2.0 message of MCP.";
                defect.map_or(sentence.into(), |defect| format!("{sentence} {defect}"))
            }
            Self::Version { .. } => "Unsupported MCP-Protocol-Version. Use one of the supported versions.".into(),
            Self::BatchIsFull { .. } => {
                "Not done, since the other responses of the batch are too large. Send the message again.".into()
            }
            Self::Failure { failure, .. } => failure_message(failure.reference()),
            Self::TooManyCalls(LimitReached { retry_after }) => {
                format!("Too many calls in one minute. Retry in {retry_after} seconds.")
            }
        }
    }

    /// Machine-readable details.
    fn data(&self) -> Option<Value> {
        match self {
            Self::Version { requested, .. } => {
                let supported: Vec<_> = ProtocolVersion::KNOWN_VERSIONS.iter().map(ProtocolVersion::as_str).collect();
                Some(json!({ "supported": supported, "requested": requested }))
            }
            Self::Failure { failure, .. } => Some(json!({ "reference": failure.reference() })),
            Self::TooManyCalls(LimitReached { retry_after }) => Some(json!({ "retryAfter": retry_after })),
            _ => None,
        }
    }

    /// The id of the request, or null if it has none that JSON-RPC allows.
    fn id(&self) -> Value {
        match self {
            Self::UnknownMessage { id, .. }
            | Self::Version { id, .. }
            | Self::BatchIsFull { id }
            | Self::Failure { id, .. }
                if id.is_string() || id.is_number() =>
            {
                id.clone()
            }
            _ => Value::Null,
        }
    }
}

impl IntoResponse for RequestRejection {
    fn into_response(self) -> Response {
        let code = self.code();
        let mut error = json!({ "code": code, "message": self.message() });
        if let Some(data) = self.data() {
            error["data"] = data;
        }
        if !matches!(self, Self::Failure { .. }) {
            tracing::info!(code = code.0, message = %error["message"], "refused");
        }
        let body = json!({ "jsonrpc": "2.0", "id": self.id(), "error": error });
        let mut response = (self.status(), Json(body)).into_response();
        if let Self::TooManyCalls(LimitReached { retry_after }) = self {
            response.headers_mut().insert(header::RETRY_AFTER, retry_after.into());
        }
        response
    }
}
