//! `/mcp`: the tools, on the local stack.

use http::StatusCode;
use jean_testing::{
    Browser, TestServer,
    account::{confirm_deletions, open_signed_in, signed_in},
};
use serde_json::{Value, json};

fn text_of(result: &Value) -> &str {
    assert_ne!(result["isError"], true, "{result}");
    result["structuredContent"]["text"].as_str().expect("a text")
}

fn ids_of(result: &Value) -> Vec<String> {
    let memories = result["structuredContent"]["memories"].as_array().expect("memories");
    memories.iter().map(|memory| memory["id"].as_str().expect("an id").into()).collect()
}

/// TO-25, SE-19
#[tokio::test]
async fn update_to_an_existing_text_says_so_and_to_the_same_makes_no_version() {
    let server = TestServer::new().await;
    let token = server.connect().await.access_token;
    let added = server.call(&token, "add_memory", &json!({"text": "Ada drinks tea.", "tags": ["taste"]})).await;
    let tea = &added["structuredContent"]["id"];
    let added = server.call(&token, "add_memory", &json!({"text": "Ada drinks coffee."})).await;
    let coffee = &added["structuredContent"]["id"];
    let same =
        server.call(&token, "update_memory", &json!({"id": tea, "text": " Ada drinks tea.", "tags": ["taste"]})).await;
    assert_eq!(text_of(&same), "Ada drinks tea.");
    assert_eq!((same["structuredContent"].get("updated_at"), same["structuredContent"].get("same_text")), (None, None));
    let repeated = server.call(&token, "update_memory", &json!({"id": coffee, "text": "ada drinks TEA"})).await;
    assert_eq!(repeated["structuredContent"]["same_text"], json!([tea]));
    assert_eq!(repeated["structuredContent"]["text"], "ada drinks TEA");
}

/// TO-20
#[tokio::test]
async fn update_changes_the_given_fields_only() {
    let server = TestServer::new().await;
    let token = server.connect().await.access_token;
    let told = json!({"text": "Ada drinks coffee.", "tags": ["taste"], "source_url": "https://example.com/"});
    let added = server.call(&token, "add_memory", &told).await;
    let id = &added["structuredContent"]["id"];
    assert_eq!(added["structuredContent"].get("updated_at"), None);

    let change = json!({"id": id, "text": "Ada drinks tea.", "clear": ["source_url"], "occurred_at": "2026-07-28"});
    let changed = server.call(&token, "update_memory", &change).await;
    assert_eq!(text_of(&changed), "Ada drinks tea.");
    let shown = server.call(&token, "get_memory", &json!({"id": id})).await["structuredContent"].clone();
    assert_eq!(shown["text"], "Ada drinks tea.");
    assert_eq!(shown["tags"], json!(["taste"]));
    assert_eq!(shown["occurred_at"], "2026-07-28");
    assert_eq!(shown.get("source_url"), None);
    assert_eq!(shown["updated_at"], "2027-01-15T08:00:00Z");
    assert_eq!(shown["updated_by"], shown["writer"]);
    let blank = json!({"id": id, "text": "Ada drinks tea.", "tags": [], "source_url": "", "occurred_at": null});
    assert_eq!(server.call(&token, "update_memory", &blank).await["structuredContent"]["tags"], json!(["taste"]));
    let untagged = server.call(&token, "update_memory", &json!({"id": id, "clear": ["tags"]})).await;
    assert_eq!(untagged["structuredContent"]["tags"], json!([]));

    let nobodys = json!({"id": "01J9ZQ4T5N8M2X7R3K6W1V0YBC", "text": "x"});
    assert_eq!(server.call(&token, "update_memory", &nobodys).await["isError"], true);
    assert_eq!(ids_of(&server.call(&token, "list_memories", &json!({})).await).len(), 1, "no memory was added");
}

#[tokio::test]
async fn document_is_found_by_its_pieces() {
    let server = TestServer::new().await;
    let token = server.connect().await.access_token;
    let content: String =
        (0..400).map(|n| format!("Paragraph {n} tells of the lighthouse and its keeper.\n\n")).collect();
    let stored =
        server.call(&token, "store_document", &json!({"title": "Log", "content": content, "tags": ["sea"]})).await;
    let stored = &stored["structuredContent"];
    let pieces = stored["pieces"].as_array().expect("pieces");
    assert!(pieces.len() > 4 && pieces[0] == stored["id"], "{stored}");
    let mut read = String::new();
    for (place, id) in pieces.iter().enumerate() {
        let piece = server.call(&token, "get_memory", &json!({"id": id})).await["structuredContent"].clone();
        let document = json!({"id": stored["id"], "title": "Log", "part": place + 1, "parts": pieces.len()});
        assert_eq!(piece["document"], document);
        assert_eq!(piece["tags"], json!(["sea"]));
        read += piece["text"].as_str().expect("a text");
    }
    assert_eq!(read.trim(), content.trim());
    let found = server.call(&token, "search_memory", &json!({"query": "paragraph 321"})).await;
    let best = &found["structuredContent"]["memories"][0];
    let whole = server.call(&token, "fetch", &json!({"id": best["id"]})).await["structuredContent"].clone();
    assert!(whole["text"].as_str().is_some_and(|text| text.contains("Paragraph 321 ")), "{whole}");
    assert!(whole["title"].as_str().is_some_and(|title| title.starts_with("Log (")), "{whole}");
}

