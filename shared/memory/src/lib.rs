//! Memories, their search index and their export format. Pure: no store, no clock, no network.
//!
//! | module | contents |
//! |---|---|
//! | [`Memory`], [`MemoryId`], [`OccurredAt`], [`Writer`] | the domain types, as stored and as sent to clients |
//! | [`NewMemory`], [`NewDocument`], [`Change`], [`Query`] | validated input; constructors enforce the limits |
//! | [`Profile`] | the newest memories and tags of a user in brief |
//! | [`passage()`] | the passage of a long text that a query matches |
//! | [`AccessScope`] | the user and client that an operation is restricted to |
//! | [`index`] | text analysis, segments, BM25, embeddings and fusion |
//! | [`dates`], [`TimeOrder`] | time expressions in queries |
//! | [`arranged`] | the order of memories that match equally well |
//! | [`duplicates`] | equality and similarity of texts |
//! | [`surrogates`] | repair of JSON with lone surrogates |
//! | [`transfer`] | the export format |
//!
//! A segment is searched without decoding it:
//!
//! ```text
//! header │ ids │ times │ lengths │ vectors │ block table │ terms │ postings
//!        └──────── per document ─────────┘ └───────── per term ──────────┘
//! ```
//!
//! Not for: persistence (`jean-store`), caching and compaction of segments (`jean-memory-service`), and the output
//! formats of MCP tools and pages.

mod access_scope;
mod arrangement;
mod blank;
mod change;
pub mod dates;
mod document;
pub mod duplicates;
mod event_time;
pub mod index;
mod memory;
mod memory_id;
mod new_memory;
mod occurred_at;
mod passage;
mod profile;
mod query;
mod quota;
mod quotations;
pub mod surrogates;
mod time_order;
pub mod transfer;
mod writer;

pub use access_scope::AccessScope;
pub use arrangement::{Arranged, COMPARED, arranged};
pub use blank::is_blank;
pub use change::{Change, change};
pub use document::NewDocument;
pub use memory::{Memory, Piece};
pub use memory_id::{MalformedId, MemoryId};
pub use new_memory::{InvalidMemory, NewMemory, Restored};
pub use occurred_at::{MalformedTime, OccurredAt};
pub use passage::passage;
pub use profile::{Profile, TagUse};
pub use query::{Filter, InvalidQuery, Limit, Query};
pub use quota::{QuotaReached, Quotas, Room, Usage};
pub use time_order::{OrderedQuery, TimeOrder, asks_for_newest, time_order};
pub use writer::{Credential, Writer};
