//! Accounts of identity providers that are linked to accounts here.
//!
//! An account is found by issuer and subject, never by address: an attacker could otherwise take an account over with an
//! account of the same address at any provider (SR-30).

use serde::{Deserialize, Serialize};

use crate::{
    identity_provider::Issuer,
    text::{TextHash, text_type},
    user::{Email, UserId},
};

text_type! {
    /// The id of a linked account: the hash of issuer and subject, 43 characters of base64url, e.g.
    /// `E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM`.
    IdentityId, "identity id must be 43 characters of base64url", |text| {
        text.len() == 43 && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b))
    }
}

impl IdentityId {
    /// The id of the account with this subject at a provider.
    pub fn of(issuer: &Issuer, subject: &str) -> Self {
        Self(TextHash::of(&[issuer.as_str(), subject]).as_str().into())
    }
}

/// A linked account of a provider.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinkedAccount {
    /// The id.
    pub id: IdentityId,
    /// The user it signs in.
    pub user_id: UserId,
    /// The provider's issuer, as in [`Issuer::as_str`].
    pub issuer: String,
    /// The address at the provider when the account was linked.
    pub email: Email,
    /// The time of linking.
    #[serde(with = "jiff::fmt::serde::timestamp::second::required")]
    pub created_at: jiff::Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// SR-30
    #[test]
    fn account_is_named_by_issuer_and_subject() {
        let issuer = |text: &str| text.parse::<Issuer>().expect("valid");
        let id = IdentityId::of(&issuer("https://a.example"), "1");
        assert_eq!(id, IdentityId::of(&issuer("https://a.example"), "1"));
        assert_ne!(id, IdentityId::of(&issuer("https://b.example"), "1"));
        assert_ne!(id, IdentityId::of(&issuer("https://a.example"), "2"));
        assert_eq!(id.as_str().parse(), Ok(id.clone()));
        assert!(id.as_str()[1..].parse::<IdentityId>().is_err());
    }
}
