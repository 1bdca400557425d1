//! The accounts that a browser has signed in to, remembered in a signed cookie.
//!
//! A stranger's failed attempts must not lock the owner out, so such a browser has a password budget of its own (SR-10).
//! The cookie is no credential: it only admits more attempts.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::{
    keys::{Purpose, RootKeyring, RootSecret},
    secret::{BrowserSecret, decode},
    text::TextHash,
    user::AttemptedAddress,
};

/// The maximum number of accounts of one browser. The one that has not been used for longest is dropped.
const ACCOUNTS: usize = 8;
const TAG_BYTES: usize = 16;

/// The accounts as a cookie value: for each a tag, the base64url of 16 bytes of HMAC-SHA-256 over the browser's secret and
/// the account, separated by full stops, e.g. `3q2-7w….x5nYx8…`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct KnownAccounts(Vec<[u8; TAG_BYTES]>);

impl KnownAccounts {
    /// Reads a cookie value. Parts that are not tags are ignored.
    pub fn read(cookie: &str) -> Self {
        Self(cookie.split('.').take(ACCOUNTS).filter_map(|tag| decode(tag).ok()).collect())
    }

    /// `true` if `browser` has signed in to the account of `address`.
    pub fn contains(&self, address: &AttemptedAddress, browser: &BrowserSecret, keys: &RootKeyring) -> bool {
        let is_of = |secret| {
            let mac = mac(address, browser, secret);
            // Compared in constant time (T-18).
            self.0.iter().any(|tag| mac.clone().verify_truncated_left(tag).is_ok())
        };
        keys.all().any(is_of)
    }

    /// Adds an account after a sign-in, and returns the cookie value.
    #[must_use]
    pub fn with(&self, address: &AttemptedAddress, browser: &BrowserSecret, keys: &RootKeyring) -> String {
        let tag = mac(address, browser, keys.primary()).finalize().into_bytes();
        let tag: [u8; TAG_BYTES] = *tag.first_chunk().expect("32 bytes");
        let others = self.0.iter().copied().filter(|other| *other != tag);
        let tags = [tag].into_iter().chain(others).take(ACCOUNTS);
        tags.map(|tag| URL_SAFE_NO_PAD.encode(tag)).collect::<Vec<_>>().join(".")
    }
}

fn mac(address: &AttemptedAddress, browser: &BrowserSecret, secret: &RootSecret) -> Hmac<Sha256> {
    let mac = Hmac::<Sha256>::new_from_slice(secret.derive(Purpose::KnownAccount).as_slice());
    let mac = mac.expect("HMAC takes a key of any size");
    mac.chain_update(TextHash::of(&[address.as_str(), &browser.expose()]).as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(byte: u8) -> RootKeyring {
        RootKeyring::new(crate::keys::test_secret(byte, None), None)
    }

    fn of(typed: &str) -> AttemptedAddress {
        AttemptedAddress::of(typed)
    }

    /// SR-10
    #[test]
    fn only_the_signed_account_of_this_browser_is_known() {
        let (browser, keys) = (BrowserSecret::new([1; 32]), keys(1));
        let cookie = KnownAccounts::default().with(&of("ada@example.org"), &browser, &keys);
        let known = KnownAccounts::read(&cookie);
        assert!(known.contains(&of("ada@example.org"), &browser, &keys));
        assert!(!known.contains(&of("bob@example.org"), &browser, &keys));
        assert!(!known.contains(&of("ada@example.org"), &BrowserSecret::new([2; 32]), &keys));
        assert!(!known.contains(&of("ada@example.org"), &browser, &self::keys(2)));
        for forged in ["", "....", "ada@example.org", &"A".repeat(22), &cookie[1..], &"A.".repeat(3000)] {
            assert!(!KnownAccounts::read(forged).contains(&of("ada@example.org"), &browser, &keys), "{forged}");
        }
    }

    /// SR-10
    #[test]
    fn cookie_of_a_shared_browser_is_bounded() {
        let (browser, keys) = (BrowserSecret::new([1; 32]), keys(1));
        let mut cookie = String::new();
        for number in 0..20 {
            cookie = KnownAccounts::read(&cookie).with(&of(&format!("user-{number}@example.org")), &browser, &keys);
            cookie = KnownAccounts::read(&cookie).with(&of(&format!("user-{number}@example.org")), &browser, &keys);
        }
        let known = KnownAccounts::read(&cookie);
        assert_eq!(cookie.split('.').count(), ACCOUNTS);
        assert!(known.contains(&of("user-19@example.org"), &browser, &keys));
        assert!(known.contains(&of("user-12@example.org"), &browser, &keys));
        assert!(!known.contains(&of("user-11@example.org"), &browser, &keys));
    }
}
