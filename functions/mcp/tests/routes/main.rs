//! Tests of the routes, on a stub of the store or on the local stack.

#![expect(clippy::panic, reason = "a test panics with the response it did not expect")]

mod api_key;
mod arguments;
mod authentication;
mod bearer;
mod call_limit;
mod compat;
mod ended_connections;
mod endpoint;
mod handler;
mod legacy_endpoint;
mod limits;
mod origin;
mod prompts_and_resources;
mod provenance;
mod quotas;
mod revisions;
mod schemas;
mod search;
mod tool_reference;
mod tools;
