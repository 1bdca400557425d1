//! Grants and their refresh tokens.

use aws_sdk_dynamodb::types::{AttributeValue, TransactWriteItem};
use jean_auth::{
    code,
    given_name::GivenName,
    grant::{Grant, GrantId, GrantTerms, RefreshFamily},
    scope::Scopes,
    user::UserId,
};
use jiff::Timestamp;
use serde::Serialize;

use crate::table::{Condition, Item, StoreError, Table, Written, condition, item, key, owner};

/// The grants in the auth table.
#[derive(Debug, Clone)]
pub struct Grants(Table);

#[derive(Serialize)]
struct GrantRecord<'a> {
    #[serde(flatten)]
    grant: &'a Grant,
    ttl: i64,
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
        Ok(self.find(user_id, grant_id).await?.filter(|grant| grant.expires_at > now))
    }

    /// Returns the user's grants that have not expired.
    pub async fn list(&self, user_id: &UserId, now: Timestamp) -> Result<Vec<Grant>, StoreError> {
        let mut grants = self.with_expired(user_id).await?;
        grants.retain(|grant| grant.expires_at > now);
        Ok(grants)
    }

    /// Returns the user's grants, including expired ones that DynamoDB has not deleted yet.
    pub async fn with_expired(&self, user_id: &UserId) -> Result<Vec<Grant>, StoreError> {
        self.0.all(&owner(user_id), "GRANT#").await
    }

    /// Rotates the grant's refresh tokens if they have not changed since `read`. Returns `false` if a concurrent
    /// rotation won; the caller should read the grant again.
    pub async fn rotate(&self, read: &Grant, next: &RefreshFamily, expires_at: Timestamp) -> Result<bool, StoreError> {
        let update = self
            .0
            .client()
            .update_item()
            .table_name(self.0.name())
            .set_key(Some(key(&owner(&read.user_id), &entry(&read.grant_id))));
        let sent = update
            .update_expression("SET refresh = :next, expires_at = :until, #ttl = :until")
            .condition_expression("refresh.#current = :current")
            .expression_attribute_names("#ttl", "ttl")
            .expression_attribute_names("#current", "current")
            .expression_attribute_values(":next", serde_dynamo::to_attribute_value(next)?)
            .expression_attribute_values(":current", AttributeValue::S(read.family.current.as_str().into()))
            .expression_attribute_values(":until", AttributeValue::N(expires_at.as_second().to_string()))
            .send()
            .await;
        Ok(condition(sent.map(drop))? == Written::Yes)
    }

    /// Changes the scope of a grant, from the next refresh on. Returns `false` if there is no such grant.
    pub async fn change_scope(&self, user_id: &UserId, grant_id: &GrantId, scope: &Scopes) -> Result<bool, StoreError> {
        let update = self.0.client().update_item().table_name(self.0.name());
        let sent = update
            .set_key(Some(key(&owner(user_id), &entry(grant_id))))
            .update_expression("SET #scope = :scope")
            .condition_expression("attribute_exists(pk)")
            .expression_attribute_names("#scope", "scope")
            .expression_attribute_values(":scope", AttributeValue::S(scope.to_string()))
            .send()
            .await;
        Ok(condition(sent.map(drop))? == Written::Yes)
    }

    /// Names a connection, or removes its name. Returns `false` if there is no such grant.
    pub async fn rename(
        &self,
        user_id: &UserId,
        grant_id: &GrantId,
        name: Option<&GivenName>,
    ) -> Result<bool, StoreError> {
        let update = self.0.client().update_item().table_name(self.0.name());
        let update =
            update.set_key(Some(key(&owner(user_id), &entry(grant_id)))).condition_expression("attribute_exists(pk)");
        let update = match name {
            Some(name) => update
                .update_expression("SET given_name = :name")
                .expression_attribute_values(":name", AttributeValue::S(name.as_str().into())),
            None => update.update_expression("REMOVE given_name"),
        };
        Ok(condition(update.send().await.map(drop))? == Written::Yes)
    }

    /// Revokes one grant and no other (T-30). Returns `false` if there is no such grant.
    pub async fn revoke(&self, user_id: &UserId, grant_id: &GrantId) -> Result<bool, StoreError> {
        Ok(self.0.remove(&owner(user_id), &entry(grant_id)).await? == Written::Yes)
    }

    /// Revokes all grants of the user and blocks the redemption of outstanding codes, for the deletion of an account.
    /// Returns the number of revoked grants.
    pub async fn close(&self, user_id: &UserId, now: Timestamp) -> Result<usize, StoreError> {
        let closed = Closed { ttl: Some((now + code::RETENTION).as_second()) };
        // It already exists if an earlier deletion was interrupted, or the account is disabled.
        self.0.transact(vec![self.0.put(item(&owner(user_id), CLOSED, &closed)?)]).await?;
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

const CLOSED: &str = "CLOSED";

/// Blocks new grants: for good while an account is disabled, and until outstanding codes have expired when it is deleted.
#[derive(Serialize)]
struct Closed {
    #[serde(skip_serializing_if = "Option::is_none")]
    ttl: Option<i64>,
}

/// The write that blocks new grants of a disabled account.
pub(crate) fn closing(table: &Table, user_id: &UserId) -> Result<TransactWriteItem, StoreError> {
    Ok(table.put(item(&owner(user_id), CLOSED, &Closed { ttl: None })?))
}

/// The write that allows grants again, unless the account is being deleted.
pub(crate) fn reopening(table: &Table, user_id: &UserId) -> TransactWriteItem {
    let condition = Condition {
        expression: "attribute_not_exists(#ttl)".into(),
        names: [("#ttl".into(), "ttl".into())].into(),
        values: Item::new(),
    };
    table.removal_if(&owner(user_id), CLOSED, condition)
}

/// The condition that the account is neither disabled nor being deleted, for the transaction that creates a grant.
pub(crate) fn not_closed(table: &Table, user_id: &UserId) -> TransactWriteItem {
    table.check(&owner(user_id), CLOSED, "attribute_not_exists(pk)")
}

const ENDED: &str = "ENDED";

/// Blocks the codes from before all access of a user ended. An intruder could otherwise redeem one afterwards.
#[derive(Serialize)]
struct Ended {
    codes_until: i64,
    ttl: i64,
}

/// The write that makes the codes until `now` worthless.
pub(crate) fn ending(table: &Table, user_id: &UserId, now: Timestamp) -> Result<TransactWriteItem, StoreError> {
    let ended = Ended { codes_until: now.as_second(), ttl: (now + code::RETENTION).as_second() };
    Ok(table.put(item(&owner(user_id), ENDED, &ended)?))
}

/// The condition that access has not ended since a code was issued, for the transaction that redeems it.
pub(crate) fn not_ended(table: &Table, user_id: &UserId, issued_at: Timestamp) -> TransactWriteItem {
    let condition = Condition {
        expression: "attribute_not_exists(pk) OR codes_until < :issued".into(),
        values: [(":issued".into(), AttributeValue::N(issued_at.as_second().to_string()))].into(),
        ..Condition::default()
    };
    table.check_if(&owner(user_id), ENDED, condition)
}

/// The item of a grant.
pub(crate) fn grant_item(grant: &Grant) -> Result<Item, StoreError> {
    item(&owner(&grant.user_id), &entry(&grant.grant_id), &GrantRecord { grant, ttl: grant.expires_at.as_second() })
}

fn entry(grant_id: &GrantId) -> String {
    format!("GRANT#{grant_id}")
}
