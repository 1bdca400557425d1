//! The `jean` binary: runs all functions in one local server, and manages and diagnoses a local or deployed one.
//!
//! It deploys nothing; `sam deploy` does. Commands that manage users and memories work on the database directly and need
//! no running server.
//!
//! | Module | Purpose |
//! |---|---|
//! | [`functions`] | the functions that a local [`Stack`](jean_local::stack::Stack) runs |
//! | [`maintenance`] | functions/maintain as a background task |
//! | [`doctor`] | checks of a running server from a client's point of view |
//! | [`form`] | HTML forms, for programs that go through the pages |

mod accounts;
mod cli;
mod command;
mod data;
mod deployed_stack;
pub mod doctor;
mod event_log;
pub mod form;
pub mod functions;
mod listener;
pub mod maintenance;
mod own_host;
mod server_address;
mod terminal;

pub use cli::run;
