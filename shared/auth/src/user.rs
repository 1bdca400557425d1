//! User accounts: [`User`], [`UserId`] and [`Email`]. Sessions are in [`session`](crate::session).
//!
//! ```
//! use jean_auth::user::{Email, UserId};
//!
//! let user_id: UserId = "ada".parse()?;
//! assert_eq!(user_id.as_str(), "ada");
//! assert!("a/b".parse::<UserId>().is_err());
//! let email: Email = "Ada@Example.org".parse()?;
//! assert_eq!(email.key(), "ada@example.org");
//! # Ok::<(), jean_auth::text::InvalidValue>(())
//! ```

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::{
    secret::SecretHash,
    text::{InvalidValue, text_type},
};

text_type! {
    /// The permanent id of a user: 1 to 64 letters, digits, `-`, `_` or `.`, e.g. `ada`. It is the `sub` of access tokens and
    /// the `{user_id}` in paths of the legacy endpoint.
    UserId, "user id must be 1 to 64 letters, digits, '-', '_' or '.'", |text| {
        (1..=64).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b))
    }
}

/// An email address as entered, e.g. `Ada@Example.org`. Accounts are looked up by [`Email::key`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub struct Email(String);

impl Email {
    /// The maximum length in bytes (RFC 5321 §4.5.3.1.3, without the angle brackets).
    pub const MAX_BYTES: usize = 254;

    /// Returns the address in lower case, which identifies the account. An attacker could otherwise register a look-alike
    /// that differs only in case, so the local part is lower-cased too, as large providers do.
    pub fn key(&self) -> String {
        self.0.to_lowercase()
    }

    /// The address as entered.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Email {
    type Err = InvalidValue;

    fn from_str(text: &str) -> Result<Self, InvalidValue> {
        let text = text.trim();
        let plausible = text.len() <= Self::MAX_BYTES
            && !text.chars().any(|c| c.is_whitespace() || c.is_control())
            && text
                .rsplit_once('@')
                .is_some_and(|(local, domain)| !local.is_empty() && !domain.is_empty() && !local.contains('@'));
        if plausible { Ok(Self(text.into())) } else { Err(InvalidValue("not an e-mail address")) }
    }
}

impl TryFrom<String> for Email {
    type Error = InvalidValue;

    fn try_from(text: String) -> Result<Self, InvalidValue> {
        text.parse()
    }
}

impl fmt::Display for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The address of a sign-in attempt, trimmed and in lower case: the account that it is for, if there is one. Unlike an [`Email`]
/// it can be any text that a user has typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttemptedAddress(String);

impl AttemptedAddress {
    /// Normalises an address as [`Email::key`] does.
    pub fn of(typed: &str) -> Self {
        Self(typed.trim().to_lowercase())
    }

    /// The normalised text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The generation of a user's credentials. Setting a password raises it, which ends the sessions and password links of
/// earlier generations: the holder of an old one could otherwise take the account back (SR-04).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CredentialEpoch(u32);

impl CredentialEpoch {
    /// The epoch of an account until its password is changed, which is not stored.
    pub fn is_first(&self) -> bool {
        self.0 == 0
    }

    /// The epoch after setting a password.
    #[must_use]
    pub fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

/// The generation of an account's counts of sign-in attempts. Lifting a lock raises it, which leaves the earlier counts behind.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AttemptEpoch(u32);

impl AttemptEpoch {
    /// The epoch of an account until a lock is lifted, and of addresses without an account. Not stored.
    pub const FIRST: Self = Self(0);

    fn is_first(&self) -> bool {
        *self == Self::FIRST
    }
}

impl fmt::Display for AttemptEpoch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A user account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    /// The user id.
    pub user_id: UserId,
    /// The email address.
    pub email: Email,
    /// The time of creation.
    #[serde(with = "jiff::fmt::serde::timestamp::second::required")]
    pub created_at: jiff::Timestamp,
    /// The Argon2id hash, if a password has been set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password: Option<crate::password::PasswordHash>,
    /// The generation of the credentials.
    #[serde(default, skip_serializing_if = "CredentialEpoch::is_first")]
    pub credential_epoch: CredentialEpoch,
    /// The generation of the counts of sign-in attempts.
    #[serde(default, skip_serializing_if = "AttemptEpoch::is_first")]
    pub attempt_epoch: AttemptEpoch,
    /// The latest password link, which ends the earlier ones.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password_link: Option<SecretHash>,
    /// `true` if the user manages the accounts of this server. Never derived from the address: a provider, or a user with an
    /// invitation for another account, could otherwise claim it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_owner: bool,
    /// `true` if the account is disabled, so that no sign-in to it is accepted.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_disabled: bool,
}

impl User {
    /// A new account.
    pub fn new(
        user_id: UserId,
        email: Email,
        created_at: jiff::Timestamp,
        password: Option<crate::password::PasswordHash>,
    ) -> Self {
        Self {
            user_id,
            email,
            created_at,
            password,
            credential_epoch: CredentialEpoch::default(),
            attempt_epoch: AttemptEpoch::FIRST,
            password_link: None,
            is_owner: false,
            is_disabled: false,
        }
    }

    /// The account as one of the owner.
    #[must_use]
    pub fn as_owner(self) -> Self {
        Self { is_owner: true, ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_that_differ_in_case_share_an_account() {
        let one: Email = "Ada@Example.org".parse().expect("valid");
        let other: Email = "ada@example.ORG".parse().expect("valid");
        assert_eq!((one.key().as_str(), other.key().as_str()), ("ada@example.org", "ada@example.org"));
        assert_eq!((one.as_str(), one.to_string().as_str()), ("Ada@Example.org", "Ada@Example.org"));
    }

    #[test]
    fn malformed_address_is_rejected() {
        for text in ["", "ada", "@example.org", "ada@", "a b@example.org", "a@b@c", "a\n@example.org"] {
            assert!(text.parse::<Email>().is_err(), "{text:?}");
        }
    }

    /// SR-32
    #[test]
    fn stored_account_without_a_role_is_enabled_and_no_owner() {
        let stored = r#"{"user_id":"ada","email":"ada@example.org","created_at":5}"#;
        let user: User = serde_json::from_str(stored).expect("readable");
        assert!(!user.is_owner && !user.is_disabled);
        assert_eq!(serde_json::to_string(&user).expect("JSON"), stored);
        let owner = serde_json::to_string(&user.as_owner()).expect("JSON");
        assert!(serde_json::from_str::<User>(&owner).expect("readable").is_owner, "{owner}");
    }

    #[test]
    fn user_id_is_safe_in_a_path() {
        assert!("01J9Z-user_1.x".parse::<UserId>().is_ok());
        for text in ["", "a/b", "a b", "ä", "a#b"] {
            assert!(text.parse::<UserId>().is_err(), "{text:?}");
        }
    }
}
