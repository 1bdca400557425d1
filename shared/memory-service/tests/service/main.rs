//! Tests of the service on an embedded DynamoDB: results, stored items, request counts and concurrency.

mod compaction;
mod cost;
mod duplicates;
mod encoding;
mod history;
mod one_large_user;
mod recent;
mod rng;
mod scope;
mod search;
mod simulation;
mod store;
mod transfer;
mod trash;
mod usage;
mod user;
