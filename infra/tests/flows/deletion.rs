//! An account is deleted.

use http::StatusCode;
use serde_json::json;

use crate::{
    account::open_signed_in,
    browser::Browser,
    passkeys::{self, Device},
    world::{Answer, World},
};

#[tokio::test]
async fn a_code_that_is_still_out_opens_nothing_once_the_account_is_being_deleted() {
    let world = World::new().await;
    let (client_id, code, pkce) = world.code().await;
    world.close_grants().await;
    let refused = world.exchange(&client_id, &code, &pkce).await;
    assert_eq!((refused.status, refused.error()), (StatusCode::BAD_REQUEST, "invalid_grant".into()));
    assert_eq!(world.grants().await, 0);
}

#[tokio::test]
async fn refresh_tokens_end_with_the_account_and_access_tokens_by_themselves_as23() {
    let world = World::new().await;
    let pair = world.connect().await;
    world.close_grants().await;
    assert_eq!(world.refresh(&pair.client_id, &pair.refresh_token).await.error(), "invalid_grant");
    let list = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/list"});
    assert_eq!(world.mcp(Some(&pair.access_token), &list).await.status, StatusCode::OK);
}

#[tokio::test]
async fn what_a_token_that_is_out_would_write_after_its_account_is_gone_is_refused_and_not_kept() {
    let world = World::new().await;
    let pair = world.connect().await;
    world.call(&pair.access_token, "add_memory", &json!({"text": "zanzibar"})).await;
    let (mut browser, page) = asked(&world).await;
    browser.submit(&world, &page.form("/account/delete"), &[("email", "owner@example.org")]).await;
    for (tool, arguments) in [
        ("add_memory", json!({"text": "zanzibar"})),
        ("store_document", json!({"title": "Islands", "content": "zanzibar"})),
    ] {
        let refused = world.call(&pair.access_token, tool, &arguments).await;
        assert!(refused.to_string().contains("This account was deleted."), "{refused}");
        assert_eq!(refused["isError"], true);
    }
    let listed = world.call(&pair.access_token, "list_memories", &json!({})).await;
    assert_eq!(listed["structuredContent"]["memories"], json!([]));
    assert!(!world.everything_kept().await.contains("zanzibar"));
}

/// Opens the page that deletes the account, signed in just now, in a browser of its own.
async fn asked(world: &World) -> (Browser, Answer) {
    let mut browser = Browser::default();
    let page = open_signed_in(world, &mut browser, "/account/delete").await;
    (browser, page)
}

#[tokio::test]
async fn an_account_that_is_deleted_leaves_nothing_and_its_person_gets_a_receipt() {
    let world = World::new().await;
    let owner = world.owner().await;
    let pair = world.connect().await;
    for text in ["zanzibar", "madagascar"] {
        world.call(&pair.access_token, "add_memory", &json!({"text": text})).await;
    }
    world.call(&pair.access_token, "search_memory", &json!({"query": "zanzibar"})).await;
    world.api_key(&owner).await;
    passkeys::make(&world, &mut Device::new()).await;
    let (mut browser, page) = asked(&world).await;
    let receipt = browser.submit(&world, &page.form("/account/delete"), &[("email", "Owner@Example.org")]).await;
    assert_eq!(receipt.status, StatusCode::OK);
    let figures: Vec<_> = receipt.text().split("<dd>").skip(1).map(|dd| dd[..1].to_owned()).collect();
    // Memories, connections, sign-ins (of the consent, the passkey and the deletion), passkeys, keys.
    assert_eq!(figures, ["2", "1", "3", "1", "1"], "{}", receipt.text());
    let kept = world.everything_kept().await;
    // What is left is a code that was redeemed, until it is over, and that no grant may be opened for this id.
    for left in
        ["owner@example.org\"", "zanzibar", "PROFILE", "GRANT#", "SESSION#", "MEMORY#", "KEY#", "PASSKEY#", "BROWSER#"]
    {
        assert!(!kept.contains(left) || left == "owner@example.org\"", "{left} in {kept}");
    }
    assert!(!browser.cookies.contains_key("jean_session"));
    // Nobody is let in, and the address is free.
    let asked = browser.open(&world, "/account/sign-in").await;
    let refused = browser.submit(&world, &asked.form("/account/sign-in"), &world.credentials()).await;
    assert!(refused.location().starts_with("/account/sign-in"));
    world.add_user("owner@example.org").await;
}

#[tokio::test]
async fn an_account_is_deleted_by_whoever_types_its_address() {
    let world = World::new().await;
    let (mut browser, page) = asked(&world).await;
    let refused = browser.submit(&world, &page.form("/account/delete"), &[("email", "bob@example.org")]).await;
    assert!(refused.text().contains("role=\"alert\"") && refused.text().contains("bob@example.org"));
    assert_eq!(world.owner().await.email.as_str(), "owner@example.org");
}

#[tokio::test]
async fn numbers_nobody_has_deleted_do_no_harm() {
    let world = World::new().await;
    let (mut browser, page) = asked(&world).await;
    let typed = [("email", "owner@example.org"), ("memories", "18446744073709551615"), ("connections", "-1")];
    let receipt = browser.submit(&world, &page.form("/account/delete"), &typed).await;
    assert_eq!(receipt.status, StatusCode::OK);
    assert!(receipt.text().contains("<dd>0</dd>"), "{}", receipt.text());
}

#[tokio::test]
async fn deleting_one_account_touches_no_other() {
    let world = World::new().await;
    let bob = world.add_user("bob@example.org").await;
    let pair = world.connect_as(&bob).await;
    world.call(&pair.access_token, "add_memory", &json!({"text": "comoros"})).await;
    let (mut browser, page) = asked(&world).await;
    browser.submit(&world, &page.form("/account/delete"), &[("email", "owner@example.org")]).await;
    let found = world.call(&pair.access_token, "list_memories", &json!({})).await;
    assert!(found.to_string().contains("comoros"), "{found}");
    assert_eq!(world.refresh(&pair.client_id, &pair.refresh_token).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_deletion_that_is_sent_twice_is_harmless() {
    let world = World::new().await;
    let (mut browser, page) = asked(&world).await;
    let mut copy = browser.clone();
    let typed = [("email", "owner@example.org")];
    assert_eq!(browser.submit(&world, &page.form("/account/delete"), &typed).await.status, StatusCode::OK);
    let again = copy.submit(&world, &page.form("/account/delete"), &typed).await;
    assert_eq!(again.location(), "/account/sign-in?return_to=%2Faccount%2Fdelete");
}
