//! Client authentication at the token endpoint.

use http::StatusCode;
use jean_testing::{Browser, Pkce, TestServer};

/// AS-12
#[tokio::test]
async fn deleted_client_is_invalid_client() {
    let server = TestServer::new().await;
    for body in [
        vec![("grant_type", "refresh_token"), ("client_id", "claude_gone"), ("refresh_token", "jmr_x")],
        vec![("grant_type", "authorization_code"), ("client_id", "claude_gone"), ("code", "x")],
        vec![("grant_type", "refresh_token"), ("refresh_token", "jmr_x")],
    ] {
        let refused = server.post_form("/oauth/token", &body).await;
        assert_eq!((refused.status, refused.error()), (StatusCode::UNAUTHORIZED, "invalid_client".into()));
        let mended = if body.len() == 3 { "Register the client again." } else { "client_id is missing." };
        assert!(refused.text().contains(mended), "{}", refused.text());
    }
}

#[tokio::test]
async fn missing_client_id_is_named() {
    let server = TestServer::new().await;
    for (path, body) in [
        ("/oauth/token", vec![("grant_type", "refresh_token"), ("refresh_token", "jmr_x")]),
        ("/oauth/token", vec![("grant_type", "authorization_code"), ("code", "x")]),
        ("/oauth/revoke", vec![("token", "x")]),
    ] {
        let refused = server.post_form(path, &body).await;
        assert_eq!((refused.status, refused.error()), (StatusCode::UNAUTHORIZED, "invalid_client".into()));
        assert!(refused.text().contains("client_id is missing."), "{}", refused.text());
    }
}

#[tokio::test]
async fn confidential_client_needs_its_secret() {
    let server = TestServer::new().await;
    let (client_id, secret) = server.register_confidential().await;
    for (shown, status) in [
        (None, StatusCode::UNAUTHORIZED),
        (Some(format!("jms_{}", "A".repeat(43))), StatusCode::UNAUTHORIZED),
        (Some(secret.clone()), StatusCode::OK),
    ] {
        for in_header in [false, true] {
            let pkce = Pkce::new(1);
            let mut browser = Browser::default();
            let code = server.approve(&mut browser, &server.authorize_path(&client_id, &pkce, "s")).await;
            let answer = server.exchange_with_secret(&client_id, &code, &pkce, shown.as_deref(), in_header).await;
            assert_eq!(answer.status, status, "{shown:?} {in_header}: {}", answer.text());
            assert!(!answer.text().contains("Register"), "{}", answer.text());
        }
    }
}

/// SR-01
#[tokio::test]
async fn thousands_of_parameters_are_rejected() {
    let server = TestServer::new().await;
    let form: String = (0..8000).map(|n| format!("a{n}=1&")).collect();
    let headers = [("content-type", "application/x-www-form-urlencoded")];
    for path in ["/oauth/token", "/oauth/revoke"] {
        let answer = server.send(http::Method::POST, path, &headers, &form).await;
        assert_eq!(
            (answer.status, answer.json()["error"].as_str()),
            (StatusCode::BAD_REQUEST, Some("invalid_request"))
        );
    }
}
