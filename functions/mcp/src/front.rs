//! What stands in front of rmcp, for the clients there are.
//!
//! It accepts what rmcp would refuse over a header (TR-04), answers in JSON-RPC where rmcp answers in plain text, and
//! turns a bare tool name into a call (SD-01). All of it happens to the one message of a request and to its answer.

use std::sync::Arc;

use auth::public_url::PublicUrl;
use axum::{
    Extension, Json,
    body::Body,
    extract::{Request, State},
    response::{IntoResponse, Response},
};
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use rmcp::transport::streamable_http_server::{
    StreamableHttpServerConfig, StreamableHttpService, session::never::NeverSessionManager,
};
use serde_json::{Value, json};

use crate::{
    bearer::Challenge,
    caller::Caller,
    message::{INVALID_REQUEST, Message, NoMessage, PARSE_ERROR},
    server::{Server, Trace},
    tools,
};

/// The largest body: a memory of 64 KB is a sixteenth of it.
const BODY_BYTES: usize = 1024 * 1024;

/// rmcp, and what is needed to stand in front of it.
pub(crate) struct Front {
    mcp: StreamableHttpService<Server, NeverSessionManager>,
    public_url: PublicUrl,
    host: HeaderValue,
}

impl Front {
    /// Stateless, and answering in JSON: a Lambda has neither sessions nor streams. rmcp may leave the host alone: what
    /// it reads is the configured one, whatever name the edge or a hostile client calls this server by (TR-06, T-08).
    pub(crate) fn new(server: Server, public_url: PublicUrl) -> Self {
        let config = StreamableHttpServerConfig::default()
            .with_legacy_session_mode(false)
            .with_json_response(true)
            .disable_allowed_hosts();
        let mcp = StreamableHttpService::new(move || Ok(server.clone()), Arc::default(), config);
        let (_, host) = public_url.issuer().split_once("://").expect("an issuer has a scheme");
        let host = HeaderValue::try_from(host).expect("a host is visible ASCII");
        Self { mcp, public_url, host }
    }
}

/// Answers a request of a caller who is known.
pub(crate) async fn answer(
    State(front): State<Arc<Front>>,
    Extension(caller): Extension<Caller>,
    request: Request,
) -> Result<Response, Unreadable> {
    if request.method() != Method::POST {
        // Streams and sessions, which the other methods are about, there are none.
        return Ok((StatusCode::METHOD_NOT_ALLOWED, [(header::ALLOW, "POST")]).into_response());
    }
    let (mut parts, body) = request.into_parts();
    let body = read(&parts.headers, body).await?;
    let message = Message::read(&body, |name| tools::scope(name).is_some())?;
    if let Some(scope) = message.tool().and_then(tools::scope)
        && !caller.scopes.allows(scope)
    {
        return Ok(Challenge::InsufficientScope(scope).response(&front.public_url));
    }
    parts.headers.insert(header::HOST, front.host.clone());
    parts.headers.insert(header::ACCEPT, HeaderValue::from_static("application/json, text/event-stream"));
    parts.extensions.insert(Trace::current());
    let answer = front.mcp.handle(Request::from_parts(parts, Body::from(message.to_json()))).await;
    // The media type was checked, so this is how rmcp says that the object is no message it knows.
    if answer.status() == StatusCode::UNSUPPORTED_MEDIA_TYPE {
        return Err(Unreadable::NoRequest { id: message.id().clone() });
    }
    if !message.is_anonymous() {
        return Ok(answer.map(Body::new));
    }
    let (parts, body) = answer.into_parts();
    let Ok(body) = body.collect().await;
    Ok(Response::from_parts(parts, Body::from(message.answered(&body.to_bytes()))))
}

/// The body, if it says that it is JSON. A page on another site can send anything else without asking first (T-16).
async fn read(headers: &HeaderMap, body: Body) -> Result<Vec<u8>, Unreadable> {
    let media_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = media_type.split(';').next().unwrap_or_default().trim();
    if !essence.eq_ignore_ascii_case("application/json") {
        return Err(Unreadable::MediaType);
    }
    match Limited::new(body, BODY_BYTES).collect().await {
        Ok(body) => Ok(body.to_bytes().into()),
        Err(error) if error.is::<LengthLimitError>() => Err(Unreadable::TooLarge),
        Err(_) => Err(Unreadable::Interrupted),
    }
}

/// Why a request can't be read.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Unreadable {
    MediaType,
    TooLarge,
    Interrupted,
    NoMessage(NoMessage),
    NoRequest { id: Value },
}

impl From<NoMessage> for Unreadable {
    fn from(no_message: NoMessage) -> Self {
        Self::NoMessage(no_message)
    }
}

impl IntoResponse for Unreadable {
    fn into_response(self) -> Response {
        let (status, code, sentence) = match &self {
            Self::MediaType => {
                (StatusCode::UNSUPPORTED_MEDIA_TYPE, INVALID_REQUEST, "The Content-Type has to be application/json.")
            }
            Self::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, INVALID_REQUEST, "The body is larger than 1 MiB."),
            Self::Interrupted => (StatusCode::BAD_REQUEST, INVALID_REQUEST, "The body ended too early."),
            Self::NoMessage(NoMessage::NotJson) => (StatusCode::BAD_REQUEST, PARSE_ERROR, "The body is not JSON."),
            Self::NoMessage(NoMessage::NoObject) => {
                (StatusCode::BAD_REQUEST, INVALID_REQUEST, "The body has to be one JSON-RPC message, an object.")
            }
            Self::NoRequest { .. } => {
                (StatusCode::BAD_REQUEST, INVALID_REQUEST, "The body is not a JSON-RPC 2.0 message as MCP defines it.")
            }
        };
        let id = match self {
            Self::NoRequest { id: id @ (Value::String(_) | Value::Number(_)) } => id,
            _ => Value::Null,
        };
        tracing::info!(code, sentence, "refused");
        (status, Json(json!({ "jsonrpc": "2.0", "id": id, "error": { "code": code, "message": sentence } })))
            .into_response()
    }
}
