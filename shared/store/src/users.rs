//! Accounts, found by id and by email address.
//!
//! An address belongs to one account: the transaction that creates the account also creates an item that claims the
//! address.

use aws_sdk_dynamodb::types::{AttributeValue, TransactWriteItem};
use jean_auth::{
    identity::LinkedAccount,
    password::PasswordHash,
    secret::SecretHash,
    user::{CredentialEpoch, Email, User, UserId},
};
use serde::{Deserialize, Serialize};

use crate::{
    account_list, identity_items, link_items,
    table::{Condition, Lasting, StoreError, Table, Written, item, owner, text},
};

/// The accounts in the users table.
#[derive(Debug, Clone)]
pub struct Users(Table);

/// The result of creating an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CreateUserResult {
    /// The account was created.
    Created,
    /// Another account has the email address.
    EmailTaken,
}

/// The result of a change that a one-time link authorises.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinkResult {
    /// The change was made and the link is used up.
    Saved,
    /// The link has been used or has ended, or its account has been deleted.
    LinkUsed,
    /// Another account has the email address.
    EmailTaken,
}

#[derive(Serialize, Deserialize)]
struct EmailClaim {
    user_id: UserId,
}

impl Lasting for User {}
impl Lasting for EmailClaim {}

impl Users {
    /// Opens the accounts of a table.
    pub fn new(table: Table) -> Self {
        Self(table)
    }

    /// Creates an account. Its role is that of `user`.
    pub async fn add(&self, user: &User) -> Result<CreateUserResult, StoreError> {
        self.create(user, Vec::new()).await
    }

    /// Creates an account with a linked account of an identity provider. Returns [`CreateUserResult::EmailTaken`] also if the
    /// latter is linked already.
    pub async fn add_with(&self, user: &User, identity: &LinkedAccount) -> Result<CreateUserResult, StoreError> {
        self.create(user, identity_items::additions(&self.0, identity)?).await
    }

    async fn create(&self, user: &User, others: Vec<TransactWriteItem>) -> Result<CreateUserResult, StoreError> {
        let mut writes = self.additions(user)?;
        writes.push(self.0.put(item(FIRST, FIRST, &EmailClaim { user_id: user.user_id.clone() })?));
        writes.extend(others);
        Ok(match self.0.transact(writes).await? {
            Written::Yes => CreateUserResult::Created,
            Written::ConditionFailed => CreateUserResult::EmailTaken,
        })
    }

    /// Creates the first account, with a linked account of an identity provider, and makes it the owner's. Returns `false` if
    /// there is an account, or has been one.
    pub async fn add_first_with(&self, user: &User, identity: &LinkedAccount) -> Result<bool, StoreError> {
        let mut writes = self.first(user)?;
        writes.extend(identity_items::additions(&self.0, identity)?);
        Ok(self.0.transact(writes).await? == Written::Yes)
    }

    fn additions(&self, user: &User) -> Result<Vec<TransactWriteItem>, StoreError> {
        let claim = EmailClaim { user_id: user.user_id.clone() };
        Ok(vec![
            self.0.insertion(item(&owner(&user.user_id), PROFILE, user)?),
            self.0.insertion(item(&by_email(&user.email), EMAIL, &claim)?),
            self.0.put(account_list::entry(user)?),
        ])
    }

    /// The writes of the first account. An attacker who can sign up could otherwise become the owner, so the role is written in
    /// the transaction that requires that there is no account and has been none (SR-32).
    fn first(&self, user: &User) -> Result<Vec<TransactWriteItem>, StoreError> {
        let mut writes = self.additions(&user.clone().as_owner())?;
        writes.push(self.0.insertion(item(FIRST, FIRST, &EmailClaim { user_id: user.user_id.clone() })?));
        Ok(writes)
    }

    /// Returns the account with this email address.
    pub async fn by_email(&self, email: &Email) -> Result<Option<User>, StoreError> {
        let claim: Option<EmailClaim> = self.0.get(&by_email(email), EMAIL).await?;
        // An unknown address takes a second read too: response times must not reveal which addresses have an account
        // (AS-19).
        let pk = claim.map_or_else(|| "USER#".into(), |claim| owner(&claim.user_id));
        self.0.get(&pk, PROFILE).await
    }

