//! Shared runtime of the Lambda functions: start-up, settings, signing keys, logging and HTTP responses.
//!
//! A function is an [`axum::Router`] built from a [`Platform`]. In Lambda, [`lambda::run`] builds the platform from the
//! process; locally and in tests `jean-local` builds it from template.yaml. The router cannot tell the difference.

mod aws;
pub mod body;
mod context;
mod cors;
mod error;
pub mod event;
mod finish_response;
mod function_state;
pub mod lambda;
mod log;
mod metrics;
mod navigation;
mod platform;
mod request;
pub mod secret;
mod service_name;
mod signing_keys;
mod source_address;

pub use aws::config as aws_config;
pub use context::Context;
pub use cors::{AllowedOrigins, cors};
pub use error::{Failure, OAuthResponse};
pub use finish_response::finish_response;
pub use function_state::FunctionState;
pub use log::init as init_log;
pub use navigation::BrowserNavigation;
pub use platform::{Clock, Environment, Platform, Random, StartError};
pub use request::{RequestId, trace};
pub use service_name::ServiceName;
pub use signing_keys::{CACHE_TTL, SigningKeys};
pub use source_address::{SourceAddress, TrustedProxies};
