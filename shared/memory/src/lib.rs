//! Memories and their search.
//!
//! [`Library`] is what the functions use: each of its operations is on the memories of one person. What goes in is a
//! [`NewMemory`], a [`NewDocument`], a [`Change`] or a [`Query`], which can only be made of what the limits allow; what
//! can fail after that is the store alone. The [`index`] is pure, so that what it finds can be measured without a store.

mod change;
pub mod dates;
mod document;
pub mod duplicates;
pub mod index;
mod library;
mod new_memory;
mod query;
#[cfg(test)]
mod rank;
pub mod transfer;

pub use change::change;
pub use document::NewDocument;
pub use library::{Entropy, Library, Noted, Undone};
pub use new_memory::{InvalidMemory, NewMemory, Restored};
pub use query::{Filter, InvalidQuery, Limit, Query};
pub use store::memories::{
    Added, Change, Credential, Imported, MalformedId, Memory, MemoryId, OccurredAt, Page, Piece, Reach, Writer,
};
