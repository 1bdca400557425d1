//! The entries of a list: memories, and documents with all their parts as one entry.

use std::collections::{HashMap, HashSet};

use jean_memory::{Limit, Memory, MemoryId};
use jean_store::StoreError;

use super::selection::Selection;
use crate::view::View;

/// Number of entries on a page.
pub(super) const PAGE_SIZE: u32 = 20;
/// Reads for one page. Each skips the other parts of the documents that it has found.
const ROUNDS: usize = 5;
/// Upper bound of the number of parts of a document, which have consecutive ids.
const PARTS: u32 = 100;

/// A page of entries. The entry of a document is one of its parts.
#[derive(Default)]
pub(super) struct EntryPage {
    pub(super) entries: Vec<Memory>,
    /// The id to continue after, if there are more.
    pub(super) next: Option<MemoryId>,
}

/// Lists the selected memories, newest first; documents by their first parts. A page may be shorter although there are more.
pub(super) async fn list(view: View<'_>, selection: &Selection) -> Result<EntryPage, StoreError> {
    let (service, scope) = (&view.app.service, view.signed_in.access_scope());
    let (mut entries, mut documents) = (Vec::new(), HashSet::new());
    let mut after = selection.start();
    for _ in 0..ROUNDS {
        let wanted = PAGE_SIZE as usize - entries.len();
        let limit = Limit::new(wanted as u32).expect("within the limit");
        let page = service.list(&scope, &selection.filter(), after, limit).await?;
        after = page.next;
        // With a selective filter, this round has read many memories.
        let is_full = page.memories.len() == wanted;
        for memory in page.memories {
            if selection.period.begins_after(memory.id) {
                after = None;
                break;
            }
            if let Some(piece) = &memory.document
                && piece.id <= memory.id
                && memory.id < piece.id.plus(PARTS)
            {
                after = after.map(|next| next.min(piece.id));
            }
            if is_first_seen(&memory, &mut documents) {
                entries.push(memory);
            }
        }
        if after.is_none() || !is_full || entries.len() == PAGE_SIZE as usize {
            break;
        }
    }
    let next = after.filter(|next| !selection.period.begins_after(*next));
    Ok(EntryPage { entries: with_first_parts(view, entries).await?, next })
}

/// Keeps the best part of each document among the results of a search.
pub(super) fn found(memories: Vec<Memory>) -> Vec<Memory> {
    let mut documents = HashSet::new();
    memories.into_iter().filter(|memory| is_first_seen(memory, &mut documents)).collect()
}

fn is_first_seen(memory: &Memory, documents: &mut HashSet<MemoryId>) -> bool {
    memory.document.as_ref().is_none_or(|piece| documents.insert(piece.id))
}

/// Replaces parts of documents by the first parts, which have the ids of the documents, as far as they exist.
async fn with_first_parts(view: View<'_>, mut entries: Vec<Memory>) -> Result<Vec<Memory>, StoreError> {
    let first = |memory: &Memory| memory.document.as_ref().map(|piece| piece.id).filter(|id| *id != memory.id);
    let ids: Vec<_> = entries.iter().filter_map(first).collect();
    if ids.is_empty() {
        return Ok(entries);
    }
    let read = view.app.service.some(&view.signed_in.access_scope(), &ids).await?;
    let mut read: HashMap<_, _> = read.into_iter().map(|memory| (memory.id, memory)).collect();
    for entry in &mut entries {
        if let Some(part) = first(entry).and_then(|id| read.remove(&id)) {
            *entry = part;
        }
    }
    Ok(entries)
}
