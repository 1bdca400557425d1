//! Fixtures for the tests of all packages: a [`TestServer`] with every function, and the browsers, clients, users and
//! devices that use it.
//!
//! A dev-dependency only. Fakes stand in for services that a test cannot reach, at their network edge:
//! [`secrets_manager`] for Secrets Manager, [`public_web`] for the documents of clients, [`identity_provider`] for
//! identity providers, [`faulty_store`] for a network and
//! a DynamoDB that fail.

#![expect(clippy::panic, reason = "a fixture that finds an unexpected response panics with it")]

pub mod account;
mod answer;
mod browser;
mod client;
pub mod device;
pub mod faulty_store;
pub mod identity_provider;
pub mod log;
mod mcp;
pub mod public_web;
pub mod secrets_manager;
mod server;
mod user;

pub use answer::{Answer, TokenPair};
pub use browser::{Browser, PageForm};
pub use client::Pkce;
pub use server::TestServer;
pub use user::CALLBACK;
