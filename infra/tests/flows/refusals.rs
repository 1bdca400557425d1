//! What is refused, and how: each refusal is the answer its RFC names, and nothing is lost by it.

use futures::future::join_all;
use http::{Method, StatusCode};
use jiff::SignedDuration;
use serde_json::json;

use crate::{
    browser::Browser,
    world::{CALLBACK, Pkce, World},
};

#[tokio::test]
async fn a_wrong_password_and_an_unknown_address_get_the_same_page_as19() {
    let world = World::new().await;
    let client_id = world.register("Claude").await;
    let mut pages = Vec::new();
    for email in ["owner@example.org", "nobody@example.org"] {
        let mut browser = Browser::default();
        let page = browser.open(&world, &world.authorize_path(&client_id, &Pkce::new(1), "s")).await;
        let typed = [("email", email), ("password", "not the password")];
        let sent = browser.submit(&world, &page.form("/oauth/sign-in"), &typed).await;
        let refused = browser.follow(&world, &sent).await;
        assert!(refused.text().contains(&format!(r#"value="{email}""#)), "what was typed stays");
        let reloaded = browser.open(&world, sent.location()).await;
        assert!(!reloaded.text().contains("Incorrect"), "told once");
        let mut text = refused.text().replace(email, "");
        for form in refused.forms() {
            // A passkey is asked for with another challenge each time.
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

#[tokio::test]
async fn ten_wrong_passwords_close_an_account_for_a_while_and_then_it_opens_again_as19() {
    let world = World::new().await;
    let client_id = world.register("Claude").await;
    let mut browser = Browser::default();
    let page = browser.open(&world, &world.authorize_path(&client_id, &Pkce::new(1), "s")).await;
    let form = page.form("/oauth/sign-in");
    for _ in 0..10 {
        let refused = browser.submit(&world, &form, &[("email", "OWNER@example.org"), ("password", "wrong")]).await;
        assert_eq!(refused.status, StatusCode::FOUND);
        assert!(!browser.cookies.contains_key("jean_session"));
    }
    let closed = browser.submit(&world, &form, &world.credentials()).await;
    assert_eq!(closed.status, StatusCode::TOO_MANY_REQUESTS);
    let wait: i64 = closed.header("retry-after").parse().expect("seconds");
    world.turn_clock(SignedDuration::from_secs(wait));
    browser.submit(&world, &form, &world.credentials()).await;
    assert!(browser.cookies.contains_key("jean_session"));
}

#[tokio::test]
async fn an_unknown_client_is_told_on_a_page_as07() {
    let world = World::new().await;
    let answer = world.get(&world.authorize_path("claude_unknown", &Pkce::new(1), "s")).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    assert!(answer.headers.get("location").is_none());
    assert!(answer.text().contains("does not know the app"));
}

#[tokio::test]
async fn a_redirect_uri_that_was_not_registered_is_a_page_at_get_and_at_post_t01() {
    let world = World::new().await;
    let client_id = world.register("Claude").await;
    let mut browser = Browser::default();
    let good = world.authorize_path(&client_id, &Pkce::new(1), "s");
    let sign_in = browser.open(&world, &good).await;
    browser.submit(&world, &sign_in.form("/oauth/sign-in"), &world.credentials()).await;
    let mut consent = browser.open(&world, &good).await.form("/oauth/consent");
    for hostile in ["https://evil.example/cb", "javascript:alert(1)", "https://claude.ai.evil.example/cb"] {
        let hostile: String = url::form_urlencoded::byte_serialize(hostile.as_bytes()).collect();
        let callback: String = url::form_urlencoded::byte_serialize(CALLBACK.as_bytes()).collect();
        let answer = browser.open(&world, &good.replace(&callback, &hostile)).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST);
        assert!(answer.headers.get("location").is_none(), "AS-07");
        consent.action = consent.action.replace(&callback, &hostile);
        let answer = browser.submit(&world, &consent, &[("decision", "allow")]).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST);
        assert!(answer.headers.get("location").is_none());
    }
}

#[tokio::test]
async fn other_faults_are_told_to_the_client_with_state_and_iss_as07_as08() {
    let world = World::new().await;
    let client_id = world.register("Claude").await;
    let good = world.authorize_path(&client_id, &Pkce::new(1), "xyz");
    for (from, to, error) in [
        ("response_type=code", "response_type=token", "unsupported_response_type"),
        ("code_challenge_method=S256", "code_challenge_method=plain", "invalid_request"),
        ("code_challenge_method=S256", "x=1", "invalid_request"),
        ("state=xyz", "state=xyz&prompt=none", "login_required"),
        ("state=xyz", "state=xyz&resource=https%3A%2F%2Fevil.example%2Fmcp", "invalid_target"),
        ("state=xyz", "state=xyz&scope=openid", "invalid_scope"),
    ] {
        let answer = world.get(&good.replace(from, to)).await;
        let told = answer.redirect_parameters(CALLBACK);
        assert_eq!(told["error"], error, "{to}");
        assert_eq!(told["state"], "xyz");
        assert_eq!(told["iss"], world.url(""));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_a_hundred_exchanges_of_one_code_at_once_one_succeeds_as10() {
    let world = World::new().await;
    let (client_id, code, pkce) = world.code().await;
    let answers = join_all((0..100).map(|_| world.exchange(&client_id, &code, &pkce))).await;
    let succeeded = answers.iter().filter(|answer| answer.status == StatusCode::OK).count();
    assert_eq!(succeeded, 1);
    for refused in answers.iter().filter(|answer| answer.status != StatusCode::OK) {
        assert_eq!((refused.status, refused.error()), (StatusCode::BAD_REQUEST, "invalid_grant".into()));
    }
}

#[tokio::test]
async fn a_replayed_code_ends_what_the_first_redemption_gave_as10() {
    let world = World::new().await;
    let (client_id, code, pkce) = world.code().await;
    let pair = world.exchange(&client_id, &code, &pkce).await.tokens(&client_id);
    let replayed = world.exchange(&client_id, &code, &pkce).await;
    assert_eq!((replayed.status, replayed.error()), (StatusCode::BAD_REQUEST, "invalid_grant".into()));
    assert_eq!(world.refresh(&client_id, &pair.refresh_token).await.error(), "invalid_grant");
}

#[tokio::test]
async fn a_wrong_verifier_client_or_address_neither_uses_the_code_up_nor_ends_its_grant_as10_t03() {
    let world = World::new().await;
    let (client_id, code, pkce) = world.code().await;
    let thief = world.register("Thief").await;
    let attempts = async || {
        let wrong_verifier = world.exchange(&client_id, &code, &Pkce::new(9)).await;
        let wrong_client = world.exchange(&thief, &code, &pkce).await;
        let mut body = world.exchange_body(&client_id, &code, &pkce);
        body.retain(|(name, _)| *name != "redirect_uri");
        body.push(("redirect_uri", "https://claude.com/api/mcp/auth_callback"));
        let wrong_address = world.post_form("/oauth/token", &body).await;
        for refused in [wrong_verifier, wrong_client, wrong_address] {
            assert_eq!((refused.status, refused.error()), (StatusCode::BAD_REQUEST, "invalid_grant".into()));
        }
    };
    attempts().await;
    let pair = world.exchange(&client_id, &code, &pkce).await.tokens(&client_id);
    attempts().await;
    assert_eq!(world.refresh(&client_id, &pair.refresh_token).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_code_is_over_after_a_minute_though_it_is_still_in_the_table_as10_as21() {
    let world = World::new().await;
    let (client_id, code, pkce) = world.code().await;
    world.turn_clock(SignedDuration::from_secs(60));
    let refused = world.exchange(&client_id, &code, &pkce).await;
    assert_eq!((refused.status, refused.error()), (StatusCode::BAD_REQUEST, "invalid_grant".into()));
}

#[tokio::test]
async fn a_client_that_was_deleted_is_told_so_before_anything_else_as12() {
    let world = World::new().await;
    for body in [
        vec![("grant_type", "refresh_token"), ("client_id", "claude_gone"), ("refresh_token", "jmr_x")],
        vec![("grant_type", "authorization_code"), ("client_id", "claude_gone"), ("code", "x")],
        vec![("grant_type", "refresh_token"), ("refresh_token", "jmr_x")],
    ] {
        let refused = world.post_form("/oauth/token", &body).await;
        assert_eq!((refused.status, refused.error()), (StatusCode::UNAUTHORIZED, "invalid_client".into()));
    }
}

#[tokio::test]
async fn a_confidential_client_must_show_its_secret_in_the_body_or_in_the_header() {
    let world = World::new().await;
    let (client_id, secret) = world.register_confidential().await;
    for (shown, status) in [
        (None, StatusCode::UNAUTHORIZED),
        (Some(format!("jms_{}", "A".repeat(43))), StatusCode::UNAUTHORIZED),
        (Some(secret.clone()), StatusCode::OK),
    ] {
        for in_header in [false, true] {
            let pkce = Pkce::new(1);
            let mut browser = Browser::default();
            let code = world.approve(&mut browser, &world.authorize_path(&client_id, &pkce, "s")).await;
            let answer = world.exchange_with_secret(&client_id, &code, &pkce, shown.as_deref(), in_header).await;
            assert_eq!(answer.status, status, "{shown:?} {in_header}: {}", answer.text());
        }
    }
}

#[tokio::test]
async fn a_token_that_is_missing_forged_or_in_the_query_is_a_401_with_the_way_in_rs02_rs03() {
    let world = World::new().await;
    let token = world.connect().await.access_token;
    let list = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/list"});
    let (signed, tag) = token.rsplit_once('.').expect("three parts");
    let other = if tag.starts_with('A') { "B" } else { "A" };
    let forged = format!("{signed}.{other}{}", &tag[1..]);
    for (token, error) in [(None, false), (Some("nonsense"), true), (Some(forged.as_str()), true)] {
        let refused = world.mcp(token, &list).await;
        assert_eq!(refused.status, StatusCode::UNAUTHORIZED);
        let challenge = refused.header("www-authenticate");
        let metadata = world.url("/.well-known/oauth-protected-resource/mcp");
        assert!(challenge.contains(&format!(r#"resource_metadata="{metadata}""#)), "{challenge}");
        assert_eq!(challenge.contains(r#"error="invalid_token""#), error, "{challenge}");
    }
    let in_query = world.post_json(&format!("/mcp?access_token={token}"), &list).await;
    assert_eq!(in_query.status, StatusCode::UNAUTHORIZED);
    for method in [Method::GET, Method::DELETE, Method::PUT] {
        assert_eq!(world.send(method, "/mcp", &[], "").await.status, StatusCode::UNAUTHORIZED, "before the 405");
    }
}

#[tokio::test]
async fn broken_json_is_said_to_be_broken_at_every_endpoint_that_reads_it() {
    let world = World::new().await;
    let token = world.connect().await.access_token;
    let json_type = ("content-type", "application/json");
    let registration = world.send(Method::POST, "/oauth/register", &[json_type], "{").await;
    assert_eq!(
        (registration.status, registration.error()),
        (StatusCode::BAD_REQUEST, "invalid_client_metadata".into())
    );
    let exchange = world.send(Method::POST, "/oauth/token", &[json_type], "{").await;
    assert_eq!((exchange.status, exchange.error()), (StatusCode::BAD_REQUEST, "invalid_request".into()));
    let bearer = format!("Bearer {token}");
    let call = world.send(Method::POST, "/mcp", &[json_type, ("authorization", &bearer)], "{").await;
    assert_eq!(call.status, StatusCode::BAD_REQUEST);
    assert_eq!(call.json()["error"]["code"], -32700, "TR-04");
}

#[tokio::test]
async fn two_megabytes_are_too_much_everywhere_and_harm_nothing_tr05() {
    let world = World::new().await;
    let pair = world.connect().await;
    let bearer = format!("Bearer {}", pair.access_token);
    let large = format!(r#"{{"jsonrpc":"2.0","id":1,"method":"ping","params":{{"x":"{}"}}}}"#, "x".repeat(2 << 20));
    let json_type = ("content-type", "application/json");
    for path in ["/oauth/register", "/oauth/token", "/oauth/revoke", "/mcp"] {
        let answer = world.send(Method::POST, path, &[json_type, ("authorization", &bearer)], &large).await;
        assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE, "{path}");
    }
    assert!(world.works(&pair.access_token).await);
}

#[tokio::test]
async fn a_repeated_parameter_is_refused_t12() {
    let world = World::new().await;
    let (client_id, code, pkce) = world.code().await;
    let mut body = world.exchange_body(&client_id, &code, &pkce);
    body.push(("code", "another"));
    let refused = world.post_form("/oauth/token", &body).await;
    assert_eq!((refused.status, refused.error()), (StatusCode::BAD_REQUEST, "invalid_request".into()));
    assert_eq!(world.exchange(&client_id, &code, &pkce).await.status, StatusCode::OK, "nothing was used up");
}

#[tokio::test]
async fn a_text_body_is_no_json_t16() {
    let world = World::new().await;
    let answer = world.send(Method::POST, "/oauth/register", &[("content-type", "text/plain")], "{}").await;
    assert_eq!(answer.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
}

#[tokio::test]
async fn a_forged_header_is_no_other_source_t10() {
    let world = World::new().await;
    let client_id = world.register("Claude").await;
    let mut browser = Browser::default();
    let form = browser.open(&world, &world.authorize_path(&client_id, &Pkce::new(1), "s")).await.form("/oauth/sign-in");
    let mut last = StatusCode::OK;
    for number in 0..51 {
        let mut fields = form.fields.clone();
        fields.push(("email".into(), format!("somebody-{number}@example.org")));
        fields.push(("password".into(), "wrong".into()));
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let source = format!("203.0.113.{number}");
        let headers = [
            ("cookie", browser.cookie_header()),
            ("content-type", "application/x-www-form-urlencoded".into()),
            ("sec-fetch-site", "same-origin".into()),
            ("x-forwarded-for", source.clone()),
            ("forwarded", format!("for={source}")),
        ];
        let headers: Vec<_> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        last = world.send(Method::POST, &form.action, &headers, &body).await.status;
    }
    assert_eq!(last, StatusCode::TOO_MANY_REQUESTS);
}

#[tokio::test]
async fn a_hundred_dead_tokens_are_invalid_grant_a_hundred_times_as12_t28() {
    let world = World::new().await;
    let pair = world.connect().await;
    let dead = format!("{}AAAA", pair.refresh_token);
    for _ in 0..100 {
        let refused = world.refresh(&pair.client_id, &dead).await;
        assert_eq!((refused.status, refused.error()), (StatusCode::BAD_REQUEST, "invalid_grant".into()));
    }
    assert_eq!(world.refresh("claude_gone", &dead).await.error(), "invalid_client");
}
