//! The routes of the function on a stub of the store. The tools are tested against DynamoDB in infra/tests.

mod api_key;
mod arguments;
mod authentication;
mod bearer;
mod call_limit;
mod compat;
mod endpoint;
mod handler;
mod legacy_endpoint;
mod limits;
mod origin;
mod revisions;
mod schemas;
mod tool_reference;
mod tools;
