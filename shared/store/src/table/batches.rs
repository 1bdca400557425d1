//! Many items at once, in as many requests as DynamoDB wants for them.

use aws_sdk_dynamodb::types::{AttributeValue, DeleteRequest, KeysAndAttributes, PutRequest, WriteRequest};

use super::{Item, Patience, StoreError, Table, key};

/// DynamoDB reads this many items in one request, and writes this many.
const READ: usize = 100;
const WRITTEN: usize = 25;
/// One request takes and gives 16 MB. Binary grows by a third on its way, and a third of what is left is room.
const BYTES: usize = 8_000_000;

impl Table {
    /// Reads those of a partition's items that are there, strongly consistent, in no order.
    pub(crate) async fn some(&self, pk: &str, sks: &[String]) -> Result<Vec<Item>, StoreError> {
        let mut items = Vec::with_capacity(sks.len());
        for sks in sks.chunks(READ) {
            let mut patience = Patience::default();
            let mut keys: Vec<_> = sks.iter().map(|sk| key(pk, sk)).collect();
            loop {
                let wanted = KeysAndAttributes::builder().set_keys(Some(keys)).consistent_read(true);
                let wanted = wanted.build().expect("the keys are set");
                let read = self.client.batch_get_item().request_items(&self.name, wanted).send().await?;
                items.extend(read.responses.unwrap_or_default().into_values().flatten());
                // Beyond 16 MB, and when it is busy, DynamoDB answers for some of the keys.
                let left = read.unprocessed_keys.unwrap_or_default().into_values().flat_map(|left| left.keys);
                keys = left.collect();
                if keys.is_empty() {
                    break;
                }
                if !patience.wait(&keys).await {
                    return Err(StoreError::DynamoDb("not all items were read: too many requests at once".into()));
                }
            }
        }
        Ok(items)
    }

    /// Removes items, each for itself. Fine where it is done again if it fails halfway.
    pub(crate) async fn remove_each(&self, keys: impl IntoIterator<Item = Item>) -> Result<(), StoreError> {
        let removal = |key| {
            let delete = DeleteRequest::builder().set_key(Some(key)).build();
            WriteRequest::builder().delete_request(delete.expect("the key is set")).build()
        };
        self.write_each(keys.into_iter().map(removal).collect()).await
    }

    /// Puts items, each for itself, whatever was there.
    pub(crate) async fn put_each(&self, items: Vec<Item>) -> Result<(), StoreError> {
        let put = |item| {
            let put = PutRequest::builder().set_item(Some(item)).build();
            WriteRequest::builder().put_request(put.expect("the item is set")).build()
        };
        self.write_each(items.into_iter().map(put).collect()).await
    }

    async fn write_each(&self, mut requests: Vec<WriteRequest>) -> Result<(), StoreError> {
        while !requests.is_empty() {
            let mut room = BYTES;
            let fits = |request: &&WriteRequest| {
                let left = room.checked_sub(bytes(request));
                room = left.unwrap_or_default();
                left.is_some()
            };
            let count = requests.iter().take(WRITTEN).take_while(fits).count();
            let rest = requests.split_off(count.max(1));
            self.write_some(requests).await?;
            requests = rest;
        }
        Ok(())
    }

    async fn write_some(&self, mut requests: Vec<WriteRequest>) -> Result<(), StoreError> {
        let mut patience = Patience::default();
        loop {
            let batch = self.client.batch_write_item().request_items(&self.name, requests);
            let left = batch.send().await?.unprocessed_items.unwrap_or_default();
            requests = left.into_values().flatten().collect();
            if requests.is_empty() {
                return Ok(());
            }
            if !patience.wait(&requests).await {
                return Err(StoreError::DynamoDb("not all items were written: too many requests at once".into()));
            }
        }
    }
}

/// How much of a request a write takes: all of it that can be large is binary.
fn bytes(request: &WriteRequest) -> usize {
    let item = request.put_request.as_ref().map(|put| &put.item);
    let binary = |value: &AttributeValue| value.as_b().map_or(0, |blob| blob.as_ref().len());
    item.into_iter().flat_map(|item| item.values()).map(binary).sum()
}
