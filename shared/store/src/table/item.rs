//! Items: their keys, their attributes and their lifetimes.
//!
//! A record declares once whether it lasts ([`Lasting`]) or expires ([`Expiring`]), and each kind has its own way into an item. An
//! expiring item can therefore not be written without a `ttl`, and every reader compares the same time.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use jean_auth::user::UserId;
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use super::StoreError;

/// The attributes of one item.
pub(crate) type Item = HashMap<String, AttributeValue>;

/// A record without an expiry.
pub(crate) trait Lasting {}

/// A record with a lifetime.
pub(crate) trait Expiring {
    /// The time for which the item is stored after its expiry, to detect a replay.
    const RETENTION: SignedDuration = SignedDuration::ZERO;

    /// The time from which the record has expired.
    fn expires_at(&self) -> Timestamp;

    /// `true` if the record has not expired. DynamoDB may take days to delete an expired item (AS-21).
    fn is_current(&self, now: Timestamp) -> bool {
        self.expires_at() > now
    }

    /// The attribute `ttl`, after which DynamoDB deletes the item.
    fn ttl(&self) -> AttributeValue {
        let ends_at = self.expires_at().saturating_add(Self::RETENTION).unwrap_or(Timestamp::MAX);
        seconds(ends_at)
    }
}

/// The name of the attribute with the time after which DynamoDB deletes an item.
pub(crate) const TTL: &str = "ttl";

/// The beginning of the partition keys of users.
pub(crate) const OWNER: &str = "USER#";

/// The partition key of a user's items, in each of the tables.
pub(crate) fn owner(user_id: &UserId) -> String {
    format!("{OWNER}{user_id}")
}

/// The key attributes of an item.
pub(crate) fn key(pk: &str, sk: &str) -> Item {
    HashMap::from([("pk".into(), AttributeValue::S(pk.into())), ("sk".into(), AttributeValue::S(sk.into()))])
}

/// Serialises a record that does not expire, with its key, into an item.
pub(crate) fn item<T: Serialize + Lasting>(pk: &str, sk: &str, record: &T) -> Result<Item, StoreError> {
    let mut item: Item = serde_dynamo::to_item(record)?;
    item.extend(key(pk, sk));
    Ok(item)
}

/// Serialises a record that expires, with its key and its `ttl`, into an item.
pub(crate) fn expiring_item<T: Serialize + Expiring>(pk: &str, sk: &str, record: &T) -> Result<Item, StoreError> {
    let mut item: Item = serde_dynamo::to_item(record)?;
    item.extend(key(pk, sk));
    item.insert(TTL.into(), record.ttl());
    Ok(item)
}

/// The attribute value of a text.
pub(crate) fn text(text: &str) -> AttributeValue {
    AttributeValue::S(text.into())
}

/// The attribute value of a number.
pub(crate) fn number(number: impl ToString) -> AttributeValue {
    AttributeValue::N(number.to_string())
}

/// The attribute value of a time, in epoch seconds.
pub(crate) fn seconds(time: Timestamp) -> AttributeValue {
    number(time.as_second())
}
