//! The one binary for people: the whole set on your desk, and the command line of whoever operates it.
//!
//! Tests use [`desk::Desk`], which is all of it but the port.

mod cli;
mod command;
mod data;
pub mod desk;
pub mod doctor;
pub mod engine;
pub mod form;
mod listener;
mod people;
mod private;
pub mod role;
pub mod template;
mod terminal;

pub use cli::run;
