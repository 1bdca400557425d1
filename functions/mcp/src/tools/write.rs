//! Tools that add, change and delete memories.

use jean_memory::{AccessScope, Filter, Limit, Memory, NewDocument, NewMemory, Query, duplicates::normalised};
use jean_memory_service::WriteError;
use rmcp::{handler::server::wrapper::Json, tool};

use crate::{
    arguments::{Parameters, memory_id},
    caller::Caller,
    schemas::{
        AddMemory, AddedMemory, DeleteAll, DeleteMemory, DeletedMemory, MemoryResult, RequestedDeletion, StoreDocument,
        StoredDocument, UpdateMemory, UpdatedMemory,
    },
    server::McpServer,
    tool_error::{CONFIRMATION, ToolError},
};

/// Characters of a text that a search for the same text queries with, within the limit of a query.
const QUERY_CHARACTERS: usize = 1000;

impl McpServer {
    #[tool(
        title = "Add memory",
        description = "Store a fact about the user for later conversations, in this and in every other assistant that \
            the user connects. Use it when the user asks you to remember something, or states a lasting preference, \
            fact, decision or plan. Store one fact per memory, worded so that it is understandable without this \
            conversation. If the result names similar memories, update one of them instead of storing a second version.",
        annotations(
            read_only_hint = false,
            destructive_hint = false,
            idempotent_hint = false,
            open_world_hint = false
        )
    )]
    pub(super) async fn add_memory(
        &self,
        caller: Caller,
        Parameters(arguments): Parameters<AddMemory>,
    ) -> Result<Json<AddedMemory>, ToolError> {
        let AddMemory { text, tags, source_url, occurred_at } = arguments;
        let new = NewMemory::new(&text, tags.unwrap_or_default(), source_url, occurred_at.as_deref())?;
        let scope = caller.access_scope();
        let added = self.service.add(&scope, new.clone(), caller.writer()).await;
        let outcome = added.map_err(|error| self.write_error(error))?;
        Ok(Json(AddedMemory::of(outcome, &new)))
    }

    #[tool(
        title = "Update memory",
        description = "Change the text, tags, source or date of one memory, by id. Use it when a memory is wrong or \
            outdated, instead of adding a second memory that contradicts it. Omitted and empty fields stay unchanged; \
            clear removes fields.",
        annotations(read_only_hint = false, destructive_hint = true, idempotent_hint = true, open_world_hint = false)
    )]
    pub(super) async fn update_memory(
        &self,
        caller: Caller,
        Parameters(arguments): Parameters<UpdateMemory>,
    ) -> Result<Json<UpdatedMemory>, ToolError> {
        let (scope, id) = (caller.access_scope(), memory_id(&arguments.id)?);
        let change = arguments.change()?;
        let current = self.service.get(&scope, id).await?.ok_or(ToolError::UnknownMemory)?;
        if !change.changes(&current) {
            return Ok(Json(UpdatedMemory { memory: MemoryResult::excerpt(current), same_text: vec![] }));
        }
        let updated = self.service.update(&scope, id, &change, &caller.writer()).await;
        let updated = updated.map_err(|error| self.write_error(error))?;
        let memory = updated.ok_or(ToolError::UnknownMemory)?;
        let same_text = if change.text.is_some() { self.with_same_text(&scope, &memory).await } else { vec![] };
        Ok(Json(UpdatedMemory { memory: MemoryResult::excerpt(memory), same_text }))
    }

    #[tool(
        title = "Delete memory",
        description = "Delete one memory, by id, or with whole_document the entire document that it is part of. Use it \
            when the user asks you to forget something, or when a memory is no longer true. The memory moves to the \
            trash for 30 days. Only the user can restore it, on the page that the result names.",
        annotations(read_only_hint = false, destructive_hint = true, idempotent_hint = true, open_world_hint = false)
    )]
    pub(super) async fn delete_memory(
        &self,
        caller: Caller,
        Parameters(arguments): Parameters<DeleteMemory>,
    ) -> Result<Json<DeletedMemory>, ToolError> {
        let (scope, id) = (caller.access_scope(), memory_id(&arguments.id)?);
        let memories = if arguments.whole_document.unwrap_or_default() {
            match self.service.delete_document(&scope, id, &caller.writer()).await? {
                0 => return Err(ToolError::UnknownDocument),
                pieces => pieces,
            }
        } else {
            let deleted = self.service.delete(&scope, id, &caller.writer()).await?;
            deleted.then_some(1).ok_or(ToolError::UnknownMemory)?
        };
        Ok(Json(DeletedMemory { id: id.to_string(), deleted: true, memories, trash: self.trash() }))
    }

    #[tool(
        title = "Delete all memories",
        description = "Request the deletion of all memories of the user. Use it only when the user asks for exactly this. \
            Nothing is deleted until the user confirms on the page that the result names; tell the user so. The memories \
            then move to the trash for 30 days.",
        annotations(read_only_hint = false, destructive_hint = true, idempotent_hint = true, open_world_hint = false)
    )]
    pub(super) async fn delete_all_memories(
        &self,
        caller: Caller,
        Parameters(arguments): Parameters<DeleteAll>,
    ) -> Result<Json<RequestedDeletion>, ToolError> {
        if arguments.confirm.as_deref().map(str::trim) != Some(CONFIRMATION) {
            return Err(ToolError::NotConfirmed);
        }
        let request = self.service.request_deletion(&caller.access_scope(), &caller.writer()).await?;
        Ok(Json(RequestedDeletion::of(request, self.public_url.join("/account"))))
    }

    #[tool(
        title = "Store document",
        description = "Store a longer text for later conversations, such as minutes, an article, a specification or a \
            chapter. It is split into pieces, each of which search_memory finds separately. For a single fact, use \
            add_memory.",
        annotations(
            read_only_hint = false,
            destructive_hint = false,
            idempotent_hint = false,
            open_world_hint = false
        )
    )]
    pub(super) async fn store_document(
        &self,
        caller: Caller,
        Parameters(arguments): Parameters<StoreDocument>,
    ) -> Result<Json<StoredDocument>, ToolError> {
        let StoreDocument { title, content, tags, source_url, occurred_at } = arguments;
        let new = NewDocument::new(&title, &content, tags.unwrap_or_default(), source_url, occurred_at.as_deref())?;
        let scope = caller.access_scope();
        let added = self.service.add_document(&scope, new.clone(), &caller.writer()).await;
        let added = added.map_err(|error| self.write_error(error))?;
        // The same document was stored already, and deleted at the same time.
        StoredDocument::of(added, &new).map(Json).ok_or(ToolError::Contention)
    }

    fn write_error(&self, error: WriteError) -> ToolError {
        ToolError::of_write(error, &self.public_url)
    }

    /// The ids of other memories with the same text as a memory, as far as a search finds them. The memory has been
    /// stored already, so a failure is only logged.
    async fn with_same_text(&self, scope: &AccessScope, memory: &Memory) -> Vec<String> {
        let start = memory.text.chars().take(QUERY_CHARACTERS).collect();
        let Ok(query) = Query::new(start, Filter::default(), Limit::default()) else { return vec![] };
        let found = self.service.search(scope, &query).await.unwrap_or_else(|error| {
            tracing::warn!(%error, "memories with the same text could not be searched");
            vec![]
        });
        let text = normalised(&memory.text);
        let same = |other: &&Memory| other.id != memory.id && normalised(&other.text) == text;
        found.iter().filter(same).map(|other| other.id.to_string()).collect()
    }
}
