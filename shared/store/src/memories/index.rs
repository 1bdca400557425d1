//! The stored index of a user: the manifest, the segments, and the change records that no segment contains yet.
//!
//! One Query reads everything but the segments, in key order: `INDEX#CHANGE`, `INDEX#CLEARED`, `INDEX#DRAFT`, `INDEX#MANIFEST`.
//! The order matters: a change record that a concurrent compaction has deleted before the Query reached it is
//! contained in a segment of the manifest, which the Query reads last.
//!
//! A new memory needs no change record: memories later than [`Manifest::through`] are read from the table.

mod segments;

use std::collections::BTreeMap;

use aws_sdk_dynamodb::{
    primitives::Blob,
    types::{AttributeValue, TransactWriteItem},
};
use jean_auth::user::UserId;
use serde::{Deserialize, Serialize};

use jean_memory::{MemoryId, Usage};

pub use super::opstamp::Opstamp;
use super::{
    clearing::{CLEARED, Cleared},
    reading::Memories,
    record::MemoryRecord,
};
use crate::table::{Condition, Item, Lasting, StoreError, Written, item, key, owner, text};

const INDEX: &str = "INDEX#";
pub(super) const CHANGE: &str = "INDEX#CHANGE#";
const DRAFT: &str = "INDEX#DRAFT#";
const MANIFEST: &str = "INDEX#MANIFEST";
const GONE: &str = "gone";
const GROWTH: &str = "growth";

/// The index items of a user, as one Query returns them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct IndexItems {
    /// Changes that no segment may contain yet.
    pub changes: Vec<ChangeRecord>,
    /// Deletions of all memories that are not finished yet.
    pub cleared: Cleared,
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
    /// The number of deleted ones, by the grant or API key that they were written under.
    pub gone: BTreeMap<String, u64>,
    /// The change of the stored memories, if all of them existed before it or none is in the tail.
    pub growth: Growth,
}

/// A change of the number of memories and of the bytes of their texts, which may be negative.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Growth {
    /// The number of memories.
    pub memories: i64,
    /// The bytes of their texts.
    pub bytes: i64,
}

impl From<Usage> for Growth {
    fn from(Usage { memories, bytes }: Usage) -> Self {
        Self { memories: memories.cast_signed(), bytes: bytes.cast_signed() }
    }
}

impl std::ops::Neg for Growth {
    type Output = Self;

    fn neg(self) -> Self {
        Self { memories: -self.memories, bytes: -self.bytes }
    }
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
    /// The last memory that the segments cover. Absent if they cover none, and in the format of November 2026.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub through: Option<MemoryId>,
    /// The segments of an older format that cover later memories until they are indexed again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub older: Option<OlderSegments>,
    /// The segments contain nothing up to this memory: all were deleted. See [`Memories::confirm_deletion`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cleared: Option<MemoryId>,
    /// The number of memories in the segments, by the grant or API key that they were written under.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub counts: BTreeMap<String, u64>,
    /// All memories in the segments. Absent in manifests of an earlier release.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total: Option<Usage>,
}

/// The segments of an older format. They come before all others, and only what they contain after
/// [`Manifest::through`] counts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OlderSegments {
    /// Oldest first.
    pub segments: Vec<SegmentName>,
    /// The last memory that they cover.
    pub through: MemoryId,
}

/// The name and size of a segment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SegmentName {
    /// The id of the segment.
    pub id: Opstamp,
    /// The number of memories and tombstones in it.
    pub memories: u64,
    /// Its size in bytes, without pages of vectors.
    pub bytes: u64,
    /// The number of its pages of vectors.
    #[serde(default)]
    pub pages: u32,
    /// The number of the first pages with vectors that an encoder has computed, as far as it could.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub encoded: u32,
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

