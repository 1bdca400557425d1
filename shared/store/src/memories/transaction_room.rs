//! The room of a transaction between the memories and the trash.

use super::record::MemoryRecord;

/// Writes per transaction, of DynamoDB's 100: the others are the change record and the fingerprint.
const MAX_WRITES: usize = 98;
/// Text bytes per transaction. The written item and the deleted one both have the text, and DynamoDB's limit is 4 MB.
const MAX_TEXT_BYTES: usize = 1_900_000;

/// The remaining room of a transaction.
pub(super) struct TransactionRoom {
    writes: usize,
    bytes: usize,
}

impl TransactionRoom {
    /// The number of the first items that fit into one transaction, and at least one. `take` takes the room of an item.
    pub(super) fn fits<T>(items: &[T], take: impl Fn(&mut Self, &T) -> bool) -> usize {
        let mut room = Self { writes: MAX_WRITES, bytes: MAX_TEXT_BYTES };
        items.iter().take_while(|item| take(&mut room, item)).count().max(1)
    }

    /// Takes the room of a memory and its item of the trash, and of `others` writes without a text. Returns `false` if
    /// they do not fit.
    pub(super) fn take(&mut self, record: &MemoryRecord, others: usize) -> bool {
        let writes = self.writes.checked_sub(2 + others);
        let bytes = self.bytes.checked_sub(record.memory.text.len());
        let left = writes.zip(bytes);
        (self.writes, self.bytes) = left.unwrap_or_default();
        left.is_some()
    }
}
