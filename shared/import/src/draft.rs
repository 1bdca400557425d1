//! A record of another product on its way to a memory, and the fields that have no counterpart here.

use jean_auth::client::ShortName;
use jean_memory::{InvalidMemory, Memory, MemoryId, OccurredAt, Restored, Writer};
use jiff::Timestamp;
use sha2::{Digest, Sha256};

/// The values of a record that a memory has a field for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Draft {
    /// The id at its origin.
    pub(crate) id: Option<String>,
    pub(crate) text: String,
    pub(crate) tags: Vec<String>,
    pub(crate) source_url: Option<String>,
    pub(crate) occurred_at: Option<OccurredAt>,
    pub(crate) created_at: Option<Timestamp>,
    pub(crate) updated_at: Option<Timestamp>,
    /// The name of the app that wrote it, or `None` for the user.
    pub(crate) writer: Option<String>,
    /// The user that it belongs to at its origin.
    pub(crate) user: Option<String>,
    /// Names of dropped fields.
    pub(crate) dropped: Vec<String>,
    /// Times in an unknown form, by field.
    pub(crate) unread: Vec<(String, String)>,
}

/// Limits of tags. Generated categories may exceed them.
const TAGS: usize = 32;
pub(crate) const TAG_CHARACTERS: usize = 64;

impl Draft {
    /// The memory. Values that exceed a limit are dropped, except the text.
    ///
    /// # Errors
    /// [`InvalidMemory`] if the text is empty or too long.
    pub(crate) fn restored(mut self, format: &str, now: Timestamp) -> Result<(Restored, Vec<String>), InvalidMemory> {
        let id = self.memory_id(format, now);
        let updated_at = self.past("updated_at", self.updated_at, now);
        // A record without a time of its creation is at least as old as its last change.
        let created_at = self.past("created_at", self.created_at, now).or(updated_at).unwrap_or(now);
        if updated_at.is_some_and(|at| at < created_at) {
            self.dropped.push("updated_at".into());
        }
        let updated_at = updated_at.filter(|at| *at > created_at);
        self.limit_tags();
        let written_by = match &self.writer {
            Some(app) => Writer::import(ShortName::of(app)),
            None => Writer::person(),
        };
        let memory = Memory {
            id,
            text: self.text.trim().into(),
            tags: self.tags,
            source_url: self.source_url,
            occurred_at: self.occurred_at,
            created_at,
            written_by,
            updated_at,
            updated_by: None,
            document: None,
        };
        match Restored::new(memory.clone()) {
            Err(InvalidMemory::InvalidSourceUrl) => {
                self.dropped.push("source_url".into());
                Ok((Restored::new(Memory { source_url: None, ..memory })?, self.dropped))
            }
            restored => Ok((restored?, self.dropped)),
        }
    }

    /// Drops empty tags and those beyond the limits.
    pub(crate) fn limit_tags(&mut self) {
        let count = self.tags.len();
        self.tags.iter_mut().for_each(|tag| *tag = tag.trim().to_owned());
        self.tags.retain(|tag| (1..=TAG_CHARACTERS).contains(&tag.chars().count()));
        self.tags.truncate(TAGS);
        if self.tags.len() < count && !self.dropped.iter().any(|name| name == "tags") {
            self.dropped.push("tags".into());
        }
    }

    /// The same record has the same id in every import, so that an import can be repeated. The text is part of it:
    /// ids of some products are unique in one user's list only. A record with neither id nor date is new; its text
    /// identifies it.
    fn memory_id(&self, format: &str, now: Timestamp) -> MemoryId {
        let id = self.id.as_deref().unwrap_or_default();
        let hash = Sha256::digest(format!("{format} {} {id} {}", id.len(), self.text.trim()));
        let told = [self.created_at, self.updated_at].into_iter().flatten().find(|at| *at <= now);
        let is_identified = self.id.is_some() || told.is_some();
        let time = told.unwrap_or(if is_identified { Timestamp::UNIX_EPOCH } else { now });
        MemoryId::new(time, *hash.first_chunk().expect("32 bytes"))
    }

    /// A time, unless it is in the future, which no record can be from.
    fn past(&mut self, name: &str, at: Option<Timestamp>, now: Timestamp) -> Option<Timestamp> {
        if at.is_some_and(|at| at > now) {
            self.dropped.push(name.into());
        }
        at.filter(|at| *at <= now)
    }
}
