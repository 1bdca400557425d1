//! Variable-length integers (LEB128): seven bits per byte, lowest first.

/// The error for bytes that are not a [`Segment`](super::Segment).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("malformed index segment")]
pub struct MalformedSegment;

/// A cursor over bytes.
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
        for doc in 0..5 {
            let (byte, rest) = self.0.split_first().ok_or(MalformedSegment)?;
            self.0 = rest;
            value |= u64::from(byte & 0x7f) << (7 * doc);
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

/// Reads a little-endian `u32`.
pub(crate) fn u32_at(bytes: &[u8], at: usize) -> Result<u32, MalformedSegment> {
    let bytes = bytes.get(at..).and_then(|rest| rest.first_chunk()).ok_or(MalformedSegment)?;
    Ok(u32::from_le_bytes(*bytes))
}

/// Encodes a size. A size beyond `u32` results in a segment that does not open.
pub(crate) fn size(value: usize) -> u32 {
    value.try_into().unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn truncated_or_oversized_varint_is_malformed() {
        for bytes in [&[][..], &[0x80], &[0xff; 5], &[0xff, 0xff, 0xff, 0xff, 0x10]] {
            assert_eq!(Reader(bytes).varint(), Err(MalformedSegment), "{bytes:?}");
        }
    }

    proptest! {
        #[test]
        fn varint_round_trips(values in prop::collection::vec(any::<u32>(), 0..20)) {
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
