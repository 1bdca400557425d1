//! `/account/delete`: deletion of the account.

use http::StatusCode;
use jean_auth::{secret::PasswordLink as LinkSecret, user::User};
use jean_store::{
    account_list::AccountList,
    deletion::{Deletion, DeletionReport},
    password_links::{PasswordLink, PasswordLinks},
    users::Users,
};
use jean_testing::{
    Answer, Browser, TestServer,
    account::open_signed_in,
    device::{self, Device},
};
use jiff::SignedDuration;
use serde_json::json;

/// Signs in with a new browser and opens the deletion page.
async fn asked(server: &TestServer) -> (Browser, Answer) {
    let mut browser = Browser::default();
    let page = open_signed_in(server, &mut browser, "/account/delete").await;
    (browser, page)
}

#[tokio::test]
async fn outstanding_code_is_worthless_during_deletion() {
    let server = TestServer::new().await;
    let (client_id, code, pkce) = server.code().await;
    server.close_grants().await;
    let refused = server.exchange(&client_id, &code, &pkce).await;
    assert_eq!((refused.status, refused.error()), (StatusCode::BAD_REQUEST, "invalid_grant".into()));
    assert_eq!(server.grants().await, 0);
}

/// AS-23
#[tokio::test]
async fn deletion_ends_refresh_tokens() {
    let server = TestServer::new().await;
    let pair = server.connect().await;
    server.close_grants().await;
    assert_eq!(server.refresh(&pair.client_id, &pair.refresh_token).await.error(), "invalid_grant");
    let list = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/list"});
    assert_eq!(server.mcp(Some(&pair.access_token), &list).await.status, StatusCode::OK);
}

#[tokio::test]
async fn live_access_token_writes_nothing_after_deletion() {
    let server = TestServer::new().await;
    let pair = server.connect().await;
    server.call(&pair.access_token, "add_memory", &json!({"text": "zanzibar"})).await;
    let (mut browser, page) = asked(&server).await;
    browser.submit(&server, &page.form("/account/delete"), &[("email", "owner@example.org")]).await;
    for (tool, arguments) in [
        ("add_memory", json!({"text": "zanzibar"})),
        ("store_document", json!({"title": "Islands", "content": "zanzibar"})),
    ] {
        let refused = server.call(&pair.access_token, tool, &arguments).await;
        assert!(refused.to_string().contains("This account was deleted."), "{refused}");
        assert_eq!(refused["isError"], true);
    }
    let listed = server.call(&pair.access_token, "list_memories", &json!({})).await;
    assert_eq!(listed["structuredContent"]["memories"], json!([]));
    assert!(!server.everything_kept().await.contains("zanzibar"));
}

#[tokio::test]
async fn deletion_leaves_nothing_and_gives_a_receipt() {
    let server = TestServer::new().await;
    let owner = server.owner().await;
    let pair = server.connect().await;
    for text in ["zanzibar", "madagascar"] {
        server.call(&pair.access_token, "add_memory", &json!({"text": text})).await;
    }
    server.call(&pair.access_token, "search_memory", &json!({"query": "zanzibar"})).await;
    server.api_key(&owner).await;
    device::make(&server, &mut Device::default()).await;
    let (mut browser, page) = asked(&server).await;
    let receipt = browser.submit(&server, &page.form("/account/delete"), &[("email", "Owner@Example.org")]).await;
    assert_eq!(receipt.status, StatusCode::OK);
    let figures: Vec<_> = receipt.text().split("<dd>").skip(1).map(|dd| dd[..1].to_owned()).collect();
    // Memories, connections, sessions (of the consent, the passkey and the deletion), passkeys, keys.
    assert_eq!(figures, ["2", "1", "3", "1", "1"], "{}", receipt.text());
    let kept = server.everything_kept().await;
    // Only the redeemed code, until it expires, and the marker that rejects new grants for the user id are left.
    for left in
        ["owner@example.org\"", "zanzibar", "PROFILE", "GRANT#", "SESSION#", "MEMORY#", "KEY#", "PASSKEY#", "BROWSER#"]
    {
        assert!(!kept.contains(left) || left == "owner@example.org\"", "{left} in {kept}");
    }
    assert!(!browser.cookies.contains_key("jean_session"));
    // The credentials are rejected, and the address can be used again.
    let asked = browser.open(&server, "/account/sign-in").await;
    let refused = browser.submit(&server, &asked.form("/account/sign-in"), &server.credentials()).await;
    assert!(refused.location().starts_with("/account/sign-in"));
    server.add_user("owner@example.org").await;
}

