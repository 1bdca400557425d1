//! Grants and their refresh tokens.

use aws_sdk_dynamodb::types::TransactWriteItem;
use jean_auth::{
    code,
    given_name::GivenName,
    grant::{Grant, GrantId, GrantTerms, RefreshFamily},
    scope::Scopes,
    user::UserId,
};
use jiff::Timestamp;
use serde::Serialize;

use crate::table::{
    Condition, Expiring, Item, Lasting, StoreError, TTL, Table, Written, expiring_item, item, key, owner, seconds, text,
};

/// The grants in the auth table.
#[derive(Debug, Clone)]
pub struct Grants(Table);

impl Expiring for Grant {
    fn expires_at(&self) -> Timestamp {
        self.expires_at
    }
}

impl Grants {
    /// Opens the grants of a table.
    pub fn new(table: Table) -> Self {
        Self(table)
    }

    /// Returns a grant, or `None` if it has been revoked. It may have expired.
    pub async fn find(&self, user_id: &UserId, grant_id: &GrantId) -> Result<Option<Grant>, StoreError> {
        self.0.get(&owner(user_id), &entry(grant_id)).await
    }

    /// Returns the terms of a grant, or `None` if it has been revoked. Reads nothing else of it: the MCP endpoint has no
    /// permission to read the hashes of refresh tokens.
    pub async fn terms(&self, user_id: &UserId, grant_id: &GrantId) -> Result<Option<GrantTerms>, StoreError> {
        let read = self.0.client().get_item().table_name(self.0.name()).consistent_read(true);
        let read = read
            .set_key(Some(key(&owner(user_id), &entry(grant_id))))
            .projection_expression("#scope, expires_at")
            .expression_attribute_names("#scope", "scope")
            .send()
            .await?;
        Ok(read.item.map(serde_dynamo::from_item).transpose()?)
    }

    /// Returns a grant, or `None` if it has been revoked or has expired.
    pub async fn find_current(
        &self,
        user_id: &UserId,
        grant_id: &GrantId,
        now: Timestamp,
    ) -> Result<Option<Grant>, StoreError> {
        self.0.current(&owner(user_id), &entry(grant_id), now).await
    }

    /// Returns the user's grants that have not expired.
    pub async fn list(&self, user_id: &UserId, now: Timestamp) -> Result<Vec<Grant>, StoreError> {
        self.0.all_current(&owner(user_id), GRANT, now).await
    }

    /// Returns the user's grants, including expired ones that DynamoDB has not deleted yet.
    pub async fn with_expired(&self, user_id: &UserId) -> Result<Vec<Grant>, StoreError> {
        self.0.all(&owner(user_id), GRANT).await
    }

    /// Rotates the grant's refresh tokens if they have not changed since `read`. Returns `false` if a concurrent
    /// rotation won; the caller should read the grant again.
    pub async fn rotate(&self, read: &Grant, next: &RefreshFamily, expires_at: Timestamp) -> Result<bool, StoreError> {
        let is_unchanged = Condition::of("refresh.#current = :current")
            .name("#ttl", TTL)
            .name("#current", "current")
            .value(":next", serde_dynamo::to_attribute_value(next)?)
            .value(":current", text(read.family.current.as_str()))
            .value(":until", seconds(expires_at));
        let update = "SET refresh = :next, expires_at = :until, #ttl = :until";
        let written = self.0.update(&owner(&read.user_id), &entry(&read.grant_id), update, is_unchanged).await?;
        Ok(written == Written::Yes)
    }

    /// Changes the scope of a grant, from the next refresh on. Returns `false` if there is no such grant.
    pub async fn change_scope(&self, user_id: &UserId, grant_id: &GrantId, scope: &Scopes) -> Result<bool, StoreError> {
        let scoped = Condition::exists().name("#scope", "scope").value(":scope", text(&scope.to_string()));
        let written = self.0.update(&owner(user_id), &entry(grant_id), "SET #scope = :scope", scoped).await?;
        Ok(written == Written::Yes)
    }

    /// Names a connection, or removes its name. Returns `false` if there is no such grant.
    pub async fn rename(
        &self,
        user_id: &UserId,
        grant_id: &GrantId,
        name: Option<&GivenName>,
    ) -> Result<bool, StoreError> {
        let (update, condition) = match name {
            Some(name) => ("SET given_name = :name", Condition::exists().value(":name", text(name.as_str()))),
            None => ("REMOVE given_name", Condition::exists()),
        };
        Ok(self.0.update(&owner(user_id), &entry(grant_id), update, condition).await? == Written::Yes)
    }

