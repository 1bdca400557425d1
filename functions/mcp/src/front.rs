//! What stands in front of rmcp, for the clients there are.
//!
//! It accepts what rmcp would refuse over a header (TR-04), answers in JSON-RPC where rmcp answers in plain text, and
//! turns a bare tool name into a call (SD-01). A batch is its messages one after the other (TR-03): all of it happens to
//! one message and to its answer.

use std::sync::Arc;

use axum::{
    Extension, Json,
    body::Body,
    extract::{Request, State},
    response::{IntoResponse, Response},
};
use http::{HeaderMap, HeaderValue, Method, StatusCode, header, request::Parts};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use jean_auth::public_url::PublicUrl;
use jean_runtime::{RequestId, body::media_type};
use rmcp::{
    model::{ErrorCode, ProtocolVersion},
    transport::streamable_http_server::{
        StreamableHttpServerConfig, StreamableHttpService, session::never::NeverSessionManager,
    },
};
use serde_json::{Value, json};

use crate::{
    batch::{Incoming, LARGEST_BATCH},
    bearer::Challenge,
    call_limit::{CallLimit, Reached},
    caller::Caller,
    message::{Message, NoMessage},
    refusal::sentence,
    server::{Server, Trace},
    tools,
};

/// The largest body: a memory of 64 KB is a sixteenth of it.
const BODY_BYTES: usize = 1024 * 1024;

/// rmcp, and what is needed to stand in front of it.
pub(crate) struct Front {
    mcp: StreamableHttpService<Server, NeverSessionManager>,
    limit: CallLimit,
    public_url: PublicUrl,
    host: HeaderValue,
}

impl Front {
    /// Stateless, and answering in JSON: a Lambda has neither sessions nor streams. rmcp may leave the host alone: what
    /// it reads is the configured one, whatever name the edge or a hostile client calls this server by (TR-06, T-08).
    pub(crate) fn new(server: Server, limit: CallLimit, public_url: PublicUrl) -> Self {
        let config = StreamableHttpServerConfig::default()
            .with_legacy_session_mode(false)
            .with_json_response(true)
            .disable_allowed_hosts();
        let mcp = StreamableHttpService::new(move || Ok(server.clone()), Arc::default(), config);
        let (_, host) = public_url.issuer().split_once("://").expect("an issuer has a scheme");
        let host = HeaderValue::try_from(host).expect("a host is visible ASCII");
        Self { mcp, limit, public_url, host }
    }
}

/// Answers a request of a caller who is known.
pub(crate) async fn answer(
    State(front): State<Arc<Front>>,
    Extension(caller): Extension<Caller>,
    request: Request,
) -> Result<Response, Unanswered> {
    front.limit.count(&caller.user_id, 1).await?;
    if request.method() != Method::POST {
        // Streams and sessions, which the other methods are about, there are none.
        return Ok((StatusCode::METHOD_NOT_ALLOWED, [(header::ALLOW, "POST")]).into_response());
    }
    let (mut parts, body) = request.into_parts();
    let body = read(&parts.headers, body).await?;
    let incoming = Incoming::read(&body, |name| tools::scope(name).is_some())?;
    // Before any of it is done: nothing is half done for want of calls, or of a scope.
    if let Incoming::Batch(messages) = &incoming {
        let further = u32::try_from(messages.len() - 1).expect("a batch has an end");
        front.limit.count(&caller.user_id, further).await?;
    }
    let needed = incoming.messages().filter_map(|message| message.tool().and_then(tools::scope));
    let missing = { needed }.find(|scope| !caller.scopes.allows(*scope));
    if let Some(scope) = missing {
        return Ok(Challenge::InsufficientScope(scope).response(&front.public_url));
    }
    parts.headers.insert(header::HOST, front.host.clone());
    parts.headers.insert(header::ACCEPT, HeaderValue::from_static("application/json, text/event-stream"));
    parts.extensions.insert(Trace::current());
    match incoming {
        Incoming::One(message) => front.answer(parts, message).await,
        Incoming::Batch(messages) => front.answer_all(&parts, messages).await,
    }
}

