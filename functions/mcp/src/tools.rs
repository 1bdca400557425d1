//! The tools. Each parses its arguments, performs one operation on the caller's memories and returns the result.

mod read;
mod research;
mod write;

use std::{collections::HashMap, sync::LazyLock};

use jean_auth::scope::Scope;
use rmcp::handler::server::router::tool::{ToolRoute, ToolRouter};

use crate::{schemas::portable, server::McpServer};

/// The tool that tells the caller who the user is.
const WHOAMI: &str = "whoami";

/// Every tool and the scope that it requires. Built once per instance, since rmcp would otherwise build the tools and
/// their schemas for each request.
pub(crate) static TOOLS: LazyLock<Tools> = LazyLock::new(|| {
    Tools::new([
        (Scope::MemoryWrite, ToolRoute::new(McpServer::add_memory_tool_attr(), McpServer::add_memory)),
        (Scope::MemoryRead, ToolRoute::new(McpServer::context_tool_attr(), McpServer::context)),
        (Scope::MemoryRead, ToolRoute::new(McpServer::search_memory_tool_attr(), McpServer::search_memory)),
        (Scope::MemoryRead, ToolRoute::new(McpServer::list_memories_tool_attr(), McpServer::list_memories)),
        (Scope::MemoryRead, ToolRoute::new(McpServer::get_memory_tool_attr(), McpServer::get_memory)),
        (Scope::MemoryWrite, ToolRoute::new(McpServer::update_memory_tool_attr(), McpServer::update_memory)),
        (Scope::MemoryWrite, ToolRoute::new(McpServer::delete_memory_tool_attr(), McpServer::delete_memory)),
        (
            Scope::MemoryWrite,
            ToolRoute::new(McpServer::delete_all_memories_tool_attr(), McpServer::delete_all_memories),
        ),
        (Scope::MemoryWrite, ToolRoute::new(McpServer::store_document_tool_attr(), McpServer::store_document)),
        (Scope::MemoryRead, ToolRoute::new(McpServer::whoami_tool_attr(), McpServer::whoami)),
        (Scope::MemoryRead, ToolRoute::new(McpServer::search_tool_attr(), McpServer::search)),
        (Scope::MemoryRead, ToolRoute::new(McpServer::fetch_tool_attr(), McpServer::fetch)),
    ])
});

/// A set of tools with their required scopes.
#[derive(Debug)]
pub(crate) struct Tools {
    router: ToolRouter<McpServer>,
    scopes: HashMap<String, Scope>,
}

impl Tools {
    fn new(table: impl IntoIterator<Item = (Scope, ToolRoute<McpServer>)>) -> Self {
        let mut tools = Self { router: ToolRouter::new(), scopes: HashMap::new() };
        for (scope, mut route) in table {
            route.attr = portable(route.attr);
            tools.scopes.insert(route.name().to_owned(), scope);
            tools.router.add_route(route);
        }
        tools
    }

    pub(crate) fn router(&self) -> &ToolRouter<McpServer> {
        &self.router
    }

    /// The scope with which a tool uses memories, or `None` if it uses none.
    pub(crate) fn use_of(&self, tool: &str) -> Option<Scope> {
        self.scope(tool).filter(|_| tool != WHOAMI)
    }

    /// The scope that a tool requires, or `None` if there is no such tool.
    pub(crate) fn scope(&self, tool: &str) -> Option<Scope> {
        self.scopes.get(tool).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RS-06
    #[test]
    fn tools_that_write_require_the_write_scope() {
        for tool in TOOLS.router().list_all() {
            let read_only = tool.annotations.and_then(|annotations| annotations.read_only_hint);
            let required = if read_only == Some(true) { Scope::MemoryRead } else { Scope::MemoryWrite };
            assert_eq!(TOOLS.scope(&tool.name), Some(required), "{}", tool.name);
        }
        for (tool, required) in [
            ("search_memory", Some(Scope::MemoryRead)),
            ("add_memory", Some(Scope::MemoryWrite)),
            ("delete_all_memories", Some(Scope::MemoryWrite)),
            ("tools/call", None),
            ("", None),
        ] {
            assert_eq!(TOOLS.scope(tool), required, "{tool}");
        }
    }

    /// TL-01, TL-02
    #[test]
    fn tools_have_descriptions_annotations_and_portable_schemas() {
        for tool in TOOLS.router().list_all() {
            assert!(tool.name.len() <= 64 && tool.name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_'));
            assert!(tool.title.is_some() && tool.description.is_some(), "{}", tool.name);
            let annotations = tool.annotations.expect("annotations");
            assert_eq!(annotations.open_world_hint, Some(false));
            assert!(annotations.read_only_hint.is_some() && annotations.destructive_hint.is_some());
            assert!(annotations.idempotent_hint.is_some());
            for schema in [tool.input_schema, tool.output_schema.expect("an output schema")] {
                assert_eq!(schema["type"], "object", "{}", tool.name);
                let text = serde_json::to_string(&schema).expect("JSON");
                // Clients with a strict schema parser reject these.
                assert!(!text.contains("$ref") && !text.contains("uint") && !text.contains("null"), "{text}");
            }
        }
    }
}
