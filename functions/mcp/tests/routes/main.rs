//! The routes of the function on a stub of the store. The tools are tested against DynamoDB in infra/tests.

mod api_key;
mod arguments;
mod bearer;
mod call_limit;
mod compat;
mod endpoint;
mod handler;
mod origin;