    /// Revokes one grant and no other (T-30). Returns `false` if there is no such grant.
    pub async fn revoke(&self, user_id: &UserId, grant_id: &GrantId) -> Result<bool, StoreError> {
        Ok(self.0.remove(&owner(user_id), &entry(grant_id)).await? == Written::Yes)
    }

    /// Revokes all grants of the user and blocks the redemption of outstanding codes, for the deletion of an account.
    /// Returns the number of revoked grants.
    pub async fn close(&self, user_id: &UserId, now: Timestamp) -> Result<usize, StoreError> {
        // It already exists if an earlier deletion was interrupted, or the account is disabled.
        let closed = expiring_item(&owner(user_id), CLOSED, &ClosedByDeletion { at: now })?;
        self.0.transact(vec![self.0.put(closed)]).await?;
        self.revoke_all(user_id).await
    }

    /// Revokes all grants of the user and makes outstanding codes worthless. Returns the number of revoked grants. Repeating it
    /// completes an interrupted run.
    pub async fn end_all(&self, user_id: &UserId, now: Timestamp) -> Result<usize, StoreError> {
        self.0.transact(vec![ending(&self.0, user_id, now)?]).await?;
        self.revoke_all(user_id).await
    }

    /// Revokes all grants of the user and returns their number.
    pub(crate) async fn revoke_all(&self, user_id: &UserId) -> Result<usize, StoreError> {
        let grants = self.with_expired(user_id).await?;
        for grant in &grants {
            self.revoke(user_id, &grant.grant_id).await?;
        }
        Ok(grants.len())
    }
}

const GRANT: &str = "GRANT#";

const CLOSED: &str = "CLOSED";

/// Blocks new grants while an account is disabled.
#[derive(Serialize)]
struct Closed {}

impl Lasting for Closed {}

/// Blocks new grants of a deleted account until outstanding codes have expired.
#[derive(Serialize)]
struct ClosedByDeletion {
    #[serde(skip)]
    at: Timestamp,
}

impl Expiring for ClosedByDeletion {
    fn expires_at(&self) -> Timestamp {
        self.at + code::RETENTION
    }
}

/// The write that blocks new grants of a disabled account.
pub(crate) fn closing(table: &Table, user_id: &UserId) -> Result<TransactWriteItem, StoreError> {
    Ok(table.put(item(&owner(user_id), CLOSED, &Closed {})?))
}

/// The write that allows grants again, unless the account is being deleted.
pub(crate) fn reopening(table: &Table, user_id: &UserId) -> TransactWriteItem {
    table.removal_if(&owner(user_id), CLOSED, Condition::of("attribute_not_exists(#ttl)").name("#ttl", TTL))
}

/// The condition that the account is neither disabled nor being deleted, for the transaction that creates a grant.
pub(crate) fn not_closed(table: &Table, user_id: &UserId) -> TransactWriteItem {
    table.check(&owner(user_id), CLOSED, Condition::absent())
}

const ENDED: &str = "ENDED";

/// Blocks the codes from before all access of a user ended. An intruder could otherwise redeem one afterwards.
#[derive(Serialize)]
struct Ended {
    #[serde(rename = "codes_until", with = "jiff::fmt::serde::timestamp::second::required")]
    at: Timestamp,
}

impl Expiring for Ended {
    fn expires_at(&self) -> Timestamp {
        self.at + code::RETENTION
    }
}

/// The write that makes the codes until `now` worthless.
pub(crate) fn ending(table: &Table, user_id: &UserId, now: Timestamp) -> Result<TransactWriteItem, StoreError> {
    Ok(table.put(expiring_item(&owner(user_id), ENDED, &Ended { at: now })?))
}

/// The condition that access has not ended since a code was issued, for the transaction that redeems it.
pub(crate) fn not_ended(table: &Table, user_id: &UserId, issued_at: Timestamp) -> TransactWriteItem {
    let condition = Condition::of("attribute_not_exists(pk) OR codes_until < :issued");
    table.check(&owner(user_id), ENDED, condition.value(":issued", seconds(issued_at)))
}

/// The item of a grant.
pub(crate) fn grant_item(grant: &Grant) -> Result<Item, StoreError> {
    expiring_item(&owner(&grant.user_id), &entry(&grant.grant_id), grant)
}

fn entry(grant_id: &GrantId) -> String {
    format!("{GRANT}{grant_id}")
}
