//! The first account, created at a start without a link.

use std::error::Error;

use jean_auth::{
    password::{Hasher, InvalidPassword, Password, PasswordRules},
    user::{Email, User},
};
use jean_runtime::Environment;
use jean_store::users::CreateUserResult;
use zeroize::Zeroizing;

use crate::accounts::AccountStore;

/// Errors of creating the owner's account.
#[derive(Debug, thiserror::Error)]
pub(super) enum OwnerError {
    #[error("--owner needs the account's password in the variable OWNER_PASSWORD")]
    NoPassword,
    #[error("invalid password in OWNER_PASSWORD: {0}")]
    Password(InvalidPassword),
    #[error(
        "{0} already has an account with a password other than OWNER_PASSWORD; leave out --owner, or pass the current password"
    )]
    OtherPassword(Email),
    #[error("there are accounts, but none of {0}; leave out --owner, and add one with: jean user add {0} --owner")]
    NotFirst(Email),
}

/// Reads the owner's password.
pub(super) fn password(environment: &Environment) -> Result<Zeroizing<String>, OwnerError> {
    environment.get("OWNER_PASSWORD").map(Zeroizing::new).ok_or(OwnerError::NoPassword)
}

/// Creates the first account, which is the owner's, or checks the password of the account created by an earlier start.
///
/// Later accounts are created by their users or by `jean user add`, since a mistyped address would otherwise be another owner.
pub(super) async fn create(
    accounts: &AccountStore,
    email: Email,
    password: &str,
    service_name: &str,
) -> Result<(), Box<dyn Error>> {
    let hasher = Hasher::default();
    if let Some(existing) = accounts.users.by_email(&email).await? {
        let is_correct = hasher.verify(&Password::shown(password), existing.password.as_ref());
        return if is_correct { Ok(()) } else { Err(OwnerError::OtherPassword(email).into()) };
    }
    if !accounts.users.is_empty().await? {
        return Err(OwnerError::NotFirst(email).into());
    }
    let rules = PasswordRules { email: email.as_str(), service_name, has_passkey: false };
    let password = Password::chosen(password, &rules).map_err(OwnerError::Password)?;
    let hash = hasher.hash(&password, accounts.random.bytes());
    let user = User::new(accounts.new_user_id()?, email, accounts.clock.now(), Some(hash)).as_owner();
    match accounts.users.add(&user).await? {
        CreateUserResult::EmailTaken => Err(OwnerError::OtherPassword(user.email).into()),
        CreateUserResult::Created => Ok(()),
    }
}
