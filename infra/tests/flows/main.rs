//! Flows across all functions, in one process.
//!
//! Each test has its own server and clock: the routers that run in Lambda, routed by template.yaml, on the embedded
//! DynamoDB. Tests of a single function are in the function's `tests/routes`.

#![expect(clippy::panic, reason = "a test panics with the unexpected value")]

mod bodies;
mod clients;
mod cost;
mod events;
mod faults;
mod first_connection;
mod histories;
mod key_pair;
mod log;
mod odd_values;
mod rmcp_client;
mod root_secret;
mod rotation;
mod template;
mod tenants;
