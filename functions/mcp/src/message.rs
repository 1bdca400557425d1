//! JSON-RPC messages, and their rewriting for rmcp.
//!
//! Two parsers that read the same bytes differently would let an attacker pass one tool call off as another. Each
//! message is therefore parsed once, checked, and serialised again for rmcp (T-12).

use serde_json::{Map, Value, json};

/// The id given to a request without one, which rmcp would not answer.
const PLACEHOLDER_ID: u64 = 0;

/// A JSON-RPC message.
#[derive(Debug)]
pub(crate) struct JsonRpcMessage {
    object: Map<String, Value>,
    has_placeholder_id: bool,
}

/// The reason why a body or an element of a batch is not a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum InvalidMessage {
    /// Not JSON.
    NotJson,
    /// JSON that is nested too deeply, or has a number out of range.
    Unsupported,
    /// JSON, but not an object.
    NotAnObject,
    /// An empty array.
    EmptyBatch,
    /// An array of too many messages.
    LargeBatch,
}

impl JsonRpcMessage {
    /// Accepts a JSON object. A bare tool name as method is rewritten to `tools/call` (SD-01).
    pub(crate) fn new(value: Value, is_tool: impl Fn(&str) -> bool) -> Result<Self, InvalidMessage> {
        let Value::Object(object) = value else { return Err(InvalidMessage::NotAnObject) };
        let mut message = Self { object, has_placeholder_id: false };
        if message.method().is_some_and(is_tool) {
            message.rewrite_bare_call();
        }
        Ok(message)
    }

    /// Rewrites a bare tool name to `tools/call`. By JSON-RPC, a message without an id is a notification and gets no
    /// answer, which no caller of a tool intends, so it gets an id.
    fn rewrite_bare_call(&mut self) {
        let name = self.object.insert("method".into(), "tools/call".into());
        let arguments = self.object.remove("params").unwrap_or(json!({}));
        self.object.insert("params".into(), json!({ "name": name, "arguments": arguments }));
        if self.id().is_null() {
            self.object.insert("id".into(), PLACEHOLDER_ID.into());
            self.has_placeholder_id = true;
        }
    }

    /// `true` for methods with the same result for every caller with the same scopes.
    pub(crate) fn is_about_the_server(&self) -> bool {
        const METHODS: [&str; 6] =
            ["initialize", "ping", "prompts/list", "resources/list", "resources/templates/list", "tools/list"];
        self.method().is_some_and(|method| METHODS.contains(&method) || method.starts_with("notifications/"))
    }

    /// The name of the tool, if this is a tool call.
    pub(crate) fn tool(&self) -> Option<&str> {
        let params = self.object.get("params").filter(|_| self.method() == Some("tools/call"))?;
        params.get("name")?.as_str()
    }

    /// The id, or null.
    pub(crate) fn id(&self) -> &Value {
        self.object.get("id").unwrap_or(&Value::Null)
    }

    /// The message for rmcp.
    pub(crate) fn to_json(&self) -> String {
        serde_json::to_string(&self.object).expect("a JSON object has only text for keys")
    }

    /// `true` if the client sent no id. The response must then have the id null.
    pub(crate) fn has_placeholder_id(&self) -> bool {
        self.has_placeholder_id
    }

    /// Replaces the id of rmcp's response by null.
    pub(crate) fn with_null_id(&self, answer: &[u8]) -> Vec<u8> {
        match serde_json::from_slice(answer) {
            Ok(Value::Object(mut answer)) => {
                answer.insert("id".into(), Value::Null);
                Value::Object(answer).to_string().into()
            }
            _ => answer.into(),
        }
    }

    /// The method, if it has one.
    pub(crate) fn method(&self) -> Option<&str> {
        self.object.get("method")?.as_str()
    }

    /// `true` if the message names its protocol revision, as required since 2026-07-28. rmcp compares it with the header.
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

    fn read(body: &str) -> Result<JsonRpcMessage, InvalidMessage> {
        JsonRpcMessage::new(serde_json::from_str(body).expect("JSON"), |name| name == "search_memory")
    }

    fn rewritten(body: &str) -> Value {
        serde_json::from_str(&read(body).expect("a message").to_json()).expect("JSON")
    }

    /// SD-01
    #[test]
    fn bare_tool_name_becomes_a_tool_call() {
        assert_eq!(
            rewritten(r#"{"jsonrpc":"2.0","id":"a","method":"search_memory","params":{"query":"test"}}"#),
            json!({"jsonrpc":"2.0","id":"a","method":"tools/call","params":{"name":"search_memory","arguments":{"query":"test"}}})
        );
        assert_eq!(
            rewritten(r#"{"jsonrpc":"2.0","id":1,"method":"search_memory"}"#)["params"],
            json!({"name":"search_memory","arguments":{}})
        );
    }

    /// SD-01
    #[test]
    fn bare_call_without_id_is_answered_with_null_id() {
        for id in ["", r#""id":null,"#] {
            let body = format!(r#"{{"jsonrpc":"2.0",{id}"method":"search_memory","params":{{"query":"test"}}}}"#);
            let message = read(&body).expect("a message");
            assert!(message.has_placeholder_id() && !message.id().is_null());
            let answer = message.with_null_id(br#"{"id":0,"jsonrpc":"2.0","result":{}}"#);
            assert_eq!(answer, br#"{"id":null,"jsonrpc":"2.0","result":{}}"#);
        }
    }

    #[test]
    fn other_messages_are_unchanged() {
        for body in [
            r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"search_memory"}}"#,
            r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#,
            r#"{"jsonrpc":"2.0","id":1,"method":"delete_everything","params":[1,2]}"#,
            r#"{"jsonrpc":"2.0","id":1,"result":{}}"#,
            r#"{"method":7}"#,
            "{}",
        ] {
            assert_eq!(rewritten(body), serde_json::from_str::<Value>(body).expect("JSON"));
            assert!(!read(body).expect("a message").has_placeholder_id());
        }
    }

    #[test]
    fn tool_name_is_found_in_both_forms() {
        let tool = |body: &str| read(body).expect("a message").tool().map(String::from);
        assert_eq!(tool(r#"{"method":"search_memory"}"#).as_deref(), Some("search_memory"));
        assert_eq!(tool(r#"{"method":"tools/call","params":{"name":"x"}}"#).as_deref(), Some("x"));
        // Of duplicate names the last is checked, and only the last is passed on.
        assert_eq!(tool(r#"{"method":"tools/call","params":{"name":"x","name":"y"}}"#).as_deref(), Some("y"));
        assert_eq!(tool(r#"{"method":"tools/list","params":{"name":"x"}}"#), None);
    }
}
