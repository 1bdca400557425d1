//! The stored index of a user: the manifest, the segments, and the change records that no segment contains yet.
//!
//! One Query reads everything but the segment bytes, in key order: `INDEX#CHANGE`, `INDEX#DRAFT`, `INDEX#MANIFEST`.
//! The order matters: a change record that a concurrent compaction has deleted before the Query reached it is
//! contained in a segment of the manifest, which the Query reads last.

use std::fmt;

use aws_sdk_dynamodb::{
    primitives::Blob,
    types::{AttributeValue, TransactWriteItem},
};
use jean_auth::user::UserId;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use jean_memory::MemoryId;

use super::reading::Memories;
use crate::table::{StoreError, Written, condition, item, key, owner};

const INDEX: &str = "INDEX#";
const CHANGE: &str = "INDEX#CHANGE#";
const DRAFT: &str = "INDEX#DRAFT#";
const MANIFEST: &str = "INDEX#MANIFEST";
const SEGMENT: &str = "SEGMENT#";
/// Bytes per chunk of a segment. DynamoDB's limit per item is 400 KB, including keys and names.
const CHUNK_BYTES: usize = 390 * 1000;
/// Chunks per batch read. DynamoDB's limit per response is 16 MB, and base64 adds a third.
const CHUNKS_AT_ONCE: usize = 24;

/// A unique id of a change record, a segment or a version of the manifest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Opstamp(MemoryId);

impl Opstamp {
    /// Creates a stamp: 48 bits of time, 80 bits of randomness.
    pub fn new(now: Timestamp, entropy: [u8; 10]) -> Self {
        Self(MemoryId::new(now, entropy))
    }

    /// The creation time, by the clock of the writer.
    pub fn created_at(self) -> Timestamp {
        self.0.created_at()
    }
}

impl fmt::Display for Opstamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The index items of a user, as one Query returns them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct IndexItems {
    /// Changes that no segment may contain yet.
    pub changes: Vec<ChangeRecord>,
    /// Drafts of unfinished or abandoned segments.
    pub drafts: Vec<SegmentDraft>,
    /// The manifest, unless the user has no index yet.
    pub manifest: Option<Manifest>,
}

/// The record that memories were changed, so that segments may contain outdated entries for them. Written in the
/// transaction of the change, never modified, and deleted once it is compacted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangeRecord {
    /// The id of the change.
    pub stamp: Opstamp,
    /// The changed memories.
    pub ids: Vec<MemoryId>,
}

/// The list of segments. It is replaced as a whole, on condition that it has not changed since it was read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// Changes with each write.
    pub version: Opstamp,
    /// The format version of the segments.
    pub format: u32,
    /// Oldest first. Later segments supersede earlier ones.
    #[serde(default)]
    pub segments: Vec<SegmentName>,
}

/// The name and size of a segment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SegmentName {
    /// The id of the segment.
    pub id: Opstamp,
    /// The number of memories and tombstones in it.
    pub memories: u64,
    /// Its size in bytes.
    pub bytes: u64,
}

impl SegmentName {
    fn chunks(&self) -> u64 {
        self.bytes.div_ceil(CHUNK_BYTES as u64)
    }

    fn chunk_keys(&self) -> impl Iterator<Item = String> + use<> {
        let id = self.id;
        (0..self.chunks()).map(move |chunk| format!("{SEGMENT}{id}#{chunk:05}"))
    }
}

/// The record of an unfinished segment. If its writer fails, a later compaction deletes the segments named here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SegmentDraft {
    /// The new segment.
    pub segment: SegmentName,
    /// The segments that it will replace.
    #[serde(default)]
    pub replaces: Vec<SegmentName>,
}

impl Memories {
    /// Returns the index items of the user.
    pub async fn index(&self, user_id: &UserId) -> Result<IndexItems, StoreError> {
        let items = self.0.items(&owner(user_id), INDEX).await?;
        let mut index = IndexItems::default();
        for item in items {
            let sk = item.get("sk").and_then(|sk| sk.as_s().ok()).cloned().unwrap_or_default();
            if let Some(stamp) = sk.strip_prefix(CHANGE) {
                let ids = item.get("ids").and_then(|ids| ids.as_b().ok()).map(Blob::as_ref).unwrap_or_default();
                let (ids, _) = ids.as_chunks();
                let ids = ids.iter().map(|id| u128::from_be_bytes(*id).into()).collect();
                let stamp = serde_dynamo::from_attribute_value(AttributeValue::S(stamp.into()))?;
                index.changes.push(ChangeRecord { stamp, ids });
            } else if sk.starts_with(DRAFT) {
                index.drafts.push(serde_dynamo::from_item(item)?);
            } else if sk == MANIFEST {
                index.manifest = Some(serde_dynamo::from_item(item)?);
            }
        }
        Ok(index)
    }

