//! Compatibility layer in front of rmcp for real-world clients.
//!
//! It relaxes header checks that rmcp enforces (TR-04), returns JSON-RPC errors where rmcp returns plain text, rewrites
//! bare tool names to `tools/call` (SD-01) and unpacks batches (TR-03).

use std::sync::Arc;

use axum::{
    Extension, Json,
    body::Body,
    extract::{Request, State},
    response::{IntoResponse, Response},
};
use http::{HeaderMap, HeaderValue, Method, StatusCode, header, request::Parts};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use jean_auth::{public_url::PublicUrl, scope::Scopes};
use jean_runtime::{
    Failure, Logged,
    body::{is_encoded, media_type},
};
use rmcp::{
    model::{ErrorCode, ProtocolVersion},
    transport::streamable_http_server::{
        StreamableHttpServerConfig, StreamableHttpService, session::never::NeverSessionManager,
    },
};
use serde_json::Value;

use crate::{
    batch::Incoming,
    bearer::BearerChallenge,
    call_limit::CallLimit,
    caller::AuthenticatedCaller,
    connection_status::{ConnectionStatus, NotConnected},
    message::{InvalidMessage, JsonRpcMessage},
    rejection::RequestRejection,
    server::McpServer,
    tools::TOOLS,
    trace::Trace,
};

/// Maximum size of a body, which is Lambda's. A document of 1 MB fits in any escaping, which takes up to six bytes per
/// byte (TO-24).
const BODY_BYTES: usize = 6 * 1024 * 1024;
/// The size of the responses to a batch after which its other messages are rejected. Lambda's limit is 6 MB, and the characters
/// that it escapes take twice their size (T-13).
const BATCH_BYTES: usize = 2_900_000;
const VERSION: &str = "mcp-protocol-version";
const METHOD: &str = "mcp-method";
const NAME: &str = "mcp-name";
/// The code of an MCP header that differs from the body (TR-02).
const HEADER_MISMATCH: i64 = -32020;
/// The last revision with batches. A missing header means this one, too.
const LAST_WITH_BATCHES: &str = "2025-03-26";

/// rmcp's HTTP service and the state of the layer.
pub(crate) struct Compat {
    mcp: StreamableHttpService<McpServer, NeverSessionManager>,
    limit: CallLimit,
    connections: ConnectionStatus,
    public_url: PublicUrl,
    host: HeaderValue,
}

/// rmcp has answered with a status that only an internal failure explains.
#[derive(Debug, thiserror::Error)]
#[error("rmcp answered with {0}")]
struct McpFailed(StatusCode);

impl Compat {
    /// Configures rmcp without sessions and streams, which a Lambda function cannot offer. rmcp's host check is disabled,
    /// since it accepts only loopback by default: requests get the configured host instead of the one that the edge or
    /// an attacker sends (TR-06, T-08).
    pub(crate) fn new(
        server: McpServer,
        limit: CallLimit,
        connections: ConnectionStatus,
        public_url: PublicUrl,
    ) -> Self {
        let config = StreamableHttpServerConfig::default()
            .with_legacy_session_mode(false)
            .with_json_response(true)
            // The layer has limited the body already (TO-24).
            .with_max_request_body_bytes(usize::MAX)
            .disable_allowed_hosts();
        let mcp = StreamableHttpService::new(move || Ok(server.clone()), Arc::default(), config);
        let (_, host) = public_url.issuer().split_once("://").expect("an issuer has a scheme");
        let host = HeaderValue::try_from(host).expect("a host is visible ASCII");
        Self { mcp, limit, connections, public_url, host }
    }
}

