//! Tests of the routes, on the local stack, with providers that sign with real keys.

mod answers;
mod github;
mod id_tokens;
mod linked_accounts;
mod policy;
mod sign_in;
mod stage;