/// SR-32
#[tokio::test]
async fn interrupted_deletion_leaves_the_way_to_sign_in_to_the_user_alone() {
    let server = TestServer::new().await;
    let (owner, mut device) = (server.owner().await, Device::default());
    device::make(&server, &mut device).await;
    let pair = server.connect().await;
    server.call(&pair.access_token, "add_memory", &json!({"text": "zanzibar"})).await;
    let [auth, users, memories] = ["AuthTable", "UsersTable", "MemoriesTable"].map(|name| server.table(name));
    let deletion = Deletion::new(auth, users.clone(), memories);
    let finished = deletion.run(&owner, &mut DeletionReport::default(), server.now(), || false).await;
    assert!(!finished.expect("deletes"));

    let link = PasswordLink::new(Some(&owner), server.now() + SignedDuration::from_hours(1));
    let created = PasswordLinks::new(users).create(&link, &LinkSecret::new([7; 32]).hash()).await;
    assert!(!created.expect("writes"), "another person would get a link to the account");
    let mut browser = Browser::default();
    let form = device::asking(&browser.open(&server, "/account/sign-in?return_to=%2Faccount%2Fdelete").await);
    let signed_in = browser.submit(&server, &form, &[("credential", &device.sign(&form).await)]).await;
    let page = browser.follow(&server, &signed_in).await;
    let receipt = browser.submit(&server, &page.form("/account/delete"), &[("email", "owner@example.org")]).await;
    assert!(receipt.text().contains("<dd>"), "{}", receipt.text());
    assert!(!server.everything_kept().await.contains("PASSKEY#"));
}

/// Another run of the deletion began before the first one ended, and goes on once the address has a new account.
#[tokio::test]
async fn late_deletion_spares_a_new_account_with_the_address() {
    let server = TestServer::new().await;
    let owner = server.owner().await;
    let [auth, users, memories] = ["AuthTable", "UsersTable", "MemoriesTable"].map(|name| server.table(name));
    let deletion = Deletion::new(auth, users.clone(), memories);
    let run = async || deletion.run(&owner, &mut DeletionReport::default(), server.now(), || true).await;
    assert!(run().await.expect("deletes"));
    let again = User::new("again".parse().expect("valid"), owner.email.clone(), server.now(), None);
    Users::new(users.clone()).add(&again).await.expect("writes");
    assert!(run().await.expect("deletes"));
    assert_eq!(server.user("owner@example.org").await.user_id, again.user_id);
    assert_eq!(AccountList::new(users).page(None, 9).await.expect("reads"), [again.user_id]);
}

#[tokio::test]
async fn deletion_needs_the_typed_address() {
    let server = TestServer::new().await;
    let (mut browser, page) = asked(&server).await;
    let refused = browser.submit(&server, &page.form("/account/delete"), &[("email", "bob@example.org")]).await;
    assert!(refused.text().contains("role=\"alert\"") && refused.text().contains("bob@example.org"));
    assert_eq!(server.owner().await.email.as_str(), "owner@example.org");
}

#[tokio::test]
async fn forged_receipt_numbers_do_no_harm() {
    let server = TestServer::new().await;
    let (mut browser, page) = asked(&server).await;
    let typed = [("email", "owner@example.org"), ("memories", "18446744073709551615"), ("connections", "-1")];
    let receipt = browser.submit(&server, &page.form("/account/delete"), &typed).await;
    assert_eq!(receipt.status, StatusCode::OK);
    assert!(receipt.text().contains("<dd>0</dd>"), "{}", receipt.text());
}

#[tokio::test]
async fn other_accounts_are_untouched() {
    let server = TestServer::new().await;
    let bob = server.add_user("bob@example.org").await;
    let pair = server.connect_as(&bob).await;
    server.call(&pair.access_token, "add_memory", &json!({"text": "comoros"})).await;
    let (mut browser, page) = asked(&server).await;
    browser.submit(&server, &page.form("/account/delete"), &[("email", "owner@example.org")]).await;
    let found = server.call(&pair.access_token, "list_memories", &json!({})).await;
    assert!(found.to_string().contains("comoros"), "{found}");
    assert_eq!(server.refresh(&pair.client_id, &pair.refresh_token).await.status, StatusCode::OK);
}

#[tokio::test]
async fn second_deletion_is_harmless() {
    let server = TestServer::new().await;
    let (mut browser, page) = asked(&server).await;
    let mut copy = browser.clone();
    let typed = [("email", "owner@example.org")];
    assert_eq!(browser.submit(&server, &page.form("/account/delete"), &typed).await.status, StatusCode::OK);
    let again = copy.submit(&server, &page.form("/account/delete"), &typed).await;
    assert_eq!(again.location(), "/account/sign-in?return_to=%2Faccount%2Fdelete");
}
