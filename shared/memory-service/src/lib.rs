//! The memory service: the rules of `jean-memory` over the persistence of `jean-store`.
//!
//! [`MemoryService`] is the entry point for functions. Each operation takes one [`AccessScope`](jean_memory::AccessScope)
//! and can only fail because of the store; input was validated when its type was constructed.

mod cache;
mod deleting;
mod draw;
mod packed;
mod searching;
mod service;
mod undoing;
mod upkeep;
mod view;

pub use jean_store::memories::{Added, Imported, Page};

pub use self::{
    draw::Entropy,
    service::{AddOutcome, MemoryService},
    undoing::Undone,
};
