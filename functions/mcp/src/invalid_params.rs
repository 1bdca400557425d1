//! Parameters that do not fit their method. rmcp passes such a request on without the reason.

use rmcp::model::{
    CallToolRequestParams, CompleteRequestParams, CustomRequest, GetPromptRequestParams, InitializeRequestParams,
    PaginatedRequestParams, ReadResourceRequestParams,
};
use serde::de::DeserializeOwned;
use serde_json::Value;

/// Characters of a serde error, which may quote the input at full length (TL-04).
const ERROR_CHARACTERS: usize = 200;

/// The reason why the parameters of a known method are rejected, as sentences.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum InvalidParams {
    /// For the model: the arguments of a tool call are not an object.
    Arguments(&'static str),
    /// For the client.
    Other(String),
}

/// The reason for a request that rmcp has not recognised, or `None` if its method is unknown.
pub(crate) fn of(request: &CustomRequest) -> Option<InvalidParams> {
    let params = request.params.as_ref();
    let reason = match request.method.as_str() {
        "initialize" => mismatch::<InitializeRequestParams>(params),
        "tools/call" => {
            let has_name = params.and_then(|params| params.get("name")).is_some_and(Value::is_string);
            let arguments = params.and_then(|params| params.get("arguments"));
            if has_name && arguments.is_some_and(|arguments| !arguments.is_object() && !arguments.is_null()) {
                let message = "Invalid arguments: arguments must be an object, such as {\"query\": \"tea\"}.";
                return Some(InvalidParams::Arguments(message));
            }
            mismatch::<CallToolRequestParams>(params)
        }
        "tools/list" | "resources/list" | "resources/templates/list" | "prompts/list" => {
            mismatch::<PaginatedRequestParams>(params)
        }
        "resources/read" => mismatch::<ReadResourceRequestParams>(params),
        "prompts/get" => mismatch::<GetPromptRequestParams>(params),
        "completion/complete" => mismatch::<CompleteRequestParams>(params),
        _ => return None,
    };
    let message = match reason {
        Some(reason) => format!("Invalid parameters: {reason}."),
        None => "The parameters do not fit the method.".into(),
    };
    Some(InvalidParams::Other(message))
}

/// The missing parameter, or the first of a wrong type.
fn mismatch<P: DeserializeOwned>(params: Option<&Value>) -> Option<String> {
    let Some(params) = params else { return Some("params is missing".into()) };
    let error = serde_path_to_error::deserialize::<_, P>(params.clone()).err()?;
    let path = error.path().to_string();
    let reason = error.into_inner().to_string();
    let reason = if path == "." { reason } else { format!("{path}: {reason}") };
    Some(reason.chars().take(ERROR_CHARACTERS).collect())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn reason(method: &str, params: Value) -> String {
        match of(&CustomRequest::new(method, Some(params))) {
            Some(InvalidParams::Other(message)) => message,
            Some(InvalidParams::Arguments(message)) => message.into(),
            None => String::new(),
        }
    }

    /// TO-26
    #[test]
    fn missing_or_wrong_parameter_is_named() {
        let client = json!({ "name": "test", "version": "1" });
        for (method, params, part) in [
            ("initialize", json!({ "capabilities": {}, "clientInfo": client }), "missing field `protocolVersion`"),
            (
                "initialize",
                json!({ "protocolVersion": "2025-11-25", "clientInfo": client }),
                "missing field `capabilities`",
            ),
            (
                "initialize",
                json!({ "protocolVersion": "2025-11-25", "capabilities": {} }),
                "missing field `clientInfo`",
            ),
            ("tools/call", json!({ "arguments": {} }), "missing field `name`"),
            ("tools/call", json!({ "name": "search", "arguments": "tea" }), "arguments must be an object"),
            ("tools/list", json!({ "cursor": 7 }), "cursor: "),
            ("resources/read", json!({}), "missing field `uri`"),
        ] {
            let reason = reason(method, params);
            assert!(reason.contains(part), "{method}: {reason}");
        }
        assert_eq!(
            of(&CustomRequest::new("initialize", None)),
            Some(InvalidParams::Other("Invalid parameters: params is missing.".into()))
        );
        assert_eq!(of(&CustomRequest::new("tea/brew", None)), None);
        assert!(reason("tools/call", json!({ "name": ["é".repeat(9_000)] })).len() < 500);
    }
}
