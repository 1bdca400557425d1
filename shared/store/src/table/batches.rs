//! Batch reads and writes, split into requests within DynamoDB's limits.

use aws_sdk_dynamodb::types::{AttributeValue, DeleteRequest, KeysAndAttributes, PutRequest, WriteRequest};

use super::{
    Item, StoreError, Table, key,
    retry::{Backoff, is_passing},
};

/// DynamoDB's maximum number of items per batch read and per batch write.
const MAX_READS: usize = 100;
const MAX_WRITES: usize = 25;
/// Bytes per batch write. DynamoDB's limit is 16 MB; base64 adds a third, and the rest is headroom.
const MAX_BYTES: usize = 8_000_000;

/// The consistency of a read. An eventually consistent one costs half, and may miss the writes of the last seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Consistency {
    Strong,
    Eventual,
}

impl Table {
    /// Reads the items with these keys that exist, in no particular order.
    pub(crate) async fn some(
        &self,
        pk: &str,
        sks: &[String],
        consistency: Consistency,
    ) -> Result<Vec<Item>, StoreError> {
        let mut items = Vec::with_capacity(sks.len());
        for sks in sks.chunks(MAX_READS) {
            let mut backoff = Backoff::default();
            let mut keys: Vec<_> = sks.iter().map(|sk| key(pk, sk)).collect();
            loop {
                let wanted = KeysAndAttributes::builder().set_keys(Some(keys.clone()));
                let wanted = wanted.consistent_read(consistency == Consistency::Strong);
                let wanted = wanted.build().expect("the keys are set");
                match self.client.batch_get_item().request_items(&self.name, wanted).send().await {
                    Err(error) if is_passing(&error) && backoff.wait().await => continue,
                    Err(error) => return Err(error.into()),
                    Ok(read) => {
                        let before = keys.len();
                        items.extend(read.responses.unwrap_or_default().into_values().flatten());
                        // DynamoDB processes only part of a batch when the response exceeds 16 MB or the partition is
                        // throttled.
                        let left = read.unprocessed_keys.unwrap_or_default().into_values().flat_map(|left| left.keys);
                        keys = left.collect();
                        if keys.len() < before {
                            backoff = Backoff::default();
                        }
                    }
                }
                if keys.is_empty() {
                    break;
                }
                if !backoff.wait().await {
                    return Err(StoreError::DynamoDb("batch read incomplete after all retries".into()));
                }
            }
        }
        Ok(items)
    }

    /// Deletes items independently of each other. Callers must be able to retry after a partial failure.
    pub(crate) async fn remove_each(&self, keys: impl IntoIterator<Item = Item>) -> Result<(), StoreError> {
        let removal = |key| {
            let delete = DeleteRequest::builder().set_key(Some(key)).build();
            WriteRequest::builder().delete_request(delete.expect("the key is set")).build()
        };
        self.write_each(keys.into_iter().map(removal).collect()).await
    }

    /// Puts items independently of each other, unconditionally.
    pub(crate) async fn put_each(&self, items: Vec<Item>) -> Result<(), StoreError> {
        let put = |item| {
            let put = PutRequest::builder().set_item(Some(item)).build();
            WriteRequest::builder().put_request(put.expect("the item is set")).build()
        };
        self.write_each(items.into_iter().map(put).collect()).await
    }

    async fn write_each(&self, mut requests: Vec<WriteRequest>) -> Result<(), StoreError> {
        while !requests.is_empty() {
            let mut room = MAX_BYTES;
            let fits = |request: &&WriteRequest| {
                let left = room.checked_sub(bytes(request));
                room = left.unwrap_or_default();
                left.is_some()
            };
            let count = requests.iter().take(MAX_WRITES).take_while(fits).count();
            let rest = requests.split_off(count.max(1));
            self.write_some(requests).await?;
            requests = rest;
        }
        Ok(())
    }

    async fn write_some(&self, mut requests: Vec<WriteRequest>) -> Result<(), StoreError> {
        let mut backoff = Backoff::default();
        loop {
            let batch = self.client.batch_write_item().request_items(&self.name, requests.clone());
            match batch.send().await {
                Err(error) if is_passing(&error) && backoff.wait().await => continue,
                Err(error) => return Err(error.into()),
                Ok(written) => {
                    let before = requests.len();
                    requests = written.unprocessed_items.unwrap_or_default().into_values().flatten().collect();
                    if requests.is_empty() {
                        return Ok(());
                    }
                    if requests.len() < before {
                        backoff = Backoff::default();
                    }
                }
            }
            if !backoff.wait().await {
                return Err(StoreError::DynamoDb("batch write incomplete after all retries".into()));
            }
        }
    }
}

/// The approximate size of a write. All large attributes are binary.
fn bytes(request: &WriteRequest) -> usize {
    let item = request.put_request.as_ref().map(|put| &put.item);
    let binary = |value: &AttributeValue| value.as_b().map_or(0, |blob| blob.as_ref().len());
    item.into_iter().flat_map(|item| item.values()).map(binary).sum()
}
