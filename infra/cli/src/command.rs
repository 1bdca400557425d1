//! The commands of `jean`, one module each.

pub(crate) mod doctor;
pub(crate) mod dynamodb;
pub(crate) mod export;
pub(crate) mod import;
pub(crate) mod key;
pub(crate) mod serve;
pub(crate) mod user;
