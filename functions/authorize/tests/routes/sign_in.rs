//! `/oauth/sign-in` and `/oauth/sign-out`: sign-in during an authorization request.

use http::StatusCode;
use jean_testing::{Browser, Pkce, TestServer};

#[tokio::test]
async fn missing_cookies_are_explained() {
    let server = TestServer::new().await;
    let client_id = server.register("Claude").await;
    let mut browser = Browser::default();
    let page = browser.open(&server, &server.authorize_path(&client_id, &Pkce::new(1), "s")).await;
    let answer = Browser::default().submit(&server, &page.form("/oauth/sign-in"), &server.credentials()).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    assert!(answer.text().contains("Allow cookies for this site"));
}

#[tokio::test]
async fn another_account_can_be_used() {
    let server = TestServer::new().await;
    let (mut browser, authorize) = server.at_consent().await;
    let form = browser.open(&server, &authorize).await.form("/oauth/sign-out");
    let old = browser.clone();
    let answer = browser.submit(&server, &form, &[]).await;
    assert!(browser.follow(&server, &answer).await.text().contains("<h1>Sign in</h1>"));
    let mut old = old;
    let page = old.open(&server, &authorize).await;
    assert!(page.text().contains("<h1>Sign in</h1>"), "the ended session's cookie is rejected");
}

/// AS-20
#[tokio::test]
async fn prompt_login_asks_to_sign_in_again() {
    let server = TestServer::new().await;
    let (mut browser, authorize) = server.at_consent().await;
    let again = authorize.replace("state=", "prompt=login&state=");
    let page = browser.open(&server, &again).await;
    assert!(page.text().contains("<h1>Sign in</h1>"));
    let signed_in = browser.submit(&server, &page.form("/oauth/sign-in"), &server.credentials()).await;
    assert!(browser.follow(&server, &signed_in).await.text().contains("wants to use your memory"));
}

/// AS-19
#[tokio::test]
async fn wrong_password_and_unknown_email_get_the_same_page() {
    let server = TestServer::new().await;
    let client_id = server.register("Claude").await;
    let mut pages = Vec::new();
    for email in ["owner@example.org", "nobody@example.org"] {
        let mut browser = Browser::default();
        let page = browser.open(&server, &server.authorize_path(&client_id, &Pkce::new(1), "s")).await;
        let typed = [("email", email), ("password", "not the password")];
        let sent = browser.submit(&server, &page.form("/oauth/sign-in"), &typed).await;
        let refused = browser.follow(&server, &sent).await;
        assert!(refused.text().contains(&format!(r#"value="{email}""#)), "the typed address is kept");
        let reloaded = browser.open(&server, sent.location()).await;
        assert!(!reloaded.text().contains("Incorrect"), "the error is shown once");
        let mut text = refused.text().replace(email, "");
        for form in refused.forms() {
            // The passkey challenge differs on each page.
            let values = form.fields.into_iter().map(|(_, value)| value).chain(form.options);
            for value in values.filter(|value| !value.is_empty()) {
                text = text.replace(&value.replace('"', "&#34;"), "");
            }
        }
        pages.push(text);
    }
    assert_eq!(pages[0], pages[1]);
    assert!(pages[0].contains("Incorrect email or password."));
}
