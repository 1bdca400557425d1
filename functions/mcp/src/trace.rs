//! Log context of a tool call.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Instant,
};

use http::request::Parts;
use jean_runtime::RequestId;
use rmcp::{
    ErrorData, RoleServer,
    model::{CallToolResponse, ErrorCode},
    service::RequestContext,
};
use serde_json::json;
use tracing::Span;

use crate::{caller::Caller, error_response::failure_message};

/// The log span and id of the HTTP request that a tool call belongs to. rmcp runs each call in a separate task, which
/// inherits neither, so they travel with the request's extensions.
#[derive(Debug, Clone)]
pub(crate) struct Trace {
    span: Span,
    request_id: String,
    begun: Instant,
    is_logged: Arc<AtomicBool>,
}

impl Trace {
    /// The context of the current task.
    pub(crate) fn current() -> Self {
        Self {
            span: Span::current(),
            request_id: RequestId::current(),
            begun: Instant::now(),
            is_logged: Arc::default(),
        }
    }

    /// The context attached to a request, or else the current one.
    pub(crate) fn of(context: &RequestContext<RoleServer>) -> Self {
        let parts = context.extensions.get::<Parts>();
        parts.and_then(|parts| parts.extensions.get()).cloned().unwrap_or_else(Self::current)
    }

    pub(crate) fn span(&self) -> Span {
        self.span.clone()
    }

    /// Logs a tool call. The tool exists, so its name is one of ours and not text from the caller.
    pub(crate) fn log(&self, tool: &str, caller: &Caller, answer: &CallToolResponse) {
        let failed = matches!(answer, CallToolResponse::Complete(result) if result.is_error == Some(true));
        let ms = self.begun.elapsed().as_millis() as u64;
        let _entered = self.span.enter();
        tracing::info!(event = jean_runtime::event::TOOL_CALL, tool, user_id = %caller.user_id, client = %caller.client, failed, ms);
        self.is_logged.store(true, Ordering::Relaxed);
    }

    /// `true` if a tool call of the request has been logged.
    pub(crate) fn is_logged(&self) -> bool {
        self.is_logged.load(Ordering::Relaxed)
    }

    /// Adds the request id to an internal error. Other errors are returned unchanged.
    pub(crate) fn with_reference(&self, error: ErrorData) -> ErrorData {
        if error.code != ErrorCode::INTERNAL_ERROR {
            return error;
        }
        ErrorData::internal_error(failure_message(&self.request_id), Some(json!({ "reference": self.request_id })))
    }
}
