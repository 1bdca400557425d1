//! The tools. Each parses its arguments, performs one operation on the caller's memories and returns the result.

mod read;
mod research;
mod write;

use std::{collections::BTreeMap, sync::LazyLock};

use jean_auth::scope::{Scope, Scopes};
use rmcp::{
    handler::server::router::tool::{ToolRoute, ToolRouter},
    model::{JsonObject, Tool},
};

use crate::{note::with_note, schemas::portable, server::McpServer};

/// The tool that tells the caller who the user is.
const WHOAMI: &str = "whoami";

/// A tool by its scope, and the names of its function and of the function that rmcp generates for its definition.
macro_rules! tool {
    ($scope:ident, $function:ident, $definition:ident) => {{
        let name = Tool::new(stringify!($function), "", JsonObject::new());
        let definition = ToolDefinition {
            scope: Scope::$scope,
            definition: LazyLock::new(|| with_note(portable(McpServer::$definition()))),
        };
        (ToolRoute::new(name, McpServer::$function), definition)
    }};
}

/// Every tool and the scope that it requires.
pub(crate) static TOOLS: LazyLock<Tools> = LazyLock::new(|| {
    Tools::new([
        tool!(MemoryWrite, add_memory, add_memory_tool_attr),
        tool!(MemoryRead, context, context_tool_attr),
        tool!(MemoryRead, search_memory, search_memory_tool_attr),
        tool!(MemoryRead, list_memories, list_memories_tool_attr),
        tool!(MemoryRead, get_memory, get_memory_tool_attr),
        tool!(MemoryWrite, update_memory, update_memory_tool_attr),
        tool!(MemoryWrite, delete_memory, delete_memory_tool_attr),
        tool!(MemoryWrite, delete_all_memories, delete_all_memories_tool_attr),
        tool!(MemoryWrite, store_document, store_document_tool_attr),
        tool!(MemoryRead, whoami, whoami_tool_attr),
        tool!(MemoryRead, search, search_tool_attr),
        tool!(MemoryRead, fetch, fetch_tool_attr),
    ])
});

/// A set of tools.
#[derive(Debug)]
pub(crate) struct Tools {
    /// The functions by name, without schemas.
    router: ToolRouter<McpServer>,
    definitions: BTreeMap<String, ToolDefinition>,
}

/// A tool as clients see it, and the scope that it requires. Built when a request first needs it, since the schemas of all
/// tools take as many instructions as two TLS handshakes.
#[derive(Debug)]
struct ToolDefinition {
    scope: Scope,
    definition: LazyLock<Tool>,
}

impl Tools {
    fn new(table: impl IntoIterator<Item = (ToolRoute<McpServer>, ToolDefinition)>) -> Self {
        let mut tools = Self { router: ToolRouter::new(), definitions: BTreeMap::new() };
        for (route, definition) in table {
            tools.definitions.insert(route.name().to_owned(), definition);
            // `add_route` also validates the name, which the tests do, in 25,000 instructions.
            tools.router.map.insert(route.attr.name.clone(), route);
        }
        tools
    }

    pub(crate) fn router(&self) -> &ToolRouter<McpServer> {
        &self.router
    }

    /// The definition of a tool, or `None` if there is no such tool.
    pub(crate) fn definition(&self, tool: &str) -> Option<&Tool> {
        self.definitions.get(tool).map(|tool| &*tool.definition)
    }

    /// The definitions of the tools that these scopes allow, by name.
    pub(crate) fn allowed(&self, scopes: &Scopes) -> impl Iterator<Item = &Tool> {
        self.definitions.values().filter(|tool| scopes.allows(tool.scope)).map(|tool| &*tool.definition)
    }

    /// The scope with which a tool uses memories, or `None` if it uses none.
    pub(crate) fn use_of(&self, tool: &str) -> Option<Scope> {
        self.scope(tool).filter(|_| tool != WHOAMI)
    }

    /// The scope that a tool requires, or `None` if there is no such tool.
    pub(crate) fn scope(&self, tool: &str) -> Option<Scope> {
        self.definitions.get(tool).map(|tool| tool.scope)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RS-06
    #[test]
    fn tools_that_write_require_the_write_scope() {
        for tool in TOOLS.allowed(&Scopes::of_the_resource()) {
            let read_only = tool.annotations.as_ref().and_then(|annotations| annotations.read_only_hint);
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
        for tool in TOOLS.allowed(&Scopes::of_the_resource()).cloned() {
            assert!(TOOLS.router().has_route(&tool.name), "{}", tool.name);
            assert!(tool.name.len() <= 64 && tool.name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_'));
            assert!(tool.title.is_some() && tool.description.is_some(), "{}", tool.name);
            let annotations = tool.annotations.expect("annotations");
            assert_eq!(annotations.open_world_hint, Some(false));
            assert!(annotations.read_only_hint.is_some() && annotations.destructive_hint.is_some());
            assert_eq!(annotations.title, tool.title);
            assert!(tool.input_schema["properties"].is_object(), "{}", tool.name);
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
