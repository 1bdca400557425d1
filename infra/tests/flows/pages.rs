//! What a person does with the pages, in the order nobody planned for.

use http::StatusCode;
use jiff::SignedDuration;

use crate::{
    browser::Browser,
    world::{CALLBACK, Pkce, World},
};

async fn at_consent(world: &World) -> (Browser, String) {
    let client_id = world.register("Claude").await;
    let authorize = world.authorize_path(&client_id, &Pkce::new(1), "xyz");
    let mut browser = Browser::default();
    let sign_in = browser.open(world, &authorize).await;
    browser.submit(world, &sign_in.form("/oauth/sign-in"), &world.credentials()).await;
    (browser, authorize)
}

#[tokio::test]
async fn every_page_keeps_its_headers_as17() {
    let world = World::new().await;
    let (mut browser, authorize) = at_consent(&world).await;
    let link = world.password_link(None).await;
    for page in [
        Browser::default().open(&world, &authorize).await,
        browser.open(&world, &authorize).await,
        Browser::default().open(&world, &link).await,
        world.get("/oauth/authorize").await,
    ] {
        let policy = page.header("content-security-policy");
        assert!(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"), "{policy}");
        assert!(!policy.contains("form-action") && !policy.contains("unsafe"), "{policy}");
        assert_eq!(page.header("referrer-policy"), "no-referrer");
        assert_eq!(page.header("cache-control"), "no-store");
        let scripts = page.text().matches("<script").count();
        assert_eq!(scripts, policy.matches("script-src 'sha256-").count(), "{policy}");
    }
}

#[tokio::test]
async fn cookies_are_bound_to_the_host_as15() {
    for (world, name, secure) in [
        (World::new().await, "jean_page_", false),
        (World::at("https://memory.example").await, "__Host-jean_page_", true),
    ] {
        let client_id = world.register("Claude").await;
        let page = world.get(&world.authorize_path(&client_id, &Pkce::new(1), "s")).await;
        let cookie = page.header("set-cookie");
        assert!(cookie.starts_with(name), "{cookie}");
        assert!(
            cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax") && cookie.contains("Path=/"),
            "{cookie}"
        );
        assert_eq!(cookie.contains("Secure"), secure, "{cookie}");
    }
}

#[tokio::test]
async fn a_page_that_was_loaded_twice_works_from_either_copy_as15() {
    let world = World::new().await;
    let client_id = world.register("Claude").await;
    let authorize = world.authorize_path(&client_id, &Pkce::new(1), "s");
    for copy in [0, 1] {
        let mut browser = Browser::default();
        let copies = [browser.open(&world, &authorize).await, browser.open(&world, &authorize).await];
        let answer = browser.submit(&world, &copies[copy].form("/oauth/sign-in"), &world.credentials()).await;
        assert_eq!(answer.status, StatusCode::FOUND, "copy {copy}");
        let copies = [browser.open(&world, &authorize).await, browser.open(&world, &authorize).await];
        let answer = browser.submit(&world, &copies[copy].form("/oauth/consent"), &[("decision", "allow")]).await;
        assert!(answer.redirect_parameters(CALLBACK).contains_key("code"));
    }
}

#[tokio::test]
async fn a_browser_that_opens_a_hundred_pages_keeps_few_cookies_and_signs_in() {
    let world = World::new().await;
    let client_id = world.register("Claude").await;
    let authorize = world.authorize_path(&client_id, &Pkce::new(1), "s");
    let mut browser = Browser::default();
    for _ in 0..100 {
        browser.open(&world, &authorize).await;
    }
    assert!(browser.cookies.len() <= 16, "{}", browser.cookies.len());
    world.approve(&mut browser, &authorize).await;
}

#[tokio::test]
async fn the_address_of_a_form_opened_as_a_page_leads_back_to_the_request() {
    let world = World::new().await;
    let (mut browser, authorize) = at_consent(&world).await;
    for form in ["/oauth/sign-in", "/oauth/sign-out", "/oauth/consent"] {
        let answer = browser.open(&world, &authorize.replace("/oauth/authorize", form)).await;
        assert!(browser.follow(&world, &answer).await.text().contains("wants to use your memory"));
    }
}

#[tokio::test]
async fn what_consent_gives_is_what_it_says_as15() {
    let world = World::new().await;
    let (mut browser, authorize) = at_consent(&world).await;
    for (scope, said, unsaid) in [
        ("memory%3Aread", "search and read all your memories", "add, change and delete"),
        ("memory%3Awrite", "add, change and delete memories", "nothing"),
    ] {
        let page = browser.open(&world, &format!("{authorize}&scope={scope}")).await.text();
        assert!(page.contains(said) && !page.contains(unsaid), "{page}");
        assert!(page.contains("until you disconnect it"), "a refresh token always comes with it");
        assert!(page.contains("claude.ai") && page.contains("owner@example.org"), "{page}");
    }
}

#[tokio::test]
async fn a_second_click_on_allow_is_harmless_as15() {
    let world = World::new().await;
    let (mut browser, authorize) = at_consent(&world).await;
    let form = browser.open(&world, &authorize).await.form("/oauth/consent");
    for _ in 0..2 {
        let answer = browser.submit(&world, &form, &[("decision", "allow")]).await;
        assert!(answer.redirect_parameters(CALLBACK).contains_key("code"));
    }
}

#[tokio::test]
async fn saying_no_is_told_to_the_client() {
    let world = World::new().await;
    let (mut browser, authorize) = at_consent(&world).await;
    let form = browser.open(&world, &authorize).await.form("/oauth/consent");
    let told = browser.submit(&world, &form, &[("decision", "deny")]).await.redirect_parameters(CALLBACK);
    assert_eq!((told["error"].as_str(), told["state"].as_str()), ("access_denied", "xyz"));
}

#[tokio::test]
async fn a_stolen_authorize_link_gives_no_code_in_another_browser_as16_t05() {
    let world = World::new().await;
    let (mut ada, authorize) = at_consent(&world).await;
    let form = ada.open(&world, &authorize).await.form("/oauth/consent");
    // Without a sign-in, and with somebody else's: the page is shown again, and nothing is decided.
    let mut nobody = Browser::default();
    let answer = nobody.submit(&world, &form, &[("decision", "allow")]).await;
    assert!(answer.location().starts_with("/oauth/authorize?"), "{}", answer.location());
    let (mut other, _) = at_consent(&world).await;
    let answer = other.submit(&world, &form, &[("decision", "allow")]).await;
    assert!(answer.location().starts_with("/oauth/authorize?"), "{}", answer.location());
}

#[tokio::test]
async fn a_signed_in_person_is_asked_every_time_as16_t06() {
    let world = World::new().await;
    let (mut browser, authorize) = at_consent(&world).await;
    world.approve(&mut browser, &authorize).await;
    let page = browser.open(&world, &authorize).await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.text().contains("wants to use your memory"));
}

