//! The authorization server's rules, as pure functions: a request and the state it meets go in, a decision comes out.
//!
//! Nothing here reads a clock, a random source, an environment or a store. Each is handed in, so that every rule can be
//! shown in a test of a few lines, and the handlers in `functions/` are left with performing what was decided.
//!
//! | the flow | module |
//! |---|---|
//! | who we are | [`public_url`], [`metadata`] |
//! | a client introduces itself (RFC 7591), or is looked up | [`registration`], [`client_metadata`], [`client`], [`redirect_uri`] |
//! | a person is asked (OAuth 2.1 §4.1.1) | [`authorization`], [`session`], [`password`] |
//! | a code becomes a token (OAuth 2.1 §4.1.3, §4.3) | [`token_request`], [`code`], [`grant`], [`pkce`] |
//! | the token is shown (RFC 6750) | [`access_token`] |
//!
//! [`keys`] holds what signs, [`secret`] what is handed out and kept only as a hash.

pub mod access_token;
pub mod api_key;
pub mod authorization;
pub mod client;
pub mod client_metadata;
pub mod code;
pub mod error;
pub mod grant;
mod jwt;
pub mod keys;
pub mod known_client;
pub mod metadata;
pub mod parameters;
pub mod passkey;
pub mod password;
pub mod pkce;
pub mod public_url;
pub mod redirect_uri;
pub mod registration;
pub mod resource;
pub mod scope;
pub mod secret;
pub mod session;
#[cfg(test)]
mod testing;
pub mod text;
pub mod token_request;
pub mod user;

#[doc = include_str!("../../../infra/docs/REQUIREMENTS.md")]
pub mod requirements {}
