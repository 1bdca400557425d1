//! Counts of memories, as a whole and per grant.

use std::collections::BTreeMap;

use super::{
    bytes::MalformedSegment,
    entry::{BYTES, GRANT, Label},
    segment::Segment,
};
use crate::Usage;
use jean_auth::client::ClientId;

/// The number and size of the memories in segments, except deleted ones: `is_deleted(segment, doc)`. Segments of an earlier
/// release do not contain sizes.
pub fn usage(segments: &[&Segment], is_deleted: impl Fn(usize, u32) -> bool) -> Result<Usage, MalformedSegment> {
    let mut usage = Usage::default();
    for (at, segment) in segments.iter().enumerate() {
        usage.memories += (0..).zip(segment.ids()).filter(|(doc, _)| !is_deleted(at, *doc)).count() as u64;
        let Some(sizes) = segment.dictionary().find(BYTES)? else { continue };
        for posting in segment.postings(sizes.postings) {
            let posting = posting?;
            usage.bytes += if is_deleted(at, posting.doc) { 0 } else { posting.halves.into() };
        }
    }
    Ok(usage)
}

/// For each document of a segment, `true` if a client wrote it.
pub fn written_by(segment: &Segment, client_id: &ClientId) -> Result<Vec<bool>, MalformedSegment> {
    let mut written = vec![false; segment.len()];
    if let Some(term) = segment.dictionary().find(&Label::Client(client_id.as_str()).term())? {
        for posting in segment.postings(term.postings) {
            written[posting?.doc as usize] = true;
        }
    }
    Ok(written)
}

/// Counts the memories written under each grant or API key, except deleted ones: `is_deleted(segment, doc)`. Those that
/// the person wrote are not counted.
pub fn count_by_grant(
    segments: &[&Segment],
    is_deleted: impl Fn(usize, u32) -> bool,
) -> Result<BTreeMap<String, u64>, MalformedSegment> {
    let mut counts = BTreeMap::new();
    for (at, segment) in segments.iter().enumerate() {
        let mut terms = segment.dictionary().from(0)?;
        while let Some(term) = terms.next()? {
            // Labels sort before all words, and the grants are the last kind of label.
            if terms.term.first().is_some_and(|first| [*first].as_slice() > GRANT.as_bytes()) {
                break;
            }
            let grant = terms.term.strip_prefix(GRANT.as_bytes()).filter(|grant| !grant.is_empty());
            let Some(grant) = grant else { continue };
            let count: &mut u64 = counts.entry(String::from_utf8_lossy(grant).into_owned()).or_default();
            for posting in segment.postings(term.postings) {
                *count += u64::from(!is_deleted(at, posting?.doc));
            }
        }
    }
    Ok(counts)
}
