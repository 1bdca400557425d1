//! The tools. Each reads its arguments, does one thing to the caller's memories, and tells what it did.

use std::sync::LazyLock;

use auth::scope::Scope;
use memory::{Limit, MemoryId, NewMemory, Query};
use rmcp::{
    handler::server::{router::tool::ToolRouter, wrapper::Json},
    tool, tool_router,
};

use crate::{
    arguments::Parameters,
    caller::Caller,
    server::Server,
    shapes::{AddMemory, Deleted, Found, ListMemories, Listed, OneMemory, SearchMemory, Shown},
    tool_error::ToolError,
};

/// The tools, made once: rmcp would make them, and their schemas, anew for each request.
pub(crate) static TOOLS: LazyLock<ToolRouter<Server>> = LazyLock::new(Server::tools);

/// What a caller needs to be allowed to call a tool, if there is a tool of this name. It follows from what the tool says
/// of itself, so that no second list can disagree.
pub(crate) fn scope(tool: &str) -> Option<Scope> {
    let annotations = TOOLS.get(tool)?.annotations.as_ref();
    let only_reads = annotations.and_then(|annotations| annotations.read_only_hint).unwrap_or_default();
    Some(if only_reads { Scope::MemoryRead } else { Scope::MemoryWrite })
}

#[tool_router(router = tools)]
impl Server {
    #[tool(
        title = "Remember something",
        description = "Keep something about the person for later conversations, in this and in every other assistant \
            they use. Use it when they ask you to remember something, and when they tell you a lasting preference, \
            fact, decision or plan. Write one fact per memory, so that it is understood without this conversation.",
        annotations(
            read_only_hint = false,
            destructive_hint = false,
            idempotent_hint = false,
            open_world_hint = false
        )
    )]
    async fn add_memory(
        &self,
        caller: Caller,
        Parameters(asked): Parameters<AddMemory>,
    ) -> Result<Json<Shown>, ToolError> {
        let AddMemory { text, tags, source_url, occurred_at } = asked;
        let new = NewMemory::new(&text, tags.unwrap_or_default(), source_url, occurred_at.as_deref())?;
        let user_id = caller.user_id.clone();
        let (now, entropy) = (self.clock.now(), self.random.bytes());
        let memory = self.library.add(&user_id, new, caller.writer(), now, entropy).await?;
        Ok(Json(Shown::excerpt(memory)))
    }

    #[tool(
        title = "Search memories",
        description = "Find what is remembered about the person, best match first. Use it before you answer anything \
            that may depend on who they are, what they like, whom they know, what they work on or what was said \
            before. It matches words and their forms: ask with the words the memory would have, and try others when \
            nothing fits.",
        annotations(read_only_hint = true, destructive_hint = false, idempotent_hint = true, open_world_hint = false)
    )]
    async fn search_memory(
        &self,
        caller: Caller,
        Parameters(asked): Parameters<SearchMemory>,
    ) -> Result<Json<Found>, ToolError> {
        let query = Query::new(asked.query, asked.tags.unwrap_or_default(), limit(asked.limit)?)?;
        let memories = self.library.search(&caller.user_id, &query).await?;
        Ok(Json(Found { memories: memories.into_iter().map(Shown::excerpt).collect() }))
    }

    #[tool(
        title = "List memories",
        description = "Go through everything that is remembered about the person, newest first, page by page. Use it \
            when they want to see or tidy up their memories; to find something, use search_memory.",
        annotations(read_only_hint = true, destructive_hint = false, idempotent_hint = true, open_world_hint = false)
    )]
    async fn list_memories(
        &self,
        caller: Caller,
        Parameters(asked): Parameters<ListMemories>,
    ) -> Result<Json<Listed>, ToolError> {
        let after = asked.cursor.map(|cursor| cursor.parse().map_err(|_| ToolError::InvalidCursor)).transpose()?;
        let page = self.library.list(&caller.user_id, after, limit(asked.limit)?).await?;
        let memories = page.memories.into_iter().map(Shown::excerpt).collect();
        Ok(Json(Listed { memories, next_cursor: page.next.map(|id| id.to_string()) }))
    }

    #[tool(
        title = "Read a memory",
        description = "Read one memory in full, by its id. Use it when search_memory or list_memories shows a text \
            that is truncated.",
        annotations(read_only_hint = true, destructive_hint = false, idempotent_hint = true, open_world_hint = false)
    )]
    async fn get_memory(
        &self,
        caller: Caller,
        Parameters(asked): Parameters<OneMemory>,
    ) -> Result<Json<Shown>, ToolError> {
        let memory = self.library.get(&caller.user_id, named(&asked)?).await?.ok_or(ToolError::NoSuchMemory)?;
        Ok(Json(Shown::whole(memory)))
    }

    #[tool(
        title = "Forget a memory",
        description = "Delete one memory for good, by its id. Use it when the person asks you to forget something, or \
            after you added a memory that corrects it. There is no way to get it back.",
        annotations(read_only_hint = false, destructive_hint = true, idempotent_hint = true, open_world_hint = false)
    )]
    async fn delete_memory(
        &self,
        caller: Caller,
        Parameters(asked): Parameters<OneMemory>,
    ) -> Result<Json<Deleted>, ToolError> {
        let id = named(&asked)?;
        if !self.library.delete(&caller.user_id, id).await? {
            return Err(ToolError::NoSuchMemory);
        }
        Ok(Json(Deleted { id: id.to_string(), deleted: true }))
    }
}

fn limit(asked: Option<u32>) -> Result<Limit, ToolError> {
    Ok(asked.map(Limit::new).transpose()?.unwrap_or_default())
}

/// The memory that is meant. An id that can't be one is an id of no memory.
fn named(asked: &OneMemory) -> Result<MemoryId, ToolError> {
    asked.id.trim().parse().map_err(|_| ToolError::NoSuchMemory)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tool_that_changes_something_needs_the_scope_to_write_rs06() {
        for (tool, needed) in [
            ("add_memory", Some(Scope::MemoryWrite)),
            ("search_memory", Some(Scope::MemoryRead)),
            ("list_memories", Some(Scope::MemoryRead)),
            ("get_memory", Some(Scope::MemoryRead)),
            ("delete_memory", Some(Scope::MemoryWrite)),
            ("tools/call", None),
            ("", None),
        ] {
            assert_eq!(scope(tool), needed, "{tool}");
        }
        assert_eq!(TOOLS.list_all().len(), 5);
    }

    #[test]
    fn every_tool_says_all_there_is_to_say_tl01_tl02() {
        for tool in TOOLS.list_all() {
            assert!(tool.name.len() <= 64 && tool.name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_'));
            assert!(tool.title.is_some() && tool.description.is_some(), "{}", tool.name);
            let annotations = tool.annotations.expect("annotations");
            assert_eq!(annotations.open_world_hint, Some(false));
            assert!(annotations.read_only_hint.is_some() && annotations.destructive_hint.is_some());
            assert!(annotations.idempotent_hint.is_some());
            for schema in [tool.input_schema, tool.output_schema.expect("an output schema")] {
                assert_eq!(schema["type"], "object", "{}", tool.name);
                let text = serde_json::to_string(&schema).expect("JSON");
                // Clients that read schemas strictly know neither.
                assert!(!text.contains("$ref") && !text.contains("uint"), "{text}");
            }
        }
    }
}