    /// Returns the bytes of segments, in order; `None` for a deleted segment.
    pub async fn segments(&self, user_id: &UserId, names: &[SegmentName]) -> Result<Vec<Option<Vec<u8>>>, StoreError> {
        let sks: Vec<_> = names.iter().flat_map(SegmentName::chunk_keys).collect();
        let mut chunks = std::collections::HashMap::with_capacity(sks.len());
        for sks in sks.chunks(CHUNKS_AT_ONCE) {
            for mut item in self.0.some(&owner(user_id), sks).await? {
                if let (Some(AttributeValue::S(sk)), Some(AttributeValue::B(bytes))) =
                    (item.remove("sk"), item.remove("bytes"))
                {
                    chunks.insert(sk, bytes.into_inner());
                }
            }
        }
        let assemble = |name: &SegmentName| {
            let mut bytes = Vec::with_capacity(usize::try_from(name.bytes).unwrap_or_default());
            for sk in name.chunk_keys() {
                bytes.append(&mut chunks.remove(&sk)?);
            }
            Some(bytes)
        };
        Ok(names.iter().map(assemble).collect())
    }

    /// Writes a segment. It is not part of the index until a manifest names it.
    pub async fn put_segment(&self, user_id: &UserId, draft: &SegmentDraft, bytes: &[u8]) -> Result<(), StoreError> {
        let pk = owner(user_id);
        self.0.put_each(vec![item(&pk, &draft_key(draft.segment.id), draft)?]).await?;
        let chunk = |(sk, bytes): (String, &[u8])| {
            let mut item = key(&pk, &sk);
            item.insert("bytes".into(), AttributeValue::B(Blob::new(bytes)));
            item
        };
        self.0.put_each(draft.segment.chunk_keys().zip(bytes.chunks(CHUNK_BYTES)).map(chunk).collect()).await
    }

    /// Replaces the manifest on condition that it has not changed since it was read. Returns `false` if it has.
    pub async fn publish(
        &self,
        user_id: &UserId,
        read: Option<Opstamp>,
        manifest: &Manifest,
    ) -> Result<bool, StoreError> {
        let put = self.0.client().put_item().table_name(self.0.name());
        let put = put.set_item(Some(item(&owner(user_id), MANIFEST, manifest)?));
        let put = match read {
            None => put.condition_expression("attribute_not_exists(pk)"),
            Some(version) => put
                .condition_expression("version = :read")
                .expression_attribute_values(":read", AttributeValue::S(version.to_string())),
        };
        Ok(condition(put.send().await.map(drop))? == Written::Yes)
    }

    /// Deletes compacted change records, finished drafts, and segments that no manifest names.
    pub async fn tidy(
        &self,
        user_id: &UserId,
        compacted: &[Opstamp],
        drafts: &[Opstamp],
        segments: &[SegmentName],
    ) -> Result<(), StoreError> {
        let pk = owner(user_id);
        let compacted = compacted.iter().map(|stamp| format!("{CHANGE}{stamp}"));
        let segments = segments.iter().flat_map(SegmentName::chunk_keys);
        // Drafts last: after a failure, they name the remaining items to delete.
        let drafts = drafts.iter().map(|id| draft_key(*id));
        self.0.remove_each(compacted.chain(segments).chain(drafts).map(|sk| key(&pk, &sk))).await
    }

    /// The write of a change record, for the transaction of the change.
    pub(super) fn record_change(
        &self,
        pk: &str,
        stamp: Opstamp,
        ids: impl Iterator<Item = MemoryId>,
    ) -> TransactWriteItem {
        let mut item = key(pk, &format!("{CHANGE}{stamp}"));
        let ids: Vec<_> = ids.flat_map(|id| id.to_u128().to_be_bytes()).collect();
        item.insert("ids".into(), AttributeValue::B(Blob::new(ids)));
        self.0.put(item)
    }
}

fn draft_key(segment: Opstamp) -> String {
    format!("{DRAFT}{segment}")
}
