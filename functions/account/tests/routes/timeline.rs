//! `/account/timeline`: counts by week, app and tag.

use jean_testing::{
    TestServer,
    account::{bob, signed_in},
};
use jiff::SignedDuration;
use serde_json::json;

/// AW-06
#[tokio::test]
async fn timeline_counts_the_newest_memories_by_app_and_tag() {
    let server = TestServer::new().await;
    let pair = server.connect().await;
    let mut browser = signed_in(&server).await;
    let empty = browser.open(&server, "/account/timeline").await.text();
    assert!(empty.contains("No memories were written in the last half year."), "{empty}");
    for (text, tag) in [("tea", "drinks"), ("coffee", "drinks"), ("bread <b>", "food")] {
        server.call(&pair.access_token, "add_memory", &json!({"text": text, "tags": [tag]})).await;
    }
    let content = "Zanzibar. ".repeat(900);
    server.call(&pair.access_token, "store_document", &json!({"title": "Islands", "content": content})).await;
    server.turn_clock(SignedDuration::from_hours(7 * 24));
    let mut browser = signed_in(&server).await;
    server.add_own_memory(&mut browser, "my own").await;
    let page = browser.open(&server, "/account/timeline").await;
    let (text, words) = (page.text(), page.words());
    assert!(words.contains("last half year: 5. A document counts once."), "{words}");
    assert!(words.contains("Claude (claude.ai) 4") && words.contains("you 1"), "{words}");
    assert!(words.contains("drinks 2") && words.contains("food 1"), "{words}");
    assert_eq!(text.matches("<rect class=\"s0\" x=").count(), 1, "{text}");
    assert!(text.contains("<a href=\"/account/memories?from=2027-01-11&#38;to=2027-01-17\">2027-01-11</a>"), "{text}");
    assert!(text.contains("aria-labelledby=\"chart-title chart-text\"") && !text.contains("<script"), "{text}");
    assert!(bob(&server).await.open(&server, "/account/timeline").await.text().contains("No memories were written"));
    server.turn_clock(SignedDuration::from_hours(200 * 24));
    let mut later = signed_in(&server).await;
    assert!(later.open(&server, "/account/timeline").await.text().contains("No memories were written"));
}