impl Front {
    /// rmcp's answer to one message.
    async fn answer(&self, parts: Parts, message: Message) -> Result<Response, Unanswered> {
        if let Some(requested) = unsupported(&parts.headers, &message) {
            return Err(Unanswered::Version { id: message.id().clone(), requested });
        }
        let answer = self.mcp.handle(Request::from_parts(parts, Body::from(message.to_json()))).await;
        match answer.status() {
            // The media type was checked, so this is how rmcp says that the object is no message it knows.
            StatusCode::UNSUPPORTED_MEDIA_TYPE => Err(Unanswered::NoRequest { id: message.id().clone() }),
            status if status.is_server_error() => Err(Unanswered::Failure { id: message.id().clone() }),
            _ if !message.is_anonymous() => Ok(answer.map(Body::new)),
            _ => {
                let (parts, body) = answer.into_parts();
                let Ok(body) = body.collect().await;
                Ok(Response::from_parts(parts, Body::from(message.answered(&body.to_bytes()))))
            }
        }
    }

    /// The answers to the messages of a batch, in their order. Notifications have none; a batch of nothing else has
    /// only been accepted (2025-03-26, Streamable HTTP).
    async fn answer_all(
        &self,
        parts: &Parts,
        messages: Vec<Result<Message, NoMessage>>,
    ) -> Result<Response, Unanswered> {
        let version = parts.headers.get(VERSION).and_then(|version| version.to_str().ok());
        if version.is_some_and(|version| version > LAST_WITH_BATCHES) {
            return Err(Unanswered::NoMessage(NoMessage::NoObject));
        }
        let mut answers = Vec::new();
        for message in messages {
            let answered = match message {
                Ok(message) => self.answer(parts.clone(), message).await,
                Err(no_message) => Err(no_message.into()),
            };
            let body = answered.into_response().into_body().collect().await.map_err(|_| Unanswered::Interrupted)?;
            // What is empty is how a notification is answered.
            answers.extend(serde_json::from_slice::<Value>(&body.to_bytes()));
        }
        Ok(if answers.is_empty() { StatusCode::ACCEPTED.into_response() } else { Json(answers).into_response() })
    }
}

/// JSON-RPC 2.0 §5.1 leaves this to servers, and MCP has none of its own for it; a client goes by the 429.
const TOO_MANY_CALLS: ErrorCode = ErrorCode(-32000);
const VERSION: &str = "mcp-protocol-version";
/// Later revisions have only single messages. No header stands for this one.
const LAST_WITH_BATCHES: &str = "2025-03-26";

/// The revision of the header, if it is none there is. rmcp would refuse it in plain text; what names its revision in
/// the body as well, or negotiates it there, it answers as it should.
fn unsupported(headers: &HeaderMap, message: &Message) -> Option<String> {
    let header = headers.get(VERSION)?;
    let is_known = ProtocolVersion::KNOWN_VERSIONS.iter().any(|version| header == version.as_str());
    let is_left_to_rmcp = message.names_a_revision() || message.method() == Some("initialize");
    (!is_known && !is_left_to_rmcp).then(|| String::from_utf8_lossy(header.as_bytes()).into_owned())
}

/// The body, if it says that it is JSON. A page on another site can send anything else without asking first (T-16).
async fn read(headers: &HeaderMap, body: Body) -> Result<Vec<u8>, Unanswered> {
    if media_type(headers) != "application/json" {
        return Err(Unanswered::MediaType);
    }
    match Limited::new(body, BODY_BYTES).collect().await {
        Ok(body) => Ok(body.to_bytes().into()),
        Err(error) if error.is::<LengthLimitError>() => Err(Unanswered::TooLarge),
        Err(_) => Err(Unanswered::Interrupted),
    }
}

