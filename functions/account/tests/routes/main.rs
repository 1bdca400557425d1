//! Tests of the routes, on the local stack. Each module tests the source file of the same name.

mod connection;
mod data;
mod delete;
mod deletion_requests;
mod document;
mod foreign_text;
mod keys;
mod memories;
mod memory;
mod notifications;
mod overview;
mod quotas;
mod security;
mod selection;
mod timeline;
mod trash;
mod users;
