//! `/mcp`: arguments, results and errors of tool calls.

use serde_json::json;

use crate::endpoint::Endpoint;

/// TL-03
#[tokio::test]
async fn errors_for_the_model_are_results() {
    let endpoint = Endpoint::new().await;
    for (tool, arguments, sentence) in [
        ("add_memory", json!({}), "Invalid arguments: text is missing. Correct them"),
        ("add_memory", json!({ "text": 7 }), "Invalid arguments: text must be a text, not 7. Correct them"),
        (
            "add_memory",
            json!({ "text": "tea", "occurred_at": 1_753_694_400 }),
            "occurred_at must be a text, not 1753694400.",
        ),
        ("list_memories", json!({ "after": 7 }), "after must be a text, not 7."),
        ("list_memories", json!({ "tags": { "a": 1 } }), "tags must be a list of texts"),
        ("add_memory", json!({ "text": " " }), "The text is empty."),
        ("add_memory", json!({ "text": "a".repeat(65_537) }), "Shorten it"),
        ("search_memory", json!({ "query": "" }), "The query is empty."),
        ("search_memory", json!({ "query": "tea", "limit": 0 }), "limit must be between 1 and 50"),
        ("list_memories", json!({ "cursor": "nonsense" }), "Invalid cursor."),
        ("list_memories", json!({ "limit": -1 }), "limit must be a whole number between 1 and 50, not -1."),
        ("get_memory", json!({ "id": "nonsense" }), "No memory has this id."),
        ("fetch", json!({ "id": "nonsense" }), "No memory has this id."),
        ("update_memory", json!({ "id": "01J9ZQ4T5N8M2X7R3K6W1V0YBC" }), "No changes given."),
        ("store_document", json!({ "title": "", "content": "text" }), "A document's title"),
        ("list_memories", json!({ "after": "yesterday" }), "after and before are dates"),
        ("list_memories", json!({ "timezone": "Moon/Base" }), "timezone is a name of the IANA time zone database"),
        ("search_memory", json!({ "query": "tea", "timezone": "local" }), "such as Europe/Berlin"),
        ("delete_all_memories", json!({}), "Not requested."),
        ("delete_all_memories", json!({ "confirm": "yes" }), "with confirm set to \"delete all memories\""),
        ("get_memory", json!({ "id": "01J9ZQ4T5N8M2X7R3K6W1V0YBC" }), "No memory has this id."),
        ("get_memory", json!({ "id": "Z".repeat(26) }), "No memory has this id."),
    ] {
        let answer = endpoint.call(tool, &arguments).await;
        assert_eq!(answer["result"]["isError"], true, "{answer}");
        let text = answer["result"]["content"][0]["text"].as_str().expect("a sentence");
        assert!(text.contains(sentence), "{tool} {arguments}: {text}");
    }
    let error = &endpoint.call("forget_everything", &json!({})).await["error"];
    assert_eq!((&error["code"], &error["message"]), (&json!(-32602), &json!("Unknown tool. Use one of tools/list.")));
}

/// TO-20, TO-21
#[tokio::test]
async fn arguments_are_read_leniently() {
    let endpoint = Endpoint::new().await;
    for (tool, arguments) in [
        ("search_memory", json!({ "query": "tea", "limit": 51, "tags": "", "after": null, "before": " " })),
        ("search_memory", json!({ "query": "tea", "limit": "5", "tags": "a, b", "purpose": "test" })),
        ("list_memories", json!({ "cursor": "", "limit": 5.0, "tags": [] })),
        ("add_memory", json!({ "text": "Tea", "tags": "[\"a\"]", "source_url": "", "occurred_at": "" })),
        ("store_document", json!({ "title": "Tea", "content": "Green.", "tags": null, "source_url": " " })),
        ("search", json!({ "query": "tea", "limit": 3 })),
        ("whoami", json!({ "reason": "" })),
        ("delete_all_memories", json!({ "confirm": "delete all memories", "really": true })),
    ] {
        let answer = endpoint.call(tool, &arguments).await;
        assert_eq!(answer["result"]["isError"], false, "{tool} {arguments}: {answer}");
    }
    for (tool, arguments, advice) in [
        ("add_memory", json!({ "content": "Tea" }), "Use text instead of content."),
        ("search_memory", json!({ "q": "tea" }), "Use query instead of q."),
        ("get_memory", json!({ "memory_id": "x" }), "Use id instead of memory_id."),
        (
            "update_memory",
            json!({ "id": "01J9ZQ4T5N8M2X7R3K6W1V0YBC", "clear": ["text"] }),
            "clear[0] must be one of tags,",
        ),
        (
            "update_memory",
            json!({ "id": "01J9ZQ4T5N8M2X7R3K6W1V0YBC", "tags": [], "source_url": "" }),
            "No changes given.",
        ),
    ] {
        let answer = endpoint.call(tool, &arguments).await;
        let text = answer["result"]["content"][0]["text"].as_str().expect("a sentence");
        assert!(text.contains(advice), "{tool} {arguments}: {text}");
    }
}

