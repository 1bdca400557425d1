//! Merging of segments.

use super::{
    bytes::MalformedSegment,
    postings::Posting,
    segment::{Segment, SegmentWriter},
    vector::UNKNOWN,
};

/// Marks a document without a place in the merged segment.
const DELETED: u32 = u32::MAX;

/// Merges segments, sorted from oldest to newest, without their deleted documents: `is_deleted(segment, doc)`. Works
/// on postings, since segments do not contain texts. Of documents with the same id, the one in the newest segment is
/// retained. Callers load all pages of vectors first: a document without a vector is found by its terms alone.
pub fn merge(segments: &[&Segment], is_deleted: impl Fn(usize, u32) -> bool) -> Result<Segment, MalformedSegment> {
    let mut writer = SegmentWriter::default();
    writer.languages = segments.iter().map(|segment| segment.languages()).collect();
    let docs = renumber(segments, is_deleted, &mut writer)?;
    let mut terms = segments.iter().map(|segment| segment.dictionary().from(0)).collect::<Result<Vec<_>, _>>()?;
    let mut ahead = terms.iter_mut().map(|terms| terms.next()).collect::<Result<Vec<_>, _>>()?;
    let mut postings = Vec::new();
    loop {
        let first = (0..terms.len()).filter(|at| ahead[*at].is_some()).map(|at| &terms[at].term).min().cloned();
        let Some(first) = first else { break };
        postings.clear();
        for (at, segment) in segments.iter().enumerate() {
            if let Some(found) = ahead[at].filter(|_| terms[at].term == first) {
                for posting in segment.postings(found.postings) {
                    let Posting { doc, halves } = posting?;
                    postings.extend(
                        Some(docs[at][doc as usize]).filter(|doc| *doc != DELETED).map(|doc| Posting { doc, halves }),
                    );
                }
                ahead[at] = terms[at].next()?;
                if ahead[at].is_some() && terms[at].term <= first {
                    return Err(MalformedSegment);
                }
            }
        }
        if !postings.is_empty() {
            postings.sort_unstable_by_key(|posting| posting.doc);
            writer.term(&first, &postings);
        }
    }
    Ok(writer.finish())
}

/// Writes the remaining documents and returns the new document number of each.
fn renumber(
    segments: &[&Segment],
    is_deleted: impl Fn(usize, u32) -> bool,
    writer: &mut SegmentWriter,
) -> Result<Vec<Vec<u32>>, MalformedSegment> {
    let mut order: Vec<_> = segments
        .iter()
        .enumerate()
        .flat_map(|(at, segment)| (0..).zip(segment.ids()).map(move |(doc, id)| (id, at, doc)))
        .filter(|(_, at, doc)| !is_deleted(*at, *doc))
        .collect();
    // Newest first: deduplication retains the first.
    order.sort_by_key(|(id, at, _)| (*id, std::cmp::Reverse(*at)));
    order.dedup_by_key(|(id, ..)| *id);
    let times: Vec<Vec<_>> = segments.iter().map(|segment| segment.times().collect()).collect();
    let mut docs: Vec<_> = segments.iter().map(|segment| vec![DELETED; segment.len()]).collect();
    for (next, (id, at, doc)) in (0..).zip(order) {
        let segment = segments[at];
        let length = segment.lengths().get(doc as usize).ok_or(MalformedSegment)?;
        writer.memory(
            id,
            times[at].get(doc as usize).copied().ok_or(MalformedSegment)?,
            u16::from_le_bytes(*length),
            (segment.vector(doc).unwrap_or(&UNKNOWN), segment.vectors.is_encoded(doc)),
        );
        docs[at][doc as usize] = next;
    }
    Ok(docs)
}
