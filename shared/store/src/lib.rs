//! What is kept, and the only place that speaks DynamoDB.
//!
//! Each module is one thing that is kept; `infra/docs/TABLES.md` describes their keys and attributes. Every read is strongly
//! consistent, every change that depends on what was read is one conditional write or one transaction, and expiry is
//! checked on read: DynamoDB may take days to delete what is over (AS-21).

pub mod api_keys;
pub mod clients;
pub mod codes;
pub mod deletion;
pub mod grants;
pub mod login_throttles;
pub mod memories;
pub mod notifications;
pub mod passkeys;
pub mod password_links;
pub mod rate_limits;
pub mod sessions;
mod table;
pub mod users;
pub mod webauthn_challenges;

pub use table::{StoreError, Table};
