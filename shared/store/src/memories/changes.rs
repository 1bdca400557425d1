//! Memories that become different, and what they were before.

use jiff::Timestamp;

use jean_memory::{AccessScope, Change, Memory, MemoryId, Writer};

use super::{Memories, index::Stamp, kept::HISTORY, kept::Kept, owner, text::Text};
use crate::table::{StoreError, item};

/// How often a change is made anew because somebody else's came first.
const TRIES: usize = 8;

impl Memories {
    /// Changes a memory within reach, and gives it as it is now. Of two changes at once none undoes the other: the
    /// second is made to what the first has left.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn update(
        &self,
        reach: &AccessScope,
        id: MemoryId,
        change: &Change,
        by: &Writer,
        now: Timestamp,
        stamp: Stamp,
    ) -> Result<Option<Memory>, StoreError> {
        self.make_different(reach, id, stamp, |memory| Some(change.to(memory, by, now))).await
    }

    /// Sets a memory back to a former version, if it still is as it was `read`. Whether it was.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn restore(
        &self,
        reach: &AccessScope,
        read: &Memory,
        version: &Memory,
        by: &Writer,
        now: Timestamp,
        stamp: Stamp,
    ) -> Result<bool, StoreError> {
        let back = Change {
            text: Some(version.text.clone()),
            tags: Some(version.tags.clone()),
            source_url: Some(version.source_url.clone()),
            occurred_at: Some(version.occurred_at),
        };
        let restored = self
            .make_different(reach, read.id, stamp, |memory| (memory == read).then(|| back.to(memory, by, now)))
            .await?;
        Ok(restored.is_some())
    }

    /// Puts in the place of a memory what `different` makes of it, if it makes something of it.
    async fn make_different(
        &self,
        reach: &AccessScope,
        id: MemoryId,
        stamp: Stamp,
        different: impl Fn(&Memory) -> Option<Memory>,
    ) -> Result<Option<Memory>, StoreError> {
        let pk = owner(reach.user_id());
        let (mut claims, mut releases) = (true, true);
        for _ in 0..TRIES {
            let Some(kept) = self.kept(reach, id).await? else { return Ok(None) };
            let Some(memory) = different(&kept.memory) else { return Ok(None) };
            let same_text = (&memory.text, memory.occurred_at) == (&kept.memory.text, kept.memory.occurred_at);
            let text = match &kept.text {
                known if same_text => known.clone(),
                // A piece is known with its document alone, and that is another one now.
                _ if memory.document.is_some() => None,
                _ => claims.then(|| Text::of(reach, &memory)),
            };
            let claim = text.as_ref().filter(|text| kept.text.as_ref() != Some(text));
            let claim = claim.map(|text| text.claim(&self.0, &pk, id, None));
            let release = kept.text.as_ref().filter(|old| releases && text.as_ref() != Some(old));
            let release = release.map(|old| old.release(&self.0, &pk, kept.known_as()));
            let (claimed, released) = (usize::from(claim.is_some()), usize::from(release.is_some()));
            let mut writes: Vec<_> = claim.into_iter().chain(release).collect();
            let (version, superfluous) = kept.next_version();
            let changed = Kept { memory, changes: kept.changes + 1, text };
            writes.push(self.0.put_if(changed.item(&pk)?, kept.unchanged(reach)));
            writes.push(self.0.put(item(&pk, &version, &kept.memory)?));
            writes.extend(superfluous.map(|version| self.0.removal(&pk, &version)));
            writes.push(self.mark(&pk, stamp, kept.indexed()));
            let unmet = self.0.try_all(writes).await?;
            if unmet.is_empty() {
                return Ok(Some(changed.memory));
            }
            // A text that is another memory's stays so: this one has it as well, and is not known by it.
            claims &= !unmet.iter().any(|place| (0..claimed).contains(place));
            releases &= !unmet.iter().any(|place| (claimed..claimed + released).contains(place));
        }
        Err(StoreError::DynamoDb("the memory was changed each time this change was about to be made".into()))
    }

    /// What a memory within reach was before each of its last changes, oldest first: each with the time it came to be
    /// so, and by whom. It is empty for a memory that is not there.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn history(&self, reach: &AccessScope, id: MemoryId) -> Result<Vec<Memory>, StoreError> {
        match self.kept(reach, id).await? {
            Some(kept) if kept.changes > 0 => self.0.all(&owner(reach.user_id()), &format!("{HISTORY}{id}#")).await,
            _ => Ok(vec![]),
        }
    }
}