    /// Returns the account with this id.
    pub async fn by_id(&self, user_id: &UserId) -> Result<Option<User>, StoreError> {
        self.0.get(&owner(user_id), PROFILE).await
    }

    /// Creates the first account, makes it the owner's and uses up the link that authorises it, in one transaction. Once an
    /// account exists, other such links are rejected, as is one for a former address of the owner. `page` identifies the
    /// submitted page.
    pub async fn add_first(&self, user: &User, link: &SecretHash, page: &str) -> Result<LinkResult, StoreError> {
        let mut writes = self.first(user)?;
        writes.push(link_items::use_up(&self.0, link, page));
        writes.push(link_items::is_still_latest_address(&self.0, &user.email));
        if self.0.transact(writes).await? == Written::Yes {
            return Ok(LinkResult::Saved);
        }
        Ok(if self.by_email(&user.email).await?.is_some() { LinkResult::EmailTaken } else { LinkResult::LinkUsed })
    }

    /// Sets a password and uses up the link that authorises it, in one transaction. `page` identifies the submitted
    /// page.
    pub async fn set_password(
        &self,
        user: &User,
        password: &PasswordHash,
        link: &SecretHash,
        page: &str,
    ) -> Result<LinkResult, StoreError> {
        let writes = vec![self.new_password(user, password, Some(link))?, link_items::use_up(&self.0, link, page)];
        Ok(match self.0.transact(writes).await? {
            Written::Yes => LinkResult::Saved,
            Written::ConditionFailed => LinkResult::LinkUsed,
        })
    }

    /// The write of a password. It raises the credential epoch, which ends all sessions and password links of the user, if
    /// the epoch has not changed since `user` was read (SR-04). A disabled account gets none (SR-33).
    fn new_password(
        &self,
        user: &User,
        password: &PasswordHash,
        link: Option<&SecretHash>,
    ) -> Result<TransactWriteItem, StoreError> {
        let mut condition = has_epoch(user.credential_epoch)?
            .and(Condition::of("attribute_not_exists(is_disabled)"))
            .value(":password", serde_dynamo::to_attribute_value(password)?)
            .value(":next", serde_dynamo::to_attribute_value(user.credential_epoch.next())?);
        if let Some(link) = link {
            let is_latest = Condition::of("attribute_not_exists(password_link) OR password_link = :link");
            condition = condition.and(is_latest.value(":link", text(link.as_str())));
        }
        let update = "SET password = :password, credential_epoch = :next REMOVE password_link";
        Ok(self.0.change(&owner(&user.user_id), PROFILE, update, condition))
    }

    /// Returns all accounts, oldest first. For the operator's command line: no function may scan.
    pub async fn list(&self) -> Result<Vec<User>, StoreError> {
        let mut items = self
            .0
            .client()
            .scan()
            .table_name(self.0.name())
            .filter_expression("sk = :profile")
            .expression_attribute_values(":profile", text(PROFILE))
            .consistent_read(true)
            .into_paginator()
            .items()
            .send();
        let mut users = Vec::new();
        while let Some(item) = items.next().await {
            users.push(serde_dynamo::from_item::<_, User>(item?)?);
        }
        users.sort_by_key(|user| user.created_at);
        Ok(users)
    }

    /// Returns `true` if there is no account yet.
    pub async fn is_empty(&self) -> Result<bool, StoreError> {
        Ok(self.list().await?.is_empty())
    }

    /// Returns `true` if there is an account, or has been one: no link creates the first account then.
    pub async fn had_first(&self) -> Result<bool, StoreError> {
        Ok(self.0.item(FIRST, FIRST).await?.is_some())
    }

    /// Allows a link to create the first account again, after all accounts have been deleted.
    pub async fn forget_first(&self) -> Result<(), StoreError> {
        self.0.remove(FIRST, FIRST).await.map(drop)
    }

