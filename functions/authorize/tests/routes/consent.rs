//! `/oauth/consent`: the decision of the user.

use http::StatusCode;
use jean_testing::{Browser, CALLBACK, Pkce, TestServer, account::signed_in};
use jiff::SignedDuration;
use serde_json::{Value, json};

/// AS-15
#[tokio::test]
async fn consent_grants_the_scopes_it_shows() {
    let server = TestServer::new().await;
    let (mut browser, authorize) = server.at_consent().await;
    for (scope, said, unsaid) in [
        ("memory%3Aread", "Search and read all your memories.", "add, change and delete"),
        ("memory%3Awrite", "add, change and delete memories", "nothing"),
    ] {
        let page = browser.open(&server, &format!("{authorize}&scope={scope}")).await.text();
        assert!(page.contains(said) && !page.contains(unsaid), "{page}");
        assert!(page.contains("until you disconnect it"), "this client need not ask to stay connected");
        assert!(page.contains("claude.ai") && page.contains("owner@example.org"), "{page}");
    }
}

/// SR-18
#[tokio::test]
async fn consent_names_what_the_app_learns_and_how_long_it_stays() {
    let server = TestServer::with("RefreshSlidingDays", "30").await;
    let (mut browser, authorize) = server.at_consent().await;
    let page = browser.open(&server, &authorize).await.text();
    for told in ["It learns your email address and your user id.", "not been used for 30 days, at most 365 days"] {
        assert!(page.contains(told), "{told} in {page}");
    }
}

/// AS-15
#[tokio::test]
async fn second_click_on_allow_is_harmless() {
    let server = TestServer::new().await;
    let (mut browser, authorize) = server.at_consent().await;
    let form = browser.open(&server, &authorize).await.form("/oauth/consent");
    for _ in 0..2 {
        let answer = browser.submit(&server, &form, &[("decision", "allow")]).await;
        assert!(answer.redirect_parameters(CALLBACK).contains_key("code"));
    }
}

#[tokio::test]
async fn denial_is_redirected_to_the_client() {
    let server = TestServer::new().await;
    let (mut browser, authorize) = server.at_consent().await;
    let form = browser.open(&server, &authorize).await.form("/oauth/consent");
    let told = browser.submit(&server, &form, &[("decision", "deny")]).await.redirect_parameters(CALLBACK);
    assert_eq!((told["error"].as_str(), told["state"].as_str()), ("access_denied", "xyz"));
}

/// AS-16, T-05
#[tokio::test]
async fn stolen_link_gives_no_code_in_another_browser() {
    let server = TestServer::new().await;
    let (mut ada, authorize) = server.at_consent().await;
    let form = ada.open(&server, &authorize).await.form("/oauth/consent");
    // Without a session, and in another user's session, the page is shown again and no code is issued.
    let mut nobody = Browser::default();
    let answer = nobody.submit(&server, &form, &[("decision", "allow")]).await;
    assert!(answer.location().starts_with("/oauth/authorize?"), "{}", answer.location());
    let (mut other, _) = server.at_consent().await;
    let answer = other.submit(&server, &form, &[("decision", "allow")]).await;
    assert!(answer.location().starts_with("/oauth/authorize?"), "{}", answer.location());
}

/// AS-16, T-06
#[tokio::test]
async fn signed_in_user_is_asked_every_time() {
    let server = TestServer::new().await;
    let (mut browser, authorize) = server.at_consent().await;
    server.approve(&mut browser, &authorize).await;
    let page = browser.open(&server, &authorize).await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.text().contains("wants to use your memory"));
}

/// T-11
#[tokio::test]
async fn changed_request_needs_new_consent() {
    let server = TestServer::new().await;
    let (mut browser, authorize) = server.at_consent().await;
    let mut form =
        browser.open(&server, &authorize.replace("state=", "scope=memory%3Aread&state=")).await.form("/oauth/consent");
    form.action = form.action.replace("memory%3Aread", "memory%3Awrite");
    let answer = browser.submit(&server, &form, &[("decision", "allow")]).await;
    assert!(answer.location().starts_with("/oauth/authorize?"), "{}", answer.location());
}

