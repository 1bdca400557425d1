//! Authorization codes, and the one transaction that turns a code into a grant.

use aws_sdk_dynamodb::types::AttributeValue;
use jean_auth::{
    code::{self, IssuedCode},
    grant::Grant,
    secret::SecretHash,
};
use serde::Serialize;

use crate::{
    grants, notifications,
    table::{Item, StoreError, Table, Written, item},
};

/// The codes in the auth table.
#[derive(Debug, Clone)]
pub struct Codes(Table);

#[derive(Serialize)]
struct Kept<'a> {
    #[serde(flatten)]
    code: &'a IssuedCode,
    ttl: i64,
}

impl Codes {
    /// The codes kept in this table.
    pub fn new(table: Table) -> Self {
        Self(table)
    }

    /// Keeps a new code.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn issue(&self, code: &IssuedCode, hash: &SecretHash) -> Result<(), StoreError> {
        let kept = Kept { code, ttl: (code.expires_at + code::RETENTION).as_second() };
        self.0.insert(item(&by_hash(hash), CODE, &kept)?).await.map(drop)
    }

    /// What a code was issued for, redeemed or not.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn find(&self, hash: &SecretHash) -> Result<Option<IssuedCode>, StoreError> {
        self.0.get(&by_hash(hash), CODE).await
    }

    /// Redeems a code for a grant, both or neither. Whether it was this call that did: of a hundred at once, one
    /// (AS-10), and none once the account is being deleted.
    ///
    /// When the answer was lost, the code is asked which grant it was redeemed for: whoever is told that it failed shows
    /// the code again, and that would end the grant.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn redeem(&self, hash: &SecretHash, grant: &Grant) -> Result<bool, StoreError> {
        let values = Item::from([(":grant".into(), AttributeValue::S(grant.grant_id.to_string()))]);
        let redemption = self.0.change(
            &by_hash(hash),
            CODE,
            "SET redeemed_for = :grant",
            "attribute_exists(pk) AND attribute_not_exists(redeemed_for)",
            values,
        );
        let writes = vec![
            redemption,
            self.0.insertion(grants::kept(grant)?),
            self.0.insertion(notifications::of_connection(grant)?),
            grants::not_closed(&self.0, &grant.user_id),
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
