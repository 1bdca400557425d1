//! The memories of each user, their history, their fingerprints, their trash and their index.
//!
//! Only the partition of one user is ever addressed, and its key is derived from a [`UserId`](jean_auth::user::UserId)
//! that a token or an API key has proved. A caller that guesses the id of another user's memory therefore finds nothing
//! (RS-08, T-15).

mod adding;
mod changing;
mod clearing;
mod deleting;
mod deletion_requests;
mod fingerprint;
mod importing;
pub mod index;
mod maintained;
mod opstamp;
mod reading;
mod record;
mod restoring;
mod transaction_room;
mod trash;
mod written;

pub use self::{
    adding::AddResult,
    changing::Edit,
    clearing::{Cleared, ClearedMark},
    deletion_requests::{DeletionRequest, REQUEST_DAYS},
    importing::{ImportBatch, ImportReport},
    maintained::maintained_user,
    reading::{Memories, MemoryPage},
    restoring::RestoreReport,
    trash::{MemoryDeletion, TRASH_DAYS, TrashId, TrashPage, TrashSelection, TrashedMemory},
    written::Day,
};
