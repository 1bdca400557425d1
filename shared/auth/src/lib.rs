//! The rules of the OAuth authorization server as pure functions: each takes a request and the stored state and returns
//! a decision ([OAuth 2.1](https://datatracker.ietf.org/doc/html/draft-ietf-oauth-v2-1)).
//!
//! The crate performs no I/O and reads neither the clock, the random source nor the environment. Callers pass in the
//! time and the entropy. Persistence is in `jean-store`, HTTP in `jean-runtime` and in `functions/`.
//!
//! | topic | modules |
//! |---|---|
//! | issuer, endpoints and metadata | [`public_url`], [`metadata`], [`resource`] |
//! | client registration (RFC 7591) and client metadata documents | [`registration`], [`client_metadata`], [`client`], [`known_client`], [`redirect_uri`] |
//! | authorization endpoint (OAuth 2.1 §4.1.1) | [`authorization`], [`scope`], [`parameters`] |
//! | users and sign-in | [`user`], [`session`], [`password`], [`passkey`], [`throttle`], [`proxy_secret`], [`known_accounts`], [`sign_up`] |
//! | sign-in with an identity provider | [`identity_provider`], [`federation`], [`identity`] |
//! | token endpoint (OAuth 2.1 §4.1.3, §4.3) and revocation (RFC 7009) | [`token_request`], [`code`], [`grant`], [`given_name`], [`pkce`] |
//! | access to the MCP endpoint (RFC 6750) and to the legacy endpoint | [`access_token`], [`api_key`] |
//! | signing keys, and secrets stored as hashes | [`keys`], [`secret`] |
//! | error responses and validated text types | [`error`], [`text`] |
//!
//! ```
//! use jean_auth::{public_url::PublicUrl, resource};
//!
//! let public_url: PublicUrl = "https://memory.example.com".parse()?;
//! assert!(resource::is_ours("https://memory.example.com/mcp/", &public_url));
//! assert!(!resource::is_ours("https://other.example/mcp", &public_url));
//! # Ok::<(), jean_auth::public_url::InvalidPublicUrl>(())
//! ```

pub mod access_token;
pub mod api_key;
pub mod authorization;
pub mod client;
pub mod client_metadata;
pub mod code;
pub mod error;
pub mod federation;
pub mod given_name;
pub mod grant;
pub mod identity;
pub mod identity_provider;
mod jwt;
pub mod keys;
pub mod known_accounts;
pub mod known_client;
pub mod metadata;
pub mod parameters;
pub mod passkey;
pub mod password;
pub mod pkce;
pub mod proxy_secret;
pub mod public_url;
pub mod redirect_uri;
pub mod registration;
pub mod resource;
pub mod return_to;
pub mod scope;
pub mod secret;
pub mod session;
mod shown_name;
pub mod sign_up;
#[cfg(test)]
mod testing;
pub mod text;
pub mod throttle;
pub mod token_request;
pub mod user;

#[doc = include_str!("../../../infra/docs/REQUIREMENTS.md")]
pub mod requirements {}
