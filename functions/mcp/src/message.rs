//! JSON-RPC messages, as they come in and as rmcp is to read them.
//!
//! A message is read once, and what was read is what is handed on: two parsers that see the same bytes differently
//! would let a call pass for another one (T-12).

use serde_json::{Map, Value, json};

/// What a request that came without an id is given: without one, rmcp would not answer.
const OWN_ID: u64 = 0;

/// A JSON-RPC message.
#[derive(Debug)]
pub(crate) struct Message {
    object: Map<String, Value>,
    is_anonymous: bool,
}

/// A body that is no message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NoMessage {
    /// It is not JSON.
    NotJson,
    /// It is JSON, and no object.
    NoObject,
    /// It is an array with nothing in it.
    EmptyBatch,
    /// It is an array with too much in it.
    LargeBatch,
}

impl Message {
    /// Reads a message. A tool's bare name as the method becomes the `tools/call` it stands for (SD-01).
    pub(crate) fn new(value: Value, is_tool: impl Fn(&str) -> bool) -> Result<Self, NoMessage> {
        let Value::Object(object) = value else { return Err(NoMessage::NoObject) };
        let mut message = Self { object, is_anonymous: false };
        if message.method().is_some_and(is_tool) {
            message.spell_out();
        }
        Ok(message)
    }

    /// Without an id it would be a notification to the letter, which nobody who names a tool can mean: it gets one.
    fn spell_out(&mut self) {
        let name = self.object.insert("method".into(), "tools/call".into());
        let arguments = self.object.remove("params").unwrap_or(json!({}));
        self.object.insert("params".into(), json!({ "name": name, "arguments": arguments }));
        if self.id().is_null() {
            self.object.insert("id".into(), OWN_ID.into());
            self.is_anonymous = true;
        }
    }

    /// The tool it calls, if it calls one.
    pub(crate) fn tool(&self) -> Option<&str> {
        let params = self.object.get("params").filter(|_| self.method() == Some("tools/call"))?;
        params.get("name")?.as_str()
    }

    /// Its id, or null.
    pub(crate) fn id(&self) -> &Value {
        self.object.get("id").unwrap_or(&Value::Null)
    }

    /// What rmcp is to read.
    pub(crate) fn to_json(&self) -> String {
        serde_json::to_string(&self.object).expect("a JSON object has only text for keys")
    }

    /// Whether it came without an id, and its answer goes out without one.
    pub(crate) fn is_anonymous(&self) -> bool {
        self.is_anonymous
    }

    /// rmcp's answer as the client of an anonymous message is to read it.
    pub(crate) fn answered(&self, answer: &[u8]) -> Vec<u8> {
        match serde_json::from_slice(answer) {
            Ok(Value::Object(mut answer)) => {
                answer.insert("id".into(), Value::Null);
                Value::Object(answer).to_string().into()
            }
            _ => answer.into(),
        }
    }

    /// Its method, if it has one.
    pub(crate) fn method(&self) -> Option<&str> {
        self.object.get("method")?.as_str()
    }

    /// Whether it names a revision itself, as those since 2026-07-28 do. rmcp compares it with the header.
    pub(crate) fn names_a_revision(&self) -> bool {
        self.object
            .get("params")
            .and_then(|params| params.get("_meta"))
            .is_some_and(|meta| meta.get("io.modelcontextprotocol/protocolVersion").is_some_and(Value::is_string))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(body: &str) -> Result<Message, NoMessage> {
        Message::new(serde_json::from_str(body).expect("JSON"), |name| name == "search_memory")
    }

    fn rewritten(body: &str) -> Value {
        serde_json::from_str(&read(body).expect("a message").to_json()).expect("JSON")
    }

    #[test]
    fn a_bare_tool_name_is_the_call_it_stands_for_sd01() {
        assert_eq!(
            rewritten(r#"{"jsonrpc":"2.0","id":"a","method":"search_memory","params":{"query":"test"}}"#),
            json!({"jsonrpc":"2.0","id":"a","method":"tools/call","params":{"name":"search_memory","arguments":{"query":"test"}}})
        );
        assert_eq!(
            rewritten(r#"{"jsonrpc":"2.0","id":1,"method":"search_memory"}"#)["params"],
            json!({"name":"search_memory","arguments":{}})
        );
    }

    #[test]
    fn a_bare_call_without_an_id_is_answered_with_null_sd01() {
        for id in ["", r#""id":null,"#] {
            let body = format!(r#"{{"jsonrpc":"2.0",{id}"method":"search_memory","params":{{"query":"test"}}}}"#);
            let message = read(&body).expect("a message");
            assert!(message.is_anonymous() && !message.id().is_null());
            let answer = message.answered(br#"{"id":0,"jsonrpc":"2.0","result":{}}"#);
            assert_eq!(answer, br#"{"id":null,"jsonrpc":"2.0","result":{}}"#);
        }
    }

    #[test]
    fn every_other_message_stays_as_it_is() {
        for body in [
            r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"search_memory"}}"#,
            r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#,
            r#"{"jsonrpc":"2.0","id":1,"method":"delete_everything","params":[1,2]}"#,
            r#"{"jsonrpc":"2.0","id":1,"result":{}}"#,
            r#"{"method":7}"#,
            "{}",
        ] {
            assert_eq!(rewritten(body), serde_json::from_str::<Value>(body).expect("JSON"));
            assert!(!read(body).expect("a message").is_anonymous());
        }
    }

    #[test]
    fn the_tool_that_is_called_is_known_however_it_is_called() {
        let tool = |body: &str| read(body).expect("a message").tool().map(String::from);
        assert_eq!(tool(r#"{"method":"search_memory"}"#).as_deref(), Some("search_memory"));
        assert_eq!(tool(r#"{"method":"tools/call","params":{"name":"x"}}"#).as_deref(), Some("x"));
        // The last one counts, and it is also the only one that is handed on.
        assert_eq!(tool(r#"{"method":"tools/call","params":{"name":"x","name":"y"}}"#).as_deref(), Some("y"));
        assert_eq!(tool(r#"{"method":"tools/list","params":{"name":"x"}}"#), None);
    }
}
