//! How the index is read, and how it is kept: by whoever finds that there is something to do.
//!
//! Whatever is done to a memory is done in one transaction with the note that it was changed. Nothing else has to
//! happen: a reader looks at the memories that were changed, besides the segments. So that these do not become many, a
//! reader who finds them so packs them, and lets one conditional write of the manifest decide whether it was the first.
//! Only then do the notes go that it had read, and the segments that are replaced. A crash anywhere leaves notes that
//! are packed once more, and bytes that nothing names, which a later reader clears away.

use std::{
    collections::{BTreeMap, HashSet},
    sync::Arc,
};

use jean_auth::user::UserId;
use jean_memory::{AccessScope, Memory, MemoryId};
use jean_store::{
    StoreError,
    memories::index::{Draft, IndexItems, Manifest, SegmentName},
};
use jiff::SignedDuration;

use crate::{
    draw::Draw,
    packed::{FORMAT, Packed},
    service::MemoryService,
    view::View,
};
use jean_memory::index::{self, Entry, MalformedSegment, Segment};

/// With this many changed memories, reading them costs more than packing them.
const TAIL: usize = 128;
/// How much of the piece before it a piece is found by.
const ENDING_BYTES: usize = 256;
/// How often an index is read anew because it was changed while it was read.
const TRIES: usize = 8;
/// Whoever began to write a segment this long ago does not write any more: no function runs for so long.
const ABANDONED: SignedDuration = SignedDuration::from_hours(1);

impl MemoryService {
    /// A person's index as it is now. One Query, if this instance has read it before and nothing was written since.
    pub(crate) async fn view(&self, user_id: &UserId, draw: &mut Draw) -> Result<Arc<View>, StoreError> {
        let mut missed = None;
        for _ in 0..TRIES {
            let items = self.memories.index(user_id).await?;
            let Some(manifest) = items.manifest.clone().filter(|manifest| manifest.format == FORMAT) else {
                if self.rebuild(user_id, &items, draw).await? == Rebuilt::Nothing {
                    return Ok(Arc::new(View::empty()));
                }
                continue;
            };
            let cached = self.cache.get(user_id);
            if let Some(view) = cached.as_ref().filter(|view| view.is_of(&items)) {
                return Ok(view.clone());
            }
            let known = self.known(user_id, cached.as_deref(), &items).await?;
            let Some(segments) = self.segments(user_id, cached.as_deref(), &manifest.segments).await? else {
                // They were merged meanwhile. But if the manifest stays the same, it names what is not there.
                if missed.replace(manifest.version) == Some(manifest.version) {
                    tracing::error!("a segment is missing; the index is made anew");
                    self.rebuild(user_id, &items, draw).await?;
                }
                continue;
            };
            match segments.and_then(|segments| View::new(items.clone(), segments, known)) {
                Ok(view) => {
                    let view = Arc::new(view);
                    self.cache.put(user_id, &view);
                    return Ok(view);
                }
                Err(error) => self.repair(user_id, &error, draw).await?,
            }
        }
        Err(changing())
    }

    /// Makes the index anew, after a segment turned out to be no segment.
    pub(crate) async fn repair(
        &self,
        user_id: &UserId,
        error: &MalformedSegment,
        draw: &mut Draw,
    ) -> Result<(), StoreError> {
        tracing::error!(%error, "a segment can't be read; the index is made anew");
        self.cache.forget(user_id);
        let items = self.memories.index(user_id).await?;
        self.rebuild(user_id, &items, draw).await.map(drop)
    }

    /// The segments of these names: those at hand, and the others from the store. `None` if one is not there any more.
    async fn segments(
        &self,
        user_id: &UserId,
        cached: Option<&View>,
        names: &[SegmentName],
    ) -> Result<Option<Result<Vec<Arc<Packed>>, MalformedSegment>>, StoreError> {
        let mut at_hand = cached.map(View::segments).unwrap_or_default();
        let missing: Vec<_> = names.iter().filter(|name| !at_hand.contains_key(&name.id)).cloned().collect();
        for (name, bytes) in missing.iter().zip(self.memories.segments(user_id, &missing).await?) {
            let Some(bytes) = bytes else { return Ok(None) };
            match Packed::open(bytes) {
                Ok(packed) => at_hand.insert(name.id, Arc::new(packed)),
                Err(error) => return Ok(Some(Err(error))),
            };
        }
        Ok(Some(Ok(names.iter().filter_map(|name| at_hand.get(&name.id).cloned()).collect())))
    }

    /// What became of the changed memories.
    async fn known(
        &self,
        user_id: &UserId,
        cached: Option<&View>,
        items: &IndexItems,
    ) -> Result<Vec<(MemoryId, Option<Entry>)>, StoreError> {
        let mut known = cached.map(|view| view.known(items)).unwrap_or_default();
        let changed = items.changes.iter().flat_map(|change| &change.ids);
        let unknown: HashSet<_> = changed.filter(|id| !known.contains_key(id)).copied().collect();
        let mut ids: Vec<_> = unknown.into_iter().collect();
        ids.sort_unstable();
        let reach = AccessScope::all(user_id.clone());
        let mut memories = self.memories.some(&reach, &ids).await?;
        let before: Vec<_> = memories.iter().filter_map(before).filter(|id| ids.binary_search(id).is_err()).collect();
        memories.extend(self.memories.some(&reach, &before).await?);
        memories.sort_unstable_by_key(|memory| memory.id);
        for id in ids {
            let place = memories.binary_search_by_key(&id, |memory| memory.id);
            known.insert(id, place.ok().map(|place| entry(&memories, place)));
        }
        Ok(known.into_iter().collect())
    }

