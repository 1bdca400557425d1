//! Everything undone that one connection did.

use jean_memory::{AccessScope, Credential, Memory, Writer};
use jean_store::StoreError;
use jiff::Timestamp;

use crate::{
    draw::{Draw, Entropy},
    service::MemoryService,
};

/// How many memories are read at once to find those that were written.
const READ_AT_ONCE: usize = 500;

/// What was undone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Undone {
    /// Memories it had written, which are no more.
    pub deleted: usize,
    /// Memories of others that it had changed, which are again as they were before.
    pub restored: usize,
    /// Memories of others that it had changed so often that it is not known any more what they were before. They stay.
    pub unknown: usize,
}

impl MemoryService {
    /// Undoes what was done with a credential since a time, within reach: what was written with it is deleted, and what
    /// was last changed with it is set back to what it was before. What somebody else has changed after that is theirs,
    /// and stays.
    ///
    /// It goes on as long as `goes_on` says so. Whether nothing is left, beside what was undone; if something is, or if it
    /// fails, the same once more undoes the rest.
    ///
    /// # Errors
    /// [`StoreError`].
    #[expect(
        clippy::too_many_arguments,
        reason = "what is undone, by whom, and the time and chance every change takes"
    )]
    pub async fn delete_written_since(
        &self,
        reach: &AccessScope,
        credential: &Credential,
        since: Timestamp,
        by: &Writer,
        now: Timestamp,
        entropy: Entropy,
        goes_on: impl Fn() -> bool,
    ) -> Result<(Undone, bool), StoreError> {
        let mut draw = Draw::new(now, entropy);
        let mut undone = Undone::default();
        // Times are kept as whole seconds.
        let since = Timestamp::from_second(since.as_second()).unwrap_or(since);
        let mut after = None;
        loop {
            let page = self.memories.page(reach.user_id(), after, READ_AT_ONCE).await?;
            for memory in page.memories.iter().filter(|memory| reach.includes(memory)) {
                if !goes_on() {
                    return Ok((undone, false));
                }
                if memory.written_by.credential == *credential && memory.created_at >= since {
                    undone.deleted += usize::from(self.memories.delete(reach, memory.id, draw.stamp()).await?);
                } else if was_changed(memory, credential, since) {
                    let history = self.memories.history(reach, memory.id).await?;
                    let before = history.iter().rev().find(|version| !was_changed(version, credential, since));
                    let Some(before) = before else {
                        undone.unknown += 1;
                        continue;
                    };
                    let restored = self.memories.restore(reach, memory, before, by, now, draw.stamp()).await?;
                    undone.restored += usize::from(restored);
                }
            }
            after = page.next;
            if after.is_none() {
                return Ok((undone, true));
            }
        }
    }
}

/// Whether a memory is as this credential made it since then.
fn was_changed(memory: &Memory, credential: &Credential, since: Timestamp) -> bool {
    memory.updated_by.as_ref().is_some_and(|writer| writer.credential == *credential)
        && memory.updated_at.is_some_and(|at| at >= since)
}
