//! `/mcp`: clients of every protocol revision.

use http::Method;
use jean_testing::{Answer, TestServer};
use serde_json::{Value, json};
use std::collections::BTreeSet;

const MODERN: &str = "2026-07-28";

/// A client that speaks one revision.
struct Client<'a> {
    world: &'a TestServer,
    bearer: String,
    revision: &'static str,
}

impl Client<'_> {
    async fn post(&self, headers: &[(&str, &str)], body: &Value) -> Answer {
        let mut all = vec![("content-type", "application/json"), ("authorization", self.bearer.as_str())];
        // The header was introduced in 2025-06-18.
        if self.revision >= "2025-06-18" {
            all.push(("mcp-protocol-version", self.revision));
        }
        all.extend(headers);
        self.world.send(Method::POST, "/mcp", &all, &body.to_string()).await
    }

    async fn request(&self, method: &str, mut params: Value) -> Value {
        let name = params["name"].as_str().map(String::from);
        let mut headers = Vec::new();
        if self.revision == MODERN {
            params["_meta"] = json!({
                "io.modelcontextprotocol/protocolVersion": MODERN,
                "io.modelcontextprotocol/clientCapabilities": {},
            });
            headers.push(("mcp-method", method));
            headers.extend(name.as_deref().map(|name| ("mcp-name", name)));
        }
        let message = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params});
        let answer = self.post(&headers, &message).await;
        assert_eq!(answer.status.as_u16(), 200, "{} {method}: {}", self.revision, answer.text());
        answer.json()["result"].clone()
    }
}

/// SD-01, TR-02, TO-26
#[tokio::test]
async fn bare_call_and_errors_of_2026_07_28() {
    let world = TestServer::new().await;
    let bearer = format!("Bearer {}", world.connect().await.access_token);
    let client = Client { world: &world, bearer, revision: MODERN };
    let meta =
        json!({"io.modelcontextprotocol/protocolVersion": MODERN, "io.modelcontextprotocol/clientCapabilities": {}});
    let message =
        |method: &str| json!({"jsonrpc": "2.0", "id": 4, "method": method, "params": {"query": "tea", "_meta": meta}});
    for headers in
        [&[("mcp-method", "search_memory")][..], &[("mcp-method", "tools/call"), ("mcp-name", "search_memory")]]
    {
        let answer = client.post(headers, &message("search_memory")).await;
        let result = answer.json()["result"].clone();
        assert_eq!(result["structuredContent"]["memories"], json!([]), "{headers:?}: {}", answer.text());
        assert!(!result.to_string().contains("ignored"), "{result}");
    }
    for (headers, method, code, start) in [
        (&[("mcp-method", "ping")][..], "ping", -32601, "This revision of MCP does not have the method."),
        (&[], "tools/list", -32020, ""),
    ] {
        let error = client.post(headers, &message(method)).await.json()["error"].clone();
        let text = error["message"].as_str().unwrap_or_default();
        assert!(error["code"] == code && text.starts_with(start) && text.ends_with('.'), "{method}: {error}");
    }
}

/// TR-01, TR-03, TL-01, TO-26
#[tokio::test]
async fn every_revision_lists_and_calls_every_tool() {
    let world = TestServer::new().await;
    let bearer = format!("Bearer {}", world.connect().await.access_token);
    for revision in ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25", MODERN] {
        let client = Client { world: &world, bearer: bearer.clone(), revision };
        if revision == MODERN {
            let discovered = client.request("server/discover", json!({})).await;
            assert!(discovered["supportedVersions"].to_string().contains(MODERN), "{discovered}");
        } else {
            let hello =
                json!({"protocolVersion": revision, "capabilities": {}, "clientInfo": {"name": "raw", "version": "1"}});
            assert_eq!(client.request("initialize", hello).await["protocolVersion"], revision);
            let initialized = json!({"jsonrpc": "2.0", "method": "notifications/initialized"});
            assert_eq!(client.post(&[], &initialized).await.status.as_u16(), 202);
        }
        for method in ["resources/list", "resources/templates/list", "prompts/list"] {
            assert!(client.request(method, json!({})).await.is_object(), "{revision} {method}");
        }
        let topic =
            json!({"ref": {"type": "ref/prompt", "name": "context"}, "argument": {"name": "topic", "value": ""}});
        let completed = client.request("completion/complete", topic).await;
        assert!(completed["completion"]["values"].is_array(), "{revision}: {completed}");
        let prompt = client.request("prompts/get", json!({"name": "context"})).await;
        assert_eq!(prompt["messages"][0]["role"], "user", "{revision}");
        let listed = client.request("tools/list", json!({})).await;
        let tools = listed["tools"].as_array().expect("tools");
        let listed: BTreeSet<_> = tools.iter().map(|tool| tool["name"].as_str().expect("a name").to_owned()).collect();

        let mut called = BTreeSet::new();
        let mut call = async |tool: &str, arguments: Value| {
            called.insert(tool.to_owned());
            let result = client.request("tools/call", json!({"name": tool, "arguments": arguments})).await;
            assert_ne!(result["isError"], true, "{revision} {tool}: {result}");
            let text = result["content"][0]["text"].as_str().expect("text");
            let told: Value = serde_json::from_str(text).expect("valid");
            assert_eq!(told, result["structuredContent"], "{revision} {tool}");
            told
        };
        let id = call("add_memory", json!({"text": "tea"})).await["id"].clone();
        call("update_memory", json!({"id": id, "text": "green tea"})).await;
        call("store_document", json!({"title": "Menu", "content": "tea and cake"})).await;
        assert_eq!(call("search_memory", json!({"query": "green"})).await["memories"][0]["id"], id);
        assert_eq!(call("search", json!({"query": "green"})).await["results"][0]["id"], id);
        assert_eq!(call("list_memories", json!({})).await["memories"].as_array().map(Vec::len), Some(2));
        assert_eq!(call("get_memory", json!({"id": id})).await["text"], "green tea");
        assert_eq!(call("fetch", json!({"id": id})).await["text"], "green tea");
        assert_eq!(call("context", json!({})).await["memories_read"], 2);
        assert_eq!(call("whoami", json!({})).await["client"], "claude");
        call("delete_memory", json!({"id": id})).await;
        let requested = call("delete_all_memories", json!({"confirm": "delete all memories"})).await;
        assert_eq!((&requested["deleted"], &requested["awaiting_confirmation"]), (&json!(0), &json!(1)));
        assert_eq!(called, listed, "{revision}");
    }
}

/// TR-03
#[tokio::test]
async fn batch_of_2025_03_26_adds_then_finds() {
    let world = TestServer::new().await;
    let client = Client {
        world: &world,
        bearer: format!("Bearer {}", world.connect().await.access_token),
        revision: "2025-03-26",
    };
    let call = |id: u32, tool: &str, arguments: Value| json!({"jsonrpc": "2.0", "id": id, "method": "tools/call", "params": {"name": tool, "arguments": arguments}});
    let batch = json!([
        call(1, "add_memory", json!({"text": "Ada drinks tea."})),
        {"jsonrpc": "2.0", "method": "notifications/initialized"},
        call(2, "search_memory", json!({"query": "tea"})),
    ]);
    let answers = client.post(&[], &batch).await.json();
    assert_eq!(answers.as_array().map(Vec::len), Some(2), "{answers}");
    assert_eq!(answers[1]["id"], 2);
    assert_eq!(answers[1]["result"]["structuredContent"]["memories"][0]["text"], "Ada drinks tea.");
}
