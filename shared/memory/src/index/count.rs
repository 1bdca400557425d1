//! Who wrote how many.

use std::collections::BTreeMap;

use super::{bytes::MalformedSegment, entry::GRANT, segment::Segment};

/// How many memories were written under each grant or API key, but for those that are `dead` (segment, place).
///
/// # Errors
/// [`MalformedSegment`].
pub fn count_by_grant(
    segments: &[&Segment],
    dead: impl Fn(usize, u32) -> bool,
) -> Result<BTreeMap<String, u64>, MalformedSegment> {
    let mut counts = BTreeMap::new();
    for (at, segment) in segments.iter().enumerate() {
        let mut terms = segment.dictionary().from(0)?;
        while let Some(term) = terms.next()? {
            // Labels come before all words, and this is the last kind of them.
            if terms.term.first().is_some_and(|first| [*first].as_slice() > GRANT.as_bytes()) {
                break;
            }
            let Some(grant) = terms.term.strip_prefix(GRANT.as_bytes()) else { continue };
            let count: &mut u64 = counts.entry(String::from_utf8_lossy(grant).into_owned()).or_default();
            for posting in segment.postings(term.postings) {
                *count += u64::from(!dead(at, posting?.place));
            }
        }
    }
    Ok(counts)
}
