//! `/oauth/authorize`: validation of authorization requests.

use http::StatusCode;
use jean_testing::{Browser, CALLBACK, Pkce, TestServer, log::told};

/// AS-07
#[tokio::test]
async fn unknown_client_gets_an_error_page() {
    let server = TestServer::new().await;
    let answer = server.get(&server.authorize_path("claude_unknown", &Pkce::new(1), "s")).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    assert!(answer.headers.get("location").is_none());
    assert!(answer.text().contains("does not know the app"));
}

/// T-01
#[tokio::test]
async fn unregistered_redirect_uri_gets_an_error_page() {
    let server = TestServer::new().await;
    let client_id = server.register("Claude").await;
    let mut browser = Browser::default();
    let good = server.authorize_path(&client_id, &Pkce::new(1), "s");
    let sign_in = browser.open(&server, &good).await;
    browser.submit(&server, &sign_in.form("/oauth/sign-in"), &server.credentials()).await;
    let mut consent = browser.open(&server, &good).await.form("/oauth/consent");
    for hostile in ["https://evil.example/cb", "javascript:alert(1)", "https://claude.ai.evil.example/cb"] {
        let hostile: String = url::form_urlencoded::byte_serialize(hostile.as_bytes()).collect();
        let callback: String = url::form_urlencoded::byte_serialize(CALLBACK.as_bytes()).collect();
        let answer = browser.open(&server, &good.replace(&callback, &hostile)).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST);
        assert!(answer.headers.get("location").is_none(), "AS-07");
        consent.action = consent.action.replace(&callback, &hostile);
        let answer = browser.submit(&server, &consent, &[("decision", "allow")]).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST);
        assert!(answer.headers.get("location").is_none());
    }
}

/// AS-07, AS-08
#[tokio::test]
async fn other_errors_are_redirected_with_state_and_iss() {
    let server = TestServer::new().await;
    let client_id = server.register("Claude").await;
    let good = server.authorize_path(&client_id, &Pkce::new(1), "xyz");
    for (from, to, error) in [
        ("response_type=code", "response_type=token", "unsupported_response_type"),
        ("code_challenge_method=S256", "code_challenge_method=plain", "invalid_request"),
        ("code_challenge_method=S256", "x=1", "invalid_request"),
        ("state=xyz", "state=xyz&prompt=none", "login_required"),
        ("state=xyz", "state=xyz&resource=https%3A%2F%2Fevil.example%2Fmcp", "invalid_target"),
        ("state=xyz", "state=xyz&response_mode=form_post", "invalid_request"),
        ("state=xyz", "state=xyz&resource=&resource=https%3A%2F%2Fevil.example", "invalid_target"),
    ] {
        let answer = server.get(&good.replace(from, to)).await;
        let told = answer.redirect_parameters(CALLBACK);
        assert_eq!(told["error"], error, "{to}");
        assert_eq!(told["state"], "xyz");
        assert_eq!(told["iss"], server.url(""));
    }
}

/// SR-01
#[tokio::test]
async fn request_of_too_many_parameters_gets_an_error_page() {
    let server = TestServer::new().await;
    let client_id = server.register("Claude").await;
    let good = server.authorize_path(&client_id, &Pkce::new(1), "s");
    let many: String = (0..1000).map(|n| format!("&a{n}=1")).collect();
    for hostile in [format!("{good}{many}"), format!("{good}&state2={}", "x".repeat(9000))] {
        let answer = server.get(&hostile).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST);
        assert!(answer.headers.get("location").is_none());
        assert!(answer.text().contains("is too large"), "{}", answer.text());
    }
}

/// SR-05
#[tokio::test]
async fn client_that_is_new_to_the_user_needs_a_recent_sign_in() {
    let server = TestServer::new().await;
    let (mut browser, known) = server.at_consent().await;
    let allowed = server.allow(&mut browser, &known).await;
    let client_id = url::form_urlencoded::parse(known.as_bytes()).find(|(name, _)| name == "client_id").expect("one").1;
    let code = allowed.redirect_parameters(CALLBACK)["code"].clone();
    server.exchange(&client_id, &code, &Pkce::new(1)).await.tokens(&client_id);
    let new = server.authorize_path(&server.register("Other").await, &Pkce::new(1), "s");
    let preloaded = browser.open(&server, &new).await.form("/oauth/consent");
    server.turn_clock(jiff::SignedDuration::from_mins(16));
    assert!(browser.open(&server, &known).await.text().contains("/oauth/consent"));
    assert!(browser.open(&server, &new).await.text().contains("<h1>Sign in</h1>"));
    let answer = browser.submit(&server, &preloaded, &[("decision", "allow")]).await;
    assert!(answer.location().starts_with("/oauth/authorize?"), "{}", answer.location());
}

/// SR-07
#[tokio::test]
async fn anonymous_browser_is_not_redirected_to_an_unknown_address() {
    let server = TestServer::new().await;
    for hostile in ["https://evil.example/phishing", "cursor://anysphere.cursor-deeplink/mcp/install?config=x"] {
        let client_id = server.register_at("Claude", hostile).await;
        let good = server.authorize_path_to(hostile, &client_id, &Pkce::new(1), "s");
        for fault in
            ["response_mode=fragment", "prompt=none", "resource=https%3A%2F%2Fevil.example", "max_age=x", "state=t"]
        {
            let answer = server.get(&format!("{good}&{fault}")).await;
            assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{fault}");
            assert!(answer.headers.get("location").is_none(), "{fault}");
            let link = format!("<a href=\"{}", hostile.split('?').next().expect("a part"));
            assert!(answer.text().contains(&link), "{}", answer.text());
        }
        let (mut browser, _) = server.at_consent().await;
        let answer = browser.open(&server, &format!("{good}&max_age=x")).await;
        assert!(answer.location().starts_with(hostile), "the user is signed in");
    }
}

#[tokio::test]
async fn each_error_of_a_request_is_logged_once_with_its_code() {
    let server = TestServer::new().await;
    let (mut browser, authorize) = server.at_consent().await;
    let deny = browser.open(&server, &authorize).await.form("/oauth/consent");
    for (request, line) in [
        (authorize.replace("S256", "plain"), "refused reason=invalid_request: PKCE is required"),
        (authorize.clone() + "&prompt=none", "refused reason=consent_required: Consent is required"),
        (authorize.replace("client_id=", "client_id=x"), "refused reason=unknown client"),
    ] {
        told();
        browser.open(&server, &request).await;
        assert_eq!(told().matches("refused reason").count(), 1);
        browser.open(&server, &request).await;
        assert!(told().contains(line), "{line}");
    }
    told();
    browser.submit(&server, &deny, &[("decision", "deny")]).await;
    let log = told();
    assert_eq!((log.matches("consent denied").count(), log.matches("refused").count()), (1, 0), "{log}");
}
