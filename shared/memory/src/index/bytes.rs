//! How numbers are written: as few bytes as they need, seven bits in each, the lowest first (LEB128).

/// The bytes are none that [`Segment`](super::Segment) wrote.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a segment of the index is malformed")]
pub struct MalformedSegment;

/// Reads from the front of some bytes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reader<'a>(pub(crate) &'a [u8]);

impl<'a> Reader<'a> {
    pub(crate) fn is_empty(self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn take(&mut self, bytes: usize) -> Result<&'a [u8], MalformedSegment> {
        let (taken, rest) = self.0.split_at_checked(bytes).ok_or(MalformedSegment)?;
        self.0 = rest;
        Ok(taken)
    }

    #[inline]
    pub(crate) fn varint(&mut self) -> Result<u32, MalformedSegment> {
        let mut value = 0;
        for place in 0..5 {
            let (byte, rest) = self.0.split_first().ok_or(MalformedSegment)?;
            self.0 = rest;
            value |= u64::from(byte & 0x7f) << (7 * place);
            if *byte < 0x80 {
                return u32::try_from(value).map_err(|_| MalformedSegment);
            }
        }
        Err(MalformedSegment)
    }
}

pub(crate) fn write_varint(bytes: &mut Vec<u8>, mut value: u32) {
    while value >= 0x80 {
        bytes.push(value as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
}

/// The four bytes at a place, as a number.
pub(crate) fn u32_at(bytes: &[u8], at: usize) -> Result<u32, MalformedSegment> {
    let bytes = bytes.get(at..).and_then(|rest| rest.first_chunk()).ok_or(MalformedSegment)?;
    Ok(u32::from_le_bytes(*bytes))
}

/// A size as it is written. One that is larger than any segment can be makes a segment that does not open.
pub(crate) fn size(value: usize) -> u32 {
    value.try_into().unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_number_that_has_no_end_or_is_too_large_is_malformed() {
        for bytes in [&[][..], &[0x80], &[0xff; 5], &[0xff, 0xff, 0xff, 0xff, 0x10]] {
            assert_eq!(Reader(bytes).varint(), Err(MalformedSegment), "{bytes:?}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(values in prop::collection::vec(any::<u32>(), 0..20)) {
            let mut bytes = Vec::new();
            values.iter().for_each(|value| write_varint(&mut bytes, *value));
            let mut reader = Reader(&bytes);
            for value in values {
                prop_assert_eq!(reader.varint(), Ok(value));
            }
            prop_assert!(reader.is_empty());
        }
    }
}
