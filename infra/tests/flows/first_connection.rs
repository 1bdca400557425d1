//! The first connection of a client: from the 401 challenge to a search result.

use http::StatusCode;
use jean_testing::{Browser, CALLBACK, Pkce, TestServer};
use serde_json::json;

#[tokio::test]
async fn client_connects_with_only_the_url() {
    let world = TestServer::new().await;

    // The challenge names the resource metadata.
    let refused = world.mcp(None, &json!({"jsonrpc": "2.0", "id": 1, "method": "tools/list"})).await;
    assert_eq!(refused.status, StatusCode::UNAUTHORIZED);
    let challenge = refused.header("www-authenticate");
    let resource_metadata = challenge.split('"').nth(1).expect("a quoted address");

    // The metadata name the resource, the authorization server and its endpoints.
    let resource = world.get(world.path(resource_metadata)).await.json();
    assert_eq!(resource["resource"], world.url("/mcp"));
    assert_eq!(resource["authorization_servers"], json!([world.url("")]));
    let server = world.get("/.well-known/oauth-authorization-server").await.json();
    assert_eq!(server["issuer"], world.url(""));

    // Registration.
    let registration =
        json!({"client_name": "Claude", "redirect_uris": [CALLBACK], "token_endpoint_auth_method": "none"});
    let endpoint = server["registration_endpoint"].as_str().expect("an address");
    let registered = world.post_json(world.path(endpoint), &registration).await;
    assert_eq!(registered.status, StatusCode::CREATED);
    let client_id = registered.json()["client_id"].as_str().expect("an id").to_owned();
    assert!(client_id.starts_with("claude_"), "SD-04: {client_id}");

    // The user signs in and consents.
    let pkce = Pkce::new(1);
    let mut browser = Browser::default();
    let authorize = world.authorize_path(&client_id, &pkce, "xyz");
    let sign_in = browser.open(&world, &authorize).await;
    assert!(sign_in.text().contains("Sign in"));
    let signed_in = browser.submit(&world, &sign_in.form("/oauth/sign-in"), &world.credentials()).await;
    assert_eq!(signed_in.status, StatusCode::FOUND);
    let consent = browser.follow(&world, &signed_in).await;
    assert!(consent.text().contains("Claude wants to use your memory"));
    let allowed = browser.submit(&world, &consent.form("/oauth/consent"), &[("decision", "allow")]).await;
    assert_eq!(allowed.status, StatusCode::FOUND);

    // The redirect carries state and iss.
    let answer = allowed.redirect_parameters(CALLBACK);
    assert_eq!(answer["state"], "xyz");
    assert_eq!(answer["iss"], world.url(""), "AS-08");

    // The client redeems the code.
    let tokens = world.exchange(&client_id, &answer["code"], &pkce).await;
    assert_eq!(tokens.status, StatusCode::OK);
    assert_eq!(tokens.header("cache-control"), "no-store");
    let tokens = tokens.json();
    assert_eq!(tokens["token_type"], "Bearer");
    assert_eq!(tokens["expires_in"], 3600);
    let token = tokens["access_token"].as_str().expect("a token");

    // A memory is added and found by search.
    let added = world.call(token, "add_memory", &json!({"text": "Ada plays the flute on Tuesdays"})).await;
    assert_eq!(added["isError"], json!(false), "{added}");
    let found = world.call(token, "search_memory", &json!({"query": "flute"})).await;
    assert!(found["structuredContent"].to_string().contains("Tuesdays"), "{found}");
}

/// SD-01, AS-13
#[tokio::test]
async fn documented_example_works() {
    let world = TestServer::new().await;
    let (client_id, code, pkce) = world.code().await;
    let body = json!({
        "grant_type": "authorization_code",
        "code": code,
        "client_id": client_id,
        "redirect_uri": CALLBACK,
        "code_verifier": pkce.verifier,
    });
    let tokens = world.post_json("/oauth/token", &body).await;
    assert_eq!(tokens.status, StatusCode::OK);
    let token = tokens.json()["access_token"].as_str().expect("a token").to_owned();
    world.call(&token, "add_memory", &json!({"text": "this is a test"})).await;

    let bare = json!({"jsonrpc": "2.0", "method": "search_memory", "params": {"query": "test"}});
    let answer = world.mcp(Some(&token), &bare).await;
    assert_eq!(answer.status, StatusCode::OK);
    let answer = answer.json();
    assert_eq!(answer["id"], json!(null), "a request without an id is answered");
    assert!(answer["result"]["structuredContent"].to_string().contains("this is a test"), "{answer}");
}

#[tokio::test]
async fn default_paths_serve_clients_of_2025_03_26() {
    let world = TestServer::new().await;
    let registration = json!({"client_name": "Old", "redirect_uris": [CALLBACK]});
    let client_id =
        world.post_json("/register", &registration).await.json()["client_id"].as_str().expect("an id").to_owned();
    let pkce = Pkce::new(1);
    let mut browser = Browser::default();
    let authorize = world.authorize_path(&client_id, &pkce, "s").replace("/oauth/authorize", "/authorize");
    let code = world.approve(&mut browser, &authorize).await;
    let body = world.exchange_body(&client_id, &code, &pkce);
    assert_eq!(world.post_form("/token", &body).await.status, StatusCode::OK);
}

/// T-23
#[tokio::test]
async fn flow_continues_across_a_restart_after_each_step() {
    let world = TestServer::new().await;
    let client_id = world.register("Claude").await;
    let world = world.restart().await;
    let pkce = Pkce::new(1);
    let mut browser = Browser::default();
    let code = world.approve(&mut browser, &world.authorize_path(&client_id, &pkce, "s")).await;
    let world = world.restart().await;
    let tokens = world.exchange(&client_id, &code, &pkce).await.json();
    let token = tokens["access_token"].as_str().expect("a token").to_owned();
    world.call(&token, "add_memory", &json!({"text": "kept over a restart"})).await;
    let world = world.restart().await;
    let found = world.call(&token, "search_memory", &json!({"query": "restart"})).await;
    assert!(found.to_string().contains("kept over a restart"));
    let refreshed = world.refresh(&client_id, tokens["refresh_token"].as_str().expect("a token")).await;
    assert_eq!(refreshed.status, StatusCode::OK);
}

/// T-15
#[tokio::test]
async fn memories_of_another_user_are_not_found() {
    let world = TestServer::new().await;
    let ada = world.connect().await;
    let ben = world.connect_as(&world.add_user("ben@example.org").await).await;
    let added = world.call(&ada.access_token, "add_memory", &json!({"text": "Ada's secret garden"})).await;
    let id = added["structuredContent"]["id"].as_str().expect("an id").to_owned();
    for (tool, arguments) in [
        ("search_memory", json!({"query": "secret garden"})),
        ("list_memories", json!({})),
        ("get_memory", json!({"id": id})),
        ("delete_memory", json!({"id": id})),
    ] {
        let answer = world.call(&ben.access_token, tool, &arguments).await;
        assert!(!answer.to_string().contains("garden"), "{tool}: {answer}");
    }
    let kept = world.call(&ada.access_token, "get_memory", &json!({"id": id})).await;
    assert!(kept.to_string().contains("secret garden"), "{kept}");
}
