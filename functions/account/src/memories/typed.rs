//! A memory as it is typed into a form.

use jean_memory::{Change, InvalidMemory, Memory, NewMemory};
use jean_pages::SameOriginForm;

use crate::texts::Texts;

/// What stands in the fields.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Typed {
    pub(super) text: String,
    pub(super) tags: String,
    pub(super) source_url: String,
    pub(super) occurred_at: String,
}

impl Typed {
    pub(super) fn sent(fields: &SameOriginForm) -> Self {
        let typed = |name| fields.field(name).trim().to_owned();
        // A browser ends lines with CR and LF, whatever the text had.
        let text = typed("text").replace("\r\n", "\n");
        Self { text, tags: typed("tags"), source_url: typed("source_url"), occurred_at: typed("occurred_at") }
    }

    /// A memory as the form shows it.
    pub(super) fn of(memory: &Memory) -> Self {
        Self {
            text: memory.text.trim().to_owned(),
            tags: memory.tags.join(", "),
            source_url: memory.source_url.clone().unwrap_or_default(),
            occurred_at: memory.occurred_at.map(|time| time.to_string()).unwrap_or_default(),
        }
    }

    pub(super) fn new_memory(&self) -> Result<NewMemory, InvalidMemory> {
        let filled = |field: &str| (!field.is_empty()).then(|| field.to_owned());
        NewMemory::new(&self.text, self.tags(), filled(&self.source_url), filled(&self.occurred_at).as_deref())
    }

    /// What would be different, if anything: a field that shows what it showed before changes nothing, so that a tag with
    /// a comma in it outlasts a form that can't show one.
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

/// What is wrong with it, for the person who typed it.
pub(crate) fn problem(texts: &Texts, invalid: InvalidMemory) -> &'static str {
    match invalid {
        InvalidMemory::TextTooLong { .. } => texts.text_too_long,
        InvalidMemory::TooManyTags | InvalidMemory::InvalidTag => texts.invalid_tags,
        InvalidMemory::InvalidOccurredAt => texts.invalid_occurred_at,
        InvalidMemory::InvalidSourceUrl => texts.invalid_source_url,
        // The rest is of documents, and of changes without one: no form of these pages sends any.
        _ => texts.empty_text,
    }
}
