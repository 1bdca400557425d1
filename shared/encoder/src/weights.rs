//! Reading of the file of weights. Numbers are little-endian.

/// The bytes that have not been read yet. Every read returns `None` past the end.
#[derive(Debug)]
pub(crate) struct Weights<'a>(&'a [u8]);

impl<'a> Weights<'a> {
    pub(crate) fn of(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    pub(crate) fn bytes(&mut self, count: usize) -> Option<&'a [u8]> {
        let (bytes, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(bytes)
    }

    pub(crate) fn number(&mut self) -> Option<usize> {
        let bytes = self.bytes(4)?.first_chunk()?;
        Some(u32::from_le_bytes(*bytes) as usize)
    }

    /// A length, and as many bytes of text.
    pub(crate) fn text(&mut self) -> Option<&'a str> {
        let length = self.number()?;
        std::str::from_utf8(self.bytes(length)?).ok()
    }

    /// Numbers of the upper two bytes of a float.
    pub(crate) fn floats(&mut self, count: usize) -> Option<Vec<f32>> {
        Some(self.halves(count)?.iter().map(float).collect())
    }

    /// The bytes of such numbers.
    pub(crate) fn halves(&mut self, count: usize) -> Option<&'a [[u8; 2]]> {
        Some(self.bytes(2 * count)?.as_chunks().0)
    }
}

/// A float from its upper two bytes.
pub(crate) fn float([low, high]: &[u8; 2]) -> f32 {
    f32::from_le_bytes([0, 0, *low, *high])
}
