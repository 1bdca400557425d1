//! The bytes of segments: chunks of the segment itself, and pages of its vectors.
//!
//! A segment never changes, and a page only for better vectors, so both are read eventually consistent, for half the price. An item that is not found is read
//! again, strongly consistent, before it counts as deleted.

use std::collections::HashMap;

use aws_sdk_dynamodb::{primitives::Blob, types::AttributeValue};
use jean_auth::user::UserId;
use jean_memory::index::VectorPage;

use super::{Memories, SegmentDraft, SegmentName, draft_key};
use crate::memories::reading::item_key;
use crate::table::{Condition, Consistency, Item, StoreError, Written, item, key, owner};

const SEGMENT: &str = "SEGMENT#";
/// Bytes per chunk of a segment. DynamoDB's limit per item is 400 KB, including keys and names.
const CHUNK_BYTES: usize = 390 * 1000;
/// Chunks per batch read. DynamoDB's limit per response is 16 MB, and base64 adds a third.
const CHUNKS_AT_ONCE: usize = 24;
const BYTES: &str = "bytes";

impl SegmentName {
    /// The keys of all items of the segment.
    pub(super) fn keys(&self) -> impl Iterator<Item = String> + use<> {
        let name = self.clone();
        self.chunk_keys().chain((0..self.pages).map(move |page| name.page_key(VectorPage(page))))
    }

    fn chunk_keys(&self) -> impl Iterator<Item = String> + use<> {
        let id = self.id;
        (0..self.bytes.div_ceil(CHUNK_BYTES as u64)).map(move |chunk| format!("{SEGMENT}{id}#{chunk:05}"))
    }

    fn page_key(&self, VectorPage(page): VectorPage) -> String {
        format!("{SEGMENT}{}#V{page:05}", self.id)
    }
}

impl Memories {
    /// Returns the bytes of segments, in order; `None` for a deleted segment.
    pub async fn segments(&self, user_id: &UserId, names: &[SegmentName]) -> Result<Vec<Option<Vec<u8>>>, StoreError> {
        let mut chunks =
            self.blobs(user_id, names.iter().flat_map(SegmentName::chunk_keys).collect(), CHUNKS_AT_ONCE).await?;
        let whole = |name: &SegmentName| {
            let mut bytes = Vec::with_capacity(usize::try_from(name.bytes).unwrap_or_default());
            for sk in name.chunk_keys() {
                bytes.append(&mut chunks.remove(&sk)?);
            }
            Some(bytes)
        };
        Ok(names.iter().map(whole).collect())
    }

    /// Returns pages of vectors, in order; `None` for a page of a deleted segment.
    pub async fn vector_pages(
        &self,
        user_id: &UserId,
        pages: &[(SegmentName, VectorPage)],
    ) -> Result<Vec<Option<Vec<u8>>>, StoreError> {
        let keys: Vec<_> = pages.iter().map(|(name, page)| name.page_key(*page)).collect();
        let mut read = self.blobs(user_id, keys.clone(), keys.len().max(1)).await?;
        Ok(keys.iter().map(|sk| read.remove(sk)).collect())
    }

    /// Writes a segment and the pages of its vectors. It is not part of the index until a manifest names it.
    pub async fn put_segment<'a>(
        &self,
        user_id: &UserId,
        draft: &SegmentDraft,
        bytes: &[u8],
        pages: impl Iterator<Item = (VectorPage, &'a [u8])>,
    ) -> Result<(), StoreError> {
        let pk = owner(user_id);
        let draft_item = item(&pk, &draft_key(draft.segment.id), draft)?;
        let mut written = vec![item_key(&draft_item)];
        self.0.put_each(vec![draft_item]).await?;
        let blob = |sk: String, bytes: &[u8]| {
            let mut item = key(&pk, &sk);
            item.insert(BYTES.into(), AttributeValue::B(Blob::new(bytes)));
            item
        };
        let chunks = draft.segment.chunk_keys().zip(bytes.chunks(CHUNK_BYTES)).map(|(sk, bytes)| blob(sk, bytes));
        let pages = pages.map(|(page, bytes)| blob(draft.segment.page_key(page), bytes));
        let blobs: Vec<_> = chunks.chain(pages).collect();
        written.extend(blobs.iter().map(item_key));
        self.0.put_each(blobs).await?;
        self.unless_deleted(&pk, written).await
    }

    /// Replaces a page of vectors. Returns `false` if its segment has been deleted.
    pub async fn replace_page(
        &self,
        user_id: &UserId,
        name: &SegmentName,
        page: VectorPage,
        bytes: Vec<u8>,
    ) -> Result<bool, StoreError> {
        let mut item = key(&owner(user_id), &name.page_key(page));
        item.insert(BYTES.into(), AttributeValue::B(Blob::new(bytes)));
        Ok(self.0.replace(item, Condition::exists()).await? == Written::Yes)
    }

    /// The bytes of the items with these keys that exist, by key. `at_once` are read by one request.
    async fn blobs(
        &self,
        user_id: &UserId,
        keys: Vec<String>,
        at_once: usize,
    ) -> Result<HashMap<String, Vec<u8>>, StoreError> {
        let mut blobs = HashMap::with_capacity(keys.len());
        for consistency in [Consistency::Eventual, Consistency::Strong] {
            let missing: Vec<_> = keys.iter().filter(|sk| !blobs.contains_key(*sk)).cloned().collect();
            for sks in missing.chunks(at_once) {
                let items = self.0.some(&owner(user_id), sks, consistency).await?;
                blobs.extend(items.into_iter().filter_map(into_bytes));
            }
        }
        Ok(blobs)
    }
}

fn into_bytes(mut item: Item) -> Option<(String, Vec<u8>)> {
    match (item.remove("sk")?, item.remove(BYTES)?) {
        (AttributeValue::S(sk), AttributeValue::B(bytes)) => Some((sk, bytes.into_inner())),
        _ => None,
    }
}
