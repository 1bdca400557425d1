//! The person whose memory it is.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::text::{InvalidValue, text_type};

text_type! {
    /// Names a person for ever: the token's `sub`, and the `{user_id}` of the older endpoint's path.
    UserId, "a user id has 1 to 64 letters, digits, '-', '_' or '.'", |text| {
        (1..=64).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b))
    }
}

/// An e-mail address, as typed. What is looked up is [`Email::key`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub struct Email(String);

impl Email {
    /// The address without differences of case: what makes two addresses the same account. Local parts are compared
    /// without case too, as every large provider does, so that nobody can register a look-alike.
    pub fn key(&self) -> String {
        self.0.to_lowercase()
    }

    /// The address as typed.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Email {
    type Err = InvalidValue;

    fn from_str(text: &str) -> Result<Self, InvalidValue> {
        let text = text.trim();
        let plausible = text.len() <= 254
            && !text.chars().any(|c| c.is_whitespace() || c.is_control())
            && text
                .rsplit_once('@')
                .is_some_and(|(local, domain)| !local.is_empty() && !domain.is_empty() && !local.contains('@'));
        if plausible { Ok(Self(text.into())) } else { Err(InvalidValue("that is not an e-mail address")) }
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

/// One person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    /// Their id.
    pub user_id: UserId,
    /// Their address.
    pub email: Email,
    /// When the account was made.
    #[serde(with = "jiff::fmt::serde::timestamp::second::required")]
    pub created_at: jiff::Timestamp,
    /// The argon2id hash, once a password was set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password: Option<crate::password::PasswordHash>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_that_differ_in_case_are_one_account() {
        let one: Email = "Ada@Example.org".parse().expect("valid");
        let other: Email = "ada@example.ORG".parse().expect("valid");
        assert_eq!((one.key().as_str(), other.key().as_str()), ("ada@example.org", "ada@example.org"));
        assert_eq!((one.as_str(), one.to_string().as_str()), ("Ada@Example.org", "Ada@Example.org"));
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for text in ["", "ada", "@example.org", "ada@", "a b@example.org", "a@b@c", "a\n@example.org"] {
            assert!(text.parse::<Email>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn a_user_id_can_stand_in_a_path() {
        assert!("01J9Z-user_1.x".parse::<UserId>().is_ok());
        for text in ["", "a/b", "a b", "ä", "a#b"] {
            assert!(text.parse::<UserId>().is_err(), "{text:?}");
        }
    }
}
