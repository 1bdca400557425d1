use proptest::prelude::*;

use super::*;
use crate::{
    keys::{RootSecret, SigningSecret, test_secret},
    testing,
};

const LIFETIMES: Lifetimes = Lifetimes {
    access_token: SignedDuration::from_hours(1),
    sliding: SignedDuration::from_hours(90 * 24),
    absolute: SignedDuration::from_hours(365 * 24),
    grace: SignedDuration::from_secs(60),
};

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).expect("in range")
}

fn secret(byte: u8) -> RootSecret {
    test_secret(byte, None)
}

fn keys() -> RootKeyring {
    RootKeyring::new(secret(1), None)
}

fn client() -> AuthenticatedClient {
    testing::authenticated_client("claude_abc123")
}

fn first() -> RefreshToken {
    RefreshToken::new("ada".parse().expect("valid"), [1; 16], [2; 32])
}

fn grant() -> Grant {
    Grant {
        grant_id: first().grant_id(),
        user_id: "ada".parse().expect("valid"),
        email: "ada@example.org".parse().expect("valid"),
        client_id: client().client_id.clone(),
        client: "claude".parse().expect("valid"),
        client_host: None,
        given_name: None,
        scope: Scopes::all(),
        created_at: at(0),
        expires_at: Grant::expiry(at(0), at(0), &LIFETIMES),
        family: RefreshFamily::new(&first()),
    }
}

/// Refreshes and stores the result.
fn refresh(
    grant: &mut Grant,
    token: &RefreshToken,
    keys: &RootKeyring,
    now: i64,
) -> Result<RefreshToken, Unrefreshable> {
    refresh_from(grant, token, keys, "192.0.2.1", now)
}

fn refresh_from(
    grant: &mut Grant,
    token: &RefreshToken,
    keys: &RootKeyring,
    source: &str,
    now: i64,
) -> Result<RefreshToken, Unrefreshable> {
    match grant.refresh(token, Presenter { client: &client(), source }, keys, &LIFETIMES, at(now))? {
        Refresh::Rotate { token, family, expires_at } => {
            grant.family = family;
            grant.expires_at = expires_at;
            Ok(token)
        }
        Refresh::Repeat(token) => Ok(token),
    }
}

#[test]
fn refreshed_at_is_the_last_refresh() {
    let mut grant = grant();
    assert_eq!(grant.refreshed_at(), at(0));
    let second = refresh(&mut grant, &first(), &keys(), 100).expect("fresh");
    assert_eq!(grant.refreshed_at(), at(100));
    refresh(&mut grant, &second, &keys(), 200).expect("fresh");
    assert_eq!(grant.refreshed_at(), at(200));
}

/// AS-11
#[test]
fn token_changes_with_every_refresh() {
    let mut grant = grant();
    let second = refresh(&mut grant, &first(), &keys(), 10).expect("current");
    assert_ne!(second.hash(), first().hash());
    assert_eq!(second.grant_id(), grant.grant_id);
    assert!(refresh(&mut grant, &second, &keys(), 20).is_ok());
}

/// AS-11, SR-23
#[test]
fn retry_within_the_grace_returns_the_current_token() {
    let mut grant = grant();
    let second = refresh(&mut grant, &first(), &keys(), 10).expect("current");
    let again = refresh(&mut grant, &first(), &keys(), 70).expect("within 60 s");
    assert_eq!(again.hash(), second.hash());
    let third = refresh(&mut grant, &second, &keys(), 70).expect("current");
    let again = refresh(&mut grant, &first(), &keys(), 70).expect("two rotations ago, within 60 s");
    assert_eq!(again.hash(), third.hash());
}

/// AS-11, SR-23
#[test]
fn reuse_after_the_grace_is_detected() {
    let mut grant = grant();
    refresh(&mut grant, &first(), &keys(), 10).expect("current");
    assert_eq!(refresh(&mut grant, &first(), &keys(), 71).unwrap_err(), Unrefreshable::Reused);
}

/// SR-23
#[test]
fn other_source_within_the_grace_is_seen_across_a_secret_rotation() {
    let mut grant = grant();
    let has_other = |grant: &Grant, source: &str, keys: &RootKeyring, now| {
        grant.has_other_source(source, keys, &LIFETIMES, at(now))
    };
    assert!(!has_other(&grant, "192.0.2.1", &keys(), 10), "it was never refreshed");
    let second = refresh(&mut grant, &first(), &keys(), 10).expect("current");
    let rotated = RootKeyring::new(secret(2), Some(secret(1)));
    for keys in [keys(), rotated] {
        assert!(!has_other(&grant, "192.0.2.1", &keys, 70));
        assert!(has_other(&grant, "192.0.2.2", &keys, 70));
        assert!(!has_other(&grant, "192.0.2.2", &keys, 71), "the grace is over");
    }
    refresh_from(&mut grant, &second, &keys(), "192.0.2.2", 20).expect("current");
    assert!(has_other(&grant, "192.0.2.1", &keys(), 30));
    assert!(has_other(&grant, "192.0.2.2", &keys(), 30), "both have refreshed");
    let stored = serde_json::to_string(&grant).expect("serialises");
    assert!(!stored.contains("192.0.2"), "{stored}");
    let other = Grant { grant_id: "another".parse().expect("valid"), ..grant.clone() };
    assert!(has_other(&other, "192.0.2.2", &keys(), 70), "hashes of two grants cannot be matched");
    for old in &mut grant.family.superseded {
        old.by = None;
    }
    assert!(!has_other(&grant, "192.0.2.3", &keys(), 30), "stored by an older release");
}