/// T-16
#[tokio::test]
async fn form_from_another_site_is_rejected() {
    let server = TestServer::new().await;
    let (mut browser, authorize) = server.at_consent().await;
    let consent = browser.open(&server, &authorize).await.form("/oauth/consent");
    let link = Browser::default().open(&server, &server.password_link(None).await).await.form("/account/password");
    let sign_in = Browser::default().open(&server, &authorize).await.form("/oauth/sign-in");
    for form in [consent, sign_in, link] {
        for site in [
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-site", "same-site"),
            ("origin", "https://evil.example"),
            ("origin", "http://localhost:3001"),
        ] {
            let cookies = browser.cookie_header();
            let headers = [("cookie", cookies.as_str()), ("content-type", "application/x-www-form-urlencoded"), site];
            let fields = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(&form.fields).finish();
            let answer =
                server.send(http::Method::POST, &form.action, &headers, &format!("{fields}&decision=allow")).await;
            assert_eq!(answer.status, StatusCode::FORBIDDEN, "{site:?} {}", form.action);
        }
    }
}

#[tokio::test]
async fn ended_session_asks_to_sign_in_again() {
    let server = TestServer::new().await;
    let (mut browser, authorize) = server.at_consent().await;
    let form = browser.open(&server, &authorize).await.form("/oauth/consent");
    server.turn_clock(SignedDuration::from_hours(30 * 24));
    let client_id = server.register("Claude").await;
    let authorize = server.authorize_path(&client_id, &Pkce::new(1), "xyz");
    assert!(browser.open(&server, &authorize).await.text().contains("<h1>Sign in</h1>"));
    let answer = browser.submit(&server, &form, &[("decision", "allow")]).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST, "the client has expired");
}

/// T-25
#[tokio::test]
async fn hostile_names_are_escaped() {
    let server = TestServer::new().await;
    let (name, callback) = ("<script>alert(1)</script>\"'&", "https://app.example/cb");
    let client_id = server.register_at(name, callback).await;
    let mut browser = Browser::default();
    let authorize = server.authorize_path_to(callback, &client_id, &Pkce::new(1), "\"><script>");
    let page = browser.open(&server, &authorize).await;
    assert!(!page.text().contains("<script>alert"), "{}", page.text());
    browser.submit(&server, &page.form("/oauth/sign-in"), &server.credentials()).await;
    let page = browser.open(&server, &authorize).await;
    assert!(!page.text().contains("<script"), "{}", page.text());
    let answer = browser.submit(&server, &page.form("/oauth/consent"), &[("decision", "allow")]).await;
    assert_eq!(answer.redirect_parameters(callback)["state"], "\"><script>", "unchanged");
}

/// T-04
#[tokio::test]
async fn consent_for_one_client_is_not_for_another() {
    let server = TestServer::new().await;
    let (mut browser, authorize) = server.at_consent().await;
    server.approve(&mut browser, &authorize).await;
    let mut form = browser.open(&server, &authorize).await.form("/oauth/consent");
    let other = server.authorize_path(&server.register("Other").await, &Pkce::new(1), "xyz");
    assert!(
        browser.open(&server, &other).await.text().contains("wants to use your memory"),
        "consent is requested again"
    );
    form.action = other.replace("/oauth/authorize", "/oauth/consent");
    let answer = browser.submit(&server, &form, &[("decision", "allow")]).await;
    assert!(answer.location().starts_with("/oauth/authorize?"), "{}", answer.location());
}

