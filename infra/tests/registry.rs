//! infra/server.json, the entry in the MCP registry, and the version of the Claude Code plugin.

use std::{fs, path::PathBuf};

use jean_auth::public_url::PublicUrl;
use serde_json::Value;

fn read(path: &str) -> Value {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..").join(path);
    serde_json::from_slice(&fs::read(&path).expect("reads")).expect("JSON")
}

#[test]
fn entry_follows_the_schema_of_the_registry() {
    let schema = jsonschema::validator_for(&read("tests/schemas/server.schema.json")).expect("a schema");
    let entry = read("server.json");
    let errors: Vec<_> =
        schema.iter_errors(&entry).map(|error| format!("{}: {error}", error.instance_path())).collect();
    assert_eq!(errors, Vec::<String>::new());
    for (member, wrong) in [
        ("name", "jean-memory".into()),
        ("description", "x".repeat(101).into()),
        ("version", Value::Null),
        ("remotes", serde_json::json!([{"type": "stdio"}])),
    ] {
        let mut entry = entry.clone();
        entry[member] = wrong;
        assert!(!schema.is_valid(&entry), "{member}");
    }
}

#[test]
fn entry_has_the_version_and_the_url_of_this_server() {
    let entry = read("server.json");
    assert_eq!(entry["version"], env!("CARGO_PKG_VERSION"));
    let public_url: PublicUrl = "https://memory.example.com".parse().expect("valid");
    let remote = &entry["remotes"][0];
    let host = &remote["variables"]["host"]["placeholder"];
    let url = remote["url"].as_str().expect("a URL").replace("{host}", host.as_str().expect("a host"));
    assert_eq!(url, public_url.mcp());
}

#[test]
fn plugin_has_the_version_and_the_url_of_the_local_server() {
    let plugin = read("claude-code/memory/.claude-plugin/plugin.json");
    assert_eq!(plugin["version"], env!("CARGO_PKG_VERSION"));
    let public_url: PublicUrl = "http://localhost:3000".parse().expect("valid");
    assert_eq!(plugin["userConfig"]["url"]["default"], public_url.mcp());
    assert_eq!(plugin["mcpServers"]["memory"]["url"], "${user_config.url}");
}
