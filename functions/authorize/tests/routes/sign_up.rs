//! `/account/sign-up`: creation of accounts.

use http::StatusCode;
use jean_testing::{Browser, CALLBACK, Pkce, TestServer};

const NEW: [(&str, &str); 2] = [("email", "new@example.org"), ("password", "a lantern in the boat house")];

async fn open() -> TestServer {
    TestServer::with("SignUp", "open").await
}

#[tokio::test]
async fn sign_up_is_closed_by_default() {
    let server = TestServer::new().await;
    let mut browser = Browser::default();
    let page = browser.open(&server, "/account/sign-in").await;
    assert!(!page.text().contains("/account/sign-up"));
    assert_eq!(browser.open(&server, "/account/sign-up").await.location(), "/account");
    let mut form = page.form("/account/sign-in");
    form.action = "/account/sign-up".into();
    assert_eq!(browser.submit(&server, &form, &NEW).await.location(), "/account");
    form.action = "/account/sign-in".into();
    assert!(browser.submit(&server, &form, &NEW).await.location().starts_with("/account/sign-in?"));
}

#[tokio::test]
async fn sign_up_continues_to_the_request() {
    let server = open().await;
    let (client_id, pkce) = (server.register("Claude").await, Pkce::new(4));
    let mut browser = Browser::default();
    let page = browser.open(&server, &server.authorize_path(&client_id, &pkce, "s")).await;
    let text = page.text();
    let link = text.split("href=\"").find(|link| link.starts_with("/account/sign-up?")).expect("a link");
    let page = browser.open(&server, &link[..link.find('"').expect("an end")]).await;
    let form = page.form("/account/sign-up");
    let made = browser.submit(&server, &form, &NEW).await;
    let consent = browser.follow(&server, &made).await;
    assert!(consent.text().contains("new@example.org"), "{}", consent.text());
    let answer = browser.submit(&server, &consent.form("/oauth/consent"), &[("decision", "allow")]).await;
    let code = answer.redirect_parameters(CALLBACK)["code"].clone();
    let pair = server.exchange(&client_id, &code, &pkce).await.tokens(&client_id);
    assert!(server.works(&pair.access_token).await);
    // A second click creates no second account and redirects to the same page.
    assert_eq!(browser.submit(&server, &form, &NEW).await.location(), made.location());
}

/// SR-16, TO-08
#[tokio::test]
async fn invalid_input_is_explained() {
    let server = open().await;
    let mut browser = Browser::default();
    let form = browser.open(&server, "/account/sign-up").await.form("/account/sign-up");
    for (email, password, told) in [
        ("new@example.org", "short", "at least 15 characters"),
        ("new@example.org", "password1234567", "too easy to guess"),
        ("new@example.org", "jean memory example", "without your email address"),
        ("nobody", "a lantern in the boat house", "Enter your email"),
        ("Owner@example.org", "a lantern in the boat house", "already has an account"),
    ] {
        let answer = browser.submit(&server, &form, &[("email", email), ("password", password)]).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
        let text = answer.text();
        assert!(text.contains(told) && text.contains(&format!("value=\"{email}\"")), "{text}");
    }
    assert!(!browser.cookies.contains_key("jean_session"));
}

/// T-05
#[tokio::test]
async fn form_of_another_browser_is_rejected() {
    let server = open().await;
    let form = Browser::default().open(&server, "/account/sign-up").await.form("/account/sign-up");
    assert_eq!(Browser::default().submit(&server, &form, &NEW).await.status, StatusCode::BAD_REQUEST);
}

/// AS-19
#[tokio::test]
async fn sign_ups_per_source_are_limited() {
    let server = open().await;
    let mut browser = Browser::default();
    let form = browser.open(&server, "/account/sign-up").await.form("/account/sign-up");
    let mut statuses = Vec::new();
    for number in 0..11 {
        let email = format!("new{number}@example.org");
        statuses.push(browser.submit(&server, &form, &[("email", &email), NEW[1]]).await.status);
    }
    assert_eq!(statuses[..10], [StatusCode::FOUND; 10]);
    assert_eq!(statuses[10], StatusCode::TOO_MANY_REQUESTS);
    server.turn_clock(jiff::SignedDuration::from_hours(1));
    assert_eq!(browser.submit(&server, &form, &NEW).await.status, StatusCode::FOUND);
}

#[tokio::test]
async fn rejected_field_has_the_focus() {
    let server = open().await;
    let mut browser = Browser::default();
    let page = browser.open(&server, "/account/sign-up").await;
    let link = "<a href=\"/account/sign-in?return_to=%2Faccount\">Already have an account? Sign in</a>";
    assert!(page.text().contains(link), "{}", page.text());
    for (email, password, field) in [("new@example.org", "short", "password"), ("nobody", NEW[1].1, "email")] {
        let typed = [("email", email), ("password", password)];
        let text = browser.submit(&server, &page.form("/account/sign-up"), &typed).await.text();
        let input =
            text.split(&format!("id=\"{field}\"")).nth(1).and_then(|rest| rest.split('>').next()).expect("a field");
        assert!(input.contains("aria-invalid") && input.contains("autofocus") && input.contains("problem"), "{text}");
        assert_eq!(text.matches(" autofocus").count(), 1);
    }
}
