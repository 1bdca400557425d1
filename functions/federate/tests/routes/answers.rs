//! Answers of providers that must not sign anyone in (SR-31).

use http::StatusCode;
use jean_testing::{Browser, identity_provider::Fault};
use jiff::SignedDuration;
use serde_json::json;

use crate::stage::{CLOSED, OPEN, ada, empty, server, sign_in, sign_in_with, signed_in, to_provider};

/// SR-31
#[tokio::test]
async fn expiry_has_a_minute_of_leeway() {
    let server = empty(&json!({}), &[]).await;
    for (behind, status) in [(359, StatusCode::FOUND), (361, StatusCode::BAD_REQUEST)] {
        // The provider's clock is behind, and its tokens live for 300 seconds.
        server.identities.set_clock(OPEN, server.now().as_second() - behind);
        assert_eq!(sign_in(&server, &mut Browser::default(), "open", &ada()).await.status, status, "{behind}");
    }
    for (ahead, status) in [(59, StatusCode::FOUND), (61, StatusCode::BAD_REQUEST)] {
        server.identities.set_clock(OPEN, server.now().as_second() + ahead);
        assert_eq!(sign_in(&server, &mut Browser::default(), "open", &ada()).await.status, status, "{ahead}");
    }
}

/// SR-31
#[tokio::test]
async fn unknown_key_is_looked_for_every_ten_seconds_at_most() {
    let server = empty(&json!({}), &[]).await;
    let mut browser = Browser::default();
    sign_in(&server, &mut browser, "open", &ada()).await;
    let fetches = || server.identities.requests(OPEN).iter().filter(|path| *path == "/keys").count();
    assert_eq!(fetches(), 1);
    server.turn_clock(SignedDuration::from_secs(10));
    server.identities.rotate_key(OPEN);
    assert_eq!(sign_in(&server, &mut browser, "open", &ada()).await.status, StatusCode::FOUND);
    assert_eq!(fetches(), 2);
    for _ in 0..3 {
        assert_eq!(sign_in_with(&server, Fault::UnknownKey).await.status, StatusCode::BAD_REQUEST);
        server.identities.fails(OPEN, None);
    }
    assert_eq!(fetches(), 2);
}

/// SR-31
#[tokio::test]
async fn answer_signs_in_once() {
    let server = empty(&json!({}), &[]).await;
    let mut browser = Browser::default();
    let url = to_provider(&server, &mut browser, "open").await;
    let answer = server.identities.sign_in(&url, &ada());
    assert_eq!(browser.open(&server, server.path(&answer)).await.status, StatusCode::FOUND);
    let replayed = browser.open(&server, server.path(&answer)).await;
    assert_eq!(replayed.status, StatusCode::BAD_REQUEST);
    assert!(replayed.text().contains("was completed already"), "{}", replayed.text());
    assert_eq!(server.identities.requests(OPEN).iter().filter(|path| *path == "/token").count(), 1);
}

/// An attacker could otherwise have a user's browser continue the attacker's own sign-in (login CSRF).
///
/// SR-31
#[tokio::test]
async fn answer_in_another_browser_is_rejected() {
    let server = empty(&json!({}), &[]).await;
    let mut attacker = Browser::default();
    let url = to_provider(&server, &mut attacker, "open").await;
    let answer = server.identities.sign_in(&url, &ada());
    // One victim has a request of their own, the other has none.
    let mut victim = Browser::default();
    to_provider(&server, &mut victim, "open").await;
    for mut victim in [victim, Browser::default()] {
        let refused = victim.open(&server, server.path(&answer)).await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST);
        assert_eq!(signed_in(&server, &mut victim).await, None);
    }
    // Their attempts have not used it up.
    assert_eq!(attacker.open(&server, server.path(&answer)).await.status, StatusCode::FOUND);
}

