//! What a person lets an app do, at first and later, and what they undo.

use http::StatusCode;
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::{
    account_memories::{bob, signed_in},
    browser::Browser,
    world::{Answer, Pair, World},
};

async fn the_connection(world: &World, browser: &mut Browser) -> String {
    connections(&browser.open(world, "/account").await).swap_remove(0)
}

async fn choose(world: &World, browser: &mut Browser, path: &str, access: &str) {
    let page = browser.open(world, path).await;
    for _ in 0..2 {
        assert_eq!(browser.submit(world, &page.form(path), &[("access", access)]).await.location(), path);
    }
}

async fn add(world: &World, pair: &Pair, text: &str) -> Value {
    world.call(&pair.access_token, "add_memory", &json!({"text": text})).await["structuredContent"]["id"].clone()
}

#[tokio::test]
async fn a_connection_shows_what_it_wrote_and_when_it_was_used() {
    let world = World::new().await;
    let pair = world.connect().await;
    let mut browser = signed_in(&world).await;
    let before = browser.open(&world, "/account").await.text();
    add(&world, &pair, "tea").await;
    add(&world, &pair, "coffee").await;
    world.turn_clock(SignedDuration::from_hours(30));
    world.refresh(&pair.client_id, &pair.refresh_token).await;
    let page = browser.open(&world, "/account").await.text();
    assert!(before.contains("Memories written: 0") && page.contains("Memories written: 2"), "{page}");
    let used = |text: &str| text[text.find("Last used ").expect("is told") + 10..][..16].to_owned();
    assert_ne!(used(&before), used(&page));
    let path = the_connection(&world, &mut browser).await;
    let page = browser.open(&world, &path).await.text();
    assert!(page.contains("<dd>2</dd>") && page.contains(&used(&before)), "{page}");
}

#[tokio::test]
async fn what_an_app_may_do_is_changed_without_connecting_it_again() {
    let world = World::new().await;
    let mut pair = world.connect().await;
    let mut browser = signed_in(&world).await;
    let path = the_connection(&world, &mut browser).await;
    for (access, scope) in [
        ("read", "memory:read offline_access"),
        ("own", "memory:read memory:write memory:own offline_access"),
        ("all", "memory:read memory:write offline_access"),
    ] {
        choose(&world, &mut browser, &path, access).await;
        assert!(browser.open(&world, &path).await.text().contains(&format!("value=\"{access}\" checked")));
        let answer = world.refresh(&pair.client_id, &pair.refresh_token).await;
        assert_eq!(answer.json()["scope"], scope);
        pair = answer.tokens(&pair.client_id);
        let arguments = json!({"name": "add_memory", "arguments": {"text": access}});
        let call = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": arguments});
        let status = world.mcp(Some(&pair.access_token), &call).await.status;
        assert_eq!(status, if access == "read" { StatusCode::FORBIDDEN } else { StatusCode::OK });
    }
}

#[tokio::test]
async fn an_app_that_sees_its_own_alone_sees_nothing_else_whatever_it_asks_for_t15() {
    let world = World::new().await;
    let other = world.connect().await;
    let id = add(&world, &other, "Ada drinks tea").await;
    let client_id = world.register("Cursor").await;
    let pkce = crate::world::Pkce::new(5);
    let mut browser = Browser::default();
    let authorize = world.authorize_path(&client_id, &pkce, "s");
    let page = browser.open(&world, &authorize).await;
    browser.submit(&world, &page.form("/oauth/sign-in"), &world.credentials()).await;
    let page = browser.open(&world, &authorize).await;
    let typed = [("access", "own"), ("decision", "allow")];
    let answer = browser.submit(&world, &page.form("/oauth/consent"), &typed).await;
    let code = answer.redirect_parameters(crate::world::CALLBACK)["code"].clone();
    let pair = world.exchange(&client_id, &code, &pkce).await.tokens(&client_id);
    // It asks for all again when it refreshes, and gets what it was allowed (AS-14).
    let pair = world.refresh(&client_id, &pair.refresh_token).await.tokens(&client_id);
    let token = pair.access_token.as_str();
    let own = add(&world, &pair, "Cursor likes tabs").await;
    let listed = world.call(token, "list_memories", &json!({})).await;
    let listed = listed["structuredContent"]["memories"].as_array().expect("a list").clone();
    assert_eq!(listed.iter().map(|memory| &memory["id"]).collect::<Vec<_>>(), [&own]);
    let found = world.call(token, "search_memory", &json!({"query": "tea"})).await;
    assert_eq!(found["structuredContent"]["memories"], json!([]));
    for (tool, arguments) in [
        ("get_memory", json!({"id": id})),
        ("update_memory", json!({"id": id, "text": "coffee"})),
        ("delete_memory", json!({"id": id})),
    ] {
        assert_eq!(world.call(token, tool, &arguments).await["isError"], true, "{tool}");
    }
    world.call(token, "delete_all_memories", &json!({"confirm": "delete all memories"})).await;
    let kept = world.call(&other.access_token, "list_memories", &json!({})).await;
    assert_eq!(kept["structuredContent"]["memories"].as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn everything_an_app_did_since_a_day_is_undone_and_both_numbers_are_told() {
    let world = World::new().await;
    let good = world.connect().await;
    let bad = world.connect_with(&world.register("Cursor").await).await;
    let mut browser = signed_in(&world).await;
    let mine = add(&world, &good, "Ada drinks tea").await;
    add(&world, &bad, "buy my product").await;
    world.call(&bad.access_token, "update_memory", &json!({"id": mine, "text": "Ada drinks my product"})).await;
    let overview = browser.open(&world, "/account").await.text();
    let link = overview.split("<a href=\"").find(|link| link.contains(">cursor</a>")).expect("a link");
    let path = &link[..link.find('"').expect("an end")];
    let form = browser.open(&world, path).await.forms().into_iter().nth(1).expect("a form");
    let told = browser.submit(&world, &form, &[("since", "yesterday")]).await.text();
    assert!(told.contains("Enter a date like 2026-07-28.") && told.contains("value=\"yesterday\""), "{told}");
    let told = browser.submit(&world, &form, &[("since", "2999-01-01")]).await.text();
    assert!(told.contains("Memories deleted: <strong>0</strong>"), "{told}");
    let told = browser.submit(&world, &form, &[("since", "2020-01-01")]).await.text();
    let both = "Memories deleted: <strong>1</strong>. Memories restored: <strong>1</strong>.";
    assert!(told.contains(both), "{told}");
    let left = world.call(&good.access_token, "list_memories", &json!({})).await;
    assert_eq!(left["structuredContent"]["memories"][0]["text"], "Ada drinks tea");
}

#[tokio::test]
async fn nobody_sees_or_changes_the_connection_of_somebody_else_t27() {
    let world = World::new().await;
    let pair = world.connect().await;
    add(&world, &pair, "tea").await;
    let mut ours = signed_in(&world).await;
    let path = the_connection(&world, &mut ours).await;
    let mut theirs = bob(&world).await;
    assert_eq!(theirs.open(&world, &path).await.location(), "/account");
    assert_eq!(theirs.open(&world, "/account/connections/none").await.status, StatusCode::FOUND);
    let form = ours.open(&world, &path).await.form(&path);
    for typed in [("access", "read"), ("since", "2020-01-01")] {
        theirs.submit(&world, &form, &[typed]).await;
    }
    assert!(ours.open(&world, &path).await.text().contains("value=\"all\" checked"));
    assert!(
        world.call(&pair.access_token, "search_memory", &json!({"query": "tea"})).await.to_string().contains("tea")
    );
}
