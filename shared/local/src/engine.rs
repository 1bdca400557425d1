//! DynamoDB in this process: dynoxide, on SQLite, behind the AWS SDK's HTTP connector.
//!
//! Functions use the same client, requests and conditions as in AWS; only the network is missing. Throttling, transaction
//! conflicts and eventually consistent reads do not occur.

mod connector;
mod database;
#[cfg(feature = "for-tests")]
mod for_tests;
pub mod limits;
mod operations;
mod written;

#[cfg(feature = "for-tests")]
pub use self::for_tests::for_tests;
pub use self::{
    database::{Engine, EngineError},
    operations::EngineResponse,
    written::WrittenKey,
};

#[cfg(test)]
mod tests;
