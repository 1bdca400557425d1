//! The story of the whole set, in process: the routers that run in Lambda, routed as template.yaml says, on the embedded
//! DynamoDB. Each test has a world of its own, and a clock it can turn.

#![expect(clippy::panic, reason = "a test that finds something else than it expects says what")]

mod bodies;
mod clients;
mod cost;
mod events;
mod faults;
mod first_connection;
mod histories;
mod log;
mod rmcp_client;
mod rotation;
mod template;
mod tenants;
