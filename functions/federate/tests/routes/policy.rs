//! The rules of the operator: who may sign in and sign up with a provider.

use http::StatusCode;
use jean_testing::{Browser, identity_provider::ProviderAccount};
use serde_json::json;

use crate::stage::{ada, empty, server, sign_in, signed_in};

/// SR-30
#[tokio::test]
async fn account_with_the_same_address_is_not_taken_over() {
    let server = server().await;
    let attacker = ProviderAccount::new("attacker", "Owner@Example.org");
    for provider in ["open", "closed"] {
        let mut browser = Browser::default();
        let refused = sign_in(&server, &mut browser, provider, &attacker).await;
        assert_eq!(refused.status, StatusCode::CONFLICT);
        let text = refused.text();
        assert!(text.contains("There is an account with your email address already"), "{text}");
        assert!(text.contains("/account/sign-in?return_to=%2Faccount%2Fidentities"), "{text}");
        assert_eq!(signed_in(&server, &mut browser).await, None);
    }
    assert!(!server.everything_kept().await.contains("IDENTITY"));
}

/// SR-31
#[tokio::test]
async fn unverified_address_creates_no_account() {
    let server = empty(&json!({}), &[]).await;
    for account in [
        ada().with("email_verified", json!(false)),
        ada().with("email_verified", json!("false")),
        ada().with("email_verified", json!(null)),
        ada().with("email", json!(null)),
        ada().with("email", json!("not an address")),
    ] {
        let refused = sign_in(&server, &mut Browser::default(), "open", &account).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN, "{account:?}");
        assert!(refused.text().contains("has not verified your email address"), "{}", refused.text());
    }
    assert!(!server.everything_kept().await.contains("IDENTITY"));
}

/// Microsoft Entra sends no `email_verified`.
///
/// SR-31
#[tokio::test]
async fn operator_can_vouch_for_addresses() {
    let server = empty(&json!({"trust_email": true}), &[]).await;
    let mut browser = Browser::default();
    sign_in(&server, &mut browser, "open", &ada().with("email_verified", json!(null))).await;
    assert_eq!(signed_in(&server, &mut browser).await.as_deref(), Some("ada@example.com"));
    let denied = ProviderAccount::new("bob-1", "bob@example.com").with("email_verified", json!(false));
    assert_eq!(sign_in(&server, &mut Browser::default(), "open", &denied).await.status, StatusCode::FORBIDDEN);
}