    /// Replaces a password. Returns `false` if the account has been deleted, or its password changed since it was read.
    pub async fn change_password(&self, user: &User, password: &PasswordHash) -> Result<bool, StoreError> {
        Ok(self.0.transact(vec![self.new_password(user, password, None)?]).await? == Written::Yes)
    }

    /// Makes a user an owner, or no longer one. Returns `false` if the account has been deleted.
    pub async fn set_owner(&self, user_id: &UserId, is_owner: bool) -> Result<bool, StoreError> {
        let (update, condition) = if is_owner {
            ("SET is_owner = :yes", Condition::exists().value(":yes", AttributeValue::Bool(true)))
        } else {
            ("REMOVE is_owner", Condition::exists())
        };
        let change = self.0.change(&owner(user_id), PROFILE, update, condition);
        Ok(self.0.transact(vec![change]).await? == Written::Yes)
    }

    /// Marks an account as being deleted. No new credentials can then be created for it.
    pub(crate) async fn leave(&self, user_id: &UserId) -> Result<(), StoreError> {
        let condition = Condition::exists().value(":yes", AttributeValue::Bool(true));
        let change = self.0.change(&owner(user_id), PROFILE, "SET leaving = :yes", condition);
        self.0.transact(vec![change]).await.map(drop)
    }

    /// Deletes an account in one transaction with its ways in, which these writes delete, and releases its email address.
    /// Returns `false` if a way in has passed to another user.
    pub(crate) async fn remove(&self, user: &User, mut ways_in: Vec<TransactWriteItem>) -> Result<bool, StoreError> {
        let id = &user.user_id;
        for part in ways_in.split_off(ways_in.len().min(WRITES_BESIDE_ACCOUNT)).chunks(WRITES_BESIDE_ACCOUNT) {
            self.0.transact(part.to_vec()).await?;
        }
        ways_in.extend([
            self.0.removal(&owner(id), PROFILE),
            self.0.removal_if(&by_email(&user.email), EMAIL, Condition::absent_or_of(id)),
            account_list::removal(&self.0, user),
        ]);
        Ok(self.0.transact(ways_in).await? == Written::Yes || self.by_id(id).await?.is_none())
    }
}

/// Writes in a transaction, at most 100, beside those of an account. Even, since each way in has two.
const WRITES_BESIDE_ACCOUNT: usize = 96;

/// The condition that credentials may be created for a user, as read, for the transaction that creates them.
pub(crate) fn may_add_credentials(table: &Table, user: &User) -> Result<TransactWriteItem, StoreError> {
    Ok(table.check(&owner(&user.user_id), PROFILE, active_in(user.credential_epoch)?))
}

/// The write that makes a password link the user's latest, for the transaction that creates the link. An account
/// gets none while it is disabled or being deleted.
pub(crate) fn latest_link(table: &Table, user_id: &UserId, hash: &SecretHash) -> TransactWriteItem {
    let condition = active().value(":link", text(hash.as_str()));
    table.change(&owner(user_id), PROFILE, "SET password_link = :link", condition)
}

/// The partition that records that a first account has been created.
const FIRST: &str = "FIRST";
/// The sort key of an account.
pub(crate) const PROFILE: &str = "PROFILE";
const EMAIL: &str = "EMAIL";

/// The condition on an account that it exists, is enabled and is not being deleted.
fn active() -> Condition {
    Condition::of("attribute_exists(pk) AND attribute_not_exists(leaving) AND attribute_not_exists(is_disabled)")
}

/// The condition that the account is [`active`] and its sessions have not ended since this epoch was read. A session that has
/// ended must not leave a credential behind (SR-04, SR-11).
pub(crate) fn active_in(epoch: CredentialEpoch) -> Result<Condition, StoreError> {
    Ok(active().and(has_epoch(epoch)?))
}

fn has_epoch(epoch: CredentialEpoch) -> Result<Condition, StoreError> {
    Ok(if epoch.is_first() {
        Condition::of("attribute_exists(pk) AND attribute_not_exists(credential_epoch)")
    } else {
        Condition::of("credential_epoch = :epoch").value(":epoch", serde_dynamo::to_attribute_value(epoch)?)
    })
}

fn by_email(email: &Email) -> String {
    format!("EMAIL#{}", email.key())
}
