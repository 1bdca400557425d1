//! The routes of the function, on the local stack. A module tests the source file of the same name.

mod connection;
mod data;
mod delete;
mod keys;
mod memories;
mod memory;
mod notifications;
mod overview;
mod security;
