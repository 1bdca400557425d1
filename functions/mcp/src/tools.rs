//! The tools. Each reads its arguments, does one thing to the caller's memories, and tells what it did.

use std::sync::{Arc, LazyLock};

use jean_auth::scope::Scope;
use jean_memory::{Filter, Limit, MemoryId, NewDocument, NewMemory, Query};
use jean_memory_service::Added;
use rmcp::{
    handler::server::{router::tool::ToolRouter, wrapper::Json},
    tool, tool_router,
};
use serde_json::Value;

use crate::{
    answer_size::fitting,
    arguments::Parameters,
    caller::Caller,
    research::{Cited, Fetch, Fetched, Results, Search},
    server::Server,
    shapes::{
        AddMemory, DeleteAll, DeleteMemory, Deleted, DeletedAll, Found, ListMemories, Listed, Me, Nothing, OneMemory,
        Remembered, SearchMemory, Shown, StoreDocument, Stored, UpdateMemory,
    },
    tool_error::ToolError,
};

/// The tools, made once: rmcp would make them, and their schemas, anew for each request.
pub(crate) static TOOLS: LazyLock<ToolRouter<Server>> = LazyLock::new(|| portable(Server::tools()));

/// Says `"type": "string"` where the derived schemas say `["string", "null"]`: some clients' models know no lists of
/// types. An argument that may be null may be left out as well, and one that is null nevertheless is understood; in a
/// result nothing is ever null.
fn portable(mut tools: ToolRouter<Server>) -> ToolRouter<Server> {
    for tool in tools.map.values_mut() {
        let schemas = [Some(&mut tool.attr.input_schema), tool.attr.output_schema.as_mut()];
        for schema in schemas.into_iter().flatten() {
            Arc::make_mut(schema).values_mut().for_each(without_null);
        }
    }
    tools
}

