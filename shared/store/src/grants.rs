//! Grants and their refresh tokens.

use aws_sdk_dynamodb::types::{AttributeValue, TransactWriteItem};
use jean_auth::{
    code,
    grant::{Grant, GrantId, RefreshFamily},
    scope::Scopes,
    user::UserId,
};
use jiff::Timestamp;
use serde::Serialize;

use crate::table::{Item, StoreError, Table, Written, condition, item, key, owner};

/// The grants in the auth table.
#[derive(Debug, Clone)]
pub struct Grants(Table);

#[derive(Serialize)]
struct Kept<'a> {
    #[serde(flatten)]
    grant: &'a Grant,
    ttl: i64,
}

impl Grants {
    /// The grants kept in this table.
    pub fn new(table: Table) -> Self {
        Self(table)
    }

    /// One grant, if it was not revoked. It may have expired.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn find(&self, user_id: &UserId, grant_id: &GrantId) -> Result<Option<Grant>, StoreError> {
        self.0.get(&owner(user_id), &entry(grant_id)).await
    }

    /// A person's grants.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn list(&self, user_id: &UserId) -> Result<Vec<Grant>, StoreError> {
        self.0.all(&owner(user_id), "GRANT#").await
    }

    /// Exchanges the refresh tokens a grant was read with for the next ones. Whether they still were the ones it had: of
    /// two rotations at once, one; the other reads again.
    ///
    /// # Errors
    /// [`StoreError`].
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

    /// Changes what a grant is for, from the next refresh on. Whether there is one.
    ///
    /// # Errors
    /// [`StoreError`].
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

    /// Ends one grant, and no other (T-30). Whether there was one.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn revoke(&self, user_id: &UserId, grant_id: &GrantId) -> Result<bool, StoreError> {
        Ok(self.0.remove(&owner(user_id), &entry(grant_id)).await? == Written::Yes)
    }

    /// Ends all of a person's grants, and lets no code that is still out become another one: for an account that is
    /// being deleted. How many there were.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn close(&self, user_id: &UserId, now: Timestamp) -> Result<usize, StoreError> {
        let closed = Closed { ttl: (now + code::RETENTION).as_second() };
        // It may be there already, from a deletion that was cut short.
        self.0.insert(item(&owner(user_id), CLOSED, &closed)?).await?;
        let grants = self.list(user_id).await?;
        for grant in &grants {
            self.revoke(user_id, &grant.grant_id).await?;
        }
        Ok(grants.len())
    }
}

const CLOSED: &str = "CLOSED";

#[derive(Serialize)]
struct Closed {
    ttl: i64,
}

/// That the account is not being deleted, for the transaction that opens a grant.
pub(crate) fn not_closed(table: &Table, user_id: &UserId) -> TransactWriteItem {
    table.check(&owner(user_id), CLOSED, "attribute_not_exists(pk)")
}

/// The item a grant is kept as.
pub(crate) fn kept(grant: &Grant) -> Result<Item, StoreError> {
    item(&owner(&grant.user_id), &entry(&grant.grant_id), &Kept { grant, ttl: grant.expires_at.as_second() })
}

fn entry(grant_id: &GrantId) -> String {
    format!("GRANT#{grant_id}")
}
