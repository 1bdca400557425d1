//! The memories that a client wrote shortly before and after another: what belongs together is often told in a few
//! memories, of which only one has the words of a query.

use super::{bytes::MalformedSegment, entry::CLIENT, segment::Segment};

/// The longest time between two memories that belong together, in milliseconds.
const MINUTES: u128 = 10 * 60 * 1000;
/// The share of the score of the better neighbour.
const SHARE: f32 = 1.0 / 3.0;
/// The bits of an id below its time.
const RANDOM_BITS: u32 = 80;

impl Segment {
    /// Adds to the score of each document a share of that of its better neighbour. Documents of other segments are no
    /// neighbours: at the border of two segments, one is missed.
    pub(crate) fn add_neighbours(
        &self,
        scores: &mut [f32],
        is_deleted: impl Fn(u32) -> bool,
    ) -> Result<(), MalformedSegment> {
        let joined = self.joined()?;
        let mut before = 0.0;
        for doc in 0..scores.len() {
            let own = scores[doc];
            let previous = if joined[doc] { before } else { 0.0 };
            let next = match scores.get(doc + 1) {
                Some(score) if *score > previous && joined[doc + 1] && !is_deleted(doc as u32 + 1) => *score,
                _ => 0.0,
            };
            scores[doc] += SHARE * f32::max(previous, next);
            before = if is_deleted(doc as u32) { 0.0 } else { own };
        }
        Ok(())
    }

    /// For each document, `true` if it belongs together with the one before it.
    fn joined(&self) -> Result<&[bool], MalformedSegment> {
        if let Some(joined) = self.joined.get() {
            return Ok(joined);
        }
        let mut clients = vec![0_u32; self.len()];
        let mut terms = self.dictionary().starting_near(CLIENT)?;
        let mut number = 0;
        while let Some(term) = terms.next()? {
            if !terms.term.starts_with(CLIENT.as_bytes()) {
                if terms.term.as_slice() > CLIENT.as_bytes() {
                    break;
                }
                continue;
            }
            number += 1;
            for posting in self.postings(term.postings) {
                clients[posting?.doc as usize] = number;
            }
        }
        let times: Vec<_> = self.ids().map(|id| id >> RANDOM_BITS).collect();
        let is_joined =
            |doc: usize| doc > 0 && clients[doc] == clients[doc - 1] && times[doc].abs_diff(times[doc - 1]) <= MINUTES;
        Ok(self.joined.get_or_init(|| (0..self.len()).map(is_joined).collect()))
    }
}

#[cfg(test)]
mod tests {
    use crate::index::{Entry, Segment};

    fn entry(minute: u128, client: &str) -> Entry {
        Entry {
            id: (minute * 60_000) << 80,
            text: "tea".into(),
            date: String::new(),
            previous: String::new(),
            tags: vec![],
            at: jiff::Timestamp::UNIX_EPOCH,
            client: client.into(),
            grant: String::new(),
            bytes: 3,
        }
    }

    /// SE-18
    #[test]
    fn memories_of_one_client_within_minutes_are_neighbours() {
        let entries = [entry(1, "a"), entry(2, "a"), entry(3, "b"), entry(4, "b"), entry(40, "b")];
        let segment = Segment::build(&entries);
        let mut scores = [3.0, 0.0, 0.0, 6.0, 0.0];
        segment.add_neighbours(&mut scores, |_| false).expect("well formed");
        assert_eq!(scores, [3.0, 1.0, 2.0, 6.0, 0.0]);
        let mut scores = [1.0, 0.0, 0.0, 2.0, 0.0];
        segment.add_neighbours(&mut scores, |doc| doc == 0).expect("well formed");
        assert_eq!(scores[1], 0.0, "deleted");
    }
}
