//! Queries of a snapshot.

use jean_memory::{
    Filter, TimeOrder,
    dates::Days,
    index::{self, Candidates, IndexQuery, MalformedSegment, Segment},
};

use super::Snapshot;

/// A query of the index.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Matching<'a> {
    pub(crate) text: &'a str,
    /// The time that the query mentions, if any.
    pub(crate) time: Option<&'a Days>,
    pub(crate) order: Option<TimeOrder>,
    pub(crate) filter: &'a Filter,
    pub(crate) limit: usize,
}

impl Snapshot {
    /// The best candidates of a query over [`refs`](Self::refs).
    pub(crate) fn candidates<'a>(
        &self,
        segments: &'a [&'a Segment],
        Matching { text, time, order, filter, limit }: Matching<'_>,
    ) -> Result<Candidates<'a>, MalformedSegment> {
        let hidden = self.hidden()?;
        let is_hidden = |segment: usize, doc: u32| hidden.get(segment).is_some_and(|docs| docs[doc as usize]);
        let is_deleted = |segment, doc| self.is_deleted(segment, doc) || is_hidden(segment, doc);
        Ok(IndexQuery::parse(segments, text, time)?.candidates(filter, is_deleted, limit)?.in_order(order))
    }

    /// For each segment, the documents that an unfinished deletion of one client's memories hides. They still count.
    /// Empty if there is no such deletion.
    fn hidden(&self) -> Result<Vec<Vec<bool>>, MalformedSegment> {
        let marks = self.items.cleared.marks().iter();
        let marks: Vec<_> = marks.filter_map(|mark| Some((mark.client_id.as_ref()?, mark.last.to_u128()))).collect();
        let hidden = |segment: &Segment| {
            let mut docs = vec![false; segment.len()];
            for (client_id, last) in &marks {
                for (doc, is_written) in index::written_by(segment, client_id)?.into_iter().enumerate() {
                    docs[doc] |= is_written && segment.id(doc as u32).is_some_and(|id| id <= *last);
                }
            }
            Ok(docs)
        };
        let segments = self.segments.iter().filter(|_| !marks.is_empty());
        segments.map(|segment| hidden(&segment.segment)).collect()
    }
}
