//! Tools that read memories.

use std::borrow::Cow;

use jean_memory::{Limit, Query, asks_for_newest};
use jean_memory_service::MemoryPage;
use rmcp::{handler::server::wrapper::Json, tool};

use crate::{
    arguments::{Parameters, limit, memory_id},
    caller::Caller,
    result_size::fitting,
    schemas::{
        CallerInfo, FoundMemories, FoundMemoryResult, ListMemories, MemoryListPage, MemoryResult, NoArguments,
        OneMemory, SearchMemory, UserContext,
    },
    server::McpServer,
    tool_error::ToolError,
};

/// A query for all memories.
const EVERYTHING: &str = "*";
const NOTHING_FOUND: &str = "No memory matches. Try other words, or list all with list_memories.";
const NOTHING_TO_SEARCH: &str = "The query has no words. Write words of the memory, or list all with list_memories.";

/// Advice on a search without words, which reads a bounded number of memories.
fn note(page: &MemoryPage, limit: Limit) -> Option<Cow<'static, str>> {
    match page.next {
        Some(cursor) if page.memories.len() < limit.get() => Some(
            format!(
                "Only the newest memories were searched. To go on, call list_memories with the same filters and the \
                 cursor {cursor}."
            )
            .into(),
        ),
        _ => page.memories.is_empty().then_some(NOTHING_FOUND.into()),
    }
}

impl McpServer {
    #[tool(
        title = "Show context",
        description = "Return what is known about the user in brief: the tags in use, the newest memories, and more on \
            each frequent tag. Use it once at the start of a conversation, and when the user asks what you know about \
            them. It takes no query; to find something, use search_memory.",
        annotations(read_only_hint = true, destructive_hint = false, idempotent_hint = true, open_world_hint = false)
    )]
    pub(super) async fn context(
        &self,
        caller: Caller,
        Parameters(NoArguments {}): Parameters<NoArguments>,
    ) -> Result<Json<UserContext>, ToolError> {
        Ok(Json(self.profile(&caller.access_scope()).await?))
    }

    #[tool(
        title = "Search memories",
        description = "Search the user's memories, best match first. Use it before you answer anything that may depend \
            on the user's preferences, contacts, work, plans or earlier conversations. It matches words in any \
            language, their inflected forms, parts and misspellings and, in English, related words, and understands \
            times such as 'last week' or 'tomorrow' (in UTC, or the timezone) and words such as 'current' and 'first'. Words in quotation marks are searched as \
            a phrase. A memory with the field newer may have been replaced by the memory of that id. Query with words \
            that the memory is likely to contain, and try other words if the matches are only related.",
        annotations(read_only_hint = true, destructive_hint = false, idempotent_hint = true, open_world_hint = false)
    )]
    pub(super) async fn search_memory(
        &self,
        caller: Caller,
        Parameters(arguments): Parameters<SearchMemory>,
    ) -> Result<Json<FoundMemories>, ToolError> {
        let (filter, limit) = (arguments.only.filter()?, limit(arguments.limit)?);
        let text = arguments.query;
        let is_list = text.trim() == EVERYTHING || asks_for_newest(&text);
        if is_list || text.trim().is_empty() && !filter.matches_all() {
            let page = self.service.list(&caller.access_scope(), &filter, None, limit).await?;
            let note = note(&page, limit);
            let memories: Vec<_> = page.memories.into_iter().map(FoundMemoryResult::listed).collect();
            return Ok(Json(FoundMemories { memories: fitting(memories), note }));
        }
        let query = Query::new(text, filter, limit)?.in_zone(arguments.only.zone()?);
        let found = self.service.find(&caller.access_scope(), &query).await?;
        let memories = FoundMemoryResult::of(found, &query.text);
        let nothing = if query.has_words() { NOTHING_FOUND } else { NOTHING_TO_SEARCH };
        let note = memories.is_empty().then(|| nothing.into());
        Ok(Json(FoundMemories { memories: fitting(memories), note }))
    }

    #[tool(
        title = "List memories",
        description = "List all memories of the user, newest first, page by page. Use it when the user wants to review \
            or clean up memories. To find something, use search_memory.",
        annotations(read_only_hint = true, destructive_hint = false, idempotent_hint = true, open_world_hint = false)
    )]
    pub(super) async fn list_memories(
        &self,
        caller: Caller,
        Parameters(arguments): Parameters<ListMemories>,
    ) -> Result<Json<MemoryListPage>, ToolError> {
        let after = arguments.cursor.map(|cursor| cursor.parse().map_err(|_| ToolError::InvalidCursor)).transpose()?;
        let (filter, limit) = (arguments.only.filter()?, limit(arguments.limit)?);
        let page = self.service.list(&caller.access_scope(), &filter, after, limit).await?;
        Ok(Json(page.into()))
    }

    #[tool(
        title = "Read memory",
        description = "Return the full text of one memory, by id. Use it when search_memory or list_memories returned a \
            truncated text.",
        annotations(read_only_hint = true, destructive_hint = false, idempotent_hint = true, open_world_hint = false)
    )]
    pub(super) async fn get_memory(
        &self,
        caller: Caller,
        Parameters(arguments): Parameters<OneMemory>,
    ) -> Result<Json<MemoryResult>, ToolError> {
        let memory = self.service.get(&caller.access_scope(), memory_id(&arguments.id)?).await?;
        Ok(Json(MemoryResult::full(memory.ok_or(ToolError::UnknownMemory)?)))
    }

    #[tool(
        title = "Show connection",
        description = "Return the signed-in user, the connected client and its scopes. Use it when the user asks which \
            account is signed in.",
        annotations(read_only_hint = true, destructive_hint = false, idempotent_hint = true, open_world_hint = false)
    )]
    pub(super) async fn whoami(
        &self,
        caller: Caller,
        Parameters(NoArguments {}): Parameters<NoArguments>,
    ) -> Result<Json<CallerInfo>, ToolError> {
        Ok(Json(caller.into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// TL-03
    #[test]
    fn note_names_the_cursor_of_an_unfinished_search() {
        let (page, limit) = (|next| MemoryPage { memories: vec![], next }, Limit::default());
        let cursor = "01J9ZQ4T5N8M2X7R3K6W1V0YBC";
        let note_of = |page| note(&page, limit).expect("advice");
        assert!(note_of(page(cursor.parse().ok())).ends_with(&format!("the cursor {cursor}.")));
        assert_eq!(note_of(page(None)), NOTHING_FOUND);
    }
}