#[tokio::test]
async fn any_piece_deletes_the_document() {
    let server = TestServer::new().await;
    let token = server.connect().await.access_token;
    let content = "The keeper of the lighthouse writes down the weather. ".repeat(400);
    let stored = server.call(&token, "store_document", &json!({"title": "Log", "content": content})).await;
    let pieces = stored["structuredContent"]["pieces"].as_array().expect("pieces").clone();
    let single =
        server.call(&token, "add_memory", &json!({"text": "one more"})).await["structuredContent"]["id"].clone();

    let refused = server.call(&token, "delete_memory", &json!({"id": single, "whole_document": true})).await;
    assert_eq!(refused["isError"], true, "{refused}");
    let last = json!({"id": "7ZZZZZZZZZZZZZZZZZZZZZZZZZ", "whole_document": true});
    let unknown = server.call(&token, "delete_memory", &last).await;
    assert_eq!(unknown["isError"], true, "{unknown}");
    let asked = json!({"id": pieces[1], "whole_document": true});
    let deleted = server.call(&token, "delete_memory", &asked).await["structuredContent"].clone();
    let trash = server.url("/account/trash");
    assert_eq!(deleted, json!({"id": pieces[1], "deleted": true, "memories": pieces.len(), "trash": trash}));
    assert_eq!(server.call(&token, "delete_memory", &asked).await["isError"], true, "the document is deleted");
    assert_eq!(ids_of(&server.call(&token, "list_memories", &json!({})).await), [single.as_str().expect("an id")]);
}

/// TL-04
#[tokio::test]
async fn one_megabyte_document_is_stored_and_deleted() {
    let server = TestServer::new().await;
    let token = server.connect().await.access_token;
    let content = "tea and cake ".repeat(76_900);
    let stored = server.call(&token, "store_document", &json!({"title": "Menu", "content": content})).await;
    let pieces = stored["structuredContent"]["pieces"].as_array().expect("pieces").len();
    assert!(pieces <= 100, "{pieces}");
    server.call(&token, "add_memory", &json!({"text": "one more"})).await;

    assert_eq!(server.call(&token, "delete_all_memories", &json!({"confirm": "yes"})).await["isError"], true);
    assert_eq!(ids_of(&server.call(&token, "list_memories", &json!({"limit": 50})).await).len(), 50);
    let requested = server.call(&token, "delete_all_memories", &json!({"confirm": "delete all memories"})).await;
    let requested = &requested["structuredContent"];
    assert_eq!((&requested["deleted"], &requested["awaiting_confirmation"]), (&json!(0), &json!(pieces + 1)));
    assert_eq!(requested["confirm_at"], server.url("/account"));
    assert_eq!(ids_of(&server.call(&token, "list_memories", &json!({"limit": 50})).await).len(), 50);
    confirm_deletions(&server, &mut signed_in(&server).await).await;
    assert_eq!(ids_of(&server.call(&token, "list_memories", &json!({})).await), [""; 0]);
}

#[tokio::test]
async fn filtered_list_is_paginated() {
    let server = TestServer::new().await;
    let token = server.connect().await.access_token;
    for n in 0..30 {
        let tag = if n % 3 == 0 { "work" } else { "home" };
        let told =
            json!({"text": format!("tea number {n}"), "tags": [tag], "occurred_at": format!("2026-07-{:02}", n + 1)});
        server.call(&token, "add_memory", &told).await;
    }
    let (mut cursor, mut seen) = (Value::Null, Vec::new());
    loop {
        let asked = json!({"limit": 3, "cursor": cursor, "tags": ["WORK"], "after": "2026-07-05"});
        let page = server.call(&token, "list_memories", &asked).await;
        for memory in page["structuredContent"]["memories"].as_array().expect("memories") {
            seen.push(memory["occurred_at"].as_str().expect("a day").to_owned());
        }
        cursor = page["structuredContent"]["next_cursor"].clone();
        if cursor.is_null() {
            break;
        }
    }
    seen.sort();
    let days = ["07", "10", "13", "16", "19", "22", "25", "28"].map(|day| format!("2026-07-{day}"));
    assert_eq!(seen, days);
    let asked = json!({"query": "tea", "limit": 50, "before": "2026-07-03", "after": "2026-07-02"});
    assert_eq!(ids_of(&server.call(&token, "search_memory", &asked).await).len(), 1);
}

