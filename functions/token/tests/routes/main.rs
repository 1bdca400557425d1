//! The routes of the function, on the local stack. A module tests the source file of the same name.

mod client;
mod code;
mod refresh;
mod revoke;
