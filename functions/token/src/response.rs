//! The token response ([OAuth 2.1 §3.2.3](https://datatracker.ietf.org/doc/html/draft-ietf-oauth-v2-1)).

use axum::{
    Json,
    response::{IntoResponse, Response},
};
use http::{HeaderValue, header};
use jean_auth::{
    access_token::Claims,
    grant::{Grant, RefreshToken},
    scope::Scopes,
};
use serde::Serialize;

use crate::app::App;

/// An access token, and a refresh token if the client stays connected.
#[derive(Serialize)]
pub(crate) struct Tokens {
    access_token: String,
    token_type: &'static str,
    expires_in: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_token: Option<String>,
    scope: Scopes,
}

impl Tokens {
    /// Signs an access token for `grant`, returned together with `refresh_token`.
    pub(crate) fn issue(app: &App, grant: &Grant, refresh_token: Option<&RefreshToken>, scope: Scopes) -> Self {
        let now = app.now().as_second();
        // The token ends with its grant, without which the MCP endpoint refuses it.
        let expires_in = app.lifetimes.access_token.as_secs().min(grant.expires_at.as_second() - now);
        let claims = Claims {
            sub: grant.user_id.clone(),
            email: grant.email.clone(),
            client: grant.client.clone(),
            exp: now + expires_in,
            iss: app.public_url().issuer().into(),
            aud: app.public_url().mcp().into(),
            iat: now,
            nbf: None,
            jti: app.random.id() + &app.random.id(),
            scope: scope.clone(),
            client_id: grant.client_id.clone(),
            client_host: grant.client_host.clone(),
            grant_id: grant.grant_id.clone(),
        };
        Self {
            access_token: claims.sign(&app.signing_keys()),
            token_type: "Bearer",
            expires_in,
            refresh_token: refresh_token.map(|token| token.expose().to_string()),
            scope,
        }
    }
}

impl IntoResponse for Tokens {
    fn into_response(self) -> Response {
        ([(header::CACHE_CONTROL, HeaderValue::from_static("no-store"))], Json(self)).into_response()
    }
}