/// T-09
#[tokio::test]
async fn incomplete_sign_in_gives_no_code() {
    let server = TestServer::new().await;
    let client_id = server.register("Claude").await;
    let authorize = server.authorize_path(&client_id, &Pkce::new(1), "s");
    let mut browser = Browser::default();
    let page = browser.open(&server, &authorize).await;
    let typed = [("email", "owner@example.org"), ("password", "not the password")];
    browser.submit(&server, &page.form("/oauth/sign-in"), &typed).await;
    let mut form = page.form("/oauth/sign-in");
    form.action = authorize.replace("/oauth/authorize", "/oauth/consent");
    let answer = browser.submit(&server, &form, &[("decision", "allow")]).await;
    assert!(answer.location().starts_with("/oauth/authorize?"), "{}", answer.location());
}

/// T-27
#[tokio::test]
async fn browser_without_a_cookie_is_not_signed_in() {
    let server = TestServer::new().await;
    let (_, authorize) = server.at_consent().await;
    let page = Browser::default().open(&server, &authorize).await;
    assert!(page.text().contains("<h1>Sign in</h1>"));
    let mut forged = Browser::default();
    forged.cookies.insert("jean_session".into(), "owner-example.org".into());
    assert!(forged.open(&server, &authorize).await.text().contains("<h1>Sign in</h1>"));
}

/// AS-14
#[tokio::test]
async fn user_may_grant_read_only() {
    let server = TestServer::new().await;
    let (mut browser, authorize) = server.at_consent().await;
    let page = browser.open(&server, &authorize).await;
    assert!(page.text().contains("value=\"read\""), "{}", page.text());
    let typed = [("access", "read"), ("decision", "allow")];
    let allowed = browser.submit(&server, &page.form("/oauth/consent"), &typed).await;
    let code = allowed.redirect_parameters(CALLBACK)["code"].clone();
    let client_id = page.form("/oauth/consent").action.split("client_id=").nth(1).expect("an id").to_owned();
    let client_id = client_id.split('&').next().expect("an id");
    let answer = server.exchange(client_id, &code, &Pkce::new(1)).await;
    assert_eq!(answer.json()["scope"], "memory:read offline_access");
    let pair = answer.tokens(client_id);
    let add = serde_json::json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call",
        "params": {"name": "add_memory", "arguments": {"text": "tea"}}});
    assert_eq!(server.mcp(Some(&pair.access_token), &add).await.status, StatusCode::FORBIDDEN);
    assert_eq!(server.refresh(client_id, &pair.refresh_token).await.json()["scope"], "memory:read offline_access");
}

/// T-11
#[tokio::test]
async fn unknown_choice_never_widens_the_request() {
    let server = TestServer::new().await;
    let client_id = server.register("Claude").await;
    let authorize = server.authorize_path(&client_id, &Pkce::new(1), "s") + "&scope=memory%3Aread";
    let mut browser = Browser::default();
    let sign_in = browser.open(&server, &authorize).await;
    browser.submit(&server, &sign_in.form("/oauth/sign-in"), &server.credentials()).await;
    let page = browser.open(&server, &authorize).await;
    assert!(!page.text().contains("name=\"access\""), "{}", page.text());
    for access in ["all", "write", "memory:write"] {
        let typed = [("access", access), ("decision", "allow")];
        let allowed = browser.submit(&server, &page.form("/oauth/consent"), &typed).await;
        let code = allowed.redirect_parameters(CALLBACK)["code"].clone();
        assert_eq!(server.exchange(&client_id, &code, &Pkce::new(1)).await.json()["scope"], "memory:read");
    }
}

/// T-11
#[tokio::test]
async fn unknown_choice_shows_the_page_again() {
    let server = TestServer::new().await;
    let (mut browser, authorize) = server.at_consent().await;
    let form = browser.open(&server, &authorize).await.form("/oauth/consent");
    for access in ["ALL", "write"] {
        let answer = browser.submit(&server, &form, &[("access", access), ("decision", "allow")]).await;
        assert!(answer.location().starts_with("/oauth/authorize?"), "{access}: {}", answer.location());
    }
}

