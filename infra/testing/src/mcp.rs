//! Calls of the MCP endpoint.

use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::{Answer, TestServer};

impl TestServer {
    /// Sends a JSON-RPC message to the MCP endpoint.
    pub async fn mcp(&self, token: Option<&str>, message: &Value) -> Answer {
        let bearer = token.map(|token| format!("Bearer {token}"));
        let mut headers = vec![("content-type", "application/json")];
        headers.extend(bearer.as_deref().map(|bearer| ("authorization", bearer)));
        self.send(Method::POST, "/mcp", &headers, &message.to_string()).await
    }

    /// Calls a tool and returns its result.
    pub async fn call(&self, token: &str, tool: &str, arguments: &Value) -> Value {
        let params = json!({"name": tool, "arguments": arguments});
        let message = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params});
        let answer = self.mcp(Some(token), &message).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
        answer.json()["result"].clone()
    }

    /// `true` if the MCP endpoint accepts the access token.
    pub async fn works(&self, token: &str) -> bool {
        let list = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/list"});
        self.mcp(Some(token), &list).await.status == StatusCode::OK
    }
}
