//! The secret by which the server recognises its operator's proxy.

use std::str::FromStr;

use crate::{
    keys::{WeakSecret, check_strength},
    secret::SecretHash,
};

/// The domain of the hash.
const PREFIX: &str = "proxy";

/// The secret that a proxy adds to each request, e.g. 64 hexadecimal digits. Only its hash is stored, which is compared in
/// constant time (T-18).
#[derive(Debug, Clone)]
pub struct ProxySecret(SecretHash);

impl ProxySecret {
    /// `true` if `sent` is the secret.
    pub fn matches(&self, sent: &[u8]) -> bool {
        SecretHash::of(PREFIX, sent) == self.0
    }
}

impl FromStr for ProxySecret {
    type Err = WeakSecret;

    fn from_str(text: &str) -> Result<Self, WeakSecret> {
        check_strength(text.as_bytes())?;
        Ok(Self(SecretHash::of(PREFIX, text.as_bytes())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";

    /// T-10
    #[test]
    fn secret_matches_as_a_whole_only() {
        let secret: ProxySecret = TEXT.parse().expect("a strong secret");
        assert!(secret.matches(TEXT.as_bytes()));
        for other in ["", &TEXT[1..], &TEXT.to_uppercase(), &format!("{TEXT} "), &format!("{TEXT}{TEXT}")] {
            assert!(!secret.matches(other.as_bytes()), "{other}");
        }
    }

    /// T-19
    #[test]
    fn weak_secret_is_rejected() {
        for weak in ["", "secret", &"a".repeat(64), &TEXT[..31], &format!(" {TEXT}")] {
            assert!(weak.parse::<ProxySecret>().is_err(), "{weak}");
        }
    }

    /// T-20
    #[test]
    fn debug_does_not_show_the_secret() {
        assert!(!format!("{:?}", TEXT.parse::<ProxySecret>()).contains(TEXT));
    }
}