/// SR-31
#[tokio::test]
async fn answer_expires_after_ten_minutes() {
    let server = empty(&json!({}), &[]).await;
    for (minutes, status) in [(9, StatusCode::FOUND), (10, StatusCode::BAD_REQUEST)] {
        let mut browser = Browser::default();
        let url = to_provider(&server, &mut browser, "open").await;
        server.turn_clock(SignedDuration::from_mins(minutes));
        server.identities.set_clock(OPEN, server.now().as_second());
        let answer = server.identities.sign_in(&url, &ada());
        assert_eq!(browser.open(&server, server.path(&answer)).await.status, status, "{minutes}");
    }
}

/// RFC 9207: the attacker's provider redirects to the honest one, and the browser delivers the honest one's code to the
/// attacker's redirect URI, or the other way round.
///
/// SR-31
#[tokio::test]
async fn answer_of_another_provider_is_rejected() {
    let server = server().await;
    let issuer: String = url::form_urlencoded::byte_serialize(CLOSED.as_bytes()).collect();
    let other: String = url::form_urlencoded::byte_serialize(OPEN.as_bytes()).collect();
    for (part, replacement, status) in [
        ("/federate/closed/", "/federate/open/", StatusCode::BAD_REQUEST),
        ("/federate/closed/", "/federate/none/", StatusCode::NOT_FOUND),
        (issuer.as_str(), other.as_str(), StatusCode::BAD_REQUEST),
        (&format!("&iss={issuer}"), "", StatusCode::BAD_REQUEST),
    ] {
        let mut browser = Browser::default();
        let url = to_provider(&server, &mut browser, "closed").await;
        let answer = server.identities.sign_in(&url, &ada());
        let mixed_up = server.path(&answer).replace(part, replacement);
        assert_ne!(mixed_up, server.path(&answer));
        assert_eq!(browser.open(&server, &mixed_up).await.status, status, "{mixed_up}");
    }
    for issuer in [OPEN, CLOSED] {
        assert!(server.identities.requests(issuer).iter().all(|path| path != "/token"), "a code was sent to {issuer}");
    }
}

