//! `/account/keys`: API keys.

use http::{Method, StatusCode};
use jean_auth::{
    api_key::IssuedApiKey,
    identity::{IdentityId, LinkedAccount},
    passkey::{Passkey, PasskeyId},
    secret::ApiKey,
    user::User,
};
use jean_store::{
    api_keys::{ApiKeys, KeyCreation, MAX_KEYS},
    identities::Identities,
    passkeys::Passkeys,
};
use jean_testing::{
    Answer, Browser, TestServer,
    account::{buttons, form_with, open_signed_in, signed_in},
};
use jiff::SignedDuration;
use serde_json::json;

#[tokio::test]
async fn key_is_shown_once_and_can_be_revoked() {
    let server = TestServer::new().await;
    let mut browser = Browser::default();
    let page = open_signed_in(&server, &mut browser, "/account/keys").await;
    let make = form_with(&page, "next");
    let made = browser.submit(&server, &make, &[("name", "Notes <b>script</b>")]).await;
    let text = made.text();
    let secret = &text[text.find("jmk_").expect("a key")..][..47];
    assert!(text.contains("Notes &#60;b&#62;"), "{text}");
    assert!(!browser.open(&server, "/account/keys").await.text().contains(secret));
    let list = serde_json::json!({"jsonrpc": "2.0", "id": 1, "method": "tools/list"}).to_string();
    let path = format!("/mcp/v2/notes/{}", server.owner().await.user_id);
    let headers = [("content-type", "application/json"), ("x-api-key", secret)];
    assert_eq!(server.send(http::Method::POST, &path, &headers, &list).await.status, StatusCode::OK);
    // A second click creates no second key and shows the same one.
    assert!(browser.submit(&server, &make, &[("name", "Notes")]).await.text().contains(secret));
    let page = browser.open(&server, "/account/keys").await;
    let [key_id] = buttons(&page, "end").try_into().expect("one key");
    browser.submit(&server, &page.form("/account/keys"), &[("end", &key_id)]).await;
    assert_eq!(server.send(http::Method::POST, &path, &headers, &list).await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn old_session_creates_no_key_and_deletes_no_account() {
    let server = TestServer::new().await;
    let mut browser = Browser::default();
    let page = open_signed_in(&server, &mut browser, "/account/keys").await;
    let delete = browser.open(&server, "/account/delete").await;
    server.turn_clock(SignedDuration::from_mins(15));
    for (form, typed, back) in [
        (form_with(&page, "next"), ("name", "Notes"), "/account/sign-in?return_to=%2Faccount%2Fkeys"),
        (
            delete.form("/account/delete"),
            ("email", "owner@example.org"),
            "/account/sign-in?return_to=%2Faccount%2Fdelete",
        ),
    ] {
        assert_eq!(browser.submit(&server, &form, &[typed]).await.location(), back);
    }
    assert!(!browser.open(&server, "/account/keys").await.text().contains("name=\"next\""));
    assert_eq!(browser.open(&server, "/account").await.status, StatusCode::OK);
}

/// The user has signed in again in another tab. Only a page of this server sets the cookie of the notice (T-16).
#[tokio::test]
async fn form_of_another_session_says_that_nothing_was_done() {
    let server = TestServer::new().await;
    let mut browser = Browser::default();
    let keys = open_signed_in(&server, &mut browser, "/account/keys").await;
    let password = browser.open(&server, "/account/password").await;
    let forms = [form_with(&keys, "next"), password.form("/account/password"), keys.form("/account/sign-out")];
    browser.cookies.clear();
    open_signed_in(&server, &mut browser, "/account").await;
    for (form, page) in forms.iter().zip(["/account/keys", "/account/password", "/account"]) {
        let typed =
            [("name", "Notes"), ("password", "another horse battery"), ("current", "correct horse battery staple")];
        let answer = browser.submit(&server, form, &typed).await;
        assert_eq!(answer.location(), page);
        let text = browser.follow(&server, &answer).await.text();
        assert!(text.contains("Nothing was done, since this page was out of date."), "{page}: {text}");
        let (content_type, body) = form.encode(&typed);
        let cookie = browser.cookie_header();
        let headers = [("cookie", cookie.as_str()), ("content-type", content_type)];
        let answer = server.send(Method::POST, &form.action, &headers, &body).await;
        assert_eq!((answer.location(), answer.headers.get("set-cookie")), (page, None));
    }
}

/// An intruder could otherwise create so many that revoking them does not fit into one request.
///
/// SR-11, T-13
#[tokio::test]
async fn user_has_at_most_fifty_keys() {
    let server = TestServer::new().await;
    let owner = server.owner().await;
    let mut browser = signed_in(&server).await;
    let form = form_with(&browser.open(&server, "/account/keys").await, "next");
    for _ in 0..50 {
        server.api_key(&owner).await;
    }
    assert_eq!(browser.submit(&server, &form, &[("name", "Notes")]).await.location(), "/account/keys");
    let page = browser.open(&server, "/account/keys").await;
    assert!(page.text().contains("You have 50 API keys") && !page.text().contains("name=\"next\""));
    let keys = buttons(&page, "end");
    assert_eq!(keys.len(), 50);
    browser.submit(&server, &page.form("/account/keys"), &[("end", &keys[0])]).await;
    let form = form_with(&browser.open(&server, "/account/keys").await, "next");
    assert!(browser.submit(&server, &form, &[("name", "Notes")]).await.text().contains("jmk_"));
}

/// SR-11, T-13
#[tokio::test]
async fn concurrent_requests_do_not_exceed_the_limit_of_keys() {
    let server = TestServer::new().await;
    let owner = server.owner().await;
    let keys = ApiKeys::new(server.table("UsersTable"));
    for number in 0..48u8 {
        server.store_api_key(&key(&server, &owner, number), &ApiKey::new([number; 32])).await;
    }
    // Three requests have counted 48 keys.
    let mut rooms = Vec::new();
    for _ in 0..3 {
        rooms.push(keys.room(&owner).await.expect("reads").expect("has room"));
    }
    let mut created = Vec::new();
    for (number, room) in (48u8..).zip(rooms) {
        let key = key(&server, &owner, number);
        created.push(keys.create(room, &key, &ApiKey::new([number; 32]).hash()).await.expect("answers"));
    }
    assert_eq!(created, [KeyCreation::Created, KeyCreation::Created, KeyCreation::NoRoom]);
    assert_eq!(keys.count(&owner.user_id).await.expect("reads"), MAX_KEYS);
}

/// The session of a request ends after its start.
///
/// SR-04, SR-11
#[tokio::test]
async fn session_that_has_ended_leaves_no_credential() {
    let server = TestServer::new().await;
    let owner = server.owner().await;
    let [keys, passkeys, identities] = ["UsersTable"; 3].map(|name| server.table(name));
    let (keys, passkeys, identities) = (ApiKeys::new(keys), Passkeys::new(passkeys), Identities::new(identities));
    let room = keys.room(&owner).await.expect("reads").expect("has room");
    server.sign_out_everywhere(&owner).await;
    let key = key(&server, &owner, 1);
    let created = keys.create(room, &key, &ApiKey::new([1; 32]).hash()).await;
    assert_eq!(created.expect("answers"), KeyCreation::Rejected);
    let passkey = Passkey {
        id: PasskeyId::of(b"1"),
        user_id: owner.user_id.clone(),
        name: "Firefox".into(),
        created_at: server.now(),
        used_at: None,
        credential: String::new(),
    };
    let identity = LinkedAccount {
        id: IdentityId::of(&"https://accounts.example.org".parse().expect("valid"), "ada"),
        user_id: owner.user_id.clone(),
        issuer: "https://accounts.example.org".into(),
        email: owner.email.clone(),
        created_at: server.now(),
    };
    for (user, is_created) in [(&owner, false), (&server.owner().await, true)] {
        assert_eq!(passkeys.create(&passkey, user).await.expect("answers"), is_created);
        assert_eq!(identities.link(&identity, user).await.expect("answers"), is_created);
    }
}

/// A key of the owner.
fn key(server: &TestServer, owner: &User, number: u8) -> IssuedApiKey {
    let id = format!("{number:016x}").parse().expect("valid");
    IssuedApiKey::new(id, &"test".parse().expect("valid"), owner, server.now())
}

#[tokio::test]
async fn key_without_a_short_name_is_not_created() {
    let server = TestServer::new().await;
    let mut browser = signed_in(&server).await;
    let form = form_with(&browser.open(&server, "/account/keys").await, "next");
    for name in ["", "  ", &"x".repeat(61)] {
        assert_eq!(browser.submit(&server, &form, &[("name", name)]).await.location(), "/account/keys", "{name:?}");
    }
    assert!(buttons(&browser.open(&server, "/account/keys").await, "end").is_empty());
}

/// SR-11
#[tokio::test]
async fn key_with_an_unknown_choice_of_access_is_read_only() {
    let server = TestServer::new().await;
    let mut browser = signed_in(&server).await;
    let form = form_with(&browser.open(&server, "/account/keys").await, "next");
    browser.submit(&server, &form, &[("name", "Notes"), ("access", "write")]).await;
    let page = browser.open(&server, "/account/keys").await.text();
    assert!(page.contains("<span class=\"badge\">Read only</span>"), "{page}");
}

/// Calls the legacy endpoint with a key.
async fn call(server: &TestServer, key: &str, tool: &str, arguments: &serde_json::Value) -> Answer {
    let path = format!("/mcp/v2/notes/{}", server.owner().await.user_id);
    let params = json!({"name": tool, "arguments": arguments});
    let message = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}).to_string();
    server.send(Method::POST, &path, &[("content-type", "application/json"), ("x-api-key", key)], &message).await
}

