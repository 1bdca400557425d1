//! The part of the flow a person sees: sign in, consent, and the code that goes back to the client (OAuth 2.1 §4.1).
//!
//! The authorization request stays in the query string from the first page to the last, and every step reads and checks
//! it again. Nothing of it is kept on the server, so a page can be loaded twice, reloaded, gone back to, or left open
//! for a week: it does what it says, or shows itself again.
//!
//! A client may be one that registered, or one whose id is the URL of a document. This is the one function that fetches
//! those, since everything a client does begins here.

mod account;
mod app;
mod browser;
mod consent;
mod cookies;
mod documents;
mod error;
mod own_password;
mod passkeys;
mod password;
mod relying_party;
mod return_to;
mod sign_in;
mod sign_up;
mod texts;
mod transaction;

use axum::{Router, middleware, routing::get};
use jean_pages::page;
use jean_runtime::{Platform, StartError};

use crate::app::AppState;
pub use crate::documents::{Documents, FetchError};

/// Builds the routes of the function.
///
/// # Errors
/// [`StartError`] if a setting is missing or invalid, or the signing secret cannot be loaded.
pub async fn router(platform: &Platform) -> Result<Router, StartError> {
    router_with(platform, Documents::of_the_web()).await
}

/// Like [`router`], with `documents` in place of the public web.
///
/// # Errors
/// [`StartError`], as [`router`].
pub async fn router_with(platform: &Platform, documents: Documents) -> Result<Router, StartError> {
    let app = AppState::new(platform, documents).await?;
    Ok(Router::new()
        .route("/oauth/authorize", get(transaction::begin))
        // MCP 2025-03-26 clients without metadata use this path.
        .route("/authorize", get(transaction::begin))
        .route("/oauth/sign-in", get(transaction::again).post(sign_in::sign_in))
        .route("/oauth/sign-out", get(transaction::again).post(sign_in::sign_out))
        .route("/oauth/consent", get(transaction::again).post(consent::decide))
        .route("/account/sign-in", get(account::ask).post(account::sign_in))
        .route("/account/sign-out", get(account::back).post(account::sign_out))
        .route("/account/sign-up", get(sign_up::show).post(sign_up::make))
        .route("/account/passkeys", get(passkeys::show).post(passkeys::change))
        .route("/account/password", get(password::show).post(password::save))
        .layer(middleware::map_response_with_state(app.look.clone(), page::with_messages))
        .with_state(app)
        .layer(middleware::from_fn(jean_runtime::trace)))
}