/// TO-21, TL-01
#[tokio::test]
async fn ignored_arguments_are_named_in_the_note() {
    let endpoint = Endpoint::new().await;
    let advice = "Unknown arguments were ignored: date, tag, url. Use occurred_at instead of date. Use tags instead of tag. \
        Use source_url instead of url.";
    let misnamed = json!({ "text": "Tea", "date": "2026-07-28", "tag": "taste", "url": "https://tea.example" });
    for (tool, arguments, note) in [
        ("add_memory", misnamed, advice),
        ("search_memory", json!({ "query": "tea", "tag": "work" }), "Use tags instead of tag."),
        ("whoami", json!({ "purpose": "test" }), "Unknown arguments were ignored: purpose."),
    ] {
        let result = &endpoint.call(tool, &arguments).await["result"];
        let shown = &result["structuredContent"];
        assert!(shown["note"].as_str().is_some_and(|shown| shown.contains(note)), "{tool}: {result}");
        assert_eq!(
            result["content"][0]["text"]
                .as_str()
                .map(serde_json::from_str::<serde_json::Value>)
                .and_then(Result::ok)
                .as_ref(),
            Some(shown)
        );
        assert_eq!(result["content"].as_array().map(Vec::len), Some(1));
    }
    let error = &endpoint.call("get_memory", &json!({ "id": "x", "memory_id": "y" })).await["result"];
    assert_eq!(error["content"][1]["text"], "Unknown arguments were ignored: memory_id.");
    assert!(
        endpoint.call("whoami", &json!({ "reason": "" })).await["result"]["structuredContent"].get("note").is_none()
    );
}

/// TO-21, TL-03
#[tokio::test]
async fn arguments_may_be_json_in_a_text() {
    let endpoint = Endpoint::new().await;
    let added = endpoint.call("add_memory", &json!("{\"text\":\"Tea\"}")).await;
    assert_eq!(added["result"]["structuredContent"]["text"], "Tea", "{added}");
    assert_eq!(endpoint.call("whoami", &json!([])).await["result"]["isError"], false);
    for other in [json!("tea"), json!(["tea"]), json!(7)] {
        let answer = endpoint.call("search_memory", &other).await;
        assert_eq!(answer["result"]["isError"], true, "{answer}");
        let text = answer["result"]["content"][0]["text"].as_str().expect("a sentence");
        assert!(text.contains("arguments must be an object"), "{text}");
    }
}

/// TL-04
#[tokio::test]
async fn errors_quote_only_an_excerpt_of_the_input() {
    let endpoint = Endpoint::new().await;
    let long = "é".repeat(200_000);
    for (tool, arguments) in [
        ("list_memories", json!({ "limit": long })),
        ("list_memories", json!({ "cursor": long })),
        ("list_memories", json!({ "after": long })),
        ("get_memory", json!({ "id": long })),
        ("search_memory", json!({ "query": "tea", "tags": long })),
        ("update_memory", json!({ "id": "01J9ZQ4T5N8M2X7R3K6W1V0YBC", "occurred_at": long })),
        ("delete_all_memories", json!({ "confirm": long })),
        (&long, json!({})),
    ] {
        let answer = endpoint.call(tool, &arguments).await.to_string();
        assert!(answer.chars().count() < 1_000, "{tool:.20}: {} characters", answer.chars().count());
    }
}

/// T-29
#[tokio::test]
async fn added_memory_is_returned_with_its_writer() {
    let endpoint = Endpoint::new().await;
    let arguments = json!({ "text": " Tea, never coffee. ", "tags": ["taste"], "occurred_at": "2026-07-28" });
    let answer = endpoint.call("add_memory", &arguments).await;
    let shown = &answer["result"]["structuredContent"];
    assert_eq!(shown["text"], "Tea, never coffee.");
    assert_eq!((&shown["writer"]["kind"], &shown["writer"]["name"]), (&json!("app"), &json!("claude")));
    assert_eq!(shown["occurred_at"], "2026-07-28");
    assert_eq!(shown["created_at"], "2027-01-15T08:00:00Z");
    assert_eq!(shown["id"].as_str().map(str::len), Some(26));
}