/// T-11
#[tokio::test]
async fn form_without_a_choice_has_the_one_that_the_page_selects() {
    let server = TestServer::new().await;
    let (mut browser, _) = server.at_consent().await;
    let full = "memory:read memory:write offline_access";
    for (name, callback, granted) in [
        ("Claude", CALLBACK, full),
        ("Claude", "https://evil.example/callback", "memory:read memory:write memory:own offline_access"),
    ] {
        let client_id = server.register_at(name, callback).await;
        let authorize = server.authorize_path_to(callback, &client_id, &Pkce::new(1), "s");
        let mut form = browser.open(&server, &authorize).await.form("/oauth/consent");
        form.fields.retain(|(name, _)| name != "access");
        let allowed = browser.submit(&server, &form, &[("decision", "allow")]).await;
        let code = allowed.redirect_parameters(callback)["code"].clone();
        let pkce = Pkce::new(1);
        let mut body = server.exchange_body(&client_id, &code, &pkce);
        body.iter_mut().filter(|(name, _)| *name == "redirect_uri").for_each(|(_, value)| *value = callback);
        let answer = server.post_form("/oauth/token", &body).await;
        assert_eq!(answer.json()["scope"], granted, "{callback}");
    }
}

/// SR-06
#[tokio::test]
async fn only_known_redirect_uris_name_a_vendor() {
    let server = TestServer::new().await;
    let (mut browser, authorize) = server.at_consent().await;
    let text = browser.open(&server, &authorize).await.text();
    assert!(text.contains("class=\"verified\"><strong>Claude</strong> by Anthropic"), "{text}");
    assert!(text.contains("<h1>Claude wants to use your memory</h1>"), "{text}");
    let borrowed = "The name of this app is not its own.";
    assert!(!text.contains(borrowed) && text.contains("value=\"all\" checked"), "{text}");
    for (hostile, shown) in [
        ("https://evil.example/claude.ai?x=1", "https://<strong class=\"host\">evil.example</strong>/claude.ai?x=1"),
        ("https://claude.ai/public/artifact", "https://<strong class=\"host\">claude.ai</strong>/public/artifact"),
        ("https://vscode.dev/redirect", "https://<strong class=\"host\">vscode.dev</strong>/redirect"),
        ("http://localhost:9/claude", "http://<strong class=\"host\">localhost</strong>:9/claude"),
    ] {
        let name = "Claude by Anthropic";
        let client_id = server.register_at(name, hostile).await;
        let request = server.authorize_path_to(hostile, &client_id, &Pkce::new(1), "s");
        for mut browser in [browser.clone(), Browser::default()] {
            let text = browser.open(&server, &request).await.text();
            assert!(text.contains("calls itself <bdi class=\"claimed\">Claude by Anthropic</bdi>"), "{text}");
            assert!(!text.contains("class=\"verified\"") && text.matches(name).count() == 1, "{text}");
        }
        let text = browser.open(&server, &request).await.text();
        assert!(text.contains(shown), "{text}");
        assert!(text.contains(borrowed) && text.contains("value=\"own\" checked"), "full access is no default: {text}");
    }
}

