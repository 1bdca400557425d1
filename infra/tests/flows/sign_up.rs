//! Making an account without being invited, where the operator lets anybody in.

use http::StatusCode;

use crate::{
    browser::Browser,
    world::{CALLBACK, Pkce, World},
};

const NEW: [(&str, &str); 2] = [("email", "new@example.org"), ("password", "a lantern in the boat house")];

async fn open() -> World {
    World::with("SignUp", "open").await
}

#[tokio::test]
async fn by_default_nobody_makes_an_account_without_a_link() {
    let world = World::new().await;
    let mut browser = Browser::default();
    let page = browser.open(&world, "/account/sign-in").await;
    assert!(!page.text().contains("/account/sign-up"));
    assert_eq!(browser.open(&world, "/account/sign-up").await.location(), "/account");
    let mut form = page.form("/account/sign-in");
    form.action = "/account/sign-up".into();
    assert_eq!(browser.submit(&world, &form, &NEW).await.location(), "/account");
    form.action = "/account/sign-in".into();
    assert!(browser.submit(&world, &form, &NEW).await.location().starts_with("/account/sign-in?"));
}

#[tokio::test]
async fn somebody_makes_an_account_on_the_way_to_connect_an_app_and_goes_on() {
    let world = open().await;
    let (client_id, pkce) = (world.register("Claude").await, Pkce::new(4));
    let mut browser = Browser::default();
    let page = browser.open(&world, &world.authorize_path(&client_id, &pkce, "s")).await;
    let text = page.text();
    let link = text.split("href=\"").find(|link| link.starts_with("/account/sign-up?")).expect("a link");
    let page = browser.open(&world, &link[..link.find('"').expect("an end")]).await;
    let form = page.form("/account/sign-up");
    let made = browser.submit(&world, &form, &NEW).await;
    let consent = browser.follow(&world, &made).await;
    assert!(consent.text().contains("new@example.org"), "{}", consent.text());
    let answer = browser.submit(&world, &consent.form("/oauth/consent"), &[("decision", "allow")]).await;
    let code = answer.redirect_parameters(CALLBACK)["code"].clone();
    let pair = world.exchange(&client_id, &code, &pkce).await.tokens(&client_id);
    assert!(world.works(&pair.access_token).await);
    // A second click makes no second account, and leads to the same place.
    assert_eq!(browser.submit(&world, &form, &NEW).await.location(), made.location());
}

#[tokio::test]
async fn what_can_be_no_account_is_told_beside_what_was_typed() {
    let world = open().await;
    let mut browser = Browser::default();
    let form = browser.open(&world, "/account/sign-up").await.form("/account/sign-up");
    for (email, password, told) in [
        ("new@example.org", "short", "at least 10 characters"),
        ("nobody", "a lantern in the boat house", "Enter your email"),
        ("Owner@example.org", "a lantern in the boat house", "already has an account"),
    ] {
        let answer = browser.submit(&world, &form, &[("email", email), ("password", password)]).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
        let text = answer.text();
        assert!(text.contains(told) && text.contains(&format!("value=\"{email}\"")), "{text}");
    }
    assert!(!browser.cookies.contains_key("jean_session"));
}

#[tokio::test]
async fn a_form_of_another_browser_makes_no_account_t05() {
    let world = open().await;
    let form = Browser::default().open(&world, "/account/sign-up").await.form("/account/sign-up");
    assert_eq!(Browser::default().submit(&world, &form, &NEW).await.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn ten_accounts_an_hour_are_made_from_one_address_and_no_more_as19() {
    let world = open().await;
    let mut browser = Browser::default();
    let form = browser.open(&world, "/account/sign-up").await.form("/account/sign-up");
    let mut statuses = Vec::new();
    for number in 0..11 {
        let email = format!("new{number}@example.org");
        statuses.push(browser.submit(&world, &form, &[("email", &email), NEW[1]]).await.status);
    }
    assert_eq!(statuses[..10], [StatusCode::FOUND; 10]);
    assert_eq!(statuses[10], StatusCode::TOO_MANY_REQUESTS);
    world.turn_clock(jiff::SignedDuration::from_hours(1));
    assert_eq!(browser.submit(&world, &form, &NEW).await.status, StatusCode::FOUND);
}
