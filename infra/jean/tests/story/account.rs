//! The pages of somebody's own account: who gets to them, and how.

use http::StatusCode;
use jiff::SignedDuration;

use crate::{
    browser::Browser,
    world::{Answer, World},
};

/// Opens a page of the account in a browser where nobody is signed in yet, and signs in when asked.
pub(crate) async fn open_signed_in(world: &World, browser: &mut Browser, path: &str) -> Answer {
    let asked = browser.open(world, path).await;
    let page = browser.follow(world, &asked).await;
    let signed_in = browser.submit(world, &page.form("/account/sign-in"), &world.credentials()).await;
    browser.follow(world, &signed_in).await
}

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
    for return_to in ["https://evil.example/account", "//evil.example/account", "/oauth/authorize", "/account/../token"]
    {
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