/// TO-03
#[tokio::test]
async fn consent_says_that_an_app_will_open() {
    let server = TestServer::new().await;
    let (mut browser, authorize) = server.at_consent().await;
    let text = browser.open(&server, &authorize).await.text();
    assert!(!text.contains("An app on this computer will open"), "{text}");
    for (callback, scheme, rest) in [
        ("warp://mcp/oauth2callback", "warp:", "//mcp/oauth2callback"),
        ("lmstudio://cb?a=1", "lmstudio:", "//cb?a=1"),
        ("com.raycast:/oauth", "com.raycast:", "/oauth"),
        ("Goose://auth", "goose:", "//auth"),
    ] {
        let client_id = server.register_at("Terminal", callback).await;
        let request = server.authorize_path_to(callback, &client_id, &Pkce::new(1), "s");
        let page = browser.open(&server, &request).await;
        let text = page.text();
        assert!(text.contains("<strong>An app on this computer will open</strong>"), "{text}");
        assert!(text.contains(&format!("<strong class=\"host\">{scheme}</strong>{rest}</bdi></code>")), "{text}");
        let allowed = browser.submit(&server, &page.form("/oauth/consent"), &[("decision", "allow")]).await;
        // The browser stays on the answer, which says what to do. Nothing stores or forwards the code.
        let opened = allowed.header("refresh").strip_prefix("0;url=").expect("a URL").to_owned();
        assert!(opened.starts_with(&format!("{scheme}{rest}")), "{opened}");
        assert_eq!((allowed.status, allowed.header("cache-control")), (StatusCode::OK, "no-store"));
        assert_eq!(allowed.header("referrer-policy"), "no-referrer");
        let text = allowed.text();
        assert!(text.contains(&format!("href=\"{}\"", opened.replace('&', "&#38;"))), "{text}");
        assert!(text.contains("Return to <bdi>Terminal</bdi>") && !text.contains("<form"), "{text}");
        let denied = browser.submit(&server, &page.form("/oauth/consent"), &[("decision", "deny")]).await;
        assert!(denied.header("refresh").contains("error=access_denied"), "{}", denied.text());
        let location = url::Url::parse(&opened).expect("a URL");
        let (_, code) = location.query_pairs().find(|(name, _)| name == "code").expect("a code");
        let pkce = Pkce::new(1);
        let mut body = server.exchange_body(&client_id, &code, &pkce);
        for (redirect_uri, status) in [(callback.to_uppercase().as_str(), 400), (callback, 200)] {
            body.retain(|(name, _)| *name != "redirect_uri");
            let body = [body.clone(), vec![("redirect_uri", redirect_uri)]].concat();
            assert_eq!(server.post_form("/oauth/token", &body).await.status, status, "{redirect_uri}");
        }
    }
}

/// SR-18
#[tokio::test]
async fn client_without_the_refresh_grant_stays_only_if_it_asks() {
    let server = TestServer::new().await;
    let mut browser = signed_in(&server).await;
    let register = async |metadata: Value| {
        let mut body = json!({ "client_name": "Reporter", "redirect_uris": [CALLBACK] });
        body.as_object_mut().expect("an object").extend(metadata.as_object().expect("an object").clone());
        server.post_json("/oauth/register", &body).await.json()["client_id"].as_str().expect("an id").to_owned()
    };
    let brief = register(json!({ "grant_types": ["authorization_code"] })).await;
    // As TypeScript SDK 1.x registers, and a client that registers nothing.
    let usual = register(json!({ "grant_types": ["authorization_code", "refresh_token"] })).await;
    let silent = register(json!({})).await;
    for (client_id, scope, stays) in [
        (&brief, "", false),
        (&brief, "&scope=memory%3Aread", false),
        (&brief, "&scope=memory%3Aread+offline_access", true),
        (&usual, "&scope=memory%3Aread+memory%3Awrite", true),
        (&usual, "", true),
        (&silent, "&scope=memory%3Aread", true),
    ] {
        let pkce = Pkce::new(1);
        let authorize = server.authorize_path(client_id, &pkce, "s") + scope;
        let page = browser.open(&server, &authorize).await.text();
        let said = ["until you disconnect it", "it has to ask you again after 60 minutes"];
        assert_eq!(said.map(|said| page.contains(said)), [stays, !stays], "{scope}: {page}");
        let code = server.approve(&mut browser, &authorize).await;
        let tokens = server.exchange(client_id, &code, &pkce).await.json();
        assert_eq!(tokens["refresh_token"].is_string(), stays, "{scope}: {tokens}");
        assert!(server.works(tokens["access_token"].as_str().expect("a token")).await);
        assert_eq!(
            tokens["scope"].as_str().expect("a scope").contains("offline"),
            scope.contains("offline") || scope.is_empty() && stays
        );
    }
}
