//! The token endpoint ([OAuth 2.1 §3.2](https://datatracker.ietf.org/doc/html/draft-ietf-oauth-v2-1)), which exchanges
//! codes and refresh tokens for tokens, the revocation endpoint
//! ([RFC 7009](https://www.rfc-editor.org/rfc/rfc7009)), and the public keys of access tokens.
//!
//! | module | contents |
//! |---|---|
//! | `app` | the function's state |
//! | `client_request` | client authentication |
//! | `code` | `grant_type=authorization_code` |
//! | `refresh` | `grant_type=refresh_token` |
//! | `response` | the token response |
//! | `revoke` | revocation |
//! | `keys` | the public keys of access tokens |
//! | `error` | reasons for the log, OAuth errors for the client |
//! | `settings` | the environment variables |

mod app;
mod client_request;
mod code;
mod error;
mod keys;
mod refresh;
mod response;
mod revoke;
mod settings;

use axum::{
    Router, middleware,
    routing::{get, post},
};
use jean_auth::{metadata::KEYS_PATH, token_request::TokenRequest};
use jean_runtime::{Platform, SourceAddress, StartError};

use crate::{
    app::{App, AppState},
    client_request::ClientRequest,
    error::TokenError,
    response::Tokens,
    settings::Settings,
};

/// Builds the routes of the function.
///
/// # Errors
/// [`StartError`] if a setting is missing or invalid, or a secret is weak or cannot be loaded.
pub async fn router(platform: &Platform) -> Result<Router, StartError> {
    let settings = Settings::from_env(&platform.environment)?;
    let (public_url, origins) = (settings.public_url.clone(), settings.allowed_origins.clone());
    let app = AppState::start(platform, settings).await?;
    Ok(Router::new()
        .route("/oauth/token", post(token))
        // MCP 2025-03-26 clients without metadata use this path.
        .route("/token", post(token))
        .route("/oauth/revoke", post(revoke::revoke))
        .route(KEYS_PATH, get(keys::published))
        .with_state(app)
        .layer(jean_runtime::cors(origins))
        .layer(middleware::map_response_with_state(public_url, jean_runtime::finish_response))
        .layer(middleware::from_fn(jean_runtime::trace)))
}

async fn token(app: App, source: SourceAddress, request: ClientRequest) -> Result<Tokens, TokenError> {
    let ClientRequest { client, parameters } = request;
    match TokenRequest::read(&parameters, app.public_url())? {
        TokenRequest::Code { code, redirect_uri, verifier } => {
            code::redeem(&app, &client, &code, redirect_uri.as_ref(), &verifier).await
        }
        TokenRequest::Refresh { token, scope } => refresh::refresh(&app, &client, &source, &token, scope).await,
    }
}
