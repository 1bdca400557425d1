//! Resources: the user's profile, the newest memories, those with a tag, and a memory by id, as JSON. They have the form of
//! the results of `whoami` and `context`, `list_memories` and `get_memory`.

use jean_memory::{AccessScope, Filter, Limit};
use jean_runtime::Failure;
use jean_store::StoreError;
use percent_encoding::percent_decode_str;
use rmcp::{
    ErrorData,
    model::{Resource, ResourceContents, ResourceTemplate},
};
use serde::Serialize;
use serde_json::json;

use crate::{
    caller::Caller,
    schemas::{CallerInfo, MemoryListPage, MemoryResult, UserContext},
    server::McpServer,
};

const PROFILE: &str = "memory://profile";
const RECENT: &str = "memory://recent";
/// The URI of a memory, without its id.
const MEMORY: &str = "memory://memory/";
/// The URI of the memories with a tag, without the tag, which is percent-encoded.
const TAGGED: &str = "memory://tag/";
/// The URI template of [`TAGGED`], and its variable.
const TAGGED_TEMPLATE: &str = "memory://tag/{tag}";
const TAG: &str = "tag";
const JSON: &str = "application/json";
/// Maximum bytes of a URI that an error repeats.
const URI_BYTES: usize = 300;

/// The resources with a fixed URI.
pub(crate) fn listed() -> Vec<Resource> {
    vec![
        Resource::new(PROFILE, "profile")
            .with_title("Profile")
            .with_description("The signed-in user, the connected client, and what is known about the user in brief.")
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
        ResourceTemplate::new(TAGGED_TEMPLATE, "tag")
            .with_title("Memories with a tag")
            .with_description("The newest memories with a tag.")
            .with_mime_type(JSON),
    ]
}

/// `true` if an argument of a resource template is a tag.
pub(crate) fn takes_tag(template: &str, argument: &str) -> bool {
    (template, argument) == (TAGGED_TEMPLATE, TAG)
}

/// The result of `whoami` and `context`.
#[derive(Serialize)]
struct ProfileContents {
    #[serde(flatten)]
    caller: CallerInfo,
    #[serde(flatten)]
    context: UserContext,
}

impl McpServer {
    /// Returns a resource of the caller.
    pub(crate) async fn resource(&self, uri: &str, caller: Caller) -> Result<ResourceContents, ErrorData> {
        let scope = caller.access_scope();
        match uri {
            PROFILE => {
                let context = self.profile(&scope).await.map_err(failure)?;
                Ok(contents(uri, &ProfileContents { caller: caller.into(), context }))
            }
            RECENT => Ok(contents(uri, &self.newest(&scope, &Filter::default()).await?)),
            _ if let Some(tag) = uri.strip_prefix(TAGGED) => {
                let tag = percent_decode_str(tag).decode_utf8().map_err(|_| not_found(uri))?;
                // A malformed tag is the tag of no memory.
                let filter = Filter::tagged(&[tag.into_owned()]);
                Ok(contents(uri, &self.newest(&scope, &filter).await?))
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

impl McpServer {
    /// The newest memories that match a filter, with the cursor of list_memories for the next ones.
    async fn newest(&self, scope: &AccessScope, filter: &Filter) -> Result<MemoryListPage, ErrorData> {
        Ok(self.service.list(scope, filter, None, Limit::default()).await.map_err(failure)?.into())
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

/// An internal error, after it was logged.
pub(crate) fn failure(error: StoreError) -> ErrorData {
    Failure::log(&error);
    ErrorData::internal_error("", None)
}