/// Why a request is not answered by rmcp.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Unanswered {
    MediaType,
    TooLarge,
    Interrupted,
    NoMessage(NoMessage),
    NoRequest { id: Value },
    Version { id: Value, requested: String },
    Failure { id: Value },
    TooManyCalls(Reached),
}

impl From<Reached> for Unanswered {
    fn from(reached: Reached) -> Self {
        Self::TooManyCalls(reached)
    }
}

impl From<NoMessage> for Unanswered {
    fn from(no_message: NoMessage) -> Self {
        Self::NoMessage(no_message)
    }
}

impl Unanswered {
    fn status(&self) -> StatusCode {
        match self {
            Self::MediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Failure { .. } => StatusCode::INTERNAL_SERVER_ERROR,
            Self::TooManyCalls(_) => StatusCode::TOO_MANY_REQUESTS,
            _ => StatusCode::BAD_REQUEST,
        }
    }

    fn code(&self) -> ErrorCode {
        match self {
            Self::NoMessage(NoMessage::NotJson) => ErrorCode::PARSE_ERROR,
            Self::Version { .. } => ErrorCode::UNSUPPORTED_PROTOCOL_VERSION,
            Self::Failure { .. } => ErrorCode::INTERNAL_ERROR,
            Self::TooManyCalls(_) => TOO_MANY_CALLS,
            _ => ErrorCode::INVALID_REQUEST,
        }
    }

    fn sentence(&self) -> String {
        match self {
            Self::MediaType => "The Content-Type has to be application/json.".into(),
            Self::TooLarge => "The body is larger than 1 MiB.".into(),
            Self::Interrupted => "The body ended too early.".into(),
            Self::NoMessage(NoMessage::NotJson) => "The body is not JSON.".into(),
            Self::NoMessage(NoMessage::NoObject) => {
                "A JSON-RPC message is an object. Batches of them are known to 2025-03-26 and before.".into()
            }
            Self::NoMessage(NoMessage::EmptyBatch) => "The batch is empty.".into(),
            Self::NoMessage(NoMessage::LargeBatch) => {
                format!("The batch has more than {LARGEST_BATCH} messages. Send them in several.")
            }
            Self::NoRequest { .. } => "The body is not a JSON-RPC 2.0 message as MCP defines it.".into(),
            Self::Version { .. } => "The MCP-Protocol-Version is none of those this server speaks.".into(),
            Self::Failure { .. } => sentence(&RequestId::current()),
            Self::TooManyCalls(Reached { wait }) => {
                format!("Too many calls in one minute. Wait {wait} seconds, then go on.")
            }
        }
    }

    /// What the error tells a program beyond its code.
    fn data(&self) -> Option<Value> {
        match self {
            Self::Version { requested, .. } => {
                let supported: Vec<_> = ProtocolVersion::KNOWN_VERSIONS.iter().map(ProtocolVersion::as_str).collect();
                Some(json!({ "supported": supported, "requested": requested }))
            }
            Self::Failure { .. } => Some(json!({ "reference": RequestId::current() })),
            Self::TooManyCalls(Reached { wait }) => Some(json!({ "retryAfter": wait })),
            _ => None,
        }
    }

    /// The id of what is answered, if it is one that JSON-RPC knows.
    fn id(&self) -> Value {
        match self {
            Self::NoRequest { id } | Self::Version { id, .. } | Self::Failure { id }
                if id.is_string() || id.is_number() =>
            {
                id.clone()
            }
            _ => Value::Null,
        }
    }
}

impl IntoResponse for Unanswered {
    fn into_response(self) -> Response {
        let code = self.code();
        let mut error = json!({ "code": code, "message": self.sentence() });
        if let Some(data) = self.data() {
            error["data"] = data;
        }
        tracing::info!(code = code.0, message = %error["message"], "refused");
        let body = json!({ "jsonrpc": "2.0", "id": self.id(), "error": error });
        let mut response = (self.status(), Json(body)).into_response();
        if let Self::TooManyCalls(Reached { wait }) = self {
            response.headers_mut().insert(header::RETRY_AFTER, wait.into());
        }
        response
    }
}