#[tokio::test]
async fn a_changed_request_is_not_what_was_consented_to_t11() {
    let world = World::new().await;
    let (mut browser, authorize) = at_consent(&world).await;
    let mut form =
        browser.open(&world, &authorize.replace("state=", "scope=memory%3Aread&state=")).await.form("/oauth/consent");
    form.action = form.action.replace("memory%3Aread", "memory%3Awrite");
    let answer = browser.submit(&world, &form, &[("decision", "allow")]).await;
    assert!(answer.location().starts_with("/oauth/authorize?"), "{}", answer.location());
}

#[tokio::test]
async fn a_form_from_another_site_is_refused_t16() {
    let world = World::new().await;
    let (mut browser, authorize) = at_consent(&world).await;
    let consent = browser.open(&world, &authorize).await.form("/oauth/consent");
    let link = Browser::default().open(&world, &world.password_link(None).await).await.form("/account/password");
    let sign_in = Browser::default().open(&world, &authorize).await.form("/oauth/sign-in");
    for form in [consent, sign_in, link] {
        for site in [
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-site", "same-site"),
            ("origin", "https://evil.example"),
            ("x", "y"),
        ] {
            let cookies = browser.cookie_header();
            let headers = [("cookie", cookies.as_str()), ("content-type", "application/x-www-form-urlencoded"), site];
            let fields = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(&form.fields).finish();
            let answer =
                world.send(http::Method::POST, &form.action, &headers, &format!("{fields}&decision=allow")).await;
            assert_eq!(answer.status, StatusCode::FORBIDDEN, "{site:?} {}", form.action);
        }
    }
}

