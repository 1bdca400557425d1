//! Binary interpolative coding of ascending numbers
//! ([Moffat and Stuiver 2000](https://doi.org/10.1023/A:1013002601898)): the middle number first, in the bits that the
//! numbers around it leave open, then those before and those after it. Neighbouring numbers take few bits, and a range
//! without gaps takes none.

use std::ops::Range;

use super::bytes::MalformedSegment;

/// Bits, from the lowest of each byte.
#[derive(Debug, Default)]
pub(crate) struct BitWriter {
    bytes: Vec<u8>,
    /// Fewer than eight bits that are not in `bytes` yet.
    pending: u64,
    count: u32,
}

/// A cursor over bits.
#[derive(Debug)]
pub(crate) struct BitReader<'a> {
    rest: &'a [u8],
    pending: u64,
    count: u32,
}

impl BitWriter {
    /// Writes ascending numbers of a range.
    pub(crate) fn write(&mut self, numbers: &[u32], range: Range<u32>) {
        if numbers.len() == range.len() {
            return;
        }
        let Some((at, places)) = middle(numbers.len(), &range) else { return };
        let value = numbers[at];
        self.choose(value - places.start, places.len() as u64);
        self.write(&numbers[..at], range.start..value);
        self.write(&numbers[at + 1..], value + 1..range.end);
    }

    /// Writes one of a number of choices. Those in the middle, which are the most likely, take a bit less if the number is
    /// no power of two.
    fn choose(&mut self, value: u32, choices: u64) {
        let (bits, short, first) = code(choices);
        let value = u64::from(value);
        let rotated = if value >= first { value - first } else { value + choices - first };
        if rotated < short {
            self.push(rotated, bits);
        } else {
            self.push((rotated + short) >> 1, bits);
            self.push((rotated + short) & 1, 1);
        }
    }

    fn push(&mut self, value: u64, bits: u32) {
        self.pending |= value << self.count;
        self.count += bits;
        while self.count >= 8 {
            self.bytes.push(self.pending as u8);
            self.pending >>= 8;
            self.count -= 8;
        }
    }

    /// The bytes.
    pub(crate) fn finish(mut self) -> Vec<u8> {
        if self.count > 0 {
            self.bytes.push(self.pending as u8);
        }
        self.bytes
    }
}

impl<'a> BitReader<'a> {
    pub(crate) fn new(rest: &'a [u8]) -> Self {
        Self { rest, pending: 0, count: 0 }
    }

    /// Reads ascending numbers of a range, which has at least as many.
    pub(crate) fn read(&mut self, numbers: &mut [u32], range: Range<u32>) -> Result<(), MalformedSegment> {
        if numbers.len() == range.len() {
            numbers.iter_mut().zip(range).for_each(|(number, value)| *number = value);
            return Ok(());
        }
        let Some((at, places)) = middle(numbers.len(), &range) else { return Ok(()) };
        let value = places.start + self.chosen(places.len() as u64)?;
        numbers[at] = value;
        self.read(&mut numbers[..at], range.start..value)?;
        self.read(&mut numbers[at + 1..], value + 1..range.end)
    }

    fn chosen(&mut self, choices: u64) -> Result<u32, MalformedSegment> {
        let (bits, short, first) = code(choices);
        let mut rotated = self.take(bits)?;
        if rotated >= short {
            rotated = (rotated << 1 | self.take(1)?) - short;
        }
        let value = rotated + first;
        Ok((if value >= choices { value - choices } else { value }) as u32)
    }

    fn take(&mut self, bits: u32) -> Result<u64, MalformedSegment> {
        while self.count < bits {
            let (byte, rest) = self.rest.split_first().ok_or(MalformedSegment)?;
            self.rest = rest;
            self.pending |= u64::from(*byte) << self.count;
            self.count += 8;
        }
        let value = self.pending & ((1 << bits) - 1);
        self.pending >>= bits;
        self.count -= bits;
        Ok(value)
    }
}

/// The position of the middle one of ascending numbers, and its possible values; `None` if there are no numbers.
fn middle(numbers: usize, range: &Range<u32>) -> Option<(usize, Range<u32>)> {
    let at = numbers / 2;
    let after = numbers.checked_sub(at + 1)?;
    Some((at, range.start + at as u32..range.end - after as u32))
}

/// The code for a number of choices: the bits of a short one, the number of short ones, and the first choice with a short one.
fn code(choices: u64) -> (u32, u64, u64) {
    let bits = choices.ilog2();
    let short = (2 << bits) - choices;
    (bits, short, (choices - short) / 2)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn written(lists: &[Vec<u32>], end: u32) -> Vec<u8> {
        let mut bits = BitWriter::default();
        lists.iter().for_each(|numbers| bits.write(numbers, 0..end));
        bits.finish()
    }

    #[test]
    fn range_without_gaps_takes_no_bits() {
        assert!(written(&[(0..1000).collect(), vec![]], 1000).is_empty());
        assert!(written(&[(400..900).collect()], 1000).len() < 25);
    }

    #[test]
    fn every_number_of_a_small_range_round_trips() {
        for end in 2..70_u32 {
            for number in 0..end {
                let mut read = [0];
                BitReader::new(&written(&[vec![number]], end)).read(&mut read, 0..end).expect("well formed");
                assert_eq!(read, [number], "of {end}");
            }
        }
    }

    #[test]
    fn truncated_bits_are_malformed() {
        let bytes = written(&[vec![3, 77, 500]], 1000);
        let read = |bytes: &[u8]| BitReader::new(bytes).read(&mut [0; 3], 0..1000);
        assert_eq!(read(&bytes), Ok(()));
        assert_eq!(read(&bytes[..bytes.len() - 1]), Err(MalformedSegment));
    }

    proptest! {
        #[test]
        fn lists_round_trip(
            lists in prop::collection::vec(prop::collection::btree_set(0..300u32, 0..300), 0..9), more in prop_oneof![Just(0), 0..u32::MAX - 300],
        ) {
            let (lists, end): (Vec<Vec<u32>>, _) = (lists.into_iter().map(|list| list.into_iter().collect()).collect(), 300 + more);
            let bytes = written(&lists, end);
            let mut reader = BitReader::new(&bytes);
            for list in lists {
                let mut read = vec![0; list.len()];
                reader.read(&mut read, 0..end).expect("well formed");
                prop_assert_eq!(read, list);
            }
        }

        /// Any bits are ascending numbers of the range, or too few.
        #[test]
        fn any_bits_are_ascending_numbers(bytes in prop::collection::vec(any::<u8>(), 0..40), count in 0..60usize, more in 0..999u32) {
            let (mut read, end) = (vec![0; count], count as u32 + more);
            if BitReader::new(&bytes).read(&mut read, 0..end).is_ok() {
                prop_assert!(read.is_sorted_by(|one, next| one < next) && read.last().is_none_or(|last| *last < end));
            }
        }
    }
}
