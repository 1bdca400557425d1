//! Vectors of an [`Encoder`] for the memories of the segments. It ranks better than the word table, but is too slow for a
//! request, so only the maintenance encodes, page by page. Its language is English; other memories keep the table's vectors.
//!
//! A page with new vectors replaces the one of the table: both are in one space, so readers that still have the old page find
//! the same memories, only in another order. How many pages of a segment are finished is in the manifest; a merge takes the
//! vectors along.

use std::collections::HashMap;

use jean_auth::user::UserId;
use jean_memory::{
    AccessScope, MemoryId,
    index::{DIMENSIONS, Encoder, Segment, VectorPage, is_english},
};
use jean_store::{StoreError, memories::index::SegmentName};

use crate::{
    compaction::MAX_DELTA, coverage::FORMAT, segment_with_tombstones::SegmentWithTombstones, service::MemoryService,
};

/// As [`MAX_DELTA`], where an encoder maintains the segments: memories that no segment covers are not encoded.
const MAX_DELTA_WITH_ENCODER: usize = 16;

impl MemoryService {
    /// This service, which encodes memories when it maintains their index.
    #[must_use]
    pub fn with_encoder(self, encoder: &'static dyn Encoder) -> Self {
        Self { encoder: Some(encoder), ..self }
    }

    /// Uncovered memories from which on they are compacted.
    pub(crate) fn max_delta(&self) -> usize {
        if self.encoder.is_some() { MAX_DELTA_WITH_ENCODER } else { MAX_DELTA }
    }

    /// Encodes the memories of all segments, while `has_time` returns `true`. Returns `false` if it did not get to the end.
    pub(crate) async fn encode_segments(
        &self,
        user_id: &UserId,
        has_time: impl Fn() -> bool,
    ) -> Result<bool, StoreError> {
        let Some(encoder) = self.encoder else { return Ok(true) };
        let manifest = self.memories.index(user_id).await?.manifest;
        let Some(mut manifest) = manifest.filter(|manifest| manifest.format == FORMAT) else { return Ok(true) };
        let (mut is_done, mut is_changed) = (true, false);
        for name in manifest.segments.iter_mut().filter(|name| name.encoded < name.pages) {
            let bytes = self.memories.segments(user_id, std::slice::from_ref(name)).await?.pop().flatten();
            // A missing or malformed segment is built again by the next reader.
            let Some(Ok(segment)) = bytes.map(|bytes| SegmentWithTombstones::unpack(&bytes)) else { continue };
            while name.encoded < name.pages && is_done {
                is_done = has_time();
                if !is_done || !self.encode_page(user_id, name, &segment.segment, encoder).await? {
                    break;
                }
                (name.encoded, is_changed) = (name.encoded + 1, true);
            }
        }
        if is_changed {
            let read = manifest.version;
            manifest.version = self.ids.opstamp(self.ids.now());
            // After a concurrent step, the next run finds the finished pages by their contents.
            self.memories.publish(user_id, Some(read), &manifest).await?;
            // Its segments have pages without the new vectors.
            self.cache.remove(user_id);
        }
        Ok(is_done)
    }

    /// Encodes the memories of the next page of a segment. Returns `false` if the segment has been deleted.
    async fn encode_page(
        &self,
        user_id: &UserId,
        name: &SegmentName,
        segment: &Segment,
        encoder: &'static dyn Encoder,
    ) -> Result<bool, StoreError> {
        let page = VectorPage(name.encoded);
        let read = self.memories.vector_pages(user_id, &[(name.clone(), page)]).await?.pop().flatten();
        let Some(bytes) = read else { return Ok(false) };
        if segment.load_page(page, bytes).is_err() {
            return Ok(true);
        }
        let ids: Vec<_> = segment.to_encode(page).map(MemoryId::from).collect();
        if ids.is_empty() {
            return Ok(true);
        }
        let memories = self.memories.some(&AccessScope::all(user_id.clone()), &ids).await?;
        let encode = move || -> HashMap<u128, [f32; DIMENSIONS]> {
            let encoded = |id: MemoryId, text: &str| Some((id.to_u128(), encoder.encode(text)?));
            memories
                .iter()
                .filter(|memory| is_english(&memory.text))
                .filter_map(|memory| encoded(memory.id, &memory.text))
                .collect()
        };
        let vectors = match tokio::task::spawn_blocking(encode).await {
            Ok(vectors) => vectors,
            Err(error) => {
                tracing::warn!(%error, "memories could not be encoded");
                return Ok(true);
            }
        };
        match segment.encoded_page(page, &vectors) {
            Some(bytes) => self.memories.replace_page(user_id, name, page, bytes).await,
            None => Ok(true),
        }
    }
}