#[tokio::test]
async fn without_cookies_the_page_says_so() {
    let world = World::new().await;
    let client_id = world.register("Claude").await;
    let mut browser = Browser::default();
    let page = browser.open(&world, &world.authorize_path(&client_id, &Pkce::new(1), "s")).await;
    let answer = Browser::default().submit(&world, &page.form("/oauth/sign-in"), &world.credentials()).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    assert!(answer.text().contains("Allow cookies for this site"));
}

#[tokio::test]
async fn a_session_that_ended_in_the_middle_asks_to_sign_in_again() {
    let world = World::new().await;
    let (mut browser, authorize) = at_consent(&world).await;
    let form = browser.open(&world, &authorize).await.form("/oauth/consent");
    world.turn_clock(SignedDuration::from_hours(30 * 24));
    let client_id = world.register("Claude").await;
    let authorize = world.authorize_path(&client_id, &Pkce::new(1), "xyz");
    assert!(browser.open(&world, &authorize).await.text().contains("<h1>Sign in</h1>"));
    let answer = browser.submit(&world, &form, &[("decision", "allow")]).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST, "the client was forgotten in the meantime");
}

#[tokio::test]
async fn another_account_can_be_used() {
    let world = World::new().await;
    let (mut browser, authorize) = at_consent(&world).await;
    let form = browser.open(&world, &authorize).await.form("/oauth/sign-out");
    let old = browser.clone();
    let answer = browser.submit(&world, &form, &[]).await;
    assert!(browser.follow(&world, &answer).await.text().contains("<h1>Sign in</h1>"));
    let mut old = old;
    let page = old.open(&world, &authorize).await;
    assert!(page.text().contains("<h1>Sign in</h1>"), "the cookie of the ended session opens nothing");
}

#[tokio::test]
async fn login_is_asked_for_again_when_the_client_wants_that_and_then_it_goes_on_as20() {
    let world = World::new().await;
    let (mut browser, authorize) = at_consent(&world).await;
    let again = authorize.replace("state=", "prompt=login&state=");
    let page = browser.open(&world, &again).await;
    assert!(page.text().contains("<h1>Sign in</h1>"));
    let signed_in = browser.submit(&world, &page.form("/oauth/sign-in"), &world.credentials()).await;
    assert!(browser.follow(&world, &signed_in).await.text().contains("wants to use your memory"));
}

#[tokio::test]
async fn hostile_names_are_text_t25() {
    let world = World::new().await;
    let client_id = world.register("<script>alert(1)</script>\"'&").await;
    let mut browser = Browser::default();
    let authorize = world.authorize_path(&client_id, &Pkce::new(1), "\"><script>");
    let page = browser.open(&world, &authorize).await;
    assert!(!page.text().contains("<script>alert"), "{}", page.text());
    browser.submit(&world, &page.form("/oauth/sign-in"), &world.credentials()).await;
    let page = browser.open(&world, &authorize).await;
    assert!(!page.text().contains("<script"), "{}", page.text());
    let answer = browser.submit(&world, &page.form("/oauth/consent"), &[("decision", "allow")]).await;
    assert_eq!(answer.redirect_parameters(CALLBACK)["state"], "\"><script>", "unchanged");
}

