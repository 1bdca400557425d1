//! A key pair that signs access tokens, in new and older stacks.

use super::*;

/// SR-14: the `kid`s that sign and verify access tokens at a time, the signing one first.
async fn kids(platform: &Platform, now: i64) -> (String, Vec<String>) {
    let keys = SigningKeys::load(platform).await.expect("loads").keyring_at(at(now));
    let known = ["v1".into(), "v2".into(), pair('1'), pair('2'), pair('3')];
    (keys.primary().kid().to_owned(), known.into_iter().filter(|kid| keys.named(kid).is_some()).collect())
}

/// The `kid` of the key pair of a version.
fn pair(byte: char) -> String {
    SigningSecret::key_pair(strong(byte).as_bytes(), Some("any")).expect("strong").kid().to_owned()
}

/// A platform with a key pair beside the signing secret `v1`, which is created at 0.
fn with_pairs(pairs: &[(&'static str, &'static str, char, i64)], now: i64) -> Platform {
    let secrets = manager(&[("AWSCURRENT", "v1", 's', 0)]);
    secrets.lock().expect("not poisoned").root = stages(pairs);
    let variables = [ARN, ("ACCESS_TOKEN_KEY_ARN", ROOT_ARN.1)];
    Platform { clock: Clock::new(move || at(now)), ..platform(&variables, secrets) }
}

const HOUR: i64 = 60 * MINUTE;

/// SR-14
#[tokio::test]
async fn key_pair_of_a_new_stack_signs_at_once_and_alone() {
    let platform = with_pairs(&[("AWSCURRENT", "p1", '1', 5)], 5);
    assert_eq!(kids(&platform, 5).await, (pair('1'), vec![pair('1')]));
}

/// SR-14: verifiers have the key before a token of it, and tokens of the secret live on.
#[tokio::test]
async fn key_pair_of_an_older_stack_signs_after_an_hour() {
    let pairs = [("AWSCURRENT", "p1", '1', DAY)];
    let signs_at = DAY + HOUR;
    for (now, signing, verifying) in [
        (DAY, "v1".into(), vec!["v1".into(), pair('1')]),
        (signs_at - 1, "v1".into(), vec!["v1".into(), pair('1')]),
        (signs_at, pair('1'), vec!["v1".into(), pair('1')]),
        (signs_at + DAY - 1, pair('1'), vec!["v1".into(), pair('1')]),
        (signs_at + DAY, pair('1'), vec![pair('1')]),
    ] {
        assert_eq!(kids(&with_pairs(&pairs, now), now).await, (signing.clone(), verifying.clone()), "{now}");
        // A warm instance that loaded them at the beginning.
        assert_eq!(kids(&with_pairs(&pairs, DAY), now).await, (signing, verifying), "{now}");
    }
}

/// SR-14: tokens of both versions of the secret live on if it was rotated within the hour before.
#[tokio::test]
async fn key_pair_after_a_rotation_of_the_secret_signs_after_an_hour() {
    let signs_at = DAY + HOUR;
    let both = || vec!["v1".into(), "v2".into(), pair('1')];
    for (now, signing, verifying) in
        [(DAY, "v2".into(), both()), (signs_at, pair('1'), both()), (signs_at + DAY, pair('1'), vec![pair('1')])]
    {
        let secrets = manager(&[("AWSPREVIOUS", "v1", 's', 0), ("AWSCURRENT", "v2", 't', DAY - 20 * MINUTE)]);
        secrets.lock().expect("not poisoned").root = stages(&[("AWSCURRENT", "p1", '1', DAY)]);
        let variables = [ARN, ("ACCESS_TOKEN_KEY_ARN", ROOT_ARN.1)];
        let platform = Platform { clock: Clock::new(move || at(now)), ..platform(&variables, secrets) };
        assert_eq!(kids(&platform, now).await, (signing, verifying), "{now}");
    }
}

/// SR-14, AS-22: the public key is published for an hour before it signs.
#[tokio::test]
async fn rotated_key_pair_is_published_before_it_signs() {
    let created = 30 * DAY;
    let pending = [("AWSCURRENT", "p1", '1', 0), ("AWSPENDING", "p2", '2', created)];
    assert_eq!(kids(&with_pairs(&pending, created), created).await, (pair('1'), vec![pair('1'), pair('2')]));
    let rotated =
        [("AWSPREVIOUS", "p1", '1', 0), ("AWSCURRENT", "p2", '2', created), ("AWSPENDING", "p2", '2', created)];
    for (now, signing, verifying) in [
        (created + HOUR - 1, '1', vec!['1', '2']),
        (created + HOUR, '2', vec!['1', '2']),
        (created + HOUR + DAY - 1, '2', vec!['1', '2']),
        (created + HOUR + DAY, '2', vec!['2']),
    ] {
        let verifying = verifying.into_iter().map(pair).collect();
        let platform = with_pairs(&rotated, now);
        assert_eq!(kids(&platform, now).await, (pair(signing), verifying), "{now}");
        let keys = SigningKeys::load(&platform).await.expect("loads").keyring_at(at(now));
        assert!(keys.public_keys().find(keys.primary().kid()).is_some(), "{now}");
    }
}

/// SR-14, T-19
#[tokio::test]
async fn malformed_private_key_is_a_start_error_with_the_reason() {
    let pem = jean_auth::keys::private_key_pem(&[7; 32]);
    let key = |text: &str| platform(&[ARN, ("ACCESS_TOKEN_PRIVATE_KEY", text)], manager(&[]));
    assert!(SigningKeys::load(&key(&pem)).await.is_ok(), "the secret is not loaded");
    let error = SigningKeys::load(&key(&pem[..60])).await.expect_err("cut").to_string();
    assert!(error.contains("ACCESS_TOKEN_PRIVATE_KEY") && error.contains("openssl genpkey"), "{error}");
    assert!(!error.contains("MC4CAQ"), "{error}");
}
