//! Authorization codes, and the transaction that redeems a code for a grant.

use jean_auth::{
    code::{self, IssuedCode},
    grant::Grant,
    secret::SecretHash,
};
use jiff::{SignedDuration, Timestamp};

use crate::{
    grants, notifications,
    table::{Condition, Expiring, StoreError, Table, Written, expiring_item, text},
};

/// The codes in the auth table.
#[derive(Debug, Clone)]
pub struct Codes(Table);

impl Expiring for IssuedCode {
    const RETENTION: SignedDuration = code::RETENTION;

    fn expires_at(&self) -> Timestamp {
        self.expires_at
    }
}

impl Codes {
    /// Opens the codes of a table.
    pub fn new(table: Table) -> Self {
        Self(table)
    }

    /// Stores a new code.
    pub async fn issue(&self, code: &IssuedCode, hash: &SecretHash) -> Result<(), StoreError> {
        self.0.insert(expiring_item(&by_hash(hash), CODE, code)?).await.map(drop)
    }

    /// Returns the parameters that a code was issued with, whether or not it has been redeemed.
    pub async fn find(&self, hash: &SecretHash) -> Result<Option<IssuedCode>, StoreError> {
        self.0.get(&by_hash(hash), CODE).await
    }

    /// Redeems a code for a grant in one transaction, which also notifies the user of the connection. Returns `false`
    /// if the code has been redeemed already (of a hundred concurrent redemptions, one succeeds: AS-10), all access of the
    /// user has ended since it was issued, or the account is disabled or being deleted.
    ///
    /// If the response to the transaction is lost, the code is read again: a client that received an error would
    /// present the code again, and that replay would revoke the grant.
    pub async fn redeem(&self, hash: &SecretHash, issued_at: Timestamp, grant: &Grant) -> Result<bool, StoreError> {
        let is_unredeemed = Condition::of("attribute_exists(pk) AND attribute_not_exists(redeemed_for)")
            .value(":grant", text(grant.grant_id.as_str()));
        let writes = vec![
            self.0.change(&by_hash(hash), CODE, "SET redeemed_for = :grant", is_unredeemed),
            self.0.insertion(grants::grant_item(grant)?),
            self.0.insertion(notifications::of_connection(grant)?),
            grants::not_closed(&self.0, &grant.user_id),
            grants::not_ended(&self.0, &grant.user_id, issued_at),
        ];
        match self.0.transact(writes).await {
            Ok(written) => Ok(written == Written::Yes),
            Err(error) => match self.find(hash).await {
                Ok(Some(code)) if code.redeemed_for.as_ref() == Some(&grant.grant_id) => Ok(true),
                _ => Err(error),
            },
        }
    }
}

const CODE: &str = "CODE";

fn by_hash(hash: &SecretHash) -> String {
    format!("CODE#{}", hash.as_str())
}
