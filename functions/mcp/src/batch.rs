//! Bodies: one message, or several (TR-03).
//!
//! Batches are JSON-RPC 2.0 §6, which MCP had until 2025-03-26 and has no more since 2025-06-18. Here a batch is its
//! messages, one after the other, each handled as if it had come alone: there is no second path.

use serde_json::Value;

use crate::message::{Message, NoMessage};

/// The most messages of a batch: they are answered one after the other, in the ten seconds that one request has.
pub(crate) const LARGEST_BATCH: usize = 50;

/// What a body holds.
#[derive(Debug)]
pub(crate) enum Incoming {
    One(Message),
    /// At least one; what in it is no message is told so in its place.
    Batch(Vec<Result<Message, NoMessage>>),
}

impl Incoming {
    /// Reads a body. What is a tool's bare name is for `is_tool` to say (SD-01).
    pub(crate) fn read(body: &[u8], is_tool: impl Fn(&str) -> bool) -> Result<Self, NoMessage> {
        match serde_json::from_slice(body) {
            Ok(Value::Array(values)) if values.is_empty() => Err(NoMessage::EmptyBatch),
            Ok(Value::Array(values)) if values.len() > LARGEST_BATCH => Err(NoMessage::LargeBatch),
            Ok(Value::Array(values)) => {
                Ok(Self::Batch(values.into_iter().map(|value| Message::new(value, &is_tool)).collect()))
            }
            Ok(value) => Message::new(value, &is_tool).map(Self::One),
            Err(_) => Err(NoMessage::NotJson),
        }
    }

    /// The messages, whatever they came as.
    pub(crate) fn messages(&self) -> impl Iterator<Item = &Message> {
        let (one, batch) = match self {
            Self::One(message) => (Some(message), None),
            Self::Batch(messages) => (None, Some(messages)),
        };
        one.into_iter().chain(batch.into_iter().flatten().flatten())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(body: &str) -> Result<Incoming, NoMessage> {
        Incoming::read(body.as_bytes(), |name| name == "search_memory")
    }

    #[test]
    fn a_batch_is_its_messages_and_what_is_none_is_told_in_its_place_tr03() {
        let Ok(Incoming::Batch(messages)) = read(r#"[{"method":"ping"},7,{"method":"search_memory"}]"#) else {
            unreachable!("a batch")
        };
        assert!(messages[0].is_ok() && matches!(messages[1], Err(NoMessage::NoObject)));
        assert_eq!(messages[2].as_ref().expect("a message").tool(), Some("search_memory"));
    }

    #[test]
    fn a_batch_has_something_in_it_and_an_end_t13() {
        assert_eq!(read("[]").expect_err("empty"), NoMessage::EmptyBatch);
        let of = |messages: usize| format!("[{}]", vec![r#"{"method":"ping"}"#; messages].join(","));
        assert_eq!(read(&of(LARGEST_BATCH)).expect("a batch").messages().count(), LARGEST_BATCH);
        assert_eq!(read(&of(LARGEST_BATCH + 1)).expect_err("large"), NoMessage::LargeBatch);
    }

    #[test]
    fn what_is_no_message_is_told_apart_tr04() {
        for body in ["", "{", "nonsense", "\u{feff}{}", &"[".repeat(200)] {
            assert_eq!(read(body).expect_err(body), NoMessage::NotJson);
        }
        for body in ["1", "null", r#""x""#] {
            assert_eq!(read(body).expect_err(body), NoMessage::NoObject);
        }
        assert_eq!(read("{}").expect("a message").messages().count(), 1);
    }
}