/// Handles a request of an authenticated caller.
pub(crate) async fn handle(
    State(compat): State<Arc<Compat>>,
    Extension(caller): Extension<AuthenticatedCaller>,
    request: Request,
) -> Result<Response, RequestRejection> {
    compat.limit.count(caller.user_id(), 1).await?;
    if request.method() != Method::POST {
        // GET opens a stream and DELETE ends a session; the server has neither.
        return Ok((StatusCode::METHOD_NOT_ALLOWED, [(header::ALLOW, "POST")]).into_response());
    }
    let (mut parts, body) = request.into_parts();
    let body = read(&parts.headers, body).await?;
    let incoming = Incoming::read(&body, |name| TOOLS.scope(name).is_some())?;
    // Rate limit and scopes are checked for the whole batch before any message runs, so no batch is half done.
    if let Incoming::Batch(messages) = &incoming {
        let further = u32::try_from(messages.len() - 1).expect("a batch is bounded");
        compat.limit.count(caller.user_id(), further).await?;
    }
    let needed = |message: &JsonRpcMessage| message.tool().and_then(|tool| TOOLS.scope(tool));
    let missing = |scopes: &Scopes| incoming.messages().filter_map(needed).find(|scope| !scopes.allows(*scope));
    let challenge = |challenge: BearerChallenge| Ok(challenge.refuse(&compat.public_url));
    if let Some(missing) = missing(caller.scopes()) {
        return challenge(BearerChallenge::insufficient(missing, caller.credential()));
    }
    if !incoming.messages().all(JsonRpcMessage::is_about_the_server) {
        let caller = match compat.connections.check(caller).await {
            Ok(caller) => caller,
            Err(NotConnected::Ended) => return challenge(BearerChallenge::InvalidToken),
            Err(NotConnected::Store(error)) => {
                return Err(RequestRejection::Failure { id: incoming.id(), failure: Failure::log(&error) });
            }
        };
        if let Some(missing) = missing(&caller.scopes) {
            return challenge(BearerChallenge::insufficient(missing, &caller.credential));
        }
        parts.extensions.insert(caller);
    }
    parts.headers.insert(header::HOST, compat.host.clone());
    parts.headers.insert(header::ACCEPT, HeaderValue::from_static("application/json, text/event-stream"));
    let trace = Trace::current();
    parts.extensions.insert(trace.clone());
    let mut response = match incoming {
        Incoming::One(message) => compat.answer(parts, message).await,
        Incoming::Batch(messages) => compat.answer_batch(&parts, messages).await,
    }?;
    if trace.is_logged() {
        response.extensions_mut().insert(Logged);
    }
    Ok(response)
}

impl Compat {
    /// Returns rmcp's response to one message.
    async fn answer(&self, mut parts: Parts, message: JsonRpcMessage) -> Result<Response, RequestRejection> {
        if let Some(tool) = message.bare() {
            name_call(&mut parts.headers, tool);
        }
        if let Some(requested) = unsupported_version(&parts.headers, &message) {
            return Err(RequestRejection::Version { id: message.id().clone(), requested });
        }
        let response = self.mcp.handle(Request::from_parts(parts, Body::from(message.to_json()))).await;
        match response.status() {
            // The media type has been checked, so rmcp means that it cannot parse the message.
            StatusCode::UNSUPPORTED_MEDIA_TYPE => {
                Err(RequestRejection::UnknownMessage { id: message.id().clone(), defect: message.defect() })
            }
            status if status.is_server_error() => {
                let failure = Failure::log(&McpFailed(status));
                Err(RequestRejection::Failure { id: message.id().clone(), failure })
            }
            status if message.has_placeholder_id() || status.is_client_error() => {
                let (parts, body) = response.into_parts();
                let Ok(body) = body.collect().await;
                Ok(Response::from_parts(parts, Body::from(corrected(&message, &body.to_bytes()))))
            }
            _ => Ok(response.map(Body::new)),
        }
    }

