//! The full-text index over a user's memories. Pure: it needs no store.
//!
//! An [`Entry`] is the searchable form of a memory. [`Segment::build`] encodes entries, [`merge()`] merges segments,
//! and [`search()`] searches segments without decoding them first. Vectors are loaded by page, see [`Candidates`]. Recently changed memories are searched as a temporary
//! segment.
//!
//! ```
//! use jean_memory::{
//!     Filter,
//!     index::{Entry, MalformedSegment, Segment, search},
//! };
//!
//! let entry = |id, text: &str| Entry {
//!     id,
//!     text: text.into(),
//!     date: String::new(),
//!     previous: String::new(),
//!     tags: vec![],
//!     at: "2026-07-28T09:30:00Z".parse().expect("valid"),
//!     client: String::new(),
//!     grant: String::new(),
//!     bytes: text.len() as u32,
//! };
//! let segment = Segment::build(&[entry(1, "Ada likes green tea"), entry(2, "Grace plays chess")]);
//! let hits = search(&[&segment], "Who likes tea?", None, &Filter::default(), |_, _| false, 10)?;
//! assert_eq!(hits[0].id, 1);
//! # Ok::<(), MalformedSegment>(())
//! ```

mod analysis;
mod approximate;
mod bytes;
mod count;
mod dictionary;
mod direction;
mod embedding;
mod english_table;
mod entry;
mod fusion;
mod index_query;
mod indexed_text;
mod interpolative;
mod known;
mod language;
mod merge;
mod neighbours;
mod packed;
mod phrase;
mod postings;
mod search;
mod segment;
mod states;
mod terms;
#[cfg(test)]
mod tests;
mod top_k;
mod translation_table;
mod vector;
mod vector_pages;
mod word_table;

pub(crate) use self::{
    analysis::normal::normal_form,
    approximate::Approximated,
    language::{ENGLISH, Languages, is_of_other_script},
    phrase::{WordPhrase, has_content, quoted_phrases, whole_phrase},
    states::{is_new, state_of, tells_turn},
    terms::{MemoryTerm, QueryWord, QueryWords, Words, related_words},
};
pub use self::{
    bytes::MalformedSegment,
    count::{count_by_grant, usage, written_by},
    entry::Entry,
    index_query::{Hit, IndexQuery, Match},
    indexed_text::{entry, indexed_text},
    merge::merge,
    search::{Candidates, search},
    segment::Segment,
    terms::is_english,
    vector::{DIMENSIONS, Encoder},
    vector_pages::VectorPage,
};