impl Lasting for Manifest {}
impl Lasting for SegmentDraft {}

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
                let gone = item.get(GONE).cloned().map(serde_dynamo::from_attribute_value).transpose()?;
                let growth = item.get(GROWTH).cloned().map(serde_dynamo::from_attribute_value).transpose()?;
                let (gone, growth) = (gone.unwrap_or_default(), growth.unwrap_or_default());
                index.changes.push(ChangeRecord { stamp, ids, gone, growth });
            } else if sk.starts_with(CLEARED) {
                index.cleared.0.push(serde_dynamo::from_item(item)?);
            } else if sk.starts_with(DRAFT) {
                index.drafts.push(serde_dynamo::from_item(item)?);
            } else if sk == MANIFEST {
                index.manifest = Some(serde_dynamo::from_item(item)?);
            }
        }
        Ok(index)
    }

    /// Replaces the manifest on condition that it has not changed since it was read. Returns `false` if it has.
    ///
    /// # Errors
    /// [`StoreError::AccountDeleted`], without a manifest, if the account has been deleted.
    pub async fn publish(
        &self,
        user_id: &UserId,
        read: Option<Opstamp>,
        manifest: &Manifest,
    ) -> Result<bool, StoreError> {
        let is_read = match read {
            None => Condition::absent(),
            Some(version) => Condition::of("version = :read").value(":read", text(&version.to_string())),
        };
        let pk = owner(user_id);
        let is_published = self.0.replace(item(&pk, MANIFEST, manifest)?, is_read).await? == Written::Yes;
        if is_published && read.is_none() {
            // A deletion of the account deletes a manifest, so only the first can be without an account.
            self.unless_deleted(&pk, vec![key(&pk, MANIFEST)]).await?;
        }
        Ok(is_published)
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
        let segments = segments.iter().flat_map(SegmentName::keys);
        // Drafts last: after a failure, they name the remaining items to delete.
        let drafts = drafts.iter().map(|id| draft_key(*id));
        self.0.remove_each(compacted.chain(segments).chain(drafts).map(|sk| key(&pk, &sk))).await
    }

    /// Records that memories were changed by writes that are complete.
    pub async fn put_change(
        &self,
        user_id: &UserId,
        stamp: Opstamp,
        ids: impl Iterator<Item = MemoryId>,
    ) -> Result<(), StoreError> {
        self.0.put_each(vec![change_item(&owner(user_id), stamp, ids, Growth::default())?]).await
    }

    /// The write of a change record, for the transaction of the change.
    pub(super) fn record_change(
        &self,
        pk: &str,
        stamp: Opstamp,
        ids: impl Iterator<Item = MemoryId>,
        growth: Growth,
    ) -> Result<TransactWriteItem, StoreError> {
        Ok(self.0.put(change_item(pk, stamp, ids, growth)?))
    }

    /// The write of the change record of a deletion.
    pub(super) fn record_deletion(
        &self,
        pk: &str,
        stamp: Opstamp,
        deleted: &[MemoryRecord],
    ) -> Result<TransactWriteItem, StoreError> {
        let growth = -Growth::from(Usage::of(deleted.iter().map(|record| &record.memory)));
        let mut item = change_item(pk, stamp, deleted.iter().flat_map(MemoryRecord::index_dependents), growth)?;
        let mut gone = BTreeMap::<_, u64>::new();
        let ids = deleted.iter().map(|record| record.memory.written_by.credential.id());
        ids.filter(|id| !id.is_empty()).for_each(|id| *gone.entry(id).or_default() += 1);
        item.insert(GONE.into(), serde_dynamo::to_attribute_value(gone)?);
        Ok(self.0.put(item))
    }
}

fn change_item(
    pk: &str,
    stamp: Opstamp,
    ids: impl Iterator<Item = MemoryId>,
    growth: Growth,
) -> Result<Item, StoreError> {
    let mut item = key(pk, &format!("{CHANGE}{stamp}"));
    let ids: Vec<_> = ids.flat_map(|id| id.to_u128().to_be_bytes()).collect();
    item.insert("ids".into(), AttributeValue::B(Blob::new(ids)));
    if growth != Growth::default() {
        item.insert(GROWTH.into(), serde_dynamo::to_attribute_value(growth)?);
    }
    Ok(item)
}

fn is_zero(number: &u32) -> bool {
    *number == 0
}

fn draft_key(segment: Opstamp) -> String {
    format!("{DRAFT}{segment}")
}
