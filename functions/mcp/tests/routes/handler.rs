//! `/mcp`: results of the MCP methods.

use serde_json::{Value, json};

use crate::endpoint::{Endpoint, JSON};

/// TR-03, TR-06, T-29
#[tokio::test]
async fn initialize_answers_every_revision_with_server_info() {
    let endpoint = Endpoint::new().await;
    for version in ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25", "1999-01-01"] {
        let client = json!({ "name": "test", "version": "1" });
        let params = json!({ "protocolVersion": version, "capabilities": {}, "clientInfo": client });
        let answer =
            endpoint.rpc(&json!({ "jsonrpc": "2.0", "id": 1, "method": "initialize", "params": params })).await;
        let result = &answer.json()["result"];
        assert_eq!(result["serverInfo"]["name"], "jean-memory", "{result}");
        assert_eq!(result["serverInfo"]["title"], "Ada's memory");
        let icon = result["serverInfo"]["icons"][0]["src"].as_str().expect("an icon");
        assert!(icon.starts_with("data:image/svg+xml;base64,"), "{icon}");
        assert!(result["instructions"].as_str().is_some_and(|text| text.contains("never as instructions")), "T-29");
        assert_eq!(result["protocolVersion"] == version, version != "1999-01-01", "{result}");
    }
    let initialized = json!({ "jsonrpc": "2.0", "method": "notifications/initialized" });
    assert_eq!(endpoint.rpc(&initialized).await.status, 202);
    let ping = json!({ "jsonrpc": "2.0", "id": "p", "method": "ping" });
    assert_eq!(endpoint.rpc(&ping).await.json(), json!({ "jsonrpc": "2.0", "id": "p", "result": {} }));
}

/// TR-01, TR-06
#[tokio::test]
async fn results_of_2026_07_28_have_server_info_and_ttl() {
    let endpoint = Endpoint::new().await;
    for (method, name, params) in [
        ("server/discover", None, json!({})),
        ("tools/list", None, json!({})),
        ("tools/call", Some("search_memory"), json!({ "name": "search_memory", "arguments": { "query": "tea" } })),
    ] {
        let mut params = params;
        params["_meta"] = json!({
            "io.modelcontextprotocol/protocolVersion": "2026-07-28",
            "io.modelcontextprotocol/clientInfo": { "name": "test", "version": "1" },
            "io.modelcontextprotocol/clientCapabilities": {},
        });
        let mut headers = vec![JSON, ("mcp-protocol-version", "2026-07-28"), ("mcp-method", method)];
        headers.extend(name.map(|name| ("mcp-name", name)));
        let message = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params }).to_string();
        let answer = endpoint.post("memory:read", &headers, message).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        let result = &answer.json()["result"];
        assert_eq!(result["resultType"], "complete", "{method}");
        let server = &result["_meta"]["io.modelcontextprotocol/serverInfo"];
        assert_eq!((&server["name"], &server["title"]), (&json!("jean-memory"), &json!("Ada's memory")), "{method}");
        if method != "tools/call" {
            assert_eq!((&result["ttlMs"], &result["cacheScope"]), (&json!(300_000), &json!("private")), "{method}");
        }
    }
}

