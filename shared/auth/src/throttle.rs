//! Limits of attempts by callers that have not authenticated: which of them apply to an attempt. The counts are stored
//! elsewhere.
//!
//! A limit for an account alone lets any stranger lock its owner out, and a limit for a source alone lets one caller lock
//! out everyone behind the same proxy (SR-10). Passwords are therefore limited by account and source together, with a high
//! ceiling for the account, and a browser that has signed in to the account before ([`KnownAccounts`]) has a budget of its
//! own. Passkeys cannot be guessed, so their failures count separately.
//!
//! [`KnownAccounts`]: crate::known_accounts::KnownAccounts

use jiff::SignedDuration;

use crate::{
    secret::BrowserSecret,
    text::TextHash,
    user::{AttemptEpoch, AttemptedAddress},
};

/// The maximum number of attempts per time window. Attempts that succeed are given back, unless stated otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ThrottlePolicy {
    /// The name of the limit, which is part of its key.
    pub name: &'static str,
    /// The maximum number of attempts.
    pub attempts: u32,
    /// The length of the window.
    pub window: SignedDuration,
}

/// A limit for one subject, such as an account or a source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttemptLimit {
    /// The maximum.
    pub policy: ThrottlePolicy,
    /// The subject, hashed, since callers can type it.
    pub subject: TextHash,
}

const QUARTER: SignedDuration = SignedDuration::from_mins(15);
const HOUR: SignedDuration = SignedDuration::from_hours(1);

/// Passwords for an account from a browser with an earlier sign-in.
pub const PASSWORD_PER_BROWSER: ThrottlePolicy =
    ThrottlePolicy { name: "password-browser", attempts: 10, window: QUARTER };
/// Passwords for an account from one source.
pub const PASSWORD_PER_ACCOUNT_AND_SOURCE: ThrottlePolicy =
    ThrottlePolicy { name: "password-account-source", attempts: 10, window: QUARTER };
/// Passwords from one source, for any account.
pub const PASSWORD_PER_SOURCE: ThrottlePolicy =
    ThrottlePolicy { name: "password-source", attempts: 100, window: QUARTER };
/// Passwords for an account from all sources and browsers that are new to it: 100, as NIST SP 800-63B-4 §3.2.2 demands.
pub const PASSWORD_PER_ACCOUNT: ThrottlePolicy =
    ThrottlePolicy { name: "password-account", attempts: 100, window: HOUR };
/// Passkeys from one source.
pub const PASSKEY_PER_SOURCE: ThrottlePolicy =
    ThrottlePolicy { name: "passkey-source", attempts: 200, window: QUARTER };
/// Accounts created from one source. Successful attempts count.
pub const SIGN_UP_PER_SOURCE: ThrottlePolicy = ThrottlePolicy { name: "sign-up-source", attempts: 10, window: HOUR };
/// Clients registered from one source. Successful attempts count. A hosted assistant registers a client for each of
/// its users from the same few addresses.
pub const REGISTRATION_PER_SOURCE: ThrottlePolicy =
    ThrottlePolicy { name: "registration-source", attempts: 100, window: HOUR };
/// Client metadata documents fetched for one source. Successful attempts count: an attacker could otherwise use
/// the server to send requests to any host, and keep its instances waiting.
pub const DOCUMENT_PER_SOURCE: ThrottlePolicy =
    ThrottlePolicy { name: "client-document-source", attempts: 50, window: QUARTER };

/// Requests to identity providers from one source. Successful attempts count: each writes an item.
pub const FEDERATION_PER_SOURCE: ThrottlePolicy =
    ThrottlePolicy { name: "federation-source", attempts: 100, window: QUARTER };

impl AttemptLimit {
    /// A limit for the subject that consists of these texts.
    pub fn new(policy: ThrottlePolicy, subject: &[&str]) -> Self {
        Self { policy, subject: TextHash::of(subject) }
    }

    /// The limits of an attempt to sign in with a password, the narrowest first. `epoch` is that of
    /// the account, and `known` the browser, if it has signed in to that account before.
    pub fn of_password(
        (address, epoch): (&AttemptedAddress, AttemptEpoch),
        source: &str,
        known: Option<&BrowserSecret>,
    ) -> Vec<Self> {
        let (account, epoch) = (address.as_str(), epoch.to_string());
        if let Some(browser) = known {
            return vec![Self::new(PASSWORD_PER_BROWSER, &[account, &epoch, browser.hash().as_str()])];
        }
        vec![
            Self::new(PASSWORD_PER_ACCOUNT_AND_SOURCE, &[account, &epoch, source]),
            Self::new(PASSWORD_PER_SOURCE, &[source]),
            Self::new(PASSWORD_PER_ACCOUNT, &[account, &epoch]),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits(typed: &str, source: &str, known: Option<&BrowserSecret>) -> Vec<AttemptLimit> {
        AttemptLimit::of_password((&AttemptedAddress::of(typed), AttemptEpoch::FIRST), source, known)
    }

    /// SR-10
    #[test]
    fn known_browser_shares_no_limit_with_others() {
        let browser = BrowserSecret::new([1; 32]);
        let known = limits("ada@example.org", "203.0.113.7", Some(&browser));
        let other = limits("ada@example.org", "203.0.113.7", Some(&BrowserSecret::new([2; 32])));
        let unknown = limits("ada@example.org", "203.0.113.7", None);
        assert_eq!((known.len(), unknown.len()), (1, 3));
        assert!(known.iter().all(|limit| !unknown.contains(limit) && !other.contains(limit)));
    }

    /// SR-10
    #[test]
    fn source_alone_does_not_reach_the_limit_of_an_account() {
        let from = |source| limits("ada@example.org", source, None);
        let (one, two) = (from("203.0.113.7"), from("203.0.113.8"));
        let shared: Vec<_> = one.iter().filter(|limit| two.contains(limit)).map(|limit| limit.policy).collect();
        assert_eq!(shared, [PASSWORD_PER_ACCOUNT]);
    }

    /// SR-10
    #[test]
    fn spellings_of_an_address_share_their_limits() {
        let of = |typed| limits(typed, "203.0.113.7", None);
        assert_eq!(of(" ADA@example.org "), of("ada@example.org"));
        assert_ne!(of("bob@example.org"), of("ada@example.org"));
    }
}
