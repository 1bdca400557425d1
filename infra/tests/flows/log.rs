//! Events that a flow logs, and secrets that neither the log nor the store contains (T-18, T-20).

use jean_runtime::event;
use jean_testing::{Browser, Pkce, TestServer, log};
use jiff::SignedDuration;
use serde_json::json;

/// Runs a flow and returns the secrets that it issued or received.
async fn secrets_of_a_flow(world: &TestServer) -> Vec<String> {
    let (client_id, client_secret) = world.register_confidential().await;
    let pkce = Pkce::new(1);
    let mut browser = Browser::default();
    let code = world.approve(&mut browser, &world.authorize_path(&client_id, &pkce, "a-state-of-its-own")).await;
    let exchange =
        async |in_header| world.exchange_with_secret(&client_id, &code, &pkce, Some(&client_secret), in_header).await;
    let pair = exchange(true).await.tokens(&client_id);
    world.call(&pair.access_token, "add_memory", &json!({"text": "zanzibar"})).await;
    world.call(&pair.access_token, "search_memory", &json!({"query": "zanzibar"})).await;
    // The replay ends the access token.
    exchange(false).await;
    let api_key = world.api_key(&world.owner().await).await;
    let link = world.password_link(None).await.rsplit('=').next().expect("a secret").to_owned();
    let [_, (_, password)] = world.credentials();
    let signature = |token: &str| token.rsplit('.').next().expect("a part").to_owned();
    let cookies = browser.cookies.values().map(|cookie| signature(cookie)).collect::<Vec<_>>();
    let rest = [
        code,
        client_secret,
        api_key,
        link,
        pkce.verifier,
        password.into(),
        signature(&pair.access_token),
        pair.refresh_token,
        "a-state-of-its-own".into(),
    ];
    [cookies, rest.into()].concat()
}

/// T-18
#[tokio::test]
async fn no_secret_is_stored_in_plain_text() {
    let world = TestServer::new().await;
    let secrets = secrets_of_a_flow(&world).await;
    let kept = world.everything_kept().await;
    assert!(kept.contains("zanzibar"), "memories are stored in plain text");
    for secret in secrets {
        assert!(!kept.contains(&secret), "{secret} is stored");
    }
}

/// Runs failed sign-in, refresh, reuse and revocation, and returns the secrets involved.
async fn secrets_of_reuse_and_revocation(world: &TestServer) -> Vec<String> {
    let (stolen, other) = (world.connect().await, world.connect().await);
    let mut browser = Browser::default();
    let page = browser.open(world, &world.authorize_path(&other.client_id, &Pkce::new(1), "s")).await;
    let wrong = [("email", "owner@example.org"), ("password", "a wrong password")];
    browser.submit(world, &page.form("/oauth/sign-in"), &wrong).await;
    let next = world.refresh(&stolen.client_id, &stolen.refresh_token).await.tokens(&stolen.client_id);
    world.turn_clock(SignedDuration::from_secs(91));
    world.refresh(&stolen.client_id, &stolen.refresh_token).await;
    world.revoke(&other.client_id, &other.refresh_token).await;
    world.works("forged").await;
    vec![stolen.refresh_token, next.refresh_token, other.refresh_token, "a wrong password".into()]
}

/// T-20
#[tokio::test]
async fn flow_logs_its_events_and_no_secret() {
    let world = TestServer::new().await;
    let mut secrets = secrets_of_a_flow(&world).await;
    secrets.extend(secrets_of_reuse_and_revocation(&world).await);
    secrets.extend(["zanzibar".into(), "owner@example.org".into()]);

    let told = log::told();
    for event in [
        event::REGISTRATION,
        event::SIGN_IN,
        event::SIGN_IN_REFUSED,
        event::CONSENT,
        event::CODE,
        event::REPLAY,
        event::REFRESH,
        event::REUSE,
        event::TOKEN_REFUSED,
        event::ACCESS_REFUSED,
        event::REVOCATION,
        event::TOOL_CALL,
    ] {
        let line = told.lines().find(|line| line.contains(&format!("event=\"{event}\"")));
        let line = line.unwrap_or_else(|| panic!("{event} is not in the log:\n{told}"));
        assert!(line.contains("request_id="), "{line}");
    }
    assert!(told.contains("answered"));
    for secret in secrets {
        let line = told.lines().find(|line| line.contains(secret.as_str()));
        assert_eq!(line, None, "{secret} is in the log");
    }
}