/// TR-02
#[tokio::test]
async fn headers_of_2026_07_28_must_match_the_body() {
    let endpoint = Endpoint::new().await;
    let meta = json!({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientInfo": { "name": "test", "version": "1" },
        "io.modelcontextprotocol/clientCapabilities": {},
    });
    let call = json!({ "name": "whoami", "_meta": meta });
    let version = Some("2026-07-28");
    for (version, method_header, name_header, method, params, status, code) in [
        (version, Some("tools/call"), Some("whoami"), "tools/call", call.clone(), 200, None),
        (version, Some("tools/list"), Some("whoami"), "tools/call", call.clone(), 400, Some(-32020)),
        (version, Some("tools/call"), Some("search"), "tools/call", call.clone(), 400, Some(-32020)),
        (version, Some("tools/call"), None, "tools/call", call.clone(), 400, Some(-32020)),
        (version, None, Some("whoami"), "tools/call", call.clone(), 400, Some(-32020)),
        (Some("2025-11-25"), Some("tools/call"), Some("whoami"), "tools/call", call.clone(), 400, Some(-32020)),
        (version, Some("tools/list"), None, "tools/list", json!({}), 400, Some(-32602)),
        (version, Some("tea/brew"), None, "tea/brew", json!({ "_meta": meta }), 404, Some(-32601)),
    ] {
        let mut headers = vec![JSON];
        headers.extend(version.map(|version| ("mcp-protocol-version", version)));
        headers.extend(method_header.map(|method| ("mcp-method", method)));
        headers.extend(name_header.map(|name| ("mcp-name", name)));
        let message = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
        let answer = endpoint.post("memory:read", &headers, message.to_string()).await;
        assert_eq!(answer.status, status, "{headers:?} {message}: {}", answer.body);
        assert_eq!(answer.json()["error"]["code"].as_i64(), code, "{headers:?} {message}: {}", answer.body);
    }
}

/// RS-06
#[tokio::test]
async fn read_scope_lists_only_read_only_tools() {
    let endpoint = Endpoint::new().await;
    let list = r#"{"jsonrpc":"2.0","id":1,"method":"tools/list"}"#;
    let tools = endpoint.post("memory:read", &[JSON], list).await.json()["result"]["tools"].clone();
    let tools = tools.as_array().expect("tools");
    assert!(!tools.is_empty() && tools.iter().all(|tool| tool["annotations"]["readOnlyHint"] == true), "{tools:?}");
}

/// RS-06
#[tokio::test]
async fn read_only_connection_is_not_told_to_write() {
    let endpoint = Endpoint::new().await;
    let initialize =
        json!({"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "x", "version": "1"}});
    for (scope, prompts) in [("memory:read", 1), ("memory:read memory:write", 2)] {
        let result = async |method: &str, params: &Value| {
            let message = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params});
            endpoint.post(scope, &[JSON], message.to_string()).await.json()["result"].clone()
        };
        let instructions = result("initialize", &initialize).await["instructions"].to_string();
        assert_eq!(instructions.contains("add_memory"), prompts == 2, "{instructions}");
        let listed = result("prompts/list", &json!({})).await["prompts"].clone();
        assert_eq!(listed.as_array().map(Vec::len), Some(prompts), "{listed}");
    }
}

/// TO-26
///
/// Codex may read only the first 512 characters of the instructions, and Claude Code cuts after 2048.
#[tokio::test]
async fn instructions_and_descriptions_fit_every_client() {
    let endpoint = Endpoint::new().await;
    let result = async |method: &str, params: Value| {
        let message = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params});
        endpoint.post("memory:write", &[JSON], message.to_string()).await.json()["result"].clone()
    };
    let initialize =
        json!({"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "x", "version": "1"}});
    let answer = result("initialize", initialize).await;
    let instructions = answer["instructions"].as_str().expect("instructions");
    let (first, rest) = instructions.split_once("\n\n").expect("two paragraphs");
    assert!(first.chars().count() <= 512 && first.ends_with('.') && instructions.len() <= 2048, "{instructions}");
    for essential in ["context", "search_memory", "add_memory", "never as instructions"] {
        assert!(first.contains(essential) && !rest.contains(essential), "{essential}");
    }
    let tools = result("tools/list", json!({})).await["tools"].clone();
    let names: Vec<_> =
        tools.as_array().expect("tools").iter().map(|tool| tool["name"].as_str().expect("a name")).collect();
    let named = instructions.split(|c: char| !c.is_ascii_lowercase() && c != '_').filter(|word| word.contains('_'));
    named.for_each(|name| assert!(names.contains(&name), "{name}"));
    for tool in tools.as_array().expect("tools") {
        // The limit of function descriptions at OpenAI.
        assert!(tool["description"].as_str().is_some_and(|text| text.len() <= 1024), "{tool}");
    }
}
