//! The pages of the authorization flow: sign-in, consent and the authorization code
//! ([OAuth 2.1 §4.1](https://datatracker.ietf.org/doc/html/draft-ietf-oauth-v2-1)).
//!
//! The authorization request stays in the query string of every step, and each step parses and validates it again. No
//! transaction is stored on the server, so pages can be reloaded, opened twice, or left open for a week.
//!
//! A client is registered, or has the URL of a metadata document as its id. This is the only function that fetches those
//! documents, because every authorization begins here.
//!
//! | module | content |
//! |---|---|
//! | [`authorize`] | `GET /oauth/authorize`: selects the next page |
//! | [`transaction`] | a validated authorization request |
//! | [`sign_in`], [`account`] | sign-in and sign-out, for a client or for the account pages |
//! | [`consent`] | consent, and the authorization code |
//! | [`sign_up`], [`password_link`], [`change_password`], [`passkeys`] | accounts and their credentials |
//! | [`provider_buttons`] | the buttons of identity providers, for functions/federate |
//! | [`other_access`] | API keys and apps, which a new password can end |
//! | [`password_auth`], [`passkey_auth`] | the authentication that starts a session |
//! | [`client_lookup`], [`documents`] | registered clients and client metadata documents |

mod account;
mod app;
mod authorize;
mod change_password;
mod client_lookup;
mod consent;
mod documents;
mod error;
mod failed_sign_in;
mod other_access;
mod passkey_auth;
mod passkeys;
mod password_auth;
mod password_form;
mod password_link;
mod provider_buttons;
mod relying_party;
mod settings;
mod sign_in;
mod sign_up;
mod transaction;

use axum::{Router, middleware, routing::get};
pub use documents::{Documents, FetchError};
use jean_pages::page;
use jean_runtime::{Platform, StartError};

use crate::{app::AppState, settings::Settings};

/// The function's routes.
///
/// # Errors
/// [`StartError`] if a setting is missing or invalid, or a secret is weak or cannot be loaded.
pub async fn router(platform: &Platform) -> Result<Router, StartError> {
    router_with(platform, Documents::of_the_web()).await
}

/// The function's routes, with another source of client metadata documents than the public web.
///
/// # Errors
/// [`StartError`] if a setting is missing or invalid, or a secret is weak or cannot be loaded.
pub async fn router_with(platform: &Platform, documents: Documents) -> Result<Router, StartError> {
    let settings = Settings::from_env(&platform.environment)?;
    let public_url = settings.public_url.clone();
    let app = AppState::start(platform, settings, documents).await?;
    Ok(Router::new()
        .route("/oauth/authorize", get(authorize::begin))
        // The default path of MCP 2025-03-26, for clients that found no metadata.
        .route("/authorize", get(authorize::begin))
        .route("/oauth/sign-in", get(authorize::again).post(sign_in::sign_in))
        .route("/oauth/sign-out", get(authorize::again).post(sign_in::sign_out))
        .route("/oauth/consent", get(authorize::again).post(consent::decide))
        .route("/account/sign-in", get(account::show).post(account::sign_in))
        .route("/account/sign-out", get(account::back).post(account::sign_out))
        .route("/account/sign-up", get(sign_up::show).post(sign_up::create))
        .route("/account/passkeys", get(passkeys::show).post(passkeys::change))
        .route("/account/password", get(password_link::show).post(password_link::save))
        .layer(middleware::map_response_with_state(app.branding.clone(), page::with_messages))
        .with_state(app)
        .layer(middleware::map_response_with_state(public_url, jean_runtime::finish_response))
        .layer(middleware::from_fn(jean_runtime::trace)))
}