/// SR-31
#[tokio::test]
async fn address_outside_of_the_allowed_domains_is_refused() {
    let server = empty(&json!({"allowed": ["example.com", "bob@other.example"]}), &[]).await;
    for (email, status) in [
        ("ada@example.com", StatusCode::FOUND),
        ("bob@other.example", StatusCode::FOUND),
        ("eve@other.example", StatusCode::FORBIDDEN),
        ("eve@sub.example.com", StatusCode::FORBIDDEN),
    ] {
        let answer = sign_in(&server, &mut Browser::default(), "open", &ProviderAccount::new(email, email)).await;
        assert_eq!(answer.status, status, "{email}");
        assert_eq!(answer.text().contains("may not be used here"), status == StatusCode::FORBIDDEN);
    }
    // The rule holds for linked accounts, too.
    let moved = ProviderAccount::new("ada@example.com", "ada@elsewhere.example");
    assert_eq!(sign_in(&server, &mut Browser::default(), "open", &moved).await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn provider_without_sign_up_creates_no_account() {
    let server = empty(&json!({}), &[("SignUp", "open")]).await;
    let refused = sign_in(&server, &mut Browser::default(), "closed", &ada()).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    assert!(refused.text().contains("Ask the operator of this server for an invitation"), "{}", refused.text());
}

/// SR-30
#[tokio::test]
async fn owner_may_come_through_a_provider() {
    let server = empty(&json!({}), &[("OwnerEmail", "Ada@example.com")]).await;
    let link = server.password_link(None).await;
    let other = ProviderAccount::new("eve-1", "eve@example.com");
    assert_eq!(sign_in(&server, &mut Browser::default(), "closed", &other).await.status, StatusCode::FORBIDDEN);
    let unverified = ada().with("email_verified", json!(false));
    assert_eq!(sign_in(&server, &mut Browser::default(), "closed", &unverified).await.status, StatusCode::FORBIDDEN);
    let mut browser = Browser::default();
    sign_in(&server, &mut browser, "closed", &ada()).await;
    assert_eq!(signed_in(&server, &mut browser).await.as_deref(), Some("ada@example.com"));
    // The link for the first account creates no other one.
    let mut thief = Browser::default();
    let page = thief.open(&server, &link).await;
    let typed = [("email", "eve@example.com"), ("password", "correct horse battery staple")];
    let refused = thief.submit(&server, &page.form("/account/password"), &typed).await;
    assert_eq!(refused.status, StatusCode::NOT_FOUND);
    // Another account with the owner's address does not become the owner.
    let second = ProviderAccount::new("ada-2", "ada@example.com");
    assert_eq!(sign_in(&server, &mut Browser::default(), "closed", &second).await.status, StatusCode::CONFLICT);
}

/// SR-33
#[tokio::test]
async fn provider_does_not_sign_in_to_a_disabled_account() {
    let server = empty(&json!({}), &[]).await;
    sign_in(&server, &mut Browser::default(), "open", &ada()).await;
    let user = server.user("ada@example.com").await;
    server.disable(&user).await;
    for _ in 0..2 {
        let mut browser = Browser::default();
        let refused = sign_in(&server, &mut browser, "open", &ada()).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN);
        assert!(refused.text().contains("This account is disabled"), "{}", refused.text());
        assert_eq!(signed_in(&server, &mut browser).await, None);
    }
    // Another account with the same address, at the same or another provider, signs in no better.
    for provider in ["open", "closed"] {
        let other = ProviderAccount::new("ada-2", "ada@example.com");
        let refused = sign_in(&server, &mut Browser::default(), provider, &other).await;
        assert_eq!(refused.status, StatusCode::CONFLICT);
    }
    server.enable(&user).await;
    assert_eq!(sign_in(&server, &mut Browser::default(), "open", &ada()).await.location(), "/account");
}

/// SR-33, SR-30
#[tokio::test]
async fn disabled_user_links_no_account() {
    let server = server().await;
    let mut browser = jean_testing::account::bob(&server).await;
    let page = browser.open(&server, "/account/identities").await;
    let to_provider = browser.submit(&server, &page.form("/account/identities"), &[("link", "closed")]).await;
    server.disable(&server.user("bob@example.org").await).await;
    let answer = server.identities.sign_in(to_provider.location(), &ada());
    let refused = browser.open(&server, server.path(&answer)).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    assert!(!server.everything_kept().await.contains("IDENTITY"));
}

/// SR-32
#[tokio::test]
async fn owner_email_makes_the_first_account_the_owner_and_no_later_one() {
    let server = empty(&json!({}), &[("OwnerEmail", "ada@example.com")]).await;
    // The first account is no owner if OwnerEmail names another address.
    let bob = ProviderAccount::new("bob-1", "bob@example.com");
    sign_in(&server, &mut Browser::default(), "open", &bob).await;
    assert!(!server.user("bob@example.com").await.is_owner);
    sign_in(&server, &mut Browser::default(), "closed", &ada()).await;
    assert!(!server.user("ada@example.com").await.is_owner, "there was an account before");

    let server = empty(&json!({}), &[("OwnerEmail", "ada@example.com")]).await;
    sign_in(&server, &mut Browser::default(), "closed", &ada()).await;
    assert!(server.user("ada@example.com").await.is_owner);
    sign_in(&server, &mut Browser::default(), "open", &bob).await;
    assert!(!server.user("bob@example.com").await.is_owner);
}
