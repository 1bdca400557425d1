//! The ways to sign in to an account. Removing one must leave another (SR-30).
//!
//! Each is an item or attribute of its own, so the transaction that removes one checks that another exists. Two
//! concurrent requests that each remove the way that the other keeps cannot both succeed.

use aws_sdk_dynamodb::types::TransactWriteItem;
use jean_auth::{
    identity::{IdentityId, LinkedAccount},
    passkey::{Passkey, PasskeyId},
    user::{User, UserId},
};

use crate::{
    identity_items,
    table::{Condition, Table, owner},
    users::PROFILE,
};

/// A way to sign in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WayIn {
    /// The password.
    Password,
    /// A passkey.
    Passkey(PasskeyId),
    /// An account of an identity provider.
    Identity(IdentityId),
}

impl WayIn {
    /// The first way in of an account other than this one. `identities` are those of configured providers.
    pub fn another<'a>(
        &self,
        user: &User,
        passkeys: &[Passkey],
        identities: impl IntoIterator<Item = &'a LinkedAccount>,
    ) -> Option<Self> {
        let password = user.password.is_some().then_some(Self::Password);
        let passkeys = passkeys.iter().map(|passkey| Self::Passkey(passkey.id.clone()));
        let identities = identities.into_iter().map(|identity| Self::Identity(identity.id.clone()));
        password.into_iter().chain(passkeys).chain(identities).find(|way| way != self)
    }

    /// The condition that the account has this way in.
    pub(crate) fn check(&self, table: &Table, user_id: &UserId) -> TransactWriteItem {
        let owner = owner(user_id);
        match self {
            Self::Password => table.check(&owner, PROFILE, Condition::of("attribute_exists(password)")),
            Self::Passkey(id) => table.check(&owner, &passkey_entry(id), Condition::exists()),
            Self::Identity(id) => table.check(&owner, &identity_items::entry(id), Condition::exists()),
        }
    }
}

/// `true` if the user has not signed up yet: the account has no way in, nor has it had one, since the last cannot be removed.
pub fn is_invited(user: &User, passkeys: &[Passkey], identities: &[LinkedAccount]) -> bool {
    user.password.is_none() && passkeys.is_empty() && identities.is_empty()
}

/// The sort key of a passkey in the partition of its user.
pub(crate) fn passkey_entry(id: &PasskeyId) -> String {
    format!("PASSKEY#{id}")
}
