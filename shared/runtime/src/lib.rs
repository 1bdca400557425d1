//! Shared runtime of the Lambda functions: start-up, settings, signing keys, logging and HTTP responses.
//!
//! A function is an [`axum::Router`] built from a [`Platform`]. In Lambda, [`lambda::run`] builds the platform from the
//! process; locally and in tests `jean-local` builds it from template.yaml. The router cannot tell the difference.
//!
//! | topic | modules and types |
//! |---|---|
//! | start-up | [`lambda`], [`Platform`], [`Environment`], [`Clock`], [`Random`], [`FunctionState`], [`Shutdown`] |
//! | secrets and signing keys | [`secret`], [`SigningKeys`], [`RootKeys`] |
//! | requests | [`Context`], [`body`], [`SourceAddress`], [`BrowserNavigation`], [`RequestId`] |
//! | responses | [`OAuthResponse`], [`Failure`], [`finish_response()`], [`cors()`] |
//! | logs and metrics | [`event`], [`trace()`] |
//!
//! ```
//! use jean_runtime::Environment;
//!
//! let environment: Environment = [("REQUESTS_PER_MINUTE".into(), "60".into())].into_iter().collect();
//! assert_eq!(environment.number("REQUESTS_PER_MINUTE", 10..=1000)?, 60);
//! assert!(environment.number("REQUESTS_PER_MINUTE", 100..=1000).is_err());
//! assert!(environment.require("AUTH_TABLE").is_err());
//! # Ok::<(), jean_runtime::StartError>(())
//! ```
//!
//! Not for: pages (`jean-pages`), tables (`jean-store`) and the rules of the protocol (`jean-auth`).

mod aws;
pub mod body;
mod cached_keys;
mod configured_secret;
mod context;
mod cors;
mod error;
pub mod event;
mod finish_response;
mod former_secret;
mod function_state;
pub mod lambda;
mod log;
mod metrics;
mod navigation;
mod platform;
pub mod presigned;
mod request;
pub mod secret;
mod service_name;
mod shutdown;
mod source_address;

pub use aws::config as aws_config;
pub use cached_keys::{CACHE_TTL, RootKeys, SigningKeys};
pub use context::Context;
pub use cors::{AllowedOrigins, cors};
pub use error::{Failure, OAuthResponse, with_causes};
pub use finish_response::finish_response;
pub use function_state::{FunctionKeys, FunctionState, TokenKeys};
pub use log::{init as init_log, of_lambda as lambda_log};
pub use navigation::BrowserNavigation;
pub use platform::{Clock, Environment, Platform, Random, StartError};
pub use request::{Logged, RequestId, trace};
pub use service_name::ServiceName;
pub use shutdown::Shutdown;
pub use source_address::{SourceAddress, TrustedProxies};
