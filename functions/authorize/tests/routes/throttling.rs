//! Limits of sign-in attempts.

use futures::future::join_all;
use http::{Method, StatusCode};
use jean_auth::throttle::{PASSWORD_PER_ACCOUNT, PASSWORD_PER_ACCOUNT_AND_SOURCE, PASSWORD_PER_SOURCE};
use jean_testing::{
    Browser, TestServer,
    account::signed_in,
    device::{Device, asking, make},
    log::told,
};
use jiff::SignedDuration;

const OWNER: &str = "owner@example.org";
const PROXY_SECRET: &str = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
const WRONG: [(&str, &str); 2] = [("email", OWNER), ("password", "wrong, wrong, wrong")];

/// A browser at its own address.
fn at(address: &str) -> Browser {
    Browser { address: Some(format!("{address}:443")), ..Browser::default() }
}

/// Signs in, and returns the status: 302 for a wrong password as well.
async fn sign_in(server: &TestServer, browser: &mut Browser, typed: &[(&str, &str)]) -> StatusCode {
    let page = browser.open(server, "/account/sign-in").await;
    browser.submit(server, &page.form("/account/sign-in"), typed).await.status
}

async fn signs_in(server: &TestServer, browser: &mut Browser) -> bool {
    sign_in(server, browser, &server.credentials()).await;
    browser.cookies.contains_key("jean_session")
}

/// AS-19
#[tokio::test]
async fn ten_wrong_passwords_block_sign_in_for_a_while() {
    let server = TestServer::new().await;
    let mut browser = Browser::default();
    for email in ["OWNER@example.org", " owner@example.org"].into_iter().cycle().take(10) {
        let typed = [("email", email), ("password", "wrong")];
        assert_eq!(sign_in(&server, &mut browser, &typed).await, StatusCode::FOUND);
        assert!(!browser.cookies.contains_key("jean_session"));
    }
    let form = browser.open(&server, "/account/sign-in").await.form("/account/sign-in");
    let closed = browser.submit(&server, &form, &server.credentials()).await;
    assert_eq!(closed.status, StatusCode::TOO_MANY_REQUESTS);
    assert!(closed.text().contains("href=\"/account/sign-in?return_to="), "{}", closed.text());
    let wait: i64 = closed.header("retry-after").parse().expect("seconds");
    server.turn_clock(SignedDuration::from_secs(wait));
    assert!(signs_in(&server, &mut browser).await);
}

/// SR-10
#[tokio::test]
async fn stranger_does_not_lock_the_owner_out() {
    let server = TestServer::new().await;
    let mut stranger = at("203.0.113.7");
    let mut last = StatusCode::OK;
    for _ in 0..PASSWORD_PER_ACCOUNT_AND_SOURCE.attempts + 40 {
        last = sign_in(&server, &mut stranger, &WRONG).await;
    }
    assert_eq!(last, StatusCode::TOO_MANY_REQUESTS);
    assert!(signs_in(&server, &mut at("198.51.100.1")).await, "from a new browser at another address");
}

/// SR-10
#[tokio::test]
async fn known_browser_has_its_own_budget() {
    let server = TestServer::new().await;
    let mut known = at("203.0.113.7");
    assert!(signs_in(&server, &mut known).await);
    known.cookies.remove("jean_session");
    // A botnet exhausts the account, and the source of everyone behind this proxy.
    for number in 0..PASSWORD_PER_ACCOUNT.attempts {
        sign_in(&server, &mut at(&format!("198.51.100.{}", number / 10)), &WRONG).await;
    }
    for number in 0..PASSWORD_PER_SOURCE.attempts {
        let email = format!("nobody-{number}@example.org");
        sign_in(&server, &mut at("203.0.113.7"), &[("email", &email), WRONG[1]]).await;
    }
    assert!(!signs_in(&server, &mut at("203.0.113.7")).await, "a new browser waits");
    assert!(!signs_in(&server, &mut at("192.0.2.1")).await, "at every address");
    let mut copy = known.clone();
    assert!(signs_in(&server, &mut known).await);
    // The cookie is no way around the limit, and admits to no other account.
    for _ in 0..10 {
        sign_in(&server, &mut copy, &WRONG).await;
    }
    assert_eq!(sign_in(&server, &mut copy, &server.credentials()).await, StatusCode::TOO_MANY_REQUESTS);
    server.add_user("bob@example.org").await;
    let bob = [("email", "bob@example.org"), server.credentials()[1]];
    assert_eq!(sign_in(&server, &mut copy, &bob).await, StatusCode::TOO_MANY_REQUESTS);
}

/// SR-10
#[tokio::test]
async fn concurrent_attempts_do_not_exceed_the_limit() {
    let server = TestServer::new().await;
    let mut browser = Browser::default();
    let form = browser.open(&server, "/account/sign-in").await.form("/account/sign-in");
    let attempts = (0..40).map(|_| {
        let (mut browser, server, form) = (browser.clone(), &server, &form);
        async move { browser.submit(server, form, &WRONG).await.status }
    });
    let admitted = join_all(attempts).await.into_iter().filter(|status| *status == StatusCode::FOUND).count();
    assert_eq!(admitted, PASSWORD_PER_ACCOUNT_AND_SOURCE.attempts as usize);
}

/// SR-10
#[tokio::test]
async fn successful_attempts_are_given_back() {
    let server = TestServer::new().await;
    for _ in 0..PASSWORD_PER_ACCOUNT_AND_SOURCE.attempts + 2 {
        assert!(signs_in(&server, &mut Browser::default()).await);
    }
}

