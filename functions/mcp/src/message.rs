//! JSON-RPC messages, and their rewriting for rmcp.
//!
//! Two parsers that read the same bytes differently would let an attacker pass one tool call off as another. Each
//! message is therefore parsed once, checked, and serialised again for rmcp (T-12).

use jean_memory::surrogates;
use serde::de::IgnoredAny;
use serde_json::{Map, Value, json};

/// The id given to a request without one, which rmcp would not answer.
const PLACEHOLDER_ID: u64 = 0;
/// Members of the parameters of `tools/call` beside the arguments of the tool.
const CALL_MEMBERS: [&str; 5] = ["_meta", "arguments", "inputResponses", "name", "requestState"];
/// Names under which models send the arguments of a tool.
const ARGUMENTS: [&str; 5] = ["args", "input", "inputs", "parameters", "params"];

/// A JSON-RPC message.
#[derive(Debug)]
pub(crate) struct JsonRpcMessage {
    object: Map<String, Value>,
    has_placeholder_id: bool,
    /// `true` if the name of a tool was sent as the method.
    is_bare: bool,
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
        let mut message = Self { object, has_placeholder_id: false, is_bare: false };
        message.drop_empty_arrays();
        if let Some(tool) = message.method().filter(|method| is_tool(method)).map(str::to_owned) {
            message.rewrite_bare_call(tool);
        }
        match message.method() {
            Some("tools/call") => {
                message.answer_in_any_case();
                message.collect_arguments();
                message.read_arguments();
            }
            Some("initialize") => message.drop_unused_members(),
            _ => {}
        }
        Ok(message)
    }

    /// Removes empty arrays in the place of objects: PHP has no other empty map.
    fn drop_empty_arrays(&mut self) {
        let is_filled = |value: &Value| value.as_array().is_none_or(|items| !items.is_empty());
        self.object.retain(|name, value| name != "params" || is_filled(value));
        if let Some(Value::Object(params)) = self.object.get_mut("params") {
            params
                .retain(|name, value| !["_meta", "arguments", "context"].contains(&name.as_str()) || is_filled(value));
        }
    }

    /// Rewrites a bare tool name to `tools/call`. The parameters are the arguments, or those of `tools/call`.
    fn rewrite_bare_call(&mut self, tool: String) {
        self.object.insert("method".into(), "tools/call".into());
        let mut call = match self.object.remove("params").unwrap_or(json!({})) {
            Value::Object(mut params) => {
                let is_call =
                    params.contains_key("arguments") && params.keys().all(|name| CALL_MEMBERS.contains(&name.as_str()));
                let meta = params.remove("_meta").map(|meta| ("_meta".to_owned(), meta));
                let mut call = if is_call { params } else { Map::from_iter([("arguments".to_owned(), params.into())]) };
                call.extend(meta);
                call
            }
            other => Map::from_iter([("arguments".to_owned(), other)]),
        };
        call.insert("name".into(), tool.into());
        self.object.insert("params".into(), call.into());
        self.is_bare = true;
    }

    /// Gives a call without an id one. By JSON-RPC, it is a notification and gets no answer, which no caller of a tool intends.
    fn answer_in_any_case(&mut self) {
        if self.object.get("id").is_none_or(Value::is_null) {
            self.object.insert("id".into(), PLACEHOLDER_ID.into());
            self.has_placeholder_id = true;
        }
    }

    /// Moves arguments that stand beside the missing `arguments`, or under another name, to their place (TO-21).
    fn collect_arguments(&mut self) {
        let Some(Value::Object(params)) = self.object.get_mut("params") else { return };
        if params.get("arguments").is_some_and(|arguments| !arguments.is_null()) {
            return;
        }
        let is_argument = |name: &&String| !CALL_MEMBERS.contains(&name.as_str());
        let names: Vec<_> = params.keys().filter(is_argument).cloned().collect();
        let arguments = match names.as_slice() {
            [] => return,
            [name] if ARGUMENTS.contains(&name.as_str()) => params.remove(name),
            _ => Some(names.iter().filter_map(|name| params.remove_entry(name)).collect::<Map<_, _>>().into()),
        };
        params.extend(arguments.map(|arguments| ("arguments".to_owned(), arguments)));
    }

    /// Leaves of a handshake what the server uses, so that nothing else can make it fail: clients of one revision send icons
    /// in a form of another revision. It uses no capability of a client.
    fn drop_unused_members(&mut self) {
        let Some(Value::Object(params)) = self.object.get_mut("params") else { return };
        if let Some(capabilities) = params.get_mut("capabilities") {
            *capabilities = json!({});
        }
        let Some(Value::Object(client)) = params.get_mut("clientInfo") else { return };
        client.retain(|name, _| ["name", "version"].contains(&name.as_str()));
    }

    /// Replaces arguments in the form of a JSON text by their object, and removes blank ones (TO-21).
    fn read_arguments(&mut self) {
        let Some(Value::Object(params)) = self.object.get_mut("params") else { return };
        let read = match params.get("arguments") {
            Some(Value::String(text)) if text.trim().is_empty() => None,
            Some(Value::String(text)) => match parsed(text) {
                Ok(object @ Value::Object(_)) => Some(object),
                _ => return,
            },
            _ => return,
        };
        match read {
            Some(object) => params.insert("arguments".into(), object),
            None => params.remove("arguments"),
        };
    }

    /// The member because of which this is no JSON-RPC 2.0 request or notification of MCP, as a sentence.
    pub(crate) fn defect(&self) -> Option<&'static str> {
        let (id, params) = (self.object.get("id"), self.object.get("params"));
        if self.object.get("jsonrpc").is_none_or(|version| version != "2.0") {
            Some("jsonrpc must be \"2.0\".")
        } else if self.method().is_none() {
            Some("method must be a text, such as \"tools/call\".")
        } else if id.is_some_and(|id| !id.is_string() && !id.is_i64()) {
            Some("id must be a text or a whole number below 2^63. Omit it in notifications.")
        } else if params.is_some_and(|params| !params.is_object()) {
            Some("params must be an object.")
        } else {
            None
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

    /// The id that the client sent, or null.
    pub(crate) fn id(&self) -> &Value {
        self.object.get("id").filter(|_| !self.has_placeholder_id).unwrap_or(&Value::Null)
    }

    /// The name of the tool, if it was sent as the method.
    pub(crate) fn bare(&self) -> Option<&str> {
        self.tool().filter(|_| self.is_bare)
    }

    /// The message for rmcp.
    pub(crate) fn to_json(&self) -> String {
        serde_json::to_string(&self.object).expect("a JSON object has only text for keys")
    }

    /// `true` if the client sent no id. The response must then have the id null.
    pub(crate) fn has_placeholder_id(&self) -> bool {
        self.has_placeholder_id
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

/// Parses JSON. Lone surrogates, which a client sends that cuts a text in UTF-16, become U+FFFD.
pub(crate) fn parsed(text: &str) -> Result<Value, InvalidMessage> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let value = serde_json::from_str(text);
    let value = value.or_else(|error| match surrogates::replaced(text) {
        Some(replaced) => serde_json::from_str(&replaced),
        None => Err(error),
    });
    // Ignoring a value has no limits, so it separates malformed JSON from JSON that exceeds them.
    value.map_err(|_| match serde_json::from_str::<IgnoredAny>(text) {
        Ok(_) => InvalidMessage::Unsupported,
        Err(_) => InvalidMessage::NotJson,
    })
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
            assert!(message.has_placeholder_id() && message.id().is_null());
            assert_eq!(rewritten(&body)["id"], PLACEHOLDER_ID);
        }
    }

    /// SD-01
    #[test]
    fn bare_call_may_have_the_parameters_of_a_call() {
        let meta = json!({"progressToken": 1});
        let expected = json!({"name": "search_memory", "arguments": {"query": "tea"}, "_meta": meta});
        for params in [
            json!({"query": "tea", "_meta": meta}),
            json!({"arguments": {"query": "tea"}, "_meta": meta}),
            json!({"name": "search_memory", "arguments": {"query": "tea"}, "_meta": meta}),
        ] {
            let body = json!({"jsonrpc": "2.0", "id": 1, "method": "search_memory", "params": params});
            assert_eq!(rewritten(&body.to_string())["params"], expected);
        }
    }

    /// TO-21
    #[test]
    fn arguments_outside_their_place_are_found() {
        let read = |params: Value| {
            let call = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params});
            rewritten(&call.to_string())["params"].get("arguments").cloned()
        };
        for params in [
            json!({"name": "x", "query": "tea"}),
            json!({"name": "x", "arguments": null, "query": "tea"}),
            json!({"name": "x", "parameters": {"query": "tea"}}),
            json!({"name": "x", "input": "{\"query\": \"tea\"}", "_meta": {}}),
        ] {
            assert_eq!(read(params.clone()), Some(json!({"query": "tea"})), "{params}");
        }
        assert_eq!(read(json!({"name": "x", "arguments": {}, "query": "tea"})), Some(json!({})));
        assert_eq!(read(json!({"name": "x", "requestState": "s"})), None);
    }

    #[test]
    fn handshake_has_only_the_members_that_the_server_uses() {
        let client = json!({"name": "app", "version": "1", "icons": [{"src": "x", "sizes": "48x48"}], "title": 7});
        for capabilities in [json!([]), json!(null), json!({"roots": [], "experimental": {"x": true}})] {
            let params = json!({"clientInfo": client, "capabilities": capabilities});
            let body = json!({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": params});
            let read = rewritten(&body.to_string());
            assert_eq!(read["params"], json!({"clientInfo": {"name": "app", "version": "1"}, "capabilities": {}}));
        }
    }

    /// TO-21
    #[test]
    fn empty_array_in_the_place_of_an_object_is_absent() {
        for (sent, read) in [
            (json!({"method": "tools/list", "params": []}), json!({"method": "tools/list"})),
            (
                json!({"method": "prompts/get", "params": {"name": "x", "arguments": [], "_meta": []}}),
                json!({"method": "prompts/get", "params": {"name": "x"}}),
            ),
            (
                json!({"method": "completion/complete", "params": {"context": [], "ref": {}}}),
                json!({"method": "completion/complete", "params": {"ref": {}}}),
            ),
        ] {
            assert_eq!(rewritten(&sent.to_string()), read);
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

    /// TO-21
    #[test]
    fn arguments_in_a_text_are_read() {
        let read = |arguments: Value| {
            let call = json!({"method": "tools/call", "params": {"name": "x", "arguments": arguments}});
            rewritten(&call.to_string())["params"].get("arguments").cloned()
        };
        assert_eq!(read(json!(r#" {"text": "x"} "#)), Some(json!({"text": "x"})));
        assert_eq!(read(json!({"text": "{}"})), Some(json!({"text": "{}"})));
        for blank in [json!(""), json!([])] {
            assert_eq!(read(blank), None);
        }
        for other in [json!("tea"), json!("[1]"), json!(["tea"]), json!(7), json!(null)] {
            assert_eq!(read(other.clone()), Some(other));
        }
        let bare = r#"{"method":"search_memory","params":"{\"query\":\"tea\"}"}"#;
        assert_eq!(rewritten(bare)["params"]["arguments"], json!({"query": "tea"}));
    }

    #[test]
    fn defect_names_the_member() {
        let defect = |body: &str| read(body).expect("a message").defect();
        assert_eq!(defect(r#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#), None);
        assert_eq!(defect(r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#), None);
        for (body, start) in [
            (r#"{"id":1,"method":"ping"}"#, "jsonrpc must"),
            (r#"{"jsonrpc":2.0,"id":1,"method":"ping"}"#, "jsonrpc must"),
            (r#"{"jsonrpc":"2.0","id":1}"#, "method must"),
            (r#"{"jsonrpc":"2.0","id":1.5,"method":"ping"}"#, "id must"),
            (r#"{"jsonrpc":"2.0","id":null,"method":"ping"}"#, "id must"),
            (r#"{"jsonrpc":"2.0","id":9223372036854775808,"method":"ping"}"#, "id must"),
            (r#"{"jsonrpc":"2.0","id":1,"method":"ping","params":[1]}"#, "params must"),
        ] {
            assert!(defect(body).is_some_and(|defect| defect.starts_with(start)), "{body}");
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
