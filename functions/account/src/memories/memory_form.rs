//! The form fields of a memory.

use jean_memory::{Change, InvalidMemory, Memory, NewMemory, QuotaReached};
use jean_pages::{FieldProblem, SameOriginForm, Texts};

/// The values of the fields.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct MemoryForm {
    pub(super) text: String,
    pub(super) tags: String,
    pub(super) source_url: String,
    pub(super) occurred_at: String,
}

impl MemoryForm {
    pub(super) fn submitted(fields: &SameOriginForm) -> Self {
        let typed = |name| fields.field(name).trim().to_owned();
        let text = with_line_feeds(&typed("text"));
        Self { text, tags: typed("tags"), source_url: typed("source_url"), occurred_at: typed("occurred_at") }
    }

    /// The fields that show a memory.
    pub(super) fn of(memory: &Memory) -> Self {
        Self {
            text: with_line_feeds(memory.text.trim()),
            tags: memory.tags.join(", "),
            source_url: memory.source_url.clone().unwrap_or_default(),
            occurred_at: memory.occurred_at.map(|time| time.to_string()).unwrap_or_default(),
        }
    }

    pub(super) fn new_memory(&self) -> Result<NewMemory, InvalidMemory> {
        let filled = |field: &str| (!field.is_empty()).then(|| field.to_owned());
        NewMemory::new(&self.text, self.tags(), filled(&self.source_url), filled(&self.occurred_at).as_deref())
    }

    /// The change that the form makes to the memory, if any. Unedited fields are not changed, which preserves tags that
    /// contain a comma.
    pub(super) fn change(&self, memory: &Memory) -> Result<Option<Change>, InvalidMemory> {
        let shown = Self::of(memory);
        if *self == shown {
            return Ok(None);
        }
        jean_memory::change(
            (self.text != shown.text).then_some(&self.text),
            (self.tags != shown.tags).then(|| self.tags()),
            (self.source_url != shown.source_url).then(|| self.source_url.clone()),
            (self.occurred_at != shown.occurred_at).then_some(&self.occurred_at),
        )
        .map(Some)
    }

    fn tags(&self) -> Vec<String> {
        self.tags.split(',').map(str::trim).filter(|tag| !tag.is_empty()).map(String::from).collect()
    }
}

/// The text with LF as its only line break. Browsers show all kinds alike and send each as CR LF.
fn with_line_feeds(text: &str) -> String {
    text.replace("\r\n", "\n").replace('\r', "\n")
}

/// The message for an invalid memory.
pub(crate) fn problem(texts: Texts, invalid: InvalidMemory) -> FieldProblem {
    match invalid {
        InvalidMemory::TextTooLong { .. } => FieldProblem::at("text", texts.text_too_long()),
        InvalidMemory::TooManyTags | InvalidMemory::InvalidTag => FieldProblem::at("tags", texts.invalid_tags()),
        InvalidMemory::InvalidOccurredAt => FieldProblem::at("occurred_at", texts.invalid_occurred_at()),
        InvalidMemory::InvalidSourceUrl => FieldProblem::at("source_url", texts.invalid_source_url()),
        // The other variants concern documents and empty changes, which these forms do not send.
        _ => FieldProblem::at("text", texts.empty_text()),
    }
}

/// The message for a memory that would exceed a quota.
pub(crate) fn full(texts: Texts, reached: QuotaReached) -> String {
    match reached {
        QuotaReached::Memories { used, limit } => texts.full_of_memories(used, limit),
        QuotaReached::Bytes { used, limit } => texts.full_of_bytes(used, limit),
        QuotaReached::BytesPerDay { limit } => texts.full_for_today(limit),
    }
}