/// TL-04
#[tokio::test]
async fn results_are_bounded() {
    let server = TestServer::new().await;
    let token = server.connect().await.access_token;
    let tags: Vec<_> = (0..32).map(|n| format!("{n:\u{e9}>64}")).collect();
    for _ in 0..60 {
        let told = json!({"text": "\u{1}\"tea\"".repeat(9_000), "tags": tags});
        server.call(&token, "add_memory", &told).await;
    }
    let (mut cursor, mut seen) = (Value::Null, 0);
    while seen < 60 {
        let page = server.call(&token, "list_memories", &json!({"limit": 50, "cursor": cursor})).await;
        assert!(page["content"][0]["text"].as_str().expect("text").chars().count() <= 100_000);
        let ids = ids_of(&page);
        assert!(!ids.is_empty());
        seen += ids.len();
        cursor = page["structuredContent"]["next_cursor"].clone();
    }
    assert_eq!((seen, cursor), (60, Value::Null), "every memory is on a page");
    let found = server.call(&token, "search_memory", &json!({"query": "tea", "limit": 50})).await;
    let id = ids_of(&found)[0].clone();
    for (tool, arguments) in [("get_memory", json!({"id": id})), ("fetch", json!({"id": id}))] {
        let answer = server.call(&token, tool, &arguments).await;
        assert!(answer["content"][0]["text"].as_str().expect("text").chars().count() <= 100_000, "{tool}");
    }
    assert!(found["content"][0]["text"].as_str().expect("text").chars().count() <= 100_000);
}

#[tokio::test]
async fn whoami_names_user_client_and_scopes() {
    let server = TestServer::new().await;
    let pair = server.connect_for("memory:read").await;
    let me = server.call(&pair.access_token, "whoami", &json!({})).await["structuredContent"].clone();
    let expected = json!({
        "user_id": server.owner().await.user_id.as_str(),
        "email": "owner@example.org",
        "client": "claude",
        "client_host": "claude.ai",
        "client_id": pair.client_id,
        "scopes": ["memory:read"],
    });
    assert_eq!(me, expected);
}

/// Issue 21: a citation opens the memory in the account of its user, and of no other.
#[tokio::test]
async fn citation_is_the_page_of_the_memory() {
    let server = TestServer::new().await;
    let token = server.connect().await.access_token;
    let added = server.call(&token, "add_memory", &json!({"text": "Ada drinks tea."})).await;
    let id = added["structuredContent"]["id"].as_str().expect("an id").to_owned();
    let cited = server.url(&format!("/account/memories/{id}"));
    let found = server.call(&token, "search", &json!({"query": "tea"})).await;
    assert_eq!(found["structuredContent"]["results"][0]["url"], cited);
    assert_eq!(server.call(&token, "fetch", &json!({"id": id})).await["structuredContent"]["url"], cited);
    let path = cited.strip_prefix(&server.url("")).expect("of this server");
    let signed_out = Browser::default().open(&server, path).await;
    assert!(signed_out.location().starts_with("/account/sign-in?return_to=%2Faccount%2Fmemories%2F"));
    let mut browser = Browser::default();
    assert!(open_signed_in(&server, &mut browser, path).await.text().contains("Ada drinks tea."));
    let ben = server.connect_as(&server.add_user("ben@example.org").await).await.access_token;
    let other = server.call(&ben, "add_memory", &json!({"text": "Ben drinks coffee."})).await;
    let other = other["structuredContent"]["id"].as_str().expect("an id").to_owned();
    let unknown = "01J9ZQ4T5N8M2X7R3K6W1V0YBC";
    for id in [other.as_str(), unknown, &id.to_lowercase()[..10], "%FF", "..%2F..", "%F0%9F%8D%B5", "a%20b"] {
        let page = browser.open(&server, &format!("/account/memories/{id}")).await;
        assert_eq!(
            (page.status, page.header("content-type")),
            (StatusCode::NOT_FOUND, "text/html; charset=utf-8"),
            "{id}"
        );
        assert!(page.text().contains("Memory not found") && !page.text().contains("coffee"), "{id}");
    }
}
