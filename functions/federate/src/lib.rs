//! Sign-in with the accounts of identity providers: any by [OpenID Connect
//! Discovery](https://openid.net/specs/openid-connect-discovery-1_0.html), and GitHub.
//!
//! A page of functions/authorize, or the page of linked accounts here, sends the browser to [`start`], which redirects it to the
//! provider. The provider redirects it to [`callback`], which asks the provider for the user and signs them in, creates an
//! account or links one. Accounts are found by issuer and subject only (SR-30).
//!
//! | module | content |
//! |---|---|
//! | [`start`] | `POST /federate`: the request to the provider |
//! | [`callback`] | `GET /federate/{provider}/callback`: the answer |
//! | [`accounts`] | sign-in, sign-up and linking |
//! | [`linked_accounts`] | `/account/identities` |
//! | [`provider`], [`oidc`], [`github`], [`exchange`] | the protocol |
//! | [`documents`], [`document_cache`] | metadata and keys of providers |
//! | [`client_secrets`], [`web`] | secrets of this server at providers, and requests to them |

mod accounts;
mod app;
mod callback;
mod client_secrets;
mod document_cache;
mod documents;
mod error;
mod exchange;
mod github;
mod linked_accounts;
mod oidc;
mod paths;
mod provider;
mod settings;
mod start;
mod web;

use axum::{Router, middleware, routing::get};
use jean_pages::page;
use jean_runtime::{Platform, StartError};
pub use web::ProviderWeb;

use crate::{app::AppState, settings::Settings};

/// The function's routes.
///
/// # Errors
/// [`StartError`] if a setting is missing or invalid, or a secret is weak or cannot be loaded.
pub async fn router(platform: &Platform) -> Result<Router, StartError> {
    router_with(platform, ProviderWeb::public()).await
}

/// The function's routes, with another way to reach providers than the public web.
///
/// # Errors
/// [`StartError`] if a setting is missing or invalid, or a secret is weak or cannot be loaded.
pub async fn router_with(platform: &Platform, web: ProviderWeb) -> Result<Router, StartError> {
    let settings = Settings::from_env(&platform.environment)?;
    let public_url = settings.public_url.clone();
    let app = AppState::start(platform, settings, web).await?;
    Ok(Router::new()
        .route("/federate", get(start::back).post(start::sign_in))
        .route("/federate/{provider}/callback", get(callback::answer))
        .route("/account/identities", get(linked_accounts::show).post(linked_accounts::change))
        .layer(middleware::map_response_with_state(app.branding.clone(), page::with_messages))
        .with_state(app)
        .layer(middleware::map_response_with_state(public_url, jean_runtime::finish_response))
        .layer(middleware::from_fn(jean_runtime::trace)))
}