/// SR-11
#[tokio::test]
async fn key_has_scope_expiry_and_last_use() {
    let server = TestServer::new().await;
    let mut browser = signed_in(&server).await;
    let form = form_with(&browser.open(&server, "/account/keys").await, "next");
    let made = browser.submit(&server, &form, &[("name", "notes"), ("access", "read"), ("days", "30")]).await.text();
    let key = &made[made.find("jmk_").expect("a key")..][..47];
    let page = browser.open(&server, "/account/keys").await.words();
    assert!(page.contains("Read only") && page.contains("not used yet"), "{page}");
    assert!(page.contains("expires 2027-02-14"), "{page}");
    assert_eq!(call(&server, key, "list_memories", &json!({})).await.status, StatusCode::OK);
    let written = call(&server, key, "add_memory", &json!({"text": "tea"})).await;
    assert_eq!(written.status, StatusCode::FORBIDDEN, "{}", written.text());
    let page = browser.open(&server, "/account/keys").await.text();
    assert!(page.contains("last used on 2027-01-15"), "{page}");
    server.turn_clock(SignedDuration::from_hours(30 * 24));
    assert_eq!(call(&server, key, "list_memories", &json!({})).await.status, StatusCode::UNAUTHORIZED);
}

/// SR-11
#[tokio::test]
async fn lifetime_of_a_key_is_one_of_the_choices() {
    let server = TestServer::new().await;
    let mut browser = signed_in(&server).await;
    for (days, expiring, unlimited) in
        [("99999999999", 0, 0), ("-1", 0, 0), ("x", 0, 0), ("31", 0, 0), ("", 1, 0), ("never", 1, 1), ("30", 2, 1)]
    {
        let form = form_with(&browser.open(&server, "/account/keys").await, "next");
        browser.submit(&server, &form, &[("name", "notes"), ("days", days)]).await;
        let page = browser.open(&server, "/account/keys").await.text();
        let number = |text: &str| page.matches(text).count();
        assert_eq!((number(" · expires "), number(" · does not expire · ")), (expiring, unlimited), "{days}");
    }
}

/// SR-11, T-12
#[tokio::test]
async fn key_with_two_choices_of_access_is_not_created() {
    let server = TestServer::new().await;
    let mut browser = signed_in(&server).await;
    let form = form_with(&browser.open(&server, "/account/keys").await, "next");
    let fields = [("name", "notes"), ("access", "read"), ("access", "all")];
    assert_eq!(browser.submit(&server, &form, &fields).await.status, StatusCode::BAD_REQUEST);
    let page = browser.open(&server, "/account/keys").await.text();
    assert!(!page.contains("name=\"end\""), "{page}");
}
