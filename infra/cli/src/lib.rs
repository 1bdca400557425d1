//! The one binary for people: the whole set on your desk, and the command line of whoever operates it.
//!
//! [`functions::start`] is the list of functions that a local [`Stack`](jean_local::stack::Stack) runs.

mod cli;
mod command;
mod data;
pub mod doctor;
pub mod form;
pub mod functions;
mod listener;
mod people;
mod terminal;

pub use cli::run;
