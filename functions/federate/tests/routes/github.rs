//! GitHub, which has no id token.

use http::StatusCode;
use jean_auth::identity_provider::GITHUB;
use jean_testing::{
    Browser, TestServer,
    account::signed_in as owner_signed_in,
    identity_provider::{Fault, ProviderAccount},
};
use serde_json::json;

use crate::stage::{link, sign_in, signed_in, to_provider};

async fn server() -> TestServer {
    let github = json!([{"id": "github", "label": "GitHub", "issuer": GITHUB, "client_id": "c3", "sign_up": "open"}]);
    let secrets = json!({"github": "secret of c3"}).to_string();
    let parameters = [("IdentityProviders", &*github.to_string()), ("IdentitySecretsJson", &secrets)];
    let server = TestServer::with_all(&parameters).await;
    server.identities.start(GITHUB, server.now().as_second());
    server
}

/// A user of GitHub. The id is a number.
fn ada() -> ProviderAccount {
    ProviderAccount::new("", "ada@example.com").with("sub", json!(4711))
}

/// SR-30
#[tokio::test]
async fn user_signs_up_with_github_and_is_found_by_number() {
    let server = server().await;
    let mut browser = Browser::default();
    assert_eq!(sign_in(&server, &mut browser, "github", &ada()).await.location(), "/account/connect");
    let renamed = ada().with("email", json!("lovelace@example.com"));
    let mut other = Browser::default();
    sign_in(&server, &mut other, "github", &renamed).await;
    assert_eq!(signed_in(&server, &mut other).await.as_deref(), Some("ada@example.com"));
    let url = to_provider(&server, &mut other, "github").await;
    assert!(url.contains("&prompt=select_account"), "{url}");
}

/// The second address is verified, but only the primary one counts.
///
/// SR-31
#[tokio::test]
async fn unverified_primary_address_creates_no_account() {
    let server = server().await;
    let refused =
        sign_in(&server, &mut Browser::default(), "github", &ada().with("email_verified", json!(false))).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
}

/// SR-30
#[tokio::test]
async fn account_of_github_is_linked() {
    let server = server().await;
    let mut owner = owner_signed_in(&server).await;
    assert_eq!(link(&server, &mut owner, "github", &ada()).await.location(), "/account/identities");
    let mut other = Browser::default();
    sign_in(&server, &mut other, "github", &ada()).await;
    assert_eq!(signed_in(&server, &mut other).await.as_deref(), Some("owner@example.org"));
}

/// SR-31
#[tokio::test]
async fn refused_code_or_foreign_answer_signs_nobody_in() {
    let server = server().await;
    let mut browser = Browser::default();
    let url = to_provider(&server, &mut browser, "github").await;
    let answer = server.identities.sign_in(&url, &ada());
    let foreign = server.path(&answer).replace("github.com", "gitlab.com");
    assert_eq!(browser.open(&server, &foreign).await.status, StatusCode::BAD_REQUEST);
    for fault in [Fault::RefusesCode, Fault::Down, Fault::Oversized] {
        server.identities.fails(GITHUB, Some(fault));
        let refused = sign_in(&server, &mut browser, "github", &ada()).await;
        assert_eq!(refused.status, StatusCode::FAILED_DEPENDENCY, "{fault:?}");
    }
    assert_eq!(signed_in(&server, &mut browser).await, None);
}
