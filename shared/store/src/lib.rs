//! Persistence. The only crate that talks to DynamoDB.
//!
//! Each module is one kind of record; `infra/docs/TABLES.md` describes keys and attributes.
//!
//! | table | modules |
//! |---|---|
//! | auth | [`clients`], [`codes`], [`grants`], [`sessions`], [`notifications`], [`throttles`], [`webauthn_challenges`], [`federations`] |
//! | users | [`users`], [`account_list`], [`api_keys`], [`passkeys`], [`identities`], [`ways_in`], [`password_links`] |
//! | memories | [`memories`], [`rate_limits`], [`app_usage`] |
//! | auth and users | [`account_access`] |
//! | all three | [`deletion`] |
//!
//! Items of a user share the partition `USER#<user id>`; an item that is found by another name has a partition of its
//! own:
//!
//! ```text
//! pk                    sk                           attributes
//! USER#ada              GRANT#<grant id>             a grant, ttl
//! USER#ada              MEMORY#<ULID>                a memory
//! USER#ada              INDEX#MANIFEST               the segments of its index
//! CODE#<hash of code>   CODE                         an authorization code, ttl
//! ```
//!
//! Every read is strongly consistent, except those of segments of an index, which never change. Every change that depends on
//! a read is a conditional write or a transaction; an operation on many items is a sequence of them, and can be repeated.
//! Expiry is checked on read, because DynamoDB may take days to delete expired items (AS-21). Every operation fails
//! with [`StoreError`] if DynamoDB rejects it, and can then be retried.
//!
//! [`reported_count`] is the part of a count across instances that one instance keeps.
//!
//! Not for: rules (`jean-auth` and `jean-memory` decide; this crate stores their types), clocks and randomness (both
//! are arguments).

pub mod account_access;
pub mod account_list;
pub mod api_keys;
pub mod app_usage;
pub mod clients;
pub mod codes;
pub mod deletion;
pub mod federations;
pub mod grants;
pub mod identities;
mod identity_items;
mod link_items;
pub mod memories;
pub mod notifications;
pub mod passkeys;
pub mod password_links;
pub mod rate_limits;
pub mod reported_count;
pub mod sessions;
mod table;
pub mod throttles;
pub mod users;
pub mod ways_in;
pub mod webauthn_challenges;
mod window_counter;

pub use table::{StoreError, Table};
