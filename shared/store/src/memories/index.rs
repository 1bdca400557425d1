//! What is kept of the index: which segments there are, their bytes, and which changes are in none of them yet.
//!
//! All of it but the bytes comes with one Query, in the order of the keys: `INDEX#CHANGE`, `INDEX#DRAFT`,
//! `INDEX#MANIFEST`. The manifest comes last on purpose: a change that is not seen any more because it was packed
//! meanwhile is in a segment of the manifest that is read after it.

use std::fmt;

use aws_sdk_dynamodb::{
    primitives::Blob,
    types::{AttributeValue, TransactWriteItem},
};
use jean_auth::user::UserId;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use jean_memory::MemoryId;

use super::{Memories, owner};
use crate::table::{StoreError, Written, condition, item, key};

const INDEX: &str = "INDEX#";
const CHANGE: &str = "INDEX#CHANGE#";
const DRAFT: &str = "INDEX#DRAFT#";
const MANIFEST: &str = "INDEX#MANIFEST";
const SEGMENT: &str = "SEGMENT#";
/// An item has at most 400 KB, its keys and names included.
const CHUNK_BYTES: usize = 390 * 1000;
/// So many chunks are read in one request: 16 MB is what DynamoDB gives at once, and binary grows by a third on its way.
const CHUNKS_AT_ONCE: usize = 24;

/// Names a change, a segment or a version of the manifest, as nothing else ever was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Stamp(MemoryId);

impl Stamp {
    /// A stamp of now: 48 bits of time, 80 of randomness.
    pub fn new(now: Timestamp, entropy: [u8; 10]) -> Self {
        Self(MemoryId::new(now, entropy))
    }

    /// When it was made, by the clock of whoever made it.
    pub fn made_at(self) -> Timestamp {
        self.0.created_at()
    }
}

impl fmt::Display for Stamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What one Query tells of a person's index.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct IndexItems {
    /// The changes that may be in no segment yet.
    pub changes: Vec<Changed>,
    /// Segments that somebody began to write.
    pub drafts: Vec<Draft>,
    /// Which segments there are, if anybody ever packed one.
    pub manifest: Option<Manifest>,
}

/// That something was done to these memories: what a segment says of them may be untrue. It is written in the transaction
/// that does it, never changed, and removed once it is packed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changed {
    /// Which change.
    pub stamp: Stamp,
    /// Of which memories.
    pub ids: Vec<MemoryId>,
}

/// The segments there are. It is replaced as a whole, by whoever has read the one before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// Another with each write.
    pub version: Stamp,
    /// What the bytes of the segments mean.
    pub format: u32,
    /// Oldest first: what a later one says of a memory counts.
    #[serde(default)]
    pub segments: Vec<SegmentName>,
}

/// Where a segment is kept, and how much it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SegmentName {
    /// Its id.
    pub id: Stamp,
    /// Of how many memories it says something.
    pub memories: u64,
    /// How long it is.
    pub bytes: u64,
}

impl SegmentName {
    fn chunks(&self) -> u64 {
        self.bytes.div_ceil(CHUNK_BYTES as u64)
    }

    fn entries(&self) -> impl Iterator<Item = String> + use<> {
        let id = self.id;
        (0..self.chunks()).map(move |chunk| format!("{SEGMENT}{id}#{chunk:05}"))
    }
}

/// That somebody is about to write a segment and to let it replace others. If they never come to the end, it says what to
/// tidy up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Draft {
    /// The segment.
    pub segment: SegmentName,
    /// Those it is to replace.
    #[serde(default)]
    pub replaces: Vec<SegmentName>,
}

impl Memories {
    /// What is known of a person's index.
    ///
    /// # Errors
    /// [`StoreError`].
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
                index.changes.push(Changed { stamp, ids });
            } else if sk.starts_with(DRAFT) {
                index.drafts.push(serde_dynamo::from_item(item)?);
            } else if sk == MANIFEST {
                index.manifest = Some(serde_dynamo::from_item(item)?);
            }
        }
        Ok(index)
    }

    /// The bytes of segments, in their order; `None` for one that is not there any more.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn segments(&self, user_id: &UserId, names: &[SegmentName]) -> Result<Vec<Option<Vec<u8>>>, StoreError> {
        let sks: Vec<_> = names.iter().flat_map(SegmentName::entries).collect();
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
        let whole = |name: &SegmentName| {
            let mut bytes = Vec::with_capacity(usize::try_from(name.bytes).unwrap_or_default());
            for sk in name.entries() {
                bytes.append(&mut chunks.remove(&sk)?);
            }
            Some(bytes)
        };
        Ok(names.iter().map(whole).collect())
    }

    /// Writes a segment, which counts once a manifest names it.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn put_segment(&self, user_id: &UserId, draft: &Draft, bytes: &[u8]) -> Result<(), StoreError> {
        let pk = owner(user_id);
        self.0.put_each(vec![item(&pk, &draft_of(draft.segment.id), draft)?]).await?;
        let chunk = |(sk, bytes): (String, &[u8])| {
            let mut item = key(&pk, &sk);
            item.insert("bytes".into(), AttributeValue::B(Blob::new(bytes)));
            item
        };
        self.0.put_each(draft.segment.entries().zip(bytes.chunks(CHUNK_BYTES)).map(chunk).collect()).await
    }

    /// Puts a manifest in the place of the one that was read. Whether it was still that one.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn publish(
        &self,
        user_id: &UserId,
        read: Option<Stamp>,
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

    /// Removes changes that are packed, drafts that came to their end, and segments that no manifest names.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn tidy(
        &self,
        user_id: &UserId,
        packed: &[Stamp],
        drafts: &[Stamp],
        segments: &[SegmentName],
    ) -> Result<(), StoreError> {
        let pk = owner(user_id);
        let packed = packed.iter().map(|stamp| format!("{CHANGE}{stamp}"));
        let segments = segments.iter().flat_map(SegmentName::entries);
        // Drafts last: as long as there is one, somebody knows what is left to tidy up.
        let drafts = drafts.iter().map(|id| draft_of(*id));
        self.0.remove_each(packed.chain(segments).chain(drafts).map(|sk| key(&pk, &sk))).await
    }

    /// A change, as a write of the transaction that makes it.
    pub(super) fn mark(&self, pk: &str, stamp: Stamp, ids: impl Iterator<Item = MemoryId>) -> TransactWriteItem {
        let mut item = key(pk, &format!("{CHANGE}{stamp}"));
        let ids: Vec<_> = ids.flat_map(|id| id.to_u128().to_be_bytes()).collect();
        item.insert("ids".into(), AttributeValue::B(Blob::new(ids)));
        self.0.put(item)
    }
}

fn draft_of(segment: Stamp) -> String {
    format!("{DRAFT}{segment}")
}
