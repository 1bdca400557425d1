//! The room of a transaction that writes several memories.

/// Writes per transaction, of DynamoDB's 100: the others are the change record and a fingerprint.
const MAX_WRITES: usize = 98;
/// Text bytes per transaction. A memory that moves to the trash or back is written and deleted with its text, and DynamoDB's
/// limit is 4 MB.
const MAX_TEXT_BYTES: usize = 1_900_000;

/// The remaining room of a transaction.
pub(super) struct TransactionRoom {
    writes: usize,
    bytes: usize,
}

impl TransactionRoom {
    /// Divides items by transactions. `take` takes the room of an item.
    pub(super) fn parts<T>(mut rest: &[T], take: impl Fn(&mut Self, &T) -> bool) -> impl Iterator<Item = &[T]> {
        std::iter::from_fn(move || {
            let part = rest.split_off(..Self::fits(rest, &take).min(rest.len()))?;
            (!part.is_empty()).then_some(part)
        })
    }

    /// The number of the first items that fit into one transaction, and at least one. `take` takes the room of an item.
    pub(super) fn fits<T>(items: &[T], take: impl Fn(&mut Self, &T) -> bool) -> usize {
        let mut room = Self { writes: MAX_WRITES, bytes: MAX_TEXT_BYTES };
        items.iter().take_while(|item| take(&mut room, item)).count().max(1)
    }

    /// Takes the room of some writes and of a text. Returns `false` if they do not fit.
    pub(super) fn take(&mut self, writes: usize, text: &str) -> bool {
        let left = self.writes.checked_sub(writes).zip(self.bytes.checked_sub(text.len()));
        (self.writes, self.bytes) = left.unwrap_or_default();
        left.is_some()
    }
}
