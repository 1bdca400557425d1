//! The edge every function shares: how it starts, what it is handed, and how its answers look on the wire.
//!
//! A function is an [`axum::Router`] made from a [`Platform`]. In Lambda [`lambda::run`] makes the platform from the
//! process; on the desk and in tests `infra/jean` makes it from template.yaml. The router can't tell which.

mod aws;
pub mod body;
mod cors;
pub mod dates;
mod error;
pub mod event;
pub mod lambda;
mod language;
mod log;
mod look;
mod metrics;
pub mod page;
mod platform;
mod request;
pub mod secret;
mod sent_form;
mod signing_keys;
mod texts;

pub use aws::config as aws_config;
pub use cors::{AllowedOrigins, cors};
pub use error::{Failure, OAuthResponse};
pub use language::Language;
pub use log::init as init_log;
pub use look::Look;
pub use platform::{Clock, Environment, Platform, Random, StartError};
pub use request::{RequestId, SourceAddress, trace};
pub use sent_form::{SentForm, Unsent, is_same_origin};
pub use signing_keys::{HELD_FOR, SigningKeys, fresh_keys};
