//! Request bodies: one JSON-RPC message or a batch (TR-03).
//!
//! MCP had batches ([JSON-RPC 2.0 §6](https://www.jsonrpc.org/specification#batch)) until 2025-03-26 and removed them in
//! 2025-06-18. The messages of a batch are handled one after the other, each as if it had been sent alone.

use serde_json::Value;

use crate::message::{InvalidMessage, JsonRpcMessage, parsed};

/// Maximum number of messages in a batch. They share the ten seconds that a request may take.
pub(crate) const MAX_BATCH: usize = 50;

/// A parsed request body.
#[derive(Debug)]
pub(crate) enum Incoming {
    One(JsonRpcMessage),
    /// At least one element. Invalid ones are answered at their position.
    Batch(Vec<Result<JsonRpcMessage, InvalidMessage>>),
}

impl Incoming {
    /// Parses a body. A method for which `is_tool` is true is a bare tool name (SD-01).
    pub(crate) fn read(body: &[u8], is_tool: impl Fn(&str) -> bool) -> Result<Self, InvalidMessage> {
        let text = std::str::from_utf8(body).map_err(|_| InvalidMessage::NotJson)?;
        match parsed(text) {
            Ok(Value::Array(values)) if values.is_empty() => Err(InvalidMessage::EmptyBatch),
            Ok(Value::Array(values)) if values.len() > MAX_BATCH => Err(InvalidMessage::LargeBatch),
            Ok(Value::Array(values)) => {
                Ok(Self::Batch(values.into_iter().map(|value| JsonRpcMessage::new(value, &is_tool)).collect()))
            }
            Ok(value) => JsonRpcMessage::new(value, &is_tool).map(Self::One),
            Err(invalid) => Err(invalid),
        }
    }

    /// The valid messages.
    pub(crate) fn messages(&self) -> impl Iterator<Item = &JsonRpcMessage> {
        let (one, batch) = match self {
            Self::One(message) => (Some(message), None),
            Self::Batch(messages) => (None, Some(messages)),
        };
        one.into_iter().chain(batch.into_iter().flatten().flatten())
    }

    /// The id under which the whole body is answered; null for a batch.
    pub(crate) fn id(&self) -> Value {
        match self {
            Self::One(message) => message.id().clone(),
            Self::Batch(_) => Value::Null,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(body: &str) -> Result<Incoming, InvalidMessage> {
        Incoming::read(body.as_bytes(), |name| name == "search_memory")
    }

    /// TR-03
    #[test]
    fn batch_keeps_invalid_messages_in_their_place() {
        let Ok(Incoming::Batch(messages)) = read(r#"[{"method":"ping"},7,{"method":"search_memory"}]"#) else {
            unreachable!("a batch")
        };
        assert!(messages[0].is_ok() && matches!(messages[1], Err(InvalidMessage::NotAnObject)));
        assert_eq!(messages[2].as_ref().expect("a message").tool(), Some("search_memory"));
    }

    /// T-13
    #[test]
    fn empty_and_large_batches_are_rejected() {
        assert_eq!(read("[]").expect_err("empty"), InvalidMessage::EmptyBatch);
        let of = |messages: usize| format!("[{}]", vec![r#"{"method":"ping"}"#; messages].join(","));
        assert_eq!(read(&of(MAX_BATCH)).expect("a batch").messages().count(), MAX_BATCH);
        assert_eq!(read(&of(MAX_BATCH + 1)).expect_err("large"), InvalidMessage::LargeBatch);
    }

    /// TR-04
    #[test]
    fn invalid_json_and_other_values_are_told_apart() {
        for body in ["", "{", "nonsense", "{}{}", &"[".repeat(200)] {
            assert_eq!(read(body).expect_err(body), InvalidMessage::NotJson);
        }
        for body in ["1", "null", r#""x""#] {
            assert_eq!(read(body).expect_err(body), InvalidMessage::NotAnObject);
        }
        for body in ["{}", "\u{feff}{}"] {
            assert_eq!(read(body).expect("a message").messages().count(), 1);
        }
        assert_eq!(Incoming::read(b"\"\xff\"", |_| false).expect_err("no UTF-8"), InvalidMessage::NotJson);
    }

    /// TO-22
    #[test]
    fn json_beyond_the_limits_is_not_called_malformed() {
        let deep = format!("{}{}", "[".repeat(200), "]".repeat(200));
        for body in [deep.as_str(), r#"{"id": 1e999}"#] {
            assert_eq!(read(body).expect_err(body), InvalidMessage::Unsupported);
        }
        let message = read(r#"{"method": "cake \ud83c"}"#).expect("a message");
        assert_eq!(message.messages().next().and_then(JsonRpcMessage::method), Some("cake \u{fffd}"));
    }
}
