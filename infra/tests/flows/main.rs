//! The story of the whole set, in process: the routers that run in Lambda, routed as template.yaml says, on the embedded
//! DynamoDB. Each test has a world of its own, and a clock it can turn.

#![expect(clippy::panic, reason = "a test that finds something else than it expects says what")]

mod account;
mod account_connections;
mod account_data;
mod account_memories;
mod client_metadata;
mod clients;
mod cost;
mod deletion;
mod documents;
mod events;
mod faults;
mod first_connection;
mod histories;
mod legacy_endpoint;
mod limits;
mod log;
mod pages;
mod passkeys;
mod refresh;
mod refusals;
mod registration;
mod revisions;
mod rmcp_client;
mod rotation;
mod schemas;
mod sign_up;
mod template;
mod tenants;
mod tool_reference;
mod tools;
