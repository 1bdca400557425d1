//! The memory service: the rules of `jean-memory` over the persistence of `jean-store`.
//!
//! [`MemoryService`] is the entry point for functions and the command line. Each operation takes one
//! [`AccessScope`](jean_memory::AccessScope); input was validated when its type was constructed, so an operation fails
//! only with a [`StoreError`](jean_store::StoreError), or, if it writes texts, at a [quota](WriteError). The clock and randomness come from an [`IdGenerator`], which the
//! caller provides.
//!
//! | module | contents |
//! |---|---|
//! | `service` | add, list |
//! | `search`, `change`, `delete`, `trash`, `undo`, `import` | the other operations |
//! | `completion` | the completion of operations on many memories |
//! | `quota`, `usage` | quotas of stored memories and of bytes written a day |
//! | `coverage` | the memories that the segments of a manifest cover, and format versions |
//! | `snapshot`, `delta`, `loading`, `cache` | a user's index as of one moment, its loading and its cache |
//! | `compaction`, `publication`, `maintenance` | the steps of the index, their publication, and the run of all due steps |
//! | `encoding` | vectors of a sentence encoder |
//! | `segment_with_tombstones`, `entries` | stored segments and the entries in them |
//!
//! An index consists of stored segments and a delta, which is built when it is read: the memories later than the segments
//! cover, and those that change records name.
//!
//! ```text
//! manifest ──> segment 1 (oldest) ── segment 2 ── … ── delta
//! ```
//!
//! Not for: authentication (the caller proves the scope), HTTP or MCP formats, and the time at which maintenance runs.

mod cache;
mod change;
mod compaction;
mod completion;
mod coverage;
mod delete;
mod delta;
mod encoding;
mod entries;
mod id_generator;
mod import;
mod loading;
mod maintenance;
mod publication;
mod quota;
mod search;
mod segment_with_tombstones;
mod service;
mod snapshot;
mod trash;
mod undo;
mod usage;

pub use jean_store::memories::{
    AddResult, DeletionRequest, ImportReport, MemoryPage, REQUEST_DAYS, RestoreReport, TRASH_DAYS, TrashId, TrashPage,
    TrashSelection, TrashedMemory,
};

pub use self::{
    completion::Completion,
    delete::Selected,
    id_generator::IdGenerator,
    quota::WriteError,
    search::FoundMemory,
    service::{AddOutcome, MemoryService},
    undo::{UndoPreview, UndoProgress, UndoReport, UndoRequest},
};
