//! The index of a person's memories: what is looked through when they search, and nothing that needs a store.
//!
//! An [`Entry`] says what a memory is found by; [`Segment::build`] packs entries into bytes, [`merge()`] makes one segment
//! of many, and [`search()`] looks through segments as they lie. Memories that were written a moment ago are searched
//! as a segment of their own, built when they are read.

mod best;
mod bytes;
mod count;
mod dictionary;
mod embedding;
mod entry;
mod fusion;
mod indexed_text;
mod language;
mod merge;
mod postings;
mod question;
mod search;
mod segment;
mod terms;
#[cfg(test)]
mod tests;
mod vector;

pub(crate) use self::terms::Words;
pub use self::{
    bytes::MalformedSegment,
    count::count_by_grant,
    entry::Entry,
    indexed_text::{entry, indexed_text},
    merge::merge,
    question::{Hit, Question},
    search::search,
    segment::Segment,
};
#[cfg(test)]
pub(crate) use self::{language::Languages, terms::query_words};