    /// Returns the responses to the messages of a batch in their order. Notifications have none; a batch of
    /// notifications is answered with 202 (MCP 2025-03-26, Streamable HTTP).
    async fn answer_batch(
        &self,
        parts: &Parts,
        messages: Vec<Result<JsonRpcMessage, InvalidMessage>>,
    ) -> Result<Response, RequestRejection> {
        let version = parts.headers.get(VERSION).and_then(|version| version.to_str().ok());
        if version.is_some_and(|version| version > LAST_WITH_BATCHES) {
            return Err(InvalidMessage::NotAnObject.into());
        }
        let (mut responses, mut bytes) = (Vec::new(), 0);
        for message in messages {
            let response = match message {
                Ok(message) if bytes > BATCH_BYTES => Err(RequestRejection::BatchIsFull { id: message.id().clone() }),
                Ok(message) => self.answer(parts.clone(), message).await,
                Err(invalid) => Err(invalid.into()),
            };
            let body = response.into_response().into_body().collect().await;
            let body = body.map_err(|_| RequestRejection::Interrupted)?.to_bytes();
            bytes += body.len();
            // The response to a notification has an empty body, which does not parse.
            responses.extend(serde_json::from_slice::<Value>(&body));
        }
        Ok(if responses.is_empty() { StatusCode::ACCEPTED.into_response() } else { Json(responses).into_response() })
    }
}

/// Makes the headers that repeat the body of 2026-07-28 name the call that a bare tool name was rewritten to (SD-01, TR-02).
fn name_call(headers: &mut HeaderMap, tool: &str) {
    if headers.get(METHOD).is_some_and(|method| method == tool)
        && let Ok(name) = HeaderValue::try_from(tool)
    {
        headers.insert(METHOD, HeaderValue::from_static("tools/call"));
        headers.entry(NAME).or_insert(name);
    }
}

/// A response of rmcp with the id that the client sent, or null, and with a sentence as the message of a protocol error (TO-26).
fn corrected(message: &JsonRpcMessage, body: &[u8]) -> Vec<u8> {
    let Ok(Value::Object(mut response)) = serde_json::from_slice(body) else { return body.into() };
    if message.has_placeholder_id() || !response.contains_key("id") {
        response.insert("id".into(), Value::Null);
    }
    if let Some(Value::Object(error)) = response.get_mut("error") {
        let text = error.get("message").and_then(Value::as_str).unwrap_or_default();
        let sentence = match error.get("code").and_then(Value::as_i64) {
            Some(code) if code == i64::from(ErrorCode::METHOD_NOT_FOUND.0) && !text.ends_with('.') => {
                Some("This revision of MCP does not have the method.".to_owned())
            }
            Some(HEADER_MISMATCH) => {
                Some(format!("{}. Let the MCP headers repeat the body.", text.trim_end_matches('.')))
            }
            _ => None,
        };
        error.extend(sentence.map(|sentence| ("message".to_owned(), sentence.into())));
    }
    Value::Object(response).to_string().into()
}

/// The revision of the header if it is unknown, which rmcp would reject in plain text. Messages that name or negotiate a
/// revision in the body are left to rmcp.
fn unsupported_version(headers: &HeaderMap, message: &JsonRpcMessage) -> Option<String> {
    let header = headers.get(VERSION)?;
    let is_known = ProtocolVersion::KNOWN_VERSIONS.iter().any(|version| header == version.as_str());
    let is_left_to_rmcp = message.names_a_revision() || message.method() == Some("initialize");
    (!is_known && !is_left_to_rmcp).then(|| String::from_utf8_lossy(header.as_bytes()).into_owned())
}

/// Reads a body of type `application/json`. A page of another site can send any other type without a preflight (T-16).
async fn read(headers: &HeaderMap, body: Body) -> Result<Vec<u8>, RequestRejection> {
    if media_type(headers) != "application/json" {
        return Err(RequestRejection::MediaType);
    }
    if is_encoded(headers) {
        return Err(RequestRejection::ContentEncoding);
    }
    match Limited::new(body, BODY_BYTES).collect().await {
        Ok(body) => Ok(body.to_bytes().into()),
        Err(error) if error.is::<LengthLimitError>() => Err(RequestRejection::TooLarge),
        Err(_) => Err(RequestRejection::Interrupted),
    }
}
