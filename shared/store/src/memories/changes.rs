//! What is done to memories beyond adding and deleting one.

use auth::user::UserId;
use aws_sdk_dynamodb::types::{AttributeValue, DeleteRequest, ReturnValue, WriteRequest};
use jiff::Timestamp;

use super::{MEMORY, Memories, Memory, MemoryId, OccurredAt, Writer, entry, owner};
use crate::table::{Item, StoreError, Written, item, key};

/// What becomes different in a memory. What is `None` stays.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Change {
    /// What is remembered now.
    pub text: Option<String>,
    /// What it is filed under now.
    pub tags: Option<Vec<String>>,
    /// Where it was read: elsewhere, or nowhere.
    pub source_url: Option<Option<String>>,
    /// When what it tells of happened: then, or nobody knows.
    pub occurred_at: Option<Option<OccurredAt>>,
}

/// DynamoDB takes this many deletions in one request.
const BATCH: usize = 25;
/// How many keys are read before they are deleted.
const ROUND: i32 = 1000;

impl Memories {
    /// Keeps new memories, all of them or none: at most a hundred, as DynamoDB's transactions have it.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn add_all(&self, user_id: &UserId, memories: &[Memory]) -> Result<(), StoreError> {
        let pk = owner(user_id);
        let put = |memory: &Memory| Ok(self.0.insertion(item(&pk, &entry(memory.id), memory)?));
        match self.0.transact(memories.iter().map(put).collect::<Result<_, StoreError>>()?).await? {
            Written::Yes => Ok(()),
            Written::ConditionFailed => Err(StoreError::DynamoDb("a memory with these 80 random bits exists".into())),
        }
    }

    /// Changes a memory of this person, and gives it as it is now, if there is one. One write that names what changes:
    /// of two at once none undoes the other.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn update(
        &self,
        user_id: &UserId,
        id: MemoryId,
        change: &Change,
        by: &Writer,
        now: Timestamp,
    ) -> Result<Option<Memory>, StoreError> {
        let mut update = Update::default();
        update.put("updated_at", AttributeValue::N(now.as_second().to_string()));
        update.put("updated_by", serde_dynamo::to_attribute_value(by)?);
        if let Some(text) = &change.text {
            update.put("text", AttributeValue::S(text.clone()));
        }
        if let Some(tags) = &change.tags {
            let tags = (!tags.is_empty()).then(|| serde_dynamo::to_attribute_value(tags)).transpose()?;
            update.put_or_remove("tags", tags);
        }
        if let Some(source_url) = &change.source_url {
            update.put_or_remove("source_url", source_url.clone().map(AttributeValue::S));
        }
        if let Some(occurred_at) = change.occurred_at {
            update.put_or_remove("occurred_at", occurred_at.map(|at| AttributeValue::S(at.to_string())));
        }
        let sent = self
            .0
            .client()
            .update_item()
            .table_name(self.0.name())
            .set_key(Some(key(&owner(user_id), &entry(id))))
            .update_expression(update.expression())
            .condition_expression("attribute_exists(pk)")
            .set_expression_attribute_names(Some(update.names))
            .set_expression_attribute_values(Some(update.values))
            .return_values(ReturnValue::AllNew)
            .send()
            .await;
        match sent {
            Ok(updated) => Ok(Some(serde_dynamo::from_item(updated.attributes.unwrap_or_default())?)),
            Err(error)
                if error.as_service_error().is_some_and(|error| error.is_conditional_check_failed_exception()) =>
            {
                Ok(None)
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Deletes all memories this person has now, and says how many there were. What is added meanwhile stays. If it
    /// fails halfway, the same once more deletes the rest.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn delete_all(&self, user_id: &UserId, now: Timestamp) -> Result<usize, StoreError> {
        let mut deleted = 0;
        loop {
            let keys = self.keys(user_id, MemoryId::new(now, [u8::MAX; 10])).await?;
            if keys.is_empty() {
                return Ok(deleted);
            }
            for keys in keys.chunks(BATCH) {
                let request = |key: &Item| {
                    let delete = DeleteRequest::builder().set_key(Some(key.clone())).build();
                    WriteRequest::builder().delete_request(delete.expect("the key is set")).build()
                };
                let requests: Vec<_> = keys.iter().map(request).collect();
                let batch = self.0.client().batch_write_item().request_items(self.0.name(), requests);
                let left = batch.send().await?.unprocessed_items.unwrap_or_default();
                // What is left over is found again in the next round.
                deleted += keys.len() - left.values().map(Vec::len).sum::<usize>();
            }
        }
    }

    /// The keys of some of a person's memories, none of which is later than `last`.
    async fn keys(&self, user_id: &UserId, last: MemoryId) -> Result<Vec<Item>, StoreError> {
        let read = self
            .0
            .client()
            .query()
            .table_name(self.0.name())
            .key_condition_expression("pk = :pk AND sk BETWEEN :first AND :last")
            .expression_attribute_values(":pk", AttributeValue::S(owner(user_id)))
            .expression_attribute_values(":first", AttributeValue::S(MEMORY.into()))
            .expression_attribute_values(":last", AttributeValue::S(entry(last)))
            .projection_expression("pk, sk")
            .limit(ROUND)
            .consistent_read(true)
            .send()
            .await?;
        Ok(read.items.unwrap_or_default())
    }
}

/// An update expression. Every attribute goes by a placeholder: some of their names are DynamoDB's own words.
#[derive(Default)]
struct Update {
    sets: Vec<String>,
    removes: Vec<String>,
    names: std::collections::HashMap<String, String>,
    values: Item,
}

impl Update {
    fn put(&mut self, name: &str, value: AttributeValue) {
        self.sets.push(format!("#{name} = :{name}"));
        self.names.insert(format!("#{name}"), name.into());
        self.values.insert(format!(":{name}"), value);
    }

    /// An attribute without a value is not there: so readers find it as its writers leave it.
    fn put_or_remove(&mut self, name: &str, value: Option<AttributeValue>) {
        if let Some(value) = value {
            self.put(name, value);
        } else {
            self.removes.push(format!("#{name}"));
            self.names.insert(format!("#{name}"), name.into());
        }
    }

    fn expression(&self) -> String {
        let set = format!("SET {}", self.sets.join(", "));
        if self.removes.is_empty() { set } else { format!("{set} REMOVE {}", self.removes.join(", ")) }
    }
}
