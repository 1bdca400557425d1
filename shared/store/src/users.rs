//! The people, found by id and by address.
//!
//! An address belongs to one account: it is claimed by an item of its own, in the transaction that makes the account.

use aws_sdk_dynamodb::types::{AttributeValue, TransactWriteItem};
use jean_auth::{
    password::PasswordHash,
    secret::SecretHash,
    user::{Email, User, UserId},
};
use serde::{Deserialize, Serialize};

use crate::{
    password_links,
    table::{Item, StoreError, Table, Written, item, owner},
};

/// The accounts in the users table.
#[derive(Debug, Clone)]
pub struct Users(Table);

/// What became of a new account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Added {
    /// It is there.
    Yes,
    /// The address has one.
    EmailTaken,
}

/// What became of a change that a one-time link allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Changed {
    /// It is done, and the link is used up.
    Yes,
    /// The link was used by somebody else, or what it is for is gone.
    LinkUsed,
    /// The address has an account.
    EmailTaken,
}

#[derive(Serialize, Deserialize)]
struct Claim {
    user_id: UserId,
}

impl Users {
    /// The accounts kept in this table.
    pub fn new(table: Table) -> Self {
        Self(table)
    }

    /// Makes an account.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn add(&self, user: &User) -> Result<Added, StoreError> {
        let mut writes = self.additions(user)?;
        writes.push(self.0.put(item(FIRST, FIRST, &Claim { user_id: user.user_id.clone() })?));
        Ok(match self.0.transact(writes).await? {
            Written::Yes => Added::Yes,
            Written::ConditionFailed => Added::EmailTaken,
        })
    }

    fn additions(&self, user: &User) -> Result<Vec<TransactWriteItem>, StoreError> {
        let claim = Claim { user_id: user.user_id.clone() };
        Ok(vec![
            self.0.insertion(item(&owner(&user.user_id), PROFILE, user)?),
            self.0.insertion(item(&by_email(&user.email), EMAIL, &claim)?),
        ])
    }

    /// Who has this address.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn by_email(&self, email: &Email) -> Result<Option<User>, StoreError> {
        let claim: Option<Claim> = self.0.get(&by_email(email), EMAIL).await?;
        // An address that nobody has takes a second read too: how long it takes must not tell (AS-19).
        let pk = claim.map_or_else(|| "USER#".into(), |claim| owner(&claim.user_id));
        self.0.get(&pk, PROFILE).await
    }

    /// Who has this id.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn by_id(&self, user_id: &UserId) -> Result<Option<User>, StoreError> {
        self.0.get(&owner(user_id), PROFILE).await
    }

    /// Makes the first account and uses up the link it is made by on `page`, both or neither. Once there is an account, no such
    /// link that is still out makes another.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn add_first(&self, user: &User, link: &SecretHash, page: &str) -> Result<Changed, StoreError> {
        let mut writes = self.additions(user)?;
        writes.push(self.0.insertion(item(FIRST, FIRST, &Claim { user_id: user.user_id.clone() })?));
        writes.push(password_links::use_up(&self.0, link, page));
        if self.0.transact(writes).await? == Written::Yes {
            return Ok(Changed::Yes);
        }
        Ok(if self.by_email(&user.email).await?.is_some() { Changed::EmailTaken } else { Changed::LinkUsed })
    }

    /// Sets a password and uses up the link it is set by on `page`, both or neither.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn set_password(
        &self,
        user_id: &UserId,
        password: &PasswordHash,
        link: &SecretHash,
        page: &str,
    ) -> Result<Changed, StoreError> {
        let values = Item::from([(":password".into(), serde_dynamo::to_attribute_value(password)?)]);
        let (update, condition) = ("SET password = :password", "attribute_exists(pk)");
        let writes = vec![
            self.0.change(&owner(user_id), PROFILE, update, condition, values),
            password_links::use_up(&self.0, link, page),
        ];
        Ok(match self.0.transact(writes).await? {
            Written::Yes => Changed::Yes,
            Written::ConditionFailed => Changed::LinkUsed,
        })
    }

    /// Everybody, oldest first. For the operator's command line: no function may scan.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn list(&self) -> Result<Vec<User>, StoreError> {
        let mut items = self
            .0
            .client()
            .scan()
            .table_name(self.0.name())
            .filter_expression("sk = :profile")
            .expression_attribute_values(":profile", AttributeValue::S(PROFILE.into()))
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

    /// Whether there is no account yet.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn is_empty(&self) -> Result<bool, StoreError> {
        Ok(self.list().await?.is_empty())
    }

    /// Lets a link make a first account again, once there is none any more.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn forget_first(&self) -> Result<(), StoreError> {
        self.0.remove(FIRST, FIRST).await.map(drop)
    }

    /// Replaces a password. Whether there is such an account.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn change_password(&self, user_id: &UserId, password: &PasswordHash) -> Result<bool, StoreError> {
        let values = Item::from([(":password".into(), serde_dynamo::to_attribute_value(password)?)]);
        let change =
            self.0.change(&owner(user_id), PROFILE, "SET password = :password", "attribute_exists(pk)", values);
        Ok(self.0.transact(vec![change]).await? == Written::Yes)
    }

    /// Begins the end of an account: nothing is made any more that opens it.
    ///
    /// # Errors
    /// [`StoreError`].
    pub(crate) async fn leave(&self, user_id: &UserId) -> Result<(), StoreError> {
        let values = Item::from([(":yes".into(), AttributeValue::Bool(true))]);
        let change = self.0.change(&owner(user_id), PROFILE, "SET leaving = :yes", "attribute_exists(pk)", values);
        self.0.transact(vec![change]).await.map(drop)
    }

    /// Removes an account and frees its address.
    ///
    /// # Errors
    /// [`StoreError`].
    pub(crate) async fn remove(&self, user: &User) -> Result<(), StoreError> {
        let writes =
            vec![self.0.removal(&owner(&user.user_id), PROFILE), self.0.removal(&by_email(&user.email), EMAIL)];
        self.0.transact(writes).await.map(drop)
    }
}

/// That the account is there and is to stay, for a transaction that makes what opens it.
pub(crate) fn stays(table: &Table, user_id: &UserId) -> TransactWriteItem {
    table.check(&owner(user_id), PROFILE, "attribute_exists(pk) AND attribute_not_exists(leaving)")
}

/// That there is an account, or was when this was written.
const FIRST: &str = "FIRST";
const PROFILE: &str = "PROFILE";
const EMAIL: &str = "EMAIL";

fn by_email(email: &Email) -> String {
    format!("EMAIL#{}", email.key())
}