fn without_null(schema: &mut Value) {
    match schema {
        Value::Array(values) => values.iter_mut().for_each(without_null),
        Value::Object(object) => {
            let types = object.get_mut("type").and_then(Value::as_array_mut).map(std::mem::take);
            if let Some(mut types) = types {
                types.retain(|kind| kind != "null");
                let one = if types.len() == 1 { types.pop() } else { None };
                object.insert("type".into(), one.unwrap_or(Value::Array(types)));
            }
            object.values_mut().for_each(without_null);
        }
        _ => (),
    }
}

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
    ) -> Result<Json<Remembered>, ToolError> {
        let AddMemory { text, tags, source_url, occurred_at } = asked;
        let new = NewMemory::new(&text, tags.unwrap_or_default(), source_url, occurred_at.as_deref())?;
        let (reach, now, entropy) = (caller.reach(), self.clock.now(), self.random.bytes());
        let noted = self.service.add(&reach, new, caller.writer(), now, entropy).await?;
        Ok(Json(noted.into()))
    }

    #[tool(
        title = "Search memories",
        description = "Find what is remembered about the person, best match first. Use it before you answer anything \
            that may depend on who they are, what they like, whom they know, what they work on or what was said \
            before. It finds words, their forms and, in English, words that are used like them, and understands times \
            such as 'last week': ask with the words the memory would have, and try others when nothing fits.",
        annotations(read_only_hint = true, destructive_hint = false, idempotent_hint = true, open_world_hint = false)
    )]
    async fn search_memory(
        &self,
        caller: Caller,
        Parameters(asked): Parameters<SearchMemory>,
    ) -> Result<Json<Found>, ToolError> {
        let query = Query::new(asked.query, asked.only.filter()?, limit(asked.limit)?)?;
        let memories = self.service.search(&caller.reach(), &query, self.clock.now(), self.random.bytes()).await?;
        Ok(Json(Found { memories: fitting(memories.into_iter().map(Shown::excerpt).collect()) }))
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
        let page = self.service.list(&caller.reach(), &asked.only.filter()?, after, limit(asked.limit)?).await?;
        let ids: Vec<_> = page.memories.iter().map(|memory| memory.id).collect();
        let memories = fitting(page.memories.into_iter().map(Shown::excerpt).collect());
        // The next page begins behind the last that is shown, of however many were read.
        let next =
            if memories.len() < ids.len() { memories.len().checked_sub(1).map(|last| ids[last]) } else { page.next };
        Ok(Json(Listed { memories, next_cursor: next.map(|id| id.to_string()) }))
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
        let memory = self.service.get(&caller.reach(), parsed(&asked.id)?).await?.ok_or(ToolError::NoSuchMemory)?;
        Ok(Json(Shown::whole(memory)))
    }

    #[tool(
        title = "Forget a memory",
        description = "Delete one memory for good, by its id, or with whole_document the document that it is a piece of. \
            Use it when the person asks you to forget something, or when it is true no more. There is no way to get it \
            back.",
        annotations(read_only_hint = false, destructive_hint = true, idempotent_hint = true, open_world_hint = false)
    )]
    async fn delete_memory(
        &self,
        caller: Caller,
        Parameters(asked): Parameters<DeleteMemory>,
    ) -> Result<Json<Deleted>, ToolError> {
        let (reach, id) = (caller.reach(), parsed(&asked.id)?);
        let (now, entropy) = (self.clock.now(), self.random.bytes());
        let memories = if asked.whole_document.unwrap_or_default() {
            match self.service.delete_document(&reach, id, now, entropy).await? {
                0 => return Err(ToolError::NoSuchDocument),
                pieces => pieces,
            }
        } else {
            let deleted = self.service.delete(&reach, id, now, entropy).await?;
            deleted.then_some(1).ok_or(ToolError::NoSuchMemory)?
        };
        Ok(Json(Deleted { id: id.to_string(), deleted: true, memories }))
    }

    #[tool(
        title = "Correct a memory",
        description = "Change one memory, by its id: its text, its tags, where it comes from or when it happened. Use \
            it when something that is remembered was wrong or has changed, instead of adding a second memory that \
            contradicts it. What you leave out stays as it is.",
        annotations(read_only_hint = false, destructive_hint = true, idempotent_hint = true, open_world_hint = false)
    )]
    async fn update_memory(
        &self,
        caller: Caller,
        Parameters(asked): Parameters<UpdateMemory>,
    ) -> Result<Json<Shown>, ToolError> {
        let UpdateMemory { id, text, tags, source_url, occurred_at } = asked;
        let change = jean_memory::change(text.as_deref(), tags, source_url, occurred_at.as_deref())?;
        let (reach, id) = (caller.reach(), parsed(&id)?);
        let (now, entropy) = (self.clock.now(), self.random.bytes());
        let updated = self.service.update(&reach, id, &change, &caller.writer(), now, entropy).await?;
        Ok(Json(Shown::excerpt(updated.ok_or(ToolError::NoSuchMemory)?)))
    }

    #[tool(
        title = "Forget everything",
        description = "Delete all memories of the person for good. Use it only when they ask for exactly that, after \
            you have told them that there is no way to get anything back and they have said yes.",
        annotations(read_only_hint = false, destructive_hint = true, idempotent_hint = true, open_world_hint = false)
    )]
    async fn delete_all_memories(
        &self,
        caller: Caller,
        Parameters(asked): Parameters<DeleteAll>,
    ) -> Result<Json<DeletedAll>, ToolError> {
        if asked.confirm.as_deref().map(str::trim) != Some(CONFIRMATION) {
            return Err(ToolError::NotConfirmed);
        }
        let deleted = self.service.delete_all(&caller.reach(), self.clock.now(), self.random.bytes()).await?;
        Ok(Json(DeletedAll { deleted }))
    }

    #[tool(
        title = "Keep a document",
        description = "Keep a longer text for later conversations: minutes, an article, a specification, a chapter. It \
            is cut into pieces, each of which search_memory finds for itself. For a single fact, use add_memory.",
        annotations(
            read_only_hint = false,
            destructive_hint = false,
            idempotent_hint = false,
            open_world_hint = false
        )
    )]
    async fn store_document(
        &self,
        caller: Caller,
        Parameters(asked): Parameters<StoreDocument>,
    ) -> Result<Json<Stored>, ToolError> {
        let StoreDocument { title, content, tags, source_url, occurred_at } = asked;
        let new = NewDocument::new(&title, &content, tags.unwrap_or_default(), source_url, occurred_at.as_deref())?;
        let (reach, now, entropy) = (caller.reach(), self.clock.now(), self.random.bytes());
        let added = self.service.add_document(&reach, new, &caller.writer(), now, entropy).await?;
        let (pieces, already_there) = match added {
            Added::New(pieces) => (pieces, false),
            Added::AlreadyThere(pieces) => (pieces, true),
        };
        let pieces: Vec<_> = pieces.iter().map(|piece| piece.id.to_string()).collect();
        let id = pieces.first().cloned().ok_or(ToolError::NoSuchMemory)?;
        Ok(Json(Stored { id, title: title.trim().into(), pieces, already_there }))
    }

    #[tool(
        title = "Who is connected",
        description = "Tell whose memories these are, through which client you are connected, and what it may do. Use \
            it when the person asks which account they are signed in with.",
        annotations(read_only_hint = true, destructive_hint = false, idempotent_hint = true, open_world_hint = false)
    )]
    async fn whoami(&self, caller: Caller, Parameters(Nothing {}): Parameters<Nothing>) -> Result<Json<Me>, ToolError> {
        Ok(Json(caller.into()))
    }

    #[tool(
        title = "Search, for research",
        description = "Find memories of the person to cite: ids, titles and addresses, best match first. Read them with \
            fetch. Use it for research; in a conversation, search_memory shows the texts at once.",
        annotations(read_only_hint = true, destructive_hint = false, idempotent_hint = true, open_world_hint = false)
    )]
    async fn search(&self, caller: Caller, Parameters(asked): Parameters<Search>) -> Result<Json<Results>, ToolError> {
        let query = Query::new(asked.query, Filter::default(), Limit::default())?;
        let memories = self.service.search(&caller.reach(), &query, self.clock.now(), self.random.bytes()).await?;
        let results = memories.iter().map(|memory| Cited::new(memory, &self.public_url)).collect();
        Ok(Json(Results { results: fitting(results) }))
    }

    #[tool(
        title = "Fetch, for research",
        description = "Read one result of search in full, by its id, with what is needed to cite it.",
        annotations(read_only_hint = true, destructive_hint = false, idempotent_hint = true, open_world_hint = false)
    )]
    async fn fetch(&self, caller: Caller, Parameters(asked): Parameters<Fetch>) -> Result<Json<Fetched>, ToolError> {
        let memory = self.service.get(&caller.reach(), parsed(&asked.id)?).await?.ok_or(ToolError::NoSuchMemory)?;
        Ok(Json(Fetched::new(memory, &self.public_url)))
    }
}

/// What a model has to write to delete everything: nothing it could write by accident.
pub(crate) const CONFIRMATION: &str = "delete all memories";

fn limit(asked: Option<u32>) -> Result<Limit, ToolError> {
    Ok(asked.map(Limit::new).transpose()?.unwrap_or_default())
}

/// The memory that is meant. An id that can't be one is an id of no memory.
fn parsed(id: &str) -> Result<MemoryId, ToolError> {
    id.trim().parse().map_err(|_| ToolError::NoSuchMemory)
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
            ("update_memory", Some(Scope::MemoryWrite)),
            ("delete_all_memories", Some(Scope::MemoryWrite)),
            ("store_document", Some(Scope::MemoryWrite)),
            ("whoami", Some(Scope::MemoryRead)),
            ("search", Some(Scope::MemoryRead)),
            ("fetch", Some(Scope::MemoryRead)),
            ("tools/call", None),
            ("", None),
        ] {
            assert_eq!(scope(tool), needed, "{tool}");
        }
        assert_eq!(TOOLS.list_all().len(), 11);
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
                // Clients that read schemas strictly know none of them.
                assert!(!text.contains("$ref") && !text.contains("uint") && !text.contains("null"), "{text}");
            }
        }
    }
}