/// SR-10
#[tokio::test]
async fn password_failures_do_not_block_passkeys() {
    let (server, mut device) = (TestServer::new().await, Device::default());
    make(&server, &mut device).await;
    for number in 0..PASSWORD_PER_SOURCE.attempts {
        let email = format!("owner@{}example.org", if number < 10 { "" } else { "not." });
        sign_in(&server, &mut Browser::default(), &[("email", &email), WRONG[1]]).await;
    }
    let mut browser = Browser::default();
    assert!(!signs_in(&server, &mut browser).await);
    let form = asking(&browser.open(&server, "/account/sign-in").await);
    let credential = device.sign(&form).await;
    browser.submit(&server, &form, &[("credential", &credential)]).await;
    assert!(browser.cookies.contains_key("jean_session"));
}

/// SR-10
#[tokio::test]
async fn lifted_lock_lets_known_and_new_browsers_in_at_once() {
    let server = TestServer::new().await;
    let (mut known, mut new) = (at("203.0.113.7"), at("198.51.100.1"));
    assert!(signs_in(&server, &mut known).await);
    known.cookies.remove("jean_session");
    for browser in [&mut known, &mut new] {
        for _ in 0..PASSWORD_PER_ACCOUNT_AND_SOURCE.attempts {
            sign_in(&server, browser, &WRONG).await;
        }
        assert!(!signs_in(&server, browser).await);
    }
    server.lift_lock(&server.owner().await).await;
    assert!(signs_in(&server, &mut known).await && signs_in(&server, &mut new).await);
    // The limits are as before.
    let mut stranger = at("198.51.100.1");
    for _ in 0..PASSWORD_PER_ACCOUNT_AND_SOURCE.attempts {
        assert_eq!(sign_in(&server, &mut stranger, &WRONG).await, StatusCode::FOUND);
    }
    assert_eq!(sign_in(&server, &mut stranger, &WRONG).await, StatusCode::TOO_MANY_REQUESTS);
}

/// SR-10
#[tokio::test]
async fn lifted_lock_of_an_account_frees_no_source() {
    let server = TestServer::new().await;
    for number in 0..PASSWORD_PER_SOURCE.attempts {
        let email = format!("nobody-{number}@example.org");
        sign_in(&server, &mut at("203.0.113.7"), &[("email", &email), WRONG[1]]).await;
    }
    server.lift_lock(&server.owner().await).await;
    assert!(!signs_in(&server, &mut at("203.0.113.7")).await);
}

/// Sends wrong passwords with another forwarded address each, and this secret of a proxy, and returns the last status.
async fn forwarded(server: &TestServer, attempts: u32, secret: &str) -> StatusCode {
    let mut browser = Browser::default();
    let form = browser.open(server, "/account/sign-in").await.form("/account/sign-in");
    let (content_type, body) = form.encode(&WRONG);
    let mut last = StatusCode::OK;
    for number in 0..attempts {
        let source = format!("203.0.113.{number}");
        let headers = [
            ("cookie", browser.cookie_header()),
            ("content-type", content_type.into()),
            ("sec-fetch-site", "same-origin".into()),
            ("x-forwarded-for", source.clone()),
            ("forwarded", format!("for={source}")),
            ("x-proxy-secret", secret.into()),
        ];
        let headers: Vec<_> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        last = server.send(Method::POST, &form.action, &headers, &body).await.status;
    }
    last
}

/// T-10
#[tokio::test]
async fn forged_forwarding_header_does_not_change_the_source() {
    let server = TestServer::new().await;
    assert_eq!(forwarded(&server, 11, PROXY_SECRET).await, StatusCode::TOO_MANY_REQUESTS);
}

/// SR-10
#[tokio::test]
async fn source_behind_a_trusted_proxy_is_the_forwarded_address() {
    let server = TestServer::with("TrustedProxies", "127.0.0.1").await;
    assert_eq!(forwarded(&server, 11, "").await, StatusCode::FOUND);
}

/// SR-10, T-10
#[tokio::test]
async fn source_behind_a_proxy_with_the_secret_is_the_forwarded_address() {
    let server = TestServer::with("ProxySecret", PROXY_SECRET).await;
    assert_eq!(forwarded(&server, 11, "guessed").await, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(forwarded(&server, 11, PROXY_SECRET).await, StatusCode::FOUND);
}

/// SR-10
#[tokio::test]
async fn signed_in_browser_is_remembered_for_its_accounts_only() {
    let server = TestServer::new().await;
    let browser = signed_in(&server).await;
    let cookie = &browser.cookies["jean_accounts"];
    assert_eq!(cookie.len(), 22, "{cookie}");
    assert!(!cookie.contains('@'));
}

/// SR-21
#[tokio::test]
async fn refused_sign_in_is_logged_with_user_and_hashed_source() {
    let server = TestServer::new().await;
    told();
    let user_id = server.owner().await.user_id;
    let refused = async |address: &str, email: &str| {
        sign_in(&server, &mut at(address), &[("email", email), WRONG[1]]).await;
        let log = told();
        assert!(!log.contains(address), "{log}");
        let line = log.lines().find(|line| line.contains("sign_in_refused")).expect("a line").to_owned();
        let source = line.split("source=\"").nth(1).and_then(|rest| rest.split('"').next()).expect("a source");
        (line.contains(&format!("user_id={user_id}")), source.to_owned())
    };
    let (known, source) = refused("203.0.113.7", OWNER).await;
    assert!(known);
    assert_eq!(source.len(), 11);
    assert_eq!(refused("203.0.113.7", "nobody@example.org").await, (false, source.clone()));
    assert_ne!(refused("203.0.113.8", OWNER).await.1, source);
}
