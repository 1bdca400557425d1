//! The event of a DynamoDB stream, and the response to it
//! ([Lambda with DynamoDB](https://docs.aws.amazon.com/lambda/latest/dg/with-ddb.html)).

use serde::{Deserialize, Serialize};

/// Written items of the memories table, oldest first.
#[derive(Debug, Clone, Deserialize)]
pub struct StreamEvent {
    /// The records, one per write of an item.
    #[serde(rename = "Records")]
    pub records: Vec<StreamRecord>,
}

/// One write of an item. The stream contains keys only.
#[derive(Debug, Clone, Deserialize)]
pub struct StreamRecord {
    /// The part of DynamoDB.
    pub dynamodb: WrittenItem,
}

/// The key of a written item, and the place of the write in the stream.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct WrittenItem {
    /// The key.
    pub keys: ItemKey,
    /// The place in the stream.
    pub sequence_number: String,
}

/// A key of the memories table.
#[derive(Debug, Clone, Deserialize)]
pub struct ItemKey {
    /// The partition key, e.g. `USER#7f3a9c0d12e4b586`.
    pub pk: StringAttribute,
    /// The sort key, e.g. `MEMORY#01KAV7M2Q4R8S6T0V1W2X3Y4Z5`.
    pub sk: StringAttribute,
}

/// An attribute of type string.
#[derive(Debug, Clone, Deserialize)]
pub struct StringAttribute {
    /// The value.
    #[serde(rename = "S")]
    pub value: String,
}

/// The records from which Lambda retries: the first one listed, and all after it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct BatchResponse {
    /// At most one record, since Lambda retries from the first one.
    pub batch_item_failures: Vec<FailedRecord>,
}

/// A record to retry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FailedRecord {
    /// Its sequence number.
    pub item_identifier: String,
}
