//! Many segments become one.

use super::{
    bytes::MalformedSegment,
    postings::Posting,
    segment::{Segment, SegmentWriter},
    vector::UNKNOWN,
};

/// The place in a merged segment of a memory that is left out of it.
const GONE: u32 = u32::MAX;

/// One segment of all memories in these, which come oldest first, but for those that are `dead` (segment, place): from
/// the postings, since no text is at hand. Of memories with the same id, that in the newest segment counts.
///
/// # Errors
/// [`MalformedSegment`].
pub fn merge(segments: &[&Segment], dead: impl Fn(usize, u32) -> bool) -> Result<Vec<u8>, MalformedSegment> {
    let mut writer = SegmentWriter::default();
    writer.languages = segments.iter().map(|segment| segment.languages()).collect();
    let places = place(segments, dead, &mut writer)?;
    let mut terms = segments.iter().map(|segment| segment.dictionary().from(0)).collect::<Result<Vec<_>, _>>()?;
    let mut ahead = terms.iter_mut().map(|terms| terms.next()).collect::<Result<Vec<_>, _>>()?;
    let mut having = Vec::new();
    loop {
        let first = (0..terms.len()).filter(|at| ahead[*at].is_some()).map(|at| &terms[at].term).min().cloned();
        let Some(first) = first else { break };
        having.clear();
        for (at, segment) in segments.iter().enumerate() {
            if let Some(found) = ahead[at].filter(|_| terms[at].term == first) {
                for posting in segment.postings(found.postings) {
                    let Posting { place, count } = posting?;
                    having.extend(
                        Some(places[at][place as usize])
                            .filter(|place| *place != GONE)
                            .map(|place| Posting { place, count }),
                    );
                }
                ahead[at] = terms[at].next()?;
                if ahead[at].is_some() && terms[at].term <= first {
                    return Err(MalformedSegment);
                }
            }
        }
        if !having.is_empty() {
            having.sort_unstable_by_key(|posting| posting.place);
            writer.term(&first, &having);
        }
    }
    Ok(writer.finish())
}

/// Writes the memories that stay, and says where each of a segment's comes to stand.
fn place(
    segments: &[&Segment],
    dead: impl Fn(usize, u32) -> bool,
    writer: &mut SegmentWriter,
) -> Result<Vec<Vec<u32>>, MalformedSegment> {
    let mut order: Vec<_> = segments
        .iter()
        .enumerate()
        .flat_map(|(at, segment)| (0..).zip(segment.ids()).map(move |(place, id)| (id, at, place)))
        .filter(|(_, at, place)| !dead(*at, *place))
        .collect();
    // The newest first, since the first of those with the same id stays.
    order.sort_by_key(|(id, at, _)| (*id, std::cmp::Reverse(*at)));
    order.dedup_by_key(|(id, ..)| *id);
    let times: Vec<Vec<_>> = segments.iter().map(|segment| segment.times().collect()).collect();
    let mut places: Vec<_> = segments.iter().map(|segment| vec![GONE; segment.len()]).collect();
    for (next, (id, at, place)) in (0..).zip(order) {
        let segment = segments[at];
        let length = segment.lengths().get(place as usize).ok_or(MalformedSegment)?;
        writer.memory(
            id,
            times[at].get(place as usize).copied().ok_or(MalformedSegment)?,
            u16::from_le_bytes(*length),
            segment.vector(place).unwrap_or(&UNKNOWN),
        );
        places[at][place as usize] = next;
    }
    Ok(places)
}
