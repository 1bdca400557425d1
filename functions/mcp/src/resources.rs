//! Resources: the caller's profile, the newest memories, and a memory by id, as JSON. They have the form of the results of
//! `whoami`, `list_memories` and `get_memory`.

use jean_memory::{Filter, Limit};
use jean_runtime::Failure;
use jean_store::StoreError;
use rmcp::{
    ErrorData,
    model::{Resource, ResourceContents, ResourceTemplate},
};
use serde::Serialize;
use serde_json::json;

use crate::{
    caller::Caller,
    result_size::fitting,
    schemas::{CallerInfo, MemoryListPage, MemoryResult},
    server::McpServer,
};

const PROFILE: &str = "memory://profile";
const RECENT: &str = "memory://recent";
/// The URI of a memory, without its id.
const MEMORY: &str = "memory://memory/";
const JSON: &str = "application/json";
/// Maximum bytes of a URI that an error repeats.
const URI_BYTES: usize = 300;

/// The resources with a fixed URI.
pub(crate) fn listed() -> Vec<Resource> {
    vec![
        Resource::new(PROFILE, "profile")
            .with_title("Profile")
            .with_description("The signed-in user, the connected client and its scopes.")
            .with_mime_type(JSON),
        Resource::new(RECENT, "recent")
            .with_title("Recent memories")
            .with_description("The newest memories of the user.")
            .with_mime_type(JSON),
    ]
}

/// The resources by id.
pub(crate) fn templates() -> Vec<ResourceTemplate> {
    vec![
        ResourceTemplate::new(format!("{MEMORY}{{id}}"), "memory")
            .with_title("Memory")
            .with_description("One memory in full, by an id of search_memory or list_memories.")
            .with_mime_type(JSON),
    ]
}

impl McpServer {
    /// Returns a resource of the caller.
    pub(crate) async fn resource(&self, uri: &str, caller: Caller) -> Result<ResourceContents, ErrorData> {
        let scope = caller.access_scope();
        match uri {
            PROFILE => Ok(contents(uri, &CallerInfo::from(caller))),
            RECENT => {
                let page = self.service.list(&scope, &Filter::default(), None, Limit::default()).await;
                let memories = page.map_err(failure)?.memories;
                let memories = fitting(memories.into_iter().map(MemoryResult::excerpt).collect());
                Ok(contents(uri, &MemoryListPage { memories, next_cursor: None }))
            }
            _ => {
                // A malformed id is the id of no memory.
                let id = uri.strip_prefix(MEMORY).and_then(|id| id.parse().ok()).ok_or_else(|| not_found(uri))?;
                let memory = self.service.get(&scope, id).await.map_err(failure)?.ok_or_else(|| not_found(uri))?;
                Ok(contents(uri, &MemoryResult::full(memory)))
            }
        }
    }
}

fn contents(uri: &str, value: &impl Serialize) -> ResourceContents {
    let text = serde_json::to_string(value).expect("strings and numbers");
    ResourceContents::text(text, uri).with_mime_type(JSON)
}

/// The error is the same for the memory of another user (RS-08). rmcp translates its code for 2026-07-28 (SEP-2164).
fn not_found(uri: &str) -> ErrorData {
    let message = "No resource has this URI. Use one of resources/list, or memory://memory/ and the id of a memory.";
    ErrorData::resource_not_found(message, (uri.len() <= URI_BYTES).then(|| json!({ "uri": uri })))
}

fn failure(error: StoreError) -> ErrorData {
    Failure::log(&error);
    ErrorData::internal_error("", None)
}
