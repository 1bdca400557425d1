//! `tools/list` on `/mcp`, from which infra/docs/TOOLS.md is generated.

use jean_testing::TestServer;
use std::{
    collections::BTreeSet,
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
};

use serde_json::{Value, json};

const HEAD: &str = "\
# Tools

The MCP tools, as `tools/list` describes them to a client. This file is generated: the test `tool_reference` in
functions/mcp/tests compares it with the server and writes the current version when they differ.
";

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or_else(|| panic!("no {name}: {value}"))
}

/// Table of a tool's arguments, sorted by name.
fn arguments(schema: &Value) -> String {
    let required: BTreeSet<_> = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let mut table = String::new();
    for (name, argument) in schema["properties"].as_object().into_iter().flatten() {
        let (kind, description) = (text(argument, "type"), text(argument, "description"));
        let required = if required.contains(name.as_str()) { "required" } else { "optional" };
        writeln!(table, "| `{name}` | {kind}, {required} | {} |", description.replace('\n', " ")).expect("a string");
    }
    if table.is_empty() { "No arguments.\n".into() } else { format!("| argument | type | |\n|---|---|---|\n{table}") }
}

fn section(tool: &Value) -> String {
    let hints = &tool["annotations"];
    let access = match (&hints["readOnlyHint"], &hints["destructiveHint"]) {
        (Value::Bool(true), _) => "Reads: requires `memory:read`.",
        (_, Value::Bool(true)) => "Changes or deletes: requires `memory:write`.",
        _ => "Adds: requires `memory:write`.",
    };
    let (name, title, description) = (text(tool, "name"), text(tool, "title"), text(tool, "description"));
    format!("\n## `{name}`: {title}\n\n{description}\n\n{access}\n\n{}", arguments(&tool["inputSchema"]))
}

/// TL-02
#[tokio::test]
async fn tool_reference_is_up_to_date() {
    let world = TestServer::new().await;
    let token = world.connect().await.access_token;
    let list = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/list"});
    let listed = world.mcp(Some(&token), &list).await.json();
    let sections: String = listed["result"]["tools"].as_array().expect("tools").iter().map(section).collect();
    let current = format!("{HEAD}{sections}");
    let written = Path::new(env!("CARGO_TARGET_TMPDIR")).join("TOOLS.md");
    fs::write(&written, &current).expect("writes");
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../infra/docs/TOOLS.md");
    let stored = fs::read_to_string(path).unwrap_or_default();
    assert!(current == stored, "infra/docs/TOOLS.md is out of date; copy {}", written.display());
}
