//! The pages of somebody's own account: who gets to them, and how.

use http::StatusCode;
use jiff::SignedDuration;

use crate::{
    account_connections::connections,
    browser::{Browser, Form},
    world::{Answer, World},
};

#[tokio::test]
async fn whoever_is_not_signed_in_is_asked_to_and_comes_back() {
    let world = World::new().await;
    let mut browser = Browser::default();
    let asked = browser.open(&world, "/account").await;
    assert_eq!(asked.location(), "/account/sign-in?return_to=%2Faccount");
    let page = browser.follow(&world, &asked).await;
    let answer = browser.submit(&world, &page.form("/account/sign-in"), &world.credentials()).await;
    assert_eq!((answer.status, answer.location()), (StatusCode::FOUND, "/account"));
    let page = browser.follow(&world, &answer).await;
    assert!(page.text().contains("owner@example.org"), "{}", page.text());
}

#[tokio::test]
async fn a_wrong_password_is_told_by_the_page_itself_and_the_way_back_is_kept_as19() {
    let world = World::new().await;
    let mut browser = Browser::default();
    let page = browser.open(&world, "/account/sign-in?return_to=%2Faccount").await;
    let wrong = [("email", "owner@example.org"), ("password", "wrong, wrong, wrong")];
    let answer = browser.submit(&world, &page.form("/account/sign-in"), &wrong).await;
    let again = browser.follow(&world, &answer).await;
    assert!(again.text().contains("role=\"alert\""), "{}", again.text());
    assert!(again.form("/account/sign-in").action.ends_with("return_to=%2Faccount"));
}

#[tokio::test]
async fn after_a_sign_in_nobody_is_sent_elsewhere_t01() {
    let world = World::new().await;
    for return_to in ["https://evil.example/account", "//evil.example/account", "/oauth/token", "/account/../token"] {
        let mut browser = Browser::default();
        let query = url::form_urlencoded::Serializer::new(String::new()).append_pair("return_to", return_to).finish();
        let page = browser.open(&world, &format!("/account/sign-in?{query}")).await;
        let answer = browser.submit(&world, &page.form("/account/sign-in"), &world.credentials()).await;
        assert_eq!(answer.location(), "/account", "{return_to}");
    }
}

#[tokio::test]
async fn a_sign_in_form_from_another_browser_signs_nobody_in_t05() {
    let world = World::new().await;
    let page = Browser::default().open(&world, "/account/sign-in").await;
    let mut other = Browser::default();
    let answer = other.submit(&world, &page.form("/account/sign-in"), &world.credentials()).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    assert!(other.cookies.is_empty());
}

#[tokio::test]
async fn a_sign_in_over_another_ends_the_one_before() {
    let world = World::new().await;
    let mut browser = Browser::default();
    open_signed_in(&world, &mut browser, "/account").await;
    let mut before = browser.clone();
    let page = browser.open(&world, "/account/sign-in").await;
    assert!(page.text().contains("value=\"owner@example.org\""), "{}", page.text());
    browser.submit(&world, &page.form("/account/sign-in"), &world.credentials()).await;
    assert_eq!(browser.open(&world, "/account").await.status, StatusCode::OK);
    assert_eq!(before.open(&world, "/account").await.status, StatusCode::FOUND);
}

#[tokio::test]
async fn signing_out_ends_the_sign_in_and_a_second_click_is_harmless() {
    let world = World::new().await;
    let mut browser = Browser::default();
    let page = open_signed_in(&world, &mut browser, "/account").await;
    let (form, mut copy) = (page.form("/account/sign-out"), browser.clone());
    assert_eq!(browser.submit(&world, &form, &[]).await.location(), "/account/sign-in");
    assert_eq!(copy.open(&world, "/account").await.status, StatusCode::FOUND);
    assert_eq!(browser.submit(&world, &form, &[]).await.location(), "/account");
}