/// SR-31
#[tokio::test]
async fn malformed_answer_is_rejected() {
    let server = server().await;
    let mut browser = Browser::default();
    let url = to_provider(&server, &mut browser, "open").await;
    for query in ["", "state=", "state=x", "code=x", "state=jmi_x&code=x", "state=a&state=b", "%00=%ff"] {
        let refused = browser.open(&server, &format!("/federate/open/callback?{query}")).await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{query}");
    }
    let without_code = server.identities.refuse(&url, "").replace("&error=", "");
    assert_eq!(browser.open(&server, server.path(&without_code)).await.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn cancelled_sign_in_is_no_error() {
    let server = server().await;
    let mut browser = Browser::default();
    for (error, status, text) in [
        ("access_denied", StatusCode::OK, "You did not continue with Open ID."),
        ("server_error", StatusCode::BAD_REQUEST, "Open ID reported an error: server_error."),
        ("<script>alert(1)</script>", StatusCode::BAD_REQUEST, "&#60;script&#62;"),
    ] {
        let url = to_provider(&server, &mut browser, "open").await;
        let page = browser.open(&server, server.path(&server.identities.refuse(&url, error))).await;
        assert_eq!(page.status, status, "{error}");
        assert!(page.text().contains(text), "{error}: {}", page.text());
        assert!(page.text().contains("<a href=\"/account\""), "{}", page.text());
    }
}

/// SR-31
#[tokio::test]
async fn provider_that_fails_before_the_sign_in_is_no_server_error() {
    for fault in [Fault::Down, Fault::Oversized, Fault::OtherMetadata] {
        let server = server().await;
        server.identities.fails(OPEN, Some(fault));
        let mut browser = Browser::default();
        let page = browser.open(&server, "/account/sign-in").await;
        let refused = browser.submit(&server, &page.form("/federate"), &[("provider", "open")]).await;
        assert_eq!(refused.status, StatusCode::FAILED_DEPENDENCY, "{fault:?}");
        assert!(refused.text().contains("Open ID cannot be reached"), "{fault:?}: {}", refused.text());
        // The next attempt succeeds.
        server.identities.fails(OPEN, None);
        assert!(to_provider(&server, &mut browser, "open").await.starts_with(OPEN));
    }
}

/// SR-31
#[tokio::test]
async fn provider_that_fails_after_the_sign_in_is_no_server_error() {
    for fault in [Fault::Down, Fault::Oversized, Fault::RefusesCode] {
        let refused = sign_in_with(&server().await, fault).await;
        assert_eq!(refused.status, StatusCode::FAILED_DEPENDENCY, "{fault:?}: {}", refused.text());
    }
}

/// SR-31
#[tokio::test]
async fn stored_documents_are_used_for_a_day_if_the_provider_is_down() {
    let server = server().await;
    to_provider(&server, &mut Browser::default(), "open").await;
    server.identities.fails(OPEN, Some(Fault::Down));
    server.turn_clock(SignedDuration::from_hours(23));
    assert!(to_provider(&server, &mut Browser::default(), "open").await.starts_with(OPEN));
    server.turn_clock(SignedDuration::from_hours(1));
    let mut browser = Browser::default();
    let page = browser.open(&server, "/account/sign-in").await;
    let refused = browser.submit(&server, &page.form("/federate"), &[("provider", "open")]).await;
    assert_eq!(refused.status, StatusCode::FAILED_DEPENDENCY);
}

/// SR-31
#[tokio::test(start_paused = true)]
async fn silent_provider_is_given_up_within_the_time_of_the_function() {
    let server = server().await;
    let mut browser = Browser::default();
    let page = browser.open(&server, "/account/sign-in").await;
    server.identities.fails(OPEN, Some(Fault::Silent));
    let begun = tokio::time::Instant::now();
    let refused = browser.submit(&server, &page.form("/federate"), &[("provider", "open")]).await;
    assert_eq!(refused.status, StatusCode::FAILED_DEPENDENCY);
    assert!(begun.elapsed() < std::time::Duration::from_secs(9), "{:?}", begun.elapsed());
}

/// The token endpoint, and the key set after a rotation, are asked at the callback only.
///
/// SR-31
#[tokio::test(start_paused = true)]
async fn provider_that_falls_silent_after_the_sign_in_is_given_up_within_the_time_of_the_function() {
    for (fault, asked_last) in [(Fault::Silent, "/token"), (Fault::SilentKeys, "/keys")] {
        let server = server().await;
        let mut browser = Browser::default();
        let url = to_provider(&server, &mut browser, "open").await;
        server.turn_clock(SignedDuration::from_secs(10));
        server.identities.rotate_key(OPEN);
        server.identities.fails(OPEN, Some(fault));
        let answer = server.identities.sign_in(&url, &ada());
        let begun = tokio::time::Instant::now();
        let given_up = browser.open(&server, server.path(&answer)).await;
        assert!(begun.elapsed() < std::time::Duration::from_secs(9), "{fault:?}: {:?}", begun.elapsed());
        assert_eq!(server.identities.requests(OPEN).last().map(String::as_str), Some(asked_last), "{fault:?}");
        assert_eq!(given_up.status, StatusCode::FAILED_DEPENDENCY, "{fault:?}");
        assert!(given_up.text().contains("Try again in a moment, or sign in another way."), "{}", given_up.text());
        assert!(given_up.text().contains("<a href=\"/account\""), "{}", given_up.text());
        assert_eq!(signed_in(&server, &mut browser).await, None, "{fault:?}");
        // The next attempt succeeds.
        server.identities.fails(OPEN, None);
        assert_eq!(sign_in(&server, &mut browser, "open", &ada()).await.status, StatusCode::FOUND, "{fault:?}");
    }
}

/// SR-01
#[tokio::test]
async fn requests_to_providers_are_limited_by_source() {
    let server = server().await;
    let mut browser = Browser::default();
    let page = browser.open(&server, "/account/sign-in").await;
    let form = page.form("/federate");
    for _ in 0..100 {
        assert_eq!(browser.submit(&server, &form, &[("provider", "open")]).await.status, StatusCode::FOUND);
    }
    let refused = browser.submit(&server, &form, &[("provider", "open")]).await;
    assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS);
    assert!(refused.headers.contains_key("retry-after"));
}