/// T-03
#[test]
fn foreign_token_is_rejected_first() {
    let other = testing::authenticated_client("cursor_abc123");
    let reused = RefreshToken::new("ada".parse().expect("valid"), [1; 16], [9; 32]);
    let refused =
        grant().refresh(&reused, Presenter { client: &other, source: "192.0.2.1" }, &keys(), &LIFETIMES, at(0));
    assert_eq!(refused.unwrap_err(), Unrefreshable::Foreign);
}

/// AS-22
#[test]
fn retry_works_across_a_secret_rotation() {
    let mut grant = grant();
    let second = refresh(&mut grant, &first(), &keys(), 10).expect("current");
    let rotated = RootKeyring::new(secret(2), Some(secret(1)));
    let again = refresh(&mut grant, &first(), &rotated, 20).expect("within the grace");
    assert_eq!(again.hash(), second.hash());
    let third = refresh(&mut grant, &second, &rotated, 30).expect("current");
    let again = refresh(&mut grant, &first(), &rotated, 40).expect("across both keys");
    assert_eq!(again.hash(), third.hash());
}

#[test]
fn expiry_slides_up_to_the_absolute_lifetime() {
    let day = 24 * 3600;
    let mut grant = grant();
    let mut token = first();
    for days in [80, 160, 240, 320] {
        token = refresh(&mut grant, &token, &keys(), days * day).expect("alive");
    }
    assert_eq!(grant.expires_at, at(365 * day));
    assert_eq!(refresh(&mut grant, &token, &keys(), 365 * day).unwrap_err(), Unrefreshable::Expired);
}

#[test]
fn constant_refreshing_is_bounded() {
    let mut grant = grant();
    let mut token = first();
    for _ in 0..1000 {
        token = refresh(&mut grant, &token, &keys(), 10).expect("current");
    }
    assert!(grant.family.superseded.len() <= REMEMBERED);
    assert!(refresh(&mut grant, &first(), &keys(), 10).is_ok(), "the very first is still within its grace");
}

proptest! {
    #[test]
    fn a_refresh_token_reads_back_as_it_was_written(handle: [u8; 16], entropy: [u8; 32], user in "[A-Za-z0-9_-]{1,64}") {
        let token = RefreshToken::new(user.parse().expect("valid"), handle, entropy);
        let read: RefreshToken = token.expose().parse().expect("own text");
        prop_assert_eq!(read.hash(), token.hash());
        prop_assert_eq!(read.grant_id(), token.grant_id());
        prop_assert_eq!(read.user_id(), token.user_id());
    }

    #[test]
    fn no_text_makes_the_parser_panic(text in "(jmr_)?.{0,150}") {
        let _ = text.parse::<RefreshToken>();
    }
}

/// The root secret of a release that derived every key from the signing secret.
fn former() -> RootSecret {
    test_secret::<SigningSecret>(9, None).as_former_root().expect("a secret")
}

/// SR-14: an attacker verifies access tokens, so holds the signing secret, and a client's log may hold a replaced refresh token.
#[test]
fn holder_of_the_signing_secret_cannot_derive_the_live_token() {
    let mut grant = grant();
    let live = refresh(&mut grant, &first(), &keys(), 10).expect("current");
    let attacker = RootKeyring::new(former(), None);
    let guess = first().next(&attacker.primary().derive(Purpose::Rotation));
    assert_ne!(guess.hash(), live.hash());
    assert_eq!(refresh(&mut grant, &first(), &attacker, 20).unwrap_err(), Unrefreshable::Lost);
}

/// SR-14, AS-11: a retry finds the token that a release before the root secret has derived.
#[test]
fn retry_works_across_the_upgrade() {
    let mut grant = grant();
    let live = refresh(&mut grant, &first(), &RootKeyring::new(former(), None), 10).expect("current");
    let upgraded = RootKeyring::new(secret(1), Some(former()));
    assert_eq!(refresh(&mut grant, &first(), &upgraded, 20).expect("within the grace").hash(), live.hash());
}