#[tokio::test]
async fn the_owners_link_makes_the_account_once() {
    let world = World::empty().await;
    let path = world.password_link(None).await;
    let mut browser = Browser::default();
    let page = browser.open(&world, &path).await;
    let form = page.form("/account/password");
    let short = browser.submit(&world, &form, &[("email", "me@example.org"), ("password", "short")]).await;
    assert!(short.text().contains("at least 10 characters"), "{}", short.text());
    let no_email = browser.submit(&world, &form, &[("email", ""), ("password", "correct horse battery")]).await;
    assert!(no_email.text().contains("Enter your email"), "{}", no_email.text());
    let saved =
        browser.submit(&world, &form, &[("email", "me@example.org"), ("password", "correct horse battery")]).await;
    assert_eq!(saved.status, StatusCode::OK);
    assert!(saved.text().contains(&world.url("/mcp")));
    let clicked_twice =
        browser.submit(&world, &form, &[("email", "me@example.org"), ("password", "correct horse battery")]).await;
    assert_eq!(clicked_twice.status, StatusCode::OK);
    assert_eq!(browser.open(&world, &path).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn an_owners_link_that_is_still_out_makes_no_second_account() {
    let world = World::empty().await;
    let (one, other) = (world.password_link(None).await, world.password_link(None).await);
    for (path, status) in [(one, StatusCode::OK), (other, StatusCode::NOT_FOUND)] {
        let mut browser = Browser::default();
        let form = browser.open(&world, &path).await.form("/account/password");
        let email = format!("{}@example.org", status.as_u16());
        let saved = browser.submit(&world, &form, &[("email", &email), ("password", "correct horse battery")]).await;
        assert_eq!(saved.status, status);
    }
}

#[tokio::test]
async fn a_new_password_signs_everybody_out_who_knew_the_old_one() {
    let world = World::new().await;
    let (mut browser, authorize) = at_consent(&world).await;
    let owner = world.owner().await;
    let path = world.password_link(Some(&owner)).await;
    let mut other = Browser::default();
    let page = other.open(&world, &path).await;
    assert!(page.text().contains("owner@example.org"));
    other.submit(&world, &page.form("/account/password"), &[("password", "another password")]).await;
    assert!(browser.open(&world, &authorize).await.text().contains("<h1>Sign in</h1>"));
    let page = browser.open(&world, &authorize).await;
    let old = browser.submit(&world, &page.form("/oauth/sign-in"), &world.credentials()).await;
    assert!(browser.follow(&world, &old).await.text().contains("Incorrect"));
    let typed = [("email", "owner@example.org"), ("password", "another password")];
    let new = browser.submit(&world, &page.form("/oauth/sign-in"), &typed).await;
    assert!(browser.follow(&world, &new).await.text().contains("wants to use your memory"));
}

#[tokio::test]
async fn a_link_is_over_when_its_time_is() {
    let world = World::empty().await;
    let path = world.password_link(None).await;
    world.turn_clock(SignedDuration::from_hours(24 * 365));
    assert_eq!(world.get(&path).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn consent_for_one_client_is_none_for_another_t04() {
    let world = World::new().await;
    let (mut browser, authorize) = at_consent(&world).await;
    world.approve(&mut browser, &authorize).await;
    let mut form = browser.open(&world, &authorize).await.form("/oauth/consent");
    let other = world.authorize_path(&world.register("Other").await, &Pkce::new(1), "xyz");
    assert!(browser.open(&world, &other).await.text().contains("Other wants to use your memory"), "it asks anew");
    form.action = other.replace("/oauth/authorize", "/oauth/consent");
    let answer = browser.submit(&world, &form, &[("decision", "allow")]).await;
    assert!(answer.location().starts_with("/oauth/authorize?"), "{}", answer.location());
}

#[tokio::test]
async fn no_code_comes_of_half_a_sign_in_t09() {
    let world = World::new().await;
    let client_id = world.register("Claude").await;
    let authorize = world.authorize_path(&client_id, &Pkce::new(1), "s");
    let mut browser = Browser::default();
    let page = browser.open(&world, &authorize).await;
    let typed = [("email", "owner@example.org"), ("password", "not the password")];
    browser.submit(&world, &page.form("/oauth/sign-in"), &typed).await;
    let mut form = page.form("/oauth/sign-in");
    form.action = authorize.replace("/oauth/authorize", "/oauth/consent");
    let answer = browser.submit(&world, &form, &[("decision", "allow")]).await;
    assert!(answer.location().starts_with("/oauth/authorize?"), "{}", answer.location());
}

#[tokio::test]
async fn a_browser_without_a_cookie_is_nobody_however_recent_a_sign_in_t27() {
    let world = World::new().await;
    let (_, authorize) = at_consent(&world).await;
    let page = Browser::default().open(&world, &authorize).await;
    assert!(page.text().contains("<h1>Sign in</h1>"));
    let mut forged = Browser::default();
    forged.cookies.insert("jean_session".into(), "owner-example.org".into());
    assert!(forged.open(&world, &authorize).await.text().contains("<h1>Sign in</h1>"));
}

#[tokio::test]
async fn a_client_that_asks_to_write_may_be_allowed_to_read_alone_and_stays_connected_as14() {
    let world = World::new().await;
    let (mut browser, authorize) = at_consent(&world).await;
    let page = browser.open(&world, &authorize).await;
    assert!(page.text().contains("value=\"read\""), "{}", page.text());
    let typed = [("access", "read"), ("decision", "allow")];
    let allowed = browser.submit(&world, &page.form("/oauth/consent"), &typed).await;
    let code = allowed.redirect_parameters(CALLBACK)["code"].clone();
    let client_id = page.form("/oauth/consent").action.split("client_id=").nth(1).expect("an id").to_owned();
    let client_id = client_id.split('&').next().expect("an id");
    let answer = world.exchange(client_id, &code, &Pkce::new(1)).await;
    assert_eq!(answer.json()["scope"], "memory:read offline_access");
    let pair = answer.tokens(client_id);
    let add = serde_json::json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call",
        "params": {"name": "add_memory", "arguments": {"text": "tea"}}});
    assert_eq!(world.mcp(Some(&pair.access_token), &add).await.status, StatusCode::FORBIDDEN);
    assert_eq!(world.refresh(client_id, &pair.refresh_token).await.json()["scope"], "memory:read offline_access");
}

#[tokio::test]
async fn a_choice_that_is_not_offered_gives_no_more_than_was_asked_for_t11() {
    let world = World::new().await;
    let client_id = world.register("Claude").await;
    let authorize = world.authorize_path(&client_id, &Pkce::new(1), "s") + "&scope=memory%3Aread";
    let mut browser = Browser::default();
    let sign_in = browser.open(&world, &authorize).await;
    browser.submit(&world, &sign_in.form("/oauth/sign-in"), &world.credentials()).await;
    let page = browser.open(&world, &authorize).await;
    assert!(!page.text().contains("name=\"access\""), "{}", page.text());
    for access in ["all", "write", "memory:write"] {
        let typed = [("access", access), ("decision", "allow")];
        let allowed = browser.submit(&world, &page.form("/oauth/consent"), &typed).await;
        let code = allowed.redirect_parameters(CALLBACK)["code"].clone();
        assert_eq!(world.exchange(&client_id, &code, &Pkce::new(1)).await.json()["scope"], "memory:read");
    }
}

#[tokio::test]
async fn consent_says_who_it_is_for_sure_where_that_is_known_and_by_no_name_it_gives_itself() {
    let world = World::new().await;
    let (mut browser, authorize) = at_consent(&world).await;
    let text = browser.open(&world, &authorize).await.text();
    assert!(text.contains("<strong>Claude</strong> by Anthropic"), "{text}");
    let body = serde_json::json!({"client_name": "Claude", "redirect_uris": ["https://evil.example/cb"]});
    let client_id =
        world.post_json("/oauth/register", &body).await.json()["client_id"].as_str().expect("an id").to_owned();
    let page = world.authorize_path_to("https://evil.example/cb", &client_id, &Pkce::new(1), "s");
    let text = browser.open(&world, &page).await.text();
    assert!(text.contains("Claude wants to use") && !text.contains("Anthropic"), "{text}");
}
