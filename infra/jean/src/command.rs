//! The commands, one module each.

pub(crate) mod dynamodb;
pub(crate) mod key;
pub(crate) mod serve;
pub(crate) mod user;
