//! Headers, cookies and forms of all pages, from `/oauth/authorize` to `/oauth/consent`.

use http::{Method, StatusCode};
use jean_testing::{Answer, Browser, CALLBACK, PageForm, Pkce, TestServer};
use jiff::SignedDuration;

/// AS-17, SR-22
#[tokio::test]
async fn every_page_has_its_security_headers() {
    let server = TestServer::new().await;
    let (mut browser, authorize) = server.at_consent().await;
    let link = server.password_link(None).await;
    for page in [
        Browser::default().open(&server, &authorize).await,
        browser.open(&server, &authorize).await,
        Browser::default().open(&server, &link).await,
        server.get("/oauth/authorize").await,
    ] {
        let policy = page.header("content-security-policy");
        assert!(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"), "{policy}");
        assert!(!policy.contains("form-action") && !policy.contains("unsafe"), "{policy}");
        assert_eq!(page.header("referrer-policy"), "no-referrer");
        assert_eq!(page.header("cache-control"), "no-store");
        assert_eq!(page.header("cross-origin-opener-policy"), "same-origin");
        assert_eq!(page.header("cross-origin-resource-policy"), "same-origin");
        assert!(page.header("permissions-policy").contains("camera=()"));
        let scripts = page.text().matches("<script").count();
        assert_eq!(scripts, policy.matches("script-src 'sha256-").count(), "{policy}");
    }
}

/// SR-22
#[tokio::test]
async fn plain_http_is_forbidden_after_a_visit_over_tls() {
    for (server, hsts) in
        [(TestServer::new().await, None), (TestServer::at("https://memory.example").await, Some("max-age=31536000"))]
    {
        for path in ["/", "/oauth/authorize", "/account", "/mcp", "/oauth/token", "/oauth/register"] {
            let answer = server.get(path).await;
            let header = answer.headers.get("strict-transport-security").map(|value| value.to_str().expect("ascii"));
            assert_eq!(header, hsts, "{path}");
            assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
            assert_eq!(answer.header("cache-control"), "no-store", "{path}");
        }
    }
}

/// SR-05
#[tokio::test]
async fn buttons_take_no_pointer_in_the_first_second() {
    let server = TestServer::new().await;
    let (mut browser, authorize) = server.at_consent().await;
    for path in [authorize.as_str(), "/account", "/account/delete", "/account/passkeys"] {
        let html = browser.open(&server, path).await.text();
        let (style, body) = html.split_once("</style>").expect("a stylesheet");
        let (before, rest) =
            style.split_once(r#"form[method=post]:not([action*="/sign-in"]) button {"#).expect("a rule");
        assert!(rest.starts_with(" animation: arm 1s; }\n@keyframes arm { 0%, 99.9% { pointer-events: none; } }"));
        assert!(before.matches('{').count() == before.matches('}').count(), "the rule is in no media query");
        assert!(!style.contains("reduced-motion"), "the rule is for every user");
        assert!(body.contains("<form method=\"post\"") || body.contains("method=\"post\""), "{path}");
    }
}

/// AS-15
#[tokio::test]
async fn cookies_are_bound_to_the_host() {
    for (server, name, secure) in [
        (TestServer::new().await, "jean_page_", false),
        (TestServer::at("https://memory.example").await, "__Host-jean_page_", true),
    ] {
        let client_id = server.register("Claude").await;
        let page = server.get(&server.authorize_path(&client_id, &Pkce::new(1), "s")).await;
        let cookie = page.header("set-cookie");
        assert!(cookie.starts_with(name), "{cookie}");
        assert!(
            cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax") && cookie.contains("Path=/"),
            "{cookie}"
        );
        assert_eq!(cookie.contains("Secure"), secure, "{cookie}");
    }
}

/// AS-15
#[tokio::test]
async fn page_loaded_twice_works_from_either_copy() {
    let server = TestServer::new().await;
    let client_id = server.register("Claude").await;
    let authorize = server.authorize_path(&client_id, &Pkce::new(1), "s");
    for copy in [0, 1] {
        let mut browser = Browser::default();
        let copies = [browser.open(&server, &authorize).await, browser.open(&server, &authorize).await];
        let answer = browser.submit(&server, &copies[copy].form("/oauth/sign-in"), &server.credentials()).await;
        assert_eq!(answer.status, StatusCode::FOUND, "copy {copy}");
        let copies = [browser.open(&server, &authorize).await, browser.open(&server, &authorize).await];
        let answer = browser.submit(&server, &copies[copy].form("/oauth/consent"), &[("decision", "allow")]).await;
        assert!(answer.redirect_parameters(CALLBACK).contains_key("code"));
    }
}

#[tokio::test]
async fn hundred_open_pages_leave_few_cookies() {
    let server = TestServer::new().await;
    let client_id = server.register("Claude").await;
    let authorize = server.authorize_path(&client_id, &Pkce::new(1), "s");
    let mut browser = Browser::default();
    for _ in 0..100 {
        browser.open(&server, &authorize).await;
    }
    assert!(browser.cookies.len() <= 16, "{}", browser.cookies.len());
    server.approve(&mut browser, &authorize).await;
}

/// AS-15
#[tokio::test]
async fn oldest_page_makes_room_for_another() {
    let server = TestServer::new().await;
    let authorize = server.authorize_path(&server.register("Claude").await, &Pkce::new(1), "s");
    let mut browser = Browser::default();
    let mut forms = Vec::new();
    for _ in 0..17 {
        forms.push(browser.open(&server, &authorize).await.form("/oauth/sign-in"));
        server.turn_clock(SignedDuration::from_secs(1));
    }
    for (form, is_open) in [(&forms[0], false), (&forms[1], true), (&forms[16], true)] {
        let answer = browser.clone().submit(&server, form, &server.credentials()).await;
        assert_eq!(answer.status == StatusCode::FOUND, is_open, "{}", answer.text());
    }
}

#[tokio::test]
async fn form_url_opened_as_a_page_redirects_to_the_request() {
    let server = TestServer::new().await;
    let (mut browser, authorize) = server.at_consent().await;
    for form in ["/oauth/sign-in", "/oauth/sign-out", "/oauth/consent"] {
        let answer = browser.open(&server, &authorize.replace("/oauth/authorize", form)).await;
        assert!(browser.follow(&server, &answer).await.text().contains("wants to use your memory"));
    }
}

/// Sends a form with these cookies, and without the headers of newer browsers.
async fn sent_by_old_browser(
    server: &TestServer,
    cookies: &Browser,
    origin: Option<&str>,
    form: &PageForm,
    typed: &[(&str, &str)],
) -> Answer {
    let (content_type, body) = form.encode(typed);
    let cookies = cookies.cookie_header();
    let mut headers = vec![("cookie", cookies.as_str()), ("content-type", content_type)];
    headers.extend(origin.map(|origin| ("origin", origin)));
    server.send(Method::POST, &form.action, &headers, &body).await
}

/// TO-10
#[tokio::test]
async fn forms_work_in_browsers_without_sec_fetch_site() {
    let server = TestServer::new().await;
    for origin in [None, Some("null"), Some("http://localhost:3000")] {
        let client_id = server.register("Claude").await;
        let authorize = server.authorize_path(&client_id, &Pkce::new(1), "s");
        let mut browser = Browser::default();
        let form = browser.open(&server, &authorize).await.form("/oauth/sign-in");
        let signed_in = sent_by_old_browser(&server, &browser, origin, &form, &server.credentials()).await;
        let session = signed_in.headers.get_all("set-cookie").iter().filter_map(|cookie| cookie.to_str().ok());
        let session = session.filter_map(|cookie| cookie.split(';').next()?.strip_prefix("jean_session=")).next();
        browser.cookies.insert("jean_session".into(), session.expect("signed in").into());
        let consent = browser.open(&server, &authorize).await.form("/oauth/consent");
        let allowed = sent_by_old_browser(&server, &browser, origin, &consent, &[("decision", "allow")]).await;
        assert!(allowed.redirect_parameters(CALLBACK).contains_key("code"), "{origin:?}");
        let sign_out = browser.open(&server, "/account").await.form("/account/sign-out");
        sent_by_old_browser(&server, &browser, origin, &sign_out, &[]).await;
        assert_eq!(browser.open(&server, "/account").await.status, StatusCode::FOUND, "{origin:?}");
    }
}

/// TO-10, T-16
#[tokio::test]
async fn token_of_another_browser_does_not_replace_the_origin() {
    let server = TestServer::new().await;
    let (victim, authorize) = server.at_consent().await;
    // The attacker signs in with their own account and puts the forms of their pages into a page elsewhere.
    let mut attacker = jean_testing::account::bob(&server).await;
    let mut forms = vec![Browser::default().open(&server, &authorize).await.form("/oauth/sign-in")];
    for path in [&authorize, "/account", "/account/keys", "/account/password", "/account/delete", "/account/data"] {
        forms.extend(attacker.open(&server, path).await.forms());
    }
    let kept = |kept: String| kept.chars().filter(|c| c.is_alphanumeric()).count();
    let before = kept(server.everything_kept().await);
    for form in &forms {
        for origin in [None, Some("null"), Some("https://evil.example")] {
            let typed = [("decision", "allow"), ("email", "owner@example.org"), ("password", "another horse battery")];
            let answer = sent_by_old_browser(&server, &victim, origin, form, &typed).await;
            assert!(!answer.headers.contains_key("set-cookie"), "{origin:?} {form:?}");
            assert!(!answer.text().contains("jmk_"), "{origin:?} {form:?}");
            if let Some(location) = answer.headers.get("location") {
                assert!(location.to_str().expect("ascii").starts_with('/'), "{origin:?} {form:?}");
            }
        }
    }
    assert_eq!(kept(server.everything_kept().await), before);
}
