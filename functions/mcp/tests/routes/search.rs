//! The results of search_memory.

use serde_json::{Value, json};

use jean_testing::TestServer;

/// The texts that a search finds, and the kinds of their matches.
async fn found(server: &TestServer, token: &str, arguments: Value) -> (Vec<(String, String)>, Value) {
    let answer = server.call(token, "search_memory", &arguments).await["structuredContent"].clone();
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    let memories = answer["memories"].as_array().expect("memories").iter();
    (memories.map(|memory| (text(&memory["text"]), text(&memory["match"]))).collect(), answer["note"].clone())
}

async fn with_memories(texts: &[&str]) -> (TestServer, String) {
    let server = TestServer::new().await;
    let token = server.connect().await.access_token;
    for text in texts {
        server.call(&token, "add_memory", &json!({"text": text, "tags": ["notes"]})).await;
    }
    (server, token)
}

/// SE-12
#[tokio::test]
async fn matches_are_exact_close_or_related() {
    let (server, token) = with_memories(&["Ada gets a migraine from bright light", "Grace plays chess"]).await;
    for (query, text, kind) in [
        ("chess", "Grace plays chess", "exact"),
        ("migrane", "Ada gets a migraine from bright light", "close"),
        ("headache triggers", "Ada gets a migraine from bright light", "related"),
    ] {
        let (found, _) = found(&server, &token, json!({"query": query})).await;
        assert_eq!(found[0], (text.into(), kind.into()), "{query}");
    }
}

/// SE-12
#[tokio::test]
async fn search_without_words_lists_or_says_so() {
    let (server, token) = with_memories(&["Grace plays chess", "Ada likes tea"]).await;
    for arguments in [json!({"query": "*"}), json!({"tags": ["NOTES"]}), json!({"query": "", "tags": ["notes"]})] {
        assert_eq!(found(&server, &token, arguments.clone()).await.0.len(), 2, "{arguments}");
    }
    // A number has no meaning; the pieces of an unknown word have one.
    for query in ["?!", "4711"] {
        let (found, note) = found(&server, &token, json!({"query": query})).await;
        assert!(found.is_empty(), "{query}: {found:?}");
        assert!(note.as_str().is_some_and(|note| note.contains("list_memories")), "{query}: {note}");
    }
    for query in ["xqzt", "🦄"] {
        let (found, _) = found(&server, &token, json!({"query": query})).await;
        assert!(!found.is_empty() && found.iter().all(|(_, kind)| kind == "related"), "{query}: {found:?}");
    }
}

/// SE-17
#[tokio::test]
async fn long_memory_shows_the_passage_that_matches() {
    let filler = "The garden was quiet and the gate was closed. ".repeat(120);
    let text = format!("{filler}The spare key hangs behind the boiler. {filler}");
    let (server, token) = with_memories(&[&text]).await;
    let (found, _) = found(&server, &token, json!({"query": "spare key"})).await;
    assert!(found[0].0.contains("The spare key hangs behind the boiler."), "{}", found[0].0);
}

/// SE-15
#[tokio::test]
async fn query_of_order_words_lists_the_newest() {
    let (server, token) = with_memories(&["Most recent is the recent trip to Kiel", "Ada likes tea"]).await;
    for query in ["recent memories", "most recent", "latest"] {
        let (found, _) = found(&server, &token, json!({"query": query, "limit": 1})).await;
        assert_eq!(found[0].0, "Ada likes tea", "{query}");
    }
}

/// SE-15
#[tokio::test]
async fn newer_memory_comes_first_and_history_is_not_hidden() {
    let texts =
        ["I live in Berlin.", "Ada's employer is Ahorn Werk.", "I moved to Oslo.", "Ada's employer is Fjord Print."];
    let (server, token) = with_memories(&texts).await;
    for (query, first, second) in [
        ("where do I live", "I moved to Oslo.", "I live in Berlin."),
        ("Ada's current employer", "Ada's employer is Fjord Print.", "Ada's employer is Ahorn Werk."),
        ("Ada's first employer", "Ada's employer is Ahorn Werk.", "Ada's employer is Fjord Print."),
    ] {
        let answer = server.call(&token, "search_memory", &json!({"query": query})).await["structuredContent"].clone();
        assert_eq!(answer["memories"][0]["text"], first, "{query}");
        let memories = answer["memories"].as_array().expect("memories");
        let place = |text| memories.iter().position(|memory| memory["text"] == text).expect("found");
        assert!(place(second) > 0, "{query}");
        let (older, newer) = (place(first).min(place(second)), place(first).max(place(second)));
        let (older, newer) = if query.contains("first") { (older, newer) } else { (newer, older) };
        assert_eq!(memories[older]["newer"], memories[newer]["id"], "{query}");
        assert!(memories[newer].get("newer").is_none(), "{query}");
    }
}

/// SE-15
#[tokio::test]
async fn memory_that_may_replace_another_asks_for_an_update() {
    let (server, token) = with_memories(&["Ada lives in Berlin."]).await;
    found(&server, &token, json!({"query": "Ada"})).await;
    let added =
        server.call(&token, "add_memory", &json!({"text": "Ada moved to Oslo."})).await["structuredContent"].clone();
    assert_eq!(added["similar"][0]["text"], "Ada lives in Berlin.");
    assert!(added["note"].as_str().is_some_and(|note| note.contains("update_memory")), "{added}");
    let other =
        server.call(&token, "add_memory", &json!({"text": "Grace plays chess."})).await["structuredContent"].clone();
    assert!(other.get("note").is_none(), "{other}");
}

/// SE-15
#[tokio::test]
async fn exact_phrase_comes_first() {
    let texts = [
        "The green room has a red door.",
        "Red paint for the door, green for the fence",
        "The key fits the green door.",
    ];
    let (server, token) = with_memories(&texts).await;
    for query in ["\"green door\"", "\u{201E}green door\u{201C}", "green door"] {
        assert_eq!(found(&server, &token, json!({"query": query})).await.0[0].0, texts[2], "{query}");
    }
}

/// SE-16
#[tokio::test]
async fn days_are_those_of_the_time_zone() {
    let server = TestServer::new().await;
    let token = server.connect().await.access_token;
    for (text, at) in [("tea late in the evening", "2026-07-27T23:30:00Z"), ("tea at noon", "2026-07-27T12:00:00Z")] {
        server.call(&token, "add_memory", &json!({"text": text, "occurred_at": at})).await;
    }
    for (timezone, texts) in [
        (Value::Null, vec!["tea at noon", "tea late in the evening"]),
        (json!("Europe/Berlin"), vec!["tea at noon"]),
        (json!("Asia/Tokyo"), vec!["tea at noon"]),
        (json!("America/Los_Angeles"), vec!["tea at noon", "tea late in the evening"]),
    ] {
        let arguments =
            json!({"query": "tea", "after": "2026-07-27", "before": "2026-07-28", "timezone": timezone.clone()});
        let (mut found, _) = found(&server, &token, arguments).await;
        found.sort();
        assert_eq!(found.into_iter().map(|(text, _)| text).collect::<Vec<_>>(), texts, "{timezone}");
    }
}
