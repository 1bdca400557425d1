//! Arguments of the tools.

use jean_memory::{Change, Filter, InvalidMemory, InvalidQuery};
use jiff::tz::TimeZone;
use schemars::JsonSchema;
use serde::Deserialize;

use super::number;

#[derive(Debug, Deserialize, JsonSchema)]
pub(crate) struct AddMemory {
    /// The text to remember: one fact, decision or note, understandable without this conversation. At most 64 KB.
    pub(crate) text: String,
    /// Keywords for filtering, such as the name of a project. At most 32.
    pub(crate) tags: Option<Vec<String>>,
    /// The URL of the source.
    pub(crate) source_url: Option<String>,
    /// The date or time of the event, if not now: 2026-07-28 or 2026-07-28T09:30:00Z.
    pub(crate) occurred_at: Option<String>,
}

/// Arguments of search_memory.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(try_from = "SearchMemoryArguments")]
pub(crate) struct SearchMemory {
    /// Empty if only the filters select.
    pub(crate) query: String,
    pub(crate) limit: Option<u32>,
    pub(crate) only: FilterArguments,
}

/// The error of a search that nothing selects.
const NO_QUERY: &str = "The query is empty. Name what to look for, or add tags, after or before; list_memories needs none of \
                        them";

impl TryFrom<SearchMemoryArguments> for SearchMemory {
    type Error = &'static str;

    fn try_from(arguments: SearchMemoryArguments) -> Result<Self, Self::Error> {
        let SearchMemoryArguments { query, limit, only } = arguments;
        let has_filter = only.tags.is_some() || only.after.is_some() || only.before.is_some();
        let query = query.or_else(|| has_filter.then(String::new)).ok_or(NO_QUERY)?;
        Ok(Self { query, limit, only })
    }
}

#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(inline)]
struct SearchMemoryArguments {
    /// Words that the memory is likely to contain: names, places, things, dates. A question works, too. Omit it, or pass *,
    /// to list the memories that the other arguments select.
    query: Option<String>,
    /// Maximum number of memories.
    #[serde(default)]
    #[schemars(schema_with = "number::limit", extend("default" = 10))]
    limit: Option<u32>,
    #[serde(flatten)]
    only: FilterArguments,
}

/// Filters of search_memory and list_memories.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(inline)]
pub(crate) struct FilterArguments {
    /// Only memories that have all of these tags.
    pub(crate) tags: Option<Vec<String>>,
    /// Only memories of events on or after this date or time: 2026-07-28 or 2026-07-28T09:30:00Z.
    pub(crate) after: Option<String>,
    /// Only memories of events before this date or time.
    pub(crate) before: Option<String>,
    /// The user's time zone, such as Europe/Berlin, in which days begin. Without it, days are in UTC.
    pub(crate) timezone: Option<String>,
}

impl FilterArguments {
    pub(crate) fn filter(&self) -> Result<Filter, InvalidQuery> {
        let filter = Filter::tagged(self.tags.as_deref().unwrap_or_default());
        filter.between(self.after.as_deref(), self.before.as_deref(), &self.zone()?)
    }

    /// The time zone of the user's days.
    pub(crate) fn zone(&self) -> Result<TimeZone, InvalidQuery> {
        self.timezone
            .as_deref()
            .map_or(Ok(TimeZone::UTC), |name| TimeZone::get(name.trim()).map_err(|_| InvalidQuery::TimeZone))
    }
}

#[derive(Debug, Deserialize, JsonSchema)]
pub(crate) struct ListMemories {
    /// The next_cursor of the previous page. Omit it for the first page.
    pub(crate) cursor: Option<String>,
    /// Maximum number of memories.
    #[serde(default)]
    #[schemars(schema_with = "number::limit", extend("default" = 10))]
    pub(crate) limit: Option<u32>,
    #[serde(flatten)]
    pub(crate) only: FilterArguments,
}

#[derive(Debug, Deserialize, JsonSchema)]
pub(crate) struct UpdateMemory {
    /// The id of the memory, as returned by search_memory and list_memories.
    pub(crate) id: String,
    /// The new text. Omit it to leave the text unchanged.
    pub(crate) text: Option<String>,
    /// The new tags, which replace the old ones. Omit them to leave the tags unchanged.
    pub(crate) tags: Option<Vec<String>>,
    /// The new URL of the source. Omit it to leave the URL unchanged.
    pub(crate) source_url: Option<String>,
    /// The new date or time of the event. Omit it to leave it unchanged.
    pub(crate) occurred_at: Option<String>,
    /// The fields to remove from the memory.
    #[serde(default)]
    pub(crate) clear: Vec<ClearableField>,
}

/// A field that update_memory can remove.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[schemars(inline)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ClearableField {
    Tags,
    SourceUrl,
    OccurredAt,
}

impl UpdateMemory {
    /// The change. A field that is to be set and cleared is set: models repeat names.
    pub(crate) fn change(self) -> Result<Change, InvalidMemory> {
        let clears = |field| self.clear.contains(&field);
        // An empty value clears the field; the arguments contain none, see `lenient`.
        let tags = self.tags.or_else(|| clears(ClearableField::Tags).then(Vec::new));
        let source_url = self.source_url.or_else(|| clears(ClearableField::SourceUrl).then(String::new));
        let occurred_at = self.occurred_at.or_else(|| clears(ClearableField::OccurredAt).then(String::new));
        jean_memory::change(self.text.as_deref(), tags, source_url, occurred_at.as_deref())
    }
}

#[derive(Debug, Deserialize, JsonSchema)]
pub(crate) struct StoreDocument {
    /// The title of the document.
    pub(crate) title: String,
    /// The full text. At most 1 MB.
    pub(crate) content: String,
    /// Keywords for filtering, such as the name of a project. At most 32.
    pub(crate) tags: Option<Vec<String>>,
    /// The URL of the source.
    pub(crate) source_url: Option<String>,
    /// The date or time of writing, or of the events described: 2026-07-28 or 2026-07-28T09:30:00Z.
    pub(crate) occurred_at: Option<String>,
}

#[derive(Debug, Deserialize, JsonSchema)]
pub(crate) struct DeleteAll {
    /// "delete all memories". Set it only if the user has asked for exactly this.
    pub(crate) confirm: Option<String>,
}

#[derive(Debug, Deserialize, JsonSchema)]
pub(crate) struct NoArguments {}

#[derive(Debug, Deserialize, JsonSchema)]
pub(crate) struct OneMemory {
    /// The id of the memory, as returned by search_memory and list_memories.
    pub(crate) id: String,
}

#[derive(Debug, Deserialize, JsonSchema)]
pub(crate) struct DeleteMemory {
    /// The id of the memory, as returned by search_memory and list_memories.
    pub(crate) id: String,
    /// true to delete the entire document that the memory is part of. The id of the document is accepted, too.
    pub(crate) whole_document: Option<bool>,
}
