//! template.yaml on this computer: its routes, roles and tables in one process, on an embedded DynamoDB.
//!
//! The caller supplies the functions, so this crate depends on none of them. `jean serve` gives a [`Stack`](stack::Stack)
//! a port; tests call its router directly.

pub mod engine;
mod gateway;
pub mod private;
pub mod role;
pub mod stack;
pub mod template;