    /// Packs what was changed, when that is much. Whoever is not the first has worked in vain, and no harm is done.
    pub(crate) async fn merge_if_due(&self, user_id: &UserId, view: &View, draw: &mut Draw) {
        if view.tail() >= TAIL
            && let Err(error) = self.merge(user_id, view, draw).await
        {
            // Whoever asked has their answer, and the next one who finds it so tries again.
            tracing::warn!(%error, "the index could not be merged");
        }
    }

    /// Packs what was changed. Whether it was the first to.
    pub(crate) async fn merge(&self, user_id: &UserId, view: &View, draw: &mut Draw) -> Result<bool, StoreError> {
        let Some(manifest) = &view.items.manifest else { return Ok(false) };
        let count = view.mergeable();
        let (bytes, memories) = match view.merged(count) {
            Ok(merged) => merged,
            Err(error) => return self.repair(user_id, &error, draw).await.map(|()| false),
        };
        let (stay, replaced) = manifest.segments.split_at(manifest.segments.len() - count);
        self.replace(user_id, &view.items, stay, replaced, &bytes, memories, draw).await
    }

    /// Makes the index of the memories alone: for whoever has none yet, or one that is no use.
    pub(crate) async fn rebuild(
        &self,
        user_id: &UserId,
        items: &IndexItems,
        draw: &mut Draw,
    ) -> Result<Rebuilt, StoreError> {
        // After the changes: what is written from here on leaves one that is not among them.
        let memories = self.memories.all(user_id).await?;
        if memories.is_empty() && *items == IndexItems::default() {
            return Ok(Rebuilt::Nothing);
        }
        let entries: Vec<_> = (0..memories.len()).map(|place| entry(&memories, place)).collect();
        let bytes = Packed::bytes(&Segment::build(&entries), &[]);
        let replaced = items.manifest.as_ref().map(|manifest| manifest.segments.as_slice()).unwrap_or_default();
        let first = self.replace(user_id, items, &[], replaced, &bytes, memories.len() as u64, draw).await?;
        Ok(if first { Rebuilt::Index } else { Rebuilt::Elsewhere })
    }

    /// Lets one new segment, and those that stay, be the index from now on, and removes what they replace: if the
    /// manifest is still the one that was read.
    #[expect(clippy::too_many_arguments, reason = "what was, what stays, what goes and what comes")]
    async fn replace(
        &self,
        user_id: &UserId,
        read: &IndexItems,
        stay: &[SegmentName],
        replaced: &[SegmentName],
        bytes: &[u8],
        memories: u64,
        draw: &mut Draw,
    ) -> Result<bool, StoreError> {
        let segment = SegmentName { id: draw.stamp(), memories, bytes: bytes.len() as u64 };
        let mut manifest = Manifest { version: draw.stamp(), format: FORMAT, segments: stay.to_vec() };
        let draft = Draft { segment: segment.clone(), replaces: replaced.to_vec() };
        if memories > 0 {
            manifest.segments.push(segment);
        }
        self.memories.put_segment(user_id, &draft, bytes).await?;
        let version = read.manifest.as_ref().map(|manifest| manifest.version);
        if !self.memories.publish(user_id, version, &manifest).await? {
            // Not even the draft goes: the manifest may be ours after all, if the answer to a first attempt was lost.
            return Ok(false);
        }
        let packed: Vec<_> = read.changes.iter().map(|change| change.stamp).collect();
        let abandoned =
            read.drafts.iter().filter(|draft| draw.now().duration_since(draft.segment.id.made_at()) > ABANDONED);
        let over: Vec<_> = abandoned.chain([&draft]).collect();
        let named: HashSet<_> = manifest.segments.iter().map(|segment| segment.id).collect();
        let nameless = over.iter().flat_map(|draft| draft.replaces.iter().chain([&draft.segment]));
        // Two that gave up may have been about to replace the same one.
        let nameless: BTreeMap<_, _> = nameless.map(|segment| (segment.id, segment)).collect();
        let nameless: Vec<_> = nameless.into_values().filter(|segment| !named.contains(&segment.id)).cloned().collect();
        let over: Vec<_> = over.iter().map(|draft| draft.segment.id).collect();
        self.memories.tidy(user_id, &packed, &over, &nameless).await?;
        Ok(true)
    }

    /// Makes the index of what is there, whoever is at it as well.
    pub(crate) async fn rebuild_now(&self, user_id: &UserId, draw: &mut Draw) -> Result<(), StoreError> {
        for _ in 0..TRIES {
            let items = self.memories.index(user_id).await?;
            if self.rebuild(user_id, &items, draw).await? != Rebuilt::Elsewhere {
                return Ok(());
            }
        }
        Err(changing())
    }
}

fn changing() -> StoreError {
    StoreError::DynamoDb("the index was changed each time it was read".into())
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Rebuilt {
    Index,
    /// Somebody else was first.
    Elsewhere,
    /// There is neither a memory nor an index.
    Nothing,
}

/// The piece that stands before this one in its document: it is part of what this one is found by.
fn before(memory: &Memory) -> Option<MemoryId> {
    let piece = memory.document.as_ref()?;
    (piece.part > 1).then(|| MemoryId::from(memory.id.to_u128() - 1))
}

/// What one of these memories, which come by id, is found by.
fn entry(memories: &[Memory], place: usize) -> Entry {
    let memory = &memories[place];
    let before = place.checked_sub(1).map(|place| &memories[place]).filter(|other| Some(other.id) == before(memory));
    index::entry(memory, before.map(|memory| ending(&memory.text)))
}

/// What was said just before: a piece is not about all that the one before it is about.
fn ending(text: &str) -> &str {
    &text[text.ceil_char_boundary(text.len().saturating_sub(ENDING_BYTES))..]
}