#[tokio::test]
async fn nobody_is_signed_out_by_a_form_of_another_sign_in_t16() {
    let world = World::new().await;
    let (mut ada, mut bob) = (Browser::default(), Browser::default());
    let page = open_signed_in(&world, &mut ada, "/account").await;
    open_signed_in(&world, &mut bob, "/account").await;
    bob.submit(&world, &page.form("/account/sign-out"), &[]).await;
    assert_eq!(bob.open(&world, "/account").await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_sign_in_that_is_over_asks_again() {
    let world = World::new().await;
    let mut browser = Browser::default();
    open_signed_in(&world, &mut browser, "/account").await;
    world.turn_clock(SignedDuration::from_hours(30 * 24));
    assert_eq!(browser.open(&world, "/account").await.status, StatusCode::FOUND);
}

#[tokio::test]
async fn a_person_sees_where_they_are_signed_in_and_ends_it_from_elsewhere() {
    let world = World::new().await;
    let (mut here, mut there) = (Browser::default(), Browser::default());
    open_signed_in(&world, &mut there, "/account").await;
    let page = open_signed_in(&world, &mut here, "/account/security").await;
    let sid = value_of(&page, "end");
    for _ in 0..2 {
        let ended = here.submit(&world, &page.form("/account/security"), &[("end", &sid)]).await;
        assert_eq!(ended.location(), "/account/security");
    }
    assert_eq!(there.open(&world, "/account").await.status, StatusCode::FOUND);
    assert_eq!(here.open(&world, "/account").await.status, StatusCode::OK);
}

#[tokio::test]
async fn all_other_sign_ins_end_at_once() {
    let world = World::new().await;
    let mut others = [Browser::default(), Browser::default()];
    for other in &mut others {
        open_signed_in(&world, other, "/account").await;
    }
    let mut here = Browser::default();
    let page = open_signed_in(&world, &mut here, "/account/security").await;
    here.submit(&world, &page.form("/account/security"), &[("end", "others")]).await;
    for mut other in others {
        assert_eq!(other.open(&world, "/account").await.status, StatusCode::FOUND);
    }
    assert_eq!(here.open(&world, "/account").await.status, StatusCode::OK);
}

#[tokio::test]
async fn nobody_ends_the_sign_in_of_somebody_else_t27() {
    let world = World::new().await;
    let bob = world.add_user("bob@example.org").await;
    let (mut bobs, mut ours) = (Browser::default(), Browser::default());
    let asked = bobs.open(&world, "/account/sign-in").await;
    let typed = [("email", bob.email.as_str()), world.credentials()[1]];
    bobs.submit(&world, &asked.form("/account/sign-in"), &typed).await;
    open_signed_in(&world, &mut Browser::default(), "/account").await;
    let page = open_signed_in(&world, &mut ours, "/account/security").await;
    let sid = value_of(&page, "end");
    let bobs_page = bobs.open(&world, "/account/security").await;
    bobs.submit(&world, &bobs_page.form("/account/security"), &[("end", &sid)]).await;
    assert!(ours.open(&world, "/account/security").await.text().contains(&sid));
}

#[tokio::test]
async fn a_new_browser_and_a_new_connection_are_told_until_they_are_known() {
    let world = World::new().await;
    let mut browser = Browser::default();
    world.connect().await;
    let page = open_signed_in(&world, &mut browser, "/account").await;
    let text = page.text();
    // The browser that allowed the connection, the connection, and this one.
    assert_eq!(text.matches("New sign-in from").count(), 2, "{text}");
    assert_eq!(text.matches("was connected").count(), 1, "{text}");
    let known = page.form("/account/notices");
    for _ in 0..2 {
        assert_eq!(browser.submit(&world, &known, &[]).await.location(), "/account");
    }
    assert!(!browser.open(&world, "/account").await.text().contains("New sign-in from"));
    // The same browser, signed in once more, is no news.
    world.turn_clock(SignedDuration::from_secs(1));
    let page = browser.open(&world, "/account/sign-in").await;
    browser.submit(&world, &page.form("/account/sign-in"), &world.credentials()).await;
    assert!(!browser.open(&world, "/account").await.text().contains("New sign-in from"));
}

#[tokio::test]
async fn what_came_after_the_page_was_shown_is_still_told() {
    let world = World::new().await;
    let mut browser = Browser::default();
    let page = open_signed_in(&world, &mut browser, "/account").await;
    world.turn_clock(SignedDuration::from_secs(60));
    world.connect().await;
    browser.submit(&world, &page.form("/account/notices"), &[]).await;
    let text = browser.open(&world, "/account").await.text();
    assert_eq!((text.matches("was connected").count(), text.matches("New sign-in from").count()), (1, 1), "{text}");
}

#[tokio::test]
async fn a_key_is_shown_once_opens_the_legacy_endpoint_and_ends() {
    let world = World::new().await;
    let mut browser = Browser::default();
    let page = open_signed_in(&world, &mut browser, "/account/keys").await;
    let make = form_with(&page, "next");
    let made = browser.submit(&world, &make, &[("name", "Notes <b>script</b>")]).await;
    let text = made.text();
    let secret = &text[text.find("jmk_").expect("a key")..][..47];
    assert!(text.contains("Notes &#60;b&#62;"), "{text}");
    assert!(!browser.open(&world, "/account/keys").await.text().contains(secret));
    let list = serde_json::json!({"jsonrpc": "2.0", "id": 1, "method": "tools/list"}).to_string();
    let path = format!("/mcp/v2/notes/{}", world.owner().await.user_id);
    let headers = [("content-type", "application/json"), ("x-api-key", secret)];
    assert_eq!(world.send(http::Method::POST, &path, &headers, &list).await.status, StatusCode::OK);
    // A second click makes no second key, and shows the same.
    assert!(browser.submit(&world, &make, &[("name", "Notes")]).await.text().contains(secret));
    let page = browser.open(&world, "/account/keys").await;
    let [key_id] = values_of(&page, "end").try_into().expect("one key");
    browser.submit(&world, &page.form("/account/keys"), &[("end", &key_id)]).await;
    assert_eq!(world.send(http::Method::POST, &path, &headers, &list).await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_browser_that_was_left_open_makes_no_key_and_deletes_no_account() {
    let world = World::new().await;
    let mut browser = Browser::default();
    let page = open_signed_in(&world, &mut browser, "/account/keys").await;
    let delete = browser.open(&world, "/account/delete").await;
    world.turn_clock(SignedDuration::from_mins(15));
    for (form, typed, back) in [
        (form_with(&page, "next"), ("name", "Notes"), "/account/sign-in?return_to=%2Faccount%2Fkeys"),
        (
            delete.form("/account/delete"),
            ("email", "owner@example.org"),
            "/account/sign-in?return_to=%2Faccount%2Fdelete",
        ),
    ] {
        assert_eq!(browser.submit(&world, &form, &[typed]).await.location(), back);
    }
    assert!(!browser.open(&world, "/account/keys").await.text().contains("name=\"next\""));
    assert_eq!(browser.open(&world, "/account").await.status, StatusCode::OK);
}

#[tokio::test]
async fn an_app_is_disconnected_by_its_person_and_its_refresh_token_ends_as23() {
    let world = World::new().await;
    let pair = world.connect_for("memory:read").await;
    let other = world.connect().await;
    let mut browser = Browser::default();
    let page = open_signed_in(&world, &mut browser, "/account").await;
    let text = page.text();
    assert!(text.contains("reads your memories") && text.contains("reads and writes your memories"), "{text}");
    assert!(text.contains("within an hour"), "{text}");
    let form = page.forms().into_iter().find(|form| form.action == "/account").expect("a form");
    for grant_id in values_of(&page, "disconnect") {
        for _ in 0..2 {
            assert_eq!(browser.submit(&world, &form, &[("disconnect", &grant_id)]).await.location(), "/account");
        }
    }
    for pair in [pair, other] {
        assert_eq!(world.refresh(&pair.client_id, &pair.refresh_token).await.error(), "invalid_grant");
    }
    assert!(browser.open(&world, "/account").await.text().contains("No app is connected."));
}

#[tokio::test]
async fn nobody_sees_or_disconnects_the_app_of_somebody_else_t27() {
    let world = World::new().await;
    let bob = world.add_user("bob@example.org").await;
    let pair = world.connect_as(&bob).await;
    let (mut ours, mut bobs) = (Browser::default(), Browser::default());
    let asked = bobs.open(&world, "/account/sign-in").await;
    let typed = [("email", bob.email.as_str()), world.credentials()[1]];
    bobs.submit(&world, &asked.form("/account/sign-in"), &typed).await;
    let grant_id = value_of(&bobs.open(&world, "/account").await, "disconnect");
    world.connect().await;
    let page = open_signed_in(&world, &mut ours, "/account").await;
    assert!(!page.text().contains(&grant_id));
    let form = page.forms().into_iter().find(|form| form.action == "/account").expect("a form");
    ours.submit(&world, &form, &[("disconnect", &grant_id)]).await;
    assert_eq!(world.refresh(&pair.client_id, &pair.refresh_token).await.status, StatusCode::OK);
}

#[tokio::test]
async fn no_form_of_the_account_is_taken_from_another_site_or_another_sign_in_t16() {
    let world = World::new().await;
    let (mut ours, mut theirs) = (Browser::default(), Browser::default());
    world.connect().await;
    open_signed_in(&world, &mut ours, "/account").await;
    open_signed_in(&world, &mut theirs, "/account").await;
    let mut forms = Vec::new();
    let tea = world.add_own_memory(&mut theirs, "tea").await;
    let connection = connections(&theirs.open(&world, "/account").await).swap_remove(0);
    for path in [
        "/account",
        &connection,
        "/account/memories",
        &tea,
        "/account/data",
        "/account/security",
        "/account/keys",
        "/account/passkeys",
        "/account/password",
        "/account/delete",
    ] {
        forms.extend(theirs.open(&world, path).await.forms());
    }
    let before = sorted(&world.everything_kept().await);
    for form in &forms {
        // Bound to the sign-in it was made for.
        let typed = [("end", "others"), ("name", "x"), ("email", "owner@example.org"), ("disconnect", "x")];
        let answer = ours.submit(&world, form, &typed).await;
        assert_eq!(answer.status, StatusCode::FOUND, "{form:?}");
        // And to this server's pages.
        let cookies = theirs.cookie_header();
        let (content_type, body) = form.encode(&typed);
        let headers = [("cookie", cookies.as_str()), ("content-type", content_type), ("sec-fetch-site", "cross-site")];
        let answer = world.send(http::Method::POST, &form.action, &headers, &body).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{form:?}");
    }
    assert!(forms.len() >= 21, "{forms:?}");
    assert_eq!(sorted(&world.everything_kept().await), before);
}

/// What is kept has no order.
fn sorted(kept: &str) -> Vec<String> {
    let mut parts: Vec<_> = kept.split(['{', '}', ',']).map(|part| part.trim().into()).collect();
    parts.sort();
    parts
}

/// The values of all buttons with this name.
fn values_of(page: &Answer, name: &str) -> Vec<String> {
    let (text, needle) = (page.text(), format!("name=\"{name}\" value=\""));
    text.split(&needle).skip(1).map(|rest| rest[..rest.find('"').expect("an end")].into()).collect()
}

/// The value of the first button with this name.
fn value_of(page: &Answer, name: &str) -> String {
    values_of(page, name).into_iter().next().unwrap_or_else(|| panic!("no {name} in:\n{}", page.text()))
}

#[tokio::test]
async fn a_password_is_changed_by_whoever_just_signed_in_and_everybody_else_is_out() {
    let world = World::new().await;
    let (mut here, mut there) = (Browser::default(), Browser::default());
    open_signed_in(&world, &mut there, "/account").await;
    let page = open_signed_in(&world, &mut here, "/account/password").await;
    let form = page.form("/account/password");
    let short = here.submit(&world, &form, &[("password", "short")]).await;
    assert_eq!(short.status, StatusCode::UNPROCESSABLE_ENTITY);
    let typed = [("password", "another horse battery staple")];
    assert_eq!(here.submit(&world, &form, &typed).await.location(), "/account/security");
    assert_eq!(here.open(&world, "/account").await.status, StatusCode::OK);
    assert_eq!(there.open(&world, "/account").await.status, StatusCode::FOUND);
    let asked = there.open(&world, "/account/sign-in").await;
    let old = there.submit(&world, &asked.form("/account/sign-in"), &world.credentials()).await;
    assert!(old.location().starts_with("/account/sign-in"));
    let typed = [("email", "owner@example.org"), typed[0]];
    assert_eq!(there.submit(&world, &asked.form("/account/sign-in"), &typed).await.location(), "/account");
}

#[tokio::test]
async fn a_password_is_not_changed_from_a_browser_left_open_nor_by_another_sign_in_t16() {
    let world = World::new().await;
    let (mut here, mut there) = (Browser::default(), Browser::default());
    let page = open_signed_in(&world, &mut here, "/account/password").await;
    open_signed_in(&world, &mut there, "/account").await;
    let (form, typed) = (page.form("/account/password"), [("password", "another horse battery staple")]);
    assert_eq!(there.submit(&world, &form, &typed).await.location(), "/account/password");
    world.turn_clock(SignedDuration::from_mins(15));
    assert_eq!(here.submit(&world, &form, &typed).await.location(), "/account/sign-in?return_to=%2Faccount%2Fpassword");
    open_signed_in(&world, &mut Browser::default(), "/account").await;
}
